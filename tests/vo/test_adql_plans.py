"""Plans of typical queries on 20,000 rows: the indices answer them; and what the reading role may not do."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.schema import Schema
from invenio_obscore.db import ddl, tap_schema
from invenio_obscore.db.tables import OBSCORE_TABLE, SCHEMAS

# Positions all over the sky by a golden spiral; regions of half a degree, every tenth a circle, some mosaics, one
# all-sky.
ROWS = """
INSERT INTO ivoa.obscore (obs_publisher_did, calib_level, obs_collection, obs_id, dataproduct_type, target_name,
  s_ra, s_dec, s_region, t_min, t_max, em_min, em_max, facility_name, record_uuid, recid)
SELECT 'ivo://x/y?' || n, n % 4, 'C' || n % 50, 'O' || n / 2, 'image', 'T' || n % 5000, ra, de,
  CASE WHEN n = 7 THEN 'AllSky ICRS' WHEN n % 10 = 0 THEN format('Circle ICRS %s %s 0.3', ra, de)
    WHEN n < 3 THEN format('Union ICRS (Circle %s %s 0.1 Circle %s %s 0.1)', ra, de, ra, de + 0.5)
    ELSE format('Polygon ICRS %s %s %s %s %s %s', ra, de, ra + 0.5, de, ra + 0.5, de + 0.5) END,
  50000 + n, 50000 + n + 0.1, 1e-7 * (1 + n % 100), 1e-7 * (1.1 + n % 100), 'F' || n % 20, gen_random_uuid(), 'secret'
FROM (SELECT n, (n * 137.50776405) % 360 AS ra, degrees(asin(2 * n / 20001.0 - 1)) * 0.99 AS de
  FROM generate_series(1, 20000) AS g(n)) AS q
