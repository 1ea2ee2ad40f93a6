"""DataCite JSON and XML of a dozen deposits: golden files, each valid by DataCite's schema 4.5.

``OBSCORE_WRITE_GOLDEN=1`` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from datacite import schema45
from datacite_deposits import DEPOSITS, GoldenDeposit
from datacite_standin import DataCite
from lxml import etree
from researcher import METADATA, Researcher

GOLDEN = Path(__file__).parents[1] / "data" / "datacite"
#: What DataCite's REST API takes beside the schema's properties.
_BESIDE = {"event", "url", "prefix", "suffix"}


@pytest.fixture(scope="module")
def exported(visitor: Researcher, published_goldens: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Name of the deposit → DataCite JSON and XML that anyone can export."""
    found = {}
    for name, record in published_goldens.items():
        answers = (visitor.client.get(f"/records/{record['id']}/export/datacite-{kind}") for kind in ("json", "xml"))
        found[name] = tuple(_without_chance(answer.get_data(as_text=True), record) for answer in answers)
    return found  # type: ignore[return-value]


@pytest.fixture(scope="module")
def published_goldens(
    researcher: Researcher, instance_app: Any, instance: Any, datacite: DataCite
) -> Iterator[dict[str, Any]]:
    """The deposits, each published."""
    records = {}
    for deposit in DEPOSITS:
        metadata = {**METADATA["metadata"], "publication_date": "2026-01-31", **deposit.metadata}
        recid = researcher.draft(deposit.files, metadata=metadata)
        _read_all(instance_app)
        records[deposit.name] = researcher.publish(recid)
    yield records


def _read_all(app: Any) -> None:
    from invenio_db import db
    from sqlalchemy import select

    from invenio_obscore.rdm.models import ObsCoreReading, Status
    from invenio_obscore.rdm.worker import attend

    with app.app_context():
        waiting = list(db.session.scalars(select(ObsCoreReading.file_id).filter_by(status=Status.QUEUED)))
        db.session.commit()
        for file_id in waiting:
            attend(file_id)


def _without_chance(text: str, record: dict[str, Any]) -> str:
    """Put words where identifiers and today's dates stand."""
    for word, value in (("RECID", record["id"]), ("PARENT", record["parent"]["id"])):
        text = text.replace(value, word)
    today = record["updated"][:10]
    return text.replace(today, "TODAY")


@pytest.mark.parametrize("deposit", DEPOSITS, ids=lambda deposit: deposit.name)
def test_json_and_xml_are_as_agreed(exported: dict[str, tuple[str, str]], deposit: GoldenDeposit) -> None:
    document, xml = exported[deposit.name]
    for suffix, made in ((".json", _sorted(document)), (".xml", _sorted_xml(xml))):
        path = GOLDEN / f"{deposit.name}{suffix}"
        if os.environ.get("OBSCORE_WRITE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made, encoding="utf-8")
        assert made == path.read_text(encoding="utf-8")


def _sorted(document: str) -> str:
    return json.dumps(json.loads(document), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _sorted_xml(xml: str) -> str:
    return etree.tostring(etree.fromstring(xml.encode()), pretty_print=True, encoding="unicode")


@pytest.mark.parametrize("deposit", DEPOSITS, ids=lambda deposit: deposit.name)
def test_json_is_valid(exported: dict[str, tuple[str, str]], deposit: GoldenDeposit) -> None:
    document = exported[deposit.name][0].replace("TODAY", "2026-11-21")
    assert [error.message for error in schema45.validator.iter_errors(json.loads(document))] == []


@pytest.mark.parametrize("deposit", DEPOSITS, ids=lambda deposit: deposit.name)
def test_xml_says_what_json_says(exported: dict[str, tuple[str, str]], deposit: GoldenDeposit) -> None:
    """Every text and value of the JSON stands in the XML: its writer drops silently what it does not know."""
    document, xml = exported[deposit.name]
    root = etree.fromstring(xml.encode())
    present = {text for element in root.iter() for text in (element.text, *element.attrib.values()) if text}
    said = set(_texts(json.loads(document))) - {"http://datacite.org/schema/kernel-4"}
    assert {text for text in said if text not in present} == set()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str) and value:
        yield value


def test_the_doi_gets_what_is_exported(
    datacite: DataCite,
    published_goldens: dict[str, Any],
    exported: dict[str, tuple[str, str]],
    run_tasks: Callable[[], int],
) -> None:
    """One mapping feeds DOI and exporter; what is sent to DataCite names empty properties, too."""
    run_tasks()
    for name, record in published_goldens.items():
        sent = datacite.attributes(record["id"])
        assert sent["state"] == "findable", name
        document = json.loads(exported[name][0])
        for key in ("subjects", "sizes", "formats", "contributors", "descriptions", "relatedItems"):
            assert sent.get(key) == document.get(key, []), (name, key)


def test_instruments_have_the_identifiers_that_the_operator_gives(
    exported: dict[str, tuple[str, str]],
) -> None:
    """PIDINST: DOIs and Handles; an instrument that nobody registered has its name only."""
    from invenio_obscore.rdm.datacite_parts import related_items

    pids = {"MUSE": "https://doi.org/10.5072/muse", "HARPS": "21.T11148/c2c8c452912d57a44117"}
    items = list(related_items({"instrument": ["MUSE", "HARPS", "CAM"]}, pids))
    found = [item.get("relatedItemIdentifier") for item in items]
    assert found == [
        {"relatedItemIdentifier": "10.5072/muse", "relatedItemIdentifierType": "DOI"},
        {"relatedItemIdentifier": "21.T11148/c2c8c452912d57a44117", "relatedItemIdentifierType": "Handle"},
        None,
    ]
    document = json.loads(exported["plain-image"][0].replace("TODAY", "2026-11-21"))
    assert [one.message for one in schema45.validator.iter_errors({**document, "relatedItems": items})] == []


def test_no_place_on_the_sky_is_a_place_on_earth(exported: dict[str, tuple[str, str]]) -> None:
    assert not any("geoLocation" in text for pair in exported.values() for text in pair)


@pytest.mark.parametrize("deposit", DEPOSITS, ids=lambda deposit: deposit.name)
def test_rest_and_oai_say_the_same(
    visitor: Researcher, published_goldens: dict[str, Any], exported: dict[str, tuple[str, str]], deposit: GoldenDeposit
) -> None:
    record = published_goldens[deposit.name]
    headers = {"Accept": "application/vnd.datacite.datacite+json"}
    answer = visitor.request("GET", f"/records/{record['id']}", headers=headers, status=200)
    rest = json.loads(_without_chance(answer.get_data(as_text=True), record))
    document = json.loads(exported[deposit.name][0])
    # Addresses of the record itself differ between the interfaces of InvenioRDM.
    for key in set(rest) | set(document):
        if key not in ("alternateIdentifiers", *_BESIDE):
            assert rest.get(key) == document.get(key), key
    address = f"/oai2d?verb=GetRecord&metadataPrefix=oai_datacite&identifier={record['pids']['oai']['identifier']}"
    oai = etree.fromstring(visitor.client.get(address).get_data())
    subjects = [element.text for element in oai.iter("{*}subject")]
    assert subjects == [subject["subject"] for subject in document.get("subjects", [])]
