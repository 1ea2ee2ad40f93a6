"""Undoing and redoing what was changed in a draft, be it in the spreadsheet, in the form's panel or by a mapping.

The last step can be undone, and only by who made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork

from ...errors import ConflictError
from .. import access, audit, changes, steps, verification, works
from ..changes import Done
from ..models import ObsCoreEdit, Stage

#: Products that a request changes; of more a task does it.
AT_ONCE = 5000
_REFUSED = "The last change ({what}) is somebody else's: only who made it can undo or redo it."


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


def state(draft_uuid: UUID, identity: Identity, revision: int) -> dict[str, Any]:
    """What this identity could undo and redo now, and why not where it could not."""
    made = steps.of_draft(draft_uuid)
    if steps.tip(made) != revision:
        return {"undo": None, "redo": None, "refused": ""}
    found = {"undo": _last_made(made), "redo": _last_unmade(made)}
    mine = {name: step if step and step.user_id == str(identity.id) else None for name, step in found.items()}
    theirs = next((step for name, step in found.items() if step and not mine[name]), None)
    return {
        **{name: step and Step(step.what, step.cells).to_dict() for name, step in mine.items()},
        "refused": _REFUSED.format(what=theirs.what) if theirs else "",
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
    if (products := len(steps.change_of(step).pairs)) > AT_ONCE:
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
        side, change = 0 if back else 1, steps.change_of(step)
        wanted = {address: pair[side] for address, pair in change.pairs.items()}
        mapping = change.mapping[side] if change.mapping else None
        action = audit.UndoAuditLog if back else audit.RedoAuditLog
        done = changes.apply(
            uow, identity, draft, revision, wanted, mapping=mapping, action=action, follow=work_id is None
        )
        if back:
            step.unmade = done.revision
        else:
            step.made, step.unmade = done.revision, None
        if work_id:
            works.note_result(work_id, done.to_dict())
        uow.commit()
    return done


def _chosen(draft_uuid: UUID, identity: Identity, *, back: bool) -> ObsCoreEdit:
    made = steps.of_draft(draft_uuid)
    step = _last_made(made) if back else _last_unmade(made)
    if step is None or steps.tip(made) != verification.head(draft_uuid, Stage.DRAFT).revision:
        raise UndoRefusedError(f"There is nothing to {'undo' if back else 'redo'}.")
    if step.user_id != str(identity.id):
        raise UndoRefusedError(_REFUSED.format(what=step.what), remedy="look at the differences instead")
    return step


def _last_made(steps: list[ObsCoreEdit]) -> ObsCoreEdit | None:
    return next((step for step in steps if step.unmade is None), None)


def _last_unmade(steps: list[ObsCoreEdit]) -> ObsCoreEdit | None:
    return next((step for step in reversed(steps) if step.unmade is not None), None)
