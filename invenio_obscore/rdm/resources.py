"""REST of drafts and records: ``/api/records/<id>/draft/obscore`` and ``/api/records/<id>/obscore``.

Parses, calls one function, wraps the answer. Permissions are asked where the work is done (:mod:`.deposits`,
:mod:`.published_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask_resources import HTTPJSONException, Resource, ResourceConfig, create_error_handler, route
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from ..mapping.typed import read_cells
from . import access, deposits, filters, listing, outlines, published_listing, published_rows, retries, verification
from .deposits import DraftPage
from .filters import FilterError
from .http_errors import ERROR_HANDLERS
from .models import Stage
from .products import FileProducts
from .schemas import (
    AddressSchema,
    ChangeSchema,
    ListingSchema,
    PageSchema,
    PublishedListingSchema,
    VerificationSchema,
)

_REVISION = re.compile(r"\d{1,9}")


def filter_refused(error: FilterError) -> HTTPJSONException:
    """The answer to a filter that means nothing."""
    mistake = {"field": "filter", "messages": [str(error)], "index": error.index}
    return HTTPJSONException(code=400, description=str(error), errors=[mistake])


class ObsCoreResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_records"
    url_prefix = "/records"
    draft_route = "/<pid_value>/draft/obscore"
    record_route = "/<pid_value>/obscore"
    error_handlers: Mapping[Any, Any] = {**ERROR_HANDLERS, FilterError: create_error_handler(filter_refused)}


class ObsCoreResource(Resource):
    """What was found in a draft's files, what was decided about it, and a record's published rows."""

    decorators: list[Any] = []  # the answers choose their media types themselves

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The routes."""
        draft, record = self.config.draft_route, self.config.record_route
        return [
            route("GET", draft, self.read_draft),
            route("PUT", draft, self.update_draft),
            route("GET", f"{draft}/products", self.list_products),
            route("GET", f"{draft}/outlines", self.outline_products),
            route("GET", f"{draft}/product", self.read_product),
            route("PATCH", f"{draft}/product", self.correct_product),
            route("POST", f"{draft}/retry", self.read_again),
            route("GET", record, self.read_record),
            route("GET", f"{record}/products", self.list_published),
            route("GET", f"{record}/outlines", self.outline_published),
        ]

    def read_draft(self) -> Response:
        """A page of a draft's files with rows, evidence and problems."""
        asked = PageSchema().load(request.args)
        number, size = asked.pop("products_page"), asked.pop("products_size")
        window = range((number - 1) * size, number * size)
        shown = deposits.read_draft(g.identity, _pid(), **asked, window=window)
        return _tagged(_draft_body(shown), shown.verification.revision)

    def list_products(self) -> Response:
        """A page of a draft's products, worst first."""
        asked = _listing(ListingSchema())
        query, columns = query_of(asked, "attention"), asked["columns"]
        page = listing.read(g.identity, _pid(), query)
        body = {
            "revision": page.revision,
            "products": [_shown(each, columns) for each in page.products],
            "total": page.total,
            "page": query.page,
            "size": query.size,
            "counts": page.counts,
            "files": page.files,
            "progress": page.progress,
            "ignored": page.ignored,
            "complete": page.complete,
        }
        return _tagged(body, page.revision)

    def outline_products(self) -> Response:
        """Where, at which wavelengths and when all products lie that a listing would show."""
        return _compact(outlines.of_draft(g.identity, _pid(), query_of(_listing(ListingSchema()), "attention")))

    def read_product(self) -> Response:
        """One product of a draft with its evidence and corrections."""
        revision, product = listing.read_one(g.identity, _pid(), *_where())
        return _tagged({"revision": revision, **product}, revision)

    def correct_product(self) -> Response:
        """Correct some columns of one product, on condition that nobody else changed the corrections."""
        revision, where = _if_match(), _where()
        body = ChangeSchema().load(json_body())
        values = read_cells(body["corrections"])
        made, product = deposits.correct_product(g.identity, _pid(), where, values, body["reset"], revision)
        return _tagged({"revision": made, **product}, made)

    def read_again(self) -> tuple[Response, int]:
        """Read a failed file once more."""
        retries.read_again(g.identity, _pid(), _where()[0])
        return jsonify({"status": "queued"}), 202

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
        asked = PageSchema(only=("page", "size")).load(request.args) if chosen.paged else {}
        answer = published_rows.read(g.identity, _pid(), chosen, **asked)
        response = current_app.response_class(answer.body, mimetype=None)
        response.headers.update(answer.headers)
        return response

    def list_published(self) -> Response:
        """A page of the products of a published record that stand in ``ivoa.obscore``."""
        query = query_of(_listing(PublishedListingSchema()), "file")
        return jsonify(published_listing.read(g.identity, _pid(), query))

    def outline_published(self) -> Response:
        """The same of all products of a published record, public rows only."""
        return _compact(outlines.of_record(g.identity, _pid(), query_of(_listing(PublishedListingSchema()), "file")))


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
    """The revision that the request builds on (RFC 9110, section 13.1.1: strong comparison)."""
    if request.headers.get("If-Match") is None:
        raise HTTPJSONException(code=428, description="If-Match is missing: send the ETag that GET gave.")
    given = request.if_match
    known = [tag for tag in given.as_set() if _REVISION.fullmatch(tag)]
    if not given.star_tag and len(known) == 1:
        return int(known[0])
    if given.star_tag or known:
        draft = access.draft_to_change(g.identity, _pid())
        current = verification.head(draft.id, Stage.DRAFT).revision
        if given.star_tag or str(current) in known:
            return current
    raise HTTPJSONException(code=412, description="If-Match holds no present ETag of this address.")


