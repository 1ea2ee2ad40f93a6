"""Hostile queries: no text of a user in SQL, nothing but published tables, bounded time and depth."""

from __future__ import annotations

import os
import random
import re
import sys
import time

import pytest
from cases import cases
from mutation import mutated

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.lexer import MAX_LENGTH
from invenio_obscore.adql.schema import Schema
from invenio_obscore.errors import AdqlError

ATTACKS = (
    "SELECT pg_sleep(10) FROM adqltest.stars",
    "SELECT id FROM adqltest.stars WHERE 1 = pg_sleep(10)",
    "SELECT id FROM adqltest.stars WHERE id = (SELECT pg_sleep(10) FROM adqltest.stars)",
    "SELECT pg_catalog.pg_sleep(10) FROM adqltest.stars",
    'SELECT "pg_sleep"(10) FROM adqltest.stars',
    "SELECT usename, passwd FROM pg_catalog.pg_shadow",
    "SELECT * FROM pg_class",
    "SELECT * FROM information_schema.tables",
    'SELECT * FROM "pg_catalog"."pg_class"',
    'SELECT * FROM "adqltest.stars"; DROP TABLE adqltest.stars; --"',
    "SELECT * FROM public.accounts_user",
    "SELECT * FROM adqltest.hidden",
    "SELECT record_uuid FROM adqltest.stars",
    "SELECT footprint_shape FROM adqltest.stars",
    "SELECT ctid, xmin, tableoid FROM adqltest.stars",
    "SELECT stars FROM adqltest.stars",
    "SELECT id FROM adqltest.stars; DELETE FROM adqltest.stars",
    "SELECT id FROM adqltest.stars; --",
    "DELETE FROM adqltest.stars",
    "INSERT INTO adqltest.stars VALUES (1)",
    "UPDATE adqltest.stars SET id = 1",
    "DROP TABLE adqltest.stars",
    "COPY adqltest.stars TO PROGRAM 'id'",
    "SET ROLE postgres",
    "SELECT id INTO adqltest.new FROM adqltest.stars",
    "SELECT id FROM adqltest.stars FOR UPDATE",
    "SELECT current_user FROM adqltest.stars",
    "SELECT CURRENT_USER FROM adqltest.stars",
    "SELECT version() FROM adqltest.stars",
    "SELECT set_config('statement_timeout', '0', false) FROM adqltest.stars",
    "SELECT pg_read_file('/etc/passwd') FROM adqltest.stars",
    "SELECT lo_import('/etc/passwd') FROM adqltest.stars",
    "SELECT dblink('host=x', 'SELECT 1') FROM adqltest.stars",
    "SELECT query_to_xml('SELECT 1', true, true, '') FROM adqltest.stars",
    "SELECT currval('x') FROM adqltest.stars",
    "SELECT adql.shape('x') FROM adqltest.stars",
    "SELECT adql.point(1, 2) FROM adqltest.stars",
    "SELECT id FROM adqltest.stars WHERE name = $$x$$",
    "SELECT id FROM adqltest.stars WHERE name = $a$x$a$",
    "SELECT id FROM adqltest.stars WHERE name = E'\\x27'",
    "SELECT id FROM adqltest.stars WHERE name = U&'\\0027'",
    "SELECT id FROM adqltest.stars WHERE name = B'1'",
    "SELECT id FROM adqltest.stars WHERE name = 'a' /* ' */ OR 1=1",
    "SELECT id FROM adqltest.stars WHERE name = 'a''",
    "SELECT id FROM adqltest.stars WHERE id = 1::int",
    "SELECT id FROM adqltest.stars WHERE id = %(p1)s",
    "SELECT id FROM adqltest.stars WHERE id = %s",
    "SELECT id FROM adqltest.stars TABLESAMPLE SYSTEM (1)",
    "SELECT id FROM ONLY adqltest.stars",
    "SELECT id FROM adqltest.stars, generate_series(1, 1000000000)",
    "SELECT id FROM (VALUES (1)) AS q",
    "SELECT id FROM (TABLE adqltest.stars) AS q",
    "WITH x AS (DELETE FROM adqltest.stars RETURNING id) SELECT * FROM x",
    "WITH RECURSIVE x AS (SELECT 1 AS n FROM adqltest.stars UNION ALL SELECT n + 1 FROM x) SELECT n FROM x",
    "SELECT id FROM adqltest.stars ORDER BY (SELECT pg_sleep(1))",
    "SELECT id FROM adqltest.stars LIMIT ALL",
    "SELECT CAST('x' AS regclass) FROM adqltest.stars",
    "SELECT id FROM adqltest.stars WHERE (SELECT 1) = 1",
    "EXPLAIN SELECT id FROM adqltest.stars",
    "\x00SELECT id FROM adqltest.stars",
    "SELECT id FROM adqltest.stars WHERE name = 'a\x00b'",
    "SELECT id FROM adqltest.stars WHERE name = ‘a’",
    "SELECT id\u00a0FROM adqltest.stars",
)

