"""A worker that is killed in mid-job, again and again."""

from __future__ import annotations

import contextlib
import os
import signal

import psycopg

from .conftest import until
from .test_uws import ENDLESS, create, phase


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
