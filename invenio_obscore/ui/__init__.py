"""What people see of the module in InvenioRDM's pages."""

from __future__ import annotations

from flask import Blueprint, Flask

#: By setting: InvenioRDM's own template, and ours that extends it.
_TEMPLATES = {
    "APP_RDM_RECORD_LANDING_PAGE_TEMPLATE": (
        "invenio_app_rdm/records/detail.html",
        "invenio_obscore/record_detail.html",
    ),
    "APP_RDM_DEPOSIT_FORM_TEMPLATE": ("invenio_app_rdm/records/deposit.html", "invenio_obscore/deposit.html"),
}


def create_blueprint(app: Flask) -> Blueprint:
    """Templates and what they call (entry point ``invenio_base.blueprints``)."""
    from ..rdm import references
    from .deposit import panel_columns
    from .products import PAGE_ARGUMENT, product_table

    blueprint = Blueprint("invenio_obscore_ui", __name__, template_folder="templates")
    blueprint.add_app_template_global(product_table, "obscore_product_table")
    blueprint.add_app_template_global(references.of_record, "obscore_references")
    blueprint.add_app_template_global(panel_columns, "obscore_panel_columns")
    app.jinja_env.globals["obscore_page_argument"] = PAGE_ARGUMENT
    return blueprint


def configure(app: Flask) -> None:
    """Show the data products on records' pages and the panel in the deposit form.

    An operator with pages of their own includes ``invenio_obscore/products.html`` in the record's, and the bundle
    ``invenio-obscore-deposit.js`` before the form's own script.
    """
    from . import previewer

    for setting, (theirs, ours) in _TEMPLATES.items():
        if app.config.get(setting, theirs) == theirs:
            app.config[setting] = ours
    previewer.configure(app)
