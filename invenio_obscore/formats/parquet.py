"""Parquet, with the columns' metadata as a VOTable without rows beside the table (VOParquet 1.0)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..obscore.fields import Field
from . import votable
from .blocks import Block, Texts
from .memory import MemorySource
from .meta import Meta
from .source import Source, Wire, primed

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are compressed together.
_GROUP_ROWS = 4_000


def available() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


class _Drain(io.RawIOBase):
    """A file that is read away while it is written."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401
        piece = bytes(data)
        self._pieces.append(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def stream(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write row groups as they fill; a late error goes on to whoever reads, since the format has no place for it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    blocks = primed(source.blocks(by_column=True))
    schema = _schema(source, meta)
    drain = _Drain()
    # Nearly every text is unique: dictionaries cost time. Snappy takes half of zstd's time, and every reader knows it.
    options = {"compression": "snappy", "write_statistics": False, "use_dictionary": False}
    # One thread compresses a group while the next one is fetched.
    with pq.ParquetWriter(drain, schema, **options) as writer, ThreadPoolExecutor(1) as thread:
        written: Future[None] | None = None
        for group in _groups(blocks, schema):
            if written is not None:
                written.result()
                yield drain.take()
            written = thread.submit(writer.write_table, pa.Table.from_batches(group, schema))
        if written is not None:
            written.result()
    yield drain.take()


def _groups(blocks: Iterator[Block], schema: pa.Schema) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    rows = 0
    for block in blocks:
        group.append(_batch(block, schema))
        rows += block.rows
        if rows >= _GROUP_ROWS:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _batch(block: Block, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns: dict[int, pa.Array] = {}
    for number in np.flatnonzero(block.nulls.all(axis=1)).tolist():
        columns[number] = pa.nulls(block.rows, schema.field(number).type)
    for number, values in block.numbers.items():
        if number not in columns:
            type_ = schema.field(number).type
            missing = block.nulls[number]
            native = values.astype(type_.to_pandas_dtype(), copy=False)
            columns[number] = pa.array(native, type_, mask=missing if missing.any() else None)
    for texts in block.texts:
        (number,) = texts.columns
        if number not in columns:
            columns[number] = _texts(texts, block.nulls[number])
    for number, lists in block.lists.items():
        columns[number] = pa.array(lists, schema.field(number).type)
    return pa.RecordBatch.from_arrays([columns[number] for number in range(len(schema))], schema=schema)


def _texts(texts: Texts, missing: NDArray[np.bool_]) -> pa.Array:
    """A text column: its bytes are those of the block."""
    import pyarrow as pa

    offsets = np.zeros(len(texts.ends) + 1, np.int32)
    offsets[1:] = texts.ends[:, 0]
    known = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    buffers = [known, pa.py_buffer(offsets), pa.py_buffer(texts.data)]
    return pa.Array.from_buffers(pa.string(), len(texts.ends), buffers)


def _schema(source: Source, meta: Meta) -> pa.Schema:
    import pyarrow as pa

    empty = b"".join(votable.stream(MemorySource(source.fields, ()), meta, Wire.TABLEDATA))
    columns = [pa.field(field.name, _type(field), metadata=_metadata(field)) for field in source.fields]
    return pa.schema(columns, {"IVOA.VOTable-Parquet.version": "1.0", "IVOA.VOTable-Parquet.content": empty})


def _type(field: Field) -> pa.DataType:
    import pyarrow as pa

    if field.is_text:
        return pa.string()
    scalar = {
        "boolean": pa.bool_(),
        "unsignedByte": pa.uint8(),
        "short": pa.int16(),
        "int": pa.int32(),
        "long": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
    }[field.datatype]
    return pa.list_(scalar) if field.arraysize else scalar


def _metadata(field: Field) -> dict[str, str]:
    return {key: value for key in ("unit", "ucd", "utype", "description") if (value := getattr(field, key))}
