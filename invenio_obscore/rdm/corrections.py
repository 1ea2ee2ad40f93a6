"""Changes of a draft's corrections, each on condition that nobody else changed them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork

from ..errors import ConflictError
from . import access, audit, changes, verification
from .changes import Done
from .deposits import write_verification
from .models import Stage
from .verification import Address, Head, Verification


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
