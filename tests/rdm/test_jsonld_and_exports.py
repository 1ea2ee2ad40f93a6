"""What search engines, portals and people take: JSON-LD, exporters, signposting, sitemap, a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from researcher import METADATA, Researcher
from rocrate.rocrate import ROCrate
from sample_files import image

HOSTILE = "</script><b>&'\""


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    """With an article."""
    related = {"identifier": "2024A&A...681A...1X", "scheme": "ads", "relation_type": {"id": "issupplementto"}}
    licence = {"title": {"en": "CC BY"}, "link": "https://creativecommons.org/licenses/by/4.0/"}
    title = f"Title {HOSTILE}"
    return {**METADATA["metadata"], "title": title, "related_identifiers": [related], "rights": [licence]}


@pytest.fixture
def record(
    researcher: Researcher,
    read_queued: Callable[[], int],
    run_tasks: Callable[[], int],
    metadata: dict[str, Any],
) -> dict[str, Any]:
    """A public record."""
    files = {"a.fits": image(INSTRUME=HOSTILE, DATE_OBS="2019-05-01T03:00:00", EXPTIME=60.0)}
    recid = researcher.draft(files, metadata=metadata)
    read_queued()
    published: dict[str, Any] = researcher.publish(recid)
    run_tasks()
    return published


def export(visitor: Researcher, record: dict[str, Any], name: str) -> str:
    """What anyone may export."""
    answer = visitor.client.get(f"/records/{record['id']}/export/{name}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_json_ld_tells_of_the_products(visitor: Researcher, record: dict[str, Any]) -> None:
    document = json.loads(export(visitor, record, "json-ld"))
    assert document["@type"] == "https://schema.org/Dataset"
    assert document["temporalCoverage"] == "2019-05-01/2019-05-01"
    assert document["spatialCoverage"].startswith("RA 10.68°")
    assert {"name", "propertyID"} <= set(document["variableMeasured"][0])
    kinds = [one["@type"] for one in document["distribution"]]
    assert kinds.count("WebAPI") == 1
    urls = [one.get("contentUrl", "") for one in document["distribution"]]
    assert any(url.endswith("/export/obscore-votable") for url in urls)
    assert any("a.fits" in url for url in urls)
    assert "geo" not in json.dumps(document["spatialCoverage"])


def test_the_page_holds_it_safely(visitor: Researcher, record: dict[str, Any]) -> None:
    page = visitor.client.get(f"/records/{record['id']}").get_data(as_text=True)
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(scripts) == 1
    assert not set("<>&") & set(scripts[0])
    document = json.loads(scripts[0])
    assert HOSTILE in document["name"]
    assert HOSTILE in document["keywords"]
    assert document["@id"].endswith(record["pids"]["doi"]["identifier"])


def test_bibtex_names_the_article(visitor: Researcher, record: dict[str, Any]) -> None:
    text = export(visitor, record, "bibtex")
    assert "bibcode      = {2024A&A...681A...1X}" in text
    assert text.count("{") == text.count("}")
    assert text.rstrip().endswith("}")


@pytest.mark.parametrize(("name", "start"), [("obscore-votable", "<?xml"), ("obscore-csv", "dataproduct_type")])
def test_tables_are_exported(visitor: Researcher, record: dict[str, Any], name: str, start: str) -> None:
    assert export(visitor, record, name).lstrip().startswith(start)


def test_rows_are_exported_as_json(visitor: Researcher, record: dict[str, Any]) -> None:
    assert HOSTILE in json.dumps(json.loads(export(visitor, record, "obscore-json")), ensure_ascii=False).replace(
        '\\"', '"'
    )


def test_the_plan_says_what_is_known(visitor: Researcher, record: dict[str, Any]) -> None:
    """RDA DMP Common Standard 1.1: what it requires is there."""
    dmp = json.loads(export(visitor, record, "madmp"))["dmp"]
    for required in (
        "title",
        "created",
        "modified",
        "dmp_id",
        "contact",
        "ethical_issues_exist",
        "language",
        "dataset",
    ):
        assert dmp[required], required
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", dmp["created"])
    assert dmp["ethical_issues_exist"] in ("yes", "no", "unknown")
    (dataset,) = dmp["dataset"]
    assert dataset["dataset_id"] == {"identifier": record["pids"]["doi"]["identifier"], "type": "doi"}
    assert dataset["personal_data"] == dataset["sensitive_data"] == "unknown"
    (distribution,) = dataset["distribution"]
    assert distribution["data_access"] == "open"
    assert distribution["byte_size"] == record["files"]["total_bytes"]
    assert distribution["license"][0]["license_ref"] == "https://creativecommons.org/licenses/by/4.0/"
    assert distribution["host"]["pid_system"]
    assert dataset["preservation_statement"]
    assert dataset["data_quality_assurance"] == ["Headers were read into ObsCore rows."]
    assert all("DataCollector" not in role for person in dmp["contributor"] for role in person["role"])


def test_a_plan_claims_no_quality_of_what_was_not_read(app: Any, record: dict[str, Any]) -> None:
    from invenio_obscore.rdm.dmp import plan

    with app.app_context():
        (dataset,) = plan({**record, "custom_fields": {}})["dataset"]
    assert "data_quality_assurance" not in dataset


def test_a_crate_holds_the_files_and_who_made_them(visitor: Researcher, record: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ro-crate-metadata.json").write_text(export(visitor, record, "ro-crate"))
    crate = ROCrate(tmp_path)
    root = crate.root_dataset
    for required in ("name", "description", "datePublished", "license"):
        assert root[required], required
    assert HOSTILE in root["name"]
    assert record["pids"]["doi"]["identifier"] in json.dumps(crate.metadata.generate())
    assert [person["name"] for person in root["author"]]
    (file,) = [one for one in crate.data_entities if one.id.endswith("a.fits") or "a.fits/" in one.id]
    assert file.type == "File"
    assert any("obscore-votable" in one.id for one in crate.data_entities)
    (service,) = root["subjectOf"]
    assert service.type == "WebAPI"
    named = {entity["@id"] for entity in crate.metadata.generate()["@graph"]}
    assert _references(crate.metadata.generate()["@graph"]) <= named | {"https://w3id.org/ro/crate/1.3"}


def _references(value: Any) -> set[str]:
    """Identifiers that a document refers to."""
    if isinstance(value, list):
        return set().union(*map(_references, value)) if value else set()
    if isinstance(value, dict):
        return {value["@id"]} if set(value) == {"@id"} else _references(list(value.values()))
    return set()


def test_the_plan_is_offered_on_the_page(visitor: Researcher, record: dict[str, Any]) -> None:
    page = visitor.client.get(f"/records/{record['id']}").get_data(as_text=True)
    assert "/export/madmp" in page or "madmp" in page


def test_signposting_levels_one_and_two(visitor: Researcher, record: dict[str, Any]) -> None:
    page = visitor.client.get(f"/records/{record['id']}")
    link = ", ".join(page.headers.getlist("Link"))
    for relation in ("cite-as", "describedby", "item", "type", "license"):
        assert f'rel="{relation}"' in link, relation
    assert record["pids"]["doi"]["identifier"] in link
    headers = {"Accept": "application/linkset+json"}
    linkset = visitor.request("GET", f"/records/{record['id']}", headers=headers, status=200)
    (landing, *_) = json.loads(linkset.get_data(as_text=True))["linkset"]
    assert landing["anchor"].endswith(f"/records/{record['id']}")
    assert {"cite-as", "describedby", "item", "license"} <= set(landing)
    described = {one.get("type") for one in landing["describedby"]}
    assert {"application/ld+json", "application/vnd.datacite.datacite+json"} <= described


def test_content_negotiation_gives_datacite_and_json_ld(visitor: Researcher, record: dict[str, Any]) -> None:
    for accept in ("application/vnd.datacite.datacite+json", "application/ld+json"):
        answer = visitor.request("GET", f"/records/{record['id']}", headers={"Accept": accept}, status=200)
        text = answer.get_data(as_text=True)
        assert json.loads(text)
        assert "Optical" in text or "RA 10.68" in text


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/vnd.datacite.datacite+json", "application/vnd.datacite.datacite+json"),
        ("application/ld+json, */*;q=0.1", "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("image/png", "text/html"),
    ],
)
def test_the_landing_page_gives_programs_what_they_ask_for(
    visitor: Researcher, record: dict[str, Any], accept: str, given: str
) -> None:
    address = f"/records/{record['id']}"
    answer = visitor.client.get(address, headers={"Accept": accept}, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.mimetype == given
    assert "Accept" in visitor.client.get(address, headers={"Accept": accept}).vary


def test_the_sitemap_follows_records_and_leaves_out_restricted_ones(
    app: Any, visitor: Researcher, researcher: Researcher, record: dict[str, Any], publish: Callable[[str], Any]
) -> None:
    from invenio_search import current_search_client

    from invenio_obscore.rdm import sitemap

    access = {"record": "restricted", "files": "restricted"}
    secret = publish(researcher.draft({"b.fits": image()}, access=access))

    def update() -> bool:
        with app.app_context():
            current_search_client.indices.refresh(index=f"{app.config['SEARCH_INDEX_PREFIX']}*")
            return sitemap.update()

    assert update()
    assert not update()
    index = visitor.client.get("/sitemap.xml")
    assert index.status_code == 200
    assert "/sitemap_0.xml" in index.get_data(as_text=True)
    assert "Sitemap: http" in visitor.client.get("/robots.txt").get_data(as_text=True)
    pages = visitor.client.get("/sitemap_0.xml").get_data(as_text=True)
    assert f"/records/{record['id']}<" in pages
    assert secret["id"] not in pages
    publish(researcher.draft({"c.fits": image()}))
    assert update()
