"""REST of pictures: ``/api/records/<id>[/draft]/obscore/preview?file=&product=&size=thumbnail|large``.

PNG where there is one; 202 while it is drawn and 404 with the reason where there is none, as JSON. With
``Accept: application/json`` the answer is JSON in any case: what is known of the picture, in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask_resources import Resource, ResourceConfig, route
from marshmallow import Schema, fields, validate

from . import access, previews
from .http_errors import ERROR_HANDLERS
from .models import PreviewStatus, Stage
from .schemas import AddressSchema, PublishedAddressSchema

_SECONDS = 2


class PreviewResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_previews"
    url_prefix = "/records"
    error_handlers: Mapping[Any, Any] = ERROR_HANDLERS


class _Arguments(Schema):
    size = fields.String(load_default="thumbnail", validate=validate.OneOf(["thumbnail", "large"]))


class _DraftArguments(_Arguments, AddressSchema):
    """Of a draft's product."""


class _RecordArguments(_Arguments, PublishedAddressSchema):
    """Of a published one."""


class PreviewResource(Resource):
    """Pictures of a draft's and a record's products."""

    decorators: list[Any] = []

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The routes."""
        return [
            route("GET", "/<pid_value>/draft/obscore/preview", self.of_draft),
            route("GET", "/<pid_value>/obscore/preview", self.of_record),
        ]

    def of_draft(self) -> tuple[Response, int]:
        """A picture of a draft's product."""
        return _answer(Stage.DRAFT, _DraftArguments())

    def of_record(self) -> tuple[Response, int]:
        """A picture of a published record's product."""
        return _answer(Stage.PUBLISHED, _RecordArguments())


def create_blueprint(app: Flask) -> Blueprint:
    """For entry point ``invenio_base.api_blueprints``."""
    return PreviewResource(PreviewResourceConfig()).as_blueprint()


def _answer(stage: Stage, arguments: Schema) -> tuple[Response, int]:
    asked = arguments.load(request.args)
    recid = str((request.view_args or {})["pid_value"])
    file_key, product = access.named(g.identity, recid, asked)
    shown = previews.read(g.identity, recid, stage, file_key=file_key, product=product, size=asked["size"])
    wants_words = request.accept_mimetypes.best_match(("image/png", "application/json")) == "application/json"
    if shown.content is None or wants_words:
        return _in_words(shown, 200 if wants_words else None)
    response = current_app.response_class(shown.content, mimetype="image/png")
    response.add_etag()
    # Whoever holds a copy asks again before showing it: permissions change.
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Accept", "Cookie", "Authorization"))
    response.make_conditional(request)
    return response, response.status_code


def _in_words(shown: previews.Shown, status: int | None) -> tuple[Response, int]:
    is_coming = shown.status in (PreviewStatus.QUEUED, PreviewStatus.DRAWING)
    message = shown.reason or ("The picture is being drawn." if is_coming else "")
    code = status or (202 if is_coming else 404)
    response = jsonify(
        {"status": code, "message": message, "state": shown.status, "kind": shown.kind, "alt": shown.alt}
    )
    response.headers["Cache-Control"] = "no-store"
    if is_coming:
        response.headers["Retry-After"] = str(_SECONDS)
    return response, code
