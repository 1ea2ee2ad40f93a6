"""The periodic sweep: whatever a dead worker, a lost message or a late publication left behind goes on.

It runs as a Celery beat task, when a worker comes up, and when somebody looks at a draft with an orphan in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from invenio_db import db
from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update

from . import queue, works
from .models import ObsCoreExtraction, ObsCoreReading, Status
from .reading import drop_unreferenced
from .stored_files import is_held

# While files are being finished a queued one only waits its turn; sending it again would but fill the queue.
_BUSY = timedelta(seconds=20)
_LOST_FOR_CERTAIN = timedelta(minutes=10)
_SYNC_GRACE = timedelta(seconds=30)
_SYNC_FOR = timedelta(days=1)
_FORGET_AFTER = timedelta(hours=1)
_CACHED_FOR = timedelta(days=90)
_BATCH = 500


@dataclass(frozen=True)
class Swept:
    """What a sweep did: files failed for good, files sent again, files whose records must be told."""

    failed: list[UUID]
    sent: list[UUID]
    to_sync: list[UUID]


def sweep() -> Swept:
    """Fail what died too often, queue orphans again, find records that must be told; commits."""
    failed = _fail_the_dead()
    _requeue_orphans()
    sent = _take_waiting()
    to_sync = _unsynced()
    db.session.commit()
    queue.send(sent)
    works.sweep()
    return Swept(failed, sent, to_sync)


def has_orphan(file_ids: list[UUID]) -> bool:
    """Whether one of these files waits for a sweep."""
    waiting = or_(_orphaned(), and_(ObsCoreReading.status == Status.QUEUED, _older(ObsCoreReading.queued_at, _wait())))
    return bool(db.session.scalar(select(exists().where(ObsCoreReading.file_id.in_(file_ids), waiting))))


def _orphaned() -> ColumnElement[bool]:
    return and_(ObsCoreReading.status == Status.RUNNING, ObsCoreReading.lease_until < func.now())


def _older(column: Any, age: timedelta) -> ColumnElement[bool]:  # noqa: ANN401 - a column of instants
    older: ColumnElement[bool] = column < func.now() - age
    return older


def _wait() -> timedelta:
    return timedelta(seconds=current_app.config["OBSCORE_LEASE_SECONDS"])


def _fail_the_dead() -> list[UUID]:
    """Orphans that were begun as often as they may be."""
    most = current_app.config["OBSCORE_MAX_ATTEMPTS"]
    last_word = case((ObsCoreReading.reason == "", ""), else_=" Last: " + ObsCoreReading.reason)
    statement = (
        update(ObsCoreReading)
        .where(_orphaned(), ObsCoreReading.attempts >= most)
        .values(
            status=Status.FAILED,
            cause="reader",
            reason=f"The process that read this file stopped {most} times while doing so; it is not tried again."
            + last_word,
            owner=None,
            lease_until=None,
            finished_at=func.now(),
        )
        .returning(ObsCoreReading.file_id)
    )
    return list(db.session.scalars(statement))


def _requeue_orphans() -> None:
    """Orphans that may be tried again; their time of queueing is long ago, so that they are sent at once."""
    statement = (
        update(ObsCoreReading)
        .where(_orphaned())
        .values(
            status=Status.QUEUED,
            reason="The process that read this file stopped; it is read again.",
            owner=None,
            lease_until=None,
            queued_at=func.now() - _LOST_FOR_CERTAIN,
        )
    )
    db.session.execute(statement)


def _take_waiting() -> list[UUID]:
    """Queued files whose message seems lost; noting the time keeps the next sweep from sending them again at once."""
    busy = exists().where(ObsCoreReading.finished_at > func.now() - _BUSY)
    patience = case((select(busy).scalar_subquery(), _LOST_FOR_CERTAIN), else_=_wait())
    waiting = (
        select(ObsCoreReading.file_id)
        .where(ObsCoreReading.status == Status.QUEUED, ObsCoreReading.queued_at <= func.now() - patience)
        .order_by(ObsCoreReading.queued_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(ObsCoreReading)
        .where(ObsCoreReading.file_id.in_(waiting.scalar_subquery()))
        .values(queued_at=func.now())
        .returning(ObsCoreReading.file_id)
    )
    return list(db.session.scalars(statement))


def _unsynced() -> list[UUID]:
    """Files that were finished, and whose worker died before it told the records that were published meanwhile."""
    statement = select(ObsCoreReading.file_id).where(
        ObsCoreReading.sync_pending,
        _older(ObsCoreReading.finished_at, _SYNC_GRACE),
        # What a day of trying has not mended, ``invenio obscore reconcile`` reports.
        ObsCoreReading.finished_at > func.now() - _SYNC_FOR,
    )
    return list(db.session.scalars(statement.limit(_BATCH)))


def forget() -> int:
    """Drop readings that nothing holds any more (of a discarded draft, say) and old cache entries; commits."""
    db.session.execute(delete(ObsCoreExtraction).where(_older(ObsCoreExtraction.created_at, _CACHED_FOR)))
    old = _older(ObsCoreReading.queued_at, _FORGET_AFTER)
    gone = list(db.session.scalars(select(ObsCoreReading.file_id).where(old, ~is_held(ObsCoreReading.file_id))))
    drop_unreferenced(gone)
    db.session.commit()
    return len(gone)
