"""The administration's page of DOIs that DataCite has still to be told of (``invenio_administration.views``)."""

from __future__ import annotations

from flask import abort, flash, redirect, request
from flask_wtf import FlaskForm
from invenio_administration.views.base import AdminView
from invenio_i18n import lazy_gettext as _

from . import doi_backlog, queue
from .doi import retry_dois


class DoiBacklogView(AdminView):
    """Lists the backlog with reasons, and tries again on request."""

    name = "obscore_dois"
    url = "obscore-dois"
    category = _("Records")
    menu_label = _("DOI backlog")
    icon = "linkify"
    order = 50
    template = "invenio_obscore/administration/dois.html"

    def get(self) -> str:
        """The page."""
        return str(self.render(entries=doi_backlog.entries(), form=FlaskForm()))

    def post(self) -> object:
        """Make everything due, and let a worker try it; DataCite may take long."""
        if not FlaskForm().validate_on_submit():
            abort(400)
        count = doi_backlog.make_due()
        retry_dois.apply_async(retry=False, **queue.options())
        flash(_("%(count)s are tried now: reload this page in a while.", count=count))
        return redirect(request.path)
