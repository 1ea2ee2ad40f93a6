"""REST of drafts and records: ``/api/records/<id>/draft/obscore`` and ``/api/records/<id>/obscore``.

Parses, calls one function, wraps the answer. Permissions are asked where the work is done (:mod:`.deposits`,
:mod:`.published_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request, stream_with_context
from flask_resources import HTTPJSONException, Resource, ResourceConfig, route
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from . import deposits, published_rows
from .deposits import DraftPage
from .http_errors import ERROR_HANDLERS
from .products import FileProducts
from .schemas import PageSchema, VerificationSchema

_ETAG = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*')


class ObsCoreResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_records"
    url_prefix = "/records"
    draft_route = "/<pid_value>/draft/obscore"
    record_route = "/<pid_value>/obscore"
    error_handlers: Mapping[Any, Any] = ERROR_HANDLERS


class ObsCoreResource(Resource):
    """What was found in a draft's files, what was decided about it, and a record's published rows."""

    decorators: list[Any] = []  # the answers choose their media types themselves

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The three routes."""
        return [
            route("GET", self.config.draft_route, self.read_draft),
            route("PUT", self.config.draft_route, self.update_draft),
            route("GET", self.config.record_route, self.read_record),
        ]

    def read_draft(self) -> Response:
        """A page of a draft's files with rows, evidence and problems."""
        shown = deposits.read_draft(g.identity, _pid(), **PageSchema().load(request.args))
        return _tagged(_draft_body(shown), shown.verification.revision)

    def update_draft(self) -> Response:
        """Replace mapping and corrections, on condition that nobody else did."""
        revision = _if_match()
        body = VerificationSchema().load(json_body())
        stored = deposits.write_verification(g.identity, _pid(), revision=revision, **body)
        body = {"revision": stored.revision, "mapping": stored.mapping, "corrections": stored.corrections}
        return _tagged(body, stored.revision)

    def read_record(self) -> Response:
        """The published rows of a record as JSON, VOTable or CSV."""
        chosen = published_rows.choose(request.args.get("format"), request.accept_mimetypes)
        paging = PageSchema().load(request.args) if chosen.paged else {}
        answer = published_rows.read(g.identity, _pid(), chosen, **paging)
        response = current_app.response_class(stream_with_context(answer.body), mimetype=None)
        response.headers.update(answer.headers)
        return response


def create_blueprint(app: Flask) -> Blueprint:
    """For entry point ``invenio_base.api_blueprints``."""
    return ObsCoreResource(ObsCoreResourceConfig()).as_blueprint()


def _pid() -> str:
    return str((request.view_args or {})["pid_value"])


def json_body() -> Any:  # noqa: ANN401 - whatever JSON holds
    """What the request's body says, whether its length is told before or not."""
    request.max_content_length = current_app.config["OBSCORE_VERIFICATION_MAX_BYTES"]
    try:
        return request.get_json(force=True)
    except RequestEntityTooLarge as error:
        error.description = "Mapping and corrections are larger than this server takes."
        raise
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deeply.") from error


def _if_match() -> int:
    """The revision that the request builds on."""
    condition = request.headers.get("If-Match")
    if condition is None:
        raise HTTPJSONException(code=428, description="If-Match is missing: send the ETag that GET gave.")
    found = _ETAG.fullmatch(condition)
    if found is None:
        raise HTTPJSONException(code=412, description="If-Match holds no ETag of this address.")
    return int(found[1])


def _tagged(body: dict[str, Any], revision: int) -> Response:
    response = jsonify(body)
    response.set_etag(str(revision))
    response.headers["Cache-Control"] = "no-store"
    return response


def _draft_body(shown: DraftPage) -> dict[str, Any]:
    return {
        "revision": shown.verification.revision,
        "mapping": shown.verification.mapping,
        "corrections": shown.verification.corrections,
        "files": [_file(found) for found in shown.files],
        "counts": shown.counts,
        "total": shown.total,
        "page": shown.page,
        "size": shown.size,
        "links": _links(shown),
    }


def _file(found: FileProducts) -> dict[str, Any]:
    file = found.file
    return {
        "key": file.key,
        "file_id": str(file.file_id),
        "status": file.status,
        "reason": found.reason or file.reason,
        "extractor_version": file.extractor_version,
        "products": [
            {
                "key": product.key,
                "member": product.member,
                "row": product.row.to_dict(),
                "evidence": {name: evidence.to_dict() for name, evidence in product.evidence.items()},
                "problems": [problem.to_dict() for problem in product.problems],
            }
            for product in found.products
        ],
    }


def _links(shown: DraftPage) -> dict[str, str]:
    pages = {"self": shown.page}
    if shown.page > 1:
        pages["prev"] = shown.page - 1
    if shown.page * shown.size < shown.total:
        pages["next"] = shown.page + 1
    base = f"{current_app.config['SITE_API_URL']}/records/{_pid()}/draft/obscore"
    return {name: f"{base}?page={page}&size={shown.size}" for name, page in pages.items()}
