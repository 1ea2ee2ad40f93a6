"""Products of stored files: a function of what was read, the mapping and the corrections.

What a header says under a mapping comes from the cache of :mod:`.extractions`; corrections are laid over it each time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from invenio_cache import current_cache
from invenio_db import db

from ..errors import ColumnError, FitsLimitError
from ..extraction import Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import address, correct
from . import extractions, overlays, sheets, verification
from .extractions import COMPUTING, Key, State, key_of
from .models import Stage, Status
from .stored_files import StoredFile, list_files
from .verification import Head, Verification

logger = logging.getLogger(__name__)

#: Corrected products that a request looks through to find those that have still to be laid over.
_MANY = 1000
#: Seconds that a task which lays corrections over may be silent before another one does it.
_LEASE = 60


@dataclass
class FileProducts:
    """A file and its products.

    Attributes
    ----------
    sizes
        Bytes of each product's own file (of the archive's member, or of the file), where they are known.
    reason
        Why it has no products although it was read.
    pending
        Whether a task has still to compute them.
    total
        How many there are in all, what could not be read counted with them.
    """

    file: StoredFile
    products: list[Product] = field(default_factory=list)
    reason: str = ""
    sizes: list[int | None] = field(default_factory=list)
    pending: bool = False
    total: int = 0


def products_of(
    files: Sequence[StoredFile],
    decided: Verification,
    *,
    patience: float = math.inf,
    window: range | None = None,
) -> list[FileProducts]:
    """Products of these files under a mapping with its corrections, in the order of the files.

    Files that are not read (yet) have none. A file that nobody has computed yet is computed now, within the current
    transaction; an archive is left to a task.

    Parameters
    ----------
    patience
        Seconds after which no further file is computed; those left have a reason and no products.
    window
        Only the products of each file with these numbers, from 0.
    """
    keys = keys_of(files, decided.mapping)
    found = computed(files, keys, decided.mapping, patience=patience)
    documents = extractions.documents([keys[name] for name, state in found.items() if state.complete], window)
    return [
        _file_products(file, found[file.key], documents.get(keys[file.key], []), decided)
        if file.key in found
        else FileProducts(file)
        for file in files
    ]


@dataclass
class FileDocuments:
    """A file and its products as JSON has them (`Product.to_dict`), with the bytes of each one's own file."""

    file: StoredFile
    documents: list[tuple[dict[str, Any], int | None]] = field(default_factory=list)
    pending: bool = False


def documents_of(files: Sequence[StoredFile], decided: Verification) -> list[FileDocuments]:
    """What `products_of` gives, as it is stored: for those who publish thousands."""
    keys = keys_of(files, decided.mapping)
    states = computed(files, keys, decided.mapping)
    found = extractions.documents([keys[name] for name, state in states.items() if state.complete])
    made = []
    for file in files:
        documents = found.get(keys[file.key], []) if file.key in states else []
        given = decided.corrections.get(file.key, {})
        corrected = [(_corrected(document, given, only=len(documents) == 1), size) for document, size in documents]
        pending = file.key in states and file.is_archive and not states[file.key].complete
        made.append(FileDocuments(file, corrected, pending))
    return made


def _corrected(document: dict[str, Any], given: overlays.FileCorrections, *, only: bool) -> dict[str, Any]:
    """The product with its corrections; a file's only product may be called "" or "#" whatever its name."""
    names = (extractions.name_of(document), *(overlays.ONLY if only else ()))
    values = {column: value for name in reversed(names) for column, value in given.get(name, {}).items()}
    return overlays.corrected(document, values) if values else document


def keys_of(files: Iterable[StoredFile], mapping: str) -> dict[str, Key]:
    """Names of the extractions of the files that were read, by file key."""
    return {file.key: (file.file_id, key_of(file.key, mapping)) for file in files if file.status is Status.DONE}


def computed(
    files: Iterable[StoredFile], keys: Mapping[str, Key], mapping: str, *, patience: float = math.inf
) -> dict[str, State]:
    """How far the extractions of these files are, after computing those that a request can compute."""
    known = extractions.states(keys.values())
    end = time.monotonic() + patience
    found: dict[str, State] = {}
    for file in files:
        if file.key not in keys:
            continue
        state = known.get(keys[file.key], State())
        known_why = state.reason and state.fresh and patience < math.inf
        if not state.complete and not file.is_archive and not known_why:
            late = time.monotonic() > end
            state = State(reason=COMPUTING) if late else extractions.compute_now(file.file_id, file.key, mapping)
        found[file.key] = state
    return found


def compute_all(files: Iterable[StoredFile], mapping: str, *, on_piece: Callable[[], Any] = lambda: None) -> None:
    """Compute everything that these files lack; commits, and calls ``on_piece`` after each piece."""
    for file in files:
        if file.status is not Status.DONE:
            continue
        try:
            extractions.compute(file.file_id, file.key, mapping, on_piece=on_piece)
        except FitsLimitError as error:
            logger.warning("no products of %s: %s", file.key, error)
            db.session.rollback()


