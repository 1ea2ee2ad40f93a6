"""Where FITS files come from: files, directories, globs, open streams, and the members of ZIP and tar archives.

A source says what a file is called and opens it; nothing is read before that but the first bytes of files whose names
do not say that they are FITS.
"""

from __future__ import annotations

import glob
import io
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import FitsError, InputError
from .streams import compression, first_bytes

#: Endings of FITS files, with those of the stream compressions.
FITS_NAME = re.compile(r"(?i).*\.(fits|fit|fts|fits\.fz|fz|ftz|fits\.header)(\.(gz|bz2|xz|z))?$")
ARCHIVE_NAME = re.compile(r"(?i).*\.(zip|tar|tar\.(gz|bz2|xz)|tgz|tbz2?|txz)$")
_SIMPLE = b"SIMPLE  ="
_HIDDEN = re.compile(r"\.|__MACOSX$")


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


Location = str | os.PathLike[str] | BinaryIO | Source


def find(paths: Location | Iterable[Location]) -> Iterator[Source]:
    """The FITS files of files, directories (with all below), globs, archives and open streams.

    In directories and archives a file counts as FITS by its name or its first bytes; a file that is named itself is
    given in any case. Files come in the order of their names; hidden ones are left out.

    Raises
    ------
    InputError
        There is no such file, or a glob matches nothing.
    """
    locations = [paths] if isinstance(paths, (str, os.PathLike, Source)) or hasattr(paths, "read") else paths
    for location in cast(Iterable[Location], locations):
        yield from _find(location)


def _find(location: Location) -> Iterator[Source]:
    if isinstance(location, Source):
        yield from _expanded(location)
    elif hasattr(location, "read"):
        yield from _expanded(StreamSource.of(cast(BinaryIO, location)))
    else:
        yield from _at_path(os.fspath(cast(str, location)))


def _at_path(path: str) -> Iterator[Source]:
    if os.path.isdir(path):
        yield from _in_directory(path)
    elif os.path.exists(path):
        yield from _expanded(FileSource.of(path))
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            raise InputError(f"{path}: matches no file")
        for match in matches:
            yield from _at_path(match)
    else:
        raise InputError(f"{path}: no such file or directory")


def _in_directory(top: str) -> Iterator[Source]:
    """Every FITS file below a directory; links to directories are followed once."""
    seen: set[tuple[int, int]] = set()
    problems: list[OSError] = []
    for directory, below, names in os.walk(top, followlinks=True, onerror=problems.append):
        status = os.stat(directory)
        if (status.st_dev, status.st_ino) in seen:
            below.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        below[:] = sorted(name for name in below if not _HIDDEN.match(name))
        for name in sorted(names):
            if not _HIDDEN.match(name):
                yield from _listed(FileSource.of(os.path.join(directory, name)))
    for error in problems:
        message = f"{error.filename}: {error.strerror}"
        yield Source(os.path.basename(str(error.filename)), str(error.filename), problem=FitsError(message))


def _expanded(source: Source) -> Iterator[Source]:
    """A source that was named itself: an archive's members, else itself."""
    from .archives import kind_of, members

    if kind_of(source):
        yield from members(source)
    else:
        yield source


def _listed(source: FileSource) -> Iterator[Source]:
    """A file that was met in a directory: itself if it is FITS, its members if it is an archive."""
    if FITS_NAME.match(source.name):
        yield source
        return
    if not os.path.isfile(source.path):
        return
    from .archives import kind_of, members

    if ARCHIVE_NAME.match(source.name) and kind_of(source):
        yield from members(source)
    elif looks_like_fits(source):
        yield source


def looks_like_fits(source: Source) -> bool:
    """Whether a file begins as FITS does (FITS 4.0, section 4.4.1.1), compressed or not."""
    try:
        with source.open() as stream:
            start = stream.read(4096)
            return start.startswith(_SIMPLE) or (
                bool(compression(start)) and first_bytes(start, len(_SIMPLE)) == _SIMPLE
            )
    except (FitsError, OSError):
        return False


def is_fits_name(name: str) -> bool:
    """Whether a file's name says that it is FITS; what macOS puts beside files in archives is none."""
    pieces = name.split("/")
    return bool(FITS_NAME.match(posixpath.basename(name))) and not any(_HIDDEN.match(piece) for piece in pieces)
