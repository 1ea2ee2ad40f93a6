"""Sends work to the workers, once the database has committed.

Tasks are asked for by name: who asks for work imports nothing of who does it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from celery import signature
from flask import current_app
from invenio_db import db
from invenio_db.uow import Operation, UnitOfWork
from kombu.exceptions import OperationalError

from . import reading

logger = logging.getLogger(__name__)

_SECONDS_TO_COMMIT = 10


class Task(StrEnum):
    """The tasks that a change or somebody who looks asks for, by Celery's names."""

    ATTEND = "invenio_obscore.rdm.catalogues.tasks.attend"
    CHECK_DRAFT = "invenio_obscore.rdm.tasks.check_draft"
    COMPARE = "invenio_obscore.rdm.catalogues.tasks.compare"
    DRAW_PREVIEWS = "invenio_obscore.rdm.preview_tasks.draw_previews"
    PREPARE_DRAFT = "invenio_obscore.rdm.tasks.prepare_draft"
    READ_STORED_FILE = "invenio_obscore.rdm.tasks.read_stored_file"
    SWEEP = "invenio_obscore.rdm.tasks.sweep"
    SYNC_PARENT = "invenio_obscore.rdm.communities.sync_parent"
    TELL_RECORDS = "invenio_obscore.rdm.tasks.tell_records"


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
        """Send the tasks."""
        send_tell(self._file_ids)


class FollowChangeOp(Operation):
    """Have what follows from a change of a draft done after the commit, by a task.

    What the broker does not take waits for whoever looks at the draft: a change that is made is no failure.
    """

    def __init__(self, task: Task, draft_uuid: UUID) -> None:
        self._task, self._draft_uuid = task, draft_uuid

    def on_post_commit(self, uow: UnitOfWork) -> None:
        """Send the task."""
        ask(self._task, [self._draft_uuid], otherwise="what follows from a change waits")


def retry(file_ids: Collection[UUID] = ()) -> list[UUID]:
    """Read failed files again (all, or these), commit, and return them."""
    again = reading.requeue_failed(file_ids)
    db.session.commit()
    send(again)
    return again


def send(file_ids: Iterable[UUID]) -> None:
    """Have these files read."""
    ask(Task.READ_STORED_FILE, file_ids, otherwise="the sweep will send the files again")


def send_tell(file_ids: Iterable[UUID]) -> None:
    """Have the records of these files told."""
    ask(Task.TELL_RECORDS, file_ids, otherwise="the sweep will tell the records")


def send_check(draft_uuid: UUID) -> None:
    """Ask for a check when the present transaction has ended; without a broker the next saving must do."""
    ask(Task.CHECK_DRAFT, [draft_uuid], otherwise="a draft is not checked again", countdown=_SECONDS_TO_COMMIT)


def send_prepare(draft_uuid: UUID) -> None:
    """Ask for a draft's products; without a broker whoever looks at the draft later asks again."""
    ask(Task.PREPARE_DRAFT, [draft_uuid], otherwise="a draft's products wait")


def send_sweep(*, countdown: float = 0) -> None:
    """Ask for a sweep beside the periodic ones; without a broker the periodic ones must do."""
    ask(Task.SWEEP, [()], otherwise="a sweep was not sent", countdown=countdown, expires=countdown + 60)


def ask(
    task: Task,
    wanted: Iterable[UUID | Sequence[Any]],
    *,
    otherwise: str,
    own: str = "",
    **how: Any,  # noqa: ANN401
) -> None:
    """Send a task for each of these; a broker that is down is no failure of whoever asks.

    Parameters
    ----------
    wanted
        The id that each task gets, or all its arguments.
    otherwise
        What becomes of those that the broker does not take, for the log.
    own
        See :func:`options`.
    how
        More of Celery's options.
    """
    try:
        for one in wanted:
            arguments = (str(one),) if isinstance(one, UUID) else tuple(one)
            signature(task.value, args=arguments).apply_async(**options(own=own), **how)
    except OperationalError:
        logger.warning("the message broker does not answer: %s", otherwise, exc_info=True)


def options(*, own: str = "") -> dict[str, Any]:
    """Celery options of every task of ours: the default queue unless the operator names one.

    Parameters
    ----------
    own
        Setting that may name another queue for some tasks.
    """
    queue = (own and current_app.config[own]) or current_app.config["OBSCORE_QUEUE"]
    return {"queue": queue} if queue else {}
