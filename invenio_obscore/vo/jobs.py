"""Asynchronous queries: what UWS's addresses and the worker call."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..dali.parameters import Parameters
from ..dali.uploads import uploads
from ..dali.uws import Job, Phase, clamp_destruction, parse_timestamp
from ..db.jobs import LEASE_SECONDS, JobStore, ListFilter
from ..db.pool import SingleUse, cancel_named
from ..db.query import reading_session
from ..errors import ConflictError, InputError, NotFoundError, ObsCoreError, ParameterError, ServiceError
from .results import ResultFolder
from .service import TapService

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
_CONTROL_PARAMETERS = frozenset({"PHASE", "ACTION", "DESTRUCTION", "EXECUTIONDURATION", "WAIT"})


@dataclass(frozen=True)
class JobLimits:
    """What jobs may use.

    Attributes
    ----------
    duration, longest_duration
        Seconds of execution without a wish, and the most that can be wished for.
    keep_days
        Days after which a job goes, at the latest.
    active_per_client
        Jobs of one client that wait or run.
    longest_wait
        Seconds that a request may wait for a phase to change.
    list_anonymous
        Whether anybody may list all jobs.
    """

    duration: int = 3600
    longest_duration: int = 4 * 3600
    keep_days: float = 7.0
    active_per_client: int = 50
    longest_wait: float = 20.0
    list_anonymous: bool = False


class JobService:
    """Jobs of one TAP service.

    Parameters
    ----------
    tap
        Answers queries.
    store, results
        Keep jobs and what they made.
    submit
        Sends the name of a queued job to a worker.
    limits
        What jobs may use.
    """

    def __init__(
        self,
        tap: TapService,
        store: JobStore,
        results: ResultFolder,
        submit: Callable[[str], None],
        limits: JobLimits,
    ) -> None:
        self._tap = tap
        self._store = store
        self._results = results
        self._submit = submit
        self.limits = limits

    # ------------------------------------------------------------------------------------------------ for the client
    def create(self, parameters: Parameters, client: str, parts: Mapping[str, bytes] | None = None) -> Job:
        """Make a job of parameters and uploaded parts; with ``PHASE=RUN`` it is queued at once.

        The parameters are looked at when it runs.
        """
        phase = parameters.one("PHASE")
        if phase is not None:
            _check_phase(phase)
        self._clean_up()
        now = datetime.now(UTC)
        job = Job(
            job_id=secrets.token_hex(16),
            phase=Phase.PENDING,
            parameters=_kept(parameters),
            creation_time=now,
            destruction=now + timedelta(days=self.limits.keep_days),
            execution_duration=self.limits.duration,
            run_id=_run_id(parameters),
        )
        job = self._with_wishes(job, parameters)
        self._store.create(job, client, most_active=self.limits.active_per_client)
        self._keep_parts(job.job_id, job.parameters, parts)
        if phase is not None:
            self.set_phase(job.job_id, phase)
        return job

    def get(self, job_id: str) -> Job:
        """Return a job, after taking it back from a worker that died."""
        job = self._store.get(job_id)
        if job.phase in (Phase.QUEUED, Phase.EXECUTING):
            self._send_again(self._store.recover(job_id))
            job = self._store.get(job_id)
        return job

    def wait(self, job_id: str, seconds: float, phase: str | None) -> Job:
        """Return a job when its phase is another, or the time is over (UWS 1.1, section 2.2.1.3)."""
        longest = self.limits.longest_wait
        end = time.monotonic() + (longest if seconds < 0 else min(seconds, longest))
        job = self.get(job_id)
        seen = job.phase
        if phase is not None and phase != seen:
            return job
        while seen.is_active and job.phase is seen and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            job = self.get(job_id)
        return job

    def listed(self, wanted: ListFilter) -> list[Job]:
        """The jobs that anybody may see: none, unless the operator says so; a job's name is its key."""
        return self._store.listed(wanted) if self.limits.list_anonymous else []

    def set_phase(self, job_id: str, phase: str) -> None:
        """Start or stop a job.

        Raises
        ------
        ConflictError
            Its phase does not allow that.
        """
        _check_phase(phase)
        job = self.get(job_id)
        if phase == "RUN":
            if not self._store.queue(job_id):
                raise ConflictError(f"a job that is {job.phase} cannot be started")
            self._send(job_id)
        elif self._store.abort(job_id):
            self._cancel(job_id)
        elif not job.phase.can_abort and job.phase is not Phase.ABORTED:
            raise ConflictError(f"a job that is {job.phase} cannot be aborted")

    def set_duration(self, job_id: str, text: str) -> None:
        """Set the most seconds that a pending job may run; 0 means as long as the service allows."""
        wished = Parameters([("EXECUTIONDURATION", text)]).whole_number("EXECUTIONDURATION")
        if wished is None:
            raise ParameterError("EXECUTIONDURATION is missing", parameter="EXECUTIONDURATION")
        self._change(job_id, execution_duration=self._duration(wished))

    def set_destruction(self, job_id: str, text: str) -> None:
        """Set when the job goes."""
        job = self.get(job_id)
        wished = parse_timestamp("DESTRUCTION", text)
        longest = timedelta(days=self.limits.keep_days)
        self._store.update(job_id, destruction=clamp_destruction(wished, job.creation_time, longest))

    def set_parameters(self, job_id: str, parameters: Parameters, parts: Mapping[str, bytes] | None = None) -> None:
        """Give a pending job new values of the parameters that are named, and the parts that its uploads name."""
        job = self.get(job_id)
        new = _kept(parameters)
        named = {name for name, _ in new}
        all_ = (*(pair for pair in job.parameters if pair[0] not in named), *new)
        self._change(job_id, parameters=all_, run_id=_run_id(parameters) if "RUNID" in named else job.run_id)
        self._keep_parts(job_id, all_, parts)

    def delete(self, job_id: str) -> None:
        """Stop and forget a job and its result."""
        self._forget(self._store.get(job_id))

    def result(self, job_id: str) -> tuple[Job, Iterator[bytes]]:
        """A completed job and the pieces of its result.

        Raises
        ------
        NotFoundError
            There is none (yet).
        """
        job = self.get(job_id)
        if not job.results:
            raise NotFoundError(f"the job is {job.phase}: there is no result")
        return job, self._results.read(job_id)

    # ------------------------------------------------------------------------------------------------ for the worker
    def execute(self, job_id: str) -> None:
        """Run a queued job; nothing happens when another worker has it or it was aborted."""
        job = self._store.claim(job_id)
        if job is None:
            return
        try:
            with self._lease(job_id):
                media_type, size = self._run(job)
        except ObsCoreError as error:
            self._store.fail(job_id, str(error), transient=isinstance(error, ServiceError))
        except Exception as error:  # noqa: BLE001 - the boundary of a worker: recorded, and told without its text
            number = secrets.token_hex(4)
            _log.error("job %s failed (%s)", job_id, number, exc_info=error)
            self._store.fail(job_id, f"internal error {number}", transient=False)
        else:
            if not self._store.complete(job_id, media_type, size):
                self._results.delete(job_id)

    def sweep(self) -> None:
        """Take jobs back from dead workers, send lost ones again, forget those whose time is over."""
        self._send_again(self._store.recover())
        self._clean_up()

    def _run(self, job: Job) -> tuple[str, int]:
        session = reading_session(job.execution_duration)
        connections = SingleUse(self._tap.settings.query.uri, session, _application_name(job.job_id))
        parameters = Parameters(job.parameters)
        parts = {part: b"".join(self._results.read(_part_name(job.job_id, part))) for part in _part_names(parameters)}
        result, format_, meta = self._tap.query(parameters, parts, connections)
        with result:
            return format_.media_type, self._results.write(job.job_id, format_.stream(result, meta))

    @contextlib.contextmanager
    def _lease(self, job_id: str) -> Iterator[None]:
        """Renew the lease while a job runs; cancel its query when the job is no longer to run."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(LEASE_SECONDS / 3):
                try:
                    if not self._store.renew(job_id):
                        self._cancel(job_id)
                except ObsCoreError as error:
                    _log.warning("the lease of job %s was not renewed: %s", job_id, error)

        thread = threading.Thread(target=renew, name=f"lease-{job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    # --------------------------------------------------------------------------------------------------------- inside
    def _keep_parts(
        self, job_id: str, parameters: Sequence[tuple[str, str]], parts: Mapping[str, bytes] | None
    ) -> None:
        for part in _part_names(Parameters(parameters)) & set(parts or {}):
            self._results.write(_part_name(job_id, part), [(parts or {})[part]])

    def _with_wishes(self, job: Job, parameters: Parameters) -> Job:
        duration = parameters.whole_number("EXECUTIONDURATION")
        if duration is not None:
            job = replace(job, execution_duration=self._duration(duration))
        destruction = parameters.one("DESTRUCTION")
        if destruction:
            wished = parse_timestamp("DESTRUCTION", destruction)
            longest = timedelta(days=self.limits.keep_days)
            job = replace(job, destruction=clamp_destruction(wished, job.creation_time, longest))
        return job

    def _duration(self, wished: int) -> int:
        longest = self.limits.longest_duration
        return longest if wished == 0 else min(wished, longest)

    def _change(self, job_id: str, **values: object) -> None:
        job = self.get(job_id)
        if not self._store.update(job_id, **values):
            raise ConflictError(f"a job that is {job.phase} cannot be changed")

    def _send(self, job_id: str) -> None:
        try:
            self._submit(job_id)
        except Exception as error:  # noqa: BLE001 - any broker's error: recorded, and the sweep sends the job again
            _log.error("job %s was not sent to a worker", job_id, exc_info=error)

    def _send_again(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self._cancel(job_id)
            self._send(job_id)

    def _cancel(self, job_id: str) -> None:
        with self._tap.queries.connections.connection() as connection:
            cancel_named(connection, _application_name(job_id))

    def _clean_up(self) -> None:
        for job in self._store.expired():
            self._forget(job)

    def _forget(self, job: Job) -> None:
        """Stop a job and delete all that is kept of it, the files first: without its row nobody would find them."""
        if self._store.abort(job.job_id):
            self._cancel(job.job_id)
        self._results.delete(job.job_id)
        for part in _part_names(Parameters(job.parameters)):
            self._results.delete(_part_name(job.job_id, part))
        self._store.delete(job.job_id)


def list_filter(parameters: Parameters) -> ListFilter:
    """Read the filters of a job list.

    Raises
    ------
    ParameterError
        A value is no phase, time or number.
    """
    phases = tuple(value for values in parameters.all("PHASE") for value in values.split(","))
    for phase in phases:
        if phase not in Phase.__members__:
            raise ParameterError(f"{phase[:40]!r} is no phase", parameter="PHASE")
    after = parameters.one("AFTER")
    return ListFilter(phases, parse_timestamp("AFTER", after) if after else None, parameters.whole_number("LAST"))


def _check_phase(phase: str) -> None:
    if phase not in ("RUN", "ABORT"):
        raise ParameterError(f"PHASE must be RUN or ABORT, not {phase[:40]!r}", parameter="PHASE")


def _run_id(parameters: Parameters) -> str:
    return (parameters.all("RUNID") or [""])[0][:64]


def _kept(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    pairs: Sequence[tuple[str, str]] = [(n, v) for n, v in parameters if n not in _CONTROL_PARAMETERS]
    if any("\0" in name + value for name, value in pairs):
        raise InputError("a parameter holds a NUL character")
    return tuple(pairs)


def _part_names(parameters: Parameters) -> set[str]:
    """The parts that the uploads of a job name; what is wrong with them is told when the job runs."""
    try:
        return {upload.part for upload in uploads(parameters) if upload.part}
    except InputError:
        return set()


def _part_name(job_id: str, part: str) -> str:
    return f"{job_id}.{hashlib.sha256(part.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _application_name(job_id: str) -> str:
    return f"obscore-uws-{job_id}"
