"""Changes of a draft's corrections, each on condition that nobody else changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork

from ..errors import ConflictError
from . import access, audit, changes, verification
from .deposits import write_verification
from .models import Stage
from .verification import Address, Corrections, Head, Verification


def change(
    identity: Identity,
    recid: str,
    revision: int,
    edit: Callable[[Any, Corrections], Corrections],
    *,
    action: type[audit.CurationAuditLog] = audit.EditAuditLog,
    note: Callable[[Any, changes.Done], None] = lambda draft, done: None,
) -> Head:
    """Replace a draft's corrections by what ``edit(draft, corrections)`` makes of them, and commit.

    Parameters
    ----------
    revision
        The one that the depositor saw.
    action
        What the audit log says of it.
    note
        Called with draft and change, within its transaction.

    Raises
    ------
    ConflictError
        Somebody else changed them since.
    """
    draft = access.draft_to_change(identity, recid)
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        decided = verification.current(draft.id, Stage.DRAFT)
        wanted = verification.replacing(decided.corrections, edit(draft, decided.corrections))
        done = changes.apply(uow, identity, draft, revision, wanted, action=action)
        note(draft, done)
        uow.commit()
    return Head(decided.mapping, done.revision)


def mapping_of(identity: Identity, recid: str) -> Head:
    """A draft's mapping and its revision.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    """
    return verification.head(access.draft_to_read(identity, recid).id, Stage.DRAFT)


def change_mapping(identity: Identity, recid: str, revision: int, mapping: str) -> Verification:
    """Replace a draft's mapping, leave its corrections as they are, and commit.

    Raises
    ------
    ValidationErrorGroup
        The mapping is wrong; each mistake with line and column.
    ConflictError
        Somebody else changed mapping or corrections since.
    """
    decided = verification.current(access.draft_to_change(identity, recid).id, Stage.DRAFT)
    if decided.revision != revision:
        raise ConflictError("The mapping was changed meanwhile.", remedy="load it again, then change it")
    return write_verification(identity, recid, mapping=mapping, corrections=decided.corrections, revision=revision)


def laid_over(
    corrections: Corrections, where: Iterable[Address], values: Mapping[str, Any], reset: Iterable[str] = ()
) -> Corrections:
    """The corrections with these values for each of these products, and without those of the columns in ``reset``."""
    dropped = set(reset)
    changed = {file: dict(products) for file, products in corrections.items()}
    for file, product in where:
        products = changed.setdefault(file, {})
        given = {name: value for name, value in products.get(product, {}).items() if name not in dropped}
        products[product] = {**given, **values}
        if not products[product]:
            del products[product]
        if not products:
            del changed[file]
    return changed
