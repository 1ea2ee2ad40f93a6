"""A Celery worker for asynchronous queries without Invenio.

::

    celery -A invenio_obscore.vo.worker worker --beat

It reads the same settings as :mod:`.wsgi`, with ``BROKER_URL`` among them (which the ``celery`` command reads, too).
"""

from __future__ import annotations

from . import tasks
from .wsgi import create_app

flask_app = create_app()
app = flask_app.extensions["celery"]
app.conf.beat_schedule = {"obscore-uws-sweep": {"task": tasks.SWEEP, "schedule": 30.0}}
