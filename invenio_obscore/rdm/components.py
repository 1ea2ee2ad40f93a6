"""Where InvenioRDM's record life meets `ivoa.obscore`: each transition that changes what is public.

Components run inside InvenioRDM's own unit of work; an error here undoes the transition: rows and record never part.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_i18n import gettext as _
from marshmallow import ValidationError
from sqlalchemy import exists, select

from . import custom_fields, doi_backlog, publication
from .models import ObsCoreWork


class PublicationComponent(ServiceComponent):
    """Writes and removes rows (``RDM_RECORDS_SERVICE_COMPONENTS``, after the defaults: the DOI is there by then)."""

    def create(self, identity: Identity, data: Any = None, record: Any = None, errors: Any = None) -> None:  # noqa: ANN401
        """Discard what a user wrote into our fields."""
        _strip(record)

    def update_draft(self, identity: Identity, data: Any = None, record: Any = None, errors: Any = None) -> None:  # noqa: ANN401
        """Discard what a user wrote into our fields."""
        _strip(record)

    def edit(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """A draft carries none of our fields: they tell what is public."""
        _strip(draft)

    def new_version(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """The same."""
        _strip(draft)

    def publish(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Rows of what the depositor verified, in the transaction that publishes the record.

        Raises
        ------
        ValidationError
            A task has still to make an edit: the rows are not what somebody wants them to be.
        """
        _require_no_edit(draft.id)
        _strip(record)
        publication.publish(record, self.uow)
        doi_backlog.expect(record)

    def lift_embargo(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Rows of what an embargo hid; the DOI is reserved first, since the rows name it."""
        self.service.pids.pid_manager.create_and_reserve(record)
        publication.sync(record, self.uow)
        doi_backlog.expect(record)

    def delete_record(self, identity: Identity, data: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """No rows of a tombstone; the version before returns."""
        publication.sync(record, self.uow)
        doi_backlog.expect(record)

    def restore_record(self, identity: Identity, data: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """The rows come back as they were published."""
        publication.sync(record, self.uow)
        doi_backlog.expect(record)


def _require_no_edit(draft_uuid: UUID) -> None:
    waiting = exists().where(
        ObsCoreWork.record_uuid == draft_uuid, ObsCoreWork.kind == "edit", ObsCoreWork.state == "running"
    )
    if db.session.scalar(select(waiting)):
        text = _("An edit of many data products is still being worked in. Publish when that is done.")
        raise ValidationError(text, "files.obscore")


def _strip(record: Any) -> None:  # noqa: ANN401
    kept = custom_fields.strip(record.custom_fields)
    if kept != dict(record.custom_fields):
        record.custom_fields = kept
