"""Rows as blocks of arrays, out of COPY's binary format: numpy finds the cells of many rows at once, column by column.

A row is the number of its columns in two bytes, then each cell: its length in four (-1 for a null) and its bytes,
numbers with their highest byte first (PostgreSQL's documentation, COPY, "Binary Format"). Other ways were slower
(``docs/decisions.md``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg.adapt import Transformer
from psycopg.postgres import types
from psycopg.pq import Format

from ..errors import ServiceError
from ..formats.blocks import Block, Texts, kinds
from ..formats.source import Buffer
from ..obscore.fields import Field
from .columnsql import TYPES, array_sql

_Array = NDArray[Any]
# Signature, flags, and the length of an extension that nobody defined yet stand before the first row.
_SIGNATURE, _EXTENSION, _HEADER = b"PGCOPY\n\xff\r\n\0", slice(15, 19), 19
_END = b"\xff\xff"
_LENGTH = 4
# The highest byte of -1; no cell has a length that begins so.
_NULL = 0xFF
_NUMBERS = {"bool": "i1", "int2": ">i2", "int4": ">i4", "int8": ">i8", "float4": ">f4", "float8": ">f8"}
# Numbers of the last null cells are read before they are replaced.
_PADDING = bytes(8)


def cell_sql(name: str, one: Field) -> str:
    """How a column is asked for: with the type that is read here. Most have it, and then this costs nothing."""
    if one.is_text:
        return f"{name}::text"
    return array_sql(name, one) if one.arraysize else f"{name}::{TYPES[one.datatype]}"


def blocks_of(
    fields: Sequence[Field], groups: Sequence[tuple[int, ...]], batches: Iterator[Sequence[Buffer]], rows: int
) -> Iterator[Block]:
    """Turn what COPY wrote (:func:`rows_only`) into blocks: one of the first batch, then of so many rows or more.

    ``groups`` are the text columns that stand together.

    Rows are joined batch by batch: single objects of a thousand rows would not stay in the processor's cache.
    """
    pieces: list[bytes] = []
    sizes: list[int] = []
    wanted = 0
    for batch in batches:
        pieces.append(b"".join(batch))
        sizes += map(len, batch)
        if len(sizes) >= wanted:
            yield _block(fields, groups, b"".join([*pieces, _PADDING]), sizes)
            pieces, sizes, wanted = [], [], rows
    if sizes:
        yield _block(fields, groups, b"".join([*pieces, _PADDING]), sizes)


def rows_only(batches: Generator[list[Buffer], None, None]) -> Generator[list[Buffer], None, None]:
    """The rows without what stands before the first and behind the last one."""
    first = True
    with contextlib.closing(batches):
        for batch in batches:
            if first:
                batch[0] = _without_header(batch[0])
                first = False
            if batch[-1] == _END:
                batch.pop()
            if batch:
                yield batch


def _without_header(row: Buffer) -> Buffer:
    head = bytes(row[:_HEADER])
    if not head.startswith(_SIGNATURE):
        raise ServiceError("PostgreSQL's COPY has a format that is not known here")
    return row[_HEADER + int.from_bytes(head[_EXTENSION], "big") :]


@dataclass
class _Cells:
    """Where the cells are: what is there of the columns that are not null everywhere."""

    nulls: _Array
    begins: dict[int, _Array] = field(default_factory=dict)
    ends: dict[int, _Array] = field(default_factory=dict)


def _block(fields: Sequence[Field], groups: Sequence[tuple[int, ...]], data: bytes, sizes: Sequence[int]) -> Block:
    cells = _found(fields, data, np.array(sizes, np.int64))
    sorts = kinds(fields)
    numbers = {number: _numbers(fields[number], number, data, cells) for number in (*sorts.floats, *sorts.integers)}
    lists = {number: _lists(fields[number], number, data, cells) for number in sorts.lists}
    return Block(len(sizes), cells.nulls, numbers, tuple(_texts(groups, data, cells)), lists)


def _found(fields: Sequence[Field], data: bytes, sizes: _Array) -> _Cells:
    """Go through the columns, all rows at once."""
    octets = np.frombuffer(data, np.uint8)
    lengths = _unaligned(data, ">i4")
    row_ends = np.cumsum(sizes)
    at = row_ends - sizes
    sound = bool((_unaligned(data, ">i2")[at] == len(fields)).all())
    at += len(_END)
    cells = _Cells(np.zeros((len(fields), len(sizes)), bool))
    for number, one in enumerate(fields):
        missing = np.equal(octets.take(at, mode="clip"), _NULL, out=cells.nulls[number])
        known = len(sizes) - np.count_nonzero(missing)
        begins = at + _LENGTH
        if not known:
            at = begins
            continue
        if one.is_text or one.arraysize:
            at = begins + np.maximum(lengths[at], 0)
        else:
            width = np.dtype(_NUMBERS[TYPES[one.datatype]]).itemsize
            at = begins + (width if known == len(sizes) else width * ~missing)
        cells.begins[number], cells.ends[number] = begins, at
        if int(at[-1]) > len(data):
            break
    if not sound or not np.array_equal(at, row_ends):
        raise ServiceError("PostgreSQL's COPY gave rows that cannot be read")
    return cells


def _unaligned(data: bytes, dtype: str) -> _Array:
    """The number at each byte."""
    count = len(data) - np.dtype(dtype).itemsize + 1
    return np.ndarray((count,), dtype, data, strides=(1,))


def _numbers(one: Field, number: int, data: bytes, cells: _Cells) -> _Array:
    dtype = _NUMBERS[TYPES[one.datatype]]
    null = np.nan if "f" in dtype else 0
    missing = cells.nulls[number]
    if number not in cells.begins:
        return np.full(len(missing), null, dtype)
    values: _Array = _unaligned(data, dtype)[cells.begins[number]]
    values[missing] = null
    return values


def _texts(groups: Sequence[tuple[int, ...]], data: bytes, cells: _Cells) -> Iterator[Texts]:
    """The texts of each group of columns side by side.

    Texts and what stands between them are the items of one array over the data; Arrow takes the texts out of it.
    """
    rows = cells.nulls.shape[1]
    present = sorted(number for group in groups for number in group if number in cells.begins)
    place = {number: 2 * at + 1 for at, number in enumerate(present)}
    offsets = np.zeros(2 * rows * len(present) + 1, np.int64)
    bounds = offsets[1:].reshape(rows, 2 * len(present))
    for number, at in place.items():
        bounds[:, at - 1] = cells.begins[number]
        bounds[:, at] = cells.ends[number]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    items = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    first = np.arange(0, 2 * rows * len(present), 2 * len(present) or 1)
    for group in groups:
        sizes = np.zeros((rows, len(group)), np.int64)
        if not any(number in place for number in group):
            yield Texts(group, b"", sizes)
            continue
        for column, number in enumerate(group):
            if number in place:
                np.subtract(cells.ends[number], cells.begins[number], out=sizes[:, column])
        ends = np.cumsum(sizes).reshape(sizes.shape)
        taken = np.add.outer(first, [place[number] for number in group if number in place])
        yield Texts(group, _taken(items, taken, int(ends[-1, -1])), ends)


def _taken(items: pa.Array, places: _Array, size: int) -> bytes:
    if not size:
        return b""
    texts = pc.take(items, pa.array(places.reshape(-1)), boundscheck=False)
    found: bytes = texts.buffers()[2][:size].to_pybytes()
    return found


def _lists(one: Field, number: int, data: bytes, cells: _Cells) -> Sequence[Any]:
    missing = cells.nulls[number]
    if number not in cells.begins:
        return [None] * len(missing)
    loader = Transformer().get_loader(types[TYPES[one.datatype]].array_oid, Format.BINARY)
    bounds = zip(cells.begins[number].tolist(), cells.ends[number].tolist(), missing.tolist())
    return [None if null else loader.load(data[begin:end]) for begin, end, null in bounds]
