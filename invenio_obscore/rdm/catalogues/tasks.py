"""Celery task of the tool for documentalists (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from ...errors import ObsCoreError
from . import edits, reruns, works

_DO = {"edit": edits.attend, "rerun": reruns.attend}


@shared_task(ignore_result=True)
def attend(work_id: str) -> None:
    """Do what somebody waits for, unless somebody does it already."""
    work = works.claim(UUID(work_id))
    if work is None:
        return
    try:
        _DO[work.kind](work)
    except ObsCoreError as error:
        works.fail(UUID(work_id), str(error))
