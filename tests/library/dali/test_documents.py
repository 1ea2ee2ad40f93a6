"""Documents of DALI and VOSI: well-formed for any text, and shaped as their schemas say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.dali.capabilities import Feature, Limits, OutputFormat, TapCapabilities, capabilities_document
from invenio_obscore.dali.documents import availability, error_document
from invenio_obscore.dali.tableset import (
    ForeignKey,
    PublishedSchema,
    PublishedTable,
    TableColumn,
    TableSet,
    table_document,
    tableset_document,
)
from invenio_obscore.errors import AdqlError

VOT = "{http://www.ivoa.net/xml/VOTable/v1.3}"
TABLES = TableSet(
    (
        PublishedSchema(
            "s",
            "all & more",
            tables=(
                PublishedTable(
                    "s.t",
                    "view",
                    columns=(TableColumn("a", "char", "*", "timestamp", indexed=True, principal=True, std=True),),
                    keys=(ForeignKey("s.u", (("a", "b"),)),),
                ),
            ),
        ),
    )
)


@given(message=st.text())
def test_an_error_document_holds_its_message(message):
    info = ET.fromstring(error_document(AdqlError(message))).find(f"{VOT}RESOURCE/{VOT}INFO")
    assert info.get("name") == "QUERY_STATUS" and info.get("value") == "ERROR"


def test_tables():
    root = ET.fromstring(tableset_document(TABLES))
    assert root.tag == "{http://www.ivoa.net/xml/VOSITables/v1.0}tableset"
    assert root.findtext("schema/table/name") == "s.t"
    assert root.find("schema/table").get("type") == "view"
    column = root.find("schema/table/column")
    assert column.get("std") == "true"
    assert [flag.text for flag in column.findall("flag")] == ["indexed", "principal"]
    assert column.find("dataType").get("arraysize") == "*"
    assert root.findtext("schema/table/foreignKey/fkColumn/targetColumn") == "b"


def test_detail_min_has_no_columns():
    assert ET.fromstring(tableset_document(TABLES, columns=False)).find("schema/table/column") is None


def test_one_table_is_found_whatever_its_case():
    root = ET.fromstring(table_document(TABLES.table("S.T")))
    assert root.tag.endswith("}table") and root.findtext("name") == "s.t"
    assert TABLES.table("nope") is None


def test_availability():
    root = ET.fromstring(availability(available=False, up_since=datetime(2026, 1, 2, tzinfo=UTC), note="<down>"))
    ns = "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}"
    texts = [(child.tag.removeprefix(ns), child.text) for child in root]
    assert texts == [("available", "false"), ("upSince", "2026-01-02T00:00:00Z"), ("note", "<down>")]


def test_capabilities():
    facts = TapCapabilities(
        "http://x/tap",
        [("ivo://ivoa.net/std/ObsCore#core-1.1", "ObsCore-1.1")],
        [("ivo://ivoa.net/std/ADQL#v2.1", "2.1")],
        {"t": [Feature("POINT")]},
        [OutputFormat("text/csv", ("csv",))],
        Limits(10, 20),
        Limits(5, 6),
        endpoints={"tables": "ivo://ivoa.net/std/VOSI#tables-1.1"},
    )
    root = ET.fromstring(capabilities_document(facts))
    tap = next(c for c in root if c.get("standardID") == "ivo://ivoa.net/std/TAP")
    order = [child.tag for child in tap]
    assert order == ["interface", "dataModel", "language", "outputFormat", "executionDuration", "outputLimit"]
    assert tap.findtext("interface/accessURL") == "http://x/tap"
    assert tap.findtext("outputLimit/hard") == "20"
    other = next(c for c in root if c.get("standardID").endswith("tables-1.1"))
    assert other.findtext("interface/accessURL") == "http://x/tap/tables"
