"""Asynchronous queries: a real worker, the protocol, and workers that die."""

from __future__ import annotations

import io
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import pyvo
import requests

from invenio_obscore.formats import MemorySource, for_responseformat
from invenio_obscore.obscore.fields import Field

from .conftest import until
from .test_server import check_taplint, stilts

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
QUERY = "SELECT obs_id FROM ivoa.obscore ORDER BY obs_id"
ENDLESS = "SELECT COUNT(*) FROM ivoa.obscore a, " + ", ".join(f"ivoa.obscore b{n}" for n in range(14))


@pytest.fixture(autouse=True)
def _needs_jobs(settings):
    if "BROKER_URL" not in settings:
        pytest.skip("no Redis: OBSCORE_TEST_REDIS_URL is not set (python3 -m services start)")


def create(client, query=QUERY, **more) -> str:
    response = client.post("/tap/async", data={"LANG": "ADQL", "QUERY": query, **more})
    assert response.status_code == 303, response.data
    return response.headers["Location"].partition("/tap/")[2]


def phase(client, job: str) -> str:
    return client.get(f"/tap/{job}/phase").data.decode()


def run(client, job: str) -> None:
    assert client.post(f"/tap/{job}/phase", data={"PHASE": "RUN"}).status_code == 303


def ended(client, job: str, seconds: float = 120) -> str:
    until(lambda: phase(client, job) not in ("PENDING", "QUEUED", "EXECUTING"), seconds)
    return phase(client, job)


def test_pyvo_runs_a_job(tap_url, worker):
    job = pyvo.dal.TAPService(tap_url).submit_job(QUERY)
    job.run().wait(timeout=300)
    assert job.phase == "COMPLETED"
    assert list(job.fetch_result().to_table()["obs_id"]) == [f"obs-{n}" for n in range(1, 6)]
    url = job.url
    job.delete()
    assert requests.get(url, timeout=120).status_code == 404


@stilts
def test_taplint_finds_nothing_in_any_stage(tap_url, worker):
    check_taplint(tap_url)


def test_a_job_started_at_creation(client, worker):
    job = create(client, PHASE="RUN", RESPONSEFORMAT="csv", RUNID="mine")
    assert ended(client, job) == "COMPLETED"
    result = client.get(f"/tap/{job}/results/result")
    assert result.content_type == "text/csv;header=present;charset=utf-8"
    assert result.data.split() == [b"obs_id", *(f"obs-{n}".encode() for n in range(1, 6))]
    root = ET.fromstring(client.get(f"/tap/{job}").data)
    assert root.findtext(f"{UWS}runId") == "mine"
    assert root.find(f"{UWS}ownerId").get(XSI_NIL) == "true"
    order = [child.tag.removeprefix(UWS) for child in root]
    assert order == [
        *("jobId runId ownerId phase quote creationTime startTime endTime executionDuration destruction".split()),
        *("parameters results".split()),
    ]


def test_an_error_is_the_jobs(client, worker):
    job = create(client, "SELECT nope FROM ivoa.obscore", PHASE="RUN")
    assert ended(client, job) == "ERROR"
    assert "nope" in ET.fromstring(client.get(f"/tap/{job}").data).findtext(f"{UWS}errorSummary/{UWS}message")
    document = client.get(f"/tap/{job}/error")
    assert document.status_code == 200 and b"nope" in document.data
    assert client.get(f"/tap/{job}/results/result").status_code == 404


def test_abort_ends_the_query_at_once(client, database, worker):
    job = create(client, ENDLESS, PHASE="RUN")
    until(lambda: phase(client, job) == "EXECUTING")
    name = f"obscore-uws-{job.rpartition('/')[2]}"
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'active'"
    with psycopg.connect(database.reader, autocommit=True) as connection:
        until(lambda: connection.execute(sql, [name]).fetchone()[0])
        assert client.post(f"/tap/{job}/phase", data={"PHASE": "ABORT"}).status_code == 303
        assert phase(client, job) == "ABORTED"
        until(lambda: not connection.execute(sql, [name]).fetchone()[0])
    # The worker is free for the next one, and the aborted job stays what it is.
    assert ended(client, create(client, PHASE="RUN")) == "COMPLETED"
    assert phase(client, job) == "ABORTED"


