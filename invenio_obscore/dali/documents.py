"""Error documents (DALI 1.1, section 4.4.2) and the documents of VOSI 1.1 that describe a service."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime

from ..errors import ObsCoreError

VOTABLE = "http://www.ivoa.net/xml/VOTable/v1.3"
AVAILABILITY = "http://www.ivoa.net/xml/VOSIAvailability/v1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def serialize(root: ET.Element) -> bytes:
    """Return a document with its declaration."""
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def text(value: str) -> str:
    """Leave out the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", value)


def error_document(error: ObsCoreError) -> bytes:
    """Return the VOTable that says what went wrong."""
    root = ET.Element("VOTABLE", {"version": "1.4", "xmlns": VOTABLE})
    resource = ET.SubElement(root, "RESOURCE", type="results")
    info = ET.SubElement(resource, "INFO", name="QUERY_STATUS", value="ERROR")
    info.text = text(str(error))
    return serialize(root)


def availability(*, available: bool, up_since: datetime | None = None, note: str = "") -> bytes:
    """Return the answer of ``/availability`` (VOSI 1.1, section 4)."""
    ET.register_namespace("vosi", AVAILABILITY)
    root = ET.Element(f"{{{AVAILABILITY}}}availability")
    ET.SubElement(root, f"{{{AVAILABILITY}}}available").text = "true" if available else "false"
    if up_since is not None:
        ET.SubElement(root, f"{{{AVAILABILITY}}}upSince").text = up_since.strftime("%Y-%m-%dT%H:%M:%SZ")
    if note:
        ET.SubElement(root, f"{{{AVAILABILITY}}}note").text = text(note)
    return serialize(root)
