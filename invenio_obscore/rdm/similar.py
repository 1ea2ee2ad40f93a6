"""Products of a draft that look the same: made by the same instrument in the same configuration.

What makes them alike is what was found in the files under the mapping, before corrections: so a correction of the
instrument's name reaches all products that had the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..errors import NotFoundError
from ..extraction import Product
from ..pipeline import address
from . import verification
from .models import Stage
from .products import products_of
from .stored_files import list_files
from .verification import Verification

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
_BATCH = 50


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
    signatures = {(file, address(found)): _signature(found) for file, found in _uncorrected(draft_uuid)}
    wanted = signatures.get((file_key, product))
    if wanted is None:
        raise NotFoundError(f"There is no product {product[:200]!r} in {file_key[:200]!r}.")
    alike = [where for where, signature in signatures.items() if signature == wanted]
    by = {name: value for name, value in zip(SIGNATURE, wanted) if value is not None}
    return Alike(by, alike)


def _signature(product: Product) -> tuple[Any, ...]:
    return (*(product.row[name] for name in SIGNATURE), product.key)


def _uncorrected(draft_uuid: UUID) -> Iterator[tuple[str, Product]]:
    """Every product of the draft as its file and the mapping make it."""
    bare = Verification(verification.current(draft_uuid, Stage.DRAFT).mapping)
    files = list_files(draft_uuid, Stage.DRAFT)
    for offset in range(0, len(files), _BATCH):
        for found in products_of(files[offset : offset + _BATCH], bare):
            yield from ((found.file.key, product) for product in found.products)
