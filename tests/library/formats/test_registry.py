"""RESPONSEFORMAT, CSV and TSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.errors import ParameterError, ServiceError
from invenio_obscore.formats import FORMATS, MemorySource, for_responseformat
from invenio_obscore.obscore.fields import Field

TEXT = (Field("a", "char", "*"), Field("b,c", "char", "*"))


@pytest.mark.parametrize(
    ("asked", "content_type"),
    [
        (None, "application/x-votable+xml;serialization=BINARY2"),
        ("", "application/x-votable+xml;serialization=BINARY2"),
        ("votable", "application/x-votable+xml;serialization=BINARY2"),
        ("VOTable", "application/x-votable+xml;serialization=BINARY2"),
        ("votable/td", "application/x-votable+xml;serialization=TABLEDATA"),
        ("application/x-votable+xml", "application/x-votable+xml"),
        ("text/xml", "text/xml"),
        ("application/x-votable+xml; serialization=tabledata", "application/x-votable+xml; serialization=tabledata"),
        ("csv", "text/csv;header=present;charset=utf-8"),
        ("text/csv", "text/csv;charset=utf-8"),
        ("text/csv; header=present; charset=utf-8", "text/csv; header=present; charset=utf-8"),
        ("text/csv;header=absent;charset=latin1", "text/csv;charset=utf-8"),
        ("text/plain", "text/plain;charset=utf-8"),
        ("tsv", "text/tab-separated-values;charset=utf-8"),
    ],
)
def test_names(asked, content_type):
    assert for_responseformat(asked).media_type == content_type


@pytest.mark.parametrize(
    ("asked", "start"),
    [
        ("text/xml;serialization=TABLEDATA", b"<TABLEDATA>"),
        ("application/x-votable+xml;serialization=BINARY", b"<BINARY>"),
        ("application/x-votable+xml;content=x", b"<BINARY2>"),
    ],
)
def test_serialization(asked, start):
    assert start in b"".join(for_responseformat(asked).stream(MemorySource(TEXT, [])))


@pytest.mark.parametrize("asked", ["xls", "application/json2", "votable/zip", "text/csv2", "a\nb", "\x00", "é"])
def test_unknown_formats_are_errors(asked):
    with pytest.raises(ParameterError):
        for_responseformat(asked)


@given(asked=st.text())
def test_any_text_is_a_format_or_an_error(asked):
    try:
        media_type = for_responseformat(asked).media_type
    except ParameterError:
        return
    assert media_type.isascii() and media_type.isprintable()


def test_names_are_unique():
    names = [name.lower() for format_ in FORMATS for name in (format_.content_type, *format_.names)]
    assert len(names) == len(set(names))


@given(rows=st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.just("x"))))
def test_csv_comes_back(rows):
    data = b"".join(for_responseformat("csv").stream(MemorySource(TEXT, rows)))
    got = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert got == [["a", "b,c"], *[list(row) for row in rows]]


def test_numbers_and_nulls():
    fields = (
        Field("i", "int"),
        Field("d", "double"),
        Field("f", "float"),
        Field("b", "boolean"),
        Field("p", "double", "2"),
    )
    rows = [(1, 0.1, 0.1, True, [1.5, None]), (None,) * 5, (0, float("inf"), float("nan"), False, [1e300, -2.0])]
    data = b"".join(for_responseformat("csv").stream(MemorySource(fields, rows)))
    assert data == b"i,d,f,b,p\r\n1,0.1,0.1,true,1.5 NaN\r\n,,,,\r\n0,+Inf,NaN,false,1e+300 -2\r\n"


def test_tsv_keeps_its_shape():
    data = b"".join(for_responseformat("tsv").stream(MemorySource(TEXT, [("a\tb\nc", None)])))
    assert data == b"a\tb,c\na b c\t\n"


def test_a_late_error_breaks_csv_off():
    def rows():
        yield from [("a", "b")] * 2000
        raise ServiceError("gone")

    pieces = for_responseformat("csv").stream(MemorySource(TEXT, rows()))
    with pytest.raises(ServiceError):
        list(pieces)
