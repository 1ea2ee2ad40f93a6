"""Celery tasks of asynchronous queries: run by InvenioRDM's workers, or by ones without Invenio (:mod:`.worker`)."""

from __future__ import annotations

from celery import shared_task
from flask import current_app

from .application import job_service

EXECUTE = "invenio_obscore.vo.execute"
SWEEP = "invenio_obscore.vo.sweep"


@shared_task(name=EXECUTE, ignore_result=True)
def execute(job_id: str) -> None:
    """Run one queued job."""
    service = job_service(current_app)
    if service is not None:
        service.execute(job_id)


@shared_task(name=SWEEP, ignore_result=True)
def sweep() -> None:
    """Take jobs back from workers that died, forget those whose time is over."""
    service = job_service(current_app)
    if service is not None:
        service.sweep()
