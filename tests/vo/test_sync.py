"""Synchronous queries over HTTP, and the documents that describe the service."""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import xml.etree.ElementTree as ET

import pytest
from astropy.io.votable import parse

VOT = "{http://www.ivoa.net/xml/VOTable/v1.3}"
CONE = "SELECT target_name FROM ivoa.obscore WHERE 1=CONTAINS(POINT(s_ra, s_dec), CIRCLE(10.68, 41.27, 0.5)) ORDER BY 1"


def sync(client, query, method="post", **parameters):
    parameters = {"LANG": "ADQL", "QUERY": query, **parameters}
    if method == "get":
        return client.get("/tap/sync", query_string=parameters)
    return client.post("/tap/sync", data=parameters)


def error_of(response) -> str:
    """The message of a DALI error document."""
    assert response.content_type == "application/x-votable+xml", response.data[:300]
    infos = ET.fromstring(response.data).findall(f"{VOT}RESOURCE[@type='results']/{VOT}INFO")
    assert [(info.get("name"), info.get("value")) for info in infos] == [("QUERY_STATUS", "ERROR")]
    assert infos[0].text
    return infos[0].text


def rows_of(response) -> list[list[str]]:
    assert response.status_code == 200, response.data[:500]
    return list(csv.reader(io.StringIO(response.data.decode(), newline="")))


def statuses(response) -> list[str]:
    root = ET.fromstring(response.data)
    return [info.get("value") for info in root.iter(f"{VOT}INFO") if info.get("name") == "QUERY_STATUS"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_cone(client, method):
    assert rows_of(sync(client, CONE, method, RESPONSEFORMAT="csv")) == [["target_name"], ["M31"], ["NGC 1"]]


def test_names_of_parameters_have_no_case_and_format_is_the_old_name(client):
    response = client.post("/tap/sync", data={"lang": "ADQL-2.1", "Query": CONE, "format": "csv", "unknown": "x"})
    assert len(rows_of(response)) == 3
    assert response.content_type == "text/csv;header=present;charset=utf-8"


def test_multipart_form(client):
    data = {"LANG": "ADQL", "QUERY": CONE, "RESPONSEFORMAT": "csv"}
    assert len(rows_of(client.post("/tap/sync", data=data, content_type="multipart/form-data"))) == 3


@pytest.mark.parametrize("name", ["votable", "votable/td", "votable/b"])
@pytest.mark.filterwarnings("ignore")
def test_every_serialisation_reads_the_same(client, name):
    response = sync(client, "SELECT * FROM ivoa.obscore ORDER BY obs_id", RESPONSEFORMAT=name)
    table = parse(io.BytesIO(response.data)).get_first_table().to_table()
    assert list(table["obs_id"]) == [f"obs-{n}" for n in range(1, 6)]
    assert table["s_ra"].mask.tolist() == [False, False, False, True, False]
    assert table["s_ra"].unit == "deg"
    assert table["access_estsize"].tolist() == [10, 20, 30, 40, 50]
    assert table["obs_creation_date"][0] == "2026-01-02T03:04:05.678"
    assert table["target_name"][2] == "η Car"
    assert table["s_region"][0] == "Circle ICRS 10.6847 41.2688 0.1"


def test_text_survives_csv_and_json(client):
    query = "SELECT target_name, obs_title FROM ivoa.obscore ORDER BY obs_id"
    expected = [
        ["M31", "plain"],
        ["NGC 1", 'a "quoted", <b>&amp; title'],
        ["η Car", "two\nlines\tand a tab"],
        ["", ""],
        ["mosaic", "across the meridian"],
    ]
    assert rows_of(sync(client, query, RESPONSEFORMAT="csv"))[1:] == expected
    data = json.loads(sync(client, query, RESPONSEFORMAT="json").data)["data"]
    assert [[value or "" for value in row] for row in data] == expected


@pytest.mark.parametrize(
    ("top", "maxrec", "rows", "overflow"),
    [("", "2", 2, True), ("", "5", 5, False), ("", "0", 0, True), ("TOP 3", "2", 2, True), ("TOP 2", "3", 2, False)],
)
@pytest.mark.parametrize("name", ["votable", "votable/td"])
def test_maxrec(client, name, top, maxrec, rows, overflow):
    response = sync(client, f"SELECT {top} obs_id FROM ivoa.obscore", MAXREC=maxrec, RESPONSEFORMAT=name)
    assert len(parse(io.BytesIO(response.data)).get_first_table().array) == rows
    assert statuses(response) == (["OK", "OVERFLOW"] if overflow else ["OK"])


def test_a_maxrec_above_the_limit_is_cut_silently(client):
    assert sync(client, CONE, MAXREC="999999999999", RESPONSEFORMAT="csv").status_code == 200


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"LANG": "SQL"}, "LANG"),
        ({"LANG": "adql"}, "LANG"),
        ({"LANG": ""}, "LANG"),
        ({"QUERY": ""}, "QUERY"),
        ({"MAXREC": "-1"}, "MAXREC"),
        ({"MAXREC": "many"}, "MAXREC"),
        ({"MAXREC": ["1", "2"]}, "MAXREC"),
        ({"RESPONSEFORMAT": "xls"}, "RESPONSEFORMAT"),
        ({"RESPONSEFORMAT": "csv", "FORMAT": "csv"}, "RESPONSEFORMAT"),
        ({"RUNID": "x" * 65}, "RUNID"),
        ({"QUERY": "SELECT FROM"}, "line 1, column 8"),
        ({"QUERY": "SELECT nope FROM ivoa.obscore"}, "nope"),
        ({"QUERY": "SELECT * FROM pg_catalog.pg_user"}, "pg_user"),
        ({"QUERY": "SELECT pg_sleep(9) FROM ivoa.obscore"}, "pg_sleep"),
        ({"QUERY": "SELECT 1 FROM ivoa.obscore; DROP TABLE ivoa.obscore"}, "line 1"),
        ({"QUERY": "SELECT 1/0 FROM ivoa.obscore"}, "division by zero"),
        ({"QUERY": "SELECT LOG(0*t_min) FROM ivoa.obscore"}, "logarithm"),
        ({"QUERY": "SELECT EXP(t_min) FROM ivoa.obscore"}, "too large"),
        ({"QUERY": "SELECT \x00 FROM ivoa.obscore"}, "control character"),
    ],
)
def test_bad_requests_get_an_error_document(client, parameters, message):
    response = client.post("/tap/sync", data={"LANG": "ADQL", "QUERY": CONE, **parameters})
    assert response.status_code == 400
    assert message in error_of(response)


