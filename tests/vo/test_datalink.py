"""Links of published data products (DataLink 1.1), and what tells clients of them in results of queries."""

from __future__ import annotations

import io

import pytest
import pyvo
import requests
from astropy.io.votable import parse

from .test_documents import assert_valid
from .test_server import run, stilts

DID = "ivo://test.example/obscore?rec1/p1"
HIDDEN = "ivo://test.example/obscore?none/p9"


def links(client, **query):
    """The table of an answer, row by row."""
    answer = client.get("/datalink/links", query_string=query)
    assert answer.status_code == 200
    assert answer.content_type == "application/x-votable+xml;content=datalink"
    table = parse(io.BytesIO(answer.get_data())).get_first_table().to_table()
    return [dict(zip(table.colnames, row)) for row in table.iterrows()], answer.get_data(as_text=True)


def test_a_product_has_links_to_its_data_and_its_page(client):
    rows, text = links(client, ID=DID)
    assert 'name="standardID" value="ivo://ivoa.net/std/DataLink#links-1.1"' in text
    by_semantics = {row["semantics"]: row for row in rows}
    assert set(by_semantics) == {"#this", "#preview", "#thumbnail", "#detached-header", "#documentation"}
    assert by_semantics["#this"]["access_url"].startswith("https://repository.example/records/rec1/files/")
    assert by_semantics["#this"]["content_type"] == "image/fits"
    assert by_semantics["#documentation"]["access_url"] == "https://repository.example/records/rec1"
    assert "size=thumbnail" in by_semantics["#thumbnail"]["access_url"]
    assert all(row["ID"] == DID and not row["error_message"] for row in rows)


def test_a_record_has_the_data_of_all_its_products(database, client, monkeypatch):
    import psycopg

    from invenio_obscore.vo import datalink

    record = "ivo://test.example/obscore?rec1"
    update = "UPDATE ivoa.obscore SET recid = %s, access_bytes = %s WHERE obs_id = 'obs-2'"
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(update, ["rec1", 2_880])
        try:
            rows, _ = links(client, ID=record.upper())
            assert [row["semantics"] for row in rows] == ["#this", "#this", "#documentation"]
            assert {row["ID"] for row in rows} == {record.upper()}
            assert [bool(row["content_length"] == 2_880) for row in rows] == [False, True, False]
            monkeypatch.setattr(datalink, "_RECORDS", datalink._RECORDS.replace("10001", "2"))
            monkeypatch.setattr(datalink, "MOST_PRODUCTS", 1)
            rows, _ = links(client, ID=[record, DID])
            assert [row["ID"] for row in rows][:2] == [record, DID]
            assert rows[0]["error_message"].startswith("DefaultFault: ")
        finally:
            connection.execute(update, ["rec2", None])
    (row,), _ = links(client, ID="ivo://elsewhere/obscore?rec1")
    assert row["error_message"].startswith("NotFoundFault: ")


def test_identifiers_have_no_case_and_come_back_as_they_were_given(client):
    rows, _ = links(client, ID=DID.upper())
    assert {row["ID"] for row in rows} == {DID.upper()}
    assert not any(row["error_message"] for row in rows)


@pytest.mark.parametrize("wrong", [HIDDEN, "", "nonsense", "ivo://x?y/z'; DROP TABLE ivoa.obscore", "a\0b", "<&>"])
def test_what_is_not_published_is_a_row_with_a_fault(client, wrong):
    (row,), _ = links(client, ID=wrong)
    assert row["error_message"].startswith("NotFoundFault: ")
    assert not row["access_url"] and row["semantics"] == "#this"


def test_rows_of_an_identifier_stand_together_in_the_order_of_the_request(client):
    rows, _ = links(client, ID=["ivo://test.example/obscore?rec3/p3", HIDDEN, DID, DID])
    order = list(dict.fromkeys(row["ID"] for row in rows))
    assert order == ["ivo://test.example/obscore?rec3/p3", HIDDEN, DID]
    assert [row["ID"] for row in rows] == sorted((row["ID"] for row in rows), key=order.index)


def test_no_identifier_is_a_table_without_rows(client):
    assert links(client)[0] == []


def test_too_many_identifiers_overflow(client):
    data = {"ID": [f"{HIDDEN}{number}" for number in range(1001)]}
    text = client.post("/datalink/links", data=data).get_data(as_text=True)
    assert text.count("<TR>") == 1000
    assert 'value="OVERFLOW"' in text


