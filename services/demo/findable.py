"""What others are told of the demonstration's records: DataCite of a DOI, the VO Registry of the collection."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from services.layout import ServiceError

OAI = "{http://www.openarchives.org/OAI/2.0/}"
#: The registry follows publications by a periodic task, and shows a change some seconds later.
SECONDS_TO_REGISTER = 120


@dataclass(frozen=True)
class RegistryRecord:
    """A collection as a full registry of the VO harvests it."""

    identifier: str
    title: str
    description: str
    moc: str
    subjects: tuple[str, ...]


def doi_metadata(datacite_url: str, doi: str) -> dict[str, Any]:
    """What DataCite's stand-in was told of a DOI."""
    answer = requests.get(f"{datacite_url}/dois/{doi}", timeout=30)
    answer.raise_for_status()
    attributes: dict[str, Any] = answer.json()["data"]["attributes"]
    return attributes


def coverage_in_words(attributes: dict[str, Any]) -> str:
    """The description of the coverage in DOI metadata; empty without one."""
    said = (one for one in attributes.get("descriptions") or () if one["descriptionType"] == "TechnicalInfo")
    return next((str(one["description"]) for one in said), "")


def registry_records(site: str) -> list[RegistryRecord]:
    """Collections in the publishing registry; waits until there is one.

    Raises
    ------
    ServiceError
        There is none after a while: is beat running?
    """
    end = time.monotonic() + SECONDS_TO_REGISTER
    while not (found := list(_harvest(site))):
        if time.monotonic() > end:
            raise ServiceError(f"no collection at {site}/vo/oai after {SECONDS_TO_REGISTER} s: is the worker running?")
        time.sleep(2)
    return found


def _harvest(site: str) -> Iterator[RegistryRecord]:
    answer = requests.get(f"{site}/vo/oai?verb=ListRecords&metadataPrefix=ivo_vor", timeout=60)
    answer.raise_for_status()
    for record in ET.fromstring(answer.content).iter(f"{OAI}metadata"):
        resource = record[0]
        if resource.find("capability[@standardID='ivo://ivoa.net/std/TAP#aux']") is not None:
            yield RegistryRecord(
                resource.findtext("identifier", ""),
                resource.findtext("title", ""),
                resource.findtext("content/description", ""),
                resource.findtext("coverage/spatial", ""),
                tuple(element.text or "" for element in resource.iterfind("content/subject")),
            )
