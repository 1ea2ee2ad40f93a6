"""CSV and TSV, with a line of column names. Neither can say that rows were left out, or that a query failed late:
a late error goes on to whoever reads, so that the answer breaks off and isn't taken for a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator

from .encoders import csv_line, tsv_line
from .meta import Meta
from .source import Source, Wire, primed

_LINES = {Wire.CSV: csv_line, Wire.TSV: tsv_line}


def stream(source: Source, meta: Meta, wire: Wire) -> Iterator[bytes]:
    """Write the names of the columns, then the rows."""
    batches = primed(source.encoded(wire))
    yield _LINES[wire]([field.name for field in source.fields])
    yield from map(bytes, batches)
