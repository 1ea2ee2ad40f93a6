"""REST of what the deposit form's panel does beside listing: headers, mappings, look-ups, products that look alike.

All below ``/api/records/<id>/draft/obscore``, the header of published records too. Parses, calls one function, wraps
the answer; permissions are asked where the work is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask_resources import Resource, ResourceConfig, route
from invenio_db import db
from marshmallow import RAISE, Schema, fields, validate

from ..mapping.typed import Cell, TypedError, read_cells
from ..obscore.columns import SYSTEM_COLUMNS
from . import access, checks, corrections, header, lookup, mapping_library, mapping_preview, queue, similar
from .http_errors import ERROR_HANDLERS
from .models import Stage
from .panel_tasks import count_mapping
from .resources import _if_match, _pid, _tagged, json_body
from .schemas import AddressSchema, ChangeSchema, PublishedAddressSchema, _storable
from .verification import Head, Verification


class PanelResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_panel"
    url_prefix = "/records"
    draft_route = "/<pid_value>/draft/obscore"
    record_route = "/<pid_value>/obscore"
    error_handlers: Mapping[Any, Any] = ERROR_HANDLERS


class _HeaderArguments(Schema):
    hdu = fields.Integer(load_default=None, validate=validate.Range(min=0))


class _DraftHeaderArguments(_HeaderArguments, AddressSchema):
    """Of a draft's file."""


class _RecordHeaderArguments(_HeaderArguments, PublishedAddressSchema):
    """Of a published one."""


class _Body(Schema):
    class Meta:
        unknown = RAISE


class _MappingBody(_Body):
    mapping = fields.String(required=True, validate=_storable)


class _LookupBody(_Body):
    products = fields.List(
        fields.Nested(AddressSchema), required=True, validate=validate.Length(min=1, max=lookup.MOST)
    )


class _Choice(_Body):
    column = fields.String(required=True)
    value = fields.Raw(required=True)
    service = fields.String(required=True)


class _AcceptBody(_Body):
    proposals = fields.List(fields.Nested(_Choice), required=True, validate=validate.Length(min=1, max=100))


class _ChangeBody(_Body):
    corrections = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    reset = fields.List(fields.String(), load_default=list)


