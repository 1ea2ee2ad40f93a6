"""Publications that cite a DOI, as DataCite Event Data and ADS know them. What they answer is checked and bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..curation.service import Service
from ..curation.settings import Settings
from ..errors import ServiceError
from .datacite_parts import reference_type

#: The most publications that are kept of one DOI.
MOST = 500
_LONGEST_TITLE = 300
_YEAR = re.compile(r"\d{4}")
#: What the subject of an event says of its object where it cites it (DataCite's relation types), and the other way.
_CITES = frozenset({"cites", "references", "is-supplemented-by"})
_CITED = frozenset({"is-cited-by", "is-referenced-by"})


@dataclass(frozen=True)
class Citation:
    """A publication: DOI or bibcode (``kind`` as DataCite calls them), title and year where they are known."""

    identifier: str
    kind: str
    title: str = ""
    year: str = ""

    @property
    def url(self) -> str:
        """Where it is to be read."""
        root = "https://doi.org" if self.kind == "DOI" else "https://ui.adsabs.harvard.edu/abs"
        return f"{root}/{quote(self.identifier, safe='/:;()')}"

    def to_dict(self) -> dict[str, str]:
        """For JSON; ``Citation(**…)`` makes it again."""
        return asdict(self)


class Source:
    """A service that knows citations.

    Parameters
    ----------
    parameters
        Of the request for a DOI.
    read
        The citations in an answer (JSON) for a DOI in lower case.
    token
        For ``Authorization``; empty where none is needed.
    """

    def __init__(
        self,
        name: str,
        url: str,
        parameters: Callable[[str], dict[str, str]],
        read: Callable[[Any, str], Iterator[Citation]],
        token: str = "",
    ) -> None:
        # Nothing is repeated here: what failed waits in the table.
        settings = Settings(cache=Path(), timeout=15.0, retries=0)
        self._service = Service(name, url, settings)
        self._parameters, self._read = parameters, read
        if token:
            self._service.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def down(self) -> str:
        """Why it is not asked any more; empty while it answers."""
        return self._service.down

    def citing(self, doi: str) -> list[Citation]:
        """The publications that cite a DOI, `MOST` at most.

        Raises
        ------
        ServiceError
            No answer, or one that makes no sense; the service is not asked again by this object.
        """
        body = self._service.get(parameters=self._parameters(doi.lower()))
        try:
            found = list(dict.fromkeys(self._read(json.loads(body), doi.lower())))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ServiceError(f"{self._service.name} gives an answer that makes no sense") from error
        return found[:MOST]


def sources(config: Mapping[str, Any]) -> list[Source]:
    """The services that are configured."""
    made = []
    if config["OBSCORE_REFERENCES_EVENT_DATA"]:
        address = str(config["OBSCORE_REFERENCES_EVENT_DATA"])
        made.append(Source("DataCite Event Data", address, _events_parameters, _read_events))
    if config["OBSCORE_REFERENCES_ADS_TOKEN"]:
        address, token = str(config["OBSCORE_REFERENCES_ADS_URL"]), str(config["OBSCORE_REFERENCES_ADS_TOKEN"])
        made.append(Source("ADS", address, _ads_parameters, _read_ads, token))
    return made


def joined(lists: Iterable[Iterable[Citation]]) -> list[Citation]:
    """Each publication once, the newest first; what has a title stands for what has none."""
    best: dict[str, Citation] = {}
    for citation in (one for some in lists for one in some):
        present = best.get(citation.identifier.lower())
        if present is None or not present.title:
            best[citation.identifier.lower()] = citation
    return sorted(best.values(), key=lambda one: one.year, reverse=True)[:MOST]


# ------------------------------------------------------------------------------------------------ DataCite Event Data
def _events_parameters(doi: str) -> dict[str, str]:
    return {"doi": doi, "relation-type-id": ",".join(sorted(_CITES | _CITED)), "page[size]": "1000"}


def _read_events(answer: Any, doi: str) -> Iterator[Citation]:  # noqa: ANN401 - JSON
    for event in answer["data"]:
        said = event["attributes"]
        subject, object_ = _doi(said["subj-id"]), _doi(said["obj-id"])
        relation = said["relation-type-id"]
        for citing, cited, relations in ((subject, object_, _CITES), (object_, subject, _CITED)):
            if relation in relations and cited == doi and citing and citing != doi:
                yield Citation(citing, "DOI", year=_year(said.get("occurred-at")))


def _doi(text: object) -> str:
    """A DOI in lower case; empty where it is none."""
    identifier, kind = reference_type(str(text))
    return identifier.lower() if kind == "DOI" else ""


# ---------------------------------------------------------------------------------------------------------------- ADS
def _ads_parameters(doi: str) -> dict[str, str]:
    quoted = '"' + doi.replace("\\", "").replace('"', "") + '"'
    return {"q": f"citations(doi:{quoted}) OR full:{quoted}", "fl": "bibcode,title,year,doi", "rows": "500"}


def _read_ads(answer: Any, doi: str) -> Iterator[Citation]:  # noqa: ANN401 - JSON
    for found in answer["response"]["docs"]:
        names = list(filter(None, map(_doi, found.get("doi") or ())))
        if doi in names:
            continue  # the dataset itself
        identifier, kind = (names[0], "DOI") if names else reference_type(str(found["bibcode"]))
        title = " ".join(str(part) for part in found.get("title") or ())[:_LONGEST_TITLE]
        if identifier:
            yield Citation(identifier, kind, title, _year(found.get("year")))


def _year(text: object) -> str:
    match = _YEAR.match(str(text or ""))
    return match[0] if match and match[0] != "0000" else ""
