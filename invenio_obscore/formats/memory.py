"""Rows that no database holds, as a source for the writers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ..obscore.fields import Field, Row
from .blocks import Block, block_of
from .encoders import row_encoder
from .source import Buffer, Wire

_BATCH_ROWS = 1000


class MemorySource:
    """Rows that are already here, or come from an iterator."""

    def __init__(self, fields: Iterable[Field], rows: Iterable[Row], *, overflow: bool = False) -> None:
        self.fields = tuple(fields)
        self.overflow = overflow
        self._rows = iter(rows)

    def values(self) -> Iterator[Sequence[Row]]:
        """Batches of rows as they were given."""
        while batch := list(islice(self._rows, _BATCH_ROWS)):
            yield batch

    def blocks(self, *, by_column: bool = False) -> Iterator[Block]:
        """The same rows as arrays."""
        return (block_of(self.fields, batch, by_column=by_column) for batch in self.values())

    def encoded(self, wire: Wire) -> Iterator[Buffer]:
        """Batches of rows encoded in Python."""
        encode = row_encoder(self.fields, wire)
        return (b"".join([encode(row) for row in batch]) for batch in self.values())
