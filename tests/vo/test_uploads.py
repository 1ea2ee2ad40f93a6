"""Uploaded tables in queries: inline and by address, in sync and async."""

from __future__ import annotations

import csv
import http.server
import io
import threading

import pytest
import pyvo
from astropy.io.votable import parse
from astropy.table import Table

from invenio_obscore.errors import InputError
from invenio_obscore.formats import MemorySource, for_responseformat
from invenio_obscore.obscore.fields import Field
from invenio_obscore.vo.fetching import fetch

FIELDS = (
    Field("b", "boolean"),
    Field("n", "int", unit="s", ucd="meta.number"),
    Field("ra", "double", unit="deg"),
    Field("dec", "double", unit="deg"),
    Field("SELECT", "char", "*"),
    Field("when", "char", "*", xtype="timestamp"),
    Field("pair", "double", "2"),
    Field("many", "int", "*"),
)
ROWS = [
    (True, 1, 10.68, 41.27, 'it\'s "odd" %s', "2026-01-01T00:00:00", [1.5, 2.5], [1, 2, 3]),
    (None, None, None, None, None, None, None, None),
    (False, -3, float("inf"), 0.1, "\\{}", "2026-01-01T12:30:00.250", [0.0, 1e300], [7]),
]


def document(name="votable", rows=ROWS) -> bytes:
    return b"".join(for_responseformat(name).stream(MemorySource(FIELDS, rows)))


def post(client, query, *, upload="t,param:part", part="part", content=None, path="/tap/sync", **more):
    data = {"LANG": "ADQL", "QUERY": query, "UPLOAD": upload, **more}
    data[part] = (io.BytesIO(document() if content is None else content), "table.vot")
    return client.post(path, data=data, content_type="multipart/form-data")


@pytest.mark.parametrize("read", ["votable", "votable/td", "votable/b"])
@pytest.mark.parametrize("written", ["votable", "votable/td"])
def test_everything_comes_back(client, read, written):
    response = post(client, "SELECT * FROM TAP_UPLOAD.t", content=document(read), RESPONSEFORMAT=written)
    assert response.status_code == 200, response.data
    table = parse(io.BytesIO(response.data)).get_first_table().to_table()
    assert table.colnames == [field.name for field in FIELDS]
    assert (table["n"].unit, table["n"].meta["ucd"]) == ("s", "meta.number")
    assert table["n"].tolist() == [1, None, -3]
    assert table["ra"].tolist() == [10.68, None, float("inf")]
    assert table["SELECT"][0] == 'it\'s "odd" %s' and table["SELECT"][2] == "\\{}"
    assert table["when"][2].startswith("2026-01-01T12:30:00.25")
    assert list(table["pair"][0]) == [1.5, 2.5]
    assert list(table["many"][0]) == [1, 2, 3]


def test_a_crossmatch(client):
    query = (
        "SELECT t.n, o.target_name FROM TAP_UPLOAD.t AS t JOIN ivoa.obscore AS o "
        "ON 1=CONTAINS(POINT(o.s_ra, o.s_dec), CIRCLE(t.ra, t.dec, 0.02)) WHERE t.n = 1"
    )
    response = post(client, query, RESPONSEFORMAT="csv")
    assert list(csv.reader(io.StringIO(response.data.decode()))) == [["n", "target_name"], ["1", "M31"]]


SHAPES = (
    Field("n", "int"),
    Field("p", "double", "2", xtype="point", ucd="pos"),
    Field("c", "double", "3", xtype="circle"),
    Field("g", "float", "*", xtype="polygon"),
    Field("iv", "double", "2", xtype="interval"),
    Field("odd", "double", "3", xtype="point"),
)
SHAPE_ROWS = [
    (1, [10.1, 20.3], [10.0, 20.0, 1.0], [9.0, 19.0, 11.0, 19.0, 11.0, 21.0, 9.0, 21.0], [1.0, 2.0], [1.0, 2.0, 3.0]),
    (2, [200.0, 95.0], [200.0, -45.0, 0.1], None, [3.0, 4.0], None),
    (3, None, None, None, None, None),
]


@pytest.mark.parametrize("read", ["votable", "votable/td", "votable/b"])
def test_arrays_of_dali_are_what_they_say(client, read):
    content = b"".join(for_responseformat(read).stream(MemorySource(SHAPES, SHAPE_ROWS)))

    def ask(query):
        response = post(client, query, content=content, RESPONSEFORMAT="json")
        assert response.status_code == 200, response.data
        return response.json["data"]

    everything = post(client, "SELECT * FROM TAP_UPLOAD.t ORDER BY n", content=content)
    table = parse(io.BytesIO(everything.data)).get_first_table()
    assert [str(f.xtype or "") for f in table.fields] == ["", "point", "circle", "polygon", "interval", ""]
    assert table.get_field_by_id_or_name("p").ucd == "pos"
    assert table.array["p"][:2].tolist() == [[10.1, 20.3], [200.0, 95.0]]
    assert list(table.array["g"][0]) == SHAPE_ROWS[0][3]
    inside = "SELECT n FROM TAP_UPLOAD.t WHERE 1 = CONTAINS({}) ORDER BY n"
    assert ask(inside.format("p, CIRCLE(10, 20, 1)")) == [[1]]
    assert ask(inside.format("POINT(200, -45.05), c")) == [[2]]
    assert ask(inside.format("p, g")) == [[1]]
    assert ask("SELECT n FROM TAP_UPLOAD.t WHERE 1 = INTERSECTS(c, g)") == [[1]]
    assert ask("SELECT n FROM TAP_UPLOAD.t WHERE 1 = gavo_interval_has(3.5, iv)") == [[2]]
    # A latitude beyond the pole makes no position.
    assert ask("SELECT COORD2(p), CIRCLE(p, 1) FROM TAP_UPLOAD.t ORDER BY n")[1] == [None, None]
    assert ask("SELECT COORD1(p), AREA(c) FROM (SELECT p, c FROM TAP_UPLOAD.t WHERE n = 3) AS q") == [[None, None]]
    near = (
        "SELECT COUNT(*) FROM ivoa.obscore AS o JOIN TAP_UPLOAD.t AS t ON DISTANCE(POINT(o.s_ra, o.s_dec), t.p) < 0.1"
    )
    assert ask(near) == [[0]]


