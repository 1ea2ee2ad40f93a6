"""REST of a draft's table: ``/api/records/<id>/draft/obscore/table``.

Parses, calls one function, wraps the answer; permissions are asked where the work is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, stream_with_context
from flask_resources import HTTPJSONException, Resource, ResourceConfig, create_error_handler, route

from ...formats import MemorySource, Meta, for_responseformat
from ...formats.spreadsheets import for_people
from ...formats.structure import ReadingLimits
from .. import access
from ..http_errors import ERROR_HANDLERS
from ..resources import _if_match, _pid, _tagged
from . import exchange, table
from .exchange import Comparison
from .table import TableError

#: Changed rows that an answer lists; it counts all.
_LISTED = 500
#: Of a VOTable: 100,000 rows with every column.
_MOST_CELLS = 10_000_000


def _refusal(error: TableError) -> HTTPJSONException:
    mistakes = [
        {"field": mistake.column or "table", "messages": [str(mistake)], "line": mistake.line}
        for mistake in error.mistakes
    ]
    return HTTPJSONException(code=400, description=str(error), errors=mistakes)


class TableResourceConfig(ResourceConfig):
    """Routes and error handlers."""

    blueprint_name = "obscore_tables"
    url_prefix = "/records"
    route = "/<pid_value>/draft/obscore/table"
    error_handlers: Mapping[Any, Any] = {**ERROR_HANDLERS, TableError: create_error_handler(_refusal)}


class TableResource(Resource):
    """A draft's rows as one table."""

    decorators: list[Any] = []

    def create_url_rules(self) -> list[dict[str, Any]]:
        """The routes."""
        return [
            route("GET", self.config.route, self.export),
            route("POST", f"{self.config.route}/differences", self.compare),
            route("PUT", self.config.route, self.take_in),
        ]

    def export(self) -> Response:
        """The table as CSV or VOTable."""
        chosen = for_responseformat(request.args.get("format", "csv"))
        rows = for_people(chosen.suffix, table.cells(exchange.export(g.identity, _pid())))
        pieces = chosen.stream(MemorySource(table.FIELDS, rows), Meta(name="obscore", description=f"Draft {_pid()}"))
        response = current_app.response_class(stream_with_context(pieces), mimetype=None)
        response.headers["Content-Type"] = chosen.media_type
        response.headers["Content-Disposition"] = f'attachment; filename="{_pid()}-obscore{chosen.suffix}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    def compare(self) -> Response:
        """What a table would change; nothing is changed."""
        return _answer(exchange.compare(g.identity, _pid(), _table()))

    def take_in(self) -> Response:
        """Make what a table says differently corrections."""
        revision = _if_match()
        return _answer(exchange.take_in(g.identity, _pid(), revision, _table()))


def create_blueprint(app: Flask) -> Blueprint:
    """For entry point ``invenio_base.api_blueprints``."""
    return TableResource(TableResourceConfig()).as_blueprint()


def _table() -> table.Table:
    """The table that was sent, by somebody who may change the draft: nobody else's is parsed."""
    access.draft_to_change(g.identity, _pid())
    most = int(current_app.config["OBSCORE_TABLE_MAX_BYTES"])
    request.max_content_length = most
    return table.parse(request.get_data(cache=False), ReadingLimits(cells=_MOST_CELLS))


def _answer(made: Comparison) -> Response:
    found = made.differences
    listed = [
        {"file": file_key, "product": product, "columns": {name: list(pair) for name, pair in columns.items()}}
        for (file_key, product), columns in islice(found.changes.items(), _LISTED)
    ]
    body = {
        "revision": made.revision,
        "products": len(found.changes),
        "cells": found.cells,
        "columns": found.columns,
        "changes": listed,
    }
    return _tagged(body, made.revision)
