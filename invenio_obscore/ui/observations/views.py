"""The pages of ``/observations``: they work without JavaScript; the script adds the sky, coverage and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_menu import current_menu
from invenio_db import db
from invenio_i18n import lazy_gettext as _
from invenio_pidstore.models import PersistentIdentifier
from sqlalchemy import text

from ...dali.parameters import Parameters
from ...db.query import QueryService
from ...errors import InputError, NotFoundError, ObsCoreError, ServiceError
from ...obscore.columns import OBSCORE
from ...obscore.vocabularies import DATAPRODUCT_TYPES
from ...registry.wavebands import WAVEBANDS
from ...vo.application import tap_service
from ...vo.page import python_script
from .. import presentation
from . import questions
from .criteria import DEFAULT_COLUMNS, DEFAULT_RADIUS, PAGE_SIZES, Criteria, doi_of, read_criteria
from .search import Found, facets, files_address, origin, search, separated

_FORMATS = (("votable", "VOTable"), ("fits", "FITS"), ("parquet", "Parquet"))
_EMPTY = Found((), (), 0, more=False)
_FACETS = (
    ("type", "dataproduct_type", _("Product type")),
    ("facility", "facility_name", _("Facility")),
    ("instrument", "instrument_name", _("Instrument")),
)


def create_blueprint(app: Flask) -> Blueprint:
    """Pages of the search (entry point ``invenio_base.blueprints``)."""
    blueprint = Blueprint(
        "invenio_obscore_observations", __name__, url_prefix="/observations", template_folder="../templates"
    )
    blueprint.add_url_rule("", endpoint="observations", view_func=page, strict_slashes=False)
    blueprint.add_url_rule("/counts", view_func=counts)
    blueprint.add_url_rule("/table.csv", endpoint="table", view_func=table)
    return blueprint


def register_menu(app: Flask) -> None:
    """Put the search into the site's main menu."""
    with app.app_context():
        current_menu.submenu("main.observations").register(
            endpoint="invenio_obscore_observations.observations", text=_("Observations"), order=3
        )


