"""The depositor's view of a draft: its files, what was found in them, and what was decided about it.

Each call asks InvenioRDM for permission again; nothing here is cached across users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_records_resources.services.errors import ValidationErrorGroup
from invenio_records_resources.services.uow import TaskOp
from sqlalchemy import select

from .. import mapping as mapping_language
from ..errors import NotFoundError
from . import queue, verification
from .models import Stage, Status
from .products import FileProducts, products_of
from .queue import ReadFilesOp
from .stored_files import count_by_status, file_ids, list_files
from .sweep import has_orphan
from .tasks import prepare_draft, send_sweep
from .verification import Corrections, Verification

#: Seconds that a page computes; what is missing then comes with a later page, or by the task that follows a PUT.
_PATIENCE = 5.0


@dataclass(frozen=True)
class DraftPage:
    """One page of a draft's files."""

    verification: Verification
    files: list[FileProducts]
    counts: dict[Status, int]
    page: int
    size: int

    @property
    def total(self) -> int:
        """Files in all."""
        return sum(self.counts.values())


def read_draft(identity: Identity, recid: str, *, page: int, size: int) -> DraftPage:
    """Files of a draft with their products, evidence and problems.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    NoResultFound, PIDDoesNotExistError
        There is no such draft.
    """
    draft = _resolve(recid)
    current_rdm_records_service.draft_files.require_permission(identity, "read_files", record=draft)
    _read_what_nobody_read(draft.id)
    decided = verification.current(draft.id, Stage.DRAFT)
    files = list_files(draft.id, Stage.DRAFT, offset=(page - 1) * size, limit=size)
    if has_orphan([file.file_id for file in files]):
        send_sweep()
    found = products_of(files, decided, patience=_PATIENCE)
    db.session.commit()  # what was computed for this page stays in the cache
    counts = count_by_status(draft.id, Stage.DRAFT)
    return DraftPage(decided, found, {status: counts.get(status, 0) for status in Status}, page, size)


def write_verification(
    identity: Identity, recid: str, *, mapping: str, corrections: Corrections, revision: int
) -> Verification:
    """Replace a draft's mapping and corrections and commit.

    Parameters
    ----------
    revision
        The one that the depositor saw.

    Raises
    ------
    ValidationErrorGroup
        The mapping is wrong; each mistake with line and column.
    ConflictError
        Somebody else changed it since.
    """
    draft = _resolve(recid)
    current_rdm_records_service.draft_files.require_permission(identity, "read_files", record=draft)
    current_rdm_records_service.require_permission(identity, "update_draft", record=draft)
    _check_mapping(mapping)
    with UnitOfWork(db.session) as uow:
        _lock(draft.id)
        stored = verification.store(draft.id, Verification(mapping, corrections, revision))
        uow.register(TaskOp.for_async_apply(prepare_draft, args=(str(draft.id),), **queue.options()))
        uow.commit()
    return stored


def _check_mapping(text: str) -> None:
    mistakes = [
        {"field": "mapping", "messages": [str(mistake)], "line": mistake.line, "column": mistake.column}
        for mistake in mapping_language.check(text, functions=mapping_language.installed(), web=True)
    ]
    if mistakes:
        raise ValidationErrorGroup(errors=mistakes)


def _resolve(recid: str) -> Any:  # noqa: ANN401 - the instance's own draft class
    return current_rdm_records_service.draft_cls.pid.resolve(recid, registered_only=False)


def _lock(draft_uuid: UUID) -> None:
    """Keep the draft from being published or discarded before this transaction ends."""
    model = current_rdm_records_service.draft_cls.model_cls
    alive = select(model.id).where(model.id == draft_uuid, model.is_deleted.is_(False)).with_for_update()
    if db.session.scalar(alive) is None:
        raise NotFoundError("There is no such draft any more: it was published or discarded.")


def _read_what_nobody_read(draft_uuid: UUID) -> None:
    """Drafts that are older than the module have files that no hook ever saw."""
    unread = file_ids(draft_uuid, Stage.DRAFT, unread=True)
    if unread:
        with UnitOfWork(db.session) as uow:
            uow.register(ReadFilesOp(unread))
            uow.commit()
