"""The table of a draft for those who may see and change it: out, compared, taken in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import select

from ...errors import InputError, ServiceError
from .. import access, audit, corrections, listing
from ..cells import COLUMNS
from ..entries import order
from ..listing import Sheet, failure
from ..models import Status
from ..verification import Address
from . import table
from .table import Differences, Row, Table

_WHAT = "table taken in"
_UNFINISHED = frozenset((None, Status.QUEUED, Status.RUNNING))
#: Rows that one statement asks for, if its files do not have more, and that are in memory at once.
_BATCH = 2000


@dataclass
class Comparison:
    """What a table would change in a draft, and the revision that this is said of."""

    revision: int
    differences: Differences = field(default_factory=Differences)


def export(identity: Identity, recid: str) -> Iterator[Row]:
    """All rows of a draft with their corrections, in the order of its files.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    InputError
        Some files are still being read: the table would lack their rows.
    ServiceError
        Corrections of many rows are still being worked in.
    """
    draft = access.draft_to_read(identity, recid)
    rows = _rows(_finished(listing.open_sheet(draft.id)))
    db.session.commit()  # what was computed for this stays
    return rows


def compare(identity: Identity, recid: str, given: Table) -> Comparison:
    """What a table would change; nothing is changed.

    Raises
    ------
    TableError
        It is not the draft's table; each mistake with its line.
    InputError, ServiceError
        See `export`.
    """
    draft = access.draft_to_change(identity, recid)
    sheet = _finished(listing.open_sheet(draft.id))
    found = table.compare(_rows(sheet), given)
    db.session.commit()
    return Comparison(sheet.decided.revision, found)


def take_in(identity: Identity, recid: str, revision: int, given: Table) -> Comparison:
    """Make what a table says differently the draft's corrections, all or nothing, and commit.

    Parameters
    ----------
    revision
        The one that the table was compared with.

    Raises
    ------
    TableError
        It is not the draft's table; each mistake with its line.
    InputError, ServiceError
        See `export`.
    ConflictError
        Somebody else changed mapping or corrections since.
    """
    made = Comparison(revision)

    def changed(draft: Any) -> dict[Address, dict[str, Any]]:  # noqa: ANN401 - the instance's own draft class
        rows = _rows(_finished(listing.sheet_now(draft.id)))
        found = made.differences = table.compare(rows, given)
        return {address: {name: new for name, (_, new) in each.items()} for address, each in found.changes.items()}

    done = corrections.change(identity, recid, revision, changed, what=_WHAT, action=audit.ImportAuditLog)
    made.revision = done.revision
    return made


def _finished(sheet: Sheet) -> Sheet:
    """The sheet, once everything in its files was read, described and corrected."""
    waiting = [file.key for file in sheet.files if file.status in _UNFINISHED]
    waiting += [name for name, state in sheet.states.items() if not state.complete and not failure(state)]
    if waiting:
        shown = ", ".join(name[:100] for name in waiting[:3])
        raise InputError(f"{len(waiting)} file(s) are still being read: {shown}", remedy="wait until they are done")
    if not sheet.laid:
        raise ServiceError("Corrections of many rows are still being worked in.", remedy="wait until it is done")
    return sheet


def _rows(sheet: Sheet) -> Iterator[Row]:
    for names in _batches(sheet):
        found = sheet.of_files(names).entries(COLUMNS, one_by_one=True)
        cells = [found.c[name] for name in ("file_key", "product", *COLUMNS)]
        statement = select(*cells).where(~found.c.failed).order_by(*order(found, "file"))
        seen: set[Address] = set()
        for row in db.session.execute(statement, execution_options={"yield_per": _BATCH}).mappings():
            address = row["file_key"], row["product"]
            if address not in seen:  # an archive may have two members of one name
                seen.add(address)
                yield (*address, row)


def _batches(sheet: Sheet) -> Iterator[Sequence[str]]:
    """Names of files that have few products together, or one that has many."""
    names: list[str] = []
    count = 0
    for file in sheet.files:
        rows = sheet.states[file.key].rows if file.key in sheet.states else 0
        if names and count + rows > _BATCH:
            yield names
            names, count = [], 0
        names.append(file.key)
        count += rows
    if names:
        yield names
