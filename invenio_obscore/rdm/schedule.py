"""Puts the periodic tasks into Celery beat's schedule, beside whatever the operator has there."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask


def configure(app: Flask) -> None:
    """Extend ``CELERY_BEAT_SCHEDULE``; entries of ours that the operator wrote stay as they are."""
    seconds = app.config["OBSCORE_SWEEP_SECONDS"]
    queue = {"queue": app.config["OBSCORE_QUEUE"]} if app.config["OBSCORE_QUEUE"] else {}
    ours = {
        "obscore-forget": {
            "task": "invenio_obscore.rdm.tasks.forget",
            "schedule": timedelta(hours=1),
            "options": {"expires": 3600, **queue},
        },
        "obscore-uws-sweep": {
            "task": "invenio_obscore.vo.sweep",
            "schedule": timedelta(minutes=1),
            "options": {"expires": 60, **queue},
        },
    }
    if seconds:
        # A sweep that nobody took in time is replaced by the next one: they don't pile up while no worker runs.
        ours["obscore-sweep"] = {
            "task": "invenio_obscore.rdm.tasks.sweep",
            "schedule": timedelta(seconds=seconds),
            "options": {"expires": seconds, **queue},
        }
    for name, task, setting in (
        ("obscore-dois", "invenio_obscore.rdm.doi.retry_dois", "OBSCORE_DOI_RETRY_SECONDS"),
        ("obscore-references", "invenio_obscore.rdm.tasks.update_references", "OBSCORE_REFERENCES_SECONDS"),
        ("obscore-sitemap", "invenio_obscore.rdm.tasks.update_sitemap", "OBSCORE_SITEMAP_SECONDS"),
    ):
        every = app.config[setting]
        if every:
            schedule, options = timedelta(seconds=every), {"expires": every, **queue}
            ours[name] = {"task": task, "schedule": schedule, "options": options}
    app.config["CELERY_BEAT_SCHEDULE"] = {**ours, **(app.config.get("CELERY_BEAT_SCHEDULE") or {})}
