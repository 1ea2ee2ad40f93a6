"""This process's reader: the child process in which hostile headers are parsed and computed with."""

from __future__ import annotations

import atexit
import os
from typing import Any, BinaryIO

from flask import current_app

from ..errors import ObsCoreError, ServiceError
from ..fits.child import ReaderProcess
from ..fits.limits import Limits

#: By process id: a forked process must not talk to its parent's child.
_readers: dict[int, ReaderProcess] = {}


def read(stream: BinaryIO, size: int) -> bytes:
    """What is kept of a stored file (`fits.reading.Reading.to_bytes`).

    The file's name is not part of it: the same bytes may have several.

    Raises
    ------
    FitsError
        The file is no FITS file, damaged in its first header, or passes a limit; `ReaderDiedError` where it killed the
        reader.
    ServiceError
        The file store failed in between.
    """
    try:
        return _reader().read(stream, size=size)
    except ObsCoreError:
        raise
    except Exception as error:  # any storage backend raises its own; the cause stays attached
        raise ServiceError("The file store failed while the file was read; it is tried again.") from error


def products(stored: bytes, name: str, mapping: str) -> list[dict[str, Any]]:
    """Products of what was read, as JSON has them.

    Raises
    ------
    MappingError, FitsError
        See `ReaderProcess.products`.
    """
    return _reader().products(stored, name=name, mapping=mapping)


def _reader() -> ReaderProcess:
    pid = os.getpid()
    if pid not in _readers:
        _readers[pid] = ReaderProcess(Limits(**current_app.config["OBSCORE_READER_LIMITS"]))
    return _readers[pid]


@atexit.register
def close() -> None:
    """End this process's reader."""
    reader = _readers.pop(os.getpid(), None)
    if reader is not None:
        reader.close()
