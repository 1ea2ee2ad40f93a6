"""Products of a draft that look the same: made by the same instrument in the same configuration.

What makes them alike is what was found in the files under the mapping, before corrections: so a correction of the
instrument's name reaches all products that had the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..errors import NotFoundError
from . import extractions, verification
from .models import Stage
from .products import computed, keys_of
from .stored_files import list_files

#: Columns whose equality makes products alike.
SIGNATURE = (
    "facility_name",
    "instrument_name",
    "dataproduct_type",
    "dataproduct_subtype",
    "obs_mode",
    "o_ucd",
    "em_unit",
)
_BATCH = 25
#: Seconds that a request computes products that nobody computed yet.
_PATIENCE = 5.0


@dataclass(frozen=True)
class Alike:
    """One product, and those of the draft that look the same (itself among them).

    Attributes
    ----------
    by
        What they have in common.
    addresses
        File key and product of each.
    """

    by: dict[str, Any]
    addresses: Sequence[tuple[str, str]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, with the first ten of them."""
        first = [{"file": file, "product": product} for file, product in self.addresses[:10]]
        return {"by": self.by, "total": len(self.addresses), "first": first}


def find(draft_uuid: UUID, file_key: str, product: str) -> Alike:
    """The products of a draft that look like this one.

    Raises
    ------
    NotFoundError
        There is no such product.
    """
    signatures = dict(_uncorrected(draft_uuid))
    wanted = signatures.get((file_key, product))
    if wanted is None:
        raise NotFoundError(f"There is no product {product[:200]!r} in {file_key[:200]!r}.")
    alike = [where for where, signature in signatures.items() if signature == wanted]
    by = {name: value for name, value in zip(SIGNATURE, wanted) if value is not None}
    return Alike(by, alike)


def _uncorrected(draft_uuid: UUID) -> Iterator[tuple[tuple[str, str], tuple[Any, ...]]]:
    """Every product of the draft as its file and the mapping make it: where it is, and its signature.

    In Python: PostgreSQL's JSON functions refuse U+0000, which the evidence may hold.
    """
    mapping = verification.current(draft_uuid, Stage.DRAFT).mapping
    files = list_files(draft_uuid, Stage.DRAFT)
    for offset in range(0, len(files), _BATCH):
        batch = files[offset : offset + _BATCH]
        keys = keys_of(batch, mapping)
        computed(batch, keys, mapping, patience=_PATIENCE)
        found = extractions.texts(list(keys.values()))
        for file_key, key in keys.items():
            for text in found.get(key, ()):
                document = extractions.parsed(text)
                yield (file_key, extractions.name_of(document)), _signature(document)


def _signature(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(document["row"].get(name) for name in SIGNATURE), document["key"])
