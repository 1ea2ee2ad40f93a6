"""TAP_SCHEMA: its content from the tables that we publish, and what queries may name from its content.

An operator may describe tables of their own in it; setting up again replaces the rows of our own tables only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..adql.schema import Column, Schema, Table
from ..adql.words import RESERVED
from ..obscore.fields import Field
from .geometry import SHAPE_SUFFIX
from .quoting import literal, quoted
from .tables import INTERVALS, OBSCORE_TABLE, SCHEMAS, PublishedTable

_Value = str | int | None


def content() -> Iterator[str]:
    """SQL that describes our tables, in place of what described them before."""
    tables = [table for schema in SCHEMAS for table in schema.tables]
    ours = ", ".join(literal(t.name) for t in tables)
    schemas = ", ".join(literal(s.name) for s in SCHEMAS)
    yield (
        "DELETE FROM tap_schema.key_columns WHERE key_id IN"
        f" (SELECT key_id FROM tap_schema.keys WHERE from_table IN ({ours}))"
    )
    yield f"DELETE FROM tap_schema.keys WHERE from_table IN ({ours})"
    yield f"DELETE FROM tap_schema.columns WHERE table_name IN ({ours})"
    yield f"DELETE FROM tap_schema.tables WHERE table_name IN ({ours})"
    yield f"DELETE FROM tap_schema.schemas WHERE schema_name IN ({schemas})"
    for name, rows in (
        ("schemas", list(_schema_rows())),
        ("tables", [_table_row(t, n) for n, t in enumerate(tables, 1)]),
        ("columns", [row for t in tables for row in _column_rows(t)]),
        ("keys", [row for t in tables for row in _key_rows(t)]),
        ("key_columns", [row for t in tables for row in _key_column_rows(t)]),
    ):
        columns = ", ".join(f'"{c}"' for c in rows[0])
        values = ",\n  ".join(f"({', '.join(literal(v) for v in row.values())})" for row in rows)
        yield f"INSERT INTO tap_schema.{name} ({columns}) VALUES\n  {values}"


def _schema_rows() -> Iterator[dict[str, _Value]]:
    for number, schema in enumerate(SCHEMAS, 1):
        yield {
            "schema_name": schema.name,
            "utype": schema.utype or None,
            "description": schema.description,
            "schema_index": number,
        }


def _table_row(table: PublishedTable, number: int) -> dict[str, _Value]:
    return {
        "schema_name": table.schema,
        "table_name": table.name,
        "table_type": "table",
        "utype": table.utype or None,
        "description": table.description,
        "table_index": number,
    }


def _column_rows(table: PublishedTable) -> Iterator[dict[str, _Value]]:
    for number, (name, field) in enumerate(table.columns.items(), 1):
        yield {
            "table_name": table.name,
            "column_name": _delimited(name),
            "datatype": field.datatype,
            "arraysize": field.arraysize or None,
            "xtype": field.xtype or None,
            "size": _size(field.arraysize),
            "description": field.description or None,
            "utype": field.utype or None,
            "unit": field.unit or None,
            "ucd": field.ucd or None,
            "indexed": int(name in table.indexed),
            "principal": int(name not in table.secondary),
            "std": 1,
            "column_index": number,
        }


def _delimited(name: str) -> str:
    """A name as users must write it (TAP 1.1, section 4.3): a reserved word stands in quotes."""
    return quoted(name) if name.upper() in RESERVED else name


def _plain(name: str) -> str:
    """A name of TAP_SCHEMA as the database has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _size(arraysize: str) -> int | None:
    """The superseded column "size": n of ``n`` or ``n*``."""
    digits = arraysize.removesuffix("*")
    return int(digits) if digits.isdigit() else None


def _key_rows(table: PublishedTable) -> Iterator[dict[str, _Value]]:
    for key in table.keys:
        yield {
            "key_id": key.name,
            "from_table": table.name,
            "target_table": key.target,
            "description": key.description or None,
            "utype": None,
        }


def _key_column_rows(table: PublishedTable) -> Iterator[dict[str, _Value]]:
    for key in table.keys:
        for here, there in key.columns:
            yield {"key_id": key.name, "from_column": here, "target_column": there}


_COLUMNS = """
SELECT c.table_name, c.column_name, c.datatype, c.arraysize, c.xtype, c.unit, c.ucd, c.utype, c.description
FROM tap_schema.columns AS c JOIN tap_schema.tables AS t USING (table_name)
ORDER BY t.table_index, c.table_name, c.column_index, c.column_name
"""
# Which columns have a companion with their geometry (see db.geometry), and which exist at all and may be read.
_PHYSICAL = """
SELECT n.nspname || '.' || r.relname, a.attname, format_type(a.atttypid, NULL) IN ('adql.shape', 'shape')
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'v', 'm', 'f', 'p')
AND n.nspname || '.' || r.relname IN (SELECT table_name FROM tap_schema.tables)
"""


def load(connection: Any) -> Schema:  # noqa: ANN401
    """What TAP_SCHEMA publishes, as far as the database has it.

    Parameters
    ----------
    connection
        A psycopg connection.
    """
    physical: dict[tuple[str, str], bool] = {
        (table, column): is_shape for table, column, is_shape in connection.execute(_PHYSICAL).fetchall()
    }
    columns: dict[str, list[Column]] = {}
    for table, written, *facts in connection.execute(_COLUMNS).fetchall():
        name = _plain(written)
        if (table, name) in physical:
            companion = name + SHAPE_SUFFIX
            shape = companion if physical.get((table, companion)) else ""
            columns.setdefault(table, []).append(Column(_field(name, *facts), shape=shape))
    return Schema(
        tuple(
            Table(name, tuple(found), intervals=INTERVALS if name == OBSCORE_TABLE.name else ())
            for name, found in columns.items()
        )
    )


def _field(name: str, datatype: str, *texts: str | None) -> Field:
    arraysize, xtype, unit, ucd, utype, description = (text or "" for text in texts)
    return Field(name, datatype, arraysize, xtype, unit, ucd, utype, description)  # type: ignore[arg-type]
