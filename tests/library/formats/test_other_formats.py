"""FITS, JSON, Parquet, plain text and HTML."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
from astropy.io import fits

from invenio_obscore.errors import AdqlError, ServiceError
from invenio_obscore.formats import FORMATS, MemorySource, Meta, for_responseformat
from invenio_obscore.formats.meta import Info
from invenio_obscore.obscore.fields import Field

FIELDS = (
    Field("name", "char", "*", description="<name> & more"),
    Field("n", "int", unit="s", ucd="meta.number"),
    Field("x", "double"),
    Field("p", "double", "*"),
    Field("ok", "boolean"),
)
ROWS = [("a<b>", 1, 0.5, [1.0, 2.0, 3.0], True), (None, None, None, None, None), ("long text", -7, 1e300, [4.0], False)]


def document(name, rows=ROWS, *, overflow=False, fields=FIELDS, meta=None):
    return b"".join(
        for_responseformat(name).stream(MemorySource(fields, iter(rows), overflow=overflow), meta or Meta())
    )


def test_fits():
    data = document("fits", overflow=True)
    assert len(data) % 2880 == 0
    with fits.open(io.BytesIO(data)) as hdus:
        hdus.verify("exception")
        table = hdus[1]
        assert table.header["OVERFLOW"] is True
        assert table.header["TUNIT2"] == "s"
        assert list(table.data["name"]) == ["a<b>", "", "long text"]
        assert list(table.data["n"]) == [1, table.header["TNULL2"], -7]
        assert np.array_equal(table.data["x"], [0.5, np.nan, 1e300], equal_nan=True)
        assert np.array_equal(table.data["p"][2], [4.0, np.nan, np.nan], equal_nan=True)
        assert list(table.data["ok"])[0] and not list(table.data["ok"])[2]


def test_fits_of_many_batches_with_growing_texts():
    rows = [
        ("x" * (number // 700 + 1), number, float(number), [1.0] * (number % 3 + 1), True) for number in range(3500)
    ]
    with fits.open(io.BytesIO(document("fits", rows))) as hdus:
        assert [len(text) for text in hdus[1].data["name"]] == [len(row[0]) for row in rows]
        assert list(hdus[1].data["n"]) == list(range(3500))


def test_fits_without_rows():
    with fits.open(io.BytesIO(document("fits", []))) as hdus:
        assert hdus[1].header["NAXIS2"] == 0


def test_json():
    found = json.loads(document("json", overflow=True))
    assert found["status"] == "OVERFLOW"
    assert found["metadata"][1] == {"name": "n", "datatype": "int", "unit": "s", "ucd": "meta.number"}
    assert found["data"] == [list(row) for row in ROWS]


def test_json_has_no_numbers_that_json_has_not():
    text = document("json", [("a", 1, float("nan"), [float("inf"), -float("inf")], True)])
    found = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert found["data"] == [["a", 1, None, ["+Inf", "-Inf"], True]]


def test_json_of_a_late_error_says_so():
    def rows():
        yield from ROWS * 1000
        raise ServiceError("gone")

    found = json.loads(document("json", rows()))
    assert (found["status"], found["message"], len(found["data"])) == ("ERROR", "gone", 3000)


def test_parquet():
    pq = pytest.importorskip("pyarrow.parquet")
    rows = [(f"n{number}", number, number / 7, [float(number)], None) for number in range(45_000)]
    table = pq.read_table(io.BytesIO(document("parquet", rows)))
    assert table.column("name").to_pylist() == [row[0] for row in rows]
    assert table.column("p").to_pylist()[7] == [7.0]
    assert table.schema.field("n").metadata[b"unit"] == b"s"
    assert b"<VOTABLE" in table.schema.metadata[b"IVOA.VOTable-Parquet.content"]


def test_text_is_aligned():
    lines = document("text", overflow=True).decode().splitlines()
    assert lines[0].split() == ["name", "n", "x", "p", "ok"]
    assert lines[2].index("0.5") == lines[4].index("1e+300")
    assert lines[-1].startswith("# There are more rows")


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links = []
        self.tags = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]


def test_html_escapes_everything_and_links_addresses_only():
    texts = ["<script>alert(1)</script>", 'https://x/"onclick="y', "javascript:alert(1)", "http://ok/?a=1&b=2"]
    meta = Meta((Info("QUERY", "SELECT '<script>'"),))
    page = Links()
    page.feed(document("html", [(text,) for text in texts], fields=FIELDS[:1], meta=meta).decode())
    assert "script" not in page.tags
    assert page.links == ['https://x/"onclick="y', "http://ok/?a=1&b=2"]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.names[0])
def test_every_format_tells_an_early_error_before_it_writes(format_):
    def rows():
        raise AdqlError("division by zero")
        yield ()

    with pytest.raises(AdqlError):
        next(format_.stream(MemorySource(FIELDS, rows())))


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.names[0])
def test_every_format_writes_a_result_without_rows(format_):
    assert b"".join(format_.stream(MemorySource(FIELDS, [])))
