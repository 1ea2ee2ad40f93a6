"""VOTable: what astropy reads back is what was written, whatever the values."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from astropy.io.votable import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from invenio_obscore.errors import AdqlError, ServiceError
from invenio_obscore.formats import Info, MemorySource, Meta, Wire, for_responseformat
from invenio_obscore.obscore.columns import OBSCORE
from invenio_obscore.obscore.fields import Field

SERIALIZATIONS = ("votable", "votable/td", "votable/b")
NS = "{http://www.ivoa.net/xml/VOTable/v1.3}"
FIELDS = (
    Field("i2", "short"),
    Field("i4", "int", unit="s", ucd="time.duration", utype="obscore:x", description="<b> & more"),
    Field("i8", "long"),
    Field("f4", "float"),
    Field("f8", "double"),
    Field("a", "char", "*"),
    Field("u", "unicodeChar", "*"),
    Field("p", "double", "2", xtype="point"),
    Field("poly", "double", "*", xtype="polygon"),
    Field("u1", "unsignedByte"),
)
XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
ROW = st.tuples(
    st.none() | st.integers(-(2**15) + 1, 2**15 - 1),
    st.none() | st.integers(-(2**31) + 1, 2**31 - 1),
    st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
    st.none() | st.floats(width=32, allow_nan=False),
    st.none() | st.floats(allow_nan=False),
    st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=9),
    XML_TEXT.filter(lambda text: all(ord(c) < 0x10000 for c in text)),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    st.none() | st.integers(0, 254),
)


def document(name, fields, rows, *, overflow=False, infos=()):
    return b"".join(for_responseformat(name).stream(MemorySource(fields, rows, overflow=overflow), Meta(tuple(infos))))


def statuses(data: bytes) -> list[tuple[str, str]]:
    resource = ET.fromstring(data).find(f"{NS}RESOURCE")
    return [
        ("TABLE", "") if child.tag == f"{NS}TABLE" else (child.get("name"), child.get("value"))
        for child in resource
        if child.tag == f"{NS}TABLE" or child.get("name") == "QUERY_STATUS"
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SERIALIZATIONS)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=5))
def test_values_come_back(name, rows):
    table = parse(io.BytesIO(document(name, FIELDS, rows))).get_first_table()
    assert len(table.array) == len(rows)
    for got, row in zip(table.array, rows):
        for field, value, masked in zip(FIELDS, row, got.mask):
            cell = got[field.name]
            if value is None:
                assert masked or np.isnan(cell), field
            elif field.is_text:
                # TABLEDATA: astropy strips blanks around text, as XML's readers may.
                assert str(cell).strip() == value.strip(), field
            else:
                assert np.array_equal(np.ma.getdata(cell), np.asarray(value, dtype=np.ma.getdata(cell).dtype)), field


def test_nulls_in_binary2_are_told_from_values():
    rows = [(None,) * len(FIELDS), (1, 2, 3, 4.0, 5.0, "", "x", [1.0, 2.0], [3.0], 7)]
    nulls, values = (b"".join(MemorySource(FIELDS, [row]).encoded(Wire.BINARY2)) for row in rows)
    assert nulls[:2] == b"\xff\xc0"
    assert values[:2] == b"\x00\x00"
    table = parse(io.BytesIO(document("votable", FIELDS, rows))).get_first_table()
    numbers = [field.name for field in FIELDS if not field.is_text]
    assert all(np.all(table.array.mask[0][name]) for name in numbers)
    assert not any(np.any(table.array.mask[1][name]) for name in numbers)


@pytest.mark.parametrize("name", SERIALIZATIONS)
def test_overflow_stands_after_the_table(name):
    expected = [("QUERY_STATUS", "OK"), ("TABLE", ""), ("QUERY_STATUS", "OVERFLOW")]
    assert statuses(document(name, FIELDS[:2], [(1, 2)], overflow=True)) == expected
    assert statuses(document(name, FIELDS[:2], [(1, 2)])) == expected[:2]


@pytest.mark.parametrize("name", SERIALIZATIONS)
def test_a_late_error_stands_after_the_rows(name):
    def rows():
        for number in range(3000):
            yield (number, number)
        raise ServiceError("gone <away>")

    data = document(name, FIELDS[1:3], rows())
    assert statuses(data)[-1] == ("QUERY_STATUS", "ERROR")
    assert len(parse(io.BytesIO(data)).get_first_table().array) == 3000


@pytest.mark.parametrize("name", [*SERIALIZATIONS, "csv", "tsv"])
def test_an_early_error_is_raised_before_anything_is_written(name):
    def rows():
        raise AdqlError("division by zero")
        yield ()

    with pytest.raises(AdqlError):
        next(for_responseformat(name).stream(MemorySource(FIELDS, rows())))


def test_obscore_columns_have_their_frames():
    fields = [OBSCORE[name] for name in ("s_ra", "s_region", "t_min", "em_min")]
    root = ET.fromstring(document("votable/td", fields, []))
    frames = {element.get("ID"): element.tag for element in root if element.get("ID")}
    refs = {element.get("name"): element.get("ref") for element in root.iter(f"{NS}FIELD")}
    assert frames[refs["s_ra"]] == frames[refs["s_region"]] == f"{NS}COOSYS"
    assert frames[refs["t_min"]] == f"{NS}TIMESYS"
    assert refs["em_min"] is None


def test_a_frame_that_no_column_needs_is_left_out():
    root = ET.fromstring(document("votable/td", [OBSCORE["em_min"]], []))
    assert [element.tag for element in root] == [f"{NS}RESOURCE"]


@given(text=st.text())
def test_hostile_text_in_infos_keeps_the_document_well_formed(text):
    data = document("votable/td", FIELDS[5:6], [(text,)], infos=[Info("QUERY", text, text)])
    assert ET.fromstring(data) is not None


def test_a_column_that_is_not_ascii_in_a_char_column_does_not_break_readers():
    table = parse(io.BytesIO(document("votable", FIELDS[5:6], [("η Car",)]))).get_first_table()
    assert table.array["a"][0] == "? Car"
