"""The VO side as a WSGI application of its own, without Invenio: as many copies as are wanted, on replicas if wanted.

::

    OBSCORE_TAP_DATABASE_URI=postgresql://obscore_reader@db/repository \\
        gunicorn --preload --threads 8 "invenio_obscore.vo.wsgi:create_app()"
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
from collections.abc import Mapping
from typing import Any

from celery import Celery, Task
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from ..errors import ConfigurationError

_OURS = ("OBSCORE_", "SITE_", "THEME_", "SQLALCHEMY_DATABASE_URI", "BROKER_URL")


# glibc's numbers of these parameters (malloc.h), and what they are set to: M_ARENA_MAX, M_MMAP_THRESHOLD and
# M_TRIM_THRESHOLD. One heap for all threads, whose free end is kept up to the size of a few batches.
_MALLOC = {-8: 1, -3: 32 * 2**20, -1: 8 * 2**20}


def _share_memory() -> None:
    """Let glibc reuse the buffers of a batch for the next one, whichever thread makes it.

    Giving them back each time costs a fifth of the CPU, keeping them for each thread tens of megabytes.
    """
    # Arrow's own allocator keeps more than glibc does. It looks at this when it is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if platform.libc_ver()[0].startswith("glibc"):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _MALLOC.items():
            mallopt(parameter, value)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, with ``/tap`` and ``/did``.

    Parameters
    ----------
    config
        Settings named ``OBSCORE_TAP_…`` and ``OBSCORE_VO_URL``; environment variables without it.

    Raises
    ------
    ConfigurationError
        A setting has a value that it cannot have.
    """
    _share_memory()
    from .routes import create_root_blueprint

    app = Flask("invenio_obscore.vo", static_folder=None)
    app.config.update({k: v for k, v in (os.environ if config is None else config).items() if k.startswith(_OURS)})
    broker = app.config.get("BROKER_URL")
    if broker:
        app.extensions["celery"] = _celery(app, broker)
    app.register_blueprint(create_root_blueprint(app))
    proxies = _proxies(app)
    if proxies:
        # Without it all clients of a proxy are one, which has one client's share of the queries.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    # What is there now stays: a collector that looks at it would copy pages that forked workers share.
    gc.collect()
    gc.freeze()
    return app


def _proxies(app: Flask) -> int:
    """How many proxies stand before the application; what a request says beyond them is not believed."""
    given = app.config.get("OBSCORE_TAP_PROXIES") or 0
    try:
        number = int(given)
    except ValueError:
        number = -1
    if number < 0:
        raise ConfigurationError(f"OBSCORE_TAP_PROXIES must be a whole number from 0 on, not {given!r}")
    return number


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
