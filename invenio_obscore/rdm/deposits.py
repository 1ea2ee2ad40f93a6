"""The depositor's view of a draft: its files, what was found in them, and what was decided about it.

Each call asks InvenioRDM for permission again; nothing here is cached across users.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_records_resources.services.errors import ValidationErrorGroup
from marshmallow import ValidationError

from .. import mapping as mapping_language
from . import access, audit, changes, listing, verification
from .models import Stage, Status
from .products import FileProducts, keys_of, products_of
from .queue import ReadFilesOp, send_sweep
from .stored_files import all_keys, count_by_status, file_ids, list_files
from .sweep import has_orphan
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


def read_draft(identity: Identity, recid: str, *, page: int, size: int, window: range) -> DraftPage:
    """Files of a draft with their products, evidence and problems.

    Parameters
    ----------
    window
        Which products of each file, by their numbers from 0: an archive may have thousands.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    NoResultFound, PIDDoesNotExistError
        There is no such draft.
    """
    draft = access.draft_to_read(identity, recid)
    read_what_nobody_read(draft.id)
    decided = verification.current(draft.id, Stage.DRAFT)
    files = list_files(draft.id, Stage.DRAFT, offset=(page - 1) * size, limit=size)
    if has_orphan([file.file_id for file in files]):
        send_sweep()
    found = products_of(files, decided, patience=_PATIENCE, window=window)
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
    ValidationError
        Corrections name a file that the draft does not have.
    ConflictError
        Somebody else changed it since.
    """
    draft = access.draft_to_change(identity, recid)
    _check_mapping(mapping)
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        present = verification.current(draft.id, Stage.DRAFT)
        _check_corrections(draft.id, corrections, present.corrections)
        wanted = verification.replacing(present.corrections, corrections)
        new = None if mapping == present.mapping else mapping
        what, action = ("form", audit.EditAuditLog) if new is None else ("mapping", audit.MappingAuditLog)
        done = changes.apply(uow, identity, draft, revision, wanted, what=what, mapping=new, action=action)
        uow.commit()
    return Verification(mapping, corrections, done.revision)


def correct_product(
    identity: Identity,
    recid: str,
    where: tuple[str, str],
    values: Mapping[str, Any],
    reset: Collection[str],
    revision: int,
) -> tuple[int, dict[str, Any]]:
    """Correct columns of one product and commit; the cost does not depend on how many products the draft has.

    Parameters
    ----------
    where
        File key and product.
    values, reset
        Columns with their new values, and columns whose correction is dropped.
    revision
        The one that the depositor saw.

    Returns
    -------
    tuple
        The draft's revision, and the product as `listing.one` gives it.

    Raises
    ------
    ConflictError
        Somebody else changed the corrections since.
    NotFoundError
        The draft has no such product.
    """
    draft = access.draft_to_change(identity, recid)
    file_key, product = where
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        decided = verification.head(draft.id, Stage.DRAFT)
        files = [file for file in list_files(draft.id, Stage.DRAFT) if file.key == file_key]
        listing.one(draft.id, files, decided, product)
        given = verification.corrections_of(draft.id, Stage.DRAFT, [where])
        wanted = verification.laid_over(given, {where: values}, set(reset))
        what = " ".join(["correct", ", ".join([*values, *reset][:5])])
        done = changes.apply(uow, identity, draft, revision, wanted, what=what)
        for key in keys_of(files, decided.mapping).values():
            listing.lay_over_some(draft.id, file_key, key, [product])
        found = listing.one(draft.id, files, decided, product)
        uow.commit()
    return done.revision, found


def _check_corrections(draft_uuid: UUID, corrections: Corrections, present: Corrections) -> None:
    """Only files that the draft has, or that corrections were carried over for; nothing but what was accepted."""
    unknown = corrections.keys() - present.keys()
    unknown -= all_keys(draft_uuid) if unknown else set()
    wrong: dict[str, Any] = {name: ["The draft has no file of this name."] for name in sorted(unknown)}
    for file_key, products in corrections.items():
        for product, values in products.items():
            given = present.get(file_key, {}).get(product, {})
            for column, value in values.items():
                if isinstance(value, Mapping) and value != given.get(column):
                    message = "A text, a number or null is expected."
                    wrong.setdefault(file_key, {}).setdefault(product, {})[column] = [message]
    if wrong:
        raise ValidationError({"corrections": wrong})


def _check_mapping(text: str) -> None:
    mistakes = [
        {"field": "mapping", "messages": [str(mistake)], "line": mistake.line, "column": mistake.column}
        for mistake in mapping_language.check(text, functions=mapping_language.installed(), web=True)
    ]
    if mistakes:
        raise ValidationErrorGroup(errors=mistakes)


def read_what_nobody_read(draft_uuid: UUID) -> None:
    """Drafts that are older than the module have files that no hook ever saw."""
    unread = file_ids(draft_uuid, Stage.DRAFT, unread=True)
    if unread:
        with UnitOfWork(db.session) as uow:
            uow.register(ReadFilesOp(unread))
            uow.commit()
