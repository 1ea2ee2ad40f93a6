"""Celery tasks (entry point ``invenio_celery.tasks``): thin, since what they do is tested without a broker too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready
from flask import current_app

from . import checks, products, queue, references, sitemap, worker
from . import sweep as sweeping


@shared_task(ignore_result=True)
def read_stored_file(file_id: str) -> None:
    """Read one stored file if it is still queued."""
    worker.attend(UUID(file_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Send again what a dead worker or a lost message left behind."""
    swept = sweeping.sweep()
    queue.send_tell(swept.to_sync)


@shared_task(ignore_result=True)
def tell_records(file_id: str) -> None:
    """Bring the published records that hold a file up to date with what was read."""
    worker.tell_records(UUID(file_id))


@shared_task(ignore_result=True)
def prepare_draft(draft_uuid: str) -> None:
    """Compute the products of a draft's files after its mapping or corrections were changed, and check them."""
    products.prepare(UUID(draft_uuid))
    checks.run_again(UUID(draft_uuid))


@shared_task(ignore_result=True)
def check_draft(draft_uuid: str) -> None:
    """Check a draft again whose products are computed, after its corrections were changed."""
    checks.run_again(UUID(draft_uuid))


@shared_task(ignore_result=True)
def forget() -> None:
    """Drop readings that nothing holds any more."""
    sweeping.forget()


@shared_task(ignore_result=True)
def update_references() -> None:
    """Look up which publications cite DOIs that are due."""
    references.update()


@shared_task(ignore_result=True)
def update_sitemap() -> None:
    """Make the sitemap anew if a record changed."""
    sitemap.update()


@worker_ready.connect
def sweep_when_ready(sender: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - Celery's signature
    """Sweep when a worker comes up, and again when the leases of one that was killed have run out."""
    flask_app = getattr(sender.app, "flask_app", None)
    if flask_app is None:
        return
    with flask_app.app_context():
        queue.send_sweep()
        queue.send_sweep(countdown=current_app.config["OBSCORE_LEASE_SECONDS"] + 1)
