"""What is published comes into the VO Registry, and what is taken back leaves it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from researcher import METADATA, Researcher
from sample_files import image

OAI = "{http://www.openarchives.org/OAI/2.0/}"
_NUMBERS = count(1)
RESTRICTED = {"record": "restricted", "files": "restricted"}


@pytest.fixture(params=["community", "record"])
def mode(app: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What a collection is."""
    monkeypatch.setitem(app.config, "OBSCORE_REGISTRY_COLLECTIONS", request.param)
    yield request.param
    monkeypatch.undo()
    with app.app_context():
        from invenio_obscore.rdm import registry_update

        registry_update.rebuild()


@pytest.fixture
def fold(app: Any) -> Callable[[], int]:
    """Brings the registry up to date, as beat does; how many collections changed."""

    def fold() -> int:
        from invenio_obscore.rdm import registry_update

        with app.app_context():
            return registry_update.update()

    return fold


@pytest.fixture
def marker() -> str:
    """A name that stands in one file of this test only."""
    return f"REGISTRY{next(_NUMBERS):04d}X"


@pytest.fixture
def harvest(visitor: Researcher, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, ET.Element]]:
    """Everything that a harvester gets: identifier → record."""
    from datetime import timedelta

    from invenio_obscore.vo import oai

    # The future, so that nothing of this second is held back.
    monkeypatch.setattr(oai, "SETTLED_AFTER", timedelta(seconds=-2))

    def harvest() -> dict[str, ET.Element]:
        answer = visitor.client.get("/vo/oai?verb=ListRecords&metadataPrefix=ivo_vor")
        assert answer.status_code == 200
        root = ET.fromstring(answer.data)
        return {record.findtext(f".//{OAI}identifier", ""): record for record in root.iter(f"{OAI}record")}

    return harvest


def _documents(harvested: dict[str, ET.Element]) -> str:
    return " ".join(ET.tostring(record, encoding="unicode") for record in harvested.values())


def test_a_record_comes_changes_and_goes(
    researcher: Researcher,
    administrator: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
    mode: str,
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker, DATE_OBS="2019-05-01T03:00:00")})
    publish(recid)
    assert fold() == 1
    assert fold() == 0
    found = {name: record for name, record in harvest().items() if marker in ET.tostring(record, encoding="unicode")}
    ((identifier, record),) = found.items()
    assert identifier.startswith(f"ivo://test.obscore/{'record' if mode == 'record' else 'collection'}/")
    assert record.findtext(".//instrument") in (marker, "TESTCAM") or mode == "community"
    assert record.findtext(".//coverage/spatial", "").startswith("6/")
    assert "58604.0 58605.0" in [element.text for element in record.iter("temporal")] or mode == "community"
    if mode == "record":
        assert record.findtext(".//title") == METADATA["metadata"]["title"]
        assert record.findtext(".//altIdentifier") == f"doi:10.5072/{recid}"
        assert record.findtext(".//creator/name") == "Leavitt, Henrietta"

    administrator.delete(recid)
    fold()
    assert marker not in _documents(harvest())
    if mode == "record":
        assert harvest()[identifier].find(f".//{OAI}header").get("status") == "deleted"  # type: ignore[union-attr]
    administrator.restore(recid)
    fold()
    assert marker in _documents(harvest())
    assert marker in ET.tostring(harvest()[identifier], encoding="unicode")


@pytest.mark.parametrize("access", [RESTRICTED, {"record": "public", "files": "restricted"}])
def test_what_is_restricted_never_comes(
    researcher: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
    access: dict[str, str],
) -> None:
    metadata = {**METADATA["metadata"], "title": f"Title {marker}"}
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, access=access, metadata=metadata)
    publish(recid)
    fold()
    assert marker not in _documents(harvest())


def test_restricting_takes_back(
    researcher: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    publish(recid)
    fold()
    assert marker in _documents(harvest())
    researcher.edit(recid)
    researcher.save(recid, access=RESTRICTED)
    publish(recid)
    fold()
    assert marker not in _documents(harvest())


class PanicException(BaseException):
    """As Rust's panics are named."""


@pytest.mark.parametrize("panic", [PanicException, ValueError])
def test_a_record_that_fails_holds_up_no_other(
    researcher: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
    panic: type[BaseException],
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from invenio_obscore.db import registry as stored

    contribution = stored.contribution

    def fail(rows: Sequence[Mapping[str, Any]]) -> Any:
        if any(row["instrument_name"] == f"POISON{marker}" for row in rows):
            raise panic("unreachable")
        return contribution(rows)

    taken_back = researcher.draft({"a.fits": image(INSTRUME=marker)})
    publish(taken_back)
    fold()
    assert marker in _documents(harvest())
    with monkeypatch.context() as patch:
        patch.setattr(stored, "contribution", fail)
        publish(researcher.draft({"a.fits": image(INSTRUME=f"POISON{marker}")}))
        researcher.edit(taken_back)
        researcher.save(taken_back, access=RESTRICTED)
        publish(taken_back)
        fold()
        assert marker not in _documents(harvest())
        fold()
    fold()
    assert f"POISON{marker}" in _documents(harvest()), "it comes again"


def test_what_is_taken_back_goes_even_where_its_collection_cannot_be_described(
    researcher: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from invenio_obscore.rdm import registry_update

    stays = researcher.draft({"a.fits": image(INSTRUME=f"STAYS{next(_NUMBERS)}")})
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    publish(stays)
    publish(recid)
    fold()
    assert marker in _documents(harvest())

    def fail(*args: Any) -> None:
        raise ValueError("no description")

    with monkeypatch.context() as patch:
        patch.setattr(registry_update, "described", fail)
        researcher.edit(recid)
        researcher.save(recid, access=RESTRICTED)
        publish(recid)
        fold()
        assert marker not in _documents(harvest())
    before = len(_documents(harvest()))
    fold()
    assert len(_documents(harvest())) > before, "its collection is described again"
    assert marker not in _documents(harvest())


def test_a_change_of_the_title_alone_changes_the_record(
    app: Any,
    researcher: Researcher,
    publish: Callable[..., Any],
    fold: Callable[[], int],
    harvest: Callable[[], dict[str, ET.Element]],
    marker: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "OBSCORE_REGISTRY_COLLECTIONS", "record")
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    publish(recid)
    fold()
    researcher.edit(recid)
    researcher.save(recid, metadata={**METADATA["metadata"], "title": f"New {marker}"})
    publish(recid)
    fold()
    titles = [record.findtext(".//title") for record in harvest().values()]
    assert f"New {marker}" in titles


def test_the_command_brings_it_up_to_date(app: Any, researcher: Researcher, publish: Callable[..., Any]) -> None:
    from invenio_obscore.rdm.cli import obscore

    publish(researcher.draft({"a.fits": image()}))
    for arguments in (["registry"], ["registry", "--rebuild"]):
        result = app.test_cli_runner().invoke(obscore, arguments)
        assert result.exit_code == 0, result.output
        assert "collection(s) changed" in result.output
