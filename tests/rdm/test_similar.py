"""One correction for all products that look the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sample_files
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    files = {f"cam{number}.fits": sample_files.image(OBJECT=f"field {number}") for number in range(3)}
    members = {f"z{number}.fits": sample_files.image() for number in range(4)}
    files |= {"other.fits": sample_files.image(INSTRUME="OTHER"), "all.zip": sample_files.archive(members)}
    draft = researcher.draft(files)
    read_queued()
    return draft


def _similar(who: Researcher, recid: str, status: int = 200, **where: str) -> Any:
    path = f"/records/{recid}/draft/obscore/similar"
    return who.request("GET", path, query_string={"file": "cam0.fits", **where}, status=status).json


def _correct(who: Researcher, recid: str, revision: int = 0, status: int = 200, **body: Any) -> Any:
    path = f"/records/{recid}/draft/obscore/similar?file=cam0.fits&product="
    return who.request("POST", path, json=body, headers={"If-Match": f'"{revision}"'}, status=status).json


def _rows(who: Researcher, recid: str) -> dict[str, Any]:
    found = who.found(recid)["files"]
    return {f"{f['key']}{p['member']}": p["row"] for f in found for p in f["products"]}


def test_how_many_is_said_first(researcher: Researcher, recid: str) -> None:
    alike = _similar(researcher, recid)
    assert alike["total"] == 7
    assert alike["by"]["instrument_name"] == "TESTCAM"
    assert {"file": "cam0.fits", "product": ""} in alike["first"]
    assert _similar(researcher, recid, file="other.fits")["total"] == 1
    _similar(researcher, recid, status=404, file="nothing.fits")


def test_all_of_them_are_corrected_and_no_other(researcher: Researcher, recid: str) -> None:
    done = _correct(researcher, recid, corrections={"em_min": "550 nm", "instrument_name": "Test Camera"})
    assert (done["revision"], done["changed"]) == (1, 7)
    rows = _rows(researcher, recid)
    assert len(rows) == 8
    for name, row in rows.items():
        assert row["instrument_name"] == ("OTHER" if name == "other.fits" else "Test Camera")
        assert row.get("em_min") == (None if name == "other.fits" else 5.5e-07)
    assert _similar(researcher, recid)["total"] == 7, "they still look the same"
    assert _correct(researcher, recid, revision=1, reset=["em_min", "instrument_name"])["changed"] == 7
    assert researcher.found(recid)["corrections"] == {}


def test_what_is_typed_wrong_has_its_message_at_its_field(researcher: Researcher, recid: str) -> None:
    answer = _correct(researcher, recid, status=400, corrections={"em_min": "blue", "s_dec": "95"})
    assert {each["field"] for each in answer["errors"]} == {"em_min", "s_dec"}
    answer = _correct(researcher, recid, status=400, corrections={"access_url": "http://elsewhere/"})
    assert answer["errors"][0]["field"] == "access_url"
    assert researcher.found(recid)["revision"] == 0


def test_a_conflict_changes_nothing(researcher: Researcher, recid: str) -> None:
    researcher.verify(recid, 0, mapping="obs_title: 'x'")
    _correct(researcher, recid, status=412, corrections={"em_min": 1e-7})
    assert researcher.found(recid)["corrections"] == {}
