"""This process's reader: the child process in which hostile headers are parsed and computed with."""

from __future__ import annotations

import atexit
import os
from dataclasses import replace
from typing import Any, BinaryIO

from flask import current_app, has_request_context

from ..errors import ObsCoreError, ServiceError
from ..fits.child import ReaderProcess
from ..fits.limits import Limits

#: What a client waits for one file at most; a worker may take as long as ``OBSCORE_READER_LIMITS`` says.
_SECONDS_IN_REQUEST = 10.0
#: By process id (a forked process must not talk to its parent's child), and whether a client waits.
_readers: dict[tuple[int, bool], ReaderProcess] = {}


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
    name = (os.getpid(), has_request_context())
    if name not in _readers:
        limits = Limits(**current_app.config["OBSCORE_READER_LIMITS"])
        if has_request_context():
            limits = replace(limits, seconds=min(limits.seconds, _SECONDS_IN_REQUEST))
        _readers[name] = ReaderProcess(limits)
    return _readers[name]


@atexit.register
def close() -> None:
    """End this process's readers."""
    for name in [name for name in _readers if name[0] == os.getpid()]:
        _readers.pop(name).close()
