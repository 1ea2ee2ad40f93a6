"""The right to curate every deposit: an action of invenio-access, which a role of documentalists has.

It enters InvenioRDM's own permission policy where that says who may curate a record: so documentalists may what a
community's curators may with the community's deposits, in the tool, in the deposit form and by REST.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask_principal import Identity
from invenio_access import action_factory
from invenio_access.models import ActionRoles
from invenio_access.permissions import Permission, system_process
from invenio_accounts.proxies import current_datastore
from invenio_administration.permissions import administration_view_action
from invenio_base.utils import obj_or_import_string
from invenio_db import db
from invenio_rdm_records.services.permissions import RDMRecordPermissionPolicy
from invenio_records_permissions.generators import AdminAction

#: Entry point ``invenio_access.actions``.
curate_action = action_factory("obscore-curate")
_EXTENDED = "_has_documentalists"
#: The list of catalogues is in the administration; the second one shows the way there and no other of its pages.
_OF_ROLE = (curate_action, administration_view_action)


def configure(app: Flask) -> None:
    """Let documentalists curate by the instance's own policy, whichever that is."""
    policy = obj_or_import_string(app.config.get("RDM_PERMISSION_POLICY")) or RDMRecordPermissionPolicy
    if not getattr(policy, _EXTENDED, False):
        additions = {"can_curate": [*_generators(policy), AdminAction(curate_action)], _EXTENDED: True}
        app.config["RDM_PERMISSION_POLICY"] = type(policy.__name__, (policy,), additions)


def _generators(policy: Any) -> list[Any]:  # noqa: ANN401 - a policy class
    """Who may curate; a policy names one rule or a list of them."""
    given = policy.can_curate
    return list(given) if isinstance(given, list | tuple) else [given]


def may_curate_all(identity: Identity) -> bool:
    """Whether somebody is a documentalist (or a superuser)."""
    return bool(Permission(curate_action, system_process).allows(identity))


def ensure_role() -> str:
    """Make the role that may curate, and commit; its name, empty where it is there already or none is wanted."""
    name = current_app.config["OBSCORE_DOCUMENTALIST_ROLE"]
    if not name:
        return ""
    role = current_datastore.find_role(name)
    if role is None:
        role = current_datastore.create_role(name=name, description="Curates data products of all deposits")
        db.session.flush()
    lacking = [
        action for action in _OF_ROLE if not ActionRoles.query_by_action(action).filter_by(role_id=role.id).count()
    ]
    if not lacking:
        return ""
    db.session.add_all(ActionRoles.allow(action, role_id=role.id) for action in lacking)
    db.session.commit()
    return str(name)