"""


@pytest.fixture(scope="module")
def addresses() -> Iterator[tuple[str, str]]:
    """Owner's and reader's addresses of a database of its own."""
    uri = os.environ.get("SQLALCHEMY_DATABASE_URI", "")
    if not uri.startswith("postgres"):
        pytest.skip("no PostgreSQL: SQLALCHEMY_DATABASE_URI is not set (python3 -m services start)")
    parts = urlsplit("postgresql" + uri[uri.index("://") :])
    name, role, password = (
        f"obscore_plans_{secrets.token_hex(4)}",
        f"reader_{secrets.token_hex(4)}",
        secrets.token_hex(8),
    )
    owner = urlunsplit(parts._replace(path=f"/{name}"))
    reader = urlunsplit(parts._replace(path=f"/{name}", netloc=f"{role}:{password}@{parts.netloc.rpartition('@')[2]}"))
    with psycopg.connect(urlunsplit(parts), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            _fill(owner, role, password)
            yield owner, reader
        finally:
            server.execute(f'GRANT "{role}" TO CURRENT_USER')  # type: ignore[arg-type]
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
            server.execute(f'DROP ROLE "{role}"')  # type: ignore[arg-type]


def _fill(owner: str, role: str, password: str) -> None:
    statements = ddl.statements(ddl.DdlSettings(reader=role, reader_password=password))
    for _ in range(2):  # a second time changes nothing
        with psycopg.connect(owner) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(ROWS)  # type: ignore[arg-type]
        connection.execute("CREATE TABLE public.secret (x int)")
        connection.execute("VACUUM ANALYZE ivoa.obscore")


@pytest.fixture(scope="module")
def reader(addresses: tuple[str, str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(addresses[1], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def schema(reader: psycopg.Connection[Any]) -> Schema:
    return tap_schema.load(reader)


REGION = {"obscore_region", "obscore_region_wide"}


@pytest.mark.parametrize(
    ("condition", "indices"),
    [
        ("1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10, 20, 1))", {"obscore_position"}),
        ("CONTAINS(POINT(s_ra, s_dec), POLYGON(10, 20, 12, 20, 12, 22, 10, 22)) = 1", {"obscore_position"}),
        ("1 = CONTAINS(POINT(s_ra, s_dec), BOX(10, 20, 2, 2))", {"obscore_position"}),
        ("DISTANCE(POINT(s_ra, s_dec), POINT(10, 20)) < 1", {"obscore_position"}),
        ("DISTANCE(10, 20, s_ra, s_dec) <= 1", {"obscore_position"}),
        ("1 = CONTAINS(POINT(10, 20), s_region)", REGION),
        ("1 = INTERSECTS(s_region, CIRCLE(10, 20, 1))", REGION),
        ("1 = INTERSECTS(POLYGON(10, 20, 12, 20, 12, 22, 10, 22), s_region)", REGION),
        ("1 = CONTAINS(s_region, CIRCLE(10, 20, 1))", REGION),
        ("1 = CONTAINS(CIRCLE(10, 20, 0.01), s_region)", REGION),
        ("1 = INTERSECTS(s_region, REGION('Union ICRS (Circle 10 20 1 Circle 12 20 1)'))", REGION),
        ("t_min < 55000.2 AND t_max > 55000", {"obscore_t_min_t_max"}),
        ("t_min > 55000 AND t_max < 55003", {"obscore_t_min_t_max"}),
        ("55000 BETWEEN t_min AND t_max", {"obscore_t_min_t_max"}),
        ("1 = ivo_interval_overlaps(t_min, t_max, 55000, 55001)", {"obscore_t_min_t_max"}),
        ("t_min BETWEEN 55000 AND 55001", {"obscore_t_min"}),
        ("em_min <= 5.05E-7 AND em_max >= 5.05E-7", {"obscore_em_min_em_max"}),
        ("obs_publisher_did = 'ivo://x/y?77'", {"obscore_pkey"}),
        ("obs_publisher_did LIKE 'ivo://x/y?777%'", {"obscore_pkey"}),
        ("target_name = 'T77'", {"obscore_target_name"}),
        ("obs_id IN ('O1', 'O2')", {"obscore_obs_id"}),
    ],
)
def test_an_index_answers(reader: psycopg.Connection[Any], schema: Schema, condition: str, indices: set[str]) -> None:
    statement = compile_adql(f"SELECT obs_id FROM ivoa.obscore WHERE {condition}", schema, 20_000)
    assert _indices(reader, statement.sql, statement.parameters) >= indices


@pytest.mark.parametrize(
    "join",
    [
        "DISTANCE(POINT(a.s_ra, a.s_dec), POINT(b.s_ra, b.s_dec)) < 0.01",
        "1 = CONTAINS(POINT(a.s_ra, a.s_dec), CIRCLE(b.s_ra, b.s_dec, 0.01))",
        "1 = INTERSECTS(a.s_region, b.s_region)",
        "1 = CONTAINS(POINT(a.s_ra, a.s_dec), b.s_region)",
        "a.t_min < b.t_max AND a.t_max > b.t_min",
    ],
)
def test_a_join_uses_an_index(reader: psycopg.Connection[Any], schema: Schema, join: str) -> None:
    query = f"SELECT a.obs_id FROM ivoa.obscore AS a JOIN ivoa.obscore AS b ON {join} WHERE a.calib_level < 4"
    statement = compile_adql(query, schema, 20_000)
    assert _indices(reader, statement.sql, statement.parameters) & {
        "obscore_position",
        "obscore_region",
        "obscore_t_min_t_max",
    }


def test_an_index_answers_through_a_sub_query(reader: psycopg.Connection[Any], schema: Schema) -> None:
    query = """WITH w AS (SELECT obs_id AS o, s_ra AS x, s_dec AS y, s_region AS r FROM ivoa.obscore)
        SELECT o FROM (SELECT o, x, y, r FROM w) AS q WHERE """
    for condition, index in (
        ("1 = CONTAINS(POINT(x, y), CIRCLE(10, 20, 1))", "obscore_position"),
        ("1 = CONTAINS(POINT(10, 20), r)", "obscore_region"),
    ):
        statement = compile_adql(query + condition, schema, 20_000)
        assert index in _indices(reader, statement.sql, statement.parameters)


def _indices(reader: psycopg.Connection[Any], sql: str, parameters: Any) -> set[str]:
    row = reader.execute("EXPLAIN (FORMAT json) " + sql, parameters).fetchone()  # type: ignore[arg-type]
    assert row

    def names(plan: dict[str, Any]) -> Iterator[str]:
        if "Index Name" in plan:
            yield plan["Index Name"]
        for part in plan.get("Plans", ()):
            yield from names(part)

    return set(names(row[0][0]["Plan"]))


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(10, 20, 5))", None),
        ("1 = INTERSECTS(s_region, CIRCLE(10, 20, 5))", None),
        ("1 = CONTAINS(s_region, CIRCLE(10, 20, 5))", None),
        ("t_min < 55010 AND t_max > 55000", None),
        ("t_min > 55000 AND t_max < 55010", 9),
    ],
)
def test_indices_change_no_answer(
    reader: psycopg.Connection[Any], schema: Schema, condition: str, count: int | None
) -> None:
    statement = compile_adql(f"SELECT obs_publisher_did FROM ivoa.obscore WHERE {condition}", schema)
    answers = []
    for enabled in ("on", "off"):
        for kind in ("indexscan", "bitmapscan"):
            reader.execute(f"SET enable_{kind} = {enabled}")  # type: ignore[arg-type]
        answers.append({row[0] for row in reader.execute(statement.sql, statement.parameters)})  # type: ignore[arg-type]
    reader.execute("RESET enable_indexscan; RESET enable_bitmapscan")
    assert answers[0] == answers[1]
    assert len(answers[0]) > 3 if count is None else len(answers[0]) == count


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO ivoa.obscore (obs_publisher_did) VALUES ('x')",
        "UPDATE ivoa.obscore SET obs_id = 'x'",
        "DELETE FROM ivoa.obscore",
        "TRUNCATE ivoa.obscore",
        "DELETE FROM tap_schema.tables",
        "CREATE TABLE public.x (y int)",
        "CREATE TABLE ivoa.x (y int)",
        "CREATE FUNCTION adql.x() RETURNS int LANGUAGE sql RETURN 1",
        "SELECT x FROM public.secret",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY ivoa.obscore (obs_id) TO PROGRAM 'cat'",
        "SELECT passwd FROM pg_shadow",
        "ALTER ROLE CURRENT_USER SUPERUSER",
    ],
)
def test_the_reader_may_not(reader: psycopg.Connection[Any], sql: str) -> None:
    reader.execute("SET default_transaction_read_only = off")  # even so
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(sql)  # type: ignore[arg-type]
    finally:
        reader.execute("RESET default_transaction_read_only")


def test_the_reader_is_bounded(reader: psycopg.Connection[Any]) -> None:
    settings = {
        name: reader.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[arg-type, index]
        for name in ("default_transaction_read_only", "statement_timeout", "search_path", "work_mem")
    }
    assert settings == {
        "default_transaction_read_only": "on",
        "statement_timeout": "5min",
        "search_path": "pg_catalog",
        "work_mem": "32MB",
    }


def test_tap_schema_describes_itself_and_the_tables(reader: psycopg.Connection[Any], schema: Schema) -> None:
    assert [t.name for t in schema] == [t.name for s in SCHEMAS for t in s.tables]
    statement = compile_adql("SELECT * FROM tap_schema.columns WHERE table_name = 'ivoa.obscore'", schema)
    rows = reader.execute(statement.sql, statement.parameters).fetchall()  # type: ignore[arg-type]
    assert len(rows) == len(OBSCORE_TABLE.columns)


def test_extensions_share_the_identifier_only(reader: psycopg.Connection[Any], schema: Schema) -> None:
    tables = {t.table_name: {c.name for c in t.columns} for t in schema if t.schema_name == "ivoa"}
    assert tables["obscore"] & tables["obscore_radio"] == {"obs_publisher_did"}
    assert tables["obscore"] & tables["obscore_hea"] == {"obs_publisher_did"}
    statement = compile_adql("SELECT COUNT(*) FROM ivoa.obscore NATURAL JOIN ivoa.obscore_radio", schema)
    assert reader.execute(statement.sql, statement.parameters).fetchone() == (0,)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_odd_numbers_are_never_stored(addresses: tuple[str, str], value: str) -> None:
    with psycopg.connect(addresses[0]) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE ivoa.obscore SET s_fov = %s::float8 WHERE obs_publisher_did = 'ivo://x/y?1'", (value,))


def test_dropping_leaves_nothing(addresses: tuple[str, str]) -> None:
    owner, _ = addresses
    with psycopg.connect(owner) as connection:
        for statement in ddl.drop_statements(ddl.DdlSettings(reader="nobody_of_ours")):
            connection.execute(statement)  # type: ignore[arg-type]
        left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname IN ('adql', 'ivoa', 'tap_schema')")
        assert left.fetchall() == []
        connection.rollback()
