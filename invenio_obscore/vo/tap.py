"""TAP 1.1 over HTTP: parse the parameters, call the service, wrap its answer."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, render_template, request

from ..dali.capabilities import capabilities_document
from ..dali.documents import availability
from ..dali.tableset import table_document, tableset_document
from ..errors import NotFoundError, ParameterError
from . import http
from .examples import EXAMPLES
from .service import TapService

_log = logging.getLogger(__name__)


def create_blueprint(service: TapService, *, name: str = "obscore_tap", url_prefix: str = "/tap") -> Blueprint:
    """Return the routes of a TAP service.

    Parameters
    ----------
    service
        Answers.
    name
        Of the blueprint.
    url_prefix
        Address of the service below the application's root.
    """
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix, template_folder="templates")
    http.prepare(blueprint, max_bytes=service.settings.max_request_bytes)
    root = f"{service.settings.url}/tap" if service.settings.url else ""

    def base_url() -> str:
        return root or request.url_root.rstrip("/") + url_prefix

    _add_queries(blueprint, service)
    _add_descriptions(blueprint, service, base_url)
    return blueprint


def _add_queries(blueprint: Blueprint, service: TapService) -> None:
    @blueprint.route("/sync", methods=["GET", "POST"])
    def sync() -> Response:
        parameters = http.parameters()
        result, format_, meta = service.sync(parameters)
        _log.info("sync query", extra={"runid": parameters.one("RUNID") or ""})
        return http.stream(result, format_, meta, write_timeout=service.settings.write_timeout)


def _add_descriptions(blueprint: Blueprint, service: TapService, base_url) -> None:  # noqa: ANN001
    @blueprint.get("/capabilities")
    def capabilities() -> Response:
        return _xml(capabilities_document(service.capabilities(base_url())))

    @blueprint.get("/availability")
    def available() -> Response:
        reason = service.available()
        return _xml(availability(available=not reason, up_since=service.up_since, note=reason))

    @blueprint.get("/tables")
    def tables() -> Response:
        return _xml(tableset_document(service.tables(), columns=_detail()))

    @blueprint.get("/tables/<path:table>")
    def one_table(table: str) -> Response:
        found = service.tables().table(table)
        if found is None:
            raise NotFoundError(f"there is no table {table[:80]!r}")
        return _xml(table_document(found))

    @blueprint.get("/examples")
    def examples() -> Response:
        page = render_template("obscore_vo/examples.html", examples=EXAMPLES, service=service.settings.publisher)
        return Response(page, content_type="application/xhtml+xml")

    @blueprint.get("", strict_slashes=False)
    def page() -> str:
        return render_template(
            "obscore_vo/tap.html",
            base_url=base_url(),
            examples=EXAMPLES,
            tables=service.tables(),
            service=service.settings.publisher,
        )


def _detail() -> bool:
    """Whether ``/tables`` tells the columns (VOSI 1.1, section 5.2)."""
    detail = http.parameters().one("detail")
    if detail not in (None, "", "min", "max"):
        raise ParameterError(f"detail must be min or max, not {detail[:40]!r}", parameter="detail")
    return detail != "min"


def _xml(document: bytes) -> Response:
    return Response(document, content_type="text/xml")
