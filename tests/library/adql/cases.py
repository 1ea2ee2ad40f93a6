"""Tables of queries (``tests/data/adql``): valid ones with their rows, invalid ones with the place of the error.

A case is a query on one or more lines, then a line that begins with ``= `` (its rows as JSON; ``=~`` in any order) or
with ``! `` (kind of error and line:column). ``#`` begins a heading: the section of the standard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invenio_obscore.adql.schema import Column, Schema, Table
from invenio_obscore.obscore.fields import Field

DATA = Path(__file__).resolve().parents[2] / "data" / "adql"
TABLES: list[dict[str, Any]] = json.loads((DATA / "tables.json").read_text())


@dataclass(frozen=True)
class Case:
    """A query and what must come of it."""

    section: str
    query: str
    verdict: str
    number: int

    def __str__(self) -> str:
        return f"{self.number}: {self.query}"[:90]


def cases(name: str) -> list[Case]:
    """All cases of a file."""
    return list(_cases((DATA / name).read_text().splitlines()))


def _cases(lines: list[str]) -> Iterator[Case]:
    section, query = "", []
    for number, line in enumerate(lines, 1):
        if line.startswith("# ") and not query:
            section = line[2:]
        elif line.startswith(("= ", "=~ ", "! ")):
            yield Case(section, "\n".join(query), line, number)
            query = []
        elif line or query:
            query.append(line)
    assert not query, f"a case without a verdict: {query}"


def schema() -> Schema:
    """The tables of ``tables.json`` as a published schema."""
    return Schema(tuple(_table(t) for t in TABLES))


def _table(table: dict[str, Any]) -> Table:
    return Table(table["name"], tuple(_column(*c) for c in table["columns"]))


def _column(name: str, datatype: str, arraysize: str, xtype: str, unit: str, _sql: str) -> Column:
    field = Field(name, datatype, arraysize, xtype, unit)  # type: ignore[arg-type]
    return Column(field, shape=f"{name}_shape" if xtype == "adql:REGION" else "")
