"""Pages of the documentalists: the list of catalogues, and one of them as a spreadsheet.

What they show comes by REST (``rdm.catalogues``), where permissions are asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, abort, g, render_template, url_for
from flask_login import login_required
from invenio_access.permissions import Permission
from invenio_administration.permissions import administration_access_action
from invenio_administration.views.base import AdminView
from invenio_i18n import lazy_gettext as _
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_records_resources.services.errors import PermissionDeniedError
from sqlalchemy.exc import NoResultFound

from ..rdm import access
from ..rdm.permissions import curate_action

_curators = Permission(curate_action, administration_access_action)


def create_blueprint(app: Flask) -> Blueprint:
    """The pages outside of the administration (entry point ``invenio_base.blueprints``)."""
    blueprint = Blueprint("invenio_obscore_catalogues", __name__, url_prefix="/catalogues", template_folder="templates")
    blueprint.add_url_rule("", endpoint="catalogues", view_func=login_required(catalogues), strict_slashes=False)
    blueprint.add_url_rule("/<recid>", endpoint="spreadsheet", view_func=login_required(spreadsheet))
    blueprint.add_app_template_global(spreadsheet_address, "obscore_spreadsheet")
    return blueprint


def spreadsheet_address(record_ui: Mapping[str, Any] | None) -> str:
    """Where the rows of a draft are that a page shows; an empty text for who may not change them."""
    if not record_ui or not record_ui.get("is_draft") or g.identity.id is None:
        return ""
    try:
        access.draft_to_curate(g.identity, record_ui["id"])
    except (PermissionDeniedError, NoResultFound, PIDDoesNotExistError):
        return ""
    return url_for("invenio_obscore_catalogues.spreadsheet", recid=record_ui["id"])


def catalogues() -> str:
    """What the reader may curate."""
    return render_template("invenio_obscore/catalogues.html")


def spreadsheet(recid: str) -> str:
    """The rows of a draft, for those who may change it."""
    try:
        draft = access.draft_to_curate(g.identity, recid)
    except PermissionDeniedError:
        abort(403)
    except (NoResultFound, PIDDoesNotExistError):
        abort(404)
    return render_template(
        "invenio_obscore/spreadsheet.html",
        recid=recid,
        record_title=str(draft.get("metadata", {}).get("title", "") or recid),
        form=url_for("invenio_app_rdm_records.deposit_edit", pid_value=recid),
    )


class CataloguesView(AdminView):
    """The list in the administration, for documentalists and administrators."""

    name = "obscore_catalogues"
    url = "obscore-catalogues"
    category = _("Records")
    menu_label = _("ObsCore catalogues")
    icon = "table"
    order = 40
    template = "invenio_obscore/administration/catalogues.html"
    decorators = [_curators.require(http_exception=403)]

    def get_permission(self) -> Permission:
        """Who sees it in the menu."""
        return _curators
