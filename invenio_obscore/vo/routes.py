"""The VO's addresses as one blueprint: ``/vo/tap`` and ``/vo/did`` inside InvenioRDM, ``/tap`` and ``/did`` outside."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from ..errors import NotFoundError
from . import datalink, did, http, oai, tap
from .application import job_service, tap_service

#: Name of the blueprint; the module's extension exempts it from CSRF tokens and guests' limits.
NAME = "invenio_obscore_vo"


def create_blueprint(app: Flask) -> Blueprint:
    """Return the blueprint for InvenioRDM's UI application (entry point ``invenio_base.blueprints``)."""
    return _blueprint(app, url_prefix="/vo")


def create_root_blueprint(app: Flask) -> Blueprint:
    """Return the blueprint for an application that serves nothing else."""
    return _blueprint(app, url_prefix="")


def _blueprint(app: Flask, *, url_prefix: str) -> Blueprint:
    service = tap_service(app)
    jobs = job_service(app)
    blueprint = Blueprint(NAME, __name__, url_prefix=url_prefix or None, template_folder="templates")

    def base_url() -> str:
        return service.settings.url or request.url_root.rstrip("/") + url_prefix

    http.prepare(blueprint, max_bytes=service.settings.max_request_bytes)
    tap.add_routes(blueprint, service, jobs, base_url)
    datalink.add_routes(blueprint, service, base_url)
    did.add_routes(blueprint, service)
    oai.add_routes(blueprint, service, base_url)
    _add_unknown(blueprint)
    return blueprint


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _add_unknown(blueprint: Blueprint) -> None:
    """Answer what is no address here as the protocols do; the application around would send a page and cookies."""

    @blueprint.after_request
    def tell_methods(response: Response) -> Response:
        if request.method == "OPTIONS":
            response.headers["Allow"] = ", ".join([*_allowed_methods(f"{NAME}.unknown"), "OPTIONS"])
        return response

    @blueprint.route("/", defaults={"path": ""}, methods=_METHODS)
    @blueprint.route("/<path:path>", methods=_METHODS)
    def unknown(path: str) -> Response:
        allowed = _allowed_methods(f"{NAME}.unknown")
        if allowed:
            raise MethodNotAllowed(valid_methods=allowed, description=f"{request.method} means nothing here")
        raise NotFoundError(f"there is nothing at {path[:200]!r}", remedy="ask /tap/capabilities for the addresses")


def _allowed_methods(fallback: str) -> list[str]:
    """Methods that the address of the request has a route for, this fallback left out."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    found: list[str] = []
    for method in _METHODS:
        rule, _ = adapter.match(method=method, return_rule=True)
        if rule.endpoint != fallback:
            found.append(method)
    return found
