"""Many rows as arrays: what the writers of binary formats take from a database at full speed.

Numbers stand column by column; texts stand side by side, row after row, in one run of bytes, as they leave in the end.
So a block is filled and written by a few operations on whole arrays, none of them per cell in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..obscore.fields import Field, Row

_Array = NDArray[Any]
# UTF-8: bytes inside a character begin with the bits 10, one of four bytes begins with 11110.
_LEAD, _CONTINUATION, _FOUR = 0xC0, 0x80, 0xF0
#: numpy's types of numbers in memory; a truth value is 0 or 1.
NUMBER_TYPES = {
    "boolean": "i1",
    "unsignedByte": "u1",
    "short": "i2",
    "int": "i4",
    "long": "i8",
    "float": "f4",
    "double": "f8",
}


@dataclass(frozen=True)
class Texts:
    """The cells of some text columns, row after row.

    Attributes
    ----------
    columns
        Numbers of the columns among the result's.
    data
        All cells, in UTF-8 unless something else is said.
    ends
        Where each cell ends in ``data``: one row of this array a row, one item a column.
    """

    columns: tuple[int, ...]
    data: Any
    ends: _Array

    @property
    def sizes(self) -> _Array:
        """Bytes of each cell, shaped as ``ends``."""
        return _sizes(self.ends)

    def ascii(self) -> Texts:
        """The same with ``?`` for every letter that is not ASCII: what ``char`` and FITS can hold."""
        if self.data.isascii():
            return self
        characters = (self._octets & _LEAD) != _CONTINUATION
        return Texts(self.columns, self.data.decode().encode("ascii", "replace"), self._counted(characters))

    def utf16(self) -> Texts:
        """The same in UTF-16 without a mark, as ``unicodeChar`` has it."""
        if self.data.isascii():
            wide = np.zeros(2 * len(self.data), np.uint8)
            wide[1::2] = self._octets
            return Texts(self.columns, wide, 2 * self.ends)
        characters = ((self._octets & _LEAD) != _CONTINUATION).astype(np.int64)
        units = characters + (self._octets >= _FOUR)
        return Texts(self.columns, self.data.decode().encode("utf-16-be"), 2 * self._counted(units))

    @property
    def _octets(self) -> _Array:
        return np.frombuffer(self.data, np.uint8)

    def _counted(self, units: _Array) -> _Array:
        """Where the cells end if each byte counts as much as ``units`` says."""
        total: _Array = np.concatenate([[0], np.cumsum(units, dtype=np.int64)])[self.ends]
        return total


def _sizes(ends: _Array) -> _Array:
    return np.diff(ends.reshape(-1), prepend=0).reshape(ends.shape)


@dataclass(frozen=True)
class Block:
    """Some rows.

    Attributes
    ----------
    rows
        How many.
    nulls
        ``bool``, columns by rows: which cells are null. A null's number is 0 or NaN, its text empty.
    numbers
        Arrays of numbers by the number of their column.
    texts
        The text cells, in groups of columns (:func:`text_groups`).
    lists
        Cells of array columns by the number of their column.
    """

    rows: int
    nulls: _Array
    numbers: Mapping[int, _Array] = field(default_factory=dict)
    texts: tuple[Texts, ...] = ()
    lists: Mapping[int, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kinds:
    """The columns of a result by how a block keeps them."""

    chars: tuple[int, ...]
    unicodes: tuple[int, ...]
    floats: tuple[int, ...]
    integers: tuple[int, ...]
    lists: tuple[int, ...]


def kinds(fields: Sequence[Field]) -> Kinds:
    """Sort columns by how a block keeps them."""
    found: dict[str, list[int]] = {name: [] for name in Kinds.__dataclass_fields__}
    for number, one in enumerate(fields):
        if one.is_text:
            name = "unicodes" if one.datatype == "unicodeChar" else "chars"
        elif one.arraysize:
            name = "lists"
        else:
            name = "floats" if one.datatype in ("float", "double") else "integers"
        found[name].append(number)
    return Kinds(**{name: tuple(numbers) for name, numbers in found.items()})


def text_groups(fields: Sequence[Field], *, by_column: bool) -> tuple[tuple[int, ...], ...]:
    """Which text columns stand together: each by itself, or the ``char`` columns and the ``unicodeChar`` columns."""
    sorts = kinds(fields)
    if by_column:
        return tuple((number,) for number in (*sorts.chars, *sorts.unicodes))
    return tuple(filter(None, (sorts.chars, sorts.unicodes)))


def block_of(fields: Sequence[Field], rows: Sequence[Row], *, by_column: bool = False) -> Block:
    """Make a block of rows of Python values; ``by_column`` is for :func:`text_groups`."""
    sorts = kinds(fields)
    columns: list[Sequence[Any]] = list(zip(*rows)) or [()] * len(fields)
    nulls = np.zeros((len(fields), len(rows)), bool)
    for number, column in enumerate(columns):
        if None in column:
            nulls[number] = [value is None for value in column]
    numbers = {number: np.array(columns[number], _type(fields[number])) for number in sorts.floats}
    for number in sorts.integers:
        values = columns[number]
        known = [0 if value is None else value for value in values] if nulls[number].any() else values
        numbers[number] = np.array(known, _type(fields[number]))
    texts = tuple(_texts(group, rows) for group in text_groups(fields, by_column=by_column))
    return Block(len(rows), nulls, numbers, texts, {number: columns[number] for number in sorts.lists})


def _type(field: Field) -> str:
    return NUMBER_TYPES[field.datatype]


def _texts(columns: tuple[int, ...], rows: Sequence[Row]) -> Texts:
    cells = [str(row[number] or "") for row in rows for number in columns]
    joined = "".join(cells)
    sizes = map(len, cells if joined.isascii() else [cell.encode("utf-8", "replace") for cell in cells])
    ends = np.cumsum(np.fromiter(sizes, np.int64, len(cells)), dtype=np.int64).reshape(len(rows), len(columns))
    return Texts(columns, joined.encode("utf-8", "replace"), ends)
