"""The cache of extracted products: what a header says under a mapping, one row a product, computed once.

It is computed in a child process under limits, an archive piece by piece; each piece is kept as it comes, so that
whoever is stopped in between goes on where it was. Emptying the cache changes nothing but time.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from invenio_db import db
from sqlalchemy import Text, cast, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from ..db.inserting import insert_rows
from ..errors import FitsError, FitsLimitError, MappingError
from ..extraction import EXTRACTOR_VERSION
from ..fits.archive_child import Extracted
from . import reader, stored_readings
from .cells import cells_of, storable
from .models import ObsCoreExtracted, ObsCoreExtraction

logger = logging.getLogger(__name__)

#: Stored bytes and the digest of file name, mapping and extractor.
Key = tuple[UUID, str]

#: Problems of these severities need a person.
_NEEDS_ATTENTION = frozenset({"error", "attention"})
_SEARCHED = (
    "target_name",
    "dataproduct_type",
    "dataproduct_subtype",
    "facility_name",
    "instrument_name",
    "obs_id",
    "obs_title",
    "obs_collection",
)
_MOST_WORDS = 2000
#: Why a file has no products as long as somebody computes them.
COMPUTING = "The products of this file are still being computed."
#: After this long without a sign somebody else may take over the computation of an archive.
_SILENT = timedelta(minutes=2)


@dataclass(frozen=True)
class State:
    """How far an extraction is: ``rows`` so far, whether that is all, why there are none, and whether that is news.

    ``began`` tells it from another one of the same that is gone.
    """

    rows: int = 0
    complete: bool = False
    reason: str = ""
    fresh: bool = False
    began: datetime | None = None


def key_of(name: str, mapping: str) -> str:
    """Digest of everything that a cached extraction depends on, beside the file."""
    return hashlib.sha256(json.dumps([EXTRACTOR_VERSION, name, mapping]).encode("ascii")).hexdigest()


def states(keys: Collection[Key]) -> dict[Key, State]:
    """How far these extractions are; what nobody has begun is not there."""
    if not keys:
        return {}
    header = ObsCoreExtraction
    fresh = (header.touched_at > func.now() - _SILENT).label("fresh")
    columns = (header.rows, header.complete, header.reason, fresh, header.created_at)
    statement = select(header.file_id, header.key, *columns)
    found = db.session.execute(statement.where(tuple_(header.file_id, header.key).in_(list(keys))))
    return {(file_id, key): State(*state) for file_id, key, *state in found}


def documents(keys: Collection[Key], window: range | None = None) -> dict[Key, list[tuple[dict[str, Any], int | None]]]:
    """Products (`Product.to_dict`) of complete extractions in their order, each with the bytes of its file.

    Parameters
    ----------
    window
        Only those with these numbers (from 0, what failed counted with them).
    """
    if not keys:
        return {}
    entry, header = ObsCoreExtracted, ObsCoreExtraction
    statement = (
        select(entry.file_id, entry.key, entry.document, entry.size)
        .join(header, (header.file_id == entry.file_id) & (header.key == entry.key))
        .where(tuple_(entry.file_id, entry.key).in_(list(keys)), header.complete, ~entry.failed)
        .order_by(entry.file_id, entry.key, entry.number)
    )
    if window is not None:
        statement = statement.where(entry.number >= window.start, entry.number < window.stop)
    found: dict[Key, list[tuple[dict[str, Any], int | None]]] = {}
    for row in db.session.execute(statement):
        found.setdefault((row.file_id, row.key), []).append((row.document, row.size))
    return found


def texts(keys: Collection[Key]) -> dict[Key, list[str]]:
    """What `documents` gives without the bytes, as JSON text."""
    if not keys:
        return {}
    entry, header = ObsCoreExtracted, ObsCoreExtraction
    statement = (
        select(entry.file_id, entry.key, cast(entry.document, Text))
        .join(header, (header.file_id == entry.file_id) & (header.key == entry.key))
        .where(tuple_(entry.file_id, entry.key).in_(list(keys)), header.complete, ~entry.failed)
        .order_by(entry.file_id, entry.key, entry.number)
    )
    found: dict[Key, list[str]] = {}
    for file_id, key, text in db.session.execute(statement):
        found.setdefault((file_id, key), []).append(text)
    return found


def named_documents(key: Key, products: Collection[str]) -> list[dict[str, Any]]:
    """Those products of an extraction, as far as it is, that have these names."""
    entry = ObsCoreExtracted
    statement = select(entry.document).where(entry.file_id == key[0], entry.key == key[1], ~entry.failed)
    return list(db.session.scalars(statement.where(entry.product.in_(list(products))).order_by(entry.number)))


def compute(file_id: UUID, name: str, mapping: str, *, on_piece: Callable[[], None] = lambda: None) -> State:
    """Compute what is missing, piece by piece, and commit each; many may do so at once.

    Parameters
    ----------
    on_piece
        Called after each piece.

    Raises
    ------
    FitsLimitError
        A file that is no archive passes a limit, or kills its reader.
    """
    key = (file_id, key_of(name, mapping))
    while True:
        number, state = _progress(key)
        if state.complete:
            return state
        stored = stored_readings.piece(file_id, number)
        db.session.commit()  # no transaction stays open while the child works
        if stored is None and not number:
            return State(reason=COMPUTING)  # what was read is gone: the file is read anew
        if stored is None:
            _end(key)
        else:
            found, reason = _extract(stored, name, mapping, in_archive=stored_readings.is_archive(file_id))
            if reason:
                _explain(key, reason)
                db.session.commit()
                return State(reason=reason)
            _keep(key, number, found)
        db.session.commit()
        on_piece()


def compute_now(file_id: UUID, name: str, mapping: str) -> State:
    """Compute a file that is no archive, within the current transaction."""
    key = (file_id, key_of(name, mapping))
    stored = stored_readings.piece(file_id, 0)
    if stored is None:
        return State(reason=COMPUTING)
    try:
        found, reason = _extract(stored, name, mapping, in_archive=False)
    except FitsLimitError as error:
        reason = str(error)
    if reason:
        _explain(key, reason)
        return State(reason=reason)
    _keep(key, 0, found)
    _end(key)
    return State(len(found.products) + len(found.unread), True)


def take_over(keys: Iterable[Key]) -> list[Key]:
    """Those of these extractions on which nobody has worked for a while, noted as taken; in the current transaction."""
    taken: list[Key] = []
    for file_id, key in keys:
        new = insert_or_not(ObsCoreExtraction).values(file_id=file_id, key=key)
        silent = ObsCoreExtraction.touched_at < func.now() - _SILENT
        statement = new.on_conflict_do_update(
            index_elements=["file_id", "key"],
            set_={"touched_at": func.now()},
            where=silent & ~ObsCoreExtraction.complete,
        ).returning(ObsCoreExtraction.file_id)
        if db.session.scalar(statement) is not None:
            taken.append((file_id, key))
    return taken


def sortable(document: Mapping[str, Any], product: str) -> dict[str, Any]:
    """The columns of `models.Sortable` for a product."""
    row = document.get("row", {})
    words = " ".join([product, *(str(row[name]) for name in _SEARCHED if row.get(name) is not None)])
    return {
        "attention": sum(problem.get("severity") in _NEEDS_ATTENTION for problem in document.get("problems", ())),
        "words": storable(words).lower()[:_MOST_WORDS],
        **cells_of(row),
    }


def parsed(text: str) -> dict[str, Any]:
    """A document of thousands; json, six times slower, reads the halves of surrogate pairs too."""
    try:
        found: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = json.loads(text)
    return found


def name_of(document: Mapping[str, Any]) -> str:
    """``<member>#<key>``, or an empty text for a file's only product; as `pipeline.address`."""
    member, key = document.get("member", ""), document.get("key", "")
    return f"{member}#{key}" if member or key else ""


