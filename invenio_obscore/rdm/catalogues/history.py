"""Undoing and redoing: what documentalists changed in a draft, step by step, kept until it is published or discarded.

A step can be undone as long as nobody changed anything beside these steps, and only by who made it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from sqlalchemy import delete, select

from ...errors import ConflictError
from .. import access, audit, changes, verification
from ..changes import Done
from ..models import ObsCoreEdit, Stage
from . import works

#: Products that a request changes; of more a task does it.
AT_ONCE = 5000
#: Steps of a draft that are kept.
_DEPTH = 50


class UndoRefusedError(ConflictError):
    """There is nothing to undo (or redo), or somebody else changed the draft since."""


@dataclass(frozen=True)
class Left:
    """A change of a draft that is so large that a task has to make it, and which step it undoes if it does."""

    draft_uuid: UUID
    total: int
    step: int = 0


@dataclass(frozen=True)
class Step:
    """A change in words, and how many cells it touched."""

    what: str
    cells: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"what": self.what, "cells": self.cells}


def record(draft_uuid: UUID, identity: Identity, what: str, done: Done) -> None:
    """Note a change, within its transaction; what was undone before it cannot be redone any more."""
    steps = _steps(draft_uuid)
    row = ObsCoreEdit
    mine = delete(row).where(row.record_uuid == draft_uuid)
    if _tip(steps) != done.revision - 1:
        db.session.execute(mine)  # somebody changed something beside these steps: they are of no use any more
    else:
        db.session.execute(mine.where(row.unmade.is_not(None)))
        for step in steps[_DEPTH - 1 :]:
            db.session.execute(mine.where(row.id == step.id))
    step = ObsCoreEdit(
        record_uuid=draft_uuid,
        user_id=str(identity.id),
        what=what,
        cells=done.cells,
        made=done.revision,
        changes=_packed(done),
    )
    db.session.add(step)


def state(draft_uuid: UUID, identity: Identity, revision: int) -> dict[str, Any]:
    """What this identity could undo and redo now."""
    steps = _steps(draft_uuid)
    if _tip(steps) != revision:
        return {"undo": None, "redo": None}
    found = {"undo": _last_made(steps), "redo": _last_unmade(steps)}
    return {
        name: Step(step.what, step.cells).to_dict() if step is not None and step.user_id == str(identity.id) else None
        for name, step in found.items()
    }


def repeat(identity: Identity, recid: str, revision: int, *, back: bool) -> Done | Left:
    """Undo the last step (or make the step again that was undone last) and commit; a large one is left to a task.

    Parameters
    ----------
    revision
        The one that somebody saw.

    Raises
    ------
    ConflictError
        The draft was changed since.
    UndoRefusedError
        There is none, or it is somebody else's.
    """
    draft = access.draft_to_curate(identity, recid)
    if verification.head(draft.id, Stage.DRAFT).revision != revision:
        raise ConflictError("The rows were changed by somebody else in the meantime.", remedy="load them again")
    step = _chosen(draft.id, identity, back=back)
    if (products := len(_unpacked(step.changes))) > AT_ONCE:
        return Left(draft.id, products, step.id)
    return repeat_now(identity, draft, revision, step.id, back=back)


def repeat_now(
    identity: Identity,
    draft: Any,  # noqa: ANN401 - the instance's own draft class
    revision: int,
    step_id: int,
    *,
    back: bool,
    work_id: UUID | None = None,
) -> Done:
    """The same for this step, however large it is, for a task (with ``work_id``) or a request."""
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        if work_id and not works.is_wanted(work_id):
            return Done(revision)  # another worker did it meanwhile
        step = _chosen(draft.id, identity, back=back)
        if step.id != step_id:
            raise UndoRefusedError("Another change was made since.", remedy="look at what is undone, then try again")
        wanted = {address: pair[0 if back else 1] for address, pair in _unpacked(step.changes).items()}
        action = audit.UndoAuditLog if back else audit.RedoAuditLog
        done = changes.apply(uow, identity, draft, revision, wanted, action=action, follow=work_id is None)
        if back:
            step.unmade = done.revision
        else:
            step.made, step.unmade = done.revision, None
        if work_id:
            works.note_result(work_id, done.to_dict())
        uow.commit()
    return done


def _chosen(draft_uuid: UUID, identity: Identity, *, back: bool) -> ObsCoreEdit:
    steps = _steps(draft_uuid)
    step = _last_made(steps) if back else _last_unmade(steps)
    if step is None:
        raise UndoRefusedError(f"There is nothing to {'undo' if back else 'redo'}.")
    if _tip(steps) != verification.head(draft_uuid, Stage.DRAFT).revision or step.user_id != str(identity.id):
        raise UndoRefusedError("Somebody else changed the rows since.", remedy="look at the differences instead")
    return step


def _steps(draft_uuid: UUID) -> list[ObsCoreEdit]:
    """Newest first."""
    statement = select(ObsCoreEdit).filter_by(record_uuid=draft_uuid).order_by(ObsCoreEdit.id.desc())
    return list(db.session.scalars(statement))


def _tip(steps: list[ObsCoreEdit]) -> int:
    """The revision that the last of these steps gave, done or undone."""
    return max((step.unmade or step.made for step in steps), default=0)


def _last_made(steps: list[ObsCoreEdit]) -> ObsCoreEdit | None:
    return next((step for step in steps if step.unmade is None), None)


def _last_unmade(steps: list[ObsCoreEdit]) -> ObsCoreEdit | None:
    return next((step for step in reversed(steps) if step.unmade is not None), None)


def _packed(done: Done) -> bytes:
    pairs = [[*address, before, after] for address, (before, after) in done.pairs.items()]
    return zlib.compress(json.dumps(pairs).encode("ascii"), 1)


def _unpacked(packed: bytes) -> Mapping[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    return {(file, product): (before, after) for file, product, before, after in json.loads(zlib.decompress(packed))}
