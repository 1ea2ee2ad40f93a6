"""``GET /api/records/<id>/obscore``: the same public rows in every format, nothing for who may not see the record."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import pytest
import sample_files
from astropy.io.votable import parse_single_table
from researcher import Researcher

RESTRICTED = {"record": "restricted", "files": "restricted"}
FILES_RESTRICTED = {"record": "public", "files": "restricted"}


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    draft = researcher.draft({f"{name}.fits": sample_files.image(OBJECT=name) for name in ("a", "b", "c")})
    read_queued()
    researcher.publish(draft)
    return draft


def test_json_in_pages(visitor: Researcher, recid: str) -> None:
    first = visitor.request("GET", f"/records/{recid}/obscore?size=2", status=200).json
    second = visitor.request("GET", f"/records/{recid}/obscore?size=2&page=2", status=200).json
    assert first["total"] == 3
    assert [row["target_name"] for row in first["rows"] + second["rows"]] == ["a", "b", "c"]
    assert all(row["obs_publisher_did"].startswith("ivo://test.obscore/") for row in first["rows"])


@pytest.mark.parametrize("how", [{"query_string": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
def test_csv(visitor: Researcher, recid: str, how: Any) -> None:
    answer = visitor.request("GET", f"/records/{recid}/obscore", status=200, **how)
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(StringIO(answer.get_data(as_text=True))))
    assert [row["target_name"] for row in rows] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["votable", "votable/td"])
def test_votable(visitor: Researcher, recid: str, name: str) -> None:
    answer = visitor.request("GET", f"/records/{recid}/obscore", query_string={"format": name}, status=200)
    table = parse_single_table(BytesIO(answer.data)).to_table()
    assert list(table["target_name"]) == ["a", "b", "c"]
    assert table["s_ra"].unit == "deg"


def test_a_format_that_nobody_writes(visitor: Researcher, recid: str) -> None:
    assert visitor.request("GET", f"/records/{recid}/obscore?format=dwg").status_code == 400


def test_a_draft_has_no_published_rows(researcher: Researcher, visitor: Researcher) -> None:
    draft = researcher.draft({"a.fits": sample_files.image()})
    assert visitor.request("GET", f"/records/{draft}/obscore").status_code == 404


def test_a_restricted_record_refuses_strangers(
    researcher: Researcher, stranger: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    draft = researcher.draft({"a.fits": sample_files.image()}, access=RESTRICTED)
    read_queued()
    researcher.publish(draft)
    for who in (stranger, visitor):
        assert who.request("GET", f"/records/{draft}/obscore").status_code == 403
    assert researcher.rows(draft) == []


def test_restricted_files_have_no_rows(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    draft = researcher.draft({"secret-name.fits": sample_files.image()}, access=FILES_RESTRICTED)
    read_queued()
    researcher.publish(draft)
    answer = visitor.request("GET", f"/records/{draft}/obscore", status=200)
    assert answer.json["rows"] == []
    assert "secret-name" not in answer.get_data(as_text=True)


def test_a_deleted_record_is_gone(
    researcher: Researcher, administrator: Researcher, visitor: Researcher, recid: str
) -> None:
    body = {"removal_reason": {"id": "test-record"}, "is_visible": True}
    administrator.request("DELETE", f"/records/{recid}/delete", json=body, status=204)
    assert visitor.request("GET", f"/records/{recid}/obscore").status_code == 410


def test_no_cell_of_a_downloaded_csv_is_a_formula(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    draft = researcher.draft({"a.fits": sample_files.image(OBJECT="=1+1")})
    read_queued()
    researcher.publish(draft)
    answers = [
        visitor.request("GET", f"/records/{draft}/obscore?format=csv", status=200),
        visitor.client.get(f"/records/{draft}/export/obscore-csv"),
    ]
    for answer in answers:
        (row,) = csv.DictReader(StringIO(answer.get_data(as_text=True)))
        assert row["target_name"] == "'=1+1"
    assert visitor.request("GET", f"/records/{draft}/obscore").json["rows"][0]["target_name"] == "=1+1"


def test_tables_come_in_batches(visitor: Researcher, recid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import Engine, event

    from invenio_obscore.db import streaming

    monkeypatch.setattr(streaming, "_BATCH", 1)
    streamed: list[bool] = []

    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "ivoa.obscore.access_url" in statement:
            streamed.append(bool(cursor.name))

    event.listen(Engine, "after_cursor_execute", look)
    try:
        table = visitor.request("GET", f"/records/{recid}/obscore?format=csv", status=200).get_data(as_text=True)
        exported = visitor.client.get(f"/records/{recid}/export/obscore-csv").get_data(as_text=True)
        objects = visitor.client.get(f"/records/{recid}/export/obscore-json").get_data(as_text=True)
    finally:
        event.remove(Engine, "after_cursor_execute", look)
    assert exported == table
    assert [row["target_name"] for row in csv.DictReader(StringIO(table))] == ["a", "b", "c"]
    assert all(f'"{name}"' in objects for name in ("a", "b", "c"))
    assert streamed == [True, True, True]
