"""Uploads that nobody means well with, or that arrived broken: an error that says what is wrong, never half a table."""

from __future__ import annotations

import base64
import csv
import io
import struct
import time

import pytest

from .test_sync import error_of
from .test_uploads import post

FIELDS = '<FIELD name="a" datatype="int"/><FIELD name="b" datatype="char" arraysize="*"/>'
INT = struct.pack(">i", 5)
ROW = INT + struct.pack(">i", 2) + b"xy"
ALL = "SELECT a, b FROM TAP_UPLOAD.t"


def votable(inside: str, fields: str = FIELDS, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>'
        f"<TABLE>{fields}<DATA>{inside}</DATA></TABLE></RESOURCE></VOTABLE>"
    ).encode()


def binary(data: bytes, kind: str) -> bytes:
    text = base64.b64encode(data).decode()
    return votable(f'<{kind}><STREAM encoding="base64">{text}</STREAM></{kind}>')


def rows(response) -> list[list[str]]:
    assert response.status_code == 200, response.data
    return list(csv.reader(io.StringIO(response.data.decode())))[1:]


@pytest.mark.parametrize(("kind", "mask"), [("BINARY2", b"\0"), ("BINARY", b"")])
def test_binary_rows_are_whole_or_an_error(client, kind, mask):
    whole = mask + ROW
    assert rows(post(client, ALL, content=binary(whole * 3, kind), RESPONSEFORMAT="csv")) == [["5", "xy"]] * 3
    assert rows(post(client, ALL, content=binary(b"", kind), RESPONSEFORMAT="csv")) == []
    for cut in (whole * 2 + whole[:-1], whole * 2 + whole[:3], whole[:-1]):
        response = post(client, ALL, content=binary(cut, kind))
        assert response.status_code == 400 and "end within row" in error_of(response)


@pytest.mark.parametrize("length", [2**31 - 1, -5, -(2**31)])
def test_lengths_that_lie(client, length):
    content = binary(b"\0" + INT + struct.pack(">i", length) + b"xy", "BINARY2")
    assert "end within row 1" in error_of(post(client, ALL, content=content))


@pytest.mark.parametrize(
    "row",
    [
        "<TR><TD>1</TD></TR>",
        "<TR/>",
        "<TR><TD>1</TD><TD>a</TD><TD>x</TD></TR>",
        "<TR><TD>one</TD><TD>a</TD></TR>",
        "<TR><TD>1.5</TD><TD>a</TD></TR>",
        "<TR><TD>99999999999</TD><TD>a</TD></TR>",
    ],
)
def test_rows_of_the_wrong_length_or_type(client, row):
    response = post(client, ALL, content=votable(f"<TABLEDATA>{row}</TABLEDATA>"))
    assert response.status_code == 400 and error_of(response)


def test_nan_everywhere_is_null(client):
    fields = "".join(f'<FIELD name="c{n}" datatype="double"/>' for n in range(20))
    content = votable("<TABLEDATA>" + f"<TR>{'<TD>NaN</TD>' * 20}</TR>" * 50 + "</TABLEDATA>", fields)
    query = "SELECT COUNT(*), COUNT(c0), MAX(c19), SUM(c3) FROM TAP_UPLOAD.t"
    assert rows(post(client, query, content=content, RESPONSEFORMAT="csv")) == [["50", "0", "", ""]]


def test_ten_thousand_columns(client):
    fields = "".join(f'<FIELD name="c{n}" datatype="int"/>' for n in range(10_000))
    response = post(client, "SELECT c0 FROM TAP_UPLOAD.t", content=votable("<TABLEDATA/>", fields))
    assert response.status_code == 400 and "1000 columns" in error_of(response)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_document_types_are_refused(client, head):
    row = "<TABLEDATA><TR><TD>1</TD><TD>&c;&f;</TD></TR></TABLEDATA>"
    response = post(client, ALL, content=votable(row, head=head))
    assert response.status_code == 400 and b"root:" not in response.data


@pytest.mark.parametrize("href", ["file:///etc/passwd", "http://127.0.0.1:1/x", "ftp://127.0.0.1/x"])
@pytest.mark.parametrize("kind", ["BINARY", "BINARY2", "FITS"])
def test_streams_elsewhere_are_refused(client, href, kind):
    response = post(client, ALL, content=votable(f'<{kind}><STREAM href="{href}"/></{kind}>'))
    assert response.status_code == 400 and "itself" in error_of(response)


@pytest.mark.parametrize("filler", ["<TR/>", "<TR><TD/></TR>", "<DESCRIPTION/>", "<x>" * 10 + "</x>" * 10])
def test_many_elements_are_read_in_bounded_time(client, filler):
    content = votable("<TABLEDATA>" + filler * (4 * 2**20 // len(filler)) + "</TABLEDATA>")
    begun = time.process_time()
    assert post(client, ALL, content=content).status_code == 400
    assert time.process_time() - begun < 10


def test_joins_of_uploads_are_typed(client):
    fields = (
        '<FIELD name="a" datatype="short"/><FIELD name="b" datatype="long"/><FIELD name="when" datatype="char"'
        ' arraysize="*" xtype="timestamp"/><FIELD name="x" datatype="float"/><FIELD name="ok" datatype="boolean"/>'
    )
    row = "<TR><TD>2</TD><TD>9000000000</TD><TD>2026-01-02T03:04:05</TD><TD>0.5</TD><TD>T</TD></TR>"
    content = votable(f"<TABLEDATA>{row}</TABLEDATA>", fields)
    query = (
        "SELECT o.obs_id, t.b + 1 AS b, t.x * 2 AS x, t.ok FROM TAP_UPLOAD.t AS t JOIN ivoa.obscore AS o"
        " ON o.calib_level = t.a AND o.obs_creation_date > t.\"when\" AND t.ok = 1 WHERE o.obs_id = 'obs-1'"
    )
    assert rows(post(client, query, content=content, RESPONSEFORMAT="csv")) == [["obs-1", "9000000001", "1", "true"]]
    response = post(
        client, "SELECT o.obs_id FROM TAP_UPLOAD.t AS t JOIN ivoa.obscore AS o ON o.obs_id = t.a", content=content
    )
    assert response.status_code == 400 and "compare" in error_of(response)
