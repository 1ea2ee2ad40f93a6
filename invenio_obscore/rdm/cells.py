"""The columns that a person may set, as typed columns of our tables: long lists are sorted and compared by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Double, Text
from sqlalchemy.types import TypeEngine

from ..obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS, Column

#: Every column of ObsCore that is not the server's.
COLUMNS: Mapping[str, Column] = {name: column for name, column in ALL_COLUMNS.items() if name not in SYSTEM_COLUMNS}


def sql_type(column: Column) -> type[TypeEngine[Any]]:
    """The type of a column in our own tables: a region is its text, a single-precision number a double."""
    if column.is_text:
        return Text
    return Double if column.datatype in ("float", "double") else BigInteger


def cells_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of a row (`ObsCoreRow.to_dict`) by column, None for those without a value."""
    return {name: storable(row.get(name)) for name in COLUMNS}


def storable(value: Any) -> Any:  # noqa: ANN401 - a cell
    """A cell as PostgreSQL keeps it: no text with U+0000 or halves of surrogate pairs."""
    if not isinstance(value, str) or value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
