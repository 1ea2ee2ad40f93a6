"""What a mapping would change, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sample_files
from instance import applications
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> Iterator[str]:
    draft = researcher.draft({f"{name}.fits": sample_files.image(OBJECT=name) for name in ("m31", "m33", "m51")})
    read_queued()
    yield draft


def _preview(who: Researcher, recid: str, mapping: str, status: int = 200) -> Any:
    body = {"mapping": mapping}
    return who.request("POST", f"/records/{recid}/draft/obscore/mapping/preview", json=body, status=status).json


def test_the_sample_says_what_would_change(researcher: Researcher, recid: str) -> None:
    shown = _preview(researcher, recid, "obs_title: concat('Image of ', OBJECT)\nem_min: 500 nm\n")
    assert shown["errors"] == []
    assert shown["touched"] == 3
    first = shown["sample"][0]
    assert (first["file"], first["product"]) == ("m31.fits", "")
    assert {c["column"]: (c["before"], c["after"], c["line"]) for c in first["changes"]} == {
        "obs_title": (None, "Image of m31", "line 1"),
        "em_min": (None, 5e-07, "line 2"),
    }
    assert researcher.found(recid)["mapping"] == "", "a preview saves nothing"


def test_mistakes_come_all_at_once_with_their_places(researcher: Researcher, recid: str) -> None:
    shown = _preview(researcher, recid, "obs_titl: 'x'\nem_min: )\naccess_url: 'x'")
    assert [mistake["line"] for mistake in shown["errors"]] == [1, 2, 3]
    assert all(mistake["column"] >= 1 and mistake["message"] for mistake in shown["errors"])
    assert shown["sample"] == []


def test_a_mapping_that_matches_nothing_says_so(researcher: Researcher, recid: str) -> None:
    shown = _preview(researcher, recid, "[*.spec.fits]\nobs_title: 'x'\n")
    assert shown["touched"] == 0
    assert all(not each["changes"] for each in shown["sample"])


def test_the_full_count_by_a_task(researcher: Researcher, recid: str, run_tasks: Callable[[], int]) -> None:
    path = f"/records/{recid}/draft/obscore/mapping/count"
    researcher.request("GET", path, status=404)
    run_tasks()
    body = {"mapping": "[m3*.fits]\nobs_title: 'x'"}
    token = researcher.request("POST", path, json=body, status=202).json["token"]
    begun = researcher.request("GET", path, status=200).json
    assert (begun["token"], begun["state"], begun["files"], begun["files_done"]) == (token, "running", 3, 0)
    run_tasks()
    done = researcher.request("GET", path, status=200).json
    assert {name: done[name] for name in ("state", "files_done", "products", "changed", "touched", "failed")} == {
        "state": "done",
        "files_done": 3,
        "products": 3,
        "changed": 2,
        "touched": 2,
        "failed": 0,
    }
    assert done["columns"] == {"obs_title": 2}


def test_a_newer_count_replaces_the_one_that_runs(
    researcher: Researcher, recid: str, run_tasks: Callable[[], int]
) -> None:
    path = f"/records/{recid}/draft/obscore/mapping/count"
    researcher.request("POST", path, json={"mapping": "obs_title: 'x'"}, status=202)
    token = researcher.request("POST", path, json={"mapping": "proposal_id: 'y'"}, status=202).json["token"]
    run_tasks()
    done = researcher.request("GET", path, status=200).json
    assert (done["token"], done["state"], done["columns"]) == (token, "done", {"proposal_id": 3})


def test_a_wrong_mapping_is_not_counted(researcher: Researcher, recid: str) -> None:
    path = f"/records/{recid}/draft/obscore/mapping/count"
    answer = researcher.request("POST", path, json={"mapping": "nothing: 1"}, status=400)
    assert answer.json["errors"][0]["line"] == 1


@pytest.fixture
def library(app: Any, tmp_path: Path) -> Iterator[Path]:
    """The data centre's folder of mappings, in the site's and in the API's application."""
    for each in applications(app):
        each.config["OBSCORE_MAPPING_LIBRARY"] = str(tmp_path)
    yield tmp_path
    for each in applications(app):
        each.config["OBSCORE_MAPPING_LIBRARY"] = ""


def test_mappings_to_start_from(researcher: Researcher, stranger: Researcher, recid: str, library: Path) -> None:
    (library / "lamost.map").write_text("# LAMOST DR7 spectra\nfacility_name: 'LAMOST'\n")
    earlier = researcher.draft()
    researcher.verify(earlier, 0, mapping="obs_title: 'Earlier'\n")
    kept = researcher.request("GET", f"/records/{recid}/draft/obscore/mappings", status=200).json["mappings"]
    assert kept[0] == {
        "source": "library",
        "id": "lamost",
        "title": "LAMOST DR7 spectra",
        "text": "# LAMOST DR7 spectra\nfacility_name: 'LAMOST'\n",
    }
    own = next(each for each in kept if each["id"] == earlier)
    assert (own["source"], own["title"], own["text"]) == ("deposit", "Observations of M 31", "obs_title: 'Earlier'\n")
    theirs = stranger.draft()
    other = stranger.request("GET", f"/records/{theirs}/draft/obscore/mappings", status=200).json["mappings"]
    assert all(each["id"] != earlier for each in other)


def test_nobody_else_may_ask(stranger: Researcher, recid: str) -> None:
    for part in ("mapping/preview", "mapping/count"):
        body = {"mapping": ""}
        assert stranger.request("POST", f"/records/{recid}/draft/obscore/{part}", json=body).status_code == 403
    for part in ("mapping/count", "mappings", "similar?file=m31.fits"):
        assert stranger.request("GET", f"/records/{recid}/draft/obscore/{part}").status_code == 403
