"""What a depositor decided about a record's rows: mapping text and corrections, per draft and per published version.

`edit` and `new_version` start from what is published, `publish` makes the draft's the published one. The draft's row
outlives the draft, so that its revision never goes back and an old ETag never fits again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ..errors import ConflictError
from .models import ObsCoreVerification, Stage

#: ``{file key: {product: {column: value or None}}}``, product being ``"<member>#<key>"`` or ``""``.
Corrections = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Verification:
    """Mapping and corrections of one stage of one record version; revision 0 is "nobody decided anything"."""

    mapping: str = ""
    corrections: Corrections = field(default_factory=dict)
    revision: int = 0


def current(record_uuid: UUID, stage: Stage) -> Verification:
    """What was decided; the empty verification where nothing was."""
    row = db.session.execute(
        select(ObsCoreVerification.mapping, ObsCoreVerification.corrections, ObsCoreVerification.revision).filter_by(
            record_uuid=record_uuid, stage=stage
        )
    ).one_or_none()
    return Verification(row.mapping, row.corrections, row.revision) if row else Verification()


def store(record_uuid: UUID, decided: Verification) -> Verification:
    """Replace the draft's verification, within the current transaction.

    Parameters
    ----------
    decided
        The new texts; its ``revision`` is the one that the depositor saw.

    Returns
    -------
    Verification
        With its new revision.

    Raises
    ------
    ConflictError
        Somebody else changed it since.
    """
    values = {"mapping": decided.mapping, "corrections": decided.corrections, "revision": decided.revision + 1}
    if decided.revision:
        statement: Any = (
            update(ObsCoreVerification)
            .filter_by(record_uuid=record_uuid, stage=Stage.DRAFT, revision=decided.revision)
            .values(**values)
        )
    else:
        new = insert(ObsCoreVerification).values(record_uuid=record_uuid, stage=Stage.DRAFT, **values)
        statement = new.on_conflict_do_nothing()
    written: Any = db.session.execute(statement)
    if not written.rowcount:
        raise ConflictError(
            "The corrections were changed by somebody else in the meantime.", remedy="load them again, then change them"
        )
    return Verification(decided.mapping, decided.corrections, decided.revision + 1)


def copy(source: UUID, source_stage: Stage, target: UUID, target_stage: Stage) -> None:
    """Make the target what the source is, within the current transaction; the target's revision grows."""
    origin = current(source, source_stage)
    if not origin.revision and not current(target, target_stage).revision:
        return
    values = {"mapping": origin.mapping, "corrections": origin.corrections}
    statement = insert(ObsCoreVerification).values(
        record_uuid=target, stage=target_stage, revision=max(origin.revision, 1), **values
    )
    grown = func.greatest(ObsCoreVerification.revision, origin.revision) + 1
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["record_uuid", "stage"], set_={**values, "revision": grown, "updated_at": func.now()}
        )
    )


def publish(record_uuid: UUID) -> Verification:
    """Make the draft's verification the published one, within the current transaction, and return it."""
    if current(record_uuid, Stage.DRAFT).revision:
        copy(record_uuid, Stage.DRAFT, record_uuid, Stage.PUBLISHED)
    return current(record_uuid, Stage.PUBLISHED)


def discard(record_uuid: UUID) -> None:
    """Forget an unpublished draft's verification, within the current transaction."""
    db.session.execute(delete(ObsCoreVerification).filter_by(record_uuid=record_uuid, stage=Stage.DRAFT))
