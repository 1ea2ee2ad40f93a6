"""Edits of a catalogue's cells: one value for many products, the first one's for all, cell by cell, back to what was.

Each value is checked before anything changes. An edit of many thousand products is done by a task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from sqlalchemy import func, select

from ...errors import ColumnError, ConflictError, InputError, NotFoundError, ServiceError
from ...mapping.typed import Cell, TypedError, read_cells
from .. import access, changes, listing, products, verification, works
from ..cells import COLUMNS
from ..changes import Done
from ..entries import conditions, order
from ..listing import Sheet
from ..models import ObsCoreWork, Stage
from ..queue import send_prepare
from ..verification import Address
from . import history
from .edit_schemas import Edit, load_edit
from .history import Left

_MOST_MISTAKES = 100
#: Seconds that a task waits for another one that works former corrections in.
_PATIENCE = 300
#: The instance's own class of drafts.
Draft = Any


@dataclass(frozen=True)
class Mistake:
    """A value that is wrong: which one of several, its column and product."""

    message: str
    column: str = ""
    index: int = 0
    address: Address = ("", "")


class EditError(InputError):
    """An edit with wrong values, of which nothing was done."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes[:_MOST_MISTAKES])
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        super().__init__(f"Nothing was changed: {self.mistakes[0].message}{more}")


def make(identity: Identity, recid: str, revision: int, edit: Edit) -> Done | Left:
    """Make an edit and commit; one of very many products is left to a task.

    Raises
    ------
    EditError
        Values are wrong, or products do not exist.
    ConflictError
        Somebody else changed mapping or corrections since.
    ServiceError
        Files are still being read, or corrections of many rows worked in, and the edit is of all that match.
    """
    draft = access.draft_to_curate(identity, recid)
    if verification.head(draft.id, Stage.DRAFT).revision != revision:
        raise ConflictError("The rows were changed by somebody else in the meantime.", remedy="load them again")
    rows = _rows(draft.id, edit, most=history.AT_ONCE + 1)
    if len(rows) > history.AT_ONCE:
        return Left(draft.id, reach(draft.id, edit))
    wanted = _wanted(draft.id, edit, rows)  # whoever changes them meanwhile makes another revision
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        done = changes.apply(uow, identity, draft, revision, wanted, what=edit.what) if wanted else Done(revision)
        uow.commit()
    return done


def reach(draft_uuid: UUID, edit: Edit) -> int:
    """How many products an edit reaches."""
    if edit.matching is None:
        return len(edit.products) or len({address for address, _, _ in edit.cells})
    sheet = _whole_sheet(draft_uuid)
    found = sheet.entries(edit.matching.columns)
    wanted = select(func.count()).select_from(found).where(*conditions(found, edit.matching), ~found.c.failed)
    return db.session.scalar(wanted) or 0


def _make_left(identity: Identity, draft: Draft, revision: int, edit: Edit, work_id: UUID, total: int) -> None:
    """Make an edit that a request left to a task when it reached so many products, and commit."""
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        if not works.is_wanted(work_id):
            return  # another worker did it meanwhile
        if reach(draft.id, edit) != total:
            raise ConflictError("Other rows match now than when this was asked for.", remedy="choose them again")
        done, wanted = Done(revision), _wanted(draft.id, edit, _rows(draft.id, edit))
        if wanted:
            done = changes.apply(uow, identity, draft, revision, wanted, what=edit.what, follow=False)
        works.note_result(work_id, done.to_dict())
        uow.commit()


def attend(work: ObsCoreWork) -> None:
    """Do an edit of many products that a request left to a task; commits."""
    work_id, identity, body, total = work.id, Identity(work.user_id), work.body, work.total
    draft = access.draft_of_task(work.record_uuid)
    if draft is None:
        raise NotFoundError("There is no such draft any more: it was published or discarded.")
    wait_until_laid(draft.id, lambda: works.progressed(work_id, 0, total))
    if "back" in body:
        history.repeat_now(identity, draft, body["revision"], body["step"], back=body["back"], work_id=work_id)
    else:
        _make_left(identity, draft, body["revision"], load_edit(body["edit"]), work_id, total)
    products.lay_over_all(draft.id, partial(works.progressed, work_id))
    works.finish(work_id)
    db.session.commit()
    send_prepare(draft.id)


def wait_until_laid(draft_uuid: UUID, while_waiting: Callable[[], Any]) -> None:
    """Have former corrections worked in first: by this task, unless another one is at it."""
    for _ in range(_PATIENCE):
        if products.lay_over_all(draft_uuid, lambda done, of: while_waiting()):
            return
        time.sleep(1)
        while_waiting()


