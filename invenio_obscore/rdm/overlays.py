"""What a draft's corrections make of its products, kept so that a listing sorts and filters by it.

An overlay is a function of the extracted product and its corrections; its digest says of which corrections. Whatever
changed them (a request, an edit, a new version), :func:`refresh` finds what is missing or stale.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import and_, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from ..errors import ColumnError
from ..extraction import Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import address, correct
from .extractions import Key, sortable
from .models import ObsCoreExtracted, ObsCoreOverlay

_BATCH = 250
#: Products that a file's only one may also be called.
ONLY = ("", "#")

#: Product → column → value, of one file.
FileCorrections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class _Wanted:
    """What is laid over one product, and corrections of products that its file does not have."""

    product: str
    values: Mapping[str, Any]
    orphans: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        text = json.dumps([self.product, self.values, self.orphans], sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


#: Extraction and number of a product.
_Place = tuple[UUID, str, int]


def refresh(record_uuid: UUID, files: Iterable[tuple[Key, FileCorrections]], *, patience: float = math.inf) -> bool:
    """Bring the overlays of a draft up to date, within the current transaction; whether all are.

    Parameters
    ----------
    files
        The draft's extractions with the corrections of each file.
    patience
        Seconds after which the rest is left for another time.
    """
    present = _present(record_uuid)
    wanted = _wanted([(key, given) for key, given in files if given])
    gone = [place for place in present if place not in wanted]
    for start in range(0, len(gone), _BATCH):
        _drop(record_uuid, gone[start : start + _BATCH])
    stale = sorted(place for place, one in wanted.items() if present.get(place) != one.digest)
    end = time.monotonic() + patience
    for start in range(0, len(stale), _BATCH):
        if start and time.monotonic() > end:
            return False
        _write(record_uuid, {place: wanted[place] for place in stale[start : start + _BATCH]})
    return True


def refresh_one(record_uuid: UUID, key: Key, given: FileCorrections, product: str) -> None:
    """The same for one product after its corrections were changed."""
    wanted = {place: one for place, one in _wanted([(key, given)], only=product).items() if one.product == product}
    overlay, entry = ObsCoreOverlay, ObsCoreExtracted
    at = and_(entry.file_id == overlay.file_id, entry.key == overlay.key, entry.number == overlay.number)
    named = select(overlay.number).join(entry, at)
    named = named.where(overlay.record_uuid == record_uuid, overlay.file_id == key[0], overlay.key == key[1])
    held = list(db.session.scalars(named.where(entry.product == product)))
    gone = [(*key, number) for number in held if (*key, number) not in wanted]
    if gone:
        _drop(record_uuid, gone)
    if wanted:
        _write(record_uuid, wanted)


def corrected(document: Mapping[str, Any], values: Mapping[str, Any], orphans: Sequence[str] = ()) -> dict[str, Any]:
    """An extracted product with corrections laid over it."""
    product = Product.from_dict(dict(document))
    try:
        correct([product], {address(product): values}, system=SYSTEM_COLUMNS)
    except ColumnError as error:
        # Corrections are checked when they come; only a column that a later version dropped ends here.
        product.problems.append(Problem("attention", "correction-failed", str(error), column=error.column))
    for name in orphans:
        message = f"corrections for the product {name!r} have no effect: the file has no such product"
        product.problems.append(Problem("attention", "correction-orphaned", message))
    return product.to_dict()


def _present(record_uuid: UUID) -> dict[_Place, str]:
    overlay = ObsCoreOverlay
    statement = select(overlay.file_id, overlay.key, overlay.number, overlay.digest)
    found = db.session.execute(statement.where(overlay.record_uuid == record_uuid))
    return {(row.file_id, row.key, row.number): row.digest for row in found}


def _wanted(files: Sequence[tuple[Key, FileCorrections]], *, only: str | None = None) -> dict[_Place, _Wanted]:
    """What is to be laid over which product; ``only`` limits the products that are looked at."""
    wanted: dict[_Place, _Wanted] = {}
    for key, given in files:
        places = _places(key, list(given) if only is None else [only])
        by_name = {name: number for number, name in sorted(places.items(), reverse=True)}
        if len(places) == 1 and 0 in places and _is_only_one(key):
            # A file's only product may be called "" (or "#") whatever its name.
            by_name |= {name: 0 for name in ONLY if name in given and name not in by_name}
        matched = {by_name[name]: name for name in given if name in by_name}
        orphans = tuple(sorted(name for name in given if name not in by_name)) if only is None else ()
        for number, name in matched.items():
            wanted[(*key, number)] = _Wanted(places[number], given[name], orphans if number == 0 else ())
        if orphans and 0 in places and 0 not in matched:
            wanted[(*key, 0)] = _Wanted(places[0], {}, orphans)
    return wanted


def _places(key: Key, names: Sequence[str]) -> dict[int, str]:
    """Numbers and names of these products of an extraction, and of the first one."""
    entry = ObsCoreExtracted
    statement = select(entry.number, entry.product).where(
        entry.file_id == key[0], entry.key == key[1], or_(entry.product.in_(names), entry.number == 0), ~entry.failed
    )
    return {row.number: row.product for row in db.session.execute(statement)}


def _is_only_one(key: Key) -> bool:
    entry = ObsCoreExtracted
    statement = select(entry.number).where(entry.file_id == key[0], entry.key == key[1]).limit(2)
    return len(list(db.session.scalars(statement))) == 1


def _drop(record_uuid: UUID, places: Sequence[_Place]) -> None:
    overlay = ObsCoreOverlay
    at = tuple_(overlay.file_id, overlay.key, overlay.number).in_(list(places))
    db.session.execute(delete(overlay).where(overlay.record_uuid == record_uuid, at))


def _write(record_uuid: UUID, wanted: Mapping[_Place, _Wanted]) -> None:
    entry = ObsCoreExtracted
    at = tuple_(entry.file_id, entry.key, entry.number).in_(list(wanted))
    found = db.session.execute(select(entry.file_id, entry.key, entry.number, entry.document).where(at))
    rows = []
    for row in found:
        place = (row.file_id, row.key, row.number)
        one = wanted[place]
        document = corrected(row.document, one.values, one.orphans)
        rows.append(
            {
                "record_uuid": record_uuid,
                "file_id": row.file_id,
                "key": row.key,
                "number": row.number,
                "digest": one.digest,
                "document": document,
                **sortable(document, one.product),
            }
        )
    if not rows:
        return
    rows.sort(key=lambda row: (str(row["file_id"]), row["key"], row["number"]))
    statement = insert(ObsCoreOverlay).values(rows)
    primary = ("record_uuid", "file_id", "key", "number")
    changed = {name: statement.excluded[name] for name in rows[0] if name not in primary}
    db.session.execute(statement.on_conflict_do_update(index_elements=primary, set_=changed))
