"""This process's reader: the child process in which hostile headers are parsed and computed with."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from flask import current_app, has_request_context

from ..errors import ObsCoreError, ServiceError
from ..fits.archive_child import ArchiveReader, Extracted, StoredPart
from ..fits.limits import Limits

#: What a client waits for one file at most; a worker may take as long as ``OBSCORE_READER_LIMITS`` says.
_SECONDS_IN_REQUEST = 10.0
#: By process id (a forked process must not talk to its parent's child), and whether a client waits.
_readers: dict[tuple[int, bool], ArchiveReader] = {}


def parts(stream: BinaryIO, size: int, start: int = 0) -> Iterator[StoredPart]:
    """What is kept of a stored file; of an archive's members, from number ``start`` on, some hundred at a time.

    The file's name is not part of it: the same bytes may have several.

    Raises
    ------
    FitsError
        The file is no FITS file, damaged in its first header, or passes a limit; `ReaderDiedError` where it killed the
        reader. An archive's members keep such problems to themselves.
    ServiceError
        The file store failed in between.
    """
    found = _reader().parts(stream, size=size, start=start)
    while True:
        try:
            part = next(found)
        except StopIteration:
            return
        except ObsCoreError:
            raise
        except Exception as error:  # any storage backend raises its own; the cause stays attached
            raise ServiceError("The file store failed while the file was read; it is tried again.") from error
        yield part


def extract(stored: bytes, name: str, mapping: str) -> Extracted:
    """Products of what was read and what has none, as JSON has them.

    Raises
    ------
    MappingError, FitsError
        See `ArchiveReader.extract`.
    """
    return _reader().extract(stored, name=name, mapping=mapping)


def products(stored: bytes, name: str, mapping: str) -> list[dict[str, Any]]:
    """Products of what was read, as JSON has them.

    Raises
    ------
    MappingError, FitsError
        See `ReaderProcess.products`.
    """
    return _reader().products(stored, name=name, mapping=mapping)


def _reader() -> ArchiveReader:
    name = (os.getpid(), has_request_context())
    if name not in _readers:
        limits = Limits(**current_app.config["OBSCORE_READER_LIMITS"])
        if has_request_context():
            limits = replace(limits, seconds=min(limits.seconds, _SECONDS_IN_REQUEST))
        _readers[name] = ArchiveReader(limits)
    return _readers[name]


@atexit.register
def close() -> None:
    """End this process's readers."""
    for name in [name for name in _readers if name[0] == os.getpid()]:
        _readers.pop(name).close()
