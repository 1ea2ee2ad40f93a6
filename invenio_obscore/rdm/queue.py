"""Sends files to the workers once the database has committed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from flask import current_app
from invenio_db import db
from invenio_db.uow import Operation, UnitOfWork
from kombu.exceptions import OperationalError

from . import reading

logger = logging.getLogger(__name__)


class ReadFilesOp(Operation):
    """Queue the reading of files: their rows in the transaction, their tasks after the commit.

    A broker that is down costs nothing but time: the rows are there, and the sweep sends the tasks again.
    """

    def __init__(self, file_ids: Iterable[UUID]) -> None:
        self._file_ids = list(file_ids)
        self._new: list[UUID] = []

    def on_register(self, uow: UnitOfWork) -> None:
        """Write the rows of files that have none."""
        self._new = reading.ensure(self._file_ids)

    def on_post_commit(self, uow: UnitOfWork) -> None:
        """Send the tasks."""
        send(self._new)


class TellRecordsOp(Operation):
    """Have the products of archives computed and their records told, after the commit."""

    def __init__(self, file_ids: Iterable[UUID]) -> None:
        self._file_ids = list(file_ids)

    def on_post_commit(self, uow: UnitOfWork) -> None:
        """Send the tasks; what the broker does not take waits for the sweep."""
        from .tasks import tell_records

        try:
            for file_id in self._file_ids:
                tell_records.apply_async(args=(str(file_id),), **options())
        except OperationalError:
            logger.warning("the message broker does not answer; the sweep will tell the records", exc_info=True)


class FollowChangeOp(Operation):
    """Have what follows from a change of a draft done after the commit, by a task.

    What the broker does not take waits for whoever looks at the draft: a change that is made is no failure.
    """

    def __init__(self, task: Any, draft_uuid: UUID) -> None:  # noqa: ANN401 - a Celery task
        self._task, self._draft_uuid = task, draft_uuid

    def on_post_commit(self, uow: UnitOfWork) -> None:
        """Send the task."""
        try:
            self._task.apply_async(args=(str(self._draft_uuid),), **options())
        except OperationalError:
            logger.warning("the message broker does not answer; what follows from a change waits", exc_info=True)


def retry(file_ids: Collection[UUID] = ()) -> list[UUID]:
    """Read failed files again (all, or these), commit, and return them."""
    again = reading.requeue_failed(file_ids)
    db.session.commit()
    send(again)
    return again


def send(file_ids: Iterable[UUID]) -> None:
    """Send a task for each file; what the broker does not take waits for the sweep."""
    from .tasks import read_stored_file

    try:
        for file_id in file_ids:
            read_stored_file.apply_async(args=(str(file_id),), **options())
    except OperationalError:
        logger.warning("the message broker does not answer; the sweep will send the files again", exc_info=True)


def options(*, own: str = "") -> dict[str, Any]:
    """Celery options of every task of ours: the default queue unless the operator names one.

    Parameters
    ----------
    own
        Setting that may name another queue for some tasks.
    """
    queue = (own and current_app.config[own]) or current_app.config["OBSCORE_QUEUE"]
    return {"queue": queue} if queue else {}
