"""VOTable's BINARY and BINARY2 of whole blocks (VOTable 1.4, sections 5.3 and 5.4).

All cells of fixed size and the lengths of texts are columns of one numpy table, laid out as the rows will be; pyarrow's
element-wise join puts the texts between its pieces and gives the rows as one run of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..obscore.fields import Field
from .binary import cell_encoder, null_value
from .blocks import NUMBER_TYPES, Block, Texts, block_of
from .encoders import row_encoder
from .source import Buffer, Row, Wire

_Array = NDArray[Any]
#: BINARY2 has a mask of nulls, BINARY has not.
MASKED = {Wire.BINARY2: True, Wire.BINARY: False}
# From so many rows on, arrays are quicker than single rows (measured).
_MANY_ROWS = 100


@dataclass(frozen=True)
class _Cells:
    """Texts as they leave: how long each is in the format's units and in bytes, and all bytes."""

    columns: tuple[int, ...]
    units: _Array
    sizes: _Array
    data: Any


def batch_encoder(fields: Sequence[Field], wire: Wire) -> Callable[[Sequence[Row]], Buffer]:
    """Return the function that encodes rows of Python values: one by one where they are few, else as a block."""
    encode = row_encoder(fields, wire)

    def encode_batch(rows: Sequence[Row]) -> Buffer:
        if len(rows) < _MANY_ROWS or wire not in MASKED:
            return b"".join(map(encode, rows))
        return encode_block(fields, block_of(fields, rows), masked=MASKED[wire])

    return encode_batch


def encode_block(fields: Sequence[Field], block: Block, *, masked: bool) -> memoryview:
    """Return the rows' bytes; ``masked`` is BINARY2."""
    cells = [_encoded(fields[texts.columns[0]].datatype, texts) for texts in block.texts]
    cells += [_listed(fields[number], number, values) for number, values in block.lists.items()]
    place = {number: (one, at) for one in cells for at, number in enumerate(one.columns)}
    # A text that is empty in all rows needs no place in the join, only its length.
    moving = {number for number, (one, at) in place.items() if one.sizes[:, at].any()}
    fixed, segments = _fixed(fields, block, place, moving, masked=masked)
    if not moving:
        return memoryview(fixed.tobytes())
    order = sorted(moving)
    pieces = [_binary(fixed.view(np.uint8).reshape(-1), np.tile(segments, block.rows))]
    for one in cells:
        if moving.intersection(one.columns):
            pieces.append(_binary(one.data, _spread(one, order, block.rows)))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
    return memoryview(joined.buffers()[2])[: len(joined.buffers()[2])]


def _fixed(
    fields: Sequence[Field], block: Block, place: dict[int, tuple[_Cells, int]], moving: set[int], *, masked: bool
) -> tuple[_Array, _Array]:
    """The table of what has a fixed size, and the sizes of its pieces between the texts that move."""
    layout: list[Any] = [("mask", "u1", (-(-len(fields) // 8),))] if masked else []
    pieces, before = [], 0
    for number, one in enumerate(fields):
        if number not in place:
            layout.append((f"c{number}", ">" + _type(one)))
        elif not one.arraysize or one.is_text or one.arraysize.endswith("*"):
            layout.append((f"c{number}", ">i4"))
        if number in moving:
            size = np.dtype(layout).itemsize
            pieces.append(size - before)
            before = size
    dtype = np.dtype(layout)
    table = np.zeros(block.rows, dtype)
    if masked:
        table["mask"] = np.packbits(block.nulls, axis=0).T
    for number, one in enumerate(fields):
        if number not in place:
            table[f"c{number}"] = _numbers(one, block, number, masked=masked)
        elif f"c{number}" in (dtype.names or ()):
            cells, at = place[number]
            table[f"c{number}"] = cells.units[:, at]
    return table, np.array([*pieces, dtype.itemsize - before], np.int64)


def _type(field: Field) -> str:
    return "i1" if field.datatype == "boolean" else NUMBER_TYPES[field.datatype]


def _numbers(field: Field, block: Block, number: int, *, masked: bool) -> _Array:
    values, nulls = block.numbers[number], block.nulls[number]
    if field.datatype == "boolean":
        return np.where(nulls, ord("?"), np.where(values != 0, ord("T"), ord("F")))
    null = null_value(field)
    return values if masked or null is None or not nulls.any() else np.where(nulls, null, values)


def _encoded(datatype: str, texts: Texts) -> _Cells:
    unicode = datatype == "unicodeChar"
    encoded = texts.utf16() if unicode else texts.ascii()
    sizes = encoded.sizes
    return _Cells(texts.columns, sizes // 2 if unicode else sizes, sizes, encoded.data)


def _listed(field: Field, number: int, values: Sequence[Any]) -> _Cells:
    encode = cell_encoder(field, masked=True)
    cells = [encode(value) for value in values]
    if field.arraysize.endswith("*"):
        cells = [cell[4:] for cell in cells]
    sizes = np.array([[len(cell)] for cell in cells], np.int64).reshape(len(cells), 1)
    item = np.dtype(NUMBER_TYPES[field.datatype]).itemsize
    return _Cells((number,), sizes // item, sizes, b"".join(cells))


def _spread(cells: _Cells, order: list[int], rows: int) -> _Array:
    """Sizes of these cells at the places of all that move, and of nothing after the last one."""
    sizes = np.zeros((rows, len(order) + 1), np.int64)
    for at, number in enumerate(cells.columns):
        if number in order:
            sizes[:, order.index(number)] = cells.sizes[:, at]
    return sizes.reshape(-1)


def _binary(data: Any, sizes: _Array) -> pa.Array:
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return pa.Array.from_buffers(pa.large_binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
