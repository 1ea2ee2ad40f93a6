"""The files of a draft or record as the database has them, a page in one statement.

InvenioRDM's own ``record.files`` loads every file row of a record; a page of 25 out of 300 must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from invenio_db import db
from invenio_files_rest.models import FileInstance, ObjectVersion
from invenio_files_rest.utils import guess_mimetype
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_records_resources.services.files.transfer.constants import (
    FETCH_TRANSFER_TYPE,
    MULTIPART_TRANSFER_TYPE,
    REMOTE_TRANSFER_TYPE,
)
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from .models import ObsCoreReading, Stage, Status

# A fetched or multipart file becomes a local one when it is committed; a remote file stays where it is.
NOT_STORED = frozenset({FETCH_TRANSFER_TYPE, MULTIPART_TRANSFER_TYPE, REMOTE_TRANSFER_TYPE})


@dataclass(frozen=True)
class StoredFile:
    """One committed file of a draft or record, and how far reading it has come.

    Attributes
    ----------
    key
        Its name in the record.
    file_id
        The stored bytes (``FileInstance.id``), which versions and drafts of a record share.
    size
        Bytes.
    mimetype
        Media type as InvenioRDM serves it.
    status, reason, extractor_version
        Of its :class:`~.models.ObsCoreReading`; status is None where there is none yet.
    done_count, total_count
        Members of an archive that were read, and all as far as that is known; 0 and None for other files.
    container_error
        Why InvenioRDM refuses to deliver members of this file; empty where it does not.
    """

    key: str
    file_id: UUID
    size: int
    mimetype: str
    status: Status | None = None
    reason: str = ""
    extractor_version: str = ""
    done_count: int = 0
    total_count: int | None = None
    container_error: str = ""

    @property
    def is_archive(self) -> bool:
        """Whether its members were read."""
        return self.done_count > 0


def file_model(stage: Stage) -> Any:  # noqa: ANN401 - a model class
    """The instance's own table of files of drafts or records."""
    service = current_rdm_records_service
    record_cls = service.draft_cls if stage is Stage.DRAFT else service.record_cls
    return record_cls.files.file_cls.model_cls


def _select(record_uuid: UUID, stage: Stage, *columns: Any) -> Select[Any]:  # noqa: ANN401
    """Committed files of one record joined with their readings."""
    model = file_model(stage)
    transfer = model.json["transfer"]["type"].as_string()
    return (
        select(*columns)
        .select_from(model)
        .join(ObjectVersion, ObjectVersion.version_id == model.object_version_id)
        .join(FileInstance, FileInstance.id == ObjectVersion.file_id)
        .outerjoin(ObsCoreReading, ObsCoreReading.file_id == ObjectVersion.file_id)
        .where(
            model.record_id == record_uuid,
            model.json.is_not(None),
            FileInstance.readable,
            func.coalesce(transfer, "").not_in(NOT_STORED),
        )
    )


def list_files(record_uuid: UUID, stage: Stage, *, offset: int = 0, limit: int | None = None) -> list[StoredFile]:
    """Files of a draft or record in the order of their keys."""
    model = file_model(stage)
    statement = _select(
        record_uuid,
        stage,
        model.key,
        FileInstance.size,
        ObjectVersion.file_id,
        ObjectVersion._mimetype.label("mimetype"),
        ObsCoreReading.status,
        ObsCoreReading.reason,
        ObsCoreReading.extractor_version,
        ObsCoreReading.done_count,
        ObsCoreReading.total_count,
        model.json["metadata"]["error"].as_string().label("container_error"),
    )
    rows = db.session.execute(statement.order_by(model.key).offset(offset).limit(limit))
    return [
        StoredFile(
            key=row.key,
            file_id=row.file_id,
            size=row.size or 0,
            mimetype=row.mimetype or guess_mimetype(row.key),
            status=Status(row.status) if row.status else None,
            reason=row.reason or "",
            extractor_version=row.extractor_version or "",
            done_count=row.done_count or 0,
            total_count=row.total_count,
            container_error=row.container_error or "",
        )
        for row in rows
    ]


