"""Changes of a draft's corrections, each on condition that nobody else changed them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork

from ..errors import ColumnError, ConflictError
from ..mapping.typed import Cell, read_cells
from . import access, audit, changes, listing, overlays, verification
from .changes import Done
from .deposits import write_verification
from .models import Stage
from .verification import Address, Head, Verification
from .wording import in_words


def change(
    identity: Identity,
    recid: str,
    revision: int,
    values: Callable[[Any], Mapping[Address, Mapping[str, Any]]],
    *,
    what: str,
    reset: Collection[str] = (),
    action: type[audit.CurationAuditLog] = audit.EditAuditLog,
) -> Done:
    """Lay values over a draft's corrections, and commit.

    Parameters
    ----------
    revision
        The one that the depositor saw.
    values
        Called with the locked draft: new values by product.
    what
        In a few words, for who undoes it.
    reset
        Columns of these products that go back to what was found.
    action
        What the audit log says of it.

    Raises
    ------
    ConflictError
        Somebody else changed them since.
    """
    draft = access.draft_to_change(identity, recid)
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        new = values(draft)
        given = verification.corrections_of(draft.id, Stage.DRAFT, list(new))
        wanted = verification.laid_over(given, new, reset)
        done = changes.apply(uow, identity, draft, revision, wanted, what=what, action=action)
        uow.commit()
    return done


def understood(identity: Identity, recid: str, where: Address, typed: Mapping[str, Cell]) -> dict[str, Any]:
    """What somebody types into a product's fields, as saving would take it; nothing is changed.

    Returns
    -------
    dict
        ``read``: values by field and column (a whole position gives two); ``mistakes``: by field, why it cannot be
        saved; ``problems``: what would be doubtful about the product then.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    NotFoundError
        There is no such product.
    """
    _, product = listing.read_one(identity, recid, *where)
    read: dict[str, dict[str, Cell]] = {}
    mistakes: dict[str, str] = {}
    for name, text in typed.items():
        try:
            read[name] = read_cells({name: text})
        except ColumnError as error:
            mistakes[name] = in_words(str(error))
    after = overlays.corrected(product, {column: cell for cells in read.values() for column, cell in cells.items()})
    problems = [{**problem, "message": in_words(problem["message"])} for problem in after["problems"]]
    return {"read": read, "mistakes": mistakes, "problems": problems}


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
