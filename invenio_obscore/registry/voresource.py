"""Resources as XML: VOResource 1.1, VODataService 1.2, VORegistry 1.1, each in an ``ri:Resource``.

The children of these types stand in no namespace; values of ``xsi:type`` use the prefixes that the root declares.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from ..dali.documents import text
from .coverage import Coverage
from .facts import Named, Resource, Site

RI = "http://www.ivoa.net/xml/RegistryInterface/v1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES = {
    "ri": RI,
    "vr": "http://www.ivoa.net/xml/VOResource/v1.0",
    "vs": "http://www.ivoa.net/xml/VODataService/v1.1",
    "vg": "http://www.ivoa.net/xml/VORegistry/v1.0",
    "tr": "http://www.ivoa.net/xml/TAPRegExt/v1.0",
    "xsi": XSI,
}
_XSI_TYPE = f"{{{XSI}}}type"
_SHORT_NAME = 16
_TAP_AUX = "ivo://ivoa.net/std/TAP#aux"
_REGISTRY = "ivo://ivoa.net/std/Registry"

Element = Any  # lxml has no types


def instant(moment: datetime) -> str:
    """A moment as VOResource and OAI-PMH write it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def serialize(root: Element) -> str:
    """The document without a declaration, to be put into another one, whose default namespace ends here."""
    return str(etree.tostring(root, encoding="unicode")).replace("<ri:Resource", '<ri:Resource xmlns=""', 1)


def registry(facts: Resource, site: Site, oai_url: str, page_size: int) -> Element:
    """The publishing registry itself (``vg:Registry``)."""
    root = _resource("vg:Registry", facts)
    capability = _add(root, "capability", standardID=_REGISTRY, type_="vg:Harvest")
    interface = _add(capability, "interface", role="std", version="1.0", type_="vg:OAIHTTP")
    _add(interface, "accessURL", oai_url, use="base")
    _add(capability, "maxRecords", str(page_size))
    _add(root, "full", "false")
    _add(root, "managedAuthority", site.authority)
    return root


def authority(facts: Resource, site: Site) -> Element:
    """The naming authority (``vg:Authority``)."""
    root = _resource("vg:Authority", facts)
    _named(root, "managingOrg", site.publisher)
    return root


def organisation(facts: Resource) -> Element:
    """The publisher (``vr:Organisation``)."""
    return _resource("vr:Organisation", facts)


def tap_service(facts: Resource, capabilities: bytes, tableset: bytes) -> Element:
    """The TAP service (``vs:CatalogService``).

    Parameters
    ----------
    capabilities, tableset
        What the service answers at ``/capabilities`` and ``/tables``: its record says the same.
    """
    root = _resource("vs:CatalogService", facts)
    for capability in etree.fromstring(capabilities).iterchildren("capability"):
        root.append(capability)
    made = _add(root, "tableset")
    for schema in etree.fromstring(tableset).iterchildren("schema"):
        made.append(schema)
    etree.cleanup_namespaces(root, keep_ns_prefixes=list(_NAMESPACES))
    return root


def collection(
    facts: Resource, coverage: Coverage, tap_url: str, facilities: Iterable[str], instruments: Iterable[str]
) -> Element:
    """A collection of data products (``vs:CatalogResource``), which the TAP service serves."""
    root = _resource("vs:CatalogResource", facts)
    capability = _add(root, "capability", standardID=_TAP_AUX)
    interface = _add(capability, "interface", role="std", version="1.1", type_="vs:ParamHTTP")
    _add(interface, "accessURL", tap_url, use="base")
    for name, values in (("facility", facilities), ("instrument", instruments)):
        for value in values:
            _add(root, name, value)
    _coverage(root, coverage)
    schema = _add(_add(root, "tableset"), "schema")
    _add(schema, "name", "ivoa")
    table = _add(schema, "table", type="base_table")
    _add(table, "name", "ivoa.obscore")
    _add(table, "utype", "ivo://ivoa.net/std/ObsCore#table-1.1")
    return root


# --------------------------------------------------------------------------------------------------------------- parts
def _resource(kind: str, facts: Resource) -> Element:
    root = etree.Element(f"{{{RI}}}Resource", nsmap=_NAMESPACES)
    root.set(_XSI_TYPE, kind)
    root.set("created", instant(facts.created))
    root.set("updated", instant(facts.updated))
    root.set("status", "active")
    _add(root, "title", facts.title)
    _add(root, "shortName", facts.short_name[:_SHORT_NAME])
    _add(root, "identifier", facts.identifier)
    for alternate in facts.alternates:
        _add(root, "altIdentifier", alternate)
    _curation(_add(root, "curation"), facts)
    _content(_add(root, "content"), facts)
    # Rights follow content in every type that has them; registries and authorities have none.
    if kind in ("vs:CatalogService", "vs:CatalogResource"):
        for statement, uri in facts.rights:
            _add(root, "rights", statement, **({"rightsURI": uri} if uri else {}))
    return root


def _curation(curation: Element, facts: Resource) -> None:
    _named(curation, "publisher", facts.publisher)
    for creator in facts.creators:
        if not text(creator.name).strip():
            continue
        element = _add(curation, "creator")
        _add(element, "name", creator.name)
        if creator.identifier:
            _add(element, "altIdentifier", creator.identifier)
    for contributor in facts.contributors:
        _named(curation, "contributor", contributor)
    for day, role in facts.dates:
        _add(curation, "date", day, role=role)
    _add(curation, "version", facts.version)
    contact = _add(curation, "contact")
    _add(contact, "name", facts.contact.name)
    _add(contact, "email", facts.contact.email)


def _content(content: Element, facts: Resource) -> None:
    for subject in facts.subjects:
        _add(content, "subject", subject)
    _add(content, "description", facts.description)
    if facts.source:
        _add(content, "source", facts.source, format="bibcode")
    _add(content, "referenceURL", facts.reference_url)
    for kind in facts.types:
        _add(content, "type", kind)
    _add(content, "contentLevel", "Research")
    for relationship in facts.relationships:
        element = _add(content, "relationship")
        _add(element, "relationshipType", relationship.kind)
        for related in relationship.resources:
            _named(element, "relatedResource", related)


def _coverage(root: Element, coverage: Coverage) -> None:
    if coverage == Coverage():
        return
    element = _add(root, "coverage")
    _add(element, "spatial", coverage.moc)
    for name, intervals in (("temporal", coverage.temporal), ("spectral", coverage.spectral)):
        for low, high in intervals:
            _add(element, name, f"{low!r} {high!r}")
    for band in coverage.bands:
        _add(element, "waveband", band)


def _named(parent: Element, name: str, named: Named) -> None:
    _add(parent, name, named.name, **({"ivo-id": named.identifier} if named.identifier else {}))


def _add(parent: Element, name: str, value: str | None = None, type_: str = "", **attributes: str) -> Element:
    """Append an element; one whose text is empty is left out."""
    if value is not None and not (value := text(value).strip()):
        return None
    element = etree.SubElement(parent, name)
    if type_:
        element.set(_XSI_TYPE, type_)
    for key, content in attributes.items():
        element.set(key, text(content))
    element.text = value
    return element
