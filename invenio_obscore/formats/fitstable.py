"""A FITS binary table (FITS 4.0, section 7.3).

The header says how many rows there are and how wide each text is, so blocks are spooled to a temporary file first:
memory stays flat. Text is ASCII (section 3.2); a character that is not becomes ``?``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..obscore.fields import Field
from .binary import null_value
from .blocks import Block, Texts, kinds
from .meta import Meta
from .source import Source

_TYPES = {"unsignedByte": ("B", "u1"), "short": ("I", ">i2"), "int": ("J", ">i4"), "long": ("K", ">i8")} | {
    "float": ("E", ">f4"),
    "double": ("D", ">f8"),
    "boolean": ("L", "S1"),
}
_BLOCK = 2880
_Array = NDArray[Any]


@dataclass(frozen=True)
class _Spooled:
    """What the temporary file holds of a block, in this order.

    Attributes
    ----------
    rows
        Rows of the block.
    widths
        Of each column: bytes of the longest text, items of the longest array.
    """

    rows: int
    widths: _Array


def stream(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write a primary HDU without data and the table. Every error is raised before the first piece."""
    with tempfile.TemporaryFile() as spool:
        blocks = [_spool(source.fields, block, spool) for block in source.blocks()]
        spool.seek(0)
        rows = sum(block.rows for block in blocks)
        widths = np.max([block.widths for block in blocks], axis=0) if blocks else np.ones(len(source.fields), int)
        dtype = np.dtype(
            [(f"c{n}", *_column_type(f, w)) for n, (f, w) in enumerate(zip(source.fields, widths.tolist()))]
        )
        yield _headers(source, widths.tolist(), rows, dtype.itemsize)
        for block in blocks:
            yield _table(source.fields, block.rows, dtype, spool)
        yield b"\0" * (-rows * dtype.itemsize % _BLOCK)


def _spool(fields: Sequence[Field], block: Block, spool: IO[bytes]) -> _Spooled:
    """Write a block: its numbers as one table, its texts, its arrays."""
    widths = np.ones(len(fields), np.int64)
    numbers = np.empty(block.rows, _numbers_type(fields))
    for name in numbers.dtype.names or ():
        number = int(name[1:])
        numbers[name] = _numbers(fields[number], block.numbers[number], block.nulls[number])
    np.save(spool, numbers, allow_pickle=False)
    for texts in _ascii(block):
        widths[list(texts.columns)] = np.maximum(texts.sizes.max(axis=0, initial=1), 1)
        np.save(spool, texts.ends, allow_pickle=False)
        np.save(spool, np.frombuffer(texts.data, np.uint8), allow_pickle=False)
    for number, values in block.lists.items():
        array = _ragged(values, _TYPES[fields[number].datatype][1])
        widths[number] = array.shape[1]
        np.save(spool, array, allow_pickle=False)
    return _Spooled(block.rows, widths)


def _ascii(block: Block) -> Iterator[Texts]:
    return (texts.ascii() for texts in block.texts)


def _numbers_type(fields: Sequence[Field]) -> np.dtype[Any]:
    sorts = kinds(fields)
    return np.dtype([(f"c{n}", _TYPES[fields[n].datatype][1]) for n in (*sorts.floats, *sorts.integers)])


def _numbers(field: Field, values: _Array, nulls: _Array) -> _Array:
    if field.datatype == "boolean":
        return np.where(nulls, b"\0", np.where(values != 0, b"T", b"F"))
    null = null_value(field)
    return values if null is None or not nulls.any() else np.where(nulls, null, values)


def _ragged(values: Sequence[Any], dtype: str) -> _Array:
    """Arrays of any length side by side, the shorter ones ended by NaN."""
    longest = max((len(value) for value in values if value), default=1)
    array = np.full((len(values), longest), np.nan if "f" in dtype else 0, dtype)
    for line, value in zip(array, values):
        if value:
            line[: len(value)] = value
    return array


def _table(fields: Sequence[Field], rows: int, dtype: np.dtype[Any], spool: IO[bytes]) -> bytes:
    """The rows of one block at their final widths."""
    table = np.zeros(rows, dtype)
    numbers = np.load(spool, allow_pickle=False)
    for name in numbers.dtype.names or ():
        table[name] = numbers[name]
    sorts = kinds(fields)
    for columns in filter(None, (sorts.chars, sorts.unicodes)):
        ends = np.load(spool, allow_pickle=False)
        _place(table, Texts(columns, np.load(spool, allow_pickle=False), ends))
    for number in sorts.lists:
        array = np.load(spool, allow_pickle=False)
        if table[f"c{number}"].dtype.kind == "f":
            table[f"c{number}"] = np.nan
        table[f"c{number}"][:, : array.shape[1]] = array
    return table.tobytes()


def _place(table: _Array, texts: Texts) -> None:
    """Copy all texts to where they stand in the table: each byte goes as far as its cell's first one does."""
    within = np.array([table.dtype.fields[f"c{number}"][1] for number in texts.columns], np.int64)  # type: ignore[index]
    starts = np.arange(len(table), dtype=np.int64)[:, None] * table.dtype.itemsize + within
    sizes = texts.sizes
    far = (starts - (texts.ends - sizes)).reshape(-1)
    places = np.repeat(far, sizes.reshape(-1)) + np.arange(len(texts.data), dtype=np.int64)
    table.view(np.uint8)[places] = texts.data


def _column_type(field: Field, width: int) -> tuple[Any, ...]:
    if field.is_text:
        return (f"S{width}",)
    dtype = _TYPES[field.datatype][1]
    return (dtype, (width,)) if field.arraysize else (dtype,)


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
