"""Keeps `ivoa.obscore` what it should be: the products of the latest public version of each record, and nothing else.

:func:`sync` is the one way in, whatever happened: it works out what should be public, and writes the difference. It may
run at any time and as often as one likes. Only :func:`publish` and a re-extraction change what a version *says* of its
products; everything else only decides whether that is shown.

Order of locks: the record's parent, then its files' readings; so late tasks and publications wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_rdm_records.services.pids.tasks import register_or_update_pid
from invenio_records_resources.services.uow import RecordCommitOp, TaskOp
from sqlalchemy import func, select

from ..db import publication as rows_in_db
from ..db import registry
from ..db.publication import Changes, PublicRow
from . import custom_fields, doi_backlog, published, reading, verification, withdrawal
from .models import Stage, Status
from .products import documents_of
from .published import Said, Version
from .queue import TellRecordsOp
from .rows import access_bytes, complete, record_facts
from .stored_files import StoredFile, file_ids, list_files
from .visibility import PUBLIC, published_keys


@dataclass
class Synced:
    """What a synchronisation did to one record (all its versions)."""

    parent_uuid: UUID
    recid: str
    rows: Changes = field(default_factory=Changes)
    fields_changed: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was not as it should be."""
        return bool(self.rows or self.fields_changed)


def publish(record: Any, uow: UnitOfWork) -> Synced:  # noqa: ANN401 - an RDMRecord
    """Take over what the depositor verified as what this version says, and bring the rows up to date.

    Files that are still being read are added by their own task when they are done.

    Parameters
    ----------
    record
        In memory, in the middle of being published; the caller commits it.
    uow
        The unit of work that publishes it.
    """
    lock(record.parent.id)
    # Lock first, look afterwards: a file that was finished in between would be seen as unfinished by us, and its task
    # would not see this record yet.
    reading.lock_unfinished(file_ids(record.id, Stage.PUBLISHED))
    files = list_files(record.id, Stage.PUBLISHED) if record.files.enabled else []
    decided = verification.publish(record.id)
    found = documents_of(files, decided)
    said = published.replace(version_of(record), found)
    _leave_to_tasks([one.file.file_id for one in found if one.pending], uow)
    return _sync(record.parent, record, uow, (files, said))


def _leave_to_tasks(pending: Sequence[UUID], uow: UnitOfWork) -> None:
    """Have archives whose products are not computed yet told later; the sweep does it where a message is lost."""
    if pending:
        reading.mark_unsynced(pending)
        uow.register(TellRecordsOp(pending))


def sync(record: Any, uow: UnitOfWork) -> Synced:  # noqa: ANN401
    """Bring the rows of all versions of the record up to date.

    Parameters
    ----------
    record
        In memory; its state counts instead of the database's, and the caller commits it.
    """
    lock(record.parent.id)
    return _sync(record.parent, record, uow)


def sync_record(record_uuid: UUID) -> Synced:
    """The same in a transaction of its own, for a file that was read late.

    Raises
    ------
    sqlalchemy.exc.NoResultFound
        There is no such record.
    """
    with UnitOfWork(db.session) as uow:
        model = record_cls().model_cls
        parent_uuid = db.session.scalars(select(model.parent_id).where(model.id == record_uuid)).one()
        done = sync_parent(parent_uuid, uow)
        uow.commit()
    return done


def sync_parent(parent_uuid: UUID, uow: UnitOfWork) -> Synced:
    """The same for a record of which only the parent is known, as the database has it."""
    lock(parent_uuid)
    return _sync(record_cls().parent_record_cls.get_record(parent_uuid), None, uow)


def record_cls() -> Any:  # noqa: ANN401
    """The instance's own class of records."""
    return current_rdm_records_service.record_cls