def page() -> tuple[str, int]:
    """The form, and what was found."""
    criteria = read_criteria(_Arguments(), resolve)
    errors = dict(criteria.errors)
    found, counted, status = _EMPTY, None, 400 if errors else 200
    begin = ""
    if not errors:
        begin = _record_address(criteria)
        try:
            with _queries() as queries:
                found = search(queries, criteria, begin)
                if found.total and not found.rows:
                    errors["page"], status = str(_("There are not so many pages.")), 400
                counted = facets(queries, criteria, begin) if _wants_counts(criteria) else None
        except InputError as error:
            errors["adql" if criteria.adql else "form"], status = str(error), 400
        except ServiceError as error:
            errors["form"], status = str(error), 503
    shown = [_shown(row) for row in found.rows]
    return (
        render_template(
            "invenio_obscore/observations.html",
            criteria=criteria,
            default_radius=DEFAULT_RADIUS,
            found=found,
            products=shown,
            sky=[product.sky for product in shown],
            errors=errors,
            facets=counted and [(name, label, counted[column]) for name, column, label in _FACETS],
            links=_links(criteria, begin),
            choices=_CHOICES,
            argument=request.args,
            link=_link,
            last_page=max(1, -(-found.total // criteria.size)),
            describe=_describe,
            cell=_cell,
        ),
        status,
    )


def counts() -> Response:
    """How often types, facilities and instruments occur in what the search finds, for the page's script."""
    criteria = read_criteria(_Arguments(), resolve)
    if criteria.errors or criteria.adql:
        return jsonify({})
    try:
        with _queries() as queries:
            counted = facets(queries, criteria, _record_address(criteria))
    except ServiceError as error:
        answer = jsonify({"message": str(error)})
        answer.status_code = 503
        return answer
    return jsonify({name: [_counted(name, *pair) for pair in counted[column]] for name, column, _label in _FACETS})


def table() -> Response:
    """All rows of the search as separated values for a spreadsheet, where no cell becomes a formula."""
    criteria = read_criteria(_Arguments(), resolve)
    if criteria.errors:
        return _refused("; ".join(criteria.errors.values()), 400)
    adql = criteria.adql or questions.whole_query(criteria, _record_address(criteria))
    service = tap_service(current_app)
    try:
        leave = service.clients.enter(request.remote_addr or "")
    except ServiceError as error:
        return _refused(str(error), 503)
    try:
        lines = separated(service.queries, adql)
        first = next(lines)
    except ObsCoreError as error:
        leave()
        return _refused(str(error), 400 if isinstance(error, InputError) else 503)
    response = Response(chain([first], lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=observations.csv"
    response.call_on_close(lines.close)
    response.call_on_close(leave)
    return response


def _refused(message: str, status: int) -> Response:
    return Response(message, status, content_type="text/plain; charset=utf-8")


def _counted(argument: str, value: str, count: int) -> dict[str, Any]:
    changes: dict[str, Any] = {argument: [value], "page": None}
    return {"value": value, "count": count, "href": _link(**changes)}


def resolve(name: str) -> tuple[float, float]:
    """Position of an object by its name, as queries find it.

    Raises
    ------
    NotFoundError
        Nobody knows the name, or the operator lets none be looked up.
    ServiceError
        The services do not answer.
    """
    names = tap_service(current_app).names
    if names is None:
        raise NotFoundError("Names are not looked up here", remedy="give a position: 10.68 +41.27")
    with _queries():
        found = names(name)
    if found is None:
        raise NotFoundError(f"No object is known as {name[:60]!r}", remedy="give a position: 10.68 +41.27")
    return found


class _Arguments:
    """The arguments of the request's address."""

    def get(self, key: str, default: str = "") -> str:
        """The first value."""
        return request.args.get(key, default)

    def getlist(self, key: str) -> list[str]:
        """All values."""
        return request.args.getlist(key)


_CHOICES: Mapping[str, Sequence[Any]] = {
    "types": DATAPRODUCT_TYPES,
    "bands": [name for name, _, _ in WAVEBANDS],
    "columns": list(OBSCORE.values()),
    "sizes": PAGE_SIZES,
    "default_columns": DEFAULT_COLUMNS,
}


@contextmanager
def _queries() -> Iterator[QueryService]:
    """What answers TAP; a visitor has no more queries at a time here than there."""
    service = tap_service(current_app)
    leave = service.clients.enter(request.remote_addr or "")
    try:
        yield service.queries
    finally:
        leave()


def _wants_counts(criteria: Criteria) -> bool:
    """Without JavaScript a link asks for them; with it the script does, after the page."""
    return not criteria.adql and request.args.get("counts") == "1"


def _site() -> str:
    return str(current_app.config["SITE_UI_URL"]).rstrip("/")


_RECORD_OF = text("SELECT recid FROM ivoa.obscore WHERE record_uuid = :uuid OR parent_uuid = :uuid LIMIT 1")


def _record_address(criteria: Criteria) -> str:
    """What the addresses of the files begin with whose record has the DOI that is asked for; public rows only."""
    doi = doi_of(criteria.collection)
    if not doi:
        return ""
    pid = PersistentIdentifier.query.filter_by(pid_type="doi", pid_value=doi.lower()).one_or_none()
    recid = pid and db.session.execute(_RECORD_OF, {"uuid": pid.object_uuid}).scalar()
    return files_address(_site(), recid) if recid else ""


@dataclass(frozen=True)
class ShownProduct:
    """One row of the table."""

    row: Mapping[str, Any]
    name: str
    file: str
    member: str
    recid: str
    sky: Mapping[str, Any]


def _shown(row: Mapping[str, Any]) -> ShownProduct:
    lies = origin(str(row.get("access_url") or ""), _site())
    name = (lies.member or lies.file).rpartition("/")[2] or str(row.get("obs_publisher_did") or "")
    numbers = {key: row.get(key) for key in ("s_ra", "s_dec", "s_fov", "em_min", "em_max", "t_min", "t_max")}
    sky = {
        "id": row.get("obs_publisher_did") or name,
        "label": str(row.get("target_name") or name),
        "s_region": row.get("s_region"),
        **numbers,
    }
    return ShownProduct(row, name, lies.file, lies.member, lies.recid, sky)


def _cell(row: Mapping[str, Any], column: str) -> str:
    """The text of a cell: positions, wavelengths and dates as people read them."""
    value = row.get(column)
    if value is None:
        return ""
    return presentation.cell(column, value)


def _describe(criteria: Criteria) -> str:
    """The place that was searched, in words."""
    circle = criteria.circle
    if not circle:
        return ""
    where = presentation.position({"s_ra": circle.ra, "s_dec": circle.dec})
    radius = presentation.field_of_view({"s_fov": circle.radius})
    named = f"{criteria.place} = " if criteria.place else ""
    return f"{named}{where}, {radius}"


def _link(endpoint: str = "observations", **changes: Any) -> str:  # noqa: ANN401 - texts, lists of texts or None
    """The address of this search with other arguments; None removes one."""
    arguments = {name: values for name, values in request.args.lists() if any(values)}
    for name, value in changes.items():
        arguments.pop(name, None)
        if value is not None:
            arguments[name] = value if isinstance(value, list) else [str(value)]
    query = urlencode(arguments, doseq=True)
    address = url_for(f"invenio_obscore_observations.{endpoint}")
    return f"{address}?{query}" if query else address


def _links(criteria: Criteria, begin: str) -> dict[str, Any]:
    """The same search for other clients."""
    adql = criteria.adql or questions.whole_query(criteria, begin)
    root = tap_service(current_app).settings.url or f"{_site()}/vo"
    sync = f"{root}/tap/sync"
    downloads = [
        (label, f"{sync}?{urlencode({'LANG': 'ADQL', 'QUERY': adql, 'RESPONSEFORMAT': name})}")
        for name, label in _FORMATS
    ]
    downloads.insert(1, ("CSV", _link(page=None, endpoint="table")))
    return {"adql": adql, "python": python_script(f"{root}/tap", Parameters([("QUERY", adql)])), "downloads": downloads}
