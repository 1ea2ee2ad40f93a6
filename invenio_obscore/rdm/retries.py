"""A depositor asks to read a failed file again: after a repair of the store, say, or with a newer version of us."""

from __future__ import annotations

from datetime import timedelta

from flask_principal import Identity
from flask_resources import HTTPJSONException
from invenio_db import db
from sqlalchemy import func, or_, update

from ..errors import ConflictError
from . import access, queue, reading
from .models import ObsCoreReading, Stage, Status

#: How long a depositor waits before the same file is read once more.
_WAIT = timedelta(minutes=2)


def read_again(identity: Identity, recid: str, file_key: str) -> None:
    """Queue a failed file of a draft and commit.

    Raises
    ------
    PermissionDeniedError
        The identity may not change the draft.
    NotFoundError
        There is no such file.
    ConflictError
        The file did not fail.
    HTTPJSONException
        It was asked for a moment ago (429).
    """
    draft = access.draft_to_change(identity, recid)
    file = access.stored_file(identity, draft, Stage.DRAFT, file_key)
    if file.status is not Status.FAILED:
        raise ConflictError("The file did not fail.", remedy="load the list again")
    statement = (
        update(ObsCoreReading)
        .where(
            ObsCoreReading.file_id == file.file_id,
            or_(ObsCoreReading.asked_at.is_(None), ObsCoreReading.asked_at < func.now() - _WAIT),
        )
        .values(asked_at=func.now())
        .returning(ObsCoreReading.file_id)
    )
    if db.session.scalar(statement) is None:
        db.session.rollback()
        raise HTTPJSONException(code=429, description="The file was read again a moment ago; wait two minutes.")
    again = reading.requeue_failed([file.file_id])
    db.session.commit()
    queue.send(again)