def lock(parent_uuid: UUID) -> None:
    """Let one transaction at a time work on the rows of a record's versions; it ends with the transaction."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"obscore:{parent_uuid}", 0))))


def version_of(record: Any) -> Version:  # noqa: ANN401
    """What names this version where its products are kept."""
    return Version(parent_uuid=record.parent.id, record_uuid=record.id, recid=record.pid.pid_value)


def versions(parent_uuid: UUID) -> list[Any]:
    """Published versions of a record as the database has them, newest first."""
    return _versions(record_cls().parent_record_cls.get_record(parent_uuid), None)


_Known = tuple[Sequence[StoredFile], Sequence[Said]]


def _sync(parent: Any, current: Any, uow: UnitOfWork, known: _Known | None = None) -> Synced:  # noqa: ANN401
    """Bring rows and fields up to date; ``known`` are the files of the current version and what it says of them."""
    present = _versions(parent, current)
    rows: dict[UUID, list[PublicRow]] = {record.id: [] for record in present}
    for record in present:
        files, said = known if known and record is current else (list_files(record.id, Stage.PUBLISHED), None)
        rows[record.id] = _rows(record, files, said)
        if rows[record.id] and not current_app.config["OBSCORE_ALL_VERSIONS"]:
            break
    done = Synced(parent.id, parent.pid.pid_value)
    done.rows = rows_in_db.write(db.session.connection(), parent.id, _distinct(rows.values()))
    registry.mark(db.session.connection(), parent.id)
    for record in present:
        if _update_fields(record, rows[record.id]):
            done.fields_changed.append(record.pid.pid_value)
            if record is not current:
                _commit_record(record, uow)
    return done


def _versions(parent: Any, current: Any) -> list[Any]:  # noqa: ANN401
    """Versions that were published, newest first; the one in memory in place of the stored one."""
    cls = record_cls()
    models = cls.model_cls.query.filter_by(parent_id=parent.id).order_by(cls.model_cls.index.desc())
    stored = [
        current if current is not None and model.id == current.id else cls(model.data, model=model, parent=parent)
        for model in models
        if model.data
    ]
    return stored if current is None or any(record is current for record in stored) else [current, *stored]


def _rows(record: Any, files: Sequence[StoredFile], said: Sequence[Said] | None) -> list[PublicRow]:  # noqa: ANN401
    """The rows that this version would publish now; none where anything of it is not public."""
    keys = published_keys(record, (file.key for file in files))
    shown = {file.key: file for file in files if file.key in keys}
    if not shown:
        return []
    facts = record_facts(record)
    return [
        PublicRow(
            record_uuid=record.id,
            recid=facts.recid,
            file_id=one.file_id,
            row=complete(one.row, facts, shown[one.file_key], one.member, one.obs_publisher_did, one.size),
            access_bytes=access_bytes(shown[one.file_key], one.member, one.size),
        )
        for one in (_said(record, files) if said is None else said)
        if one.file_key in shown
    ]


def _said(record: Any, files: Sequence[StoredFile]) -> list[Said]:  # noqa: ANN401
    """What the version says; what it never said of a file that is read now is added, what it lost is dropped."""
    said = published.load(record.id)
    held = {(file.file_id, file.key) for file in files}
    told = {(one.file_id, one.file_key) for one in said}
    untold = [file for file in files if file.status is Status.DONE and (file.file_id, file.key) not in told]
    if untold:
        decided = verification.current(record.id, Stage.PUBLISHED)
        found = documents_of(untold, decided)
        published.replace(version_of(record), found, only=[file.file_id for file in untold])
    if told - held:
        published.drop_files(record.id, {file_id for file_id, _ in held})
    return published.load(record.id) if untold or told - held else said


def _distinct(versions: Iterable[Sequence[PublicRow]]) -> list[PublicRow]:
    """Of the rows of several versions of one product the newest (an identifier names one row)."""
    rows: dict[Any, PublicRow] = {}
    for version in versions:
        for row in version:
            rows.setdefault(row.row["obs_publisher_did"], row)
    return list(rows.values())


def _update_fields(record: Any, rows: Sequence[PublicRow]) -> bool:  # noqa: ANN401
    """Make the record's ``obscore:*`` fields those of its rows; whether they changed."""
    present = dict(record.custom_fields or {})
    was_public = record.deletion_status.is_deleted and record.access.protection.record == PUBLIC
    ours = custom_fields.of_tombstone(present) if was_public else custom_fields.summarise([row.row for row in rows])
    wanted = custom_fields.strip(present) | ours | withdrawal.fields_of(record)
    if _as_numbers(wanted) == _as_numbers(present):
        return False
    record.custom_fields = wanted
    return True


def _as_numbers(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with every number as a float: JSON in PostgreSQL gives a large one back as an integer."""
    return {name: float(value) if isinstance(value, int | float) else value for name, value in fields.items()}


def _commit_record(record: Any, uow: UnitOfWork) -> None:  # noqa: ANN401
    """Store and index a record that is not the one being worked on, and tell DataCite."""
    uow.register(RecordCommitOp(record, indexer=current_rdm_records_service.indexer))
    if record.deletion_status.is_deleted:
        return
    doi_backlog.expect(record)
    # The concept DOI tells what the latest version tells.
    concept = record.parent.pids if record.versions.is_latest else {}
    for pids, is_parent in ((record.pids, False), (concept, True)):
        if (pids.get("doi") or {}).get("provider") == "datacite":
            uow.register(TaskOp(register_or_update_pid, record["id"], "doi", parent=is_parent))
