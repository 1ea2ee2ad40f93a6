"""What a worker does with one stored file, from its claim to the published records that wait for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO
from uuid import UUID

from flask import current_app
from invenio_db import db
from invenio_files_rest.models import FileInstance

from ..errors import ConflictError, FitsError, NotFitsError, ReaderDiedError, ServiceError
from ..extraction import EXTRACTOR_VERSION
from . import checks, extractions, products, queue, reader, reading, sheets, verification
from .models import Stage, Status
from .publication import sync_record
from .reading import Claim, Outcome
from .stored_files import drafts_with, list_files, records_with

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
            outcome = _read(held)
    except ReaderDiedError as death:
        _again_or_never(held, str(death))
    except ServiceError as error:
        # Nothing is wrong with the file: it stays queued, and the sweep sends it again.
        reading.give_back(held, str(error), counted=False)
    except ConflictError:
        logger.info("the file %s is somebody else's by now", file_id)
    else:
        if reading.finish(held, outcome):
            if outcome.status is Status.DONE:
                tell_records(file_id)
            for draft_uuid, _ in drafts_with(file_id):
                sheets.forget_counts(draft_uuid)
                db.session.commit()
                checks.run_again(draft_uuid)


def tell_records(file_id: UUID) -> None:
    """Bring the published records that hold the file up to date, each in a transaction of its own.

    What fails stays noted (``sync_pending``), and the sweep tries again.
    """
    for record_uuid in records_with(file_id):
        files = [file for file in list_files(record_uuid, Stage.PUBLISHED) if file.file_id == file_id]
        products.compute_all(files, verification.current(record_uuid, Stage.PUBLISHED).mapping)
        sync_record(record_uuid)
    reading.synced(file_id)
    db.session.commit()


def _again_or_never(held: Claim, death: str) -> None:
    """The process that read the file died; the worker did not."""
    most = current_app.config["OBSCORE_MAX_ATTEMPTS"]
    if held.attempts >= most:
        reason = f"{death} This happened {held.attempts} times; it is not tried again."
        reading.finish(held, Outcome(Status.FAILED, reason, cause="reader"))
    elif reading.give_back(held, f"{death} It is read again.", counted=True):
        queue.send([held.file_id])


def _read(held: Claim) -> Outcome:
    """Read the file, as far as nobody has, and compute its products as its drafts will ask for them."""
    try:
        if not held.read_whole:
            with open_stored(held.file_id) as (stream, size):
                for part in reader.parts(stream, size, held.done_count):
                    reading.keep(held, part)
            reading.read_whole(held)
        _prepare(held)
    except NotFitsError as error:
        return Outcome(Status.IGNORED, str(error))
    except ReaderDiedError:
        raise
    except FitsError as error:
        return Outcome(Status.FAILED, str(error), cause="file")
    return Outcome(Status.DONE, extractor_version=EXTRACTOR_VERSION)


def _prepare(held: Claim) -> None:
    """Fill the cache for all who hold the file, under the limits of reading: what kills its reader does so here."""
    file_id = held.file_id
    contexts = {(key, verification.current(draft, Stage.DRAFT).mapping) for draft, key in drafts_with(file_id)}
    for record in records_with(file_id):
        mapping = verification.current(record, Stage.PUBLISHED).mapping
        mine = (file for file in list_files(record, Stage.PUBLISHED) if file.file_id == file_id)
        contexts |= {(file.key, mapping) for file in mine}
    db.session.commit()
    for key, mapping in sorted(contexts):
        extractions.compute(file_id, key, mapping, on_piece=partial(reading.progressed, held))


@contextmanager
def open_stored(file_id: UUID) -> Iterator[tuple[BinaryIO, int]]:
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
