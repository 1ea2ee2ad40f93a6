"""VOTable's binary cells in Python (VOTable 1.4, section 5.3): big-endian values, text with a 4-byte length."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ..obscore.fields import Cell, Field, Row

_CODES = {"unsignedByte": "B", "short": "h", "int": "i", "long": "q", "float": "f", "double": "d"}
_NULLS = {"unsignedByte": 255, "short": -(2**15), "int": -(2**31), "long": -(2**63)}
_LENGTH = struct.Struct(">i")
_EMPTY = bytes(_LENGTH.size)
_BOOLEANS = {True: b"T", False: b"F", None: b"?"}


def null_value(field: Field) -> int | None:
    """The integer that stands for null where a serialisation has no other way; None where none is needed."""
    return None if field.arraysize else _NULLS.get(field.datatype)


def cell_encoder(field: Field, *, masked: bool) -> Callable[[Cell], bytes]:
    """Return the function that turns one value into bytes.

    Parameters
    ----------
    field
        Describes the value.
    masked
        The row says by a mask which cells are null (BINARY2): a null is zeros then, NaN where that exists.
    """
    if field.datatype == "boolean":
        return lambda value: _BOOLEANS[None if value is None else bool(value)]
    if field.is_text:
        return unicode_cell if field.datatype == "unicodeChar" else _text
    packer = struct.Struct(">" + _CODES[field.datatype])
    null = float("nan") if field.datatype in ("float", "double") else 0 if masked else _NULLS[field.datatype]
    if field.arraysize:
        return _array_encoder(field, null)
    filler = packer.pack(null)
    return lambda value: filler if value is None else packer.pack(value)


def _text(value: Cell) -> bytes:
    if value is None:
        return _EMPTY
    # VOTable 1.4, section 2.1: a char is ASCII, and readers refuse anything else; unicodeChar is there for the rest.
    data = str(value).encode("ascii", "replace")
    return _LENGTH.pack(len(data)) + data


def unicode_cell(value: Cell) -> bytes:
    """Text of unicodeChar: UTF-16 without a mark, the length in 16-bit units (VOTable 1.4, section 2.1)."""
    if value is None:
        return _EMPTY
    data = str(value).encode("utf-16-be", "replace")
    return _LENGTH.pack(len(data) // 2) + data


def _array_encoder(field: Field, null: float) -> Callable[[Cell], bytes]:
    code = _CODES[field.datatype]
    variable = field.arraysize.endswith("*")
    size = 0 if variable else int(field.arraysize)

    def encode(value: Cell) -> bytes:
        items = [null if item is None else item for item in value] if isinstance(value, (list, tuple)) else []
        if not variable:
            items = (items + [null] * size)[:size]
        data = struct.pack(f">{len(items)}{code}", *items)
        return _LENGTH.pack(len(items)) + data if variable else data

    return encode


def null_mask(row: Row) -> bytes:
    """The mask of BINARY2: a bit a column, the first column in the highest bit of the first byte."""
    size = (len(row) + 7) // 8
    bits = int("".join(["1" if value is None else "0" for value in row]), 2)
    return (bits << size * 8 - len(row)).to_bytes(size, "big")


def binary_encoder(fields: Sequence[Field], *, masked: bool) -> Callable[[Row], bytes]:
    """Return the function that encodes a row as BINARY2 (``masked``) or BINARY has it."""
    cells = [cell_encoder(field, masked=masked) for field in fields]

    def encode(row: Row) -> bytes:
        data = b"".join([cell(value) for cell, value in zip(cells, row)])
        return null_mask(row) + data if masked else data

    return encode