# All that SQL may hold: our own words, quoted names of the published schema, placeholders, numbers of columns.
_PLACEHOLDER = re.compile(r"%\(p\d+\)s")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_FIXED = re.compile(r"""'(?:YYYY-MM-DD"T"HH24:MI:SS\.MS| )?'""")


@pytest.mark.parametrize("query", ATTACKS)
def test_attacks_are_errors(schema: Schema, query: str) -> None:
    with pytest.raises(AdqlError):
        compile_adql(query, schema)


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE x; --", "%s", "%(p1)s", "%", "\\'", '"', "$$", "a'; SELECT pg_sleep(9); --", "/*", "\\", "é\u2028"],
)
def test_texts_travel_beside_the_statement(schema: Schema, text: str) -> None:
    literal, name = text.replace("'", "''"), text.replace('"', '""')
    query = f"""SELECT '{literal}' AS "{name}" FROM (SELECT id AS "{name}" FROM adqltest.stars) AS "{name}"
        WHERE "{name}"."{name}" = 1 OR '{literal}' LIKE '{literal}' ORDER BY "{name}" """
    statement = compile_adql(query, schema)
    assert text in statement.parameters.values()
    assert statement.fields[0].name == text
    assert _is_ours(statement.sql, schema)


def _is_ours(sql: str, schema: Schema) -> bool:
    """Whether a statement holds nothing that a user wrote."""
    known = {c.sql_name for t in schema for c in t.columns} | {n for t in schema for n in t.sql_name}
    names = {n[1:-1].replace('""', '"').replace("%%", "%") for n in _QUOTED.findall(_FIXED.sub("", sql))}
    bare = _QUOTED.sub("", _FIXED.sub("", _PLACEHOLDER.sub("", sql)))
    return all(n in known or re.fullmatch(r"c\d+(_shape)?|\w+_shape", n) for n in names) and not set(bare) & set(
        "'\\;$%#?`"
    )


@pytest.mark.parametrize("case", cases("valid.adql"), ids=str)
def test_statements_hold_only_our_own_text(schema: Schema, case: object) -> None:
    assert _is_ours(compile_adql(case.query, schema).sql, schema)  # type: ignore[attr-defined]


