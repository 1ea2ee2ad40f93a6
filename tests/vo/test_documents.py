"""Every XML document that the service sends, against the schemas of the standards (as stilts has them)."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
import requests

from .test_server import run, stilts

pytestmark = stilts
CONE = "SELECT TOP 2 * FROM ivoa.obscore"


# stilts has no schema of VOTable among those that it knows by their namespace, but brings the file along.
NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"
SCHEMA = "uk/ac/starlink/util/text/VOTable1.4.xsd"


def assert_valid(content: bytes, folder: Path) -> None:
    file, schema = folder / "document.xml", folder / "votable.xsd"
    file.write_bytes(content)
    if not schema.exists():
        with zipfile.ZipFile("/usr/share/java/starlink-util.jar") as jar:
            schema.write_bytes(jar.read(SCHEMA))
    extra = [f"schemaloc={NAMESPACE}={schema}"] if NAMESPACE.encode() in content else []
    done = subprocess.run(
        ["stilts", "xsdvalidate", f"doc={file}", "uselocals=true", *extra],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0 and "ERROR" not in told and "FATAL" not in told and "WARNING" not in told, told


@pytest.mark.parametrize(
    "path",
    ["capabilities", "availability", "tables", "tables?detail=min", "tables/ivoa.obscore", "async", "tables/nothing"],
)
def test_documents_of_the_service(tap_url, tmp_path, path):
    assert_valid(requests.get(f"{tap_url}/{path}", timeout=120).content, tmp_path)


@pytest.mark.parametrize(
    ("query", "name"),
    [(CONE, "votable"), (CONE, "votable/td"), (CONE, "votable/b"), ("SELECT nope FROM ivoa.obscore", "votable")],
)
def test_results_and_errors(tap_url, tmp_path, name, query):
    parameters = {"LANG": "ADQL", "QUERY": query, "RESPONSEFORMAT": name, "MAXREC": "1", "RUNID": "a<b"}
    assert_valid(requests.get(f"{tap_url}/sync", params=parameters, timeout=120).content, tmp_path)


def test_jobs(tap_url, tmp_path, worker):
    data = {"LANG": "ADQL", "QUERY": CONE, "RUNID": "x", "PHASE": "RUN"}
    job = requests.post(f"{tap_url}/async", data=data, timeout=120, allow_redirects=False).headers["Location"]
    assert_valid(requests.get(job, timeout=120).content, tmp_path)
    for _ in range(40):
        done = requests.get(f"{job}?WAIT=10", timeout=120).content
        if b"COMPLETED" in done:
            break
    assert_valid(done, tmp_path)
    for part in ("parameters", "results"):
        assert_valid(requests.get(f"{job}/{part}", timeout=120).content, tmp_path)
    failing = requests.post(
        f"{tap_url}/async", data={**data, "QUERY": "SELECT"}, timeout=120, allow_redirects=False
    ).headers["Location"]
    for _ in range(40):
        done = requests.get(f"{failing}?WAIT=10", timeout=120).content
        if b"errorSummary" in done:
            break
    assert_valid(done, tmp_path)
    assert_valid(requests.get(f"{failing}/error", timeout=120).content, tmp_path)


def test_tapresume_takes_up_a_job(tap_url, tmp_path, worker):
    data = {"LANG": "ADQL", "QUERY": "SELECT obs_id FROM ivoa.obscore ORDER BY obs_id", "PHASE": "RUN"}
    job = requests.post(f"{tap_url}/async", data=data, timeout=120, allow_redirects=False).headers["Location"]
    out = run("tapresume", f"joburl={job}", "delete=finished", "omode=out", "ofmt=csv")
    assert out.split() == ["obs_id", *(f"obs-{n}" for n in range(1, 6))]
    assert requests.get(job, timeout=120).status_code == 404


def test_tapquery_runs_a_job_with_an_upload(tap_url, tmp_path, worker):
    table = tmp_path / "mine.csv"
    table.write_text("id,x\n1,0.5\n2,1.5\n")
    out = run(
        "tapquery", f"tapurl={tap_url}", "sync=false", "nupload=1", f"upload1={table}", "ufmt1=csv", "upname1=mine",
        "adql=SELECT id, x * 2 AS y FROM TAP_UPLOAD.mine ORDER BY id", "omode=out", "ofmt=csv", "delete=finished",
    )  # fmt: skip
    assert out.split() == ["id,y", "1,1.0", "2,3.0"]