def test_execution_duration_ends_a_query(client, worker):
    job = create(client, ENDLESS)
    assert client.post(f"/tap/{job}/executionduration", data={"EXECUTIONDURATION": "1"}).status_code == 303
    run(client, job)
    assert ended(client, job) == "ERROR"
    assert b"longer" in client.get(f"/tap/{job}/error").data


def test_wait_blocks_until_the_phase_changes(client, worker):
    job = create(client)
    begun = time.monotonic()
    client.get(f"/tap/{job}?WAIT=1")
    assert 0.9 < time.monotonic() - begun < 15
    begun = time.monotonic()
    client.get(f"/tap/{job}?WAIT=60&PHASE=QUEUED")
    assert time.monotonic() - begun < 15
    run(client, job)
    while phase(client, job) in ("QUEUED", "EXECUTING"):
        client.get(f"/tap/{job}?WAIT=-1")
    assert phase(client, job) == "COMPLETED"
    assert client.get(f"/tap/{job}?WAIT=soon").status_code == 400


def test_parameters_are_looked_at_when_the_job_runs(client, worker):
    job = create(client, "", LANG="Klingon")
    assert phase(client, job) == "PENDING"
    assert client.post(f"/tap/{job}/parameters", data={"query": QUERY, "LANG": "ADQL"}).status_code == 303
    names = [e.get("id") for e in ET.fromstring(client.get(f"/tap/{job}/parameters").data)]
    assert sorted(names) == ["LANG", "QUERY"]
    table = for_responseformat("votable").stream(MemorySource((Field("n", "int"),), [(1,)]))
    more = {"QUERY": "SELECT n FROM TAP_UPLOAD.t", "UPLOAD": "t,param:p", "RUNID": "later"}
    more["p"] = (io.BytesIO(b"".join(table)), "t.vot")
    assert client.post(f"/tap/{job}/parameters", data=more).status_code == 303
    assert b"<uws:runId>later<" in client.get(f"/tap/{job}").data
    run(client, job)
    assert ended(client, job) == "COMPLETED"
    assert client.post(f"/tap/{job}/parameters", data={"QUERY": "x"}).status_code == 403
    assert client.post(f"/tap/{job}/phase", data={"PHASE": "RUN"}).status_code == 403


def test_destruction_is_clamped_and_kept(client, database, settings):
    job = create(client)
    ident = job.rpartition("/")[2]
    wished = datetime.now(UTC) + timedelta(days=1)
    client.post(f"/tap/{job}/destruction", data={"DESTRUCTION": wished.isoformat()})
    assert client.get(f"/tap/{job}/destruction").data.decode().startswith(wished.strftime("%Y-%m-%dT%H:%M"))
    client.post(f"/tap/{job}/destruction", data={"DESTRUCTION": "2999-01-01T00:00:00Z"})
    assert not client.get(f"/tap/{job}/destruction").data.startswith(b"2999")
    assert client.post(f"/tap/{job}/destruction", data={"DESTRUCTION": "tomorrow"}).status_code == 400
    client.post(f"/tap/{job}/destruction", data={"DESTRUCTION": "2020-01-01"})
    assert client.get(f"/tap/{job}").status_code == 404
    create(client)
    with psycopg.connect(database.owner) as connection:
        found = connection.execute("SELECT count(*) FROM obscore_uws.job WHERE job_id = %s", [ident]).fetchone()
    assert found == (0,)


