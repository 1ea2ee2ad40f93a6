"""JSON: ``{"metadata": [one object a column], "data": [one array a row], "status": "OK"}``.

The status stands last, as it is known last: ``OK``, ``OVERFLOW`` or ``ERROR`` with a ``message``. Infinite numbers are
the texts ``+Inf`` and ``-Inf``, which JSON has no numbers for; NaN is null (RFC 8259, section 6).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from ..errors import ObsCoreError
from ..obscore.fields import Cell, Field, Row
from .meta import Meta
from .source import Source, primed

_KEYS = ("name", "datatype", "arraysize", "xtype", "unit", "ucd", "utype", "description")


def stream(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write the columns, then the rows, then how it ended."""
    batches = primed(source.values())
    head = json.dumps([column(field) for field in source.fields], ensure_ascii=False)
    yield f'{{"metadata": {head},\n"data": ['.encode()
    status: dict[str, str] = {"status": "OK"}
    separator = "\n"
    try:
        for batch in batches:
            yield (separator + ",\n".join(map(_line, batch))).encode("utf-8", "replace")
            separator = ",\n"
    except ObsCoreError as error:
        status = {"status": "ERROR", "message": str(error)}
    if source.overflow and status["status"] == "OK":
        status["status"] = "OVERFLOW"
    yield f"\n],\n{json.dumps(status, ensure_ascii=False)[1:]}\n".encode()


def column(field: Field) -> dict[str, str]:
    """What is known of a column, without what is empty."""
    return {key: getattr(field, key) for key in _KEYS if getattr(field, key)}


def _line(row: Row) -> str:
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps([_finite(value) for value in row], ensure_ascii=False)


def _finite(value: Cell) -> Cell:
    if isinstance(value, list):
        return [_finite(item) for item in value]  # type: ignore[misc]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
