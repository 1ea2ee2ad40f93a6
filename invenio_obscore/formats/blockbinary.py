"""VOTable's BINARY and BINARY2 of whole blocks (VOTable 1.4, sections 5.3 and 5.4).

All cells of fixed size and the lengths of texts are columns of one numpy table, laid out as the rows will be. Pieces of
its rows and texts are the items of one array, and pyarrow takes them in the order in which they leave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..obscore.fields import Field, Row
from .binary import cell_encoder, null_value
from .blocks import NUMBER_TYPES, Block, Texts, block_of
from .encoders import row_encoder
from .source import Buffer, Wire

_Array = NDArray[Any]
#: BINARY2 has a mask of nulls, BINARY has not.
MASKED = {Wire.BINARY2: True, Wire.BINARY: False}
# Bytes of the length before a text.
_LENGTH = 4
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
    # A text that is empty in all rows is nowhere, only its length is.
    moving = {number for number, (one, at) in place.items() if one.sizes[:, at].any()}
    fixed, segments = _fixed(fields, block, place, moving, masked=masked)
    if not moving:
        return memoryview(fixed.tobytes())
    order = sorted(moving)
    pieces = [_Pieces(fixed.view(np.uint8), np.broadcast_to(segments, (block.rows, len(segments))))]
    slots = np.zeros((2 * len(segments) - 1, 2), np.int64)
    slots[::2, 1] = range(len(segments))
    for one in cells:
        columns = [at for at, number in enumerate(one.columns) if number in moving]
        for at, column in enumerate(columns):
            slots[2 * order.index(one.columns[column]) + 1] = (len(pieces), at)
        pieces.append(_Pieces(one.data, one.sizes[:, columns]))
    return _interleaved(pieces, slots)


@dataclass(frozen=True)
class _Pieces:
    """Some pieces of each row, row after row: their bytes, and how long they are (rows by pieces)."""

    data: Any
    sizes: _Array


def _interleaved(pieces: Sequence[_Pieces], slots: _Array) -> memoryview:
    """Put pieces of several kinds together; for each place in a row ``slots`` has the kind and the number in it."""
    rows = len(pieces[0].sizes)
    sizes = np.concatenate([[0], *(one.sizes.reshape(-1) for one in pieces)])
    data = pa.py_buffer(b"".join([one.data for one in pieces]))
    offsets = np.cumsum(sizes, dtype=np.int64)
    widths = np.array([one.sizes.shape[1] for one in pieces], np.int64)
    starts = rows * (np.cumsum(widths) - widths)
    kinds = slots[:, 0]
    taken = np.arange(rows, dtype=np.int64)[:, None] * widths[kinds] + (starts[kinds] + slots[:, 1])
    items = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), data])
    # Its offsets are sound: no need to look at them.
    joined = pc.take(items, pa.array(taken.reshape(-1)), boundscheck=False)
    return memoryview(joined.buffers()[2])[: int(offsets[-1])]


def _fixed(
    fields: Sequence[Field], block: Block, place: dict[int, tuple[_Cells, int]], moving: set[int], *, masked: bool
) -> tuple[_Array, _Array]:
    """The table of what has a fixed size, and the sizes of its pieces between the texts that move."""
    layout: list[Any] = [("mask", "u1", (-(-len(fields) // 8),))] if masked else []
    size, pieces, before = -(-len(fields) // 8) if masked else 0, [], 0
    nothing: _Array = np.all(block.nulls, axis=1)
    for number, one in enumerate(fields):
        if number not in place:
            layout.append((f"c{number}", ">" + _type(one)))
            size += np.dtype(_type(one)).itemsize
        elif not one.arraysize or one.is_text or one.arraysize.endswith("*"):
            layout.append((f"c{number}", ">i4"))
            size += _LENGTH
        if number in moving:
            pieces.append(size - before)
            before = size
    dtype = np.dtype(layout)
    filler = np.zeros(1, dtype)
    varying: dict[str, Any] = {"mask": np.packbits(block.nulls, axis=0).T} if masked else {}
    for number, one in enumerate(fields):
        if number not in place:
            values = _numbers(one, block, number, masked=masked)
            if nothing[number]:
                filler[f"c{number}"] = values[:1]
            else:
                varying[f"c{number}"] = values
        elif number in moving and f"c{number}" in (dtype.names or ()):
            cells, at = place[number]
            varying[f"c{number}"] = cells.units[:, at]
    # Whole rows are copied quicker than columns, of which many are null everywhere.
    table = np.repeat(filler, block.rows)
    for name, values in varying.items():
        table[name] = values
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
