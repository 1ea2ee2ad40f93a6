"""The state of reading one stored file, kept in the database so that no worker's death loses anything.

::

    (committed) ─► queued ─► running ─► done | ignored | failed
                     ▲          │
                     └──────────┘  the lease ran out, or the reader died: again, up to ``OBSCORE_MAX_ATTEMPTS`` times

Every transition is one statement that names the state it leaves, so two workers never both win; a worker that lost its
lease writes nothing. `publish` takes :func:`lock_unfinished` first: a worker that finishes in that moment waits for the
publication and then finds the record.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from invenio_db import db
from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..errors import ConflictError
from ..fits.archive_child import StoredPart
from .models import ObsCoreExtraction, ObsCorePreview, ObsCoreReading, ObsCoreReadingPart, Status
from .stored_files import is_held

logger = logging.getLogger(__name__)

UNFINISHED = (Status.QUEUED, Status.RUNNING)
_HEARTBEATS_PER_LEASE = 3


@dataclass(frozen=True)
class Outcome:
    """What came of reading a file; ``cause`` of a failure is ``file`` or ``reader``, data None leaves what is kept."""

    status: Status
    reason: str = ""
    data: bytes | None = None
    extractor_version: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Claim:
    """The right of one worker to read one file, as long as it keeps the lease."""

    file_id: UUID
    owner: UUID
    attempts: int
    read_whole: bool = False
    done_count: int = 0


def ensure(file_ids: Iterable[UUID]) -> list[UUID]:
    """Queue the files that have no reading yet, within the current transaction, and return these."""
    rows = [{"file_id": file_id, "status": Status.QUEUED} for file_id in dict.fromkeys(file_ids)]
    if not rows:
        return []
    statement = insert(ObsCoreReading).values(rows).on_conflict_do_nothing().returning(ObsCoreReading.file_id)
    return list(db.session.scalars(statement))


def claim(file_id: UUID) -> Claim | None:
    """Take a queued file and commit; None where somebody else has it or it is finished or gone."""
    owner = uuid4()
    statement = (
        update(ObsCoreReading)
        .where(ObsCoreReading.file_id == file_id, ObsCoreReading.status == Status.QUEUED)
        .values(
            status=Status.RUNNING,
            owner=owner,
            attempts=ObsCoreReading.attempts + 1,
            lease_until=func.now() + _lease(),
        )
        .returning(ObsCoreReading.attempts, ObsCoreReading.read_whole, ObsCoreReading.done_count)
    )
    taken = db.session.execute(statement).one_or_none()
    db.session.commit()
    return None if taken is None else Claim(file_id, owner, *taken)


def keep(held: Claim, part: StoredPart) -> None:
    """Keep a piece of what was read and commit; whoever reads an archive after us goes on behind it.

    Raises
    ------
    ConflictError
        The lease was lost.
    """
    values: dict[str, Any] = {"data": part.data}
    if part.archive:
        # What comes on is no deadly file: only attempts that get nowhere count.
        values = {"done_count": part.done, "total_count": part.total, "attempts": 1}
    _write(held, values)
    if part.archive:
        kept = select(func.count()).select_from(ObsCoreReadingPart).filter_by(file_id=held.file_id)
        number = db.session.scalar(kept)
        row = {"file_id": held.file_id, "part": number, "members": list(part.members), "data": part.data}
        db.session.execute(insert(ObsCoreReadingPart).values(row))
    db.session.commit()


def progressed(held: Claim) -> None:
    """Note that the work got on, so that this attempt is the first again, and commit; raises as `keep`."""
    _write(held, {"attempts": 1})
    db.session.commit()


def read_whole(held: Claim) -> None:
    """Note that the file itself is not needed any more, and commit; raises as `keep`."""
    _write(held, {"read_whole": True})
    db.session.commit()


def _write(held: Claim, values: dict[str, Any]) -> None:
    written: Any = db.session.execute(_held(held).values(**values))
    if not written.rowcount:
        db.session.rollback()
        raise ConflictError("Somebody else reads the file now, or it is gone.")


def finish(held: Claim, outcome: Outcome) -> bool:
    """Write the outcome and commit; False where the lease was lost (somebody else reads it, or the file is gone)."""
    statement = _held(held).values(
        status=outcome.status,
        reason=outcome.reason,
        cause=outcome.cause,
        extractor_version=outcome.extractor_version,
        **({} if outcome.data is None else {"data": outcome.data}),
        owner=None,
        lease_until=None,
        finished_at=func.now(),
        sync_pending=outcome.status is Status.DONE,
    )
    written: Any = db.session.execute(statement)
    db.session.commit()
    return bool(written.rowcount)


def give_back(held: Claim, reason: str, *, counted: bool) -> bool:
    """Queue the file again and commit.

    Parameters
    ----------
    reason
        What happened, for the depositor.
    counted
        Whether this counts as an attempt: the file may be at fault.
    """
    statement = _held(held).values(
        status=Status.QUEUED,
        reason=reason,
        owner=None,
        lease_until=None,
        queued_at=func.now(),
        attempts=ObsCoreReading.attempts - (0 if counted else 1),
    )
    written: Any = db.session.execute(statement)
    db.session.commit()
    return bool(written.rowcount)


def requeue_failed(file_ids: Collection[UUID] = ()) -> list[UUID]:
    """Queue failed files once more (all, or these), with all their attempts, within the current transaction."""
    failed = update(ObsCoreReading).where(ObsCoreReading.status == Status.FAILED)
    if file_ids:
        failed = failed.where(ObsCoreReading.file_id.in_(list(file_ids)))
    anew = {"data": None, "read_whole": False, "done_count": 0, "total_count": None}
    statement = failed.values(status=Status.QUEUED, attempts=0, reason="", cause="", queued_at=func.now(), **anew)
    again = list(db.session.scalars(statement.returning(ObsCoreReading.file_id)))
    for model in (ObsCoreReadingPart, ObsCoreExtraction):
        db.session.execute(delete(model).where(model.file_id.in_(again)))
    return again


def lock_unfinished(file_ids: Iterable[UUID]) -> list[UUID]:
    """Keep the unfinished of these files from finishing before the current transaction ends, and return them."""
    statement = (
        select(ObsCoreReading.file_id)
        .where(ObsCoreReading.file_id.in_(list(file_ids)), ObsCoreReading.status.in_(UNFINISHED))
        .order_by(ObsCoreReading.file_id)
        .with_for_update(read=True)
    )
    return list(db.session.scalars(statement))


def mark_unsynced(file_ids: Iterable[UUID]) -> None:
    """Note, within the current transaction, that published records lack products of these files."""
    statement = update(ObsCoreReading).where(ObsCoreReading.file_id.in_(list(file_ids)))
    db.session.execute(statement.values(sync_pending=True, finished_at=func.now()))


def synced(file_id: UUID) -> None:
    """Note, within the current transaction, that published records know what was read."""
    db.session.execute(update(ObsCoreReading).where(ObsCoreReading.file_id == file_id).values(sync_pending=False))


def drop_unreferenced(file_ids: Iterable[UUID]) -> int:
    """Forget those of the files that no draft and no record holds, within the current transaction; how many."""
    statement = select(ObsCoreReading.file_id).where(
        ObsCoreReading.file_id.in_(list(file_ids)), ~is_held(ObsCoreReading.file_id)
    )
    gone = list(db.session.scalars(statement))
    for model in (ObsCoreReadingPart, ObsCoreExtraction, ObsCorePreview, ObsCoreReading):
        db.session.execute(delete(model).where(model.file_id.in_(gone)))
    return len(gone)


@contextmanager
def kept(held: Claim) -> Iterator[None]:
    """Renew the lease from a thread of its own, on a connection of its own, until the block ends."""
    stop = threading.Event()
    seconds = current_app.config["OBSCORE_LEASE_SECONDS"] / _HEARTBEATS_PER_LEASE
    arguments = (db.engine, _renewal(held), stop, seconds)
    thread = threading.Thread(target=_renew, args=arguments, name=f"obscore-lease-{held.file_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renewal(held: Claim) -> Update:
    return _held(held).values(lease_until=func.now() + _lease())


def _renew(engine: Engine, statement: Update, stop: threading.Event, seconds: float) -> None:
    while not stop.wait(seconds):
        try:
            with engine.begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError:
            # The next beat tries again; if the database stays away the lease runs out, which is right.
            logger.warning("the lease of a file could not be renewed", exc_info=True)


def _held(held: Claim) -> Update:
    return update(ObsCoreReading).where(ObsCoreReading.file_id == held.file_id, ObsCoreReading.owner == held.owner)


def _lease() -> timedelta:
    return timedelta(seconds=current_app.config["OBSCORE_LEASE_SECONDS"])
