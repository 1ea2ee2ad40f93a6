"""What a worker does with one stored file, from its claim to the published records that wait for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from uuid import UUID

from flask import current_app
from invenio_db import db
from invenio_files_rest.models import FileInstance

from ..errors import FitsError, FitsLimitError, MappingError, NotFitsError, ReaderDiedError, ServiceError
from ..extraction import EXTRACTOR_VERSION
from . import products, queue, reader, reading, verification
from .models import Stage, Status
from .publication import sync_record
from .reading import Claim, Outcome
from .stored_files import drafts_with, records_with

logger = logging.getLogger(__name__)


def attend(file_id: UUID) -> None:
    """Read one queued file, keep what was read, and tell the records that were published meanwhile.

    Returns at once where the file is not queued: a task may come twice, or after its file is gone.
    """
    held = reading.claim(file_id)
    if held is None:
        return
    try:
        with reading.kept(held):
            outcome = _read(file_id)
    except ReaderDiedError as death:
        _again_or_never(held, str(death))
    except ServiceError as error:
        # Nothing is wrong with the file: it stays queued, and the sweep sends it again.
        reading.give_back(held, str(error), counted=False)
    else:
        if reading.finish(held, outcome) and outcome.status is Status.DONE:
            tell_records(file_id)


def tell_records(file_id: UUID) -> None:
    """Bring the published records that hold the file up to date, each in a transaction of its own.

    What fails stays noted (``sync_pending``), and the sweep tries again.
    """
    for record_uuid in records_with(file_id):
        sync_record(record_uuid)
    reading.synced(file_id)
    db.session.commit()


def _again_or_never(held: Claim, death: str) -> None:
    """The process that read the file died; the worker did not."""
    most = current_app.config["OBSCORE_MAX_ATTEMPTS"]
    if held.attempts >= most:
        reading.finish(
            held, Outcome(Status.FAILED, f"{death} This happened {held.attempts} times; it is not tried again.")
        )
    elif reading.give_back(held, f"{death} It is read again.", counted=True):
        queue.send([held.file_id])


def _read(file_id: UUID) -> Outcome:
    """Read the file and compute its products as its drafts will ask for them."""
    try:
        with _stored(file_id) as (stream, size):
            stored = reader.read(stream, size)
        _prepare(file_id, stored)
    except NotFitsError as error:
        return Outcome(Status.IGNORED, str(error))
    except ReaderDiedError:
        raise
    except FitsError as error:
        return Outcome(Status.FAILED, str(error))
    return Outcome(Status.DONE, data=stored, extractor_version=EXTRACTOR_VERSION)


def _prepare(file_id: UUID, stored: bytes) -> None:
    """Fill the cache under the limits of reading, so that a file that kills its reader does so here."""
    contexts = {(key, verification.current(draft, Stage.DRAFT).mapping) for draft, key in drafts_with(file_id)}
    db.session.commit()
    for key, mapping in contexts or {("", "")}:
        try:
            found = reader.products(stored, key, mapping)
        except FitsLimitError:
            raise
        except (FitsError, MappingError) as error:
            # The headers were read: a later extractor or another mapping may do better. The draft shows the reason.
            logger.warning("no products of %s: %s", key, error)
            continue
        products.keep(file_id, products.cache_key(key, mapping), found)
        db.session.commit()


@contextmanager
def _stored(file_id: UUID) -> Iterator[tuple[BinaryIO, int]]:
    """The stored bytes, open and seekable, and their number.

    The bytes are found by their own id: draft and record come and go around a publication, they stay.

    Raises
    ------
    FitsError
        The file is no longer in the store.
    ServiceError
        The store does not answer.
    """
    instance = FileInstance.get(file_id)
    if instance is None or not instance.readable:
        raise FitsError("The file is no longer there.")
    size = instance.size
    storage = instance.storage()
    db.session.commit()  # no transaction stays open while the file is read
    try:
        stream = storage.open("rb")
    except FileNotFoundError as error:
        raise FitsError("The file is missing in the file store.") from error
    except Exception as error:  # noqa: BLE001 - any storage backend, any exception of its own; it is kept as the reason
        logger.warning("the file store does not open %s", file_id, exc_info=True)
        raise ServiceError("The file store does not answer; the file is tried again.") from error
    with stream:
        yield stream, size
