"""Products of stored files: a function of what was read, the mapping and the corrections, with a cache in the database.

What a header says under a mapping is computed once, in a child process under limits, and kept; corrections are laid
over it each time. Emptying the cache changes nothing but time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert

from ..errors import ColumnError, FitsError, MappingError
from ..extraction import EXTRACTOR_VERSION, Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..obscore.row import ObsCoreRow
from ..pipeline import correct
from . import reader
from .models import ObsCoreExtraction, ObsCoreReading, Status
from .stored_files import StoredFile
from .verification import Verification

_Key = tuple[UUID, str]


@dataclass
class FileProducts:
    """A file and its products."""

    file: StoredFile
    products: list[Product] = field(default_factory=list)


def products_of(files: Sequence[StoredFile], decided: Verification) -> list[FileProducts]:
    """Products of these files under a mapping with its corrections, in the order of the files.

    Files that are not read (yet) have none. New cache entries are written in the current transaction.
    """
    keys: dict[str, _Key] = {
        file.key: (file.file_id, cache_key(file.key, decided.mapping)) for file in files if file.status is Status.DONE
    }
    found = _cached(keys.values())
    missing = {name: key for name, key in keys.items() if key not in found}
    readings = _readings(file_id for file_id, _ in missing.values())
    for name, key in missing.items():
        # Only what the headers and the mapping say is kept; a reader that died may have been unlucky.
        found[key], lasting = extract(readings[key[0]], name, decided.mapping)
        if lasting:
            keep(*key, found[key])
    return [
        FileProducts(file, _corrected(found[keys[file.key]], decided, file.key) if file.key in keys else [])
        for file in files
    ]


def cache_key(name: str, mapping: str) -> str:
    """Digest of everything that a cached extraction depends on, beside the file."""
    return hashlib.sha256(json.dumps([EXTRACTOR_VERSION, name, mapping]).encode("ascii")).hexdigest()


def keep(file_id: UUID, key: str, products: list[dict[str, Any]]) -> None:
    """Put an extraction into the cache, within the current transaction."""
    statement = insert(ObsCoreExtraction).values(file_id=file_id, key=key, products=products)
    db.session.execute(statement.on_conflict_do_nothing())


def extract(stored: bytes, name: str, mapping: str) -> tuple[list[dict[str, Any]], bool]:
    """Products of what was read, and whether that may be kept.

    What goes wrong becomes a problem of an otherwise empty product, so that one file never hides the others.
    """
    try:
        return reader.products(stored, name, mapping), True
    except MappingError as error:
        return [_failure("mapping-failed", str(error))], False
    except FitsError as error:
        return [_failure("extraction-failed", str(error))], False


def _failure(code: str, message: str) -> dict[str, Any]:
    return Product(ObsCoreRow(), problems=[Problem("error", code, message)]).to_dict()


def _cached(keys: Iterable[_Key]) -> dict[_Key, list[dict[str, Any]]]:
    entry = ObsCoreExtraction
    statement = select(entry.file_id, entry.key, entry.products)
    statement = statement.where(tuple_(entry.file_id, entry.key).in_(list(keys)))
    return {(row.file_id, row.key): row.products for row in db.session.execute(statement)}


def _readings(file_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    wanted = list(file_ids)
    if not wanted:
        return {}
    statement = select(ObsCoreReading.file_id, ObsCoreReading.data).where(ObsCoreReading.file_id.in_(wanted))
    return {row.file_id: row.data for row in db.session.execute(statement)}


def _corrected(extracted: Sequence[dict[str, Any]], decided: Verification, file_key: str) -> list[Product]:
    products = [Product.from_dict(product) for product in extracted]
    try:
        correct(products, decided.corrections.get(file_key, {}), system=SYSTEM_COLUMNS)
    except ColumnError as error:
        # Corrections are checked when they come; only a column that a later version dropped ends here.
        for product in products:
            product.problems.append(Problem("attention", "correction-failed", str(error), column=error.column))
    return products