def test_names_have_no_case_and_are_not_in_tap_schema(client):
    assert post(client, "SELECT n FROM tap_upload.T").status_code == 200
    assert b"TAP_UPLOAD" not in client.get("/tap/tables").data.upper()


@pytest.mark.parametrize(
    ("upload", "content"),
    [
        ("t,param:other", None),
        ("t", None),
        ("1t,param:part", None),
        ("t,param:part;T,param:part", None),
        ("t,file:///etc/passwd", None),
        ("t,ftp://example.org/x", None),
        ("t,http://127.0.0.1:1/x", None),
        ("t,http://localhost/x", None),
        ("t,http://[::1]/x", None),
        ("t,http://169.254.169.254/latest", None),
        ("t,http://", None),
        ("t,param:", None),
        ("t,param:part", b"<VOTABLE/>"),
        ("t,param:part", b"x" * (17 * 2**20)),
        (";".join(f"t{n},param:part" for n in range(11)), None),
    ],
)
def test_bad_uploads_are_errors(client, upload, content):
    response = post(client, "SELECT * FROM TAP_UPLOAD.t", upload=upload, content=content)
    assert response.status_code == 400
    assert b'value="ERROR"' in response.data


def test_names_that_differ_in_case_and_names_that_do_not(client):
    fields = [Field(name, "int") for name in ("RA", "ra", "n", "n", "n_2")]
    content = b"".join(for_responseformat("votable/td").stream(MemorySource(tuple(fields), [(1, 2, 3, 4, 5)])))

    def ask(query):
        return post(client, query, content=content, RESPONSEFORMAT="csv")

    assert ask('SELECT "ra", "RA", n, n_2 FROM TAP_UPLOAD.t').text.splitlines()[1] == "2,1,3,5"
    assert ask("SELECT * FROM TAP_UPLOAD.t").text.splitlines()[1] == "1,2,3,4,5"
    assert "its case counts in double quotes" in ask("SELECT ra FROM TAP_UPLOAD.t").text


def test_what_is_no_timestamp_stays_text(client):
    fields = (Field("when", "char", "*", xtype="timestamp"),)
    for last, comparison in (("2026-01-02", "> TIMESTAMP('2026-01-01')"), ("yesterday", "= 'yesterday'")):
        rows = [("2020-01-01T00:00:00Z",), (last,), (None,)]
        content = b"".join(for_responseformat("votable").stream(MemorySource(fields, rows)))
        query = f'SELECT COUNT(*) FROM TAP_UPLOAD.t WHERE "when" {comparison}'
        assert post(client, query, content=content, RESPONSEFORMAT="csv").text.split()[1] == "1"
        cast = post(client, 'SELECT CAST("when" AS TIMESTAMP) FROM TAP_UPLOAD.t', content=content)
        assert (b'value="ERROR"' in cast.data) == (last == "yesterday")


def test_hostile_names_stay_names(client):
    fields = (Field('a"; DROP TABLE x; --', "int"), Field("b%s", "int"))
    content = b"".join(for_responseformat("votable").stream(MemorySource(fields, [(1, 2)])))
    response = post(client, "SELECT * FROM TAP_UPLOAD.t", content=content, RESPONSEFORMAT="csv")
    assert list(csv.reader(io.StringIO(response.data.decode())))[1] == ["1", "2"]


class _Site(http.server.BaseHTTPRequestHandler):
    """A server in the private network: /table is a VOTable, /away redirects to it."""

    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/table")
            self.end_headers()
            return
        if self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(document())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_own_network_is_closed_unless_the_operator_opens_it(settings, client, site):
    from invenio_obscore.vo.wsgi import create_app

    for path in ("/table", "/away"):
        assert post(client, "SELECT n FROM TAP_UPLOAD.t", upload=f"t,{site}{path}").status_code == 400
    opened = create_app({**settings, "OBSCORE_TAP_UPLOAD_PRIVATE": "true"}).test_client()
    for path in ("/table", "/away"):
        assert post(opened, "SELECT n FROM TAP_UPLOAD.t", upload=f"t,{site}{path}").status_code == 200


def test_a_redirect_cannot_leave_http(site):
    with pytest.raises(InputError):
        fetch(f"{site}/file", most_bytes=1000, private=True)


def test_what_is_fetched_has_a_limit(site):
    with pytest.raises(InputError, match="bytes"):
        fetch(f"{site}/table", most_bytes=100, private=True)


def test_pyvo_uploads(tap_url):
    table = Table({"x": [1, 2, 3]})
    found = pyvo.dal.TAPService(tap_url).run_sync("SELECT x FROM TAP_UPLOAD.mine", uploads={"mine": table})
    assert found.to_table()["x"].tolist() == [1, 2, 3]


def test_an_upload_of_a_job_is_kept_until_it_runs(tap_url, worker):
    service = pyvo.dal.TAPService(tap_url)
    job = service.submit_job("SELECT x FROM TAP_UPLOAD.mine", uploads={"mine": Table({"x": [4, 5]})})
    job.run().wait(timeout=300)
    assert job.phase == "COMPLETED"
    assert job.fetch_result().to_table()["x"].tolist() == [4, 5]
    job.delete()
