"""The tables of queries, without a database: valid ones translate, invalid ones fail where they should."""

from __future__ import annotations

import pytest
from cases import Case, cases

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.schema import Schema
from invenio_obscore.errors import AdqlError, AdqlNameError, AdqlSyntaxError, AdqlTypeError

KINDS = {"syntax": AdqlSyntaxError, "name": AdqlNameError, "type": AdqlTypeError}


@pytest.mark.parametrize("case", cases("valid.adql"), ids=str)
def test_valid(schema: Schema, case: Case) -> None:
    statement = compile_adql(case.query, schema, 10)
    names = [field.name.lower() for field in statement.fields]
    assert len(set(names)) == len(names)
    for name, value in statement.parameters.items():
        assert f"%({name})s::" in statement.sql
        assert not isinstance(value, str) or len(value) < 3 or value in ("ICRS",) or f"'{value}'" not in statement.sql


@pytest.mark.parametrize("case", cases("invalid.adql"), ids=str)
def test_invalid(schema: Schema, case: Case) -> None:
    _, kind, place = case.verdict.split()
    with pytest.raises(AdqlError) as caught:
        compile_adql(case.query, schema)
    assert type(caught.value) is KINDS[kind]
    assert f"{caught.value.line}:{caught.value.column}" == place
    assert str(caught.value).startswith(f"line {caught.value.line}, column {caught.value.column}: ")


def test_a_syntax_error_says_what_was_found_and_expected(schema: Schema) -> None:
    with pytest.raises(AdqlSyntaxError) as caught:
        compile_adql("SELECT id\nFROM adqltest.stars\nORDER id", schema)
    error = caught.value
    assert (error.line, error.column, error.found, error.expected) == (3, 7, "id", ("BY",))
    assert str(error) == "line 3, column 7: found id, expected BY"


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("SELECT naem FROM adqltest.stars", "name"),
        ("SELECT wavelenght FROM adqltest.stars", "wavelength"),
        ("SELECT id FROM adqltest.star", "adqltest.stars"),
        ("SELECT SQRTT(id) FROM adqltest.stars", "SQRT"),
        ("SELECT starz.id FROM adqltest.stars", "stars"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(schema: Schema, query: str, suggestion: str) -> None:
    with pytest.raises(AdqlNameError) as caught:
        compile_adql(query, schema)
    assert caught.value.expected[0] == suggestion
    assert f"did you mean {suggestion}" in caught.value.remedy


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("SELECT id FROM adqltest.stars LIMIT 10", "SELECT TOP n"),
        ("SELECT id FROM adqltest.stars WHERE id > 1 LIMIT 10", "SELECT TOP n"),
        ("SELECT CASE WHEN id = 1 THEN 2 END FROM adqltest.stars", "has no CASE"),
        ("SELECT CAST(id AS INT) FROM adqltest.stars", "INTEGER"),
        ("SELECT id FROM adqltest.stars CROSS JOIN adqltest.obs", "comma"),
    ],
)
def test_a_word_of_another_dialect_says_what_adql_has(schema: Schema, query: str, remedy: str) -> None:
    with pytest.raises(AdqlSyntaxError) as caught:
        compile_adql(query, schema)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("top", "maxrec", "fetched", "overflow_limit"),
    [
        ("TOP 10", 5, 6, 5),
        ("TOP 5", 10, 5, None),
        ("TOP 5", 5, 5, None),
        ("TOP 5", None, 5, None),
        ("", 5, 6, 5),
        ("", 0, 1, 0),
        ("TOP 0", 0, 0, None),
        ("TOP 0", 5, 0, None),
    ],
)
def test_top_and_maxrec(schema: Schema, top: str, maxrec: int | None, fetched: int, overflow_limit: int | None) -> None:
    statement = compile_adql(f"SELECT {top} id FROM adqltest.stars", schema, maxrec)
    assert statement.overflow_limit == overflow_limit
    assert list(statement.parameters.values()) == [fetched]


def test_without_limits_there_is_none(schema: Schema) -> None:
    statement = compile_adql("SELECT id FROM adqltest.stars", schema)
    assert statement.overflow_limit is None
    assert "LIMIT" not in statement.sql