def _extract(stored: bytes, name: str, mapping: str, *, in_archive: bool) -> tuple[Extracted, str]:
    """What was found, or why nothing was."""
    try:
        return reader.extract(stored, name, mapping), ""
    except FitsLimitError:
        if not in_archive:
            raise
        logger.warning("a piece of the archive %s cannot be described", name, exc_info=True)
        return Extracted(), "What the archive's members hold cannot be computed within the limits."
    except (MappingError, FitsError) as error:
        # The headers were read: a later extractor or another mapping may do better. The draft shows the reason.
        logger.warning("no products of %s: %s", name, error)
        return Extracted(), str(error)


def _progress(key: Key) -> tuple[int, State]:
    header = ObsCoreExtraction
    statement = select(header.parts, header.rows, header.complete)
    row = db.session.execute(statement.where(header.file_id == key[0], header.key == key[1])).one_or_none()
    return (row.parts, State(row.rows, row.complete)) if row else (0, State())


def _header(key: Key) -> ObsCoreExtraction:
    """The extraction, made if need be, and locked until the transaction ends."""
    file_id, digest = key
    new = insert_or_not(ObsCoreExtraction).values(file_id=file_id, key=digest)
    db.session.execute(new.on_conflict_do_nothing())
    statement = select(ObsCoreExtraction).filter_by(file_id=file_id, key=digest).with_for_update()
    return db.session.execute(statement.execution_options(populate_existing=True)).scalar_one()


def _keep(key: Key, number: int, found: Extracted) -> None:
    """Write the products of one piece, unless somebody else did."""
    header = _header(key)
    if header.complete or header.parts != number:
        return
    rows = _rows(key, header.rows, found)
    if rows:
        insert_rows(db.session.connection(), ObsCoreExtracted.__table__, rows)
    header.parts, header.rows = number + 1, header.rows + len(rows)
    header.reason, header.touched_at = "", func.now()
    db.session.flush()


def _end(key: Key) -> None:
    header = _header(key)
    header.complete, header.touched_at = True, func.now()
    db.session.flush()


def _explain(key: Key, reason: str) -> None:
    _header(key)
    statement = update(ObsCoreExtraction).filter_by(file_id=key[0], key=key[1])
    db.session.execute(statement.values(reason=storable(reason), touched_at=func.now()))


def _rows(key: Key, first: int, found: Extracted) -> Sequence[dict[str, Any]]:
    made = [(document, False) for document in found.products]
    made += [({**unread, "key": "", "row": {}, "evidence": {}}, True) for unread in found.unread]
    return [
        {
            "file_id": key[0],
            "key": key[1],
            "number": first + offset,
            "product": storable(name_of(document)),
            "failed": failed,
            "size": document.pop("size", None),
            "document": document,
            **sortable(document, name_of(document)),
        }
        for offset, (document, failed) in enumerate(made)
    ]
