"""Mapping and corrections: checked when they come, the last word on the rows, kept through edits and new versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sample_files
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> Iterator[str]:
    draft = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    yield draft


def _product(researcher: Researcher, recid: str) -> Any:
    return researcher.found(recid)["files"][0]["products"][0]


def test_corrections_are_the_last_word(researcher: Researcher, recid: str) -> None:
    answer = researcher.verify(recid, 0, corrections={"m31.fits": {"": {"target_name": "NGC 224", "s_dec": None}}})
    assert answer.json["revision"] == 1
    product = _product(researcher, recid)
    assert product["row"]["target_name"] == "NGC 224"
    assert product["evidence"]["target_name"]["source"] == "depositor"
    assert "s_dec" not in product["row"]


def test_a_mapping_fills_and_forces(researcher: Researcher, recid: str) -> None:
    researcher.verify(recid, 0, mapping="obs_title: 'A title'\ntarget_name := upper(OBJECT)\n")
    product = _product(researcher, recid)
    assert product["row"]["obs_title"] == "A title"
    assert product["evidence"]["obs_title"]["source"] == "mapping"
    assert product["row"]["target_name"] == "M 31"


@pytest.mark.parametrize(
    ("mapping", "line"),
    [("target_name: 'a'\nno_such_column: )", 2), ("access_url := 'http://elsewhere/'", 1), ("obs_title: $ENV_HOME", 1)],
)
def test_a_wrong_mapping_is_refused_with_its_line(researcher: Researcher, recid: str, mapping: str, line: int) -> None:
    answer = researcher.verify(recid, 0, mapping=mapping, status=400)
    (mistake,) = answer.json["errors"]
    assert mistake["field"] == "mapping"
    assert mistake["line"] == line
    assert mistake["column"] >= 1
    assert researcher.found(recid)["revision"] == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"targt_name": "x"}, "Did you mean target_name?"),
        ({"access_url": "http://elsewhere/"}, "The server sets this column."),
        ({"obs_publisher_did": None}, "The server sets this column."),
        ({"s_ra": "north"}, "is no double value"),
        ({"s_ra": [1]}, "A text, a number or null is expected."),
        ({"s_xel1": 10**40}, "is no long value"),
    ],
)
def test_wrong_corrections_are_refused(researcher: Researcher, recid: str, values: Any, words: str) -> None:
    answer = researcher.verify(recid, 0, corrections={"m31.fits": {"": values}}, status=400)
    (mistake,) = answer.json["errors"]
    assert words in mistake["messages"][0]
    assert next(iter(values)) in mistake["field"]


@pytest.mark.parametrize("body", [[], {"more": 1}, {"mapping": 3}, {"corrections": []}, {"mapping": "a\x00b"}, "text"])
def test_other_bodies_are_refused(researcher: Researcher, recid: str, body: Any) -> None:
    headers = {"If-Match": '"0"'}
    answer = researcher.request("PUT", f"/records/{recid}/draft/obscore", json=body, headers=headers)
    assert answer.status_code == 400


def test_without_a_condition_nothing_is_written(researcher: Researcher, recid: str) -> None:
    assert researcher.request("PUT", f"/records/{recid}/draft/obscore", json={}).status_code == 428
    for wrong in ('"abc"', '"-1"', '"7"'):
        headers = {"If-Match": wrong}
        assert researcher.request("PUT", f"/records/{recid}/draft/obscore", json={}, headers=headers).status_code == 412


def test_of_two_who_change_the_same_one_is_told(researcher: Researcher, recid: str) -> None:
    etag = researcher.request("GET", f"/records/{recid}/draft/obscore").headers["ETag"]
    path = f"/records/{recid}/draft/obscore"
    first = researcher.request("PUT", path, json={"mapping": "obs_title: 'a'"}, headers={"If-Match": etag}, status=200)
    researcher.request("PUT", path, json={"mapping": "obs_title: 'b'"}, headers={"If-Match": etag}, status=412)
    assert researcher.found(recid)["mapping"] == "obs_title: 'a'"
    again = {"If-Match": first.headers["ETag"]}
    researcher.request("PUT", path, json={"mapping": "obs_title: 'b'"}, headers=again, status=200)
    assert researcher.found(recid)["mapping"] == "obs_title: 'b'"


def test_they_survive_edit_and_new_version(researcher: Researcher, recid: str) -> None:
    decided = {"mapping": "obs_title: 'Kept'", "corrections": {"m31.fits": {"": {"target_name": "NGC 224"}}}}
    researcher.verify(recid, 0, **decided)
    researcher.publish(recid)
    (row,) = researcher.rows(recid)
    assert (row["obs_title"], row["target_name"]) == ("Kept", "NGC 224")
    researcher.edit(recid)
    edited = researcher.found(recid)
    assert {name: edited[name] for name in decided} == decided
    new = researcher.new_version(recid, import_files=True)
    versioned = researcher.found(new)
    assert {name: versioned[name] for name in decided} == decided
    assert _product(researcher, new)["row"]["target_name"] == "NGC 224"


def test_an_abandoned_edit_changes_nothing(researcher: Researcher, recid: str) -> None:
    researcher.publish(recid)
    researcher.edit(recid)
    seen = researcher.found(recid)["revision"]
    written = researcher.verify(recid, seen, corrections={"m31.fits": {"": {"target_name": "Other"}}}).json["revision"]
    researcher.discard(recid)
    assert researcher.rows(recid)[0]["target_name"] == "M 31"
    researcher.edit(recid)
    found = researcher.found(recid)
    assert found["corrections"] == {}
    assert found["revision"] > written, "an ETag of the abandoned draft fits no other content"


def test_a_correction_waits_for_publication(researcher: Researcher, recid: str) -> None:
    researcher.publish(recid)
    researcher.edit(recid)
    researcher.verify(recid, researcher.found(recid)["revision"], mapping="obs_title := 'New'")
    assert researcher.rows(recid)[0].get("obs_title") != "New"
    researcher.publish(recid)
    assert researcher.rows(recid)[0]["obs_title"] == "New"


def test_a_request_that_is_too_large(researcher: Researcher, recid: str) -> None:
    assert researcher.verify(recid, 0, mapping="#" * 3_000_000, status=None).status_code == 413
