"""TAP 1.1 over HTTP: parse the parameters, call the service, wrap its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from ..dali.capabilities import capabilities_document
from ..dali.documents import availability
from ..dali.tableset import table_document, tableset_document
from ..errors import InputError, NotFoundError, ParameterError
from . import http, uws
from .examples import EXAMPLES
from .jobs import JobService
from .page import Problem, chosen_query, format_choices, python_script
from .service import TapService

_log = logging.getLogger(__name__)
_PAGE = "text/html;charset=utf-8"


def add_routes(blueprint: Blueprint, service: TapService, jobs: JobService | None, vo_url: Callable[[], str]) -> None:
    """Add the addresses of a TAP service.

    Parameters
    ----------
    blueprint
        Gets the routes, below ``/tap``.
    service
        Answers.
    jobs
        Runs queries asynchronously; None where that is not possible.
    vo_url
        Gives the public address above ``/tap``.
    """

    def base_url() -> str:
        return f"{vo_url()}/tap"

    _add_queries(blueprint, service, vo_url)
    _add_descriptions(blueprint, service, base_url)
    if jobs is not None:
        uws.add_routes(blueprint, jobs, base_url)


def _add_queries(blueprint: Blueprint, service: TapService, vo_url: Callable[[], str]) -> None:
    @blueprint.route("/tap/sync", methods=["GET", "POST"])
    def sync() -> Response:
        parameters = http.parameters()
        leave = service.clients.enter(request.remote_addr or "")
        try:
            links_url = f"{vo_url()}/datalink/links"
            result, format_, meta = service.query(parameters, http.parts(), links_url=links_url)
            _log.info("sync query", extra={"runid": parameters.one("RUNID") or ""})
            response = http.stream(result, format_, meta, write_timeout=service.settings.write_timeout)
        except BaseException:
            leave()
            raise
        if response.is_sequence:
            leave()
        else:
            response.response = _then(response.response, leave)
        response.call_on_close(leave)
        return response


def _then(pieces: Iterable[Any], done: Callable[[], None]) -> Iterator[Any]:
    """The same pieces; ``done`` is called behind the last one, or when nobody wants any more."""
    try:
        yield from pieces
    finally:
        done()


def _add_descriptions(blueprint: Blueprint, service: TapService, base_url: Callable[[], str]) -> None:
    @blueprint.get("/tap/capabilities")
    def capabilities() -> Response:
        return _xml(capabilities_document(service.capabilities(base_url())))

    @blueprint.get("/tap/availability")
    def available() -> Response:
        reason = service.available()
        return _xml(availability(available=not reason, up_since=service.up_since, note=reason))

    @blueprint.get("/tap/tables")
    def tables() -> Response:
        return _xml(tableset_document(service.tables(), columns=_detail()))

    @blueprint.get("/tap/tables/<path:table>")
    def one_table(table: str) -> Response:
        found = service.tables().table(table)
        if found is None:
            raise NotFoundError(f"there is no table {table[:80]!r}")
        return _xml(table_document(found))

    @blueprint.get("/tap/examples")
    def examples() -> Response:
        page = render_template("obscore_vo/examples.html", examples=EXAMPLES, service=service.settings.publisher)
        return Response(page, content_type="application/xhtml+xml")

    def rendered(script: str = "", problem: Problem | None = None) -> str:
        parameters = http.parameters()
        return render_template(
            "obscore_vo/tap.html",
            base_url=base_url(),
            examples=EXAMPLES,
            tables=service.tables(),
            service=service.settings.publisher,
            formats=format_choices(),
            format=parameters.one("RESPONSEFORMAT") or "html",
            limit=service.settings.query.maxrec_limit,
            maxrec=parameters.one("MAXREC") or "100",
            query=chosen_query(parameters),
            script=script,
            problem=problem,
        )

    @blueprint.get("/tap", strict_slashes=False)
    def page() -> str:
        return rendered(script=python_script(base_url(), http.parameters()))

    @blueprint.post("/tap", strict_slashes=False)
    def check_and_run() -> Response:
        """The page's form: what is wrong with a query is told on the page, a sound one goes on to ``/sync``."""
        leave = service.clients.enter(request.remote_addr or "")
        try:
            service.check(http.parameters())
        except InputError as error:
            return Response(rendered(problem=Problem.of(error, http.parameters())), 400, content_type=_PAGE)
        finally:
            leave()
        return redirect(f"{base_url()}/sync", 307)  # type: ignore[return-value]


def _detail() -> bool:
    """Whether ``/tables`` tells the columns (VOSI 1.1, section 5.2)."""
    detail = http.parameters().one("detail")
    if detail not in (None, "", "min", "max"):
        raise ParameterError(f"detail must be min or max, not {detail[:40]!r}", parameter="detail")
    return detail != "min"


def _xml(document: bytes) -> Response:
    return Response(document, content_type="text/xml")