def _where() -> tuple[str, str]:
    """File key and product that the address names."""
    asked = AddressSchema().load(request.args)
    return asked["file"], asked["product"]


def _listing(schema: ListingSchema) -> dict[str, Any]:
    asked: dict[str, Any] = schema.load({**request.args.to_dict(), "filter": request.args.getlist("filter")})
    return asked


def query_of(asked: Mapping[str, Any], usual_sort: str) -> listing.Query:
    """What a listing was asked for.

    Raises
    ------
    FilterError
        A filter means nothing.
    """
    plain = {name: asked[name] for name in ("page", "size", "q", "show", "file", "problem") if name in asked}
    return listing.Query(**plain, sort=asked["sort"] or usual_sort, filters=filters.parse(asked.get("filter", ())))


def _shown(product: dict[str, Any], columns: Sequence[str] | None) -> dict[str, Any]:
    """A product of a listing: its whole row, or these columns and in a word where each value is from."""
    shown = dict(product)
    evidence, row = shown.pop("evidence"), shown["row"]
    if columns is not None:
        shown["row"] = {name: row[name] for name in columns if name in row}
        shown["sources"] = {name: evidence[name].get("source", "") for name in columns if name in evidence}
    return shown


def _tagged(body: dict[str, Any], revision: int) -> Response:
    response = jsonify(body)
    response.set_etag(str(revision))
    response.headers["Cache-Control"] = "no-store"
    return response


def _compact(body: dict[str, Any]) -> Response:
    """JSON of thousands of lines, without blanks."""
    response = current_app.response_class(orjson.dumps(body), mimetype="application/json")
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
        "products_total": found.total,
    }


def _links(shown: DraftPage) -> dict[str, str]:
    pages = {"self": shown.page}
    if shown.page > 1:
        pages["prev"] = shown.page - 1
    if shown.page * shown.size < shown.total:
        pages["next"] = shown.page + 1
    base = f"{current_app.config['SITE_API_URL']}/records/{_pid()}/draft/obscore"
    return {name: f"{base}?page={page}&size={shown.size}" for name, page in pages.items()}