def test_a_query_that_takes_too_long_says_so(database, settings):
    from invenio_obscore.vo.wsgi import create_app

    client = create_app({**settings, "OBSCORE_TAP_TIMEOUT": "0.5"}).test_client()
    froms = ", ".join(f"ivoa.obscore AS t{n}" for n in range(14))
    response = sync(client, f"SELECT COUNT(*) FROM {froms}")
    assert response.status_code == 503
    assert "longer" in error_of(response)
    assert response.headers["Retry-After"]


def test_what_pgsphere_gives_up_on_is_the_querys(client):
    corner = "1.0806089, 51.2584942, 2.0806089, 51.2584942, 1.0806089, 52.2584942"
    query = f"SELECT CONTAINS(POINT(1.080608789534881, 51.258494188879226), POLYGON({corner})) FROM ivoa.obscore"
    response = sync(client, query)
    assert response.status_code == 200 or b"too near to the corner" in response.data


def test_a_database_that_is_away_is_said_without_its_address(settings):
    from invenio_obscore.vo.wsgi import create_app

    away = "postgresql://someone:secret@127.0.0.1:1/nowhere?connect_timeout=1"
    client = create_app({**settings, "OBSCORE_TAP_DATABASE_URI": away}).test_client()
    client.application.extensions["obscore-tap"][0].queries.connections._wait = 0.5
    response = sync(client, CONE)
    assert response.status_code == 503
    message = error_of(response)
    assert "secret" not in message and "127.0.0.1" not in message
    available = client.get("/tap/availability")
    assert available.status_code == 200 and b">false<" in available.data


def test_too_large_a_request(client):
    response = client.post("/tap/sync", data={"LANG": "ADQL", "QUERY": "x" * (21 * 2**20)})
    assert response.status_code == 413
    assert error_of(response)


def test_a_megabyte_of_query_is_refused_quickly(client):
    response = sync(client, "SELECT " + "(" * 500_000 + "1")
    assert response.status_code == 400
    assert error_of(response)


def test_headers(client):
    response = sync(client, CONE)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers
    assert set(client.options("/tap/sync").allow) == {"GET", "HEAD", "POST", "OPTIONS"}


def test_parameters_are_echoed(client):
    root = ET.fromstring(sync(client, CONE, RUNID="run <1>").data)
    infos = {info.get("name"): info.get("value") for info in root.iter(f"{VOT}INFO")}
    assert infos["QUERY"] == CONE
    assert infos["RUNID"] == "run <1>"


def test_tables_agree_with_tap_schema(client):
    root = ET.fromstring(client.get("/tap/tables").data)
    found = {
        (table.findtext("name"), column.findtext("name"))
        for table in root.iter("table")
        for column in table.iter("column")
    }
    rows = rows_of(sync(client, "SELECT table_name, column_name FROM tap_schema.columns", RESPONSEFORMAT="csv"))
    assert found == {tuple(row) for row in rows[1:]}
    assert ("ivoa.obscore", "s_region") in found


def test_nothing_unpublished_is_described_or_selected(client):
    names = rows_of(sync(client, "SELECT TOP 1 * FROM ivoa.obscore", RESPONSEFORMAT="csv"))[0]
    assert not {"record_uuid", "parent_uuid", "recid", "file_id", "s_region_shape"} & set(names)
    for name in ("record_uuid", "s_region_shape"):
        assert sync(client, f"SELECT {name} FROM ivoa.obscore").status_code == 400


