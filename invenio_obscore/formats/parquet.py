"""Parquet, with the columns' metadata as a VOTable without rows beside the table (VOParquet 1.0)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..obscore.fields import Field
from . import votable
from .meta import Meta
from .source import MemorySource, Source, Wire, primed

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are compressed together.
_GROUP_ROWS = 20_000


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

    batches = primed(source.values())
    schema = _schema(source, meta)
    drain = _Drain()
    with pq.ParquetWriter(drain, schema, compression="zstd") as writer:
        group: list[pa.RecordBatch] = []
        rows = 0
        for batch in batches:
            columns = [pa.array(values, field.type) for values, field in zip(zip(*batch), schema)]
            group.append(pa.RecordBatch.from_arrays(columns, schema=schema))
            rows += len(batch)
            if rows >= _GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(group, schema))
                group, rows = [], 0
                yield drain.take()
        if group:
            writer.write_table(pa.Table.from_batches(group, schema))
    yield drain.take()


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
