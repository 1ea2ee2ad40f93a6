"""Jobs as UWS 1.1 has them: phases, what may be done in which, and the documents that describe jobs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ..errors import ParameterError
from .documents import XSI, serialize, text

NAMESPACE = "http://www.ivoa.net/xml/UWS/v1.0"
_XLINK = "http://www.w3.org/1999/xlink"


class Phase(StrEnum):
    """Where a job is in its life (UWS 1.1, section 2.1.3)."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    HELD = "HELD"
    SUSPENDED = "SUSPENDED"
    ARCHIVED = "ARCHIVED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_active(self) -> bool:
        """Whether a client may wait for the phase to change (UWS 1.1, section 2.2.1.3)."""
        return self in (Phase.PENDING, Phase.QUEUED, Phase.EXECUTING)

    @property
    def can_abort(self) -> bool:
        """Whether there is still something to stop."""
        return self in (Phase.PENDING, Phase.QUEUED, Phase.EXECUTING, Phase.HELD, Phase.SUSPENDED)


@dataclass(frozen=True)
class JobResult:
    """A file that a job made."""

    name: str
    media_type: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Job:
    """One job. Times are UTC; ``execution_duration`` counts seconds, 0 is unlimited."""

    job_id: str
    phase: Phase
    parameters: tuple[tuple[str, str], ...]
    creation_time: datetime
    destruction: datetime
    execution_duration: int
    run_id: str = ""
    owner_id: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    quote: datetime | None = None
    error: str = ""
    error_is_transient: bool = False
    results: tuple[JobResult, ...] = field(default=())


def timestamp(moment: datetime | None) -> str:
    """A time as UWS has it: UTC, with ``Z`` (UWS 1.1, section 1.2)."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(parameter: str, value: str) -> datetime:
    """Read a time; without a zone it is UTC.

    Raises
    ------
    ParameterError
        It is no ISO 8601 time.
    """
    try:
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ParameterError(f"{parameter} must be a time like 2026-01-31T12:00:00Z", parameter=parameter) from error


def clamp_destruction(wanted: datetime, created: datetime, longest: timedelta) -> datetime:
    """The time at which a job goes: what was asked for, but no later than the service keeps jobs."""
    return min(wanted, created + longest)


def job_document(job: Job, job_url: str) -> bytes:
    """Return the description of a job (UWS 1.1, section 2.2.3)."""
    root = _root("job")
    root.set("version", "1.1")
    _child(root, "jobId", job.job_id)
    if job.run_id:
        _child(root, "runId", job.run_id)
    _nillable(root, "ownerId", job.owner_id)
    _child(root, "phase", job.phase)
    _nillable(root, "quote", timestamp(job.quote))
    _child(root, "creationTime", timestamp(job.creation_time))
    _nillable(root, "startTime", timestamp(job.start_time))
    _nillable(root, "endTime", timestamp(job.end_time))
    _child(root, "executionDuration", str(job.execution_duration))
    _child(root, "destruction", timestamp(job.destruction))
    _parameters(_child(root, "parameters"), job.parameters)
    _results(_child(root, "results"), job.results, job_url)
    if job.error:
        kind = "transient" if job.error_is_transient else "fatal"
        summary = ET.SubElement(root, _name("errorSummary"), type=kind, hasDetail="true")
        _child(summary, "message", text(job.error))
    return serialize(root)


def job_list_document(jobs: Iterable[tuple[Job, str]]) -> bytes:
    """Return the list of jobs, each with its address (UWS 1.1, section 2.2.2)."""
    root = _root("jobs")
    root.set("version", "1.1")
    for job, url in jobs:
        reference = ET.SubElement(root, _name("jobref"), {"id": job.job_id, f"{{{_XLINK}}}href": url})
        _child(reference, "phase", job.phase)
        if job.run_id:
            _child(reference, "runId", job.run_id)
        _nillable(reference, "ownerId", job.owner_id)
        _child(reference, "creationTime", timestamp(job.creation_time))
    return serialize(root)


def parameters_document(job: Job) -> bytes:
    """Return a job's parameters."""
    root = _root("parameters")
    _parameters(root, job.parameters)
    return serialize(root)


def results_document(job: Job, job_url: str) -> bytes:
    """Return the list of a job's results."""
    root = _root("results")
    _results(root, job.results, job_url)
    return serialize(root)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _root(name: str) -> ET.Element:
    for prefix, namespace in (("uws", NAMESPACE), ("xlink", _XLINK), ("xsi", XSI)):
        ET.register_namespace(prefix, namespace)
    return ET.Element(_name(name))


def _child(parent: ET.Element, name: str, content: str = "") -> ET.Element:
    element = ET.SubElement(parent, _name(name))
    element.text = text(content) or None
    return element


def _nillable(parent: ET.Element, name: str, content: str) -> None:
    element = _child(parent, name, content)
    if not content:
        element.set(f"{{{XSI}}}nil", "true")


def _parameters(parent: ET.Element, parameters: Iterable[tuple[str, str]]) -> None:
    for name, value in parameters:
        ET.SubElement(parent, _name("parameter"), id=text(name)).text = text(value)


def _results(parent: ET.Element, results: Iterable[JobResult], job_url: str) -> None:
    for result in results:
        attributes = {"id": result.name, f"{{{_XLINK}}}href": f"{job_url}/results/{result.name}"}
        if result.media_type:
            attributes["mime-type"] = result.media_type
        if result.size is not None:
            attributes["size"] = str(result.size)
        ET.SubElement(parent, _name("result"), attributes)