def count_by_status(record_uuid: UUID, stage: Stage) -> dict[Status | None, int]:
    """How many files are in which state."""
    statement = _select(record_uuid, stage, ObsCoreReading.status, func.count().label("files"))
    rows = db.session.execute(statement.group_by(ObsCoreReading.status))
    return {Status(row.status) if row.status else None: row.files for row in rows}


def count_pending(record_uuid: UUID) -> int:
    """Files of a record whose products are still to come: being read, or (of an archive) being computed."""
    waiting = ObsCoreReading.status.in_((Status.QUEUED, Status.RUNNING))
    computing = and_(ObsCoreReading.status == Status.DONE, ObsCoreReading.sync_pending, ObsCoreReading.done_count > 0)
    statement = _select(record_uuid, Stage.PUBLISHED, func.count()).where(or_(waiting, computing))
    return int(db.session.scalar(statement) or 0)


def file_ids(record_uuid: UUID, stage: Stage, *, unread: bool = False) -> list[UUID]:
    """Stored bytes of a draft or record; with ``unread`` only those that have no reading yet."""
    statement = _select(record_uuid, stage, ObjectVersion.file_id)
    if unread:
        statement = statement.where(ObsCoreReading.file_id.is_(None))
    return list(db.session.scalars(statement.distinct()))


def all_keys(draft_uuid: UUID) -> set[str]:
    """Names of all files of a draft, uploaded yet or not."""
    model = file_model(Stage.DRAFT)
    return set(db.session.scalars(select(model.key).where(model.record_id == draft_uuid)))


def records_with(file_id: UUID) -> list[UUID]:
    """Published records (any version, deleted ones too) that hold these bytes."""
    model = file_model(Stage.PUBLISHED)
    statement = (
        select(model.record_id)
        .join(ObjectVersion, ObjectVersion.version_id == model.object_version_id)
        .where(ObjectVersion.file_id == file_id, model.json.is_not(None))
        .distinct()
    )
    return list(db.session.scalars(statement))


def holders(file_id: UUID) -> list[tuple[str, str]]:
    """Identifiers of the drafts and records that hold these bytes, and the file's key in each."""
    found: set[tuple[str, str]] = set()
    service = current_rdm_records_service
    for stage, owner_cls in ((Stage.DRAFT, service.draft_cls), (Stage.PUBLISHED, service.record_cls)):
        model, owner = file_model(stage), owner_cls.model_cls
        statement = (
            select(owner.json["id"].as_string(), model.key)
            .join(model, model.record_id == owner.id)
            .join(ObjectVersion, ObjectVersion.version_id == model.object_version_id)
            .where(ObjectVersion.file_id == file_id, owner.json.is_not(None))
        )
        found |= {(str(recid), key) for recid, key in db.session.execute(statement)}
    return sorted(found)


def drafts_with(file_id: UUID) -> list[tuple[UUID, str]]:
    """Drafts that hold these bytes, and the key of the file in each."""
    model = file_model(Stage.DRAFT)
    statement = (
        select(model.record_id, model.key)
        .join(ObjectVersion, ObjectVersion.version_id == model.object_version_id)
        .where(ObjectVersion.file_id == file_id, model.json.is_not(None))
    )
    return [(row.record_id, row.key) for row in db.session.execute(statement)]


def is_held(file_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - any column expression of a file's id
    """SQL: whether a draft or a record holds these bytes."""
    return or_(*(_holding(stage, file_id) for stage in Stage))


def _holding(stage: Stage, file_id: Any) -> ColumnElement[bool]:  # noqa: ANN401
    model = file_model(stage)
    statement = (
        select(model.id)
        .join(ObjectVersion, ObjectVersion.version_id == model.object_version_id)
        .where(ObjectVersion.file_id == file_id, model.json.is_not(None))
    )
    return statement.correlate(ObsCoreReading).exists()
