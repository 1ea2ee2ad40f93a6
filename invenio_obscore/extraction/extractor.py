"""From a reading to products: find what the file holds, pick the instruments' rules, apply them in order, check."""

from __future__ import annotations

from collections.abc import Sequence

from ..fits.reading import Reading
from ..obscore.access import CONVENTIONS, access_estsize, access_format
from ..obscore.regions import Region
from ..obscore.row import ObsCoreRow
from .bands import filter_text
from .energy import convention_of, energies
from .evidence import Evidence, Problem, Product
from .generic import GENERIC
from .instruments import INSTRUMENTS, installed
from .plausibility import doubts
from .position import is_sun
from .products import find_products, image_kind
from .rules import Instrument, apply_rules
from .scope import Scope

#: Rises when the same reading gives other rows; published rows keep the one that they were made with.
EXTRACTOR_VERSION = "4"
#: 0.1 keV, in metres and a little more.
_SOFTEST_X_RAYS = 1.26e-8
_HEMISPHERE_DEG = 90.0


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
        return [_failed(reading, "", "what the file holds cannot be told", error)]
    everything = (*instruments, *installed(), *INSTRUMENTS)
    found = []
    for scope in scopes:
        try:
            found.append(_product(scope, everything))
        except Exception as error:  # noqa: BLE001  # see above
            found.append(_failed(reading, scope.key, "the product cannot be described", error))
    return found


def _failed(reading: Reading, key: str, what: str, error: Exception) -> Product:
    """A product of which nothing is known but a mistake of ours."""
    problem = Problem("error", "extraction-failed", f"{what}: {type(error).__name__}: {str(error)[:100]}")
    return Product(ObsCoreRow(), key=key, member=reading.member, problems=[*reading.problems, problem])


def _product(scope: Scope, instruments: Sequence[Instrument]) -> Product:
    product = Product(ObsCoreRow(), key=scope.key, member=scope.reading.member)
    if scope.kind == "image":
        scope.kind = image_kind(scope.first, scope)
    for instrument in instruments:
        if instrument.matches(scope):
            apply_rules(instrument.rules, scope, product, instrument=instrument.name)
    apply_rules(GENERIC, scope, product)
    _from_region(product)
    _energies(scope, product)
    _file_facts(scope, product)
    product.problems = [*scope.reading.problems, *scope.problems, *doubts(product)]
    if product.row["em_min"] is None and product.row["em_max"] is None:
        product.filter = filter_text(scope)
    return product


def _from_region(product: Product) -> None:
    """Extent and position of a region that came without them."""
    region, evidence = product.row["s_region"], product.evidence.get("s_region")
    if not isinstance(region, Region) or evidence is None:
        return
    circle = region.bounding_circle()
    values = {"s_fov": min(360.0, 2 * circle.radius)}
    if circle.radius < _HEMISPHERE_DEG and product.row["s_ra"] is None and product.row["s_dec"] is None:
        values |= {"s_ra": circle.ra, "s_dec": circle.dec}
    for column, value in values.items():
        product.fill(
            column, value, Evidence(column, evidence.source, f"from s_region ({evidence.detail})", evidence.hdu)
        )


def _energies(scope: Scope, product: Product) -> None:
    """Energies beside the wavelengths, for high-energy products."""
    em_min, em_max = product.row["em_min"], product.row["em_max"]
    if isinstance(em_min, float) and isinstance(em_max, float) and em_max < _SOFTEST_X_RAYS and not is_sun(scope):
        for found in energies(scope, em_min, em_max):
            product.fill(found.column, found.value, found.evidence)


def _file_facts(scope: Scope, product: Product) -> None:
    """What the file itself says."""
    reading = scope.reading
    kind = product.row["dataproduct_type"]
    name, convention = reading.member or reading.name, convention_of(scope)
    media_type = access_format(name, kind if isinstance(kind, str) else None, CONVENTIONS.get(convention, ""))
    detail = " ".join(word for word in (reading.format, convention) if word)
    product.fill("access_format", media_type, Evidence("access_format", "file", detail))
    if reading.size is not None:
        size = access_estsize(reading.size)
        product.fill("access_estsize", size, Evidence("access_estsize", "file", f"{reading.size} bytes"))
