"""The VO side as a WSGI application of its own, without Invenio: as many copies as are wanted, on replicas if wanted.

::

    OBSCORE_TAP_DATABASE_URI=postgresql://obscore_reader@db/repository \\
        gunicorn --preload --threads 8 "invenio_obscore.vo.wsgi:create_app()"
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from typing import Any

from celery import Celery, Task
from flask import Flask

from .routes import create_root_blueprint

_OURS = ("OBSCORE_", "SITE_", "THEME_", "SQLALCHEMY_DATABASE_URI", "BROKER_URL")


# glibc's numbers of these parameters (malloc.h), and what they are set to.
_MALLOC = {-3: 32 * 2**20, -1: 64 * 2**20}  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def _keep_freed_memory() -> None:
    """Let glibc reuse the buffers of a batch for the next one: giving them back each time costs a fifth of the CPU."""
    if not platform.libc_ver()[0].startswith("glibc"):
        return
    mallopt = ctypes.CDLL(None).mallopt
    for parameter, value in _MALLOC.items():
        mallopt(parameter, value)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, with ``/tap`` and ``/did``.

    Parameters
    ----------
    config
        Settings named ``OBSCORE_TAP_…`` and ``OBSCORE_VO_URL``; environment variables without it.
    """
    _keep_freed_memory()
    app = Flask("invenio_obscore.vo", static_folder=None)
    app.config.update({k: v for k, v in (os.environ if config is None else config).items() if k.startswith(_OURS)})
    broker = app.config.get("BROKER_URL")
    if broker:
        app.extensions["celery"] = _celery(app, broker)
    app.register_blueprint(create_root_blueprint(app))
    return app


def _celery(app: Flask, broker: str) -> Celery:
    """The application's Celery: its tasks run with the Flask application at hand."""

    class ContextTask(Task):
        abstract = True

        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("invenio_obscore.vo", broker=broker, task_cls=ContextTask, include=["invenio_obscore.vo.tasks"])
    celery.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1, task_ignore_result=True)
    celery.set_default()
    return celery
