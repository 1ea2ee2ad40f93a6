"""The table of a draft for those who may see and change it: out, compared, taken in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db

from ...errors import InputError
from .. import access, audit, corrections, extractions, products, verification
from ..changes import Done
from ..models import Stage, Status
from ..stored_files import StoredFile, list_files
from ..verification import Corrections, Verification
from . import history, table
from .table import Differences, Row, Table

_UNFINISHED = frozenset((None, Status.QUEUED, Status.RUNNING))
#: Files whose products are loaded together.
_BATCH = 50


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
    """
    draft = access.draft_to_read(identity, recid)
    decided = verification.current(draft.id, Stage.DRAFT)
    rows = _rows(_finished(draft.id, decided), decided)
    db.session.commit()  # what was computed for this stays
    return rows


def compare(identity: Identity, recid: str, given: Table) -> Comparison:
    """What a table would change; nothing is changed.

    Raises
    ------
    TableError
        It is not the draft's table; each mistake with its line.
    """
    draft = access.draft_to_change(identity, recid)
    decided = verification.current(draft.id, Stage.DRAFT)
    found = table.compare(_rows(_finished(draft.id, decided), decided), given)
    db.session.commit()
    return Comparison(decided.revision, found)


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
    ConflictError
        Somebody else changed mapping or corrections since.
    """
    draft = access.draft_to_change(identity, recid)
    decided = verification.current(draft.id, Stage.DRAFT)
    files = _finished(draft.id, decided)
    db.session.commit()
    made = Comparison(revision)

    def edit(draft: object, present: Corrections) -> Corrections:
        made.differences = table.compare(_rows(files, decided), given)
        return _laid_over(present, made.differences)

    def note(draft: Any, done: Done) -> None:  # noqa: ANN401 - the instance's own draft class
        history.record(draft.id, identity, "table taken in", done)

    kept = corrections.change(identity, recid, revision, edit, action=audit.ImportAuditLog, note=note)
    made.revision = kept.revision
    return made


def _finished(draft_uuid: UUID, decided: Verification) -> list[StoredFile]:
    """The draft's files, once everything in them was read and described."""
    files = list_files(draft_uuid, Stage.DRAFT)
    keys = products.keys_of(files, decided.mapping)
    states = products.computed(files, keys, decided.mapping)
    waiting = [file.key for file in files if file.status in _UNFINISHED]
    waiting += [
        file.key
        for file in files
        if file.is_archive and file.key in states and not states[file.key].complete and not states[file.key].reason
    ]
    if waiting:
        shown = ", ".join(name[:100] for name in waiting[:3])
        raise InputError(f"{len(waiting)} file(s) are still being read: {shown}", remedy="wait until they are done")
    return files


def _rows(files: Sequence[StoredFile], decided: Verification) -> Iterator[Row]:
    for start in range(0, len(files), _BATCH):
        for found in products.documents_of(files[start : start + _BATCH], decided):
            seen: set[str] = set()
            for document, _ in found.documents:
                name = extractions.name_of(document)
                if name not in seen:  # an archive may have two members of one name
                    seen.add(name)
                    yield found.file.key, name, document.get("row", {})


def _laid_over(present: Corrections, differences: Differences) -> Corrections:
    changed = {name: {product: dict(values) for product, values in of.items()} for name, of in present.items()}
    for (file_key, product), columns in differences.changes.items():
        values = changed.setdefault(file_key, {}).setdefault(product, {})
        values.update({name: new for name, (_, new) in columns.items()})
    return changed
