"""REST of the tool for documentalists: the list of catalogues, edits, differences, reruns.

Parses, calls one function, wraps the answer; permissions are asked where the work is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask_resources import HTTPJSONException, Resource, ResourceConfig, create_error_handler, route
from invenio_db import db
from marshmallow import EXCLUDE, Schema, fields, validate

from .. import access, verification, works
from ..cells import COLUMNS
from ..changes import Done
from ..filters import FilterError
from ..http_errors import ERROR_HANDLERS
from ..models import Stage
from ..resources import _if_match, _pid, _tagged, filter_refused, json_body
from ..schemas import _storable
from . import differences, edits, history, overview, reruns
from .edit_schemas import RerunSchema, load_edit
from .edits import EditError
from .history import Left, UndoRefusedError


def _edit_refused(error: EditError) -> HTTPJSONException:
    mistakes = [
        {
            "field": each.column,
            "messages": [each.message],
            "index": each.index,
            "file": each.address[0],
            "product": each.address[1],
        }
        for each in error.mistakes
    ]
    return HTTPJSONException(code=400, description=str(error), errors=mistakes)


def _undo_refused(error: UndoRefusedError) -> HTTPJSONException:
    return HTTPJSONException(code=409, description=str(error))


class CurationResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_curation"
    url_prefix = ""
    catalogues_route = "/obscore/catalogues"
    columns_route = "/obscore/columns"
    draft_route = "/records/<pid_value>/draft/obscore"
    error_handlers: Mapping[Any, Any] = {
        **ERROR_HANDLERS,
        EditError: create_error_handler(_edit_refused),
        FilterError: create_error_handler(filter_refused),
        UndoRefusedError: create_error_handler(_undo_refused),
    }


class _Paged(Schema):
    class Meta:
        unknown = EXCLUDE

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    size = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))


class _CataloguesSchema(_Paged):
    q = fields.String(load_default="", validate=[validate.Length(max=200), _storable])
    state = fields.String(load_default="all", validate=validate.OneOf(overview.STATES))
    attention = fields.Boolean(load_default=False)
    sort = fields.String(
        load_default="updated", validate=validate.OneOf([*overview.SORTS, *(f"-{name}" for name in overview.SORTS)])
    )


class CurationResource(Resource):
    """What documentalists do."""

    decorators: list[Any] = []

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The routes."""
        draft = self.config.draft_route
        return [
            route("GET", self.config.catalogues_route, self.catalogues),
            route("GET", self.config.columns_route, self.columns),
            route("POST", f"{draft}/edits", self.edit),
            route("GET", f"{draft}/edits", self.edit_history),
            route("GET", f"{draft}/edits/<work>", self.edit_progress),
            route("POST", f"{draft}/edits/undo", self.undo),
            route("POST", f"{draft}/edits/redo", self.redo),
            route("GET", f"{draft}/differences", self.differences),
            route("POST", f"{draft}/reruns", self.begin_rerun),
            route("GET", f"{draft}/reruns", self.reruns),
            route("GET", f"{draft}/reruns/<work>", self.rerun),
            route("DELETE", f"{draft}/reruns/<work>", self.drop_rerun),
            route("POST", f"{draft}/reruns/<work>/accept", self.accept_rerun),
        ]

    def catalogues(self) -> Response:
        """A page of the catalogues that this identity may curate."""
        wanted = overview.Wanted(**_CataloguesSchema().load(request.args))
        return _answer(overview.read(g.identity, wanted))

    def columns(self) -> Response:
        """The columns that a person may set."""
        names = ("name", "unit", "datatype", "group", "description")
        return jsonify({"columns": [{name: getattr(column, name) for name in names} for column in COLUMNS.values()]})

    def edit(self) -> Response | tuple[Response, int]:
        """Change cells of many products."""
        access.draft_to_curate(g.identity, _pid())
        revision, body = _if_match(), json_body()
        made = edits.make(g.identity, _pid(), revision, load_edit(body))
        return _done(made) if isinstance(made, Done) else _left(made, {"edit": body, "revision": revision})

    def edit_history(self) -> Response:
        """What could be undone and redone."""
        draft = access.draft_to_curate(g.identity, _pid())
        revision = verification.head(draft.id, Stage.DRAFT).revision
        return _tagged({"revision": revision, "history": history.state(draft.id, g.identity, revision)}, revision)

    def edit_progress(self) -> Response:
        """How far an edit is that a task makes."""
        draft = access.draft_to_curate(g.identity, _pid())
        work = works.find(draft.id, "edit", _work())
        result = work.result and _with_history(draft.id, work.result)
        return _answer(
            {"state": work.state, "done": work.done, "total": work.total, "message": work.message, "result": result}
        )

    def undo(self) -> Response | tuple[Response, int]:
        """Undo the last edit."""
        return _repeated(back=True)

    def redo(self) -> Response | tuple[Response, int]:
        """Make the edit again that was undone last."""
        return _repeated(back=False)

    def differences(self) -> Response:
        """What differs from the published rows."""
        asked = _Paged().load(request.args)
        found = differences.read(g.identity, _pid(), **asked)
        body = {
            "revision": found.revision,
            "published": found.published,
            "pending": found.pending,
            "counts": found.counts.to_dict(),
            "total": found.counts.total,
            "products": found.products,
            **asked,
        }
        return _tagged(body, found.revision)

    def begin_rerun(self) -> tuple[Response, int]:
        """Have the draft extracted again."""
        access.draft_to_curate(g.identity, _pid())
        body = RerunSchema().load(json_body())
        return _answer({"id": str(reruns.begin(g.identity, _pid(), body["mapping"]))}), 202

    def reruns(self) -> Response:
        """The draft's reruns."""
        return _answer({"reruns": reruns.listed(g.identity, _pid())})

    def rerun(self) -> Response:
        """How far a rerun is, and what would change."""
        return _answer(reruns.read(g.identity, _pid(), _work(), **_Paged().load(request.args)))

    def accept_rerun(self) -> Response:
        """Take over what a rerun gave."""
        access.draft_to_curate(g.identity, _pid())
        return _done(reruns.accept(g.identity, _pid(), _work(), _if_match()))

    def drop_rerun(self) -> tuple[str, int]:
        """Forget a rerun."""
        reruns.drop(g.identity, _pid(), _work())
        return "", 204


def create_blueprint(app: Flask) -> Blueprint:
    """For entry point ``invenio_base.api_blueprints``."""
    return CurationResource(CurationResourceConfig()).as_blueprint()


def _work() -> str:
    return str((request.view_args or {})["work"])


def _repeated(*, back: bool) -> Response | tuple[Response, int]:
    access.draft_to_curate(g.identity, _pid())
    revision = _if_match()
    made = history.repeat(g.identity, _pid(), revision, back=back)
    if isinstance(made, Done):
        return _done(made)
    return _left(made, {"back": back, "step": made.step, "revision": revision})


def _left(left: Left, body: dict[str, Any]) -> tuple[Response, int]:
    work = works.begin(left.draft_uuid, g.identity, "edit", body, total=left.total)
    return _answer({"task": str(work), "total": left.total}), 202


def _done(done: Done) -> Response:
    draft = access.draft_to_curate(g.identity, _pid())
    body = _with_history(draft.id, done.to_dict())
    db.session.rollback()
    return _tagged(body, done.revision)


def _with_history(draft_uuid: Any, result: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a UUID
    return {**result, "history": history.state(draft_uuid, g.identity, result["revision"])}


def _answer(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response