def _nested(kind: str, levels: int) -> str:
    table = "FROM adqltest.obs"
    if kind == "query":
        return "SELECT id FROM (" * levels + f"SELECT id {table}" + ") AS q" * levels
    if kind == "where":
        return f"SELECT id {table} WHERE id IN (" * levels + "1" + ")" * levels
    wraps = {
        "parenthesis": ("(", ")", "1"),
        "function": ("ABS(", ")", "1"),
        "minus": ("- ", "", "1"),
        "geometry": ("CENTROID(", ")", "POINT(1, 2)"),
        "scalar": ("(SELECT ", f" {table})", "1"),
    }
    if kind in wraps:
        before, after, inside = wraps[kind]
        return f"SELECT {before * levels}{inside}{after * levels} {table}"
    conditions = {
        "not": "NOT " * levels + "id = 1",
        "brackets": "(" * levels + "id = 1" + ")" * levels,
        "and": " AND ".join(["id = 1"] * levels),
        "or-brackets": "(id = 1 OR " * levels + "id = 2" + ")" * levels,
        "sum": " + ".join(["id"] * levels) + " = 1",
        "in": f"id IN ({', '.join(['1'] * levels)})",
        "concatenation": " || ".join(["band"] * levels) + " = 'a'",
        "exists": f"EXISTS (SELECT id {table} WHERE " * levels + "id = 1" + ")" * levels,
    }
    if kind in conditions:
        return f"SELECT id {table} WHERE {conditions[kind]}"
    chains = {
        "union": " UNION ALL ".join([f"SELECT id {table}"] * levels),
        "union-brackets": "(" * levels + f"SELECT id {table}" + f" UNION SELECT id {table})" * levels,
        "join": "SELECT o0.id FROM adqltest.obs AS o0 "
        + " ".join(f"JOIN adqltest.obs AS o{n} ON o0.id = o{n}.id" for n in range(1, levels)),
        "join-brackets": "SELECT COUNT(*) FROM "
        + "(" * levels
        + "adqltest.obs AS o"
        + "".join(f" JOIN adqltest.obs AS o{n} ON o.id = o{n}.id)" for n in range(levels)),
        "comma": "SELECT o0.id FROM " + ", ".join(f"adqltest.obs AS o{n}" for n in range(levels)),
        "with": "WITH " + ", ".join(f"w{n} AS (SELECT id {table})" for n in range(levels)) + " SELECT id FROM w0",
        "columns": f"SELECT {', '.join(['id'] * levels)} {table}",
        "order": f"SELECT id {table} ORDER BY {', '.join(['id'] * levels)}",
    }
    return chains[kind]


KINDS = (
    "query where parenthesis function minus geometry scalar not brackets and or-brackets sum in concatenation exists"
    " union union-brackets join join-brackets comma with columns order"
).split()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [40, 320, 5000])
def test_depth_and_length_are_linear_or_refused(schema: Schema, kind: str, levels: int) -> None:
    query = _nested(kind, levels)
    begin = time.process_time()
    try:
        compile_adql(query, schema)
    except AdqlError as error:
        assert levels > 40, error
    assert time.process_time() - begin < 2.0 + 1e-6 * len(query)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_stack_of_a_server_is_no_trouble(schema: Schema, kind: str) -> None:
    def below(frames: int) -> None:
        if frames:
            below(frames - 1)
        else:
            compile_adql(_nested(kind, 45), schema)

    assert sys.getrecursionlimit() == 1000
    below(120)


@pytest.mark.parametrize("query", ["(" * 1_000_000, "'" * 1_000_001, "a" * 1_000_000, "SELECT " + "1," * 500_000])
def test_a_megabyte_is_refused_at_once(schema: Schema, query: str) -> None:
    assert len(query) > MAX_LENGTH
    begin = time.process_time()
    with pytest.raises(AdqlError, match="characters"):
        compile_adql(query, schema)
    assert time.process_time() - begin < 0.5


def test_mutated_queries(schema: Schema) -> None:
    """An error of ours or a statement of ours, quickly; ``OBSCORE_FUZZ`` sets how many."""
    count = int(os.environ.get("OBSCORE_FUZZ", "4000"))
    generator = random.Random(int(os.environ.get("OBSCORE_FUZZ_SEED", "1")))
    queries = [case.query for case in cases("valid.adql")]
    translated = 0
    for _ in range(count):
        query = mutated(generator, queries)
        begin = time.process_time()
        try:
            statement = compile_adql(query, schema, 10)
        except AdqlError as error:
            assert error.line >= 1 and error.column >= 1, query
        else:
            translated += 1
            assert _is_ours(statement.sql, schema), query
        assert time.process_time() - begin < 3.0, query
    assert translated > count / 50
