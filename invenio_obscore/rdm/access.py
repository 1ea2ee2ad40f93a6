"""Which draft or record somebody means, and whether they may: asked again on each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_rdm_records.services.errors import RecordDeletedException
from invenio_records_resources.services.errors import PermissionDeniedError
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from ..errors import NotFoundError
from . import permissions
from .models import ObsCoreProduct, Stage
from .stored_files import StoredFile, list_files


def draft_to_read(identity: Identity, recid: str) -> Any:  # noqa: ANN401 - the instance's own draft class
    """A draft whose files the identity may read.

    Raises
    ------
    PermissionDeniedError
        It may not.
    NoResultFound, PIDDoesNotExistError
        There is no such draft.
    """
    draft = current_rdm_records_service.draft_cls.pid.resolve(recid, registered_only=False)
    current_rdm_records_service.draft_files.require_permission(identity, "read_files", record=draft)
    return draft


def draft_to_change(identity: Identity, recid: str) -> Any:  # noqa: ANN401
    """A draft that the identity may change; raises as `draft_to_read`."""
    draft = draft_to_read(identity, recid)
    current_rdm_records_service.require_permission(identity, "update_draft", record=draft)
    return draft


def draft_to_curate(identity: Identity, recid: str) -> Any:  # noqa: ANN401
    """A draft whose rows the identity may curate, which is whoever may change it.

    Raises
    ------
    PermissionDeniedError
        It may not, or there is no such draft: who may not see it does not learn whether there is.
    NoResultFound, PIDDoesNotExistError
        There is no such draft (for those who may see all).
    """
    try:
        return draft_to_change(identity, recid)
    except (NoResultFound, PIDDoesNotExistError) as error:
        if permissions.may_curate_all(identity):
            raise
        raise PermissionDeniedError("update_draft") from error


def draft_of_task(draft_uuid: UUID) -> Any:  # noqa: ANN401
    """The draft that a task works at for somebody who was asked for permission when it began; None where it is gone."""
    try:
        return current_rdm_records_service.draft_cls.get_record(draft_uuid)
    except NoResultFound:
        return None


def require_account(identity: Identity) -> None:
    """Raise `PermissionDeniedError` for visitors who are not logged in."""
    current_rdm_records_service.require_permission(identity, "search_drafts")


def record_to_read(identity: Identity, recid: str) -> Any:  # noqa: ANN401
    """A published record whose files the identity may read; raises as `draft_to_read`, or `RecordDeletedException`."""
    record = current_rdm_records_service.record_cls.pid.resolve(recid)
    if record.deletion_status.is_deleted:
        raise RecordDeletedException(record, result_item=None)
    current_rdm_records_service.require_permission(identity, "read", record=record)
    current_rdm_records_service.files.require_permission(identity, "read_files", record=record)
    return record


def named(identity: Identity, recid: str, asked: Mapping[str, Any]) -> tuple[str, str]:
    """File key and product that somebody asks for, by these or by ``did``, an ``obs_publisher_did``.

    Raises
    ------
    NotFoundError
        The record has no product with this identifier; everything else as `record_to_read`, and first.
    """
    if "did" not in asked:
        return asked["file"], asked["product"]
    record = record_to_read(identity, recid)
    given = select(ObsCoreProduct).where(ObsCoreProduct.parent_uuid == record.parent.id)
    did = ObsCoreProduct.obs_publisher_did  # as it is written it is found at once, in other letters by looking through
    product = db.session.scalar(given.where(did == asked["did"])) or db.session.scalar(
        given.where(func.lower(did) == asked["did"].lower())
    )
    files = {file.file_id: file.key for file in list_files(record.id, Stage.PUBLISHED)} if product else {}
    if product is None or product.file_id not in files:
        raise NotFoundError("The record has no product with this identifier.")
    name = f"{product.member}#{product.key}" if product.member or product.key else ""
    return files[product.file_id], name


def stored_file(identity: Identity, record: Any, stage: Stage, key: str) -> StoredFile:  # noqa: ANN401
    """One file of a draft or record, which the identity may download.

    Raises
    ------
    NotFoundError
        There is no such file, or not for this identity.
    """
    found = next((file for file in list_files(record.id, stage) if file.key == key), None)
    service = current_rdm_records_service
    files = service.draft_files if stage is Stage.DRAFT else service.files
    if found is None or not files.check_permission(identity, "get_content_files", record=record, file_key=key):
        raise NotFoundError(f"There is no file {key[:200]!r}.")
    return found
