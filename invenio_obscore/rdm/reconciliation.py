"""Finds and mends drift between records and rows, and shows what a newer extractor would say.

Everything goes record by record, each in a transaction of its own: an error on one is reported and stops nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from invenio_db import db
from invenio_db.uow import UnitOfWork
from sqlalchemy import select

from ..db import publication as rows_in_db
from ..db.publication import Changes
from ..errors import ObsCoreError
from ..extraction import EXTRACTOR_VERSION
from . import publication, published, verification
from .models import ObsCorePublished, Stage, Status
from .products import compute_all, documents_of
from .queue import ReadFilesOp
from .stored_files import file_ids, list_files
from .visibility import files_are_public, record_is_public

logger = logging.getLogger(__name__)


@dataclass
class Finding:
    """What reconciliation found on one record.

    Attributes
    ----------
    record
        The record's identifier (of the parent), or the UUID where the record is gone.
    rows
        Rows that were missing, wrong or too many.
    fields
        Versions whose ``obscore:*`` fields were wrong.
    queued
        Files that were published before the module came and are read now.
    error
        Why the record could not be dealt with.
    """

    record: str
    rows: Changes = field(default_factory=Changes)
    fields: list[str] = field(default_factory=list)
    queued: int = 0
    error: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows or self.fields or self.queued or self.error)


def reconcile(*, backfill: bool = False, dry_run: bool = False) -> Iterator[Finding]:
    """Go through all records and yield what was not as it should be, mended already.

    Parameters
    ----------
    backfill
        Read the files of public records that were published before the module came.
    dry_run
        Only look.
    """
    known = _parents()
    for parent_uuid in known:
        finding = _reconcile_one(parent_uuid, backfill=backfill, dry_run=dry_run)
        if finding:
            yield finding
    yield from _orphans(set(known), dry_run=dry_run)


def _record_model() -> Any:  # noqa: ANN401
    return publication.record_cls().model_cls


def _parents() -> list[UUID]:
    parents = list(db.session.scalars(select(_record_model().parent_id).distinct()))
    db.session.rollback()
    return sorted(parents)


def _reconcile_one(parent_uuid: UUID, *, backfill: bool, dry_run: bool) -> Finding:
    finding = Finding(str(parent_uuid))
    try:
        with UnitOfWork(db.session) as uow:
            done = publication.sync_parent(parent_uuid, uow)
            finding.record, finding.rows, finding.fields = done.recid, done.rows, done.fields_changed
            if backfill:
                unread = _unread(parent_uuid)
                finding.queued = len(unread)
                uow.register(ReadFilesOp(unread))
            if dry_run:
                uow.rollback()
            else:
                uow.commit()
    except ObsCoreError as error:
        finding.error = str(error)
    except Exception as error:  # noqa: BLE001 - one broken record must not keep the others from being mended
        logger.exception("record %s cannot be reconciled", parent_uuid)
        finding.error = f"{type(error).__name__}: {error}"
    finally:
        db.session.rollback()
    return finding


def _unread(parent_uuid: UUID) -> list[UUID]:
    """Files of public versions that nobody ever read."""
    unread: list[UUID] = []
    for record in publication.versions(parent_uuid):
        if record_is_public(record) and files_are_public(record):
            unread += file_ids(record.id, Stage.PUBLISHED, unread=True)
    return unread


def _orphans(known: set[UUID], *, dry_run: bool) -> Iterator[Finding]:
    """Rows of records that are gone altogether."""
    for parent_uuid in sorted(rows_in_db.parents(db.session.connection()) - known):
        with UnitOfWork(db.session) as uow:
            changes = rows_in_db.write(db.session.connection(), parent_uuid, [])
            if dry_run:
                uow.rollback()
            else:
                uow.commit()
        yield Finding(str(parent_uuid), changes)
    db.session.rollback()


@dataclass(frozen=True)
class Difference:
    """What a newer extractor says of one product: column → (published, new)."""

    recid: str
    file_key: str
    obs_publisher_did: str
    columns: Mapping[str, tuple[Any, Any]]


def reextract(*, recids: tuple[str, ...] = (), dry_run: bool = False) -> Iterator[Difference]:
    """Take over what the present extractor says of published products, record by record.

    What was read from the files is stored, so no file is touched.

    Parameters
    ----------
    recids
        Only these records; all when empty.
    dry_run
        Only show.
    """
    for record_uuid in _outdated():
        record = publication.record_cls().get_record(record_uuid, with_deleted=True)
        if recids and record.pid.pid_value not in recids:
            continue
        yield from _reextract_one(record, dry_run=dry_run)


def _outdated() -> list[UUID]:
    """Versions that say something by another extractor than the present one."""
    statement = select(ObsCorePublished.record_uuid).where(ObsCorePublished.extractor_version != EXTRACTOR_VERSION)
    return sorted(db.session.scalars(statement.distinct()))


def _reextract_one(record: Any, *, dry_run: bool) -> list[Difference]:  # noqa: ANN401
    decided = verification.current(record.id, Stage.PUBLISHED)
    compute_all(list_files(record.id, Stage.PUBLISHED), decided.mapping)
    with UnitOfWork(db.session) as uow:
        publication.lock(record.parent.id)
        before = {said.obs_publisher_did: said for said in published.load(record.id)}
        files = [f for f in list_files(record.id, Stage.PUBLISHED) if f.status is Status.DONE]
        found = documents_of(files, decided)
        published.replace(publication.version_of(record), found)
        after = {said.obs_publisher_did: said for said in published.load(record.id)}
        if dry_run:
            uow.rollback()
        else:
            publication.sync_parent(record.parent.id, uow)
            uow.commit()
    recid = record.pid.pid_value
    return [
        Difference(recid, (after.get(did) or before[did]).file_key, did, columns)
        for did in sorted(before.keys() | after.keys())
        if (columns := _differing(before.get(did), after.get(did)))
    ]


def _differing(before: published.Said | None, after: published.Said | None) -> dict[str, tuple[Any, Any]]:
    old, new = (dict(said.row) if said else {} for said in (before, after))
    return {
        name: (old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }
