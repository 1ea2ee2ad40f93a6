"""What a mapping would change before it is saved: in a sample at once, in all products by a task with progress."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count, islice
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_cache import current_cache
from invenio_db import db

from .. import mapping as mapping_language
from ..errors import FitsError, MappingError, NotFoundError
from ..extraction import Product
from ..fits.reading import Reading
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import address, correct
from . import access, reader, verification
from .extractions import key_of, named_documents, states
from .header import stored_reading
from .models import Stage, Status
from .products import FileProducts, compute_all, products_of
from .stored_files import StoredFile, list_files
from .verification import Verification
from .wording import in_words

SAMPLE = 20
#: Seconds that a preview computes; what is not done by then is left out of the sample.
_PATIENCE = 6.0
#: Files of one step of the full count, and seconds that its result is kept.
_BATCH = 10
_KEPT = 3600


@dataclass
class Difference:
    """What changes in one product."""

    file: str
    product: str
    target_name: str
    changes: list[dict[str, Any]]
    problems: list[str]
    touched: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass
class Tally:
    """The full count, as far as it has come.

    Attributes
    ----------
    state
        ``running``, ``done``, ``stopped`` (another count was begun) or ``failed``.
    files, files_done
        Files that were read, and those that were counted.
    products, changed, touched
        Products so far; those whose row differs from now; those to which any line of the mapping gives a value.
    columns
        Changes by column.
    failed
        Files of which no products could be made, and products with a line that failed.
    """

    token: str
    state: str = "running"
    files: int = 0
    files_done: int = 0
    products: int = 0
    changed: int = 0
    touched: int = 0
    failed: int = 0
    columns: Counter[str] = field(default_factory=Counter)

    def add(self, differences: Iterable[Difference]) -> None:
        """Count products."""
        for difference in differences:
            self.products += 1
            self.changed += bool(difference.changes)
            self.touched += difference.touched
            self.failed += bool(difference.problems)
            self.columns.update(change["column"] for change in difference.changes)


def mistakes(text: str) -> list[dict[str, Any]]:
    """What is wrong in a mapping text, each with line and column (from 1)."""
    found = mapping_language.check(text, functions=mapping_language.installed(), web=True)
    return [
        {
            "line": mistake.line,
            "column": mistake.column,
            "message": in_words(mistake.message),
            "remedy": in_words(mistake.remedy),
        }
        for mistake in found
    ]


def preview(identity: Identity, recid: str, text: str) -> dict[str, Any]:
    """Mistakes, or else what would change in a sample of the draft's products.

    Raises
    ------
    PermissionDeniedError
        The identity may not change the draft.
    """
    draft = access.draft_to_change(identity, recid)
    wrong = mistakes(text)
    if wrong:
        return {"errors": wrong, "sample": [], "touched": 0}
    decided = verification.current(draft.id, Stage.DRAFT)
    sample = list(_sample(_read_files(draft.id), decided, text, time.monotonic() + _PATIENCE))
    return {
        "errors": [],
        "sample": [difference.to_dict() for difference in sample],
        "touched": sum(difference.touched for difference in sample),
    }


def _read_files(draft_uuid: UUID) -> list[StoredFile]:
    return [file for file in list_files(draft_uuid, Stage.DRAFT) if file.status is Status.DONE]


def _sample(files: Sequence[StoredFile], decided: Verification, text: str, end: float) -> Iterator[Difference]:
    """Products spread over the files: of few files several products each."""
    if not files:
        return
    step = max(1, len(files) // SAMPLE)
    chosen = files[::step][:SAMPLE]
    each = -(-SAMPLE // len(chosen))
    left = SAMPLE
    for file in chosen:
        if time.monotonic() > end or left <= 0:
            return
        reading = _part(stored_reading(file.file_id), min(each, left)).to_bytes()
        after = _made(file, reading, decided, text)
        before = _now(file, decided, after) or _made(file, reading, decided, decided.mapping)
        for difference in islice(_differences(file.key, before, after), left):
            left -= 1
            yield difference


def _part(reading: Reading, members: int) -> Reading:
    """The reading with so many members of an archive, spread over it."""
    step = max(1, len(reading.members) // max(1, members))
    return replace(reading, members=reading.members[::step][:members])


def _now(file: StoredFile, decided: Verification, after: Sequence[Product]) -> list[Product]:
    """The products of a file as they are, from the cache; of an archive's those that are compared."""
    if not file.is_archive:
        return products_of([file], decided, patience=_PATIENCE)[0].products
    names = {address(product) for product in after}
    key = (file.file_id, key_of(file.key, decided.mapping))
    found = [Product.from_dict(document) for document in named_documents(key, names)]
    # One that the cache lacks may be new under the mapping, or not be computed yet: then all are made again.
    return _corrected(file, found, decided) if len(found) == len(names) else []


def _made(file: StoredFile, reading: bytes, decided: Verification, mapping: str) -> list[Product]:
    """Products of a part of what was read, corrected as far as corrections concern them."""
    try:
        found = [Product.from_dict(made) for made in reader.products(reading, file.key, mapping)]
    except (FitsError, MappingError):
        return []  # the listing says why this file has no products
    return _corrected(file, found, decided)


