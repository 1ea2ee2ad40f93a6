"""Celery task of the tool for documentalists (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from ...errors import ObsCoreError
from .. import works
from . import differences, edits, reruns

logger = logging.getLogger(__name__)

_DO = {"edit": edits.attend, "rerun": reruns.attend}


@shared_task(ignore_result=True)
def attend(work_id: str) -> None:
    """Do what somebody waits for, unless somebody does it already."""
    work = works.claim(UUID(work_id))
    if work is None:
        return
    kind = work.kind
    try:
        _DO[kind](work)
    except ObsCoreError as error:
        works.fail(UUID(work_id), str(error))
    except Exception:  # the log has it, and who waits is told
        logger.exception("%s %s failed", kind, work_id)
        works.fail(UUID(work_id), "Something went wrong that nobody foresaw; who runs this site finds it in the log.")


@shared_task(ignore_result=True)
def compare(draft_uuid: str) -> None:
    """Compare a draft with what is published, for who looks at the differences."""
    differences.compare_all(UUID(draft_uuid))
