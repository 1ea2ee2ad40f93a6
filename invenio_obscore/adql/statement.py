"""What a translated query is: SQL with parameters, and what its rows mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..obscore.fields import Field

Parameter = str | int | float | bool | None | Sequence[str | int | float | None]


@dataclass(frozen=True)
class Statement:
    """A query for PostgreSQL through psycopg 3.

    Attributes
    ----------
    sql
        With named placeholders ``%(p1)s``; a literal ``%`` is doubled. Its result columns are named ``c1``, ``c2`` …:
        take the published names from ``fields``.
    parameters
        Values of the placeholders.
    fields
        The result's columns in order. Values come as ``int``, ``float``, ``str``, ``bool``, None or lists of numbers:
        points, circles and polygons as ``double precision[]`` in degrees (DALI 1.1, section 3.3.5), regions as STC-S
        text, MOCs as ASCII text, timestamps as ISO text without a zone.
    overflow_limit
        The most rows that may be served. The statement gives one more when there are more, and the answer is then an
        overflow; None when the query cannot overflow (no limit, or its own TOP is not above it).
    row_limit
        The most rows that the statement itself can give; None when it has no limit.
    """

    sql: str
    parameters: Mapping[str, Parameter]
    fields: tuple[Field, ...]
    overflow_limit: int | None = None
    row_limit: int | None = None
