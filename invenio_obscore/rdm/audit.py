"""Entries of InvenioRDM's audit log: who changed what was found in a deposit's files, how many cells of which columns.

Written in the transaction of the change; without ``AUDIT_LOGS_ENABLED`` nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_principal import Identity
from invenio_audit_logs.services import AuditLogOp
from invenio_db.uow import UnitOfWork
from invenio_drafts_resources.auditlog.actions import RecordBaseAuditLog
from marshmallow import fields

#: Columns that an entry names; of more it says how many.
_NAMED = 20


class _CellsContext:
    """Puts what was changed into an entry."""

    def __call__(self, data: dict[str, Any], **kwargs: Any) -> None:
        data.setdefault("metadata", {}).update(kwargs["changed"])


class CurationAuditLog(RecordBaseAuditLog):
    """What all our entries say."""

    context = [*RecordBaseAuditLog.context, _CellsContext()]
    metadata_schema = {
        **RecordBaseAuditLog.metadata_schema,
        "cells": fields.Int(required=True),
        "products": fields.Int(required=True),
        "columns": fields.Str(required=True),
        "revision": fields.Int(required=True),
    }


class EditAuditLog(CurationAuditLog):
    """Cells were corrected, or set back to what was found."""

    id = "obscore.edit"
    message_template = "User {user_id} corrected data products of {resource_id}."


class ImportAuditLog(CurationAuditLog):
    """A table was taken in."""

    id = "obscore.import"
    message_template = "User {user_id} took a table of data products into {resource_id}."


class UndoAuditLog(CurationAuditLog):
    """A change was undone."""

    id = "obscore.undo"
    message_template = "User {user_id} undid a correction in {resource_id}."


class RedoAuditLog(CurationAuditLog):
    """A change that had been undone was made again."""

    id = "obscore.redo"
    message_template = "User {user_id} corrected data products of {resource_id} again."


class MappingAuditLog(CurationAuditLog):
    """The mapping was changed."""

    id = "obscore.mapping"
    message_template = "User {user_id} changed the mapping of {resource_id}."


class RerunAuditLog(CurationAuditLog):
    """The result of extracting again was taken over."""

    id = "obscore.rerun"
    message_template = "User {user_id} took over another extraction of {resource_id}."


def note(
    uow: UnitOfWork,
    identity: Identity,
    action: type[CurationAuditLog],
    draft: Any,  # noqa: ANN401 - the instance's own draft class
    *,
    revision: int,
    products: int = 0,
    columns: Mapping[str, int] | None = None,
) -> None:
    """Write an entry with the unit of work.

    Parameters
    ----------
    columns
        How many cells of each column changed.
    """
    counted = dict(columns or {})
    more = [f"and {len(counted) - _NAMED} more"] if len(counted) > _NAMED else []
    changed = {
        "cells": sum(counted.values()),
        "products": products,
        "columns": ", ".join([*sorted(counted)[:_NAMED], *more]),
        "revision": revision,
    }
    entry = action.build(identity, draft.pid.pid_value, parent=draft.parent, changed=changed)
    if entry is not None:
        uow.register(AuditLogOp(entry))
