"""VOTables that somebody sends: everything valid comes through, everything hostile is refused."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table

from invenio_obscore.errors import InputError
from invenio_obscore.formats import MemorySource, for_responseformat
from invenio_obscore.formats.reading import ReadingLimits, read_votable
from invenio_obscore.obscore.fields import Field

HEAD = '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
TAIL = "</TABLE></RESOURCE></VOTABLE>"
FIELDS = (
    Field("b", "boolean"),
    Field("u1", "unsignedByte"),
    Field("i2", "short"),
    Field("i4", "int", unit="s", ucd="meta.number", utype="x:y", description="A number"),
    Field("i8", "long"),
    Field("f4", "float"),
    Field("f8", "double"),
    Field("text", "char", "*"),
    Field("odd name", "unicodeChar", "*"),
    Field("when", "char", "*", xtype="timestamp"),
    Field("pair", "double", "2"),
    Field("many", "int", "*"),
)
ROWS = [
    (True, 200, -5, 7, 2**60, 0.5, 1e300, "abc", "η ", "2026-01-01T00:00:00", [1.5, None], [1, 2, 3]),
    (None, None, None, None, None, None, None, "", "", "", [2.5, 3.5], [4]),
]


def votable(body: str) -> bytes:
    return (HEAD + body + TAIL).encode()


@pytest.mark.parametrize("name", ["votable", "votable/td", "votable/b"])
def test_what_we_write_we_read(name):
    table = read_votable(b"".join(for_responseformat(name).stream(MemorySource(FIELDS, ROWS))))
    assert [(f.name, f.datatype, f.unit, f.ucd, f.utype) for f in table.fields] == [
        (f.name, f.datatype, f.unit, f.ucd, f.utype) for f in FIELDS
    ]
    assert table.rows[0][:8] == list(ROWS[0][:8])
    assert table.rows[0][8].strip() == "η"
    assert table.rows[0][10:] == [[1.5, None], [1, 2, 3]]
    assert [value for value in table.rows[1][:7] if value is not None] == []


def test_what_astropy_writes_we_read():
    source = Table({"x": MaskedColumn([1.0, 2.0], mask=[False, True]), "s": ["a", "bc"], "c": [1 + 2j, 3j]})
    source["v"] = np.arange(6).reshape(2, 3)
    buffer = io.BytesIO()
    from_table(source).to_xml(buffer)
    table = read_votable(buffer.getvalue())
    assert table.rows[0] == [1.0, "a", [1.0, 2.0], [0, 1, 2]]
    assert table.rows[1][0] is None


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n > 1 else "&a;" * 10}">' for n in range(1, 12)
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<html/>",
        b"\x00\xff" * 100,
        votable(""),
        votable('<FIELD name="a" datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD>'),
        votable('<FIELD name="a" datatype="int"/><DATA><FITS><STREAM href="file:///etc/passwd"/></FITS></DATA>'),
        votable('<FIELD name="a" datatype="int"/><DATA><BINARY><STREAM href="http://127.0.0.1/"/></BINARY></DATA>'),
        votable('<FIELD name="a" datatype="int"/><DATA><BINARY><STREAM encoding="gzip">x</STREAM></BINARY></DATA>'),
        votable('<FIELD name="a" datatype="nonsense"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA>'),
        votable("".join(f'<FIELD name="c{n}" datatype="int"/>' for n in range(10_000))),
        (f"{BOMB}]>{HEAD}&a11;{TAIL}").encode(),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
    ],
)
def test_hostile_documents_are_refused(data):
    begun = time.process_time()
    with pytest.raises(InputError):
        read_votable(data)
    assert time.process_time() - begun < 10


def test_rows_of_a_wrong_length_are_an_error_or_shortened():
    body = '<FIELD name="a" datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD><TD>2</TD></TR><TR/></TABLEDATA></DATA>'
    try:
        table = read_votable(votable(body))
    except InputError:
        return
    assert all(len(row) == 1 for row in table.rows)


def test_limits():
    body = '<FIELD name="a" datatype="int"/><DATA><TABLEDATA>' + "<TR><TD>1</TD></TR>" * 11 + "</TABLEDATA></DATA>"
    assert len(read_votable(votable(body)).rows) == 11
    with pytest.raises(InputError, match="cells"):
        read_votable(votable(body), ReadingLimits(cells=10))


def test_every_column_has_a_name_of_its_own():
    names = ("a", "A", "a", "a_2", "A")
    columns = "".join(f'<FIELD name="{name}" datatype="int"/>' for name in names)
    found = read_votable(votable(f"{columns}<DATA><TABLEDATA/></DATA>")).fields
    assert [field.name for field in found] == ["a", "A", "a_3", "a_2", "A_2"]
