"""Where rows come from, as the writers see it: a query that runs in the database, or rows in memory.

A source hands out whole rows in the encoding that a writer asks for (:class:`Wire`), so that a database may encode them
itself where it is faster than Python; values are there for the writers that need them one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..obscore.fields import Field, Row

if TYPE_CHECKING:
    from .blocks import Block

Buffer = bytes | memoryview
T = TypeVar("T")


class Wire(Enum):
    """How one row looks as bytes."""

    #: VOTable 1.4, section 5.4: a mask of nulls, then the values as in BINARY.
    BINARY2 = "binary2"
    #: VOTable 1.4, section 5.3; integers have the null value of :func:`~.binary.null_value`.
    BINARY = "binary"
    #: ``<TR><TD>…</TD></TR>``, escaped (VOTable 1.4, section 5.1).
    TABLEDATA = "tabledata"
    #: RFC 4180 with CR LF; a null is an empty cell.
    CSV = "csv"
    #: The IANA registration of text/tab-separated-values: a tab or a line break inside a value becomes a blank.
    TSV = "tsv"


class Source(Protocol):
    """Rows that can be read once, in batches."""

    @property
    def fields(self) -> Sequence[Field]:
        """What describes the columns, in their order."""

    @property
    def overflow(self) -> bool:
        """Whether rows were left out for MAXREC; known when all batches have been read."""

    def values(self) -> Iterator[Sequence[Row]]:
        """Batches of rows as Python values."""

    def blocks(self, *, by_column: bool = False) -> Iterator[Block]:
        """Batches of rows as arrays; with ``by_column`` each text column stands by itself."""

    def encoded(self, wire: Wire) -> Iterator[Buffer]:
        """Batches of whole rows as bytes."""


def primed(batches: Iterator[T]) -> Iterator[T]:
    """Fetch the first batch now, so that a query that fails does so before anything was written."""
    first = next(batches, None)
    return batches if first is None else chain([first], batches)
