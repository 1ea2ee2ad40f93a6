"""Celery tasks that the deposit form's panel starts (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from . import mapping_preview


@shared_task(ignore_result=True)
def count_mapping(draft_uuid: str, token: str, text: str) -> None:
    """Count what a mapping would change in all products of a draft."""
    mapping_preview.count_all(UUID(draft_uuid), token, text)
