"""What people see of the module in InvenioRDM's pages."""

from __future__ import annotations

from flask import Blueprint, Flask

#: InvenioRDM's page of a record, and ours that extends it.
_LANDING_PAGE = ("invenio_app_rdm/records/detail.html", "invenio_obscore/record_detail.html")


def create_blueprint(app: Flask) -> Blueprint:
    """Templates and what they call (entry point ``invenio_base.blueprints``)."""
    from .products import PAGE_ARGUMENT, product_table

    blueprint = Blueprint("invenio_obscore_ui", __name__, template_folder="templates")
    blueprint.add_app_template_global(product_table, "obscore_product_table")
    app.jinja_env.globals["obscore_page_argument"] = PAGE_ARGUMENT
    return blueprint


def configure(app: Flask) -> None:
    """Show the data products on records' pages.

    An operator with a page of their own includes ``invenio_obscore/products.html`` in it.
    """
    theirs, ours = _LANDING_PAGE
    if app.config.get("APP_RDM_RECORD_LANDING_PAGE_TEMPLATE", theirs) == theirs:
        app.config["APP_RDM_RECORD_LANDING_PAGE_TEMPLATE"] = ours
