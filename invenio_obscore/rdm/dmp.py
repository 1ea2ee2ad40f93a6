"""A draft of a machine-actionable data management plan (RDA DMP Common Standard 1.1) for a record with a DOI.

It says what the repository knows: what was deposited, how large it is, under which licence, where, for how long and
under which identifiers. Whoever writes the plan goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app
from marshmallow_utils.html import strip_html

from ..registry import uat, words
from ..registry.facts import site
from .custom_fields import facts_of

Record = Mapping[str, Any]
#: The standard's field ``pid_system``; what a repository of InvenioRDM gives.
_PID_SYSTEMS = ["doi", "other"]
#: All that creators of a record are known to be.
_ROLE = "http://purl.org/dc/terms/creator"


class MaDMPSerializer:
    """The exporter ``madmp``."""

    def serialize_object(self, record: Record) -> str:
        """The plan as JSON."""
        return json.dumps({"dmp": plan(record)}, indent=2, ensure_ascii=False, default=str)


def plan(record: Record) -> dict[str, Any]:
    """The plan of a record in the form of InvenioRDM's REST API."""
    metadata = record["metadata"]
    doi = _doi(record)
    return {
        "title": f"Data management plan of: {metadata.get('title', '')}",
        "description": "Draft made by the repository when the DOI was given.",
        "language": "eng",
        "created": _moment(record, "created"),
        "modified": _moment(record, "updated"),
        "dmp_id": _identifier(f"https://doi.org/{doi}#dmp" if doi else _page(record), "url"),
        "contact": _contact(),
        "contributor": [_contributor(creator) for creator in metadata.get("creators") or ()],
        "ethical_issues_exist": "unknown",
        "project": list(_projects(metadata)),
        "dataset": [_dataset(record, doi)],
    }


def _moment(record: Record, name: str) -> str:
    """The standard wants a date-time; whole seconds do."""
    return f"{str(record.get(name) or '')[:19]}Z"


def _identifier(identifier: str, kind: str) -> dict[str, str]:
    return {"identifier": identifier, "type": kind}


def _doi(record: Record) -> str:
    return str(((record.get("pids") or {}).get("doi") or {}).get("identifier") or "")


def _page(record: Record) -> str:
    return f"{_site()}/records/{record['id']}"


def _site() -> str:
    return str(current_app.config["SITE_UI_URL"]).rstrip("/")


def _contact() -> dict[str, Any]:
    facts = site(current_app.config)
    return {"name": facts.contact.name, "mbox": facts.email, "contact_id": _identifier(facts.url, "other")}


def _contributor(creator: Mapping[str, Any]) -> dict[str, Any]:
    who = creator.get("person_or_org") or {}
    orcid = next((one["identifier"] for one in who.get("identifiers") or () if one.get("scheme") == "orcid"), "")
    name = str(who.get("name") or "")
    identifier = _identifier(f"https://orcid.org/{orcid}", "orcid") if orcid else _identifier(name, "other")
    return {"name": name, "contributor_id": identifier, "role": [_ROLE]}


def _projects(metadata: Record) -> Iterator[dict[str, Any]]:
    """Awards that paid for the data."""
    for funding in metadata.get("funding") or ():
        award, funder = funding.get("award") or {}, funding.get("funder") or {}
        title = (award.get("title") or {}).get("en") or award.get("number") or funder.get("name") or ""
        grant = {"grant_id": _identifier(str(award["number"]), "other")} if award.get("number") else {}
        funder_id = _identifier(str(funder.get("id") or funder.get("name") or ""), "other")
        entry = {"funder_id": funder_id, "funding_status": "granted", **grant}
        yield {"title": title, "funding": [entry]}


def _dataset(record: Record, doi: str) -> dict[str, Any]:
    metadata, facts = record["metadata"], facts_of(record)
    said = [strip_html(metadata.get("description") or "").strip(), words.sentence(facts)]
    concepts = uat.concepts(facts.get("band") or (), facts.get("product_type") or ())
    return {
        "title": str(metadata.get("title") or ""),
        "description": " ".join(filter(None, said)),
        "type": "dataset",
        "dataset_id": _identifier(doi, "doi") if doi else _identifier(_page(record), "url"),
        "issued": str(metadata.get("publication_date") or "").partition("/")[0],
        "keyword": [concept.label for concept in concepts],
        "personal_data": "unknown",
        "sensitive_data": "unknown",
        "preservation_statement": str(current_app.config["OBSCORE_PRESERVATION"]),
        **_quality(facts),
        "metadata": [
            _standard("http://www.ivoa.net/documents/ObsCore/", "ObsCore 1.1"),
            _standard("http://datacite.org/schema/kernel-4", "DataCite 4.5"),
        ],
        "technical_resource": [{"name": name} for name in (*facts.get("facility", ()), *facts.get("instrument", ()))],
        "distribution": [_distribution(record, facts)],
    }


def _quality(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was done, where there were products to do it with."""
    return {"data_quality_assurance": ["Headers were read into ObsCore rows."]} if facts.get("products") else {}


def _standard(identifier: str, description: str) -> dict[str, Any]:
    return {"metadata_standard_id": _identifier(identifier, "url"), "language": "eng", "description": description}


def _distribution(record: Record, facts: Mapping[str, Any]) -> dict[str, Any]:
    access = record.get("access") or {}
    is_open = access.get("files") == "public"
    files = record.get("files") or {}
    formats = facts.get("format") or record["metadata"].get("formats") or ()
    made: dict[str, Any] = {
        "title": "Files of the record",
        "access_url": _page(record),
        "data_access": "open" if is_open else "closed",
        "format": list(formats),
        "license": list(_licences(record, facts)),
        "host": {
            "title": str(current_app.config.get("THEME_SITENAME") or _site()),
            "url": _site(),
            "pid_system": _PID_SYSTEMS,
            "support_versioning": "yes",
        },
    }
    if is_open and files.get("total_bytes") is not None:
        made["byte_size"] = int(files["total_bytes"])
    if current_app.config["OBSCORE_CERTIFICATE"]:
        made["host"]["certified_with"] = str(current_app.config["OBSCORE_CERTIFICATE"])
    return made


def _licences(record: Record, facts: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    issued = str(facts.get("release") or record["metadata"].get("publication_date") or "").partition("/")[0]
    for right in record["metadata"].get("rights") or ():
        address = right.get("link") or (right.get("props") or {}).get("url")
        if address:
            yield {"license_ref": str(address), "start_date": issued}
