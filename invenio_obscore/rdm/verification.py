"""What a depositor decided about a record's rows: mapping text and corrections, per draft and per published version.

`edit` and `new_version` start from what is published, `publish` makes the draft's the published one. The draft's row
outlives the draft, so that its revision never goes back and an old ETag never fits again. Corrections are a row a
product: a catalogue of 100,000 products is changed a cell at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import Text, cast, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from ..db.inserting import insert_rows
from ..errors import ConflictError
from . import works
from .models import ObsCoreCorrection, ObsCoreEdit, ObsCoreVerification, Stage

#: ``{file key: {product: {column: value or None}}}``, product being ``"<member>#<key>"`` or ``""``.
Corrections = dict[str, dict[str, dict[str, Any]]]
#: File key and product.
Address = tuple[str, str]
_BATCH = 5000


@dataclass(frozen=True)
class Head:
    """Mapping and revision of one stage of one record version; revision 0 is "nobody decided anything"."""

    mapping: str = ""
    revision: int = 0


@dataclass(frozen=True)
class Verification:
    """Mapping and corrections of one stage of one record version; revision 0 is "nobody decided anything"."""

    mapping: str = ""
    corrections: Corrections = field(default_factory=dict)
    revision: int = 0


def head(record_uuid: UUID, stage: Stage) -> Head:
    """What was decided, without the corrections: those may be a hundred thousand."""
    statement = select(ObsCoreVerification.mapping, ObsCoreVerification.revision)
    row = db.session.execute(statement.filter_by(record_uuid=record_uuid, stage=stage)).one_or_none()
    return Head(row.mapping, row.revision) if row else Head()


def current(record_uuid: UUID, stage: Stage) -> Verification:
    """What was decided; the empty verification where nothing was."""
    decided = head(record_uuid, stage)
    return Verification(decided.mapping, corrections(record_uuid, stage) if decided.revision else {}, decided.revision)


def corrections(record_uuid: UUID, stage: Stage, *, file_keys: Collection[str] | None = None) -> Corrections:
    """Corrections by file and product; of all files, or of these."""
    row = ObsCoreCorrection
    statement = select(row.file_key, row.product, row.cells).filter_by(record_uuid=record_uuid, stage=stage)
    if file_keys is not None:
        statement = statement.where(row.file_key.in_(list(file_keys)))
    found: Corrections = {}
    for file_key, product, cells in db.session.execute(statement.order_by(row.file_key, row.product)):
        found.setdefault(file_key, {})[product] = cells
    return found


def corrections_of(record_uuid: UUID, stage: Stage, where: Collection[Address]) -> dict[Address, dict[str, Any]]:
    """Corrections of these products, as far as they have any."""
    row = ObsCoreCorrection
    statement = select(row.file_key, row.product, row.cells).filter_by(record_uuid=record_uuid, stage=stage)
    digests = [digest(address) for address in where]
    found: dict[Address, dict[str, Any]] = {}
    for start in range(0, len(digests), _BATCH):
        some = statement.where(row.digest.in_(digests[start : start + _BATCH]))
        found |= {(each.file_key, each.product): each.cells for each in db.session.execute(some)}
    return found


def has_corrections(record_uuid: UUID, stage: Stage) -> bool:
    """Whether any product is corrected."""
    mine = exists().where(ObsCoreCorrection.record_uuid == record_uuid, ObsCoreCorrection.stage == stage)
    return bool(db.session.scalar(select(mine)))


def count_corrections(record_uuid: UUID, stage: Stage, *, most: int) -> int:
    """How many products are corrected, counted up to ``most``."""
    some = select(ObsCoreCorrection.digest).filter_by(record_uuid=record_uuid, stage=stage).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def digest(address: Address) -> str:
    """What a product is found by among the corrections."""
    return hashlib.sha256(json.dumps(list(address)).encode("ascii")).hexdigest()


def flat(given: Corrections) -> dict[Address, dict[str, Any]]:
    """Corrections by product; those that say nothing are left out."""
    return {(file, product): cells for file, of in given.items() for product, cells in of.items() if cells}


def differing_corrections(one: UUID, one_stage: Stage, other: UUID, other_stage: Stage) -> set[Address]:
    """The products whose corrections differ between two stages."""

    def of(record_uuid: UUID, stage: Stage) -> Any:  # noqa: ANN401 - a subquery
        row = ObsCoreCorrection
        mine = select(row.digest, row.file_key, row.product, cast(row.cells, Text).label("cells"))
        return mine.where(row.record_uuid == record_uuid, row.stage == stage).subquery()

    was, now = of(one, one_stage), of(other, other_stage)
    address = [func.coalesce(was.c[name], now.c[name]) for name in ("file_key", "product")]
    joined = select(*address).select_from(was.join(now, was.c.digest == now.c.digest, full=True))
    found = db.session.execute(joined.where(was.c.cells.is_distinct_from(now.c.cells)))
    return {(file_key, product) for file_key, product in found}


def laid_over(
    given: Mapping[Address, Mapping[str, Any]], values: Mapping[Address, Mapping[str, Any]], reset: Collection[str] = ()
) -> dict[Address, dict[str, Any]]:
    """All corrections that products are to have: what is given, without these columns, and these values over it.

    Those that would stay as they are are left out.
    """
    found = {}
    for address, new in values.items():
        before = given.get(address, {})
        after = {**{name: value for name, value in before.items() if name not in reset}, **new}
        if after != before:
            found[address] = after
    return found


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
    changed = replacing(corrections(record_uuid, Stage.DRAFT), decided.corrections)
    revision = change(record_uuid, decided.revision, changed, mapping=decided.mapping)
    return Verification(decided.mapping, decided.corrections, revision)


def replacing(present: Corrections, wanted: Corrections) -> dict[Address, dict[str, Any]]:
    """What makes the one the other: the products that differ, with all corrections that each is to have."""
    before, after = flat(present), flat(wanted)
    found = {address: after.get(address, {}) for address in before.keys() | after.keys()}
    return {address: cells for address, cells in found.items() if cells != before.get(address, {})}


def change(
    record_uuid: UUID, revision: int, changed: Mapping[Address, Mapping[str, Any]], *, mapping: str | None = None
) -> int:
    """Replace the corrections of these products, within the current transaction; the new revision.

    Parameters
    ----------
    revision
        The one that the depositor saw.
    changed
        All corrections of each product; without any it has none any more.
    mapping
        The new mapping; the present one stays without.

    Raises
    ------
    ConflictError
        Somebody else changed mapping or corrections since.
    """
    values: dict[str, Any] = {"revision": revision + 1} | ({} if mapping is None else {"mapping": mapping})
    if revision:
        statement: Any = (
            update(ObsCoreVerification)
            .filter_by(record_uuid=record_uuid, stage=Stage.DRAFT, revision=revision)
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
    _put(record_uuid, changed)
    return revision + 1


def _put(record_uuid: UUID, changed: Mapping[Address, Mapping[str, Any]]) -> None:
    digests = {address: digest(address) for address in changed}
    _drop(record_uuid, digests.values())
    rows = [
        {
            "record_uuid": record_uuid,
            "stage": Stage.DRAFT.value,
            "digest": digests[address],
            "file_key": address[0],
            "product": address[1],
            "cells": dict(cells),
        }
        for address, cells in changed.items()
        if cells
    ]
    insert_rows(db.session.connection(), ObsCoreCorrection.__table__, rows)


def _drop(record_uuid: UUID, digests: Iterable[str]) -> None:
    mine = delete(ObsCoreCorrection).filter_by(record_uuid=record_uuid, stage=Stage.DRAFT)
    wanted = list(digests)
    for start in range(0, len(wanted), _BATCH):
        db.session.execute(mine.where(ObsCoreCorrection.digest.in_(wanted[start : start + _BATCH])))


def copy(source: UUID, source_stage: Stage, target: UUID, target_stage: Stage) -> None:
    """Make the target what the source is, within the current transaction; the target's revision grows."""
    origin = head(source, source_stage)
    if not origin.revision and not head(target, target_stage).revision:
        return
    statement = insert(ObsCoreVerification).values(
        record_uuid=target, stage=target_stage, revision=max(origin.revision, 1), mapping=origin.mapping
    )
    grown = func.greatest(ObsCoreVerification.revision, origin.revision) + 1
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["record_uuid", "stage"],
            set_={"mapping": origin.mapping, "revision": grown, "updated_at": func.now()},
        )
    )
    row = ObsCoreCorrection
    db.session.execute(delete(row).filter_by(record_uuid=target, stage=target_stage))
    names = ["record_uuid", "stage", "digest", "file_key", "product", "cells"]
    copied = select(literal(target), literal(target_stage.value), row.digest, row.file_key, row.product, row.cells)
    copied = copied.where(row.record_uuid == source, row.stage == source_stage)
    db.session.execute(insert(row).from_select(names, copied))


def publish(record_uuid: UUID) -> Verification:
    """Make the draft's verification the published one, within the current transaction, and return it."""
    forget_work(record_uuid)
    if head(record_uuid, Stage.DRAFT).revision:
        copy(record_uuid, Stage.DRAFT, record_uuid, Stage.PUBLISHED)
    return current(record_uuid, Stage.PUBLISHED)


def discard(record_uuid: UUID) -> None:
    """Forget an unpublished draft's verification, within the current transaction."""
    for model in (ObsCoreVerification, ObsCoreCorrection):
        db.session.execute(delete(model).filter_by(record_uuid=record_uuid, stage=Stage.DRAFT))


def forget_work(record_uuid: UUID) -> None:
    """Forget what could be undone in a draft, and what tasks did for it, within the current transaction."""
    db.session.execute(delete(ObsCoreEdit).filter_by(record_uuid=record_uuid))
    works.drop_all(record_uuid)