def prepare(draft_uuid: UUID) -> None:
    """Compute the products of a draft ahead of the pages that show them and of its publication; commits."""
    decided = verification.head(draft_uuid, Stage.DRAFT)
    files = list_files(draft_uuid, Stage.DRAFT)
    db.session.commit()
    for file in files:
        compute_all([file], decided.mapping)
        if verification.head(draft_uuid, Stage.DRAFT).mapping != decided.mapping:
            return  # the task of that change does the rest
    lay_over_all(draft_uuid)


def lay_over(draft_uuid: UUID, files: Sequence[StoredFile], *, patience: float) -> bool:
    """Bring what corrections make of a draft's products up to date, within the current transaction; whether all is.

    Parameters
    ----------
    patience
        Seconds after which the rest is left to a task.
    """
    decided = verification.head(draft_uuid, Stage.DRAFT)
    keys = keys_of(files, decided.mapping)
    now = sheets.digest(decided.revision, keys)
    if sheets.is_laid(draft_uuid, now):
        return True
    if verification.count_corrections(draft_uuid, Stage.DRAFT, most=_MANY) == _MANY:
        return False  # only to look at them takes too long
    is_current = partial(_is_current, draft_uuid, decided, keys)
    if not overlays.refresh(draft_uuid, _given(draft_uuid, keys), patience=patience, is_current=is_current):
        return False
    sheets.note_laid(draft_uuid, now)
    return True


def lay_over_all(draft_uuid: UUID, on_batch: Callable[[int, int], Any] = lambda done, total: None) -> bool:
    """The same without a limit, committing now and then; False where somebody else does it at the moment.

    Parameters
    ----------
    on_batch
        Called with how many products are done of how many.
    """
    lease = f"invenio-obscore-laying:{draft_uuid}"
    if not current_cache.add(lease, "1", timeout=_LEASE):
        return False
    try:
        while not _lay_over_all(draft_uuid, lease, on_batch):
            db.session.commit()  # somebody changed the corrections meanwhile: once more
    finally:
        current_cache.delete(lease)
    return True


def _lay_over_all(draft_uuid: UUID, lease: str, on_batch: Callable[[int, int], Any]) -> bool:
    decided = verification.head(draft_uuid, Stage.DRAFT)
    keys = keys_of(list_files(draft_uuid, Stage.DRAFT), decided.mapping)
    now = sheets.digest(decided.revision, keys)
    if sheets.is_laid(draft_uuid, now):
        return True

    def commit(done: int, total: int) -> bool:
        db.session.commit()
        current_cache.set(lease, "1", timeout=_LEASE)
        on_batch(done, total)
        return verification.head(draft_uuid, Stage.DRAFT) == decided

    is_current = partial(_is_current, draft_uuid, decided, keys)
    if not overlays.refresh(draft_uuid, _given(draft_uuid, keys), on_batch=commit, is_current=is_current):
        return False
    sheets.note_laid(draft_uuid, now)
    db.session.commit()
    return True


def _is_current(draft_uuid: UUID, decided: Head, keys: Mapping[str, Key]) -> bool:
    """Whether nobody changed corrections, mapping or files since."""
    if verification.head(draft_uuid, Stage.DRAFT) != decided:
        return False
    return keys_of(list_files(draft_uuid, Stage.DRAFT), decided.mapping) == keys


def _given(draft_uuid: UUID, keys: Mapping[str, Key]) -> list[tuple[Key, overlays.FileCorrections]]:
    corrections = verification.corrections(draft_uuid, Stage.DRAFT)
    return [(key, corrections.get(name, {})) for name, key in keys.items()]


def _file_products(
    file: StoredFile,
    state: State,
    documents: Sequence[tuple[dict[str, Any], int | None]],
    decided: Verification,
) -> FileProducts:
    products = [Product.from_dict(document) for document, _ in documents]
    _correct(products, decided.corrections.get(file.key, {}), whole=len(documents) == state.rows)
    pending = file.is_archive and not state.complete
    reason = state.reason or (COMPUTING if pending else "")
    return FileProducts(file, products, reason, [size for _, size in documents], pending, state.rows)


def _correct(products: list[Product], corrections: overlays.FileCorrections, *, whole: bool) -> None:
    """Lay corrections over; of a part of a file's products only what concerns them."""
    if not whole:
        names = {address(product) for product in products}
        corrections = {name: values for name, values in corrections.items() if name in names}
    try:
        correct(products, corrections, system=SYSTEM_COLUMNS)
    except ColumnError as error:
        # Corrections are checked when they come; only a column that a later version dropped ends here.
        for product in products:
            product.problems.append(Problem("attention", "correction-failed", str(error), column=error.column))
