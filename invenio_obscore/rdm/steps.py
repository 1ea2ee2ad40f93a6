"""What was changed in a draft, step by step, each with what undoes it: kept until it is published or discarded."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import delete, select

from .models import ObsCoreEdit
from .verification import Address

#: All corrections of a product before and after a change.
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
#: Steps of a draft that are kept.
_DEPTH = 50


@dataclass(frozen=True)
class Change:
    """Corrections of the products that a step touches, and the mapping if it is another one: before and after."""

    pairs: Mapping[Address, Pair] = field(default_factory=dict)
    mapping: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.pairs) or self.mapping is not None


def record(draft_uuid: UUID, identity: Identity, what: str, revision: int, change: Change, *, cells: int) -> None:
    """Note a step, within its transaction; what was undone before it cannot be redone any more.

    Parameters
    ----------
    revision
        The one that it gave.
    cells
        How many it changed.
    """
    row = ObsCoreEdit
    mine = delete(row).where(row.record_uuid == draft_uuid)
    steps = of_draft(draft_uuid)
    if tip(steps) != revision - 1:
        db.session.execute(mine)  # the draft was begun anew: they are of no use any more
    elif not change:
        _pass(steps, revision)
    else:
        db.session.execute(mine.where(row.unmade.is_not(None)))
        for step in steps[_DEPTH - 1 :]:
            db.session.execute(mine.where(row.id == step.id))
    if change:
        given = {"cells": cells, "made": revision, "changes": _packed(change)}
        db.session.add(ObsCoreEdit(record_uuid=draft_uuid, user_id=str(identity.id), what=what, **given))


def of_draft(draft_uuid: UUID) -> list[ObsCoreEdit]:
    """Steps, the newest first."""
    statement = select(ObsCoreEdit).filter_by(record_uuid=draft_uuid).order_by(ObsCoreEdit.id.desc())
    return list(db.session.scalars(statement))


def tip(steps: list[ObsCoreEdit]) -> int:
    """The revision that the last of these steps gave, done or undone."""
    return max((step.unmade or step.made for step in steps), default=0)


def _pass(steps: list[ObsCoreEdit], revision: int) -> None:
    """A revision that changes nothing: as if the last step had given it."""
    last = max(steps, key=lambda step: step.unmade or step.made, default=None)
    if last is not None and last.unmade is not None:
        last.unmade = revision
    elif last is not None:
        last.made = revision


def _packed(change: Change) -> bytes:
    pairs = [[*address, before, after] for address, (before, after) in change.pairs.items()]
    return zlib.compress(json.dumps({"pairs": pairs, "mapping": change.mapping}).encode("ascii"), 1)


def change_of(step: ObsCoreEdit) -> Change:
    """What a step changed."""
    read = json.loads(zlib.decompress(step.changes))
    pairs = {(file, product): (before, after) for file, product, before, after in read["pairs"]}
    return Change(pairs, tuple(read["mapping"]) if read["mapping"] else None)
