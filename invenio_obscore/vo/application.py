"""What an application has of the VO side: its services, made once from its configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from ..db.jobs import JobStore
from ..db.pool import Connections
from ..errors import ConfigurationError
from .jobs import JobLimits, JobService
from .results import ResultFolder
from .service import TapService
from .settings import from_mapping

_EXTENSION = "obscore-tap"
_TASK = "invenio_obscore.vo.execute"


def tap_service(app: Flask) -> TapService:
    """The TAP service of an application."""
    return _services(app)[0]


def job_service(app: Flask) -> JobService | None:
    """The jobs of an application; None where it has no place for results or no broker."""
    return _services(app)[1]


def _services(app: Flask) -> tuple[TapService, JobService | None]:
    if _EXTENSION not in app.extensions:
        tap = TapService(from_mapping(app.config))
        app.extensions[_EXTENSION] = (tap, _job_service(app, tap))
    services: tuple[TapService, JobService | None] = app.extensions[_EXTENSION]
    return services


def _job_service(app: Flask, tap: TapService) -> JobService | None:
    uri = str(app.config.get("OBSCORE_UWS_DATABASE_URI") or app.config.get("SQLALCHEMY_DATABASE_URI") or "")
    results = _results_address(app)
    submit = _submitter(app)
    if not (uri.startswith("postgres") and results and submit):
        return None
    connections = Connections(
        uri, setting="OBSCORE_UWS_DATABASE_URI", size=8, wait=10, session={"TimeZone": "UTC"}, name="obscore-uws"
    )
    return JobService(tap, JobStore(connections), ResultFolder(results), submit, _limits(app))


def _results_address(app: Flask) -> str:
    """In InvenioRDM a folder of the instance, unless something else is configured."""
    configured = str(app.config.get("OBSCORE_UWS_RESULTS") or "")
    if configured or "invenio-celery" not in app.extensions:
        return configured
    return str(Path(app.instance_path) / "obscore-uws")


def _submitter(app: Flask) -> Callable[[str], None] | None:
    """Return what sends a job to a worker."""
    extension: Any = app.extensions.get("invenio-celery")
    celery = extension.celery if extension is not None else app.extensions.get("celery")
    if celery is None:
        return None
    options = {"queue": app.config["OBSCORE_QUEUE"]} if app.config.get("OBSCORE_QUEUE") else {}

    def submit(job_id: str) -> None:
        celery.send_task(_TASK, args=[job_id], ignore_result=True, retry=False, **options)

    return submit


def _limits(app: Flask) -> JobLimits:
    defaults = JobLimits()
    get = app.config.get
    try:
        return JobLimits(
            duration=int(get("OBSCORE_UWS_DURATION") or defaults.duration),
            longest_duration=int(get("OBSCORE_UWS_LONGEST_DURATION") or defaults.longest_duration),
            keep_days=float(get("OBSCORE_UWS_KEEP_DAYS") or defaults.keep_days),
            active_per_client=int(get("OBSCORE_UWS_JOBS_PER_CLIENT") or defaults.active_per_client),
            list_anonymous=str(get("OBSCORE_UWS_LIST_ANONYMOUS") or "").lower() in ("1", "true", "yes"),
        )
    except ValueError as error:
        raise ConfigurationError("a setting OBSCORE_UWS_… must be a number") from error
