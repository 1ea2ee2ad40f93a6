"""What a mapping does to readings that tests put together."""

from __future__ import annotations

from invenio_obscore.extraction.evidence import Product
from invenio_obscore.fits.cards import write_card
from invenio_obscore.fits.reading import HduReading, Reading
from invenio_obscore.mapping import parse
from invenio_obscore.obscore.row import ObsCoreRow

Cards = dict[str, str | int | float | bool]


def hdu(index: int = 0, **cards: str | int | float | bool) -> HduReading:
    return HduReading(index, "".join(write_card(k.replace("_", "-"), v) for k, v in cards.items()))


def reading(*hdus: HduReading, name: str = "spec NGC 4486.fits", path: str = "night 1/spec NGC 4486.fits") -> Reading:
    default = hdu(SIMPLE=True, NAXIS=0, TELESCOP="LAMOST", EXPTIME=30.0, DATE_OBS="2001-01-01", OBJECT=" M 31 ")
    return Reading(name=name, path=path, hdus=list(hdus) or [default])


def applied(text: str, of: Reading | None = None, product: Product | None = None) -> Product:
    of = of or reading()
    mapping = parse(text)
    product = product or Product(ObsCoreRow())
    of = mapping.overlay(of)
    mapping.fill(product, of)
    mapping.force(product, of)
    return product


def value(expression: str, column: str = "target_name", of: Reading | None = None) -> object:
    product = applied(f"{column} := {expression}", of)
    assert not [p for p in product.problems if p.code == "mapping-failed"], product.problems
    return product.row[column]