def _corrected(file: StoredFile, found: list[Product], decided: Verification) -> list[Product]:
    names = {address(product) for product in found}
    given = decided.corrections.get(file.key, {})
    correct(found, {name: values for name, values in given.items() if name in names}, system=SYSTEM_COLUMNS)
    return found


def _differences(file_key: str, before: Sequence[Product], after: Sequence[Product]) -> Iterator[Difference]:
    """Product by product; a product that only one side has counts with all its values."""
    old = {address(product): product.row.to_dict() for product in before}
    for product in after:
        name = address(product)
        row, former = product.row.to_dict(), old.get(name, {})
        changes = [
            {"column": column, "before": former.get(column), "after": row.get(column), "line": _line(product, column)}
            for column in dict.fromkeys([*former, *row])
            if former.get(column) != row.get(column)
        ]
        failed = [in_words(problem.message) for problem in product.problems if problem.code == "mapping-failed"]
        yield Difference(file_key, name, str(row.get("target_name", "")), changes, failed, _is_touched(product))


def _line(product: Product, column: str) -> str:
    """The mapping line that gave the value, as its evidence says."""
    evidence = product.evidence.get(column)
    return evidence.detail if evidence and evidence.source == "mapping" else ""


def _is_touched(product: Product) -> bool:
    return any(
        evidence.source == "mapping" or "of the mapping" in evidence.detail for evidence in product.evidence.values()
    )


# -- the full count --------------------------------------------------------------------------------------------------
def begin_count(identity: Identity, recid: str, text: str) -> tuple[UUID, str]:
    """Begin a full count; it replaces one that runs. The draft's UUID and the count's token, for the task.

    Raises
    ------
    PermissionDeniedError
        The identity may not change the draft.
    MappingError
        The mapping is wrong.
    """
    draft = access.draft_to_change(identity, recid)
    mapping_language.parse(text, functions=mapping_language.installed(), web=True)
    tally = Tally(secrets.token_hex(8), files=len(_read_files(draft.id)))
    _remember(draft.id, tally)
    current_cache.set(_text_key(draft.id), text, timeout=_KEPT)
    return draft.id, tally.token


def progress(identity: Identity, recid: str) -> dict[str, Any]:
    """How far the draft's full count has come.

    Raises
    ------
    NotFoundError
        None was begun, or long ago.
    """
    draft = access.draft_to_change(identity, recid)
    stored: dict[str, Any] | None = current_cache.get(_key(draft.id))
    if stored is None:
        raise NotFoundError("No count was begun.")
    return {**stored, **_described(draft.id, current_cache.get(_text_key(draft.id)) or "")}


def _described(draft_uuid: UUID, text: str) -> dict[str, int]:
    """How many files, and members of archives, have their products made under the mapping so far."""
    files = _read_files(draft_uuid)
    found = states([(file.file_id, key_of(file.key, text)) for file in files])
    rows = {file_id: state.rows for (file_id, _), state in found.items()}
    return {
        "described": sum(rows.get(file.file_id, 0) if file.is_archive else file.file_id in rows for file in files),
        "expected": sum((file.done_count or 0) if file.is_archive else 1 for file in files),
    }


def count_all(draft_uuid: UUID, token: str, text: str) -> None:
    """Count what a mapping changes in all products of a draft; what is computed stays in the cache for its saving."""
    tally = Tally(token)
    try:
        _count(draft_uuid, tally, text)
    except BaseException:
        tally.state = "failed"
        _remember(draft_uuid, tally)
        raise


def _count(draft_uuid: UUID, tally: Tally, text: str) -> None:
    decided = verification.current(draft_uuid, Stage.DRAFT)
    files = _read_files(draft_uuid)
    tally.files = len(files)
    for offset in count(0, _BATCH):
        batch = files[offset : offset + _BATCH]
        if not batch:
            break
        stored = current_cache.get(_key(draft_uuid)) or {}
        if stored.get("token") != tally.token:
            return  # another count was begun
        for mapping in (decided.mapping, text):
            compute_all(batch, mapping)
        before, after = (products_of(batch, each) for each in (decided, replace(decided, mapping=text)))
        db.session.commit()
        for old, new in zip(before, after):
            _count_file(tally, old, new)
        _remember(draft_uuid, tally)
    tally.state = "done"
    _remember(draft_uuid, tally)


def _count_file(tally: Tally, old: FileProducts, new: FileProducts) -> None:
    tally.files_done += 1
    tally.failed += bool(new.reason)
    tally.add(_differences(new.file.key, old.products, new.products))


def _key(draft_uuid: UUID) -> str:
    return f"invenio-obscore-count:{draft_uuid}"


def _text_key(draft_uuid: UUID) -> str:
    return f"{_key(draft_uuid)}:mapping"


def _remember(draft_uuid: UUID, tally: Tally) -> None:
    current_cache.set(_key(draft_uuid), {**asdict(tally), "columns": dict(tally.columns)}, timeout=_KEPT)
