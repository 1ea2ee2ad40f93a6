"""Jobs of UWS in PostgreSQL: what a restart of web or worker must not lose.

Every step is one statement that says from which phase it may go, so that web processes and workers never undo each
other's steps. A worker holds a lease on the job that it executes; when the lease ends, whoever looks at the job next
puts it back into the queue, or ends it when it was begun too often.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from ..dali.uws import Job, JobResult, Phase
from ..errors import ConflictError, NotFoundError
from .pool import Connections

#: Run once, by whoever may create schemas; doing it again changes nothing.
STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS obscore_uws",
    """CREATE TABLE IF NOT EXISTS obscore_uws.job (
        job_id text PRIMARY KEY,
        phase text NOT NULL,
        run_id text NOT NULL DEFAULT '',
        client text NOT NULL DEFAULT '',
        parameters jsonb NOT NULL,
        creation_time timestamptz NOT NULL DEFAULT now(),
        start_time timestamptz,
        end_time timestamptz,
        destruction timestamptz NOT NULL,
        execution_duration integer NOT NULL,
        error text NOT NULL DEFAULT '',
        error_is_transient boolean NOT NULL DEFAULT false,
        result_type text NOT NULL DEFAULT '',
        result_size bigint,
        attempts integer NOT NULL DEFAULT 0,
        lease timestamptz
    )""",
    "CREATE INDEX IF NOT EXISTS job_destruction ON obscore_uws.job (destruction)",
    "CREATE INDEX IF NOT EXISTS job_creation ON obscore_uws.job (creation_time)",
    """CREATE INDEX IF NOT EXISTS job_client ON obscore_uws.job (client)
        WHERE phase IN ('PENDING', 'QUEUED', 'EXECUTING')""",
)

_COLUMNS = """job_id, phase, parameters, creation_time, destruction, execution_duration, run_id, start_time, end_time,
    error, error_is_transient, result_type, result_size"""
#: A job is begun so often; a worker that dies each time ends it.
MAX_ATTEMPTS = 2
#: Seconds that a worker's lease holds; it renews it three times as often.
LEASE_SECONDS = 15
_RESULT = "result"


@dataclass(frozen=True)
class ListFilter:
    """Which jobs a list shows (UWS 1.1, section 2.2.2.1)."""

    phases: tuple[str, ...] = ()
    after: datetime | None = None
    last: int | None = None


class JobStore:
    """The table of jobs."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._ready = False

    def prepare(self) -> None:
        """Create what is missing in the database."""
        with self._connections.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('obscore_uws'))")
            # A role that may not create anything can use what somebody else made.
            if connection.execute("SELECT to_regclass('obscore_uws.job')").fetchone() == (None,):
                for statement in STATEMENTS:
                    connection.execute(statement)
        self._ready = True

    def create(self, job: Job, client: str, *, most_active: int) -> None:
        """Store a new job.

        Raises
        ------
        ConflictError
            The client has as many jobs already that wait or run.
        """
        sql = """INSERT INTO obscore_uws.job (job_id, phase, run_id, client, parameters, creation_time, destruction,
                execution_duration)
            SELECT %s, %s, %s, %s, %s::jsonb, %s, %s, %s
            WHERE (SELECT count(*) FROM obscore_uws.job
                WHERE client = %s AND phase IN ('PENDING', 'QUEUED', 'EXECUTING') AND destruction > now()) < %s"""
        values = [
            job.job_id,
            job.phase,
            job.run_id,
            client,
            json.dumps(job.parameters),
            job.creation_time,
            job.destruction,
            job.execution_duration,
            client,
            most_active,
        ]
        if not self._changed(sql, values):
            raise ConflictError(
                f"you have {most_active} jobs that wait or run", remedy="wait for one to end, or delete one"
            )

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        NotFoundError
            There is none of this name, or its time is over.
        """
        if "\0" in job_id:
            raise NotFoundError("there is no such job")
        sql = f"SELECT {_COLUMNS} FROM obscore_uws.job WHERE job_id = %s AND destruction > now()"
        rows = self._query(sql, [job_id])
        if not rows:
            raise NotFoundError("there is no such job")
        return _job(rows[0])

    def listed(self, wanted: ListFilter) -> list[Job]:
        """Return jobs, the newest last; archived ones only where they are asked for."""
        conditions = ["destruction > now()"]
        values: list[Any] = []
        if wanted.phases:
            conditions.append("phase = ANY(%s)")
            values.append(list(wanted.phases))
        else:
            conditions.append("phase <> 'ARCHIVED'")
        if wanted.after is not None:
            conditions.append("creation_time > %s")
            values.append(wanted.after)
        sql = f"SELECT {_COLUMNS} FROM obscore_uws.job WHERE {' AND '.join(conditions)}"
        rows = self._query(
            f"{sql} ORDER BY creation_time DESC LIMIT %s",
            [*values, 1000 if wanted.last is None else min(wanted.last, 1000)],
        )
        return [_job(row) for row in reversed(rows)]

    def queue(self, job_id: str) -> bool:
        """Put a pending job into the queue; say whether it was one."""
        setters = "phase = 'QUEUED', lease = now() + make_interval(secs => %s)"
        return self._move(job_id, setters, (Phase.PENDING,), [LEASE_SECONDS])

    def abort(self, job_id: str) -> bool:
        """End a job that has not ended."""
        return self._move(job_id, "phase = 'ABORTED', end_time = now(), lease = NULL", _UNFINISHED)

    def update(self, job_id: str, **values: Any) -> bool:  # noqa: ANN401
        """Set values of a job: its destruction at any time, anything else while it is pending."""
        allowed = {"parameters", "destruction", "execution_duration", "run_id"}
        if not values or set(values) - allowed:
            raise ValueError(f"not to be updated: {sorted(values)}")
        setters = ", ".join(f"{name} = %s" for name in values)
        phases: Sequence[Phase] = tuple(Phase) if set(values) == {"destruction"} else (Phase.PENDING,)
        given = [json.dumps(value) if name == "parameters" else value for name, value in values.items()]
        return self._move(job_id, setters, phases, given)

    def delete(self, job_id: str) -> bool:
        """Forget a job."""
        return self._changed("DELETE FROM obscore_uws.job WHERE job_id = %s", [job_id])

    def claim(self, job_id: str) -> Job | None:
        """Begin to execute a queued job; None when another worker has it, or it is not to run."""
        sql = f"""UPDATE obscore_uws.job SET phase = 'EXECUTING', attempts = attempts + 1,
                start_time = coalesce(start_time, now()), lease = now() + make_interval(secs => %s)
            WHERE job_id = %s AND phase = 'QUEUED' AND destruction > now() RETURNING {_COLUMNS}"""
        rows = self._query(sql, [LEASE_SECONDS, job_id])
        return _job(rows[0]) if rows else None

    def renew(self, job_id: str) -> bool:
        """Keep the lease; false when the job is no longer to run."""
        return self._move(job_id, "lease = now() + make_interval(secs => %s)", (Phase.EXECUTING,), [LEASE_SECONDS])

    def complete(self, job_id: str, media_type: str, size: int) -> bool:
        """Say that the result is there; false when the job was aborted or deleted meanwhile."""
        setters = "phase = 'COMPLETED', end_time = now(), lease = NULL, result_type = %s, result_size = %s"
        return self._move(job_id, setters, (Phase.EXECUTING,), [media_type, size])

    def fail(self, job_id: str, message: str, *, transient: bool) -> bool:
        """Say that the job ended with an error."""
        setters = "phase = 'ERROR', end_time = now(), lease = NULL, error = %s, error_is_transient = %s"
        return self._move(job_id, setters, (Phase.QUEUED, Phase.EXECUTING), [message, transient])

    def expired(self, limit: int = 100) -> list[Job]:
        """Jobs whose time is over."""
        sql = f"SELECT {_COLUMNS} FROM obscore_uws.job WHERE destruction <= now() ORDER BY destruction LIMIT %s"
        return [_job(row) for row in self._query(sql, [limit])]

    def recover(self, job_id: str | None = None) -> list[str]:
        """Take jobs back whose lease is over: of workers that died, and of messages that were lost.

        Returns
        -------
        list
            Names of the jobs that must be sent to a worker again.
        """
        which = "lease < now() AND (%s::text IS NULL OR job_id = %s)"
        fail = f"""UPDATE obscore_uws.job SET phase = 'ERROR', end_time = now(), lease = NULL,
            error = 'the worker died while it ran this job', error_is_transient = true
            WHERE phase = 'EXECUTING' AND attempts >= %s AND {which}"""
        again = f"""UPDATE obscore_uws.job SET phase = 'QUEUED', lease = now() + make_interval(secs => %s)
            WHERE phase IN ('QUEUED', 'EXECUTING') AND {which} RETURNING job_id"""
        with self._connected() as connection:
            connection.execute(fail, [MAX_ATTEMPTS, job_id, job_id])
            return [row[0] for row in connection.execute(again, [LEASE_SECONDS, job_id, job_id])]

    def _move(self, job_id: str, setters: str, phases: Sequence[str], values: Sequence[Any] = ()) -> bool:
        sql = f"UPDATE obscore_uws.job SET {setters} WHERE job_id = %s AND phase = ANY(%s)"
        return self._changed(sql, [*values, job_id, [str(phase) for phase in phases]])

    def _connected(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        if not self._ready:
            self.prepare()
        return self._connections.connection()

    def _changed(self, sql: str, values: Sequence[Any]) -> bool:
        with self._connected() as connection:
            return connection.execute(sql, values).rowcount > 0

    def _query(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return connection.execute(sql, values).fetchall()


_UNFINISHED = tuple(phase for phase in Phase if phase.can_abort)


def _job(row: tuple[Any, ...]) -> Job:
    job_id, phase, parameters, created, destruction, duration, run_id, start, end, error, transient, kind, size = row
    completed = phase == Phase.COMPLETED
    return Job(
        job_id=job_id,
        phase=Phase(phase),
        parameters=tuple((name, value) for name, value in parameters),
        creation_time=created,
        destruction=destruction,
        execution_duration=duration,
        run_id=run_id,
        start_time=start,
        end_time=end,
        error=error,
        error_is_transient=transient,
        results=(JobResult(_RESULT, kind, size),) if completed else (),
    )
