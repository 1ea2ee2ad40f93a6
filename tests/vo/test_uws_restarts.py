"""Jobs and the processes that come and go meanwhile: a server that is restarted, a worker that is killed."""

from __future__ import annotations

import contextlib
import os
import signal

import psycopg
import pyvo

from .conftest import server, until
from .test_uws import ENDLESS, QUERY, create, phase


def test_jobs_survive_the_server(settings, tmp_path, start_worker):
    with server(settings, tmp_path / "first.log") as url:
        service = pyvo.dal.TAPService(url)
        waiting, running = service.submit_job(QUERY), service.submit_job(QUERY)
        running.run()  # nobody is there to do it yet
    with server(settings, tmp_path / "second.log") as url:
        known = [pyvo.dal.AsyncTAPJob(f"{url}/async/{job.job_id}") for job in (waiting, running)]
        assert [job.phase for job in known] == ["PENDING", "QUEUED"]
        known[0].run()
        with start_worker():
            for job in known:
                job.wait(timeout=300)
                assert list(job.fetch_result().to_table()["obs_id"]) == [f"obs-{n}" for n in range(1, 6)]
                job.delete()


def test_a_killed_worker_leaves_neither_job_nor_query_running_for_ever(client, database, start_worker):
    job = create(client, ENDLESS, PHASE="RUN", EXECUTIONDURATION="600")
    for _ in range(2):
        with start_worker() as child:
            until(lambda: phase(client, job) == "EXECUTING")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            until(lambda: phase(client, job) != "EXECUTING")
    assert phase(client, job) == "ERROR"
    assert b"worker died" in client.get(f"/tap/{job}/error").data
    name = f"obscore-uws-{job.rpartition('/')[2]}"
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'active'"
    with psycopg.connect(database.reader, autocommit=True) as connection:
        until(lambda: not connection.execute(sql, [name]).fetchone()[0])
