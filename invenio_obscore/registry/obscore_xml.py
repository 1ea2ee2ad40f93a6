"""Rows of ``ivoa.obscore`` as XML, and the schema of that: both follow the column table.

This is the format ``obscore`` of the repository's OAI-PMH server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from ..dali.documents import text
from ..obscore.columns import OBSCORE

NAMESPACE = "urn:invenio-obscore:obscore:1.0"
XSD = "http://www.w3.org/2001/XMLSchema"
_TYPES = {"double": "xs:double", "float": "xs:float", "int": "xs:int", "long": "xs:long"}


def document(recid: str, rows: Iterable[Mapping[str, Any]], total: int) -> Any:  # noqa: ANN401 - an lxml element
    """The element of one record.

    Parameters
    ----------
    rows
        Columns that have no value are left out.
    total
        How many rows the record has; there may be more than are given.
    """
    root = etree.Element(f"{{{NAMESPACE}}}products", nsmap={None: NAMESPACE})
    root.set("record", recid)
    root.set("total", str(total))
    for row in rows:
        product = etree.SubElement(root, f"{{{NAMESPACE}}}product")
        for name in OBSCORE:
            value = row.get(name)
            if value is not None:
                etree.SubElement(product, f"{{{NAMESPACE}}}{name}").text = text(str(value))
    return root


def schema() -> bytes:
    """The XML Schema of these documents."""
    root = etree.Element(f"{{{XSD}}}schema", nsmap={"xs": XSD})
    root.set("targetNamespace", NAMESPACE)
    root.set("elementFormDefault", "qualified")
    products = _add(_add(root, "element", name="products"), "complexType")
    product = _add(_add(products, "sequence"), "element", name="product", minOccurs="0", maxOccurs="unbounded")
    for name, kind in (("record", "xs:string"), ("total", "xs:nonNegativeInteger")):
        _add(products, "attribute", name=name, type=kind, use="required")
    columns = _add(_add(product, "complexType"), "sequence")
    for name, column in OBSCORE.items():
        least = "0" if column.nullable else "1"
        element = _add(columns, "element", name=name, minOccurs=least, type=_TYPES.get(column.datatype, "xs:string"))
        words = f"{column.description} [{column.unit}]" if column.unit else column.description
        _add(_add(element, "annotation"), "documentation").text = text(words)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _add(parent: Any, tag: str, **attributes: str) -> Any:  # noqa: ANN401
    return etree.SubElement(parent, f"{{{XSD}}}{tag}", **attributes)
