"""A FITS binary table (FITS 4.0, section 7.3).

The header says how many rows there are and how wide each text is, so rows are spooled to a temporary file first: memory
stays flat. Text is ASCII (section 3.2); a character that is not becomes ``?``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..obscore.fields import Field
from .binary import null_value
from .meta import Meta
from .source import Source

_TYPES = {"unsignedByte": ("B", "u1"), "short": ("I", ">i2"), "int": ("J", ">i4"), "long": ("K", ">i8")} | {
    "float": ("E", ">f4"),
    "double": ("D", ">f8"),
    "boolean": ("L", "S1"),
}
_BLOCK = 2880
_Array = NDArray[Any]


def stream(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write a primary HDU without data and the table. Every error is raised before the first piece."""
    with tempfile.TemporaryFile() as spool:
        widths, batches = _spool(source, spool)
        rows = sum(batches)
        dtype = np.dtype([(f"c{n}", *_column_type(f, w)) for n, (f, w) in enumerate(zip(source.fields, widths))])
        yield _headers(source, widths, rows, dtype.itemsize)
        for count in batches:
            table = np.zeros(count, dtype)
            for name in dtype.names or ():
                _fill(table, name, np.load(spool, allow_pickle=False))
            yield table.tobytes()
        yield b"\0" * (-rows * dtype.itemsize % _BLOCK)


def _spool(source: Source, spool: IO[bytes]) -> tuple[list[int], list[int]]:
    """Write each batch column by column; return the width of each column and the rows of each batch."""
    widths = [1] * len(source.fields)
    batches = []
    for batch in source.values():
        batches.append(len(batch))
        for number, (field, values) in enumerate(zip(source.fields, zip(*batch))):
            array = _array(field, values)
            widths[number] = max(widths[number], _width(field, array))
            np.save(spool, array, allow_pickle=False)
    spool.seek(0)
    return widths, batches


def _array(field: Field, values: Sequence[Any]) -> _Array:
    if field.is_text:
        return np.array([b"" if value is None else value.encode("ascii", "replace") for value in values], "S")
    if field.datatype == "boolean":
        return np.array([b"\0" if value is None else b"T" if value else b"F" for value in values], "S1")
    dtype = _TYPES[field.datatype][1]
    if field.arraysize:
        return _ragged(values, dtype)
    null = null_value(field)
    if null is None:
        return np.array(values, dtype)
    return np.array([null if value is None else value for value in values], dtype)


def _ragged(values: Sequence[Any], dtype: str) -> _Array:
    """Arrays of any length side by side, the shorter ones ended by NaN."""
    longest = max((len(value) for value in values if value), default=1)
    array = np.full((len(values), longest), np.nan if "f" in dtype else 0, dtype)
    for line, value in zip(array, values):
        if value:
            line[: len(value)] = value
    return array


def _width(field: Field, array: _Array) -> int:
    return max(array.dtype.itemsize, 1) if field.is_text else array.shape[1] if array.ndim == 2 else 1


def _column_type(field: Field, width: int) -> tuple[Any, ...]:
    if field.is_text:
        return (f"S{width}",)
    dtype = _TYPES[field.datatype][1]
    return (dtype, (width,)) if field.arraysize else (dtype,)


def _fill(table: _Array, name: str, array: _Array) -> None:
    if array.ndim == 2:
        if table[name].dtype.kind == "f":
            table[name][...] = np.nan
        table[name][:, : array.shape[1]] = array
    else:
        table[name] = array


def _headers(source: Source, widths: list[int], rows: int, row_bytes: int) -> bytes:
    from astropy.io import fits

    primary = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
    header = fits.Header()
    for key, value in (("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", row_bytes), ("NAXIS2", rows)):
        header[key] = value
    for key, count in (("PCOUNT", 0), ("GCOUNT", 1), ("TFIELDS", len(source.fields))):
        header[key] = count
    header["EXTNAME"] = "RESULT"
    header["OVERFLOW"] = (source.overflow, "whether MAXREC left rows out")
    for number, (field, width) in enumerate(zip(source.fields, widths), 1):
        _describe(header, number, field, width)
    return primary.tostring().encode("ascii") + header.tostring().encode("ascii")


def _describe(header: Any, number: int, field: Field, width: int) -> None:  # noqa: ANN401
    code = "A" if field.is_text else _TYPES[field.datatype][0]
    cards = {
        "TTYPE": field.name,
        "TFORM": f"{width}{code}" if field.is_text or field.arraysize else code,
        "TUNIT": field.unit,
        "TUCD": field.ucd,
        "TUTYP": field.utype,
        "TCOMM": field.description,
    }
    for key, value in cards.items():
        if value:
            header[f"{key}{number}"] = value.encode("ascii", "replace").decode()
    null = null_value(field)
    if null is not None:
        header[f"TNULL{number}"] = null
