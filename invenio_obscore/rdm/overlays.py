"""What a draft's corrections make of its products, kept so that a listing sorts and filters by it.

An overlay is a function of the extracted product and its corrections; its digest says of which corrections. Whatever
changed them (a request, an edit, a new version), :func:`refresh` finds what is missing or stale.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import ColumnElement, Text, and_, any_, cast, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER

from ..db.inserting import insert_rows
from ..errors import ColumnError
from ..extraction import Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import address, correct
from .extractions import Key, parsed, sortable
from .models import NAMED_BY, ObsCoreExtracted, ObsCoreOverlay

_BATCH = 1000
#: Overlays that a request writes at once between two looks at the clock.
_BATCH_OF_REQUEST = 25
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

    @cached_property
    def digest(self) -> str:
        """Of all that."""
        text = json.dumps([self.product, self.values, self.orphans], sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


#: Extraction and number of a product.
_Place = tuple[UUID, str, int]


def refresh(
    record_uuid: UUID,
    files: Iterable[tuple[Key, FileCorrections]],
    *,
    patience: float = math.inf,
    on_batch: Callable[[int, int], bool] = lambda done, total: True,
    is_current: Callable[[], bool] = lambda: True,
) -> bool:
    """Bring the overlays of a draft up to date, within the current transaction; whether all are.

    Parameters
    ----------
    files
        The draft's extractions with the corrections of each file.
    patience
        Seconds after which the rest is left for another time.
    on_batch
        Called with how many are done of how many; it may commit, and says whether to go on.
    is_current
        Whether ``files`` is still so; asked whenever nobody else can write overlays, before they are written.
    """
    present = _present(record_uuid)
    wanted = _wanted([(key, given) for key, given in files if given])
    gone = [place for place in present if place not in wanted]
    stale = sorted(place for place, one in wanted.items() if present.get(place) != one.digest)
    if gone or stale:
        lock(record_uuid)
        if not is_current():
            return False
    _drop(record_uuid, gone)
    end = time.monotonic() + patience
    batch = _BATCH if patience == math.inf else _BATCH_OF_REQUEST
    for start in range(0, len(stale), batch):
        if start and time.monotonic() > end:
            return False
        if start:
            lock(record_uuid)  # the last batch may have been committed
            if not is_current():
                return False
        some = stale[start : start + batch]
        _write(record_uuid, _lacking(record_uuid, {place: wanted[place] for place in some}))
        if not on_batch(start + len(some), len(stale)):
            return False
    return True


def refresh_some(
    record_uuid: UUID,
    key: Key,
    products: Collection[str],
    given: Callable[[], FileCorrections],
    every: Callable[[], FileCorrections],
) -> None:
    """The same for some products of a file, at a cost that does not depend on how many others it has.

    Parameters
    ----------
    given
        Reads the corrections of these products at least.
    every
        Reads those of the whole file.
    """
    gone, stale = _differing(record_uuid, key, products, given, every)
    if gone or stale:
        lock(record_uuid)
        # Somebody else may have changed the corrections, and what they make of the products, since they were read.
        gone, stale = _differing(record_uuid, key, products, given, every)
    if gone:
        _drop(record_uuid, gone)
    if stale:
        _write(record_uuid, stale)


def _differing(
    record_uuid: UUID,
    key: Key,
    products: Collection[str],
    given: Callable[[], FileCorrections],
    every: Callable[[], FileCorrections],
) -> tuple[list[_Place], dict[_Place, _Wanted]]:
    """Overlays of these products that are to go, and those that are to be written."""
    wanted = {place: one for place, one in _wanted([(key, given())], only=products).items() if one.product in products}
    if any(number == 0 for _, _, number in wanted):
        # The first product tells of corrections of products that there are not: that takes the names of all.
        wanted = {place: one for place, one in _wanted([(key, every())]).items() if place in wanted}
    entry = ObsCoreExtracted
    numbers = select(entry.number).where(entry.file_id == key[0], entry.key == key[1], named(products))
    held = _digests(record_uuid, key, db.session.scalars(numbers).all())
    gone = [place for place in held if place not in wanted]
    return gone, {place: one for place, one in wanted.items() if held.get(place) != one.digest}


def lock(record_uuid: UUID) -> None:
    """Let one transaction at a time write a draft's overlays; it ends with the transaction."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"obscore-overlay:{record_uuid}", 0))))


