"""The columns of a translated query, named ``c1``, ``c2``, …, as another query asks for them.

No text of a user gets in here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..obscore.fields import Field

#: PostgreSQL's types by VOTable's.
TYPES = {
    "boolean": "bool",
    "unsignedByte": "int2",
    "short": "int2",
    "int": "int4",
    "long": "int8",
    "float": "float4",
    "double": "float8",
}


def column_names(count: int) -> str:
    """``c1, c2, …``: the names under which an encoded query has its columns."""
    return ", ".join(f"c{number}" for number in range(1, count + 1))


def array_sql(name: str, one: Field) -> str:
    """A column of arrays as PostgreSQL's arrays: those of an upload pass through a query as text."""
    return f"{name}::{TYPES[one.datatype]}[]"


def value_sql(fields: Sequence[Field], sql: str) -> str:
    """A query whose arrays are PostgreSQL's arrays."""
    names = [f"c{number}" for number in range(1, len(fields) + 1)]
    if not any(one.arraysize and not one.is_text for one in fields):
        return sql
    select = ", ".join(
        f"{array_sql(n, f)} AS {n}" if f.arraysize and not f.is_text else n for n, f in zip(names, fields)
    )
    return f"SELECT {select} FROM ({sql}) AS r ({', '.join(names)})"
