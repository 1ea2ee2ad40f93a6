"""A record's default community names its collection (``obs_collection``): rows follow when that changes.

A community may hold thousands of records, so this happens in a task after the commit. Communities and the choice of a
default one are followed by components. InvenioRDM has none where a record joins a community (a request that is
accepted, an inclusion without review): there the row that ties them is watched.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task
from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_rdm_records.records.models import RDMParentCommunity
from invenio_records_resources.services.uow import TaskOp
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Mapper, Session, object_session

from . import publication, queue

#: Where a session keeps the records that joined a community in its transaction.
_JOINED = "obscore-joined"


@shared_task(ignore_result=True)
def sync_community(community_id: str) -> None:
    """Bring the rows of all records of a community up to date, each record in a transaction of its own."""
    statement = select(RDMParentCommunity.record_id).where(RDMParentCommunity.community_id == UUID(community_id))
    parents = sorted(db.session.scalars(statement))
    db.session.rollback()
    for parent_uuid in parents:
        sync_parent(str(parent_uuid))


@shared_task(ignore_result=True)
def sync_parent(parent_uuid: str) -> None:
    """Bring the rows of one record up to date."""
    with UnitOfWork(db.session) as uow:
        publication.sync_parent(UUID(parent_uuid), uow)
        uow.commit()


class CommunityComponent(ServiceComponent):
    """Follows communities (``COMMUNITIES_SERVICE_COMPONENTS``)."""

    def update(self, identity: Identity, record: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Its title or visibility may be another one now."""
        self._sync(record)

    def delete(self, identity: Identity, record: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Its name is no collection any more."""
        self._sync(record)

    def restore(self, identity: Identity, record: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Its name is one again."""
        self._sync(record)

    def _sync(self, community: Any) -> None:  # noqa: ANN401
        self.uow.register(TaskOp.for_async_apply(sync_community, args=(str(community.id),), **queue.options()))


class RecordCommunitiesComponent(ServiceComponent):
    """Follows the communities of a record (``RDM_RECORD_COMMUNITIES_SERVICE_COMPONENTS``)."""

    def remove_community_from_record(self, identity: Identity, record: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        """The record may have left its default community."""
        self._sync(record)

    def set_default(self, identity: Identity, record: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        """The record has another default community."""
        self._sync(record)

    def _sync(self, record: Any) -> None:  # noqa: ANN401
        self.uow.register(TaskOp.for_async_apply(sync_parent, args=(str(record.parent.id),), **queue.options()))


@event.listens_for(RDMParentCommunity, "after_insert")
def _note_joined(mapper: Mapper[Any], connection: Connection, tie: Any) -> None:  # noqa: ANN401
    session = object_session(tie)
    if session is not None:
        session.info.setdefault(_JOINED, set()).add(str(tie.record_id))


@event.listens_for(db.session, "after_commit")
def _sync_joined(session: Session) -> None:
    """Send the tasks; without a broker ``invenio obscore reconcile`` finds what is left."""
    if session.in_nested_transaction():
        return
    joined = [(parent_uuid,) for parent_uuid in sorted(session.info.pop(_JOINED, ()))]
    queue.ask(queue.Task.SYNC_PARENT, joined, otherwise="a record's collection is not up to date")


@event.listens_for(db.session, "after_rollback")
def _forget_joined(session: Session) -> None:
    session.info.pop(_JOINED, None)