def test_a_phase_that_nobody_may_ask_for_makes_no_job(client, database):
    with psycopg.connect(database.owner, autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM obscore_uws.job").fetchone()
        assert client.post("/tap/async", data={"QUERY": QUERY, "PHASE": "HELD"}).status_code == 400
        assert connection.execute("SELECT count(*) FROM obscore_uws.job").fetchone() == before


def test_what_does_not_exist(client):
    assert client.get("/tap/async/nope").status_code == 404
    job = create(client)
    for name in ("nope", "error", "results/result", "results/other"):
        assert client.get(f"/tap/{job}/{name}").status_code == 404
    assert client.post(f"/tap/{job}/quote", data={"QUOTE": "x"}).status_code == 404
    assert client.post(f"/tap/{job}/phase", data={"PHASE": "SLEEP"}).status_code == 400
    assert client.delete(f"/tap/{job}").status_code == 303
    assert client.get(f"/tap/{job}").status_code == 404


def test_the_list_is_empty_for_anybody(client):
    create(client)
    root = ET.fromstring(client.get("/tap/async").data)
    assert root.tag == f"{UWS}jobs" and root.get("version") == "1.1" and len(root) == 0
    assert client.get("/tap/async?PHASE=NOPE").status_code == 400


def test_the_list_where_the_operator_shows_it(settings):
    from invenio_obscore.vo.wsgi import create_app

    client = create_app({**settings, "OBSCORE_UWS_LIST_ANONYMOUS": "true"}).test_client()
    first, second = create(client), create(client)

    def listed(query=""):
        return [ref.get("id") for ref in ET.fromstring(client.get(f"/tap/async?{query}").data)]

    everything = listed("PHASE=PENDING")
    assert everything[-2:] == [first.rpartition("/")[2], second.rpartition("/")[2]]
    assert listed("LAST=1") == everything[-1:]
    assert listed("PHASE=COMPLETED&PHASE=ERROR&AFTER=2999-01-01") == []


def test_a_client_has_a_limit(settings):
    from invenio_obscore.vo.wsgi import create_app

    client = create_app({**settings, "OBSCORE_UWS_JOBS_PER_CLIENT": "2"}).test_client()

    def post():
        data = {"LANG": "ADQL", "QUERY": QUERY}
        return client.post("/tap/async", data=data, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code

    assert [post() for _ in range(3)] == [303, 303, 403]


def test_delete_by_post_and_what_cannot_be_told(client):
    job = create(client)
    assert client.get(f"/tap/{job}/quote").data == b"" and client.get(f"/tap/{job}/owner").data == b""
    assert client.post(f"/tap/{job}", data={"ACTION": "BURN"}).status_code == 400
    response = client.post(f"/tap/{job}", data={"ACTION": "DELETE"})
    assert response.status_code == 303 and response.headers["Location"].endswith("/tap/async")
    assert client.get(f"/tap/{job}").status_code == 404


def test_names_of_jobs_cannot_be_guessed(client):
    names = {create(client).rpartition("/")[2] for _ in range(5)}
    assert len(names) == 5 and all(len(bytes.fromhex(name)) == 16 for name in names)


def test_filters_of_the_list_hold_together_and_thousands_of_jobs_slow_nothing(settings, database):
    from invenio_obscore.vo.wsgi import create_app

    client = create_app({**settings, "OBSCORE_UWS_LIST_ANONYMOUS": "true"}).test_client()
    create(client)
    insert = """INSERT INTO obscore_uws.job (job_id, phase, parameters, creation_time, destruction, execution_duration)
        SELECT 'old' || n, CASE WHEN n % 2 = 0 THEN 'ABORTED' ELSE 'ERROR' END, '[]', '2020-01-01'::timestamptz
        + n * interval '1 second', now() + interval '1 day', 1 FROM generate_series(1, 20000) AS g(n)"""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(insert)
        try:
            begun = time.monotonic()
            query = "PHASE=ABORTED&AFTER=2020-01-01T00:01:00Z&BEFORE=x&LAST=40"
            listed = [ref.get("id") for ref in ET.fromstring(client.get(f"/tap/async?{query}").data)]
            # What other tests aborted is newer.
            assert len(listed) == 40
            assert [name for name in listed if name.startswith("old")][-3:] == ["old19996", "old19998", "old20000"]
            early = client.get("/tap/async?PHASE=ERROR&AFTER=2020-01-01T05:33:18Z")
            names = [str(ref.get("id")) for ref in ET.fromstring(early.data)]
            assert [name for name in names if name.startswith("old")] == ["old19999"]
            create(client)
            assert time.monotonic() - begun < 10
        finally:
            connection.execute("DELETE FROM obscore_uws.job WHERE job_id LIKE 'old%'")