def test_one_table_and_detail(client):
    assert ET.fromstring(client.get("/tap/tables/ivoa.obscore").data).findtext("name") == "ivoa.obscore"
    assert b"<column" not in client.get("/tap/tables?detail=min").data
    assert client.get("/tap/tables/ivoa.nothing").status_code == 404
    assert client.get("/tap/tables?detail=most").status_code == 400


def test_extensions_join_naturally(client):
    query = "SELECT obs_id, ev_xel FROM ivoa.obscore NATURAL JOIN ivoa.obscore_hea"
    assert rows_of(sync(client, query, RESPONSEFORMAT="csv")) == [["obs_id", "ev_xel"], ["obs-4", "1000"]]


def test_examples_run(client):
    root = ET.fromstring(client.get("/tap/examples").data)
    queries = [element.text for element in root.iter() if element.get("property") == "query"]
    assert len(queries) >= 4
    for query in queries:
        assert sync(client, query).status_code == 200


def test_page_for_people(client):
    page = client.get("/tap").data.decode()
    assert "<form" in page and "ivoa.obscore" in page and "s_region" in page
    assert "83.633" in client.get("/tap?example=covering").data.decode()


def test_the_page_shows_a_query_as_python_that_says_the_same(client):
    for query in (CONE, 'SELECT \'"""\' AS "a\\\\b" FROM ivoa.obscore', "SELECT\r\n1 </pre><script>alert(1)</script>"):
        page = client.get("/tap", query_string={"QUERY": query, "MAXREC": "5"}).data.decode()
        assert "<script>alert" not in page
        script = html.unescape(
            page.partition('<h2 id="python">')[2].partition("<pre")[2].partition(">")[2].partition("</pre>")[0]
        )
        assigned = next(
            node for node in ast.parse(script).body if isinstance(node, ast.Assign) and node.targets[0].id == "query"
        )
        assert assigned.value.value == query.replace("\r\n", "\n")


def test_the_page_tells_what_is_wrong_and_where(client):
    query = "SELECT obs_id\r\nFROM ivoa.obscore WHERE <b>target_nam</b> = 1"
    response = client.post("/tap", data={"LANG": "ADQL", "QUERY": query, "MAXREC": "7", "RESPONSEFORMAT": "csv"})
    page = response.data.decode()
    assert response.status_code == 400 and response.content_type.startswith("text/html")
    assert 'role="alert"' in page and "line 2, column 25" in page
    assert "&lt;b&gt;target_nam" in page and "<b>target" not in page
    assert 'value="7"' in page and '<option value="csv" selected>' in page
    message = client.post("/tap", data={"LANG": "ADQL", "QUERY": "SELECT target_nam FROM ivoa.obscore"}).data.decode()
    assert "did you mean target_name" in message and "\n       ^</pre>" in message


def test_a_sound_query_of_the_page_goes_on_to_sync(client):
    data = {"LANG": "ADQL", "QUERY": CONE, "MAXREC": "1", "RESPONSEFORMAT": "csv"}
    response = client.post("/tap", data=data)
    assert response.status_code == 307 and response.headers["Location"].endswith("/tap/sync")
    assert rows_of(client.post(response.headers["Location"], data=data)) == [["target_name"], ["M31"]]


def test_a_result_for_a_browser(client):
    response = sync(client, "SELECT target_name, obs_title, access_url FROM ivoa.obscore", RESPONSEFORMAT="html")
    page = response.data.decode()
    assert response.content_type == "text/html;charset=utf-8"
    assert '<a href="https://repository.example/records/rec1/files/a%20b.fits?download=1"' in page
    assert "<b>&amp; title" not in page and "&lt;b&gt;" in page


def test_a_published_identifier_leads_to_its_product(client):
    response = client.get("/did", query_string={"ID": "IVO://TEST.example/obscore?rec1/p1"})
    assert response.status_code == 303
    assert response.headers["Location"] == "https://repository.example/records/rec1/files/a%20b.fits?download=1"
    assert client.get("/did?ivo://test.example/obscore?rec1/p1").status_code == 303


def test_an_identifier_of_what_is_gone_leads_to_the_record(client):
    response = client.get("/did?ivo://test.example/obscore?rec77/abc")
    assert response.headers["Location"] == "https://repository.example/records/rec77"
    assert client.get("/did?ivo://test.example/obscore?../../x").status_code == 404
    assert client.get("/did?ivo://elsewhere.example/obscore?rec77/abc").status_code == 404
    assert client.get("/did").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tap/nothing", 404),
        ("PUT", "/tap/sync", 405),
        ("DELETE", "/tap/capabilities", 405),
        ("GET", "/x/y", 404),
    ],
)
def test_what_is_no_address_is_an_error_document(client, method, path, status):
    response = client.open(path, method=method)
    assert response.status_code == status
    assert b'value="ERROR"' in response.data
    assert ("GET" in response.allow) == (status == 405)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers
