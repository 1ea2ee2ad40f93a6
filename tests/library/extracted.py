"""What extraction makes of files that tests put together byte by byte."""

from __future__ import annotations

import io

from invenio_obscore.extraction import Product, extract
from invenio_obscore.fits.reading import read


def products(data: bytes, name: str = "a.fits") -> list[Product]:
    """The products of one file."""
    return extract(read(io.BytesIO(data), name=name))


def one(data: bytes, name: str = "a.fits") -> Product:
    """The only product of one file."""
    [product] = products(data, name)
    return product


def codes(product: Product) -> set[str]:
    """The codes of a product's problems."""
    return {problem.code for problem in product.problems}
