"""TAP 1.1 over HTTP: parse the parameters, call the service, wrap its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, render_template, request

from ..dali.capabilities import capabilities_document
from ..dali.documents import availability
from ..dali.tableset import table_document, tableset_document
from ..errors import NotFoundError, ParameterError
from . import http, uws
from .clients import ClientLimit
from .examples import EXAMPLES
from .jobs import JobService
from .page import chosen_query, format_choices, python_script
from .service import TapService

_log = logging.getLogger(__name__)


def add_routes(blueprint: Blueprint, service: TapService, jobs: JobService | None, url_prefix: str) -> None:
    """Add the addresses of a TAP service.

    Parameters
    ----------
    blueprint
        Gets the routes, below ``/tap``.
    service
        Answers.
    jobs
        Runs queries asynchronously; None where that is not possible.
    url_prefix
        Of the blueprint.
    """
    root = service.settings.url

    def base_url() -> str:
        return f"{root or request.url_root.rstrip('/') + url_prefix}/tap"

    _add_queries(blueprint, service)
    _add_descriptions(blueprint, service, base_url)
    if jobs is not None:
        uws.add_routes(blueprint, jobs, base_url)


def _add_queries(blueprint: Blueprint, service: TapService) -> None:
    clients = ClientLimit(service.settings.queries_per_client)

    @blueprint.route("/tap/sync", methods=["GET", "POST"])
    def sync() -> Response:
        parameters = http.parameters()
        leave = clients.enter(request.remote_addr or "")
        try:
            result, format_, meta = service.query(parameters, http.parts())
            _log.info("sync query", extra={"runid": parameters.one("RUNID") or ""})
            response = http.stream(result, format_, meta, write_timeout=service.settings.write_timeout)
        except BaseException:
            leave()
            raise
        response.call_on_close(leave)
        return response


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

    @blueprint.get("/tap", strict_slashes=False)
    def page() -> str:
        parameters = http.parameters()
        return render_template(
            "obscore_vo/tap.html",
            base_url=base_url(),
            examples=EXAMPLES,
            tables=service.tables(),
            service=service.settings.publisher,
            formats=format_choices(),
            limit=service.settings.query.maxrec_limit,
            query=chosen_query(parameters),
            script=python_script(base_url(), parameters),
        )


def _detail() -> bool:
    """Whether ``/tables`` tells the columns (VOSI 1.1, section 5.2)."""
    detail = http.parameters().one("detail")
    if detail not in (None, "", "min", "max"):
        raise ParameterError(f"detail must be min or max, not {detail[:40]!r}", parameter="detail")
    return detail != "min"


def _xml(document: bytes) -> Response:
    return Response(document, content_type="text/xml")
