"""Where FITS files come from: files, directories, globs, open streams, and the members of ZIP and tar archives.

Nothing is read here but the first bytes of files whose names do not say that they are FITS.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from ..errors import FitsError, InputError
from .archives import ARCHIVE_NAME, kind_of, members
from .files import FileSource, Source, StreamSource, is_fits_name, is_hidden, looks_like_fits

__all__ = ("FileSource", "Location", "Source", "StreamSource", "find", "kind_of", "members")

Location = str | os.PathLike[str] | BinaryIO | Source


def find(paths: Location | Iterable[Location], *, inflate: bool = True) -> Iterator[Source]:
    """The FITS files of files, directories (with all below), globs, archives and open streams.

    In directories and archives a file counts as FITS by its name or its first bytes; a file that is named itself is
    given in any case. Files come in the order of their names; hidden ones are left out. Without ``inflate`` a
    compressed tar archive comes as itself: finding its members would read it through.

    Raises
    ------
    InputError
        There is no such file, or a glob matches nothing.
    """
    locations = [paths] if isinstance(paths, (str, os.PathLike, Source)) or hasattr(paths, "read") else paths
    for location in cast(Iterable[Location], locations):
        yield from _find(location, inflate)


def _find(location: Location, inflate: bool) -> Iterator[Source]:
    if isinstance(location, Source):
        yield from _expanded(location, inflate)
    elif hasattr(location, "read"):
        yield from _expanded(StreamSource.of(cast(BinaryIO, location)), inflate)
    else:
        yield from _at_path(os.fspath(cast(str, location)), inflate)


def _at_path(path: str, inflate: bool) -> Iterator[Source]:
    if os.path.isdir(path):
        yield from _in_directory(path, inflate)
    elif os.path.exists(path):
        yield from _expanded(FileSource.of(path), inflate)
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            raise InputError(f"{path}: matches no file")
        for match in matches:
            if os.path.exists(match):
                yield from _at_path(match, inflate)
            else:
                yield FileSource.of(match)  # a link to nothing: opening it says so
    else:
        raise InputError(f"{path}: no such file or directory")


def _in_directory(top: str, inflate: bool) -> Iterator[Source]:
    """Every FITS file below a directory; links to directories are followed once."""
    seen: set[tuple[int, int]] = set()
    problems: list[OSError] = []
    for directory, below, names in os.walk(top, followlinks=True, onerror=problems.append):
        status = os.stat(directory)
        if (status.st_dev, status.st_ino) in seen:
            below.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        below[:] = sorted(name for name in below if not is_hidden(name))
        for name in sorted(names):
            if not is_hidden(name):
                yield from _listed(FileSource.of(os.path.join(directory, name)), inflate)
    for error in problems:
        message = f"{error.filename}: {error.strerror}"
        yield Source(os.path.basename(str(error.filename)), str(error.filename), problem=FitsError(message))


def _expanded(source: Source, inflate: bool) -> Iterator[Source]:
    """A source that was named itself: an archive's members, else itself."""
    if kind_of(source):
        yield from members(source, inflate=inflate)
    else:
        yield source


def _listed(source: FileSource, inflate: bool) -> Iterator[Source]:
    """A file that was met in a directory: itself if it is FITS, its members if it is an archive."""
    if is_fits_name(source.name):
        yield source
        return
    if not os.path.isfile(source.path):
        return
    if ARCHIVE_NAME.match(source.name) and kind_of(source):
        yield from members(source, inflate=inflate)
    elif looks_like_fits(source):
        yield source