def _whole_sheet(draft_uuid: UUID) -> Sheet:
    sheet = listing.sheet_now(draft_uuid)
    if not sheet.is_whole:
        raise ServiceError(
            "Files are still being read, or corrections of many rows worked in: what matches is not known yet.",
            remedy="wait until it is done",
        )
    return sheet


def _wanted(draft_uuid: UUID, edit: Edit, rows: Mapping[Address, Mapping[str, Any]]) -> dict[Address, dict[str, Any]]:
    """All corrections that each of the products is to have; those that stay as they are are left out."""
    typed = _typed(edit)
    given = verification.corrections_of(draft_uuid, Stage.DRAFT, list(rows))
    if edit.action == "reset":
        return verification.laid_over(given, dict.fromkeys(rows, {}), set(edit.columns))
    if edit.action == "fill":
        first = next(iter(rows.values()), {})
        values = {name: first.get(name) for name in edit.columns}
        _read_all((_EVERY, name, value) for name, value in values.items())  # a header may say what nobody may type
        typed = {_EVERY: values}
    wanted = {}
    for address, row in rows.items():
        values = typed[_EVERY] if _EVERY in typed else typed[address]
        wanted[address] = {name: value for name, value in values.items() if row.get(name) != value}
    return verification.laid_over(given, wanted)


#: In place of an address: each product of the selection.
_EVERY: Address = ("", "\0")


def _typed(edit: Edit) -> dict[Address, dict[str, Cell]]:
    """Values as cells hold them, by product.

    Raises
    ------
    EditError
        Some have no meaning.
    """
    if edit.action == "set":
        return {_EVERY: _read_all([(_EVERY, edit.columns[0], edit.value)])[_EVERY]}
    return _read_all(edit.cells)


def _read_all(cells: Iterable[tuple[Address, str, Cell]]) -> dict[Address, dict[str, Cell]]:
    found: dict[Address, dict[str, Cell]] = {}
    mistakes = []
    for index, (address, column, value) in enumerate(cells):
        try:
            found.setdefault(address, {}).update(_read(column, value))
        except ColumnError as error:
            mistakes.append(Mistake(str(error), column, index, address if address != _EVERY else ("", "")))
    if mistakes:
        raise EditError(mistakes)
    return found


def _read(column: str, value: Cell) -> dict[str, Cell]:
    if column not in COLUMNS:
        raise TypedError({column: f"{column[:60]!r} is no column that a person may set"})
    if isinstance(value, bool) or not isinstance(value, Cell):
        raise TypedError({column: f"{column}: a text, a number or null is expected"})
    return read_cells({column: value})


def _rows(draft_uuid: UUID, edit: Edit, *, most: int | None = None) -> dict[Address, dict[str, Any]]:
    """The cells of the products as they are, in the order of the selection; of what matches so many at most.

    Raises
    ------
    EditError
        Values that were typed are wrong, or the draft has no such product.
    """
    typed = _typed(edit)
    columns = sorted({name for values in typed.values() for name in values} | set(edit.columns))
    if edit.matching is not None:
        sheet = _whole_sheet(draft_uuid)
        found = sheet.entries({*columns, *edit.matching.columns})
        statement = select(found).where(*conditions(found, edit.matching), ~found.c.failed)
        statement = statement.order_by(*order(found, edit.matching.sort))
        return _by_address(statement.limit(most), columns)
    wanted = list(dict.fromkeys(edit.products or (address for address, _, _ in edit.cells)))
    known = _named_rows(listing.sheet_now(draft_uuid), wanted, columns)
    mistakes = [
        Mistake(f"There is no product {address[1][:100]!r} in a file {address[0][:100]!r}", "products", index, address)
        for index, address in enumerate(wanted)
        if address not in known
    ]
    if mistakes:
        raise EditError(mistakes)
    return {address: known[address] for address in wanted}


def _named_rows(sheet: Sheet, wanted: Sequence[Address], columns: Sequence[str]) -> dict[Address, dict[str, Any]]:
    found = sheet.entries(columns, among=wanted)
    return _by_address(select(found).where(~found.c.failed).order_by(found.c.number.desc()), columns)


def _by_address(statement: Any, columns: Sequence[str]) -> dict[Address, dict[str, Any]]:  # noqa: ANN401 - a Select
    found: dict[Address, Mapping[str, Any]] = {}
    for row in db.session.execute(statement).mappings():
        found[(row["file_key"], row["product"])] = row
    return {address: {name: row[name] for name in columns} for address, row in found.items()}
