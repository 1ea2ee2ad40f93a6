"""The tables of a service (VODataService 1.1) and the document of VOSI's ``/tables`` (VOSI 1.1, section 5)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from ..obscore.fields import Field
from .documents import XSI, serialize, text

NAMESPACE = "http://www.ivoa.net/xml/VOSITables/v1.0"
VODATASERVICE = "http://www.ivoa.net/xml/VODataService/v1.1"


@dataclass(frozen=True)
class TableColumn(Field):
    """A published column."""

    indexed: bool = False
    principal: bool = False
    std: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """A key from one table to another; ``columns`` are pairs (from, to)."""

    target_table: str
    columns: tuple[tuple[str, str], ...]
    description: str = ""
    utype: str = ""


@dataclass(frozen=True)
class PublishedTable:
    """A table or view; ``name`` as users write it."""

    name: str
    kind: str = "table"
    description: str = ""
    utype: str = ""
    columns: tuple[TableColumn, ...] = ()
    keys: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True)
class PublishedSchema:
    """A schema with its tables."""

    name: str
    description: str = ""
    utype: str = ""
    tables: tuple[PublishedTable, ...] = ()


@dataclass(frozen=True)
class TableSet:
    """Everything that a service publishes."""

    schemas: tuple[PublishedSchema, ...] = field(default=())

    def table(self, name: str) -> PublishedTable | None:
        """The table of this name; names have no case."""
        wanted = name.lower()
        return next((t for s in self.schemas for t in s.tables if t.name.lower() == wanted), None)


def tableset_document(tables: TableSet, *, columns: bool = True) -> bytes:
    """Return the answer of ``/tables``; without ``columns`` that of ``detail=min``."""
    root = _root("tableset")
    for schema in tables.schemas:
        element = ET.SubElement(root, "schema")
        _texts(element, name=schema.name, description=schema.description, utype=schema.utype)
        for table in schema.tables:
            _table(ET.SubElement(element, "table"), table, columns=columns)
    return serialize(root)


def table_document(table: PublishedTable) -> bytes:
    """Return the answer of ``/tables/<name>``."""
    root = _root("table")
    _table(root, table, columns=True)
    return serialize(root)


def _root(name: str) -> ET.Element:
    # The children of these roots stand in no namespace: the prefixes are written out here.
    attributes = {"xmlns:vosi": NAMESPACE, "xmlns:vs": VODATASERVICE, "xmlns:xsi": XSI}
    return ET.Element(f"vosi:{name}", attributes)


def _texts(parent: ET.Element, **values: str) -> None:
    for name, value in values.items():
        if value:
            ET.SubElement(parent, name).text = text(value)


def _table(element: ET.Element, table: PublishedTable, *, columns: bool) -> None:
    element.set("type", "view" if table.kind == "view" else "base_table")
    _texts(element, name=table.name, description=table.description, utype=table.utype)
    if not columns:
        return
    for column in table.columns:
        _column(ET.SubElement(element, "column"), column)
    for key in table.keys:
        _foreign_key(ET.SubElement(element, "foreignKey"), key)


def _column(element: ET.Element, column: TableColumn) -> None:
    element.set("std", "true" if column.std else "false")
    _texts(element, name=column.name, description=column.description, unit=column.unit, ucd=column.ucd)
    _texts(element, utype=column.utype)
    data_type = ET.SubElement(element, "dataType", {"xsi:type": "vs:VOTableType"})
    for name, value in (("arraysize", column.arraysize), ("extendedType", column.xtype)):
        if value:
            data_type.set(name, value)
    data_type.text = column.datatype
    for flag, isset in (("indexed", column.indexed), ("principal", column.principal)):
        if isset:
            ET.SubElement(element, "flag").text = flag


def _foreign_key(element: ET.Element, key: ForeignKey) -> None:
    _texts(element, targetTable=key.target_table)
    for from_column, target_column in key.columns:
        _texts(ET.SubElement(element, "fkColumn"), fromColumn=from_column, targetColumn=target_column)
    _texts(element, description=key.description, utype=key.utype)
