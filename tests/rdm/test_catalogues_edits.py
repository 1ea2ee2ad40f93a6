"""A catalogue as a spreadsheet: columns, filters, edits of many cells, undo and redo, two who do it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sample_files
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    """A draft with two images and an archive of two."""
    files = {
        "a.fits": sample_files.image(ra=10.0, OBJECT="Alpha", EXPTIME=30.0),
        "b.fits": sample_files.image(ra=20.0, OBJECT="Beta"),
        "c.zip": sample_files.archive(
            {
                "x/1.fits": sample_files.image(ra=30.0, OBJECT="Gamma"),
                "x/2.fits": sample_files.image(ra=40.0, OBJECT="Delta"),
            }
        ),
        "cut.fits": sample_files.image()[:1000],
    }
    draft = researcher.draft(files)
    read_queued()
    return draft


def rows(who: Researcher, recid: str, **query: Any) -> Any:
    return who.request("GET", f"/records/{recid}/draft/obscore/products", query_string=query, status=200).json


def edit(who: Researcher, recid: str, revision: int, status: int = 200, **body: Any) -> Any:
    headers = {"If-Match": f'"{revision}"'}
    return who.request("POST", f"/records/{recid}/draft/obscore/edits", json=body, headers=headers, status=status).json


def step(who: Researcher, recid: str, name: str, status: int = 200, revision: int | None = None) -> Any:
    """Undo or redo what stands there now, or what did at this revision."""
    path = f"/records/{recid}/draft/obscore/edits"
    now = who.request("GET", path, status=200).json["revision"] if revision is None else revision
    return who.request("POST", f"{path}/{name}", headers={"If-Match": f'"{now}"'}, status=status).json


def column(who: Researcher, recid: str, name: str) -> dict[str, Any]:
    found = rows(who, recid, columns=name, sort="s_ra", show="all")
    return {p["file"] + p["product"]: p["row"].get(name) for p in found["products"] if not p["failed"]}


ALL = {"matching": {}}


def test_columns_filters_and_order(researcher: Researcher, recid: str) -> None:
    shown = rows(
        researcher, recid, columns="target_name,s_ra,em_min", sort="-s_ra", filter=["s_ra>15", "target_name~a"]
    )
    assert [p["row"] for p in shown["products"]] == [
        {"target_name": "Delta", "s_ra": 40.0},
        {"target_name": "Gamma", "s_ra": 30.0},
        {"target_name": "Beta", "s_ra": 20.0},
    ]
    assert shown["products"][0]["sources"] == {"target_name": "keyword", "s_ra": "wcs"}
    assert shown["total"] == 3
    assert shown["complete"] is True
    for text, names in {
        "t_exptime:filled": ["Alpha"],
        "t_exptime:empty": ["Beta", "Delta", "Gamma"],
        "s_ra=20 deg": ["Beta"],
        "target_name=Beta": ["Beta"],
        "target_name!~ta": ["Alpha", "Gamma"],
        "file~ZIP": ["Delta", "Gamma"],
        "t_exptime<1 min": ["Alpha"],
        "target_name~100%": [],
    }.items():
        found = rows(researcher, recid, columns="target_name", sort="target_name", filter=text, show="all")
        shown_names = [p["row"]["target_name"] for p in found["products"] if not p["failed"]]
        assert shown_names == names, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s_raa>1", "did you mean s_ra?"),
        ("s_ra>north", "cannot be read"),
        ("s_ra~1", "is a number"),
        ("s_ra:none", "s_ra:empty or s_ra:filled"),
        ("s_ra>", "lacks a value"),
        ("DROP TABLE x", "is no filter"),
        ("s_ra>1 kg", "s_ra"),
        ("access_url~x", "There is no column"),
        ("x" * 5000, "is no filter"),
    ],
)
def test_a_wrong_filter_is_named(researcher: Researcher, recid: str, text: str, words: str) -> None:
    path = f"/records/{recid}/draft/obscore/products"
    answer = researcher.request("GET", path, query_string={"filter": ["s_dec>1", text]}, status=400).json
    assert answer.get("errors"), answer
    (mistake,) = answer["errors"]
    assert (mistake["field"], mistake["index"]) == ("filter", 1)
    assert words in mistake["messages"][0]


@pytest.mark.parametrize(
    "query", [{"columns": "nothing"}, {"columns": "access_url"}, {"size": 201}, {"filter": "a\0b>1"}]
)
def test_other_parameters_are_refused(researcher: Researcher, recid: str, query: Any) -> None:
    assert researcher.request("GET", f"/records/{recid}/draft/obscore/products", query_string=query).status_code == 400


def test_set_fill_cells_and_reset(researcher: Researcher, recid: str) -> None:
    done = edit(researcher, recid, 0, action="set", column="em_min", value="550 nm", selection=ALL)
    assert (done["revision"], done["cells"], done["products"], done["columns"]) == (1, 4, 4, {"em_min": 4})
    assert set(column(researcher, recid, "em_min").values()) == {5.5e-07}
    where = [{"file": "c.zip", "product": "x/1.fits#"}, {"file": "a.fits", "product": ""}]
    done = edit(researcher, recid, 1, action="fill", columns=["target_name"], selection={"products": where})
    assert done["cells"] == 1
    names = column(researcher, recid, "target_name")
    assert names == {"a.fits": "Gamma", "b.fits": "Beta", "c.zipx/1.fits#": "Gamma", "c.zipx/2.fits#": "Delta"}
    cells = [
        {"file": "b.fits", "product": "", "column": "obs_title", "value": "B"},
        {"file": "b.fits", "product": "", "column": "t_exptime", "value": "2 min"},
        {"file": "c.zip", "product": "x/2.fits#", "column": "s_ra", "value": None},
    ]
    done = edit(researcher, recid, 2, action="cells", cells=cells)
    assert done["columns"] == {"obs_title": 1, "t_exptime": 1, "s_ra": 1}
    matching = {"matching": {"filter": ["t_exptime>1 min"]}}
    done = edit(researcher, recid, 3, action="reset", columns=["t_exptime", "em_min"], selection=matching)
    assert done["columns"] == {"t_exptime": 1, "em_min": 1}
    assert column(researcher, recid, "em_min")["b.fits"] is None
    shown = rows(researcher, recid, columns="s_ra", filter="s_ra:empty", show="all")["products"]
    assert [p["product"] for p in shown if not p["failed"]] == ["x/2.fits#"]
    assert rows(researcher, recid, columns="em_min", filter="em_min:filled")["products"][0]["sources"] == {
        "em_min": "depositor"
    }


def test_what_nobody_may_type_is_not_filled_in(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int]
) -> None:
    researcher.verify(recid, 0, mapping="em_min := 5500000", corrections={})
    run_tasks()  # the archive is described anew
    answer = edit(researcher, recid, 1, 400, action="fill", columns=["em_min"], selection=ALL)
    assert answer["errors"][0]["field"] == "em_min"
    assert "no wavelength" in answer["message"]


def test_a_wrong_value_changes_nothing(researcher: Researcher, recid: str) -> None:
    cells = [
        {"file": "a.fits", "product": "", "column": "obs_title", "value": "fine"},
        {"file": "b.fits", "product": "", "column": "em_min", "value": "5 parsnips"},
        {"file": "b.fits", "product": "", "column": "access_url", "value": "http://x/"},
        {"file": "b.fits", "product": "", "column": "s_dec", "value": 100},
    ]
    answer = edit(researcher, recid, 0, 400, action="cells", cells=cells)
    places = [(e["index"], e["field"], e["file"]) for e in answer["errors"]]
    assert places == [(1, "em_min", "b.fits"), (2, "access_url", "b.fits"), (3, "s_dec", "b.fits")]
    gone = [{"file": "a.fits", "product": ""}, {"file": "a.fits", "product": "none#"}]
    answer = edit(researcher, recid, 0, 400, action="set", column="obs_title", value="x", selection={"products": gone})
    assert (answer["errors"][0]["index"], answer["errors"][0]["product"]) == (1, "none#")
    assert rows(researcher, recid)["revision"] == 0
    assert set(column(researcher, recid, "obs_title").values()) == {None}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"action": "drop"},
        {"action": "set", "column": "obs_id", "selection": ALL},
        {"action": "set", "column": "access_url", "value": "x", "selection": ALL},
        {"action": "set", "column": "obs_id", "value": [1], "selection": ALL},
        {"action": "set", "column": "obs_id", "value": "x", "selection": {}},
        {"action": "set", "column": "obs_id", "value": "x", "selection": {"matching": {"filter": ["nothing>1"]}}},
        {"action": "set", "column": "obs_id", "value": "x", "selection": {"matching": {"sort": "secret"}}},
        {"action": "fill", "columns": [], "selection": ALL},
        {"action": "cells", "cells": [{"file": "a.fits"}]},
        {"action": "cells", "cells": [], "more": 1},
    ],
)
def test_what_means_nothing_is_refused(researcher: Researcher, recid: str, body: Any) -> None:
    path = f"/records/{recid}/draft/obscore/edits"
    answer = researcher.request("POST", path, json=body, headers={"If-Match": '"0"'}, status=400)
    assert answer.json["errors"] or answer.json["message"]


def test_undo_and_redo_step_by_step(researcher: Researcher, recid: str) -> None:
    found = column(researcher, recid, "target_name")
    first = edit(researcher, recid, 0, action="set", column="target_name", value="One", selection=ALL)
    assert first["history"] == {"undo": {"what": "set target_name", "cells": 4}, "redo": None, "refused": ""}
    edit(researcher, recid, 1, action="set", column="target_name", value="Two", selection=ALL)
    assert step(researcher, recid, "undo")["cells"] == 4
    assert set(column(researcher, recid, "target_name").values()) == {"One"}
    assert step(researcher, recid, "undo")["history"]["undo"] is None
    assert column(researcher, recid, "target_name") == found
    step(researcher, recid, "undo", 409)
    step(researcher, recid, "redo")
    again = step(researcher, recid, "redo")
    assert set(column(researcher, recid, "target_name").values()) == {"Two"}
    step(researcher, recid, "redo", 409)
    step(researcher, recid, "undo")
    edit(researcher, recid, again["revision"] + 1, action="set", column="obs_title", value="T", selection=ALL)
    step(researcher, recid, "redo", 409)  # what was undone is replaced by the new edit
    shown = researcher.request("GET", f"/records/{recid}/draft/obscore/edits", status=200).json
    assert shown["history"]["undo"]["what"] == "set obs_title"


def test_what_the_form_changes_is_undone_in_turn(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int]
) -> None:
    edit(researcher, recid, 0, action="set", column="obs_title", value="T", selection=ALL)
    base = f"/records/{recid}/draft/obscore"
    title = {"corrections": {"obs_title": "A"}}
    for revision in (1, 2):  # the second time nothing is new
        headers = {"If-Match": f'"{revision}"'}
        researcher.request("PATCH", f"{base}/product?file=a.fits", json=title, headers=headers, status=200)
    mapping = {"mapping": "proposal_id: 'x'"}
    researcher.request("PUT", f"{base}/mapping", json=mapping, headers={"If-Match": '"3"'}, status=200)
    run_tasks()
    assert set(column(researcher, recid, "proposal_id").values()) == {"x"}
    assert step(researcher, recid, "undo")["history"]["redo"] == {"what": "mapping", "cells": 0}
    run_tasks()
    assert set(column(researcher, recid, "proposal_id").values()) == {None}
    assert column(researcher, recid, "obs_title")["a.fits"] == "A"
    assert step(researcher, recid, "undo")["history"]["redo"]["what"] == "correct obs_title"
    assert set(column(researcher, recid, "obs_title").values()) == {"T"}
    step(researcher, recid, "undo")
    assert set(column(researcher, recid, "obs_title").values()) == {None}
    for _ in range(3):
        step(researcher, recid, "redo")
        run_tasks()
    assert set(column(researcher, recid, "proposal_id").values()) == {"x"}
    assert column(researcher, recid, "obs_title")["a.fits"] == "A"
    step(researcher, recid, "redo", 409)


def test_only_what_was_shown_is_undone(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(researcher, recid, 0, action="set", column="obs_title", value="First", selection=ALL)
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.history.AT_ONCE", 3)
    run_tasks("none")
    task = step(researcher, recid, "undo", 202)["task"]
    one = {"products": [{"file": "a.fits", "product": ""}]}
    edit(researcher, recid, 1, action="set", column="obs_title", value="Second", selection=one)
    step(researcher, recid, "undo", 412, revision=1)
    run_tasks()
    found = researcher.request("GET", f"/records/{recid}/draft/obscore/edits/{task}", status=200).json
    assert found["state"] == "failed"
    assert "Another change" in found["message"]
    titles = column(researcher, recid, "obs_title")
    assert titles.pop("a.fits") == "Second"
    assert set(titles.values()) == {"First"}
    assert researcher.request("POST", f"/records/{recid}/draft/obscore/edits/undo").status_code == 428


def test_two_documentalists_at_once(researcher: Researcher, documentalist: Researcher, recid: str) -> None:
    body = {"action": "set", "column": "obs_title", "selection": ALL}
    edit(documentalist, recid, 0, value="Mine", **body)
    edit(researcher, recid, 0, 412, value="Yours", **body)
    assert "somebody else's" in step(researcher, recid, "undo", 409)["message"]
    path = f"/records/{recid}/draft/obscore/edits"
    shown = researcher.request("GET", path, status=200).json["history"]
    assert (shown["undo"], "set obs_title" in shown["refused"]) == (None, True)
    edit(researcher, recid, 1, value="Yours", **body)
    step(documentalist, recid, "undo", 409)
    step(researcher, recid, "undo")
    step(documentalist, recid, "undo")
    assert set(column(researcher, recid, "obs_title").values()) == {None}


def test_an_edit_of_very_many_is_a_task(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.history.AT_ONCE", 3)
    monkeypatch.setattr("invenio_obscore.rdm.changes._AT_ONCE", 3)
    run_tasks("none")
    begun = edit(researcher, recid, 0, 202, action="set", column="obs_title", value="T", selection=ALL)
    path = f"/records/{recid}/draft/obscore/edits/{begun['task']}"
    assert researcher.request("GET", path, status=200).json["state"] == "running"
    run_tasks()
    done = researcher.request("GET", path, status=200).json
    assert (done["state"], done["done"], done["result"]["cells"]) == ("done", 4, 4)
    assert set(column(researcher, recid, "obs_title").values()) == {"T"}
    task = step(researcher, recid, "undo", 202)["task"]
    run_tasks()
    undone = researcher.request("GET", f"/records/{recid}/draft/obscore/edits/{task}", status=200).json
    assert (undone["state"], undone["result"]["history"]["redo"]["cells"]) == ("done", 4)
    assert set(column(researcher, recid, "obs_title").values()) == {None}
    stale = edit(researcher, recid, 2, 202, action="set", column="obs_title", value="U", selection=ALL)
    one = {"products": [{"file": "a.fits", "product": ""}]}
    edit(researcher, recid, 2, action="set", column="obs_title", value="V", selection=one)
    run_tasks()
    failed = researcher.request("GET", f"/records/{recid}/draft/obscore/edits/{stale['task']}", status=200).json
    assert failed["state"] == "failed"
    assert "somebody else" in failed["message"]
    assert column(researcher, recid, "obs_title")["a.fits"] == "V"


def test_what_matches_is_not_guessed_while_corrections_are_worked_in(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.changes._AT_ONCE", 0)
    monkeypatch.setattr("invenio_obscore.rdm.products._MANY", 1)
    edit(researcher, recid, 0, action="set", column="obs_title", value="T", selection=ALL)
    body = {"action": "set", "column": "obs_title", "value": "U", "selection": ALL}
    path = f"/records/{recid}/draft/obscore/edits"
    answer = researcher.request("POST", path, json=body, headers={"If-Match": '"1"'}, status=503)
    assert int(answer.headers["Retry-After"]) > 0
    run_tasks()
    edit(researcher, recid, 1, **body)


def test_nothing_is_published_before_an_edit_is_made(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.history.AT_ONCE", 3)
    researcher.delete_file(recid, "cut.fits")
    run_tasks("none")
    edit(researcher, recid, 0, 202, action="set", column="obs_title", value="T", selection=ALL)
    path = f"/records/{recid}/draft/actions/publish"
    (error,) = researcher.request("POST", path, status=400).json["errors"]
    assert "still being worked in" in error["messages"][0]
    run_tasks()
    researcher.publish(recid)
    assert {row["obs_title"] for row in researcher.rows(recid)} == {"T"}
