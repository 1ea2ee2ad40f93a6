"""One FITS file, wherever it lies: what it is called, and how it is opened."""

from __future__ import annotations

import io
import os
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import FitsError
from .limits import Deadline, Limits
from .streams import open_stream

#: Endings of FITS files, with those of the stream compressions.
FITS_NAME = re.compile(r"(?i).*\.(fits|fit|fts|fits\.fz|fz|ftz)(\.(gz|bz2|xz|z))?$")
_HIDDEN = re.compile(r"\.[^.]|__MACOSX$")
_START = b"SIMPLE  ="
#: Enough to see how a file begins, compressed or not.
_GLANCE = Limits(inflated_bytes=2**16, seconds=5.0)


@dataclass
class Source:
    """One FITS file, wherever it lies.

    Attributes
    ----------
    name
        File name without directories.
    path
        Path as the user gave it, or a file's key; a member has its archive's.
    size
        Bytes, or None where they are not known.
    uri
        Address of the file; of a member ``zip:file:///…/a.zip!/dir/m.fits`` (``tar:`` too).
    member
        Path inside an archive, else empty.
    problem
        Why it cannot be opened, where that is known before.
    """

    name: str
    path: str = ""
    size: int | None = None
    uri: str = ""
    member: str = ""
    problem: FitsError | None = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        """The bytes from their beginning; a stream that cannot seek is read forward only.

        Raises
        ------
        FitsError
            :attr:`problem`, or the file is gone.
        """
        raise self.problem or FitsError(f"{self.name}: nothing to open")

    @property
    def portable(self) -> bool:
        """Whether another process can open it, in any order with others."""
        return False


@dataclass
class FileSource(Source):
    """A file on a local disk."""

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> FileSource:
        """The source for a path; its size is None where the file cannot be looked at."""
        text = os.fspath(path)
        try:
            size = os.stat(text).st_size
        except OSError:
            size = None
        return cls(os.path.basename(text), text, size, Path(os.path.abspath(text)).as_uri())

    @property
    def portable(self) -> bool:
        """See :attr:`Source.portable`."""
        return True

    def open(self) -> BinaryIO:
        """See :meth:`Source.open`."""
        if self.problem:
            raise self.problem
        try:
            return open(self.path, "rb")
        except OSError as error:
            raise FitsError(f"{self.path}: {error.strerror or error}") from error


@dataclass
class StreamSource(Source):
    """An open binary stream of the caller's, who closes it."""

    stream: BinaryIO = field(default_factory=io.BytesIO, repr=False)

    @classmethod
    def of(cls, stream: BinaryIO, name: str = "", path: str = "") -> StreamSource:
        """The source for a stream; ``name`` defaults to the stream's own."""
        own = getattr(stream, "name", "")
        name = name or (os.path.basename(own) if isinstance(own, str) else "")
        size = stream.seek(0, io.SEEK_END) if stream.seekable() else None
        return cls(name, path or name, size, "", "", None, stream)

    def open(self) -> BinaryIO:
        """See :meth:`Source.open`; closing what it gives leaves the stream open."""
        if self.problem:
            raise self.problem
        if self.stream.seekable():
            self.stream.seek(0)
        return cast(BinaryIO, _LeftOpen(self.stream))


class _LeftOpen(io.RawIOBase):
    """A stream whose closing is somebody else's."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def read(self, size: int | None = -1) -> bytes:
        return self._stream.read(-1 if size is None else size)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        part = self._stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def looks_like_fits(source: Source) -> bool:
    """Whether a file begins as FITS does (FITS 4.0, section 4.4.1.1), compressed or not."""
    try:
        with source.open() as stream:
            start, _ = open_stream(stream, _GLANCE, Deadline(_GLANCE.seconds), size=source.size)
            return start.read(len(_START)) == _START
    except (FitsError, OSError, EOFError):
        return False


def is_hidden(path: str) -> bool:
    """Whether a piece of a path is hidden, or what macOS puts beside files in archives."""
    return any(_HIDDEN.match(piece) for piece in path.split("/"))


def is_fits_name(path: str) -> bool:
    """Whether a file's name says that it is FITS."""
    return bool(FITS_NAME.match(posixpath.basename(path))) and not is_hidden(path)
