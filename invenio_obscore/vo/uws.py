"""UWS 1.1 over HTTP (``/tap/async``): parse, call the job service, wrap its answer."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, redirect, request

from ..dali.documents import error_document
from ..dali.parameters import Parameters
from ..dali.uws import (
    Job,
    job_document,
    job_list_document,
    parameters_document,
    results_document,
    timestamp,
)
from ..errors import InputError, NotFoundError, ParameterError
from . import http
from .jobs import JobService, list_filter

#: Single values of a job and how they are told.
_VALUES: dict[str, Callable[[Job], str]] = {
    "phase": lambda job: str(job.phase),
    "quote": lambda job: timestamp(job.quote),
    "executionduration": lambda job: str(job.execution_duration),
    "destruction": lambda job: timestamp(job.destruction),
    "owner": lambda job: job.owner_id,
}


def add_routes(blueprint: Blueprint, jobs: JobService, base_url: Callable[[], str]) -> None:
    """Add the addresses below ``/tap/async``; ``base_url`` gives the address of the TAP service."""

    def job_url(job_id: str) -> str:
        return f"{base_url()}/async/{job_id}"

    _add_list(blueprint, jobs, job_url)
    _add_job(blueprint, jobs, job_url)
    _add_values(blueprint, jobs, job_url)
    _add_results(blueprint, jobs, job_url)


_JobUrl = Callable[[str], str]


def _add_list(blueprint: Blueprint, jobs: JobService, job_url: _JobUrl) -> None:
    @blueprint.get("/tap/async")
    def job_list() -> Response:
        found = jobs.listed(list_filter(http.parameters()))
        return _xml(job_list_document((job, job_url(job.job_id)) for job in found))

    @blueprint.post("/tap/async")
    def create_job() -> Response:
        job = jobs.create(http.parameters(), request.remote_addr or "", http.parts())
        return _see(job_url(job.job_id))


def _add_job(blueprint: Blueprint, jobs: JobService, job_url: _JobUrl) -> None:
    @blueprint.get("/tap/async/<job_id>")
    def job(job_id: str) -> Response:
        parameters = http.parameters()
        if "WAIT" in parameters:
            found = jobs.wait(job_id, _seconds(parameters), parameters.one("PHASE"))
        else:
            found = jobs.get(job_id)
        return _xml(job_document(found, job_url(job_id)))

    @blueprint.post("/tap/async/<job_id>")
    def job_action(job_id: str) -> Response:
        if http.parameters().one("ACTION") != "DELETE":
            raise ParameterError("ACTION must be DELETE", parameter="ACTION")
        return delete_job(job_id)

    @blueprint.delete("/tap/async/<job_id>")
    def delete_job(job_id: str) -> Response:
        jobs.delete(job_id)
        return _see(job_url("").rstrip("/"))


def _add_values(blueprint: Blueprint, jobs: JobService, job_url: _JobUrl) -> None:
    setters: dict[str, tuple[str, Callable[[str, str], None]]] = {
        "phase": ("PHASE", jobs.set_phase),
        "executionduration": ("EXECUTIONDURATION", jobs.set_duration),
        "destruction": ("DESTRUCTION", jobs.set_destruction),
    }

    @blueprint.get("/tap/async/<job_id>/<name>")
    def job_value(job_id: str, name: str) -> Response:
        found = jobs.get(job_id)
        if name == "parameters":
            return _xml(parameters_document(found))
        if name == "results":
            return _xml(results_document(found, job_url(job_id)))
        if name == "error":
            return _error(found)
        if name not in _VALUES:
            raise NotFoundError(f"a job has no {name[:40]!r}")
        return Response(_VALUES[name](found), content_type="text/plain")

    @blueprint.post("/tap/async/<job_id>/<name>")
    def set_job_value(job_id: str, name: str) -> Response:
        if name == "parameters":
            jobs.set_parameters(job_id, http.parameters(), http.parts())
        elif name in setters:
            parameter, setter = setters[name]
            setter(job_id, http.parameters().required(parameter))
        else:
            raise NotFoundError(f"a job's {name[:40]!r} cannot be set")
        return _see(job_url(job_id))


def _add_results(blueprint: Blueprint, jobs: JobService, job_url: _JobUrl) -> None:
    @blueprint.get("/tap/async/<job_id>/results/<name>")
    def job_result(job_id: str, name: str) -> Response:
        job, pieces = jobs.result(job_id)
        result = next((result for result in job.results if result.name == name), None)
        if result is None:
            raise NotFoundError(f"there is no result {name[:40]!r}")
        response = Response(pieces, content_type=result.media_type)
        if result.size is not None:
            response.content_length = result.size
        response.call_on_close(pieces.close)  # type: ignore[attr-defined]
        return response


def _seconds(parameters: Parameters) -> float:
    """WAIT: whole seconds; without a value, or negative, as long as the service allows."""
    text = (parameters.one("WAIT") or "-1").strip()
    try:
        return float(int(text))
    except ValueError as error:
        raise ParameterError("WAIT must be a number of seconds", parameter="WAIT") from error


def _error(job: Job) -> Response:
    if not job.error:
        raise NotFoundError("the job has no error")
    return Response(error_document(InputError(job.error)), content_type=http.VOTABLE)


def _see(address: str) -> Response:
    return redirect(address, 303)  # type: ignore[return-value]


def _xml(document: bytes) -> Response:
    return Response(document, content_type="text/xml")
