"""A real server as clients see it: pyvo, stilts, and clients that go away or take nothing."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import pyvo
import requests

from .conftest import server, until

stilts = pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed (apt install stilts)")
CONE = "SELECT * FROM ivoa.obscore WHERE 1=CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10.68, 41.27, 0.5))"
#: Twelve million rows.
ENDLESS = "SELECT a.* FROM ivoa.obscore a, " + ", ".join(f"ivoa.obscore b{n}" for n in range(9))


def run(*command: str) -> str:
    return subprocess.run(["stilts", *command], capture_output=True, text=True, timeout=300, check=False).stdout


def check_taplint(tap_url: str, stages: str = "") -> None:
    """No error, no warning, no failure but that there is no ``ivoa.obsplan``; taplint ends with 0 whatever it found."""
    chosen = [f"stages={stages}"] if stages else []
    out = run("taplint", f"tapurl={tap_url}", "interface=tap1.1", *chosen, "report=EWF", "maxrepeat=9")
    found = re.findall(r"^[EWF]-.*", out, re.MULTILINE)
    assert [line for line in found if not (line.startswith("F-LOC") and "obsplan" in line)] == []
    assert "Totals: Errors: 0; Warnings: 0; Failures:" in out


def test_pyvo(tap_url):
    service = pyvo.dal.TAPService(tap_url)
    assert "ivoa.obscore" in service.tables
    assert service.maxrec == 20_000
    assert len(service.examples) >= 4
    found = service.search(CONE)
    assert sorted(found.to_table()["obs_id"]) == ["obs-1", "obs-2"]
    assert found[0].getdataurl().startswith("https://repository.example/records/")
    with pytest.raises(pyvo.dal.exceptions.DALQueryError, match="nope"):
        service.search("SELECT nope FROM ivoa.obscore")
    cut = service.search("SELECT obs_id FROM ivoa.obscore", maxrec=2)
    assert len(cut) == 2
    assert [info.value for info in cut.votable.resources[0].infos if info.name == "QUERY_STATUS"][-1] == "OVERFLOW"


@stilts
def test_stilts_reads_the_table(tap_url):
    out = run("tapquery", f"tapurl={tap_url}", "sync=true", f"adql={CONE}", "omode=out", "ofmt=csv")
    assert "obs-1" in out and "obs-2" in out


@stilts
def test_taplint_finds_nothing(tap_url):
    stages = "TMV TME TMS TMC CPV CAP AVV QGE QPO MDQ OBS EXA"
    check_taplint(tap_url, stages)


@stilts
@pytest.mark.parametrize("name", ["votable", "votable/td", "votable/b"])
def test_votlint_finds_nothing(tap_url, tmp_path, name):
    parameters = {"LANG": "ADQL", "QUERY": "SELECT * FROM ivoa.obscore", "RESPONSEFORMAT": name, "MAXREC": "3"}
    file = tmp_path / "result.vot"
    file.write_bytes(requests.get(f"{tap_url}/sync", params=parameters, timeout=300).content)
    out = run("votlint", f"votable={file}", "ucd=true", "unit=true")
    assert [line for line in out.splitlines() if line.startswith(("ERROR", "WARNING"))] == []


def request(tap_url: str, query: str, **more: str) -> socket.socket:
    parts = urlsplit(tap_url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=300)
    parameters = {"LANG": "ADQL", "QUERY": query, "MAXREC": "2000000", **more}
    text = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    connection.sendall(f"GET {parts.path}/sync?{text} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return connection


@pytest.fixture
def active(database):
    """Return a function that counts the queries that run."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'obscore-tap' AND state = 'active'"
    with psycopg.connect(database.reader, autocommit=True) as connection:
        yield lambda: connection.execute(sql).fetchone()[0]


def test_a_client_that_goes_frees_its_query(tap_url, active):
    connection = request(tap_url, ENDLESS)
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    until(active)
    connection.close()
    until(lambda: not active())


def test_a_client_that_goes_before_the_first_row_frees_its_query(tap_url, active):
    connection = request(tap_url, ENDLESS.replace("a.*", "COUNT(*)"))
    until(active)
    connection.close()
    until(lambda: not active())


def test_a_client_that_takes_nothing_is_given_up(tap_url, active):
    connection = request(tap_url, ENDLESS)
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    until(active)
    # The server of the tests gives a client three seconds.
    until(lambda: not active())
    connection.close()


def test_small_queries_go_on_while_a_large_one_streams(tap_url, active):
    connection = request(tap_url, ENDLESS)
    connection.recv(1000)
    until(active)
    assert len(pyvo.dal.TAPService(tap_url).search(CONE)) == 2
    connection.close()
    until(lambda: not active())


def test_one_client_cannot_take_all_connections(settings, tmp_path, active):
    with server({**settings, "OBSCORE_TAP_QUERIES_PER_CLIENT": "2"}, tmp_path / "log") as url:
        slow = "SELECT COUNT(*) FROM ivoa.obscore a, " + ", ".join(f"ivoa.obscore b{n}" for n in range(14))
        streams = [request(url, slow) for _ in range(2)]
        until(lambda: active() >= 2)
        refused = requests.get(f"{url}/sync", params={"LANG": "ADQL", "QUERY": CONE}, timeout=60)
        assert refused.status_code == 503 and refused.headers["Retry-After"]
        assert b"2 queries running" in refused.content
        for stream in streams:
            stream.close()
        until(lambda: not active())
        assert requests.get(f"{url}/sync", params={"LANG": "ADQL", "QUERY": CONE}, timeout=60).status_code == 200
