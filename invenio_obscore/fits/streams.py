"""Byte streams that headers are read from: seekable files, and compressed ones inflated under a bound."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

import uncompresspy

from ..errors import FitsError, FitsLimitError, TruncatedFitsError
from .limits import Deadline, Limits

_CHUNK = 2**18

#: First bytes of the stream compressions, their names, and how each is opened.
_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[BinaryIO], object]], ...] = (
    (b"\x1f\x8b", "gzip", lambda f: gzip.GzipFile(fileobj=f)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
    (b"\x1f\x9d", "compress", lambda f: uncompresspy.LZWFile(f)),
)
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError)


class HeaderStream(Protocol):
    """What reading headers needs of a file: positions count from its (inflated) beginning."""

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end."""

    def go_to(self, position: int) -> bool:
        """Move there; False when the file ends before."""

    def reachable(self, position: int) -> bool:
        """Whether the limits let us get there at all."""


class SeekableStream:
    """A file that seeks: what lies between is never read."""

    def __init__(self, stream: BinaryIO, size: int | None = None) -> None:
        self._stream = stream
        if size is None:
            size = stream.seek(0, 2)
        self.size = size
        stream.seek(0)

    def read(self, size: int) -> bytes:
        """See `HeaderStream.read`."""
        parts, left = [], size
        while left > 0:
            part = self._stream.read(left)
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def go_to(self, position: int) -> bool:
        """See `HeaderStream.go_to`."""
        if position > self.size:
            return False
        self._stream.seek(position)
        return True

    def reachable(self, position: int) -> bool:
        """See `HeaderStream.reachable`."""
        return True


class InflatedStream:
    """A compressed file read forward only, within a number of bytes and seconds.

    ``go_to`` a place that lies behind raises `ValueError`: a mistake of ours, not of the file's.
    """

    def __init__(self, stream: BinaryIO, limits: Limits, deadline: Deadline) -> None:
        self._stream, self._limit, self._deadline = stream, limits.inflated_bytes, deadline
        self.position = 0

    def read(self, size: int) -> bytes:
        """See `HeaderStream.read`."""
        parts, left = [], size
        while left > 0:
            part = self._inflate(min(left, _CHUNK))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _inflate(self, size: int) -> bytes:
        self._deadline.check()
        if self.position + size > self._limit:
            raise FitsLimitError(f"the file inflates to more than {self._limit} bytes")
        try:
            part = self._stream.read(size)
        except _BROKEN as error:
            raise TruncatedFitsError(
                f"the compressed file is damaged or cut at byte {self.position} of its content: {error}"
            ) from error
        self.position += len(part)
        return part

    def go_to(self, position: int) -> bool:
        """See `HeaderStream.go_to`."""
        if position < self.position:
            raise ValueError("a compressed file is read forward only")
        while self.position < position:
            if not self._inflate(min(_CHUNK, position - self.position)):
                return False
        return True

    def reachable(self, position: int) -> bool:
        """See `HeaderStream.reachable`."""
        return position <= self._limit


def compression(start: bytes) -> str:
    """Name of the stream compression that a file's first bytes show, or an empty text."""
    return next((name for magic, name, _ in _COMPRESSIONS if start.startswith(magic)), "")


def open_stream(
    stream: BinaryIO, limits: Limits, deadline: Deadline, *, size: int | None = None
) -> tuple[HeaderStream, str]:
    """The stream to read headers from, and the file's format (``fits``, ``gzip``, ``bzip2``, ``xz``, ``compress``).

    A stream that cannot seek is read forward, under the same bound as a compressed one.
    """
    if not stream.seekable():
        return _open_forward(stream, limits, deadline)
    stream.seek(0)
    start = stream.read(6)
    name = compression(start)
    if name:
        stream.seek(0)
        return InflatedStream(_inflater(name, stream), limits, deadline), name
    return SeekableStream(stream, size), "fits"


def _inflater(name: str, stream: BinaryIO) -> BinaryIO:
    opener = next(o for _, n, o in _COMPRESSIONS if n == name)
    try:
        return cast(BinaryIO, opener(stream))
    except _BROKEN as error:
        raise FitsError(f"the {name} file cannot be inflated: {error}") from error


def _open_forward(stream: BinaryIO, limits: Limits, deadline: Deadline) -> tuple[HeaderStream, str]:
    pushed = _PushedBack(stream)
    name = compression(pushed.peek(6))
    inner = _inflater(name, cast(BinaryIO, pushed)) if name else cast(BinaryIO, pushed)
    return InflatedStream(inner, limits, deadline), name or "fits"


class _PushedBack:
    """A forward stream whose first bytes were looked at."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._pending = stream, b""

    def peek(self, size: int) -> bytes:
        while len(self._pending) < size:
            part = self._stream.read(size - len(self._pending))
            if not part:
                break
            self._pending += part
        return self._pending

    def read(self, size: int = -1) -> bytes:
        if not self._pending:
            return self._stream.read(size)
        part, self._pending = (self._pending, b"") if size < 0 else (self._pending[:size], self._pending[size:])
        return part

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return True
