"""Products of stored files: a function of what was read, the mapping and the corrections, with a cache in the database.

What a header says under a mapping is computed once, in a child process under limits, and kept; corrections are laid
over it each time. Emptying the cache changes nothing but time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from invenio_db import db
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert

from ..errors import ColumnError, FitsError, MappingError
from ..extraction import EXTRACTOR_VERSION, Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import correct
from . import reader, verification
from .models import ObsCoreExtraction, ObsCoreReading, Stage, Status
from .stored_files import StoredFile, list_files
from .verification import Verification

logger = logging.getLogger(__name__)

#: Files whose products are computed in one transaction.
_BATCH = 25
_Key = tuple[UUID, str]


@dataclass
class FileProducts:
    """A file and its products; or ``reason``, why it has none although it was read."""

    file: StoredFile
    products: list[Product] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class _Extraction:
    """Products as JSON has them, or why there are none."""

    products: Sequence[dict[str, Any]] = ()
    reason: str = ""


def products_of(
    files: Sequence[StoredFile], decided: Verification, *, patience: float = math.inf
) -> list[FileProducts]:
    """Products of these files under a mapping with its corrections, in the order of the files.

    Files that are not read (yet) have none. New cache entries are written in the current transaction.

    Parameters
    ----------
    patience
        Seconds after which no further file is computed; those left have a reason and no products.
    """
    keys: dict[str, _Key] = {
        file.key: (file.file_id, cache_key(file.key, decided.mapping)) for file in files if file.status is Status.DONE
    }
    found = _extracted(keys, decided.mapping, time.monotonic() + patience)
    none = _Extraction()
    return [_file_products(file, found[keys[file.key]] if file.key in keys else none, decided) for file in files]


def prepare(draft_uuid: UUID) -> None:
    """Compute the products of a draft's files ahead of the pages that show them and of its publication; commits."""
    decided = verification.current(draft_uuid, Stage.DRAFT)
    for offset in count(0, _BATCH):
        files = list_files(draft_uuid, Stage.DRAFT, offset=offset, limit=_BATCH)
        products_of(files, decided)
        db.session.commit()
        if len(files) < _BATCH or verification.current(draft_uuid, Stage.DRAFT).mapping != decided.mapping:
            return


def cache_key(name: str, mapping: str) -> str:
    """Digest of everything that a cached extraction depends on, beside the file."""
    return hashlib.sha256(json.dumps([EXTRACTOR_VERSION, name, mapping]).encode("ascii")).hexdigest()


def keep(file_id: UUID, key: str, products: list[dict[str, Any]]) -> None:
    """Put an extraction into the cache, within the current transaction."""
    statement = insert(ObsCoreExtraction).values(file_id=file_id, key=key, products=products)
    db.session.execute(statement.on_conflict_do_nothing())


def _extracted(keys: Mapping[str, _Key], mapping: str, end: float) -> dict[_Key, _Extraction]:
    """Extractions by key, from the cache or computed now (until ``end``)."""
    found = {key: _Extraction(products) for key, products in _cached(keys.values()).items()}
    missing = {name: key for name, key in keys.items() if key not in found}
    readings = _readings(file_id for file_id, _ in missing.values())
    for name, key in missing.items():
        if time.monotonic() > end:
            found[key] = _Extraction(reason="The products of this file are still being computed.")
            continue
        found[key] = _extract(readings[key[0]], name, mapping)
        if not found[key].reason:
            keep(*key, list(found[key].products))
    return found


def _extract(stored: bytes, name: str, mapping: str) -> _Extraction:
    """Products of what was read; one file that cannot be computed never hides the others.

    A failure is not kept: a reader that died may have been unlucky, a mapping may call what is installed later.
    """
    try:
        return _Extraction(reader.products(stored, name, mapping))
    except (MappingError, FitsError) as error:
        logger.warning("no products of %s: %s", name, error)
        return _Extraction(reason=str(error))


def _file_products(file: StoredFile, extraction: _Extraction, decided: Verification) -> FileProducts:
    products = [Product.from_dict(product) for product in extraction.products]
    _correct(products, decided, file.key)
    return FileProducts(file, products, extraction.reason)


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


def _correct(products: list[Product], decided: Verification, file_key: str) -> None:
    try:
        correct(products, decided.corrections.get(file_key, {}), system=SYSTEM_COLUMNS)
    except ColumnError as error:
        # Corrections are checked when they come; only a column that a later version dropped ends here.
        for product in products:
            product.problems.append(Problem("attention", "correction-failed", str(error), column=error.column))
