"""Requests that nobody means well with: an error document each, never a 500, never an effect."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["ADQL", "csv", "votable", "0", "-1", "1e9", "SELECT 1 FROM ivoa.obscore", "%s", "\x00", "' OR 1=1"]
    ),
)
NAMES = st.sampled_from("LANG lang QUERY Query MAXREC RESPONSEFORMAT FORMAT RUNID UPLOAD REQUEST VERSION PHASE".split())
WORDS = (
    "SELECT FROM WHERE ivoa.obscore * , ( ) ' \" -- ; 1 1.5 s_ra obs_id TOP GROUP BY ORDER "
    "CONTAINS POINT CIRCLE AND OR NOT "
    "pg_catalog.pg_class pg_sleep(1) $$ :: %(p1)s %s \\ UNION IN LIKE NULL tap_schema.tables é \x7f /* */ @@ :x ?"
).split()


def check(response) -> None:
    assert response.status_code in (200, 400, 404, 413), response.data[:300]
    if response.status_code != 200:
        ET.fromstring(response.data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_parameters(client, pairs):
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    check(client.post("/tap/sync", data=data))
    check(client.get("/tap/sync", query_string=data))


def test_any_sequence_of_words(client):
    choose = random.Random(20260101)
    for _ in range(400):
        query = " ".join(choose.choices(WORDS, k=choose.randint(1, 14)))
        check(client.post("/tap/sync", data={"LANG": "ADQL", "QUERY": query, "MAXREC": "5"}))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="QUERY"\r\n\r\nSELECT', "multipart/form-data; boundary=x"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"QUERY=%ff%fe&LANG=ADQL", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"&" * 100_000, "application/x-www-form-urlencoded"),
    ],
)
def test_malformed_bodies(client, body, content_type):
    response = client.post("/tap/sync", data=body, content_type=content_type)
    assert response.status_code in (400, 413)
    check(response)


@pytest.mark.parametrize(
    "path",
    ["/tap/tables/%00", "/tap/tables/../../etc/passwd", "/tap/tables/'; DROP", "/tap/async/%00", "/tap/async/' OR 1=1",
     "/did?%00", "/did?ivo://a?b/%00", "/did?" + "x" * 5000],
)  # fmt: skip
def test_malformed_addresses(client, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM information_schema.tables",
        "SELECT current_user FROM ivoa.obscore",
        "SELECT pg_read_file('/etc/passwd') FROM ivoa.obscore",
        "SELECT 1 FROM ivoa.obscore; DELETE FROM ivoa.obscore",
        "SELECT 1 FROM ivoa.obscore /* x */",
        'SELECT "s_ra"" FROM ivoa.obscore',
        'SELECT 1 AS "x""; DROP TABLE ivoa.obscore; --" FROM ivoa.obscore',
        "DELETE FROM ivoa.obscore",
        "SELECT 'a' || $$b$$ FROM ivoa.obscore",
        "SELECT record_uuid FROM ivoa.obscore",
        "SELECT * FROM public.accounts_user",
        "SELECT * FROM obscore_uws.job",
    ],
)
def test_attacks_have_no_effect(client, database, query):
    check(client.post("/tap/sync", data={"LANG": "ADQL", "QUERY": query}))
    with psycopg.connect(database.owner) as connection:
        assert connection.execute("SELECT count(*) FROM ivoa.obscore").fetchone() == (5,)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO ivoa.obscore_hea VALUES ('x')",
        "CREATE TABLE x (y int)",
        "CREATE TEMP TABLE x (y int)",
        "DELETE FROM ivoa.obscore",
        "SELECT * FROM obscore_uws.job",
        "COPY ivoa.obscore TO PROGRAM 'cat'",
    ],
)
def test_the_role_that_reads_can_do_nothing_else(database, settings, client, sql):
    # Even where the translation failed altogether.
    service = client.application.extensions["obscore-tap"][0]
    with service.queries.connections.connection() as connection, pytest.raises(psycopg.Error):
        connection.execute(sql)
