"""Celery task that draws pictures (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from . import previews


@shared_task(ignore_result=True)
def draw_previews(file_id: str, products: list[str]) -> None:
    """Draw queued pictures of a stored file's products."""
    previews.draw(UUID(file_id), products)
