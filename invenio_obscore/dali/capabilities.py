"""What a TAP service says it can do: VOSI 1.1's ``/capabilities`` with TAPRegExt 1.0."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .documents import XSI, serialize, text

NAMESPACE = "http://www.ivoa.net/xml/VOSICapabilities/v1.0"
_PREFIXES = {
    "xmlns:vosi": NAMESPACE,
    "xmlns:vr": "http://www.ivoa.net/xml/VOResource/v1.0",
    "xmlns:vs": "http://www.ivoa.net/xml/VODataService/v1.1",
    "xmlns:tr": "http://www.ivoa.net/xml/TAPRegExt/v1.0",
    "xmlns:xsi": XSI,
}
_TAPREGEXT = "ivo://ivoa.net/std/TAPRegExt#"
TAP = "ivo://ivoa.net/std/TAP"


@dataclass(frozen=True)
class Feature:
    """An optional feature of a query language: its form, such as a function's signature."""

    form: str
    description: str = ""


@dataclass(frozen=True)
class OutputFormat:
    """A format: media type, other names, identifier."""

    mime: str
    aliases: tuple[str, ...] = ()
    ivo_id: str = ""


@dataclass(frozen=True)
class Limits:
    """A default and a limit that nobody passes; in rows, seconds or bytes."""

    default: int
    hard: int


@dataclass(frozen=True)
class TapCapabilities:
    """Facts for the document.

    Attributes
    ----------
    base_url
        Address of the service, without a slash at its end.
    data_models
        Pairs of identifier and name.
    features
        Feature type (TAPRegExt's key after ``#``) and the features of that type.
    upload_methods
        TAPRegExt's keys after ``#``; empty when nothing can be uploaded.
    endpoints
        Path below ``base_url`` and standard's identifier of what describes the service.
    others
        Standard's identifier and address of services that work on its results.
    """

    base_url: str
    data_models: Sequence[tuple[str, str]]
    language_versions: Sequence[tuple[str, str]]
    features: Mapping[str, Sequence[Feature]]
    formats: Sequence[OutputFormat]
    output_limit: Limits
    execution: Limits
    language_description: str = "Astronomical Data Query Language"
    upload_methods: Sequence[str] = ()
    retention: Limits | None = None
    upload_limit: Limits | None = None
    endpoints: dict[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


def capabilities_document(facts: TapCapabilities) -> bytes:
    """Return the answer of ``/capabilities``."""
    root = ET.Element("vosi:capabilities", _PREFIXES)
    for path, standard in facts.endpoints.items():
        _endpoint(root, standard, f"{facts.base_url}/{path}", browser=path == "examples")
    for standard, address in facts.others.items():
        _endpoint(root, standard, address)
    capability = ET.SubElement(root, "capability", {"standardID": TAP, "xsi:type": "tr:TableAccess"})
    interface = ET.SubElement(capability, "interface", {"xsi:type": "vs:ParamHTTP", "role": "std", "version": "1.1"})
    ET.SubElement(interface, "accessURL", use="base").text = facts.base_url
    for ivo_id, name in facts.data_models:
        ET.SubElement(capability, "dataModel", {"ivo-id": ivo_id}).text = name
    _language(ET.SubElement(capability, "language"), facts)
    for format_ in facts.formats:
        _format(ET.SubElement(capability, "outputFormat"), format_)
    for method in facts.upload_methods:
        ET.SubElement(capability, "uploadMethod", {"ivo-id": _TAPREGEXT + method})
    _limits(capability, facts)
    return serialize(root)


def endpoints_document(addresses: Mapping[str, str]) -> bytes:
    """Return the answer of ``/capabilities`` of a service that standards name by these identifiers and addresses."""
    root = ET.Element("vosi:capabilities", _PREFIXES)
    for standard, address in addresses.items():
        _endpoint(root, standard, address)
    return serialize(root)


def _endpoint(root: ET.Element, standard: str, address: str, *, browser: bool = False) -> None:
    capability = ET.SubElement(root, "capability", standardID=standard)
    interface = ET.SubElement(capability, "interface", {"xsi:type": "vr:WebBrowser" if browser else "vs:ParamHTTP"})
    ET.SubElement(interface, "accessURL", use="full").text = address


def _language(element: ET.Element, facts: TapCapabilities) -> None:
    ET.SubElement(element, "name").text = "ADQL"
    for ivo_id, version in facts.language_versions:
        ET.SubElement(element, "version", {"ivo-id": ivo_id}).text = version
    ET.SubElement(element, "description").text = text(facts.language_description)
    for type_, features in facts.features.items():
        parent = ET.SubElement(element, "languageFeatures", type=type_)
        for feature in features:
            child = ET.SubElement(parent, "feature")
            ET.SubElement(child, "form").text = text(feature.form)
            if feature.description:
                ET.SubElement(child, "description").text = text(feature.description)


def _format(element: ET.Element, format_: OutputFormat) -> None:
    if format_.ivo_id:
        element.set("ivo-id", format_.ivo_id)
    ET.SubElement(element, "mime").text = format_.mime
    for alias in format_.aliases:
        ET.SubElement(element, "alias").text = alias


def _limits(capability: ET.Element, facts: TapCapabilities) -> None:
    """In the order of TAPRegExt's schema."""
    for name, limits, unit in (
        ("retentionPeriod", facts.retention, ""),
        ("executionDuration", facts.execution, ""),
        ("outputLimit", facts.output_limit, "row"),
        ("uploadLimit", facts.upload_limit, "byte"),
    ):
        if limits is None:
            continue
        element = ET.SubElement(capability, name)
        for kind, value in (("default", limits.default), ("hard", limits.hard)):
            ET.SubElement(element, kind, {"unit": unit} if unit else {}).text = str(value)
