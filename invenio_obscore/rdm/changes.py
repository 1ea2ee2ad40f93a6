"""The one way in which a draft's mapping and corrections change: on condition, noted, with what follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import select

from ..errors import NotFoundError
from . import audit, listing, overlays, sheets, steps, verification
from .models import Stage
from .products import keys_of
from .queue import FollowChangeOp, Task
from .steps import Change, Pair
from .stored_files import list_files
from .verification import Address

#: Products whose rows follow in the transaction of the change; of more, those that nobody looks at follow by a task.
_AT_ONCE = 200

_NOTHING = object()


@dataclass(frozen=True)
class Done:
    """A change that was made.

    Attributes
    ----------
    revision
        The draft's new one.
    pairs
        Corrections of the products that it touched.
    """

    revision: int
    pairs: Mapping[Address, Pair] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, int]:
        """How many cells of each column changed."""
        return dict(
            Counter(
                name
                for before, after in self.pairs.values()
                for name in before.keys() | after.keys()
                if before.get(name, _NOTHING) != after.get(name, _NOTHING)
            )
        )

    @property
    def cells(self) -> int:
        """How many cells changed."""
        return sum(self.columns.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"revision": self.revision, "cells": self.cells, "products": len(self.pairs), "columns": self.columns}


def apply(
    uow: UnitOfWork,
    identity: Identity,
    draft: Any,  # noqa: ANN401 - the instance's own draft class
    revision: int,
    wanted: Mapping[Address, Mapping[str, Any]],
    *,
    what: str = "",
    mapping: str | None = None,
    mapped: Mapping[str, Any] | None = None,
    action: type[audit.CurationAuditLog] = audit.EditAuditLog,
    follow: bool = True,
) -> Done:
    """Give products these corrections, all that each has, within the unit of work; the draft is locked before.

    Parameters
    ----------
    revision
        The one that somebody saw.
    what
        In a few words, for who undoes it; without, it is no step of its own.
    mapping
        The draft's new mapping; without, it stays.
    mapped
        How many ``products`` and cells of which ``columns`` it changes, where that is known, for the audit log.
    follow
        Whether another task does what follows; else the caller sees to it.

    Raises
    ------
    ConflictError
        Somebody else changed mapping or corrections since.
    """
    given = verification.corrections_of(draft.id, Stage.DRAFT, list(wanted))
    pairs = {
        address: (given.get(address, {}), after) for address, after in wanted.items() if given.get(address, {}) != after
    }
    former = verification.head(draft.id, Stage.DRAFT).mapping
    was_laid = mapping is None and len(pairs) <= _AT_ONCE and _is_laid(draft.id)
    made = verification.change(
        draft.id, revision, {address: after for address, (_, after) in pairs.items()}, mapping=mapping
    )
    done = Done(made, pairs)
    overlays.lock(draft.id)  # before the sheet, as pages do that lay over and count
    if was_laid:
        _lay_over(draft.id, pairs)
    sheets.forget_counts(draft.id)
    if follow:
        uow.register(FollowChangeOp(Task.CHECK_DRAFT if was_laid else Task.PREPARE_DRAFT, draft.id))
    changed = mapped or {"products": len(pairs), "columns": done.columns}
    if what:
        change = Change(pairs, None if mapping is None else (former, mapping))
        steps.record(draft.id, identity, what, made, change, cells=sum(changed["columns"].values()))
    audit.note(uow, identity, action, draft, revision=made, **changed)
    return done


def lock(draft_uuid: UUID) -> None:
    """Keep the draft from being published or discarded before this transaction ends."""
    model = current_rdm_records_service.draft_cls.model_cls
    alive = select(model.id).where(model.id == draft_uuid, model.is_deleted.is_(False)).with_for_update()
    if db.session.scalar(alive) is None:
        raise NotFoundError("There is no such draft any more: it was published or discarded.")


def digest(draft_uuid: UUID) -> str:
    """Of everything that the draft's rows depend on, as it is within this transaction."""
    decided = verification.head(draft_uuid, Stage.DRAFT)
    return sheets.digest(decided.revision, keys_of(list_files(draft_uuid, Stage.DRAFT), decided.mapping))


def _is_laid(draft_uuid: UUID) -> bool:
    return sheets.is_laid(draft_uuid, digest(draft_uuid))


def _lay_over(draft_uuid: UUID, addresses: Iterable[Address]) -> None:
    """Have these products corrected; all others are."""
    decided = verification.head(draft_uuid, Stage.DRAFT)
    keys = keys_of(list_files(draft_uuid, Stage.DRAFT), decided.mapping)
    by_file: dict[str, list[str]] = {}
    for file_key, product in addresses:
        by_file.setdefault(file_key, []).append(product)
    for file_key, names in by_file.items():
        if file_key in keys:
            listing.lay_over_some(draft_uuid, file_key, keys[file_key], names)
    sheets.note_laid(draft_uuid, sheets.digest(decided.revision, keys))
