"""What public data products add to DataCite metadata (DataCite Metadata Schema 4.5), property by property.

Each function takes the ``obscore:*`` facts of a record (:func:`.custom_fields.facts_of`) and gives entries of one
property; it knows neither records nor requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ..registry import uat, words

Facts = Mapping[str, Any]
Entry = dict[str, Any]

#: Facts whose values become subjects, and the scheme that says what they are.
_NAMED = (
    ("target", "Astronomical object", ""),
    ("facility", "Facility", ""),
    ("instrument", "Instrument", ""),
    ("band", "IVOA messengers", "http://www.ivoa.net/rdf/messenger"),
    ("product_type", "IVOA product-type", "http://www.ivoa.net/rdf/product-type"),
)
_MOST_SUBJECTS = 25
_MOST_IDENTIFIERS = 100
_IVOID = "IVOID"
#: ``dataproduct_type`` → what DataCite's free text calls it.
_KINDS = {
    "image": "Astronomical images",
    "cube": "Astronomical data cubes",
    "spectrum": "Astronomical spectra",
    "sed": "Spectral energy distributions",
    "timeseries": "Astronomical time series",
    "visibility": "Interferometric visibilities",
    "event": "Astronomical event lists",
    "measurements": "Astronomical measurements",
}
_BIBCODE = re.compile(r"\d{4}[A-Za-z&.]{5}[\w.&]{9}[A-Z.:]")
_ARXIV = re.compile(r"(arxiv:)?(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_DOI = re.compile(r"(doi:|https?://(dx\.)?doi\.org/)?(?P<doi>10\.\d{4,9}/\S+)", re.IGNORECASE)


def kind(facts: Facts) -> str:
    """The free text of the resource type; empty without products of a known type."""
    return "; ".join(dict.fromkeys(_KINDS[t] for t in facts.get("product_type") or () if t in _KINDS))


def subjects(facts: Facts) -> Iterator[Entry]:
    """Concepts of the Unified Astronomy Thesaurus, then names of what was observed and with what."""
    for concept in _concepts(facts):
        yield {
            "subject": concept.label,
            "subjectScheme": uat.SCHEME,
            "schemeUri": uat.SCHEME_URI,
            "valueUri": concept.uri,
        }
    for name, scheme, uri in _NAMED:
        for value in (facts.get(name) or ())[:_MOST_SUBJECTS]:
            yield {"subject": value, "subjectScheme": scheme, **({"schemeUri": uri} if uri else {})}


def _concepts(facts: Facts) -> Iterator[uat.Concept]:
    return uat.concepts(facts.get("band") or (), facts.get("product_type") or ())


def sizes(facts: Facts) -> Iterator[str]:
    """How many products there are, and how many bytes."""
    count = facts.get("products")
    if count:
        yield f"{count} data product" + ("s" if count != 1 else "")
    if facts.get("size"):
        yield _bytes(float(facts["size"]))


def _bytes(kilobytes: float) -> str:
    size, unit = kilobytes, "kB"
    for larger in ("MB", "GB", "TB", "PB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def dates(facts: Facts) -> Iterator[Entry]:
    """When the data were taken (RKMS-ISO8601), and since when they are free to all."""
    days = words.interval_of_days(facts.get("t_min"), facts.get("t_max"))
    if days:
        yield {"date": days[0] if days[0] == days[1] else "/".join(days), "dateType": "Collected"}
    if facts.get("release"):
        yield {"date": facts["release"], "dateType": "Available"}


def contributors(facts: Facts) -> Iterator[Entry]:
    """The facilities, which collected the data."""
    for name in (facts.get("facility") or ())[:_MOST_SUBJECTS]:
        yield {"name": name, "nameType": "Organizational", "contributorType": "DataCollector"}


def alternate_identifiers(facts: Facts) -> Iterator[Entry]:
    """IVOA identifiers of the products; DataCite has no type for them among related identifiers."""
    for did in (facts.get("did") or ())[:_MOST_IDENTIFIERS]:
        yield {"alternateIdentifier": did, "alternateIdentifierType": _IVOID}


def related_identifiers(facts: Facts, own_dois: Iterable[str], vo_url: str, recid: str) -> Iterator[Entry]:
    """The articles that headers and depositors name, and where the products' metadata are.

    Parameters
    ----------
    own_dois
        DOIs of the record itself: rows without an article name that.
    vo_url
        Address above the VO's services.
    recid
        The record, whose DataLink names all its products: one address, however many there are.
    """
    own = {doi.lower() for doi in own_dois}
    for reference in facts.get("bibliography") or ():
        identifier, type_ = reference_type(reference)
        if identifier and identifier.lower() not in own:
            yield {
                "relatedIdentifier": identifier,
                "relatedIdentifierType": type_,
                "relationType": "IsSupplementTo",
            }
    if facts.get("products"):
        table = "ObsCore 1.1 (table ivoa.obscore of a TAP service)"
        yield _metadata_link(f"{vo_url}/tap", table, "http://www.ivoa.net/documents/ObsCore/")
    for did in (facts.get("did") or ())[:1]:
        record = f"{did.partition('?')[0]}?{recid}"
        address = f"{vo_url}/datalink/links?ID={quote(record, safe='')}"
        yield _metadata_link(address, "DataLink 1.1", "http://www.ivoa.net/documents/DataLink/")


def _metadata_link(address: str, scheme: str, scheme_uri: str) -> Entry:
    return {
        "relatedIdentifier": address,
        "relatedIdentifierType": "URL",
        "relationType": "HasMetadata",
        "relatedMetadataScheme": scheme,
        "schemeUri": scheme_uri,
    }


def reference_type(reference: str) -> tuple[str, str]:
    """Identifier and DataCite's type of a ``bib_reference``; two empty texts where it is neither of the kinds."""
    text = reference.strip()
    if match := _DOI.fullmatch(text):
        return match["doi"], "DOI"
    if _BIBCODE.fullmatch(text):
        return text, "bibcode"
    if match := _ARXIV.fullmatch(text):
        return f"arXiv:{match[2]}", "arXiv"
    return "", ""


def related_items(facts: Facts, instrument_pids: Mapping[str, str]) -> Iterator[Entry]:
    """The instruments (relation type IsCollectedBy), with their persistent identifier where one is known (PIDINST)."""
    for name in (facts.get("instrument") or ())[:_MOST_SUBJECTS]:
        entry: Entry = {
            "relatedItemType": "Instrument",
            "relationType": "IsCollectedBy",
            "titles": [{"title": name}],
        }
        pid = instrument_pids.get(name)
        if pid:
            match = _DOI.fullmatch(pid)
            entry["relatedItemIdentifier"] = {
                "relatedItemIdentifier": match["doi"] if match else pid,
                "relatedItemIdentifierType": "DOI" if match else "Handle",
            }
        yield entry


def descriptions(facts: Facts) -> Iterator[Entry]:
    """The coverage in words: a place on the sky is no ``geoLocation``, which is for the Earth; whose the subjects are.

    ``rightsList`` is for the data's own licence, and a subject has no place for one.
    """
    said = words.sentence(facts)
    if said:
        yield {"description": said, "descriptionType": "TechnicalInfo"}
    if any(_concepts(facts)):
        yield {"description": uat.NOTICE, "descriptionType": "Other"}
