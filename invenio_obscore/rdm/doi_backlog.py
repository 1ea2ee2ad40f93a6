"""DOIs that DataCite has still to be told of: kept in a table, tried again with growing waits, shown to the operator.

Each change of a record that DataCite is to know of leaves an entry in its own transaction. InvenioRDM's task tells
DataCite a moment later, and the entry goes; where that task was lost, or DataCite took nothing, or the record has
changed since it was sent, the entry stays and comes due. Records never wait for DataCite.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from invenio_access.permissions import system_identity
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import ColumnElement, DateTime, Integer, Text, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

logger = logging.getLogger(__name__)

_FIRST_WAIT = 60
_LONGEST_REASON = 500
#: A task that did not tell DataCite within this time is taken for lost.
_LOST_AFTER = timedelta(minutes=10)
_AT_ONCE = 50


class ObsCoreDoiBacklog(db.Model):  # type: ignore[misc, name-defined, unused-ignore]
    """A DOI whose state at DataCite is not what it should be, as far as we know."""

    __tablename__ = "obscore_doi_backlog"

    doi: Mapped[str] = mapped_column(Text, primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), nullable=False)
    next_attempt: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True, nullable=False)


def expect(record: Any) -> None:  # noqa: ANN401 - an RDMRecord
    """Note that DataCite is to be told of a record and of its concept, in the transaction under way."""
    pids = [(one or {}).get("doi") or {} for one in (record.pids, record.parent.pids)]
    due = datetime.now(UTC) + _LOST_AFTER
    rows = [
        {"doi": doi["identifier"], "reason": "the task that tells DataCite was lost", "next_attempt": due}
        for doi in pids
        if doi.get("provider") == "datacite" and doi.get("identifier")
    ]
    if rows:
        # An entry that is there is written, too: a task that is about to take it away waits for this transaction then.
        statement = insert(ObsCoreDoiBacklog).values(rows)
        due_anew = {"next_attempt": statement.excluded.next_attempt}
        db.session.execute(statement.on_conflict_do_update(index_elements=["doi"], set_=due_anew))


def wait(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    longest = int(current_app.config["OBSCORE_DOI_LONGEST_WAIT"])
    return timedelta(seconds=min(longest, _FIRST_WAIT * 2 ** min(attempts - 1, 30)))


def failed(doi: str, reason: str) -> None:
    """Note a failed attempt, in the transaction under way."""
    attempts = (db.session.scalar(select(ObsCoreDoiBacklog.attempts).where(ObsCoreDoiBacklog.doi == doi)) or 0) + 1
    _put(doi, attempts, reason, datetime.now(UTC) + wait(attempts))
    logger.warning("DataCite does not know the present state of %s (attempt %d): %s", doi, attempts, reason)


@dataclass(frozen=True)
class Sent:
    """A record as it was sent to DataCite, for itself or for its concept."""

    record: Any
    version: int
    is_concept: bool

    @classmethod
    def of(cls, record: Any) -> Sent:  # noqa: ANN401 - an RDMRecord, or a parent chained to one
        """What is about to be sent."""
        child = getattr(record, "_child", None)
        one = record if child is None else child
        return cls(one, one.model.version_id, child is not None)

    def is_current(self) -> bool:
        """Whether the database, asked anew, still has what was sent."""
        cls = current_rdm_records_service.record_cls
        version = select(cls.model_cls.version_id).where(cls.model_cls.id == self.record.id)
        if self.is_concept:
            states = cls.versions_model_cls
            version = version.where(exists().where(states.latest_id == cls.model_cls.id))
        return bool(db.session.scalar(version) == self.version)


def done(doi: str, sent: Sent | None = None) -> None:
    """DataCite has taken it; the entry stays where the record has changed since, whose own task may be lost."""
    db.session.execute(select(ObsCoreDoiBacklog.doi).where(ObsCoreDoiBacklog.doi == doi).with_for_update())
    if sent is None or sent.is_current():
        db.session.execute(delete(ObsCoreDoiBacklog).where(ObsCoreDoiBacklog.doi == doi))


def entries() -> Sequence[ObsCoreDoiBacklog]:
    """What failed or was lost, the oldest first; what a task is about to tell is no backlog."""
    return db.session.scalars(select(ObsCoreDoiBacklog).where(_is_late()).order_by(ObsCoreDoiBacklog.since)).all()


def _is_late() -> ColumnElement[bool]:
    return or_(ObsCoreDoiBacklog.attempts > 0, ObsCoreDoiBacklog.next_attempt <= func.now())


def _put(doi: str, attempts: int, reason: str, next_attempt: datetime) -> None:
    values = {"attempts": attempts, "reason": reason[:_LONGEST_REASON], "next_attempt": next_attempt}
    statement = insert(ObsCoreDoiBacklog).values(doi=doi, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["doi"], set_=values))


def make_due() -> int:
    """Let the next :func:`retry` try everything; commits, and returns how many there are."""
    count = db.session.execute(update(ObsCoreDoiBacklog).where(_is_late()).values(next_attempt=func.now())).rowcount
    db.session.commit()
    return int(count)


def retry() -> int:
    """Try the DOIs that are due, each in a transaction of its own; how many were tried."""
    due = select(ObsCoreDoiBacklog.doi).where(ObsCoreDoiBacklog.next_attempt <= func.now())
    dois = list(db.session.scalars(due.order_by(ObsCoreDoiBacklog.next_attempt).limit(_AT_ONCE)))
    db.session.rollback()
    for doi in dois:
        _retry_one(doi)
    return len(dois)


def _retry_one(doi: str) -> None:
    """Let one worker at a time try it; whoever holds the row is at it."""
    columns = select(ObsCoreDoiBacklog.attempts, ObsCoreDoiBacklog.reason).where(ObsCoreDoiBacklog.doi == doi)
    row = db.session.execute(columns.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        db.session.rollback()
        return
    # Taken for this long: the attempt itself runs in transactions of InvenioRDM's, and may die.
    until = datetime.now(UTC) + wait(max(1, row.attempts))
    _put(doi, row.attempts, row.reason, until)
    db.session.commit()
    try:
        settle(doi)
        # Nothing failed or changed, and perhaps there was nothing to tell (a record that is restricted now).
        unchanged = and_(ObsCoreDoiBacklog.attempts == row.attempts, ObsCoreDoiBacklog.next_attempt == until)
        db.session.execute(delete(ObsCoreDoiBacklog).where(ObsCoreDoiBacklog.doi == doi, unchanged))
        db.session.commit()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this DOI's reason, and the others go on
        db.session.rollback()
        logger.exception("telling DataCite of %s failed", doi)
        failed(doi, f"{type(error).__name__}: {error}")
        db.session.commit()


def settle(doi: str) -> None:
    """Tell DataCite what holds now: registered and up to date, or hidden."""
    service = current_rdm_records_service
    pid = PersistentIdentifier.query.filter_by(pid_type="doi", pid_value=doi).one_or_none()
    if pid is None or pid.object_uuid is None:
        done(doi)  # discarded before it was ever registered
        return
    record, is_parent = _record_of(pid)
    if record is None or pid.is_deleted():
        manager = service.pids.parent_pid_manager if is_parent else service.pids.pid_manager
        manager._get_provider("doi", "datacite").hide(pid)
        return
    service.pids.register_or_update(id_=record["id"], identity=system_identity, scheme="doi", parent=is_parent)


def _record_of(pid: PersistentIdentifier) -> tuple[Any, bool]:
    """The published record that a DOI belongs to (the latest version for a concept DOI), and whether it is one."""
    cls = current_rdm_records_service.record_cls
    model = db.session.get(cls.model_cls, pid.object_uuid)
    if model is not None:
        return next(_living(cls, [model]), None), False
    versions = cls.model_cls.query.filter_by(parent_id=pid.object_uuid).order_by(cls.model_cls.index.desc())
    return next(_living(cls, versions), None), True


def _living(cls: Any, models: Iterable[Any]) -> Iterator[Any]:  # noqa: ANN401
    """Records that were published and are no tombstones."""
    for model in models:
        record = cls(model.data, model=model) if model.data else None
        if record is not None and not record.deletion_status.is_deleted:
            yield record
