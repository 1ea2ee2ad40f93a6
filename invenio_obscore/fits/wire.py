"""Frames between a worker and its reader process, and a file whose bytes come through them."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")
_MOST_FRAME = 512 * 2**20
#: Most bytes of a file that one frame carries.
MOST_READ = 4 * 2**20


def frame(header: dict[str, Any], payload: bytes) -> bytes:
    """A JSON header and bytes, each with its length before it."""
    text = json.dumps(header).encode("ascii")
    return _LENGTH.pack(len(text)) + _LENGTH.pack(len(payload)) + text + payload


def unframe(exactly: Callable[[int], bytes]) -> tuple[dict[str, Any], bytes]:
    """The next frame, from a function that reads exactly so many bytes."""
    head, size = (_LENGTH.unpack(exactly(4))[0] for _ in range(2))
    if head + size > _MOST_FRAME:
        raise EOFError
    header: dict[str, Any] = json.loads(exactly(head))
    return header, exactly(size)


class Parent:
    """The parent as the child sees it."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._in, self._out = incoming, outgoing

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._in.read(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """The next frame."""
        return unframe(self._exactly)

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send a frame."""
        self._out.write(frame(header, payload))
        self._out.flush()


class RemoteFile(io.RawIOBase):
    """A file whose bytes the parent hands over."""

    def __init__(self, parent: Parent, size: int) -> None:
        super().__init__()
        self._parent, self._size, self._position = parent, size, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # any writable buffer
        """Ask the parent for bytes."""
        wanted = min(len(buffer), self._size - self._position, MOST_READ)
        if wanted <= 0:
            return 0
        self._parent.send({"at": self._position, "size": wanted})
        _, data = self._parent.receive()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
