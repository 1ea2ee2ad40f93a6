"""Tables of coordinates for -TAB axes, made again from what was read (FITS 4.0, section 8.2.4)."""

from __future__ import annotations

import re

import numpy as np
from astropy.io import fits

from .reading import HduReading, Reading
from .tables import TableColumn, columns

_SHAPE = re.compile(r"\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)")


def coordinate_tables(reading: Reading) -> fits.HDUList | None:
    """The tables whose columns were read whole, as astropy's WCS wants them; None where there are none."""
    tables = [table for hdu in reading.hdus if (table := _table(hdu)) is not None]
    return fits.HDUList([fits.PrimaryHDU(), *tables]) if tables else None


def _table(hdu: HduReading) -> fits.BinTableHDU | None:
    values: dict[str, list[float | None]] = hdu.tables.get("column", {})
    if not values or not hdu.name:
        return None
    made = [c for column in columns(hdu.header) if (c := _column(hdu, column, values.get(column.name))) is not None]
    if not made:
        return None
    table = fits.BinTableHDU.from_columns(made, name=hdu.name)
    table.header["EXTVER"] = hdu.header.integer("EXTVER", 1)
    table.header["EXTLEVEL"] = hdu.header.integer("EXTLEVEL", 1)
    return table


def _column(hdu: HduReading, column: TableColumn, values: list[float | None] | None) -> fits.Column | None:
    if not values:
        return None
    numbers = np.array([np.nan if v is None else v for v in values])
    rows = max(1, len(numbers) // max(1, column.repeat))
    match = _SHAPE.match(str(hdu.header.get(f"TDIM{column.number}", "")))
    shape = [int(n) for n in match[1].split(",")][::-1] if match else [column.repeat]
    if rows * int(np.prod(shape)) != len(numbers):
        return None
    dim = f"({','.join(str(n) for n in shape[::-1])})" if match else None
    return fits.Column(column.name, f"{column.repeat}D", dim=dim, array=numbers.reshape(rows, *shape))
