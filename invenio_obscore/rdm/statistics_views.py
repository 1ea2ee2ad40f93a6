"""Pages of access statistics: the operator's in the administration, a depositor's under ``/me/statistics``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, g, render_template, request
from flask_login import login_required
from invenio_administration.views.base import AdminView
from invenio_i18n import lazy_gettext as _
from invenio_rdm_records.proxies import current_rdm_records_service

from . import statistics
from .statistics import Count

_SIZE = 25
#: A search engine pages through this many records, and refuses more.
_LAST_PAGE = 10_000 // _SIZE
_TABLES = (("views", _("Views of records")), ("downloads", _("Downloads")), ("queries", _("Queries (TAP)")))


class StatisticsView(AdminView):
    """What the whole repository is used for, month by month."""

    name = "obscore_statistics"
    url = "obscore-statistics"
    category = _("Site management")
    menu_label = _("Access statistics")
    icon = "chart bar"
    order = 60
    template = "invenio_obscore/administration/statistics.html"

    def get(self) -> str:
        """The page."""
        tables = [(label, statistics.by_month(what)) for what, label in _TABLES]
        return str(self.render(tables=tables))


@dataclass(frozen=True)
class Usage:
    """A line of the depositor's page."""

    recid: str
    title: str
    views: Count | None
    downloads: Count | None
    files: list[Count]


def create_blueprint(app: Flask) -> Blueprint:
    """The depositor's page (entry point ``invenio_base.blueprints``)."""
    blueprint = Blueprint("invenio_obscore_statistics", __name__)

    @blueprint.get("/me/statistics")
    @login_required  # type: ignore[untyped-decorator, unused-ignore]
    def page() -> str:
        number = min(max(1, request.args.get("page", 1, type=int)), _LAST_PAGE)
        lines, total = _own_records(g.identity, number)
        pages = min(max(1, -(-total // _SIZE)), _LAST_PAGE)
        return render_template("invenio_obscore/statistics.html", lines=lines, page=number, pages=pages)

    return blueprint


def _own_records(identity: Any, page: int) -> tuple[list[Usage], int]:  # noqa: ANN401
    """Published records of the user, the newest first, and how many there are."""
    found = current_rdm_records_service.search(
        identity,
        params={"q": f"parent.access.owned_by.user:{int(identity.id)}", "size": _SIZE, "page": page, "sort": "newest"},
    )
    titles = {str(hit["id"]): str(hit["metadata"].get("title", "")) for hit in found.hits}
    views, downloads = (statistics.by_record(what, list(titles)) for what in ("views", "downloads"))
    lines = [
        Usage(recid, title, views.get(recid), downloads.get(recid), statistics.by_file(recid, most=10))
        for recid, title in titles.items()
    ]
    return lines, int(found.total)
