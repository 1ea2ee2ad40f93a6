"""ADQL against a real PostgreSQL with pgSphere: rows, plans, and what the reading role may not do."""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "library" / "adql"))
from cases import TABLES, Case, cases  # noqa: E402
from mutation import mutated  # noqa: E402

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.schema import Schema
from invenio_obscore.db import geometry, tap_schema
from invenio_obscore.db.quoting import literal, quoted, relation
from invenio_obscore.errors import AdqlError


@pytest.fixture(scope="module")
def reader(database: Any) -> Iterator[psycopg.Connection[Any]]:
    role = _role(database.reader)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        _create(owner, role)
        with psycopg.connect(database.reader, autocommit=True) as connection:
            yield connection
        owner.execute("DELETE FROM tap_schema.columns WHERE table_name LIKE 'adqltest.%'")
        owner.execute("DELETE FROM tap_schema.tables WHERE table_name LIKE 'adqltest.%'")
        owner.execute("DELETE FROM tap_schema.schemas WHERE schema_name = 'adqltest'")
        owner.execute("DROP SCHEMA adqltest CASCADE")


@pytest.fixture(scope="module")
def schema(reader: psycopg.Connection[Any]) -> Schema:
    return tap_schema.load(reader)


def _role(uri: str) -> str:
    with psycopg.connect(uri) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    assert row
    return str(row[0])


def _create(owner: psycopg.Connection[Any], role: str) -> None:
    """The tables of ``tables.json`` as an operator would publish tables of their own."""
    owner.execute("CREATE SCHEMA adqltest")
    owner.execute(f"GRANT USAGE ON SCHEMA adqltest TO {quoted(role)}")  # type: ignore[arg-type]
    owner.execute("INSERT INTO tap_schema.schemas (schema_name) VALUES ('adqltest')")
    for table in TABLES:
        _create_table(owner, role, table)


def _create_table(owner: psycopg.Connection[Any], role: str, table: dict[str, Any]) -> None:
    name = relation(table["name"])
    definitions = [f"{quoted(c[0])} {c[5]}" for c in table["columns"]]
    for column in table["columns"]:
        if column[3] == "adql:REGION":
            companion, definition = geometry.shape_column(column[0])
            definitions.append(f"{quoted(companion)} {definition}")
    owner.execute(f"CREATE TABLE {name} ({', '.join(definitions)})")  # type: ignore[arg-type]
    names = ", ".join(quoted(c[0]) for c in table["columns"])
    for row in table["rows"]:
        values = ", ".join(["%s"] * len(row))
        sql = f"INSERT INTO {name} ({names.replace('%', '%%')}) VALUES ({values})"
        owner.execute(sql, row)  # type: ignore[arg-type]
    owner.execute(f"GRANT SELECT ON {name} TO {quoted(role)}")  # type: ignore[arg-type]
    owner.execute(
        f"INSERT INTO tap_schema.tables (schema_name, table_name, table_type)"  # type: ignore[arg-type]
        f" VALUES ('adqltest', {literal(table['name'])}, 'table')"
    )
    for number, (column, datatype, arraysize, xtype, unit, _) in enumerate(table["columns"]):
        owner.execute(
            "INSERT INTO tap_schema.columns (table_name, column_name, datatype, arraysize, xtype, unit, indexed,"
            " principal, std, column_index) VALUES (%s, %s, %s, %s, %s, %s, 0, 0, 0, %s)",
            (table["name"], column, datatype, arraysize or None, xtype or None, unit or None, number),
        )


def _run(reader: psycopg.Connection[Any], schema: Schema, query: str, maxrec: int | None = None) -> list[list[Any]]:
    statement = compile_adql(query, schema, maxrec)
    with reader.cursor(binary=True) as cursor:
        rows = cursor.execute(statement.sql, statement.parameters).fetchall()  # type: ignore[arg-type]
        assert len(cursor.description or ()) == len(statement.fields)
    return [list(row) for row in rows]


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(wanted, float):
        return isinstance(found, float) and math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return type(found) is type(wanted) and bool(found == wanted)


@pytest.mark.parametrize("case", cases("valid.adql"), ids=str)
def test_rows(reader: psycopg.Connection[Any], schema: Schema, case: Case) -> None:
    kind, _, text = case.verdict.partition(" ")
    wanted, found = json.loads(text), _run(reader, schema, case.query)
    if kind == "=~":
        wanted, found = sorted(wanted, key=str), sorted(found, key=str)
    assert _same(found, wanted), found


def test_mutated_queries_run(reader: psycopg.Connection[Any], schema: Schema) -> None:
    """What translates is SQL that PostgreSQL understands: only values can still be at fault."""
    generator = random.Random(int(os.environ.get("OBSCORE_FUZZ_SEED", "1")))
    queries = [case.query for case in cases("valid.adql")]
    reader.execute("SET statement_timeout = 2000")
    for _ in range(int(os.environ.get("OBSCORE_FUZZ", "2000"))):
        query = mutated(generator, queries)
        try:
            statement = compile_adql(query, schema, 5)
        except AdqlError:
            continue
        try:
            reader.execute(statement.sql, statement.parameters)  # type: ignore[arg-type]
        except (psycopg.errors.DataError, psycopg.errors.CardinalityViolation, psycopg.errors.QueryCanceled):
            continue
        except psycopg.Error as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{query}\n{statement.sql}")
    reader.execute("RESET statement_timeout")
