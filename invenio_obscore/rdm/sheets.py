"""How far the overlays of a draft are, and what its listing counted last: each holds for one digest of its sources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from . import extractions
from .extractions import Key
from .models import ObsCoreSheet


def digest(revision: int, keys: Mapping[str, Key], failed: Sequence[str] = ()) -> str:
    """Of everything that a draft's rows depend on: its extractions, as far as they are, corrections, failed files."""
    states = extractions.states(keys.values())
    known = [
        [name, str(key[0]), key[1], states[key].rows, states[key].complete, str(states[key].began)]
        for name, key in sorted(keys.items())
        if key in states
    ]
    return hashlib.sha256(json.dumps([revision, known, sorted(failed)]).encode("ascii")).hexdigest()


def is_laid(draft_uuid: UUID, wanted: str) -> bool:
    """Whether all corrections are laid over what this digest is of."""
    laid = db.session.scalar(select(ObsCoreSheet.laid).where(ObsCoreSheet.record_uuid == draft_uuid))
    return laid == wanted


def note_laid(draft_uuid: UUID, now: str) -> None:
    """Note, within the current transaction, that all corrections are."""
    _note(draft_uuid, {"laid": now})


def counts(draft_uuid: UUID, wanted: str) -> dict[str, int] | None:
    """What was counted of the same rows; None where nothing was."""
    sheet = ObsCoreSheet
    statement = select(sheet.products, sheet.attention, sheet.failed)
    row = db.session.execute(statement.where(sheet.record_uuid == draft_uuid, sheet.counted == wanted)).one_or_none()
    return None if row is None else dict(row._mapping)


def note_counts(draft_uuid: UUID, now: str, counted: Mapping[str, int]) -> None:
    """Note, within the current transaction, what was counted."""
    _note(draft_uuid, {"counted": now, **counted})


def forget_counts(draft_uuid: UUID) -> None:
    """Note, within the current transaction, that what was counted is not true any more."""
    db.session.execute(update(ObsCoreSheet).where(ObsCoreSheet.record_uuid == draft_uuid).values(counted=""))


def _note(draft_uuid: UUID, values: Mapping[str, Any]) -> None:
    statement = insert(ObsCoreSheet).values(record_uuid=draft_uuid, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["record_uuid"], set_=dict(values)))