class PanelResource(Resource):
    """What the panel does with a draft."""

    decorators: list[Any] = []

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The routes."""
        draft, record = self.config.draft_route, self.config.record_route
        return [
            route("GET", f"{draft}/header", self.draft_header),
            route("GET", f"{record}/header", self.record_header),
            route("GET", f"{draft}/check", self.check),
            route("GET", f"{draft}/mappings", self.mappings),
            route("GET", f"{draft}/mapping", self.read_mapping),
            route("PUT", f"{draft}/mapping", self.save_mapping),
            route("POST", f"{draft}/mapping/preview", self.preview),
            route("POST", f"{draft}/mapping/count", self.begin_count),
            route("GET", f"{draft}/mapping/count", self.count),
            route("POST", f"{draft}/typed", self.read_typed),
            route("POST", f"{draft}/lookup", self.look_up),
            route("POST", f"{draft}/lookup/accept", self.accept),
            route("GET", f"{draft}/similar", self.find_similar),
            route("POST", f"{draft}/similar", self.correct_similar),
        ]

    def draft_header(self) -> Response:
        """Header cards of a draft's file."""
        return _header(Stage.DRAFT, _DraftHeaderArguments())

    def record_header(self) -> Response:
        """Header cards of a published record's file."""
        return _header(Stage.PUBLISHED, _RecordHeaderArguments())

    def check(self) -> Response:
        """What clients of the Virtual Observatory would miss in the draft."""
        return _answer({"findings": checks.of_draft(g.identity, _pid())})

    def mappings(self) -> Response:
        """Mappings to start from."""
        draft = access.draft_to_read(g.identity, _pid())
        return _answer({"mappings": [kept.to_dict() for kept in mapping_library.available(g.identity, but=draft.id)]})

    def read_mapping(self) -> Response:
        """The draft's mapping."""
        return _mapping(corrections.mapping_of(g.identity, _pid()))

    def save_mapping(self) -> Response:
        """Replace the draft's mapping and nothing else."""
        revision, text = _if_match(), _MappingBody().load(json_body())["mapping"]
        return _mapping(corrections.change_mapping(g.identity, _pid(), revision, text))

    def preview(self) -> Response:
        """Mistakes of a mapping, or what it would change in a sample."""
        body = _MappingBody().load(json_body())
        shown = mapping_preview.preview(g.identity, _pid(), body["mapping"])
        db.session.commit()
        return _answer(shown)

    def begin_count(self) -> tuple[Response, int]:
        """Begin to count what a mapping would change in all products."""
        text = _MappingBody().load(json_body())["mapping"]
        draft_uuid, token = mapping_preview.begin_count(g.identity, _pid(), text)
        count_mapping.apply_async(args=(str(draft_uuid), token, text), **queue.options())
        return _answer({"token": token}), 202

    def count(self) -> Response:
        """How far the count has come."""
        return _answer(mapping_preview.progress(g.identity, _pid()))

    def read_typed(self) -> Response:
        """What is understood of what somebody types."""
        typed = ChangeSchema(only=("corrections",)).load(json_body())["corrections"]
        return _answer(corrections.understood(g.identity, _pid(), _where(), typed))

    def look_up(self) -> Response:
        """Proposals of outside services."""
        wanted = _LookupBody().load(json_body())["products"]
        return _answer(lookup.propose(g.identity, _pid(), [(each["file"], each["product"]) for each in wanted]))

    def accept(self) -> Response:
        """Accept proposals for one product."""
        where, chosen = _where(), _AcceptBody().load(json_body())["proposals"]
        done = corrections.change(
            g.identity,
            _pid(),
            _if_match(),
            lambda draft: {where: lookup.accepted(draft.id, where, chosen)},
            what="look-up",
        )
        return _changed(done.revision)

    def find_similar(self) -> Response:
        """How many products look like one."""
        draft = access.draft_to_read(g.identity, _pid())
        alike = similar.find(draft.id, *_where())
        db.session.commit()
        return _answer(alike.to_dict())

    def correct_similar(self) -> Response:
        """Correct all products that look like one."""
        where, body = _where(), _ChangeBody().load(json_body())
        values = cells(body["corrections"])
        reached: list[tuple[str, str]] = []

        def alike(draft: Any) -> Mapping[tuple[str, str], Mapping[str, Any]]:  # noqa: ANN401
            reached.extend(similar.find(draft.id, *where).addresses)
            return dict.fromkeys(reached, values)

        done = corrections.change(
            g.identity, _pid(), _if_match(), alike, what="all that look alike", reset=body["reset"]
        )
        return _changed(done.revision, changed=len(reached))


def create_blueprint(app: Flask) -> Blueprint:
    """For entry point ``invenio_base.api_blueprints``."""
    return PanelResource(PanelResourceConfig()).as_blueprint()


def cells(typed: Mapping[str, Any]) -> dict[str, Cell]:
    """What was typed into fields, as corrections hold it.

    Raises
    ------
    TypedError
        With a message for each field that is wrong, that the server sets, or that does not exist.
    """
    wrong = {name: "The server sets this column." for name in typed if name in SYSTEM_COLUMNS}
    odd = (name for name, value in typed.items() if isinstance(value, bool) or not isinstance(value, Cell))
    wrong |= dict.fromkeys(odd, "A text, a number or null is expected.")
    if wrong:
        raise TypedError(wrong)
    return read_cells(typed)


def _where() -> tuple[str, str]:
    arguments = AddressSchema().load(request.args)
    return arguments["file"], arguments["product"]


def _header(stage: Stage, arguments: Schema) -> Response:
    asked = arguments.load(request.args)
    file_key, product = access.named(g.identity, _pid(), asked)
    return _answer(header.read(g.identity, _pid(), stage, file_key=file_key, product=product, hdu=asked["hdu"]))


def _answer(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def _mapping(decided: Head | Verification) -> Response:
    return _tagged({"revision": decided.revision, "mapping": decided.mapping}, decided.revision)


def _changed(revision: int, **more: int) -> Response:
    return _tagged({"revision": revision, **more}, revision)
