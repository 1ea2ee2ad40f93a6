"""ZIP containers that are written as they are sent: members stored, so that each can be read by seeking."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, cast

from ...errors import InputError
from .scan import Entry, SourceError

#: The comment by which a container is known as ours when an intake goes on.
MARK = b"invenio obscore deposit"
#: Bytes of a member's headers beside its name, at most.
_OVERHEAD = 200

Progress = Callable[[int], None]


class EmptyContainerError(InputError):
    """No member could be opened: there is nothing to store."""


class _Sink:
    """Where `zipfile` writes to; it finds that it cannot seek, and so never goes back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class Pieces:
    """An iterator of bytes as a stream that is read forward."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``; none at the end."""
        pieces, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            pieces.append(piece)
            length += len(piece)
        data = b"".join(pieces)
        if size < 0:
            size = len(data)
        self._rest = data[size:]
        return data[:size]


def counted(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    """The pieces; their lengths are told."""
    for piece in pieces:
        progress(len(piece))
        yield piece


class Container(Pieces):
    """A ZIP file of these files as a stream; nothing is written to a disk.

    A file that cannot be opened is left out and stands in ``missing``; one that fails later, when its bytes are
    already on their way, raises `SourceError`.
    """

    def __init__(self, entries: Sequence[Entry], progress: Progress) -> None:
        super().__init__(self._write(entries, progress))
        self.missing: list[SourceError] = []

    def _write(self, entries: Sequence[Entry], progress: Progress) -> Iterator[bytes]:
        sink = _Sink()
        with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as archive:
            archive.comment = MARK
            for entry in entries:
                yield from self._add(archive, entry, sink, progress)
            if not archive.filelist:
                raise EmptyContainerError("No file of the container can be opened")
        yield sink.take()

    def _add(self, archive: zipfile.ZipFile, entry: Entry, sink: _Sink, progress: Progress) -> Iterator[bytes]:
        try:
            stream = entry.open()
        except SourceError as error:
            self.missing.append(error)
            return
        with stream, archive.open(_info(entry), "w") as member:
            for piece in counted(entry.chunks(stream), progress):
                member.write(piece)
                yield sink.take()


def _info(entry: Entry) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(entry.name, time.gmtime()[:6])
    info.file_size = entry.size  # by which zipfile decides on ZIP64
    info.external_attr = 0o644 << 16
    return info


def contents(stream: IO[bytes]) -> dict[str, int]:
    """Members of a container of ours with their bytes; none where it is somebody else's."""
    try:
        with zipfile.ZipFile(stream) as archive:
            ours = archive.comment == MARK
            return {info.filename: info.file_size for info in archive.infolist()} if ours else {}
    except zipfile.BadZipFile:
        return {}


def split(entries: Iterable[Entry], *, most: int, most_bytes: int) -> Iterator[list[Entry]]:
    """The files in their order, in parts for one container each; a larger file is alone in its part."""
    part: list[Entry] = []
    size = 0
    for entry in entries:
        if part and (len(part) >= most or size + stored_size([entry]) > most_bytes):
            yield part
            part, size = [], 0
        part.append(entry)
        size += stored_size([entry])
    if part:
        yield part


def stored_size(entries: Iterable[Entry]) -> int:
    """Bytes of a container of these files, at most."""
    return sum(entry.size + 2 * len(entry.name.encode()) + _OVERHEAD for entry in entries) + _OVERHEAD
