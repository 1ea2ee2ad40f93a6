"""Changes of a draft's corrections, each on condition that nobody else changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_records_resources.services.uow import TaskOp

from ..errors import ConflictError
from . import access, queue, verification
from .deposits import _lock, write_verification
from .models import Stage
from .tasks import prepare_draft
from .verification import Corrections, Verification

#: File key and product.
Address = tuple[str, str]


def change(
    identity: Identity, recid: str, revision: int, edit: Callable[[Any, Corrections], Corrections]
) -> Verification:
    """Replace a draft's corrections by what ``edit(draft, corrections)`` makes of them, and commit.

    Parameters
    ----------
    revision
        The one that the depositor saw.

    Raises
    ------
    ConflictError
        Somebody else changed them since.
    """
    draft = access.draft_to_change(identity, recid)
    with UnitOfWork(db.session) as uow:
        _lock(draft.id)
        decided = verification.current(draft.id, Stage.DRAFT)
        corrections = edit(draft, decided.corrections)
        stored = verification.store(draft.id, Verification(decided.mapping, corrections, revision))
        uow.register(TaskOp.for_async_apply(prepare_draft, args=(str(draft.id),), **queue.options()))
        uow.commit()
    return stored


def mapping_of(identity: Identity, recid: str) -> Verification:
    """A draft's mapping and its revision.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    """
    return verification.current(access.draft_to_read(identity, recid).id, Stage.DRAFT)


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