def corrected(document: Mapping[str, Any], values: Mapping[str, Any], orphans: Sequence[str] = ()) -> dict[str, Any]:
    """An extracted product with corrections laid over it."""
    product = Product.from_dict(dict(document))
    try:
        correct([product], {address(product): values}, system=SYSTEM_COLUMNS, checked=True)
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


def _lacking(record_uuid: UUID, wanted: Mapping[_Place, _Wanted]) -> dict[_Place, _Wanted]:
    """Those that nobody has written."""
    held: dict[_Place, str] = {}
    for key, numbers in _by_key(wanted).items():
        held |= _digests(record_uuid, key, numbers)
    return {place: one for place, one in wanted.items() if held.get(place) != one.digest}


def _digests(record_uuid: UUID, key: Key, numbers: Sequence[int]) -> dict[_Place, str]:
    """Of the overlays that these products of an extraction have."""
    overlay = ObsCoreOverlay
    found = select(overlay.number, overlay.digest)
    found = found.where(overlay.record_uuid == record_uuid, _among(overlay, key, numbers))
    return {(*key, row.number): row.digest for row in db.session.execute(found)}


def _wanted(
    files: Sequence[tuple[Key, FileCorrections]], *, only: Collection[str] | None = None
) -> dict[_Place, _Wanted]:
    """What is to be laid over which product; ``only`` limits the products that are looked at."""
    wanted: dict[_Place, _Wanted] = {}
    for key, given in files:
        places = _places(key, given if only is None else only)
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


def _places(key: Key, names: Collection[str]) -> dict[int, str]:
    """Numbers and names of these products of an extraction, and of the first one."""
    entry = ObsCoreExtracted
    statement = select(entry.number, entry.product).where(entry.file_id == key[0], entry.key == key[1], ~entry.failed)
    if len(names) < _BATCH:  # of more it is faster to take all
        statement = statement.where(or_(named(names), entry.number == 0))
    return {row.number: row.product for row in db.session.execute(statement)}


def named(names: Collection[str]) -> ColumnElement[bool]:
    """Those products of an extraction, as its index finds them."""
    entry = ObsCoreExtracted
    beginnings = func.left(entry.product, NAMED_BY).in_({name[:NAMED_BY] for name in names})
    return and_(beginnings, entry.product.in_(list(names)))


def _is_only_one(key: Key) -> bool:
    entry = ObsCoreExtracted
    statement = select(entry.number).where(entry.file_id == key[0], entry.key == key[1]).limit(2)
    return len(list(db.session.scalars(statement))) == 1


def _by_key(places: Iterable[_Place]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for file_id, key, number in places:
        found.setdefault((file_id, key), []).append(number)
    return found


def _among(model: type[ObsCoreExtracted | ObsCoreOverlay], key: Key, numbers: Sequence[int]) -> Any:  # noqa: ANN401
    """A condition that PostgreSQL answers from the primary key, whatever its statistics say."""
    chosen = model.number == any_(literal(list(numbers), ARRAY(INTEGER)))
    return and_(model.file_id == key[0], model.key == key[1], chosen)


def _drop(record_uuid: UUID, places: Iterable[_Place]) -> None:
    for key, numbers in _by_key(places).items():
        at = _among(ObsCoreOverlay, key, numbers)
        db.session.execute(delete(ObsCoreOverlay).where(ObsCoreOverlay.record_uuid == record_uuid, at))


def _write(record_uuid: UUID, wanted: Mapping[_Place, _Wanted]) -> None:
    """Put these overlays in place of those that are there; the caller holds the draft's lock."""
    entry = ObsCoreExtracted
    rows = []
    for key, numbers in _by_key(wanted).items():
        found = select(entry.number, cast(entry.document, Text)).where(_among(entry, key, numbers))
        rows += [
            _row(record_uuid, (*key, number), wanted[(*key, number)], parsed(document))
            for number, document in db.session.execute(found.order_by(entry.number))
        ]
    _drop(record_uuid, wanted)
    insert_rows(db.session.connection(), ObsCoreOverlay.__table__, rows)


def _row(record_uuid: UUID, place: _Place, one: _Wanted, document: Mapping[str, Any]) -> dict[str, Any]:
    made = corrected(document, one.values, one.orphans)
    file_id, key, number = place
    return {
        "record_uuid": record_uuid,
        "file_id": file_id,
        "key": key,
        "number": number,
        "digest": one.digest,
        "document": made,
        **sortable(made, one.product),
    }
