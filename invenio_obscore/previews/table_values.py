"""Columns of a table in bounded reads: all rows where they are few bytes, else blocks of rows from all over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import FitsError
from ..fits.reading import HduReading
from ..fits.tables import TableColumn, cell_numbers, columns
from .source import DataFile

#: Places in the table from which blocks of rows are read where not all are.
_BLOCKS = 128
_MOST_ROW = 64 * 2**20


@dataclass(frozen=True)
class Columns:
    """Numbers of some columns, one array a column; ``rows`` were read of ``total``."""

    values: dict[str, np.ndarray]
    rows: int
    total: int


def numeric_columns(hdu: HduReading) -> list[TableColumn]:
    """The columns of a table that hold real numbers and lie inside its rows."""
    width = hdu.header.integer("NAXIS1")
    return [c for c in columns(hdu.header) if (c.is_number or c.ascii) and c.width and c.offset + c.width <= width]


def read_columns(file: DataFile, hdu: HduReading, wanted: Sequence[TableColumn], most_bytes: int) -> Columns:
    """The numbers of these columns; null cells are NaN.

    Raises
    ------
    FitsError
        The table has no rows, or ends before its first one.
    """
    row_bytes, total = hdu.header.integer("NAXIS1"), hdu.header.integer("NAXIS2")
    if total < 1 or not 0 < row_bytes <= _MOST_ROW:
        raise FitsError("the table has no rows", hdu=hdu.index)
    start, found = file.start(hdu), []
    for first, count in _blocks(total, max(1, most_bytes // row_bytes)):
        data = file.read(start + first * row_bytes, count * row_bytes)
        raw = np.frombuffer(data[: len(data) // row_bytes * row_bytes], np.uint8).reshape(-1, row_bytes)
        if len(raw):
            found.append([cell_numbers(column, raw) for column in wanted])
    if not found:
        raise FitsError("the file ends inside the table", hdu=hdu.index)
    values = {column.name: np.concatenate(parts) for column, parts in zip(wanted, zip(*found))}
    return Columns(values, sum(len(parts[0]) for parts in found), total)


def _blocks(total: int, most: int) -> list[tuple[int, int]]:
    """(first row, rows) of blocks with at most about so many rows in all."""
    if total <= most:
        return [(0, total)]
    blocks = min(_BLOCKS, most)
    return [(i * total // blocks, max(1, most // blocks)) for i in range(blocks)]
