"""Look-ups in outside services: proposed, accepted by the depositor, with the service as evidence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sample_files
from researcher import Researcher

sys.path.append(str(Path(__file__).parents[1] / "library"))

from curation_stand_in import StandIn  # noqa: E402  # it stands beside the library's tests


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    with StandIn() as server:
        for name in ("simbad", "sesame", "svo"):
            monkeypatch.setenv(f"OBSCORE_CURATION_{name.upper()}_URL", server.url(name))
        monkeypatch.setenv("OBSCORE_CURATION_CACHE", str(tmp_path / "cache"))
        yield server


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    draft = researcher.draft({"m31.fits": sample_files.image(), "other.fits": sample_files.image(OBJECT="dark 3")})
    read_queued()
    return draft


WANTED = [{"file": "m31.fits", "product": ""}]


def _look_up(who: Researcher, recid: str, status: int = 200, products: Any = WANTED) -> Any:
    path = f"/records/{recid}/draft/obscore/lookup"
    return who.request("POST", path, json={"products": products}, status=status).json


def _accept(who: Researcher, recid: str, proposals: list[Any], revision: int = 0, status: int = 200) -> Any:
    path = f"/records/{recid}/draft/obscore/lookup/accept?file=m31.fits&product="
    body = {"proposals": [{name: each[name] for name in ("column", "value", "service")} for each in proposals]}
    return who.request("POST", path, json=body, headers={"If-Match": f'"{revision}"'}, status=status)


def _product(who: Researcher, recid: str) -> Any:
    return who.found(recid)["files"][0]["products"][0]


def test_a_proposal_fills_nothing_until_it_is_accepted(researcher: Researcher, recid: str, services: StandIn) -> None:
    found = _look_up(researcher, recid)
    ((proposal,),) = [each["proposals"] for each in found["proposals"]]
    assert found["failures"] == []
    assert (proposal["column"], proposal["value"], proposal["service"]) == ("target_class", "AGN", "simbad")
    assert proposal["confidence"] > 0.5
    assert "target_class" not in _product(researcher, recid)["row"]
    assert _accept(researcher, recid, [proposal]).json["revision"] == 1
    product = _product(researcher, recid)
    assert product["row"]["target_class"] == "AGN"
    assert product["evidence"]["target_class"]["source"] == "simbad"
    researcher.publish(recid)
    assert next(row for row in researcher.rows(recid) if row["target_name"] == "M 31")["target_class"] == "AGN"


def test_nobody_makes_a_proposal_up(researcher: Researcher, recid: str, services: StandIn) -> None:
    invented = {"column": "target_class", "value": "Planet", "service": "simbad"}
    answer = _accept(researcher, recid, [invented], status=404)
    assert "target_class = Planet cannot be accepted" in answer.json["message"]
    assert researcher.found(recid)["revision"] == 0


def test_a_service_that_is_down_is_named(researcher: Researcher, recid: str, services: StandIn) -> None:
    services.shutdown()
    services.server_close()
    found = _look_up(researcher, recid)
    assert found["proposals"][0]["proposals"] == []
    assert "does not answer" in found["failures"][0]


def test_who_changed_it_meanwhile_is_not_overwritten(researcher: Researcher, recid: str, services: StandIn) -> None:
    proposals = _look_up(researcher, recid)["proposals"][0]["proposals"]
    researcher.verify(recid, 0, mapping="obs_title: 'x'")
    _accept(researcher, recid, proposals, revision=0, status=412)


def test_only_the_depositor_asks_and_for_what_is_there(
    researcher: Researcher, stranger: Researcher, recid: str, services: StandIn
) -> None:
    _look_up(stranger, recid, status=403)
    _look_up(researcher, recid, status=404, products=[{"file": "nothing.fits"}])
    _look_up(researcher, recid, status=404, products=[{"file": "m31.fits", "product": "x#"}])
    _look_up(researcher, recid, status=400, products=WANTED * 101)
