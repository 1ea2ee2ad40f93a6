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
        return cls(readable(os.path.basename(text)), text, size, Path(os.path.abspath(text)).as_uri())

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
        return cast(BinaryIO, _LeftOpen(self.stream))


class _LeftOpen(io.RawIOBase):
    """A stream whose closing is somebody else's, with a position of its own where it seeks: others read it, too."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._seeks = stream, stream.seekable()
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._seeks

    def read(self, size: int | None = -1) -> bytes:
        if self._seeks:
            self._stream.seek(self._position)
        part = self._stream.read(-1 if size is None else size)
        self._position += len(part)
        return part

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._position = self._stream.seek(offset, whence)
        else:
            self._position = max(0, offset + (self._position if whence == io.SEEK_CUR else 0))
        return self._position

    def tell(self) -> int:
        return self._position


def readable(name: str) -> str:
    """A name that can be written: bytes that are no UTF-8, as file systems and tar archives allow, as Latin-1."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        try:
            return name.encode("utf-8", "surrogateescape").decode("latin-1")
        except UnicodeEncodeError:
            return name.encode("utf-8", "replace").decode("utf-8")
    return name


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
