"""Changes of a draft's corrections, each on condition that nobody else changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_records_resources.services.uow import TaskOp

from . import access, queue, verification
from .deposits import _lock
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
