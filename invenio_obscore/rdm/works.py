"""What a task does for somebody who waits, with progress, and so that a dead worker's is taken up by another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import Text, and_, cast, delete, exists, func, or_, select, update

from ..errors import NotFoundError
from . import queue
from .models import ObsCoreOverlay, ObsCoreWork

#: Who works says so more often than this.
_SILENT = timedelta(seconds=90)
_MOST_ATTEMPTS = 3
_KEPT = timedelta(days=7)


def begin(draft_uuid: UUID, identity: Identity, kind: str, body: dict[str, Any], *, total: int = 0) -> UUID:
    """Note the work and have a task do it, in a transaction of its own."""
    made = uuid4()
    db.session.add(
        ObsCoreWork(id=made, record_uuid=draft_uuid, kind=kind, user_id=str(identity.id), body=body, total=total)
    )
    db.session.commit()
    _send([made])
    return made


def find(draft_uuid: UUID, kind: str, name: str) -> ObsCoreWork:
    """Work of a draft.

    Raises
    ------
    NotFoundError
        There is no such work, or it is another draft's.
    """
    try:
        wanted = UUID(name)
    except ValueError as error:
        raise NotFoundError("There is no such task.") from error
    work = db.session.scalar(select(ObsCoreWork).filter_by(id=wanted, record_uuid=draft_uuid, kind=kind))
    if work is None:
        raise NotFoundError("There is no such task.")
    return work


def of_draft(draft_uuid: UUID, kind: str, *, most: int = 10) -> list[ObsCoreWork]:
    """Work of a draft, newest first."""
    statement = select(ObsCoreWork).filter_by(record_uuid=draft_uuid, kind=kind)
    return list(db.session.scalars(statement.order_by(ObsCoreWork.created_at.desc()).limit(most)))


def claim(work_id: UUID) -> ObsCoreWork | None:
    """Take up work that nobody does, and commit; None where there is none.

    Who makes a long change at the moment holds the row: such work is not waited for.
    """
    free = or_(ObsCoreWork.attempts == 0, ObsCoreWork.touched_at < func.now() - _SILENT)
    found = select(ObsCoreWork.id).where(ObsCoreWork.id == work_id, ObsCoreWork.state == "running", free)
    held = found.with_for_update(skip_locked=True)
    statement = update(ObsCoreWork).where(ObsCoreWork.id.in_(held.scalar_subquery()))
    taken: Any = db.session.execute(statement.values(attempts=ObsCoreWork.attempts + 1, touched_at=func.now()))
    db.session.commit()
    return db.session.get(ObsCoreWork, work_id, populate_existing=True) if taken.rowcount else None


def progressed(work_id: UUID, done: int, total: int) -> None:
    """Note how far the work is, and commit.

    Raises
    ------
    NotFoundError
        Somebody dropped it, or another worker did it.
    """
    written = _write(work_id, done=done, total=total)
    db.session.commit()
    _require(written)


def is_wanted(work_id: UUID) -> bool:
    """Whether the work is still to be done; it waits for whoever is writing its result."""
    statement = select(ObsCoreWork.id).where(ObsCoreWork.id == work_id, ObsCoreWork.state == "running")
    without = statement.where(func.coalesce(cast(ObsCoreWork.result, Text), "null") == "null")
    return db.session.scalar(without.with_for_update()) is not None


def note_result(work_id: UUID, result: dict[str, Any]) -> None:
    """Note the result of work of which something is still to follow, within the current transaction.

    Raises
    ------
    NotFoundError
        Somebody dropped it, or another worker did it.
    """
    _require(_write(work_id, result=result))


def finish(work_id: UUID) -> None:
    """Note that all is done, within the current transaction."""
    _write(work_id, state="done", done=ObsCoreWork.total)


def fail(work_id: UUID, message: str) -> None:
    """Note that it cannot be done, and why, forget what was computed for it, and commit."""
    db.session.rollback()
    _write(work_id, state="failed", message=message)
    of_use = exists().where(ObsCoreWork.id == work_id, ObsCoreWork.state == "done")
    db.session.execute(delete(ObsCoreOverlay).where(ObsCoreOverlay.record_uuid == work_id, ~of_use))
    db.session.commit()


def _write(work_id: UUID, **values: Any) -> bool:  # noqa: ANN401 - columns
    """Note these of work that is still to be done; whether it is."""
    statement = update(ObsCoreWork).where(ObsCoreWork.id == work_id, ObsCoreWork.state == "running")
    written: Any = db.session.execute(statement.values(**values, touched_at=func.now()))
    return bool(written.rowcount)


def _require(is_running: bool) -> None:
    if not is_running:
        raise NotFoundError("Nobody waits for this any more.")


def drop(work_id: UUID) -> None:
    """Forget work and what was computed for it, within the current transaction."""
    db.session.execute(delete(ObsCoreOverlay).filter_by(record_uuid=work_id))
    db.session.execute(delete(ObsCoreWork).filter_by(id=work_id))


def make_room(draft_uuid: UUID, kind: str, *, keep: int) -> None:
    """Forget a draft's work of a kind that is still to be done, and all but the newest that ended; not committed."""
    mine = select(ObsCoreWork.id).filter_by(record_uuid=draft_uuid, kind=kind)
    ended = mine.where(ObsCoreWork.state != "running").order_by(ObsCoreWork.created_at.desc()).offset(keep)
    for old in db.session.scalars(mine.where(ObsCoreWork.state == "running").union_all(ended)).all():
        drop(old)


def drop_all(draft_uuid: UUID) -> None:
    """Forget all work of a draft that is no more, within the current transaction."""
    for old in db.session.scalars(select(ObsCoreWork.id).filter_by(record_uuid=draft_uuid)).all():
        drop(old)


def sweep() -> None:
    """Fail what was begun too often, have lost work taken up again, forget old results; commits."""
    silent = and_(ObsCoreWork.state == "running", ObsCoreWork.touched_at < func.now() - _SILENT)
    # Whoever holds a row is alive.
    free = select(ObsCoreWork.id, ObsCoreWork.attempts).where(silent).with_for_update(skip_locked=True)
    found = db.session.execute(free).all()
    lost = [row.id for row in found if row.attempts < _MOST_ATTEMPTS]
    # What only waits its turn is not sent again by each sweep.
    waiting = update(ObsCoreWork).where(ObsCoreWork.id.in_(lost), ObsCoreWork.attempts == 0)
    db.session.execute(waiting.values(touched_at=func.now()))
    for old in db.session.scalars(select(ObsCoreWork.id).where(ObsCoreWork.created_at < func.now() - _KEPT)).all():
        drop(old)
    db.session.commit()
    for row in found:
        if row.attempts >= _MOST_ATTEMPTS:
            fail(row.id, f"The process that did this stopped {_MOST_ATTEMPTS} times; it is not tried again.")
    _send(lost)


def _send(lost: list[UUID]) -> None:
    queue.ask(queue.Task.ATTEND, lost, otherwise="the next sweep sends the work again")
