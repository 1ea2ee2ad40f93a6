"""Streams over the bytes of one member of an archive: a range that seeks, and two that are read forward only."""

from __future__ import annotations

import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from ..errors import FitsError, TruncatedFitsError

_CHUNK = 2**16


class Range(io.RawIOBase):
    """A range of bytes of another stream, as a stream that seeks; closing it closes the other."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        self._stream, self._start, self._length = stream, start, length
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """See `io.RawIOBase.readinto`."""
        size = max(0, min(len(buffer), self._length - self._position))
        self._stream.seek(self._start + self._position)
        data = self._stream.read(size)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Position in the range."""
        return self._position

    def close(self) -> None:
        """Close it and the stream below."""
        self._stream.close()
        super().close()


class Mended(io.RawIOBase):
    """Another stream with some bytes changed; closing it leaves the other open.

    Parameters
    ----------
    stream
        It seeks.
    changes
        Position → byte.
    """

    def __init__(self, stream: BinaryIO, changes: Mapping[int, int]) -> None:
        self._stream, self._changes = stream, changes

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """See `io.RawIOBase.read`."""
        begin = self._stream.tell()
        data = bytearray(self._stream.read(-1 if size is None else size))
        for position, byte in self._changes.items():
            if begin <= position < begin + len(data):
                data[position - begin] = byte
        return bytes(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """See `io.IOBase.tell`."""
        return self._stream.tell()


class _ForwardOnly(io.RawIOBase, ABC):
    """Bytes that come one after another."""

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Never."""
        return False

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """See `io.RawIOBase.readinto`."""
        data = self._following(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    @abstractmethod
    def _following(self, size: int) -> bytes:
        """The next bytes, at most ``size``; none at the end."""


class Inflated(_ForwardOnly):
    """The inflated bytes of a range.

    Parameters
    ----------
    part
        The compressed bytes; closed with this stream.
    decompressor
        Of `zlib` or `bz2`.
    """

    def __init__(self, part: Range, decompressor: Any) -> None:  # noqa: ANN401  # zlib's has no public type
        self._part, self._decompressor = part, decompressor
        self._pending = b""

    def _following(self, size: int) -> bytes:
        data = b""
        while not data and not self._decompressor.eof:
            if not self._pending and getattr(self._decompressor, "needs_input", True):
                self._pending = self._part.read(_CHUNK) or b""
                if not self._pending:
                    raise TruncatedFitsError("the compressed member ends too early")
            data = self._inflate(size)
        return data

    def _inflate(self, size: int) -> bytes:
        pending, self._pending = self._pending, b""
        try:
            data: bytes = self._decompressor.decompress(pending, size)
        except (zlib.error, OSError) as error:
            raise FitsError(f"the compressed member is damaged: {error}") from error
        self._pending = getattr(self._decompressor, "unconsumed_tail", b"")
        return data

    def close(self) -> None:
        """Close it and the range below."""
        self._part.close()
        super().close()


class Positioned(Protocol):
    """What `Rest` reads from: an archive that is inflated only once."""

    def read(self, size: int) -> bytes:
        """Up to so many bytes."""

    def tell(self) -> int:
        """Where the next byte is."""


class Rest(_ForwardOnly):
    """The next bytes of an inflated archive; closing it leaves the archive where it is."""

    def __init__(self, archive: Positioned, length: int) -> None:
        self._archive, self._left = archive, length
        self._position = archive.tell()

    def _following(self, size: int) -> bytes:
        if self._archive.tell() != self._position:
            raise OSError("a later member of the compressed archive was opened in the meantime")
        data = self._archive.read(min(size, self._left, _CHUNK))
        self._position += len(data)
        self._left -= len(data)
        return data
