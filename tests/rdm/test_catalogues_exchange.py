"""The table of a draft over REST: out, compared, in again; by whom, and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from researcher import Researcher
from sample_files import archive, image


@pytest.fixture
def draft(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    """A draft with an image and an archive of two."""
    members = {f"x/{name}.fits": image(OBJECT=name, ra=ra) for name, ra in (("M 33", 23.46), ("M 51", 202.47))}
    recid = researcher.draft({"a.fits": image(OBJECT="M 31"), "b.zip": archive(members)})
    read_queued()
    researcher.found(recid)
    return recid


def _export(who: Researcher, recid: str, name: str = "csv") -> bytes:
    answer = who.request("GET", f"/records/{recid}/draft/obscore/table", query_string={"format": name}, status=200)
    return bytes(answer.get_data())


def _edited(data: bytes, edit: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> bytes:
    lines = edit(list(csv.DictReader(io.StringIO(data.decode(), newline=""))))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def _compare(who: Researcher, recid: str, data: bytes, status: int = 200) -> Any:
    return who.request("POST", f"/records/{recid}/draft/obscore/table/differences", data=data, status=status).json


def _take_in(who: Researcher, recid: str, data: bytes, revision: int, status: int = 200) -> Any:
    headers = {"If-Match": f'"{revision}"'}
    return who.request("PUT", f"/records/{recid}/draft/obscore/table", data=data, headers=headers, status=status).json


def _titled(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**line, "obs_title": f"Field of {line['target_name']}", "em_min": "500 nm"} for line in lines]


def test_a_table_goes_out_and_comes_back_to_the_published_rows(researcher: Researcher, draft: str) -> None:
    data = _export(researcher, draft)
    for name in ("csv", "votable"):
        assert _compare(researcher, draft, _export(researcher, draft, name))["cells"] == 0
    edited = _edited(data, _titled)
    shown = _compare(researcher, draft, edited)
    assert (shown["products"], shown["columns"]) == (3, {"obs_title": 3, "em_min": 3})
    first = next(each for each in shown["changes"] if each["file"] == "a.fits")
    assert first["columns"] == {"obs_title": [None, "Field of M 31"], "em_min": [None, pytest.approx(5e-7)]}
    assert _export(researcher, draft) == data  # looking changes nothing
    taken = _take_in(researcher, draft, edited, shown["revision"])
    assert taken["cells"] == 6
    assert taken["revision"] == shown["revision"] + 1
    assert _compare(researcher, draft, edited)["cells"] == 0
    _take_in(researcher, draft, data, shown["revision"], status=412)  # somebody else's table of before
    researcher.publish(draft)
    rows = {row["target_name"]: row for row in researcher.rows(draft)}
    assert {row["obs_title"] for row in rows.values()} == {f"Field of {name}" for name in ("M 31", "M 33", "M 51")}


def test_a_wrong_table_changes_nothing_and_says_where(researcher: Researcher, draft: str) -> None:
    data = _export(researcher, draft)

    def spoil(lines: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**lines[0], "s_ra": "north", "obs_title": "new"}, lines[1], lines[1]]

    wrong = _edited(data, spoil)
    revision = researcher.found(draft)["revision"]
    for answer in (_compare(researcher, draft, wrong, 400), _take_in(researcher, draft, wrong, revision, 400)):
        assert [(error["line"], error["field"]) for error in answer["errors"]] == [
            (2, "s_ra"),
            (4, "table"),
            (0, "table"),
        ]
    assert _export(researcher, draft) == data
    assert researcher.found(draft)["revision"] == revision


def test_nobody_else_gets_at_it(researcher: Researcher, stranger: Researcher, visitor: Researcher, draft: str) -> None:
    data = _export(researcher, draft)
    path = f"/records/{draft}/draft/obscore/table"
    edited = _edited(data, _titled)
    for who in (stranger, visitor):
        assert who.request("GET", path).status_code in (401, 403)
        # A visitor's browser without a token against forged requests is refused before anything else: 400.
        statuses = (401, 403) if who is stranger else (400, 401, 403)
        assert who.request("POST", f"{path}/differences", data=edited).status_code in statuses
        refused = who.request("PUT", path, data=edited, headers={"If-Match": '"0"'})
        assert refused.status_code in statuses
        assert "revision" not in refused.json
    assert _export(researcher, draft) == data
    researcher.request("PUT", path, data=data, status=428)


def test_files_that_are_still_read_make_no_half_table(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"late.fits": image()})
    answer = researcher.request("GET", f"/records/{recid}/draft/obscore/table", status=400).json
    assert "still being read: late.fits" in answer["message"]
    read_queued()
    assert b"late.fits" in _export(researcher, recid)
