"""From a reading to products: find what the file holds, pick the instruments' rules, apply them in order, check."""

from __future__ import annotations

from collections.abc import Sequence

from ..fits.reading import Reading
from ..obscore.row import ObsCoreRow
from .bands import filter_text
from .energy import energies
from .evidence import Evidence, Problem, Product
from .generic import GENERIC
from .instruments import INSTRUMENTS, installed
from .plausibility import doubts
from .products import find_products, image_kind
from .rules import Instrument, apply_rules
from .scope import Scope

#: Rises when the same reading gives other rows; published rows keep the one that they were made with.
EXTRACTOR_VERSION = "3"


def extract(reading: Reading, *, instruments: Sequence[Instrument] = ()) -> list[Product]:
    """The products of one file; those of an archive's members with their ``member``.

    Parameters
    ----------
    reading
        What was read (with a mapping's overlay on it).
    instruments
        A user's own tables of rules, before ours.
    """
    if reading.members:
        return [product for member in reading.members for product in extract(member, instruments=instruments)]
    if not reading.hdus:
        return []
    try:
        scopes = find_products(reading)
    except Exception as error:  # noqa: BLE001  # one hostile header must not end a catalogue's work; it is shown
        message = f"what the file holds cannot be told: {type(error).__name__}: {str(error)[:100]}"
        problem = Problem("error", "extraction-failed", message)
        return [Product(ObsCoreRow(), member=reading.member, problems=[*reading.problems, problem])]
    return [_product(scope, (*instruments, *installed(), *INSTRUMENTS)) for scope in scopes]


def _product(scope: Scope, instruments: Sequence[Instrument]) -> Product:
    product = Product(ObsCoreRow(), key=scope.key, member=scope.reading.member)
    if scope.kind == "image":
        scope.kind = image_kind(scope.first, scope)
    for instrument in instruments:
        if instrument.matches(scope):
            apply_rules(instrument.rules, scope, product, instrument=instrument.name)
    apply_rules(GENERIC, scope, product)
    _energies(scope, product)
    _file_facts(scope.reading, product)
    product.problems = [*scope.reading.problems, *scope.problems, *doubts(product)]
    if product.row["em_min"] is None and product.row["em_max"] is None:
        product.filter = filter_text(scope)
    return product


def _energies(scope: Scope, product: Product) -> None:
    """Energies beside the wavelengths, for high-energy products."""
    em_min, em_max = product.row["em_min"], product.row["em_max"]
    if isinstance(em_min, float) and isinstance(em_max, float) and em_max < 2e-8:
        for found in energies(scope, em_min, em_max):
            product.fill(found.column, found.value, found.evidence)


def _file_facts(reading: Reading, product: Product) -> None:
    """What the file itself says."""
    product.fill("access_format", "application/fits", Evidence("access_format", "file", reading.format))
    if reading.size is not None:
        size = max(1, -(-reading.size // 1024)) if reading.size else 0
        product.fill("access_estsize", size, Evidence("access_estsize", "file", f"{reading.size} bytes"))
