"""The published tables as TAP_SCHEMA describes them, for VOSI's ``/tables``: the two agree by construction."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg

from ..dali.tableset import ForeignKey, PublishedSchema, PublishedTable, TableColumn, TableSet

_SCHEMAS = "SELECT schema_name, description, utype FROM tap_schema.schemas ORDER BY schema_index, schema_name"
_TABLES = """SELECT schema_name, table_name, table_type, description, utype FROM tap_schema.tables
    ORDER BY table_index, table_name"""
_COLUMNS = """SELECT table_name, column_name, datatype, arraysize, xtype, unit, ucd, utype, description,
    indexed, principal, std FROM tap_schema.columns ORDER BY table_name, column_index, column_name"""
_KEYS = """SELECT k.key_id, k.from_table, k.target_table, k.description, k.utype, c.from_column, c.target_column
    FROM tap_schema.keys k JOIN tap_schema.key_columns c USING (key_id) ORDER BY k.key_id, c.from_column"""


def read_tableset(connection: psycopg.Connection[Any]) -> TableSet:
    """Read TAP_SCHEMA (TAP 1.1, section 4)."""
    columns = _columns(connection)
    keys = _keys(connection)
    tables = defaultdict(list)
    for schema, name, kind, description, utype in connection.execute(_TABLES):
        table = PublishedTable(
            name, kind or "table", description or "", utype or "", tuple(columns[name]), tuple(keys[name])
        )
        tables[schema].append(table)
    return TableSet(
        tuple(
            PublishedSchema(name, description or "", utype or "", tuple(tables[name]))
            for name, description, utype in connection.execute(_SCHEMAS)
        )
    )


def _columns(connection: psycopg.Connection[Any]) -> dict[str, list[TableColumn]]:
    columns = defaultdict(list)
    for table, name, datatype, arraysize, xtype, unit, ucd, utype, description, *flags in connection.execute(_COLUMNS):
        indexed, principal, std = map(bool, flags)
        columns[table].append(
            TableColumn(
                name=name,
                datatype=datatype,
                arraysize=arraysize or "",
                xtype=xtype or "",
                unit=unit or "",
                ucd=ucd or "",
                utype=utype or "",
                description=description or "",
                indexed=indexed,
                principal=principal,
                std=std,
            )
        )
    return columns


def _keys(connection: psycopg.Connection[Any]) -> dict[str, list[ForeignKey]]:
    found: dict[str, tuple[str, ForeignKey]] = {}
    for key, from_table, target, description, utype, from_column, target_column in connection.execute(_KEYS):
        earlier = found[key][1].columns if key in found else ()
        pairs = (*earlier, (from_column, target_column))
        found[key] = (from_table, ForeignKey(target, pairs, description or "", utype or ""))
    keys = defaultdict(list)
    for from_table, foreign_key in found.values():
        keys[from_table].append(foreign_key)
    return keys