def test_other_formats_are_refused(client):
    assert client.get("/datalink/links?RESPONSEFORMAT=csv").status_code == 400
    for name in ("votable", "application/x-votable%2Bxml", "application/x-votable%2Bxml;content=datalink"):
        assert client.get(f"/datalink/links?RESPONSEFORMAT={name}").status_code == 200


def test_files_that_one_must_ask_for_show_no_picture(database, client):
    import psycopg

    with psycopg.connect(database.owner, autocommit=True) as connection:
        update = "UPDATE ivoa.obscore SET data_rights = %s WHERE obs_id = 'obs-2'"
        connection.execute(update, ["proprietary"])
        try:
            rows, _ = links(client, ID="ivo://test.example/obscore?rec2/p2")
        finally:
            connection.execute(update, [None])
    assert {row["semantics"]: bool(row["link_authorized"]) for row in rows} == {"#this": False, "#documentation": True}
    assert rows[0]["link_auth"] == "true"


def test_the_service_describes_itself(client):
    for path in ("datalink/capabilities", "tap/capabilities"):
        text = client.get(f"/{path}").get_data(as_text=True)
        assert "ivo://ivoa.net/std/DataLink#links-1.1" in text
        assert "http://localhost/datalink/links" in text
    assert client.get("/datalink/availability").status_code == 200


def query(client, adql, **more):
    data = {"LANG": "ADQL", "QUERY": adql, **more}
    return client.post("/tap/sync", data=data).get_data(as_text=True)


def test_results_with_identifiers_tell_of_the_links(client):
    text = query(client, "SELECT obs_id, obs_publisher_did AS did FROM ivoa.obscore")
    assert 'utype="adhoc:service"' in text and 'value="" ref="did"' in text
    assert "http://localhost/datalink/links" in text
    assert "adhoc:service" not in query(client, "SELECT obs_id FROM ivoa.obscore")
    assert "adhoc:service" not in query(client, "SELECT obs_publisher_did FROM ivoa.obscore", RESPONSEFORMAT="csv")


@pytest.fixture
def site(tap_url):
    """Address above the services of a real server."""
    return tap_url.removesuffix("/tap")


def test_pyvo_follows_the_links_of_a_result(site):
    found = pyvo.dal.TAPService(f"{site}/tap").search("SELECT * FROM ivoa.obscore ORDER BY obs_id")
    # Its ``bysemantics`` asks ivoa.net for the vocabulary.
    pages = [
        [link.access_url for link in links if link.semantics == "#documentation"]
        for links in found.iter_datalinks(preserve_order=True)
    ]
    assert pages == [[f"https://repository.example/records/rec{number}"] for number in range(1, 6)]
    (preview,) = [link for link in found[0].getdatalink() if link.semantics == "#preview"]
    assert preview.content_type == "image/png"


@stilts
@pytest.mark.parametrize("arguments", [f"ID={DID}", f"ID={DID}&ID={HIDDEN}", "ID=ivo://test.example/obscore?rec3", ""])
def test_datalinklint_finds_nothing(site, arguments):
    out = run("datalinklint", f"votable={site}/datalink/links?{arguments}")
    found = [line for line in out.splitlines() if line.startswith(("E-", "W-", "F-", "ERROR", "WARNING"))]
    # Without a network stilts knows the vocabulary as DataLink 1.0 had it.
    later = tuple(f"Unknown predicate '{term}'" for term in ("thumbnail", "detached-header", "documentation"))
    assert [line for line in found if not any(term in line for term in later)] == []


@stilts
def test_documents_are_valid(site, tmp_path):
    assert_valid(requests.get(f"{site}/datalink/capabilities", timeout=60).content, tmp_path)
    assert_valid(requests.get(f"{site}/datalink/links", params={"ID": DID}, timeout=60).content, tmp_path)
    parameters = {"LANG": "ADQL", "QUERY": "SELECT obs_publisher_did FROM ivoa.obscore"}
    result = requests.get(f"{site}/tap/sync", params=parameters, timeout=60)
    assert b"adhoc:service" in result.content
    assert_valid(result.content, tmp_path)
    file = tmp_path / "result.vot"
    file.write_bytes(result.content)
    out = run("votlint", f"votable={file}", "ucd=true", "unit=true")
    assert [line for line in out.splitlines() if line.startswith(("ERROR", "WARNING"))] == []
