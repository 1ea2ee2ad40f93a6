"""Single-dish FITS (SDFITS): table columns that stand for keywords, and a spectrum in each row's DATA cell."""

from __future__ import annotations

import re

from ..fits.cards import Assigned, Scalar
from ..fits.reading import HduReading
from ..fits.tables import columns

_SHAPE = re.compile(r"\(?\s*(\d+(?:\s*,\s*\d+)*)\s*\)?")
_DATA_NAMES = ("DATA", "SPECTRUM", "SERIES", "FLOAT_DATA")


def is_single_dish(hdu: HduReading) -> bool:
    """Whether a table is SDFITS."""
    return hdu.name in ("SINGLE DISH", "SDFITS") or (hdu.header.text("NMATRIX") is not None and "TMATX1" in hdu.header)


def as_image(hdu: HduReading) -> HduReading:
    """The table's first spectrum as an image HDU: its columns are keywords ("virtual cards"), its cell the array."""
    first: dict[str, Scalar] = hdu.tables.get("first", {})
    table_words = re.compile(r"(XTENSION|BITPIX|NAXIS|PCOUNT|GCOUNT|TFIELDS|T[A-Z]{3,4}\d)")
    cards = hdu.header.select(lambda keyword: not table_words.match(keyword))
    overlay = {name.upper(): Assigned(value) for name, value in first.items() if len(name) <= 8}
    for axis, length in enumerate(_lengths(hdu, first), start=1):
        overlay[f"NAXIS{axis}"] = Assigned(length)
        overlay["NAXIS"] = Assigned(axis)
        # A degenerate axis without a reference pixel means its one pixel.
        if f"CRPIX{axis}" not in overlay and f"CRPIX{axis}" not in hdu.header:
            overlay[f"CRPIX{axis}"] = Assigned(1.0)
    return HduReading(hdu.index, cards, hdu.data_size, hdu.tables, {**overlay, **hdu.overlay})


def _lengths(hdu: HduReading, first: dict[str, Scalar]) -> list[int]:
    for column in columns(hdu.header):
        if column.name.upper() in _DATA_NAMES or f"TMATX{column.number}" in hdu.header:
            text = first.get(f"TDIM{column.number}") or hdu.header.text(f"TDIM{column.number}") or str(column.repeat)
            match = _SHAPE.match(str(text))
            if match:
                return [int(n) for n in match[1].split(",")][:6]
    return []
