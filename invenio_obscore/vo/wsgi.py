"""The VO side as a WSGI application of its own, without Invenio: as many copies as are wanted, on replicas if wanted.

::

    OBSCORE_TAP_DATABASE_URI=postgresql://obscore_reader@db/repository \\
        gunicorn --threads 8 "invenio_obscore.vo.wsgi:create_app()"
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from .routes import create_root_blueprint

_OURS = ("OBSCORE_", "SITE_", "THEME_", "SQLALCHEMY_DATABASE_URI")


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, with ``/tap`` and ``/did``.

    Parameters
    ----------
    config
        Settings named ``OBSCORE_TAP_…`` and ``OBSCORE_VO_URL``; environment variables without it.
    """
    app = Flask("invenio_obscore.vo", static_folder=None)
    app.config.update({k: v for k, v in (os.environ if config is None else config).items() if k.startswith(_OURS)})
    app.register_blueprint(create_root_blueprint(app))
    return app
