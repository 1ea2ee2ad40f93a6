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

from .service import TapService
from .settings import from_mapping
from .tap import create_blueprint


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, with ``/tap``.

    Parameters
    ----------
    config
        Settings named ``OBSCORE_TAP_…`` and ``OBSCORE_VO_URL``; environment variables without it.
    """
    app = Flask("invenio_obscore.vo", static_folder=None)
    service = TapService(from_mapping(os.environ if config is None else config))
    app.register_blueprint(create_blueprint(service))
    app.extensions["obscore-tap"] = service
    return app
