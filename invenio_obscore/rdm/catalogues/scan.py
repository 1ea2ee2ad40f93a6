"""What lies in a directory: its files by name, and what of it cannot or need not be deposited, each with the reason.

A directory comes from its author: links, devices and pipes in it are left alone, and a file is opened only as what it
was seen to be.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ...errors import InputError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HEAD = 32 * 1024
_CHUNK = 2**20
#: InvenioRDM keeps no longer names of files.
LONGEST_NAME = 255


class SourceError(InputError):
    """A file of the directory cannot be read; ``entry`` is the file."""

    def __init__(self, entry: Entry, message: str) -> None:
        super().__init__(message)
        self.entry = entry


@dataclass(frozen=True)
class Entry:
    """One file.

    Attributes
    ----------
    name
        Its path below the directory, with ``/``, as a draft or an archive calls it.
    path
        Where it lies.
    size
        Bytes, when it was seen.
    identity
        Device and inode.
    """

    name: str
    path: str = field(repr=False)
    size: int
    identity: tuple[int, int] = field(default=(0, 0), repr=False)

    def open(self) -> BinaryIO:
        """Its bytes; neither through a link, in its place or above it, nor from a pipe.

        Raises
        ------
        SourceError
            It is gone, may not be read, or is something else now.
        """
        try:
            number = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(self, error.strerror or str(error)) from error
        status = os.fstat(number)
        # A folder above it may have become a link since: its name would lead to somebody else's file.
        if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) != self.identity:
            os.close(number)
            raise SourceError(self, "It is another file now")
        return os.fdopen(number, "rb", buffering=0)

    def chunks(self, stream: BinaryIO) -> Iterator[bytes]:
        """The bytes of the open file in pieces.

        Raises
        ------
        SourceError
            It cannot be read to its end, or its size is not what was seen: somebody writes it.
        """
        count = 0
        try:
            while piece := stream.read(_CHUNK):
                count += len(piece)
                yield piece
        except OSError as error:
            raise SourceError(self, error.strerror or str(error)) from error
        if count != self.size:
            raise SourceError(self, f"It changed while it was read ({self.size} bytes, then {count})")


@dataclass(frozen=True)
class Left:
    """What is left out.

    Attributes
    ----------
    name
        Path below the directory.
    reason
        In words.
    harmless
        Whether nothing is lost by it: a duplicate, a hidden file.
    """

    name: str
    reason: str
    harmless: bool = False


@dataclass
class Scan:
    """Files to deposit in the order of their names, and what is left out."""

    entries: list[Entry] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def scan(directory: str) -> Scan:
    """Look at all that lies below a directory; nothing is opened but files of equal size."""
    found = Scan()
    for here, below, names in os.walk(directory, onerror=lambda error: _unreadable(found, directory, error)):
        for name in [name for name in below if name.startswith(".") or os.path.islink(os.path.join(here, name))]:
            below.remove(name)
            _look_at(found, directory, os.path.join(here, name))
        for name in names:
            _look_at(found, directory, os.path.join(here, name))
    found.entries.sort(key=lambda entry: entry.name)
    _without_namesakes(found)
    _without_duplicates(found)
    return found


def _name(directory: str, path: str) -> str:
    """A name that a database and an archive can hold, whatever bytes the file system has."""
    text = os.fsencode(os.path.relpath(path, directory)).decode("utf-8", "replace")
    return _CONTROL.sub("_", text)


def _unreadable(found: Scan, directory: str, error: OSError) -> None:
    found.left.append(Left(_name(directory, str(error.filename)), error.strerror or str(error)))


def _look_at(found: Scan, directory: str, path: str) -> None:
    name = _name(directory, path)
    try:
        status = os.lstat(path)
    except OSError as error:
        found.left.append(Left(name, error.strerror or str(error)))
        return
    if os.path.basename(path).startswith("."):
        found.left.append(Left(name, "It is hidden", harmless=True))
    elif stat.S_ISLNK(status.st_mode):
        found.left.append(Left(name, "It is a link; links are not followed"))
    elif not stat.S_ISREG(status.st_mode):
        found.left.append(Left(name, "It is no regular file"))
    elif not status.st_size:
        found.left.append(Left(name, "It is empty"))
    else:
        found.entries.append(Entry(name, path, status.st_size, (status.st_dev, status.st_ino)))


def _without_namesakes(found: Scan) -> None:
    """Two names may become one where a file system has bytes that are no text."""
    kept: dict[str, Entry] = {}
    for entry in found.entries:
        if entry.name in kept:
            found.left.append(Left(entry.name, "Another file has this name once it is written as text: rename one"))
        else:
            kept[entry.name] = entry
    found.entries = list(kept.values())


def _without_duplicates(found: Scan) -> None:
    """Of files with the same bytes only the first by name is kept."""
    first = duplicates(found.entries)
    for entry in found.entries:
        if entry in first:
            found.left.append(Left(entry.name, f"It has the same bytes as {first[entry].name}", harmless=True))
    found.entries = [entry for entry in found.entries if entry not in first]


def duplicates(entries: Iterable[Entry]) -> dict[Entry, Entry]:
    """Files that have the same bytes as an earlier one, with that one.

    Only files of equal size are opened, and read to the end only where their beginnings (the headers) are equal too.
    """
    found: dict[Entry, Entry] = {}
    for alike in _groups(entries, lambda entry: entry.size):
        distinct = []
        for linked in _groups(alike, lambda entry: entry.identity, least=1):
            found |= dict.fromkeys(linked[1:], linked[0])
            distinct.append(linked[0])
        for similar in _groups(distinct, lambda entry: _digest(entry, _HEAD)):
            short = similar[0].size <= _HEAD
            for same in [similar] if short else _groups(similar, _digest):
                found |= dict.fromkeys(same[1:], same[0])
    return found


def _groups(
    entries: Iterable[Entry], key: Callable[[Entry], Hashable | None], *, least: int = 2
) -> Iterator[list[Entry]]:
    """Files with an equal key that is not None, in their order."""
    groups: defaultdict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        if (value := key(entry)) is not None:
            groups[value].append(entry)
    return (group for group in groups.values() if len(group) >= least)


def _digest(entry: Entry, most: int | None = None) -> bytes | None:
    """Of the whole file or its beginning; None where it cannot be read (which is said when it is deposited)."""
    digest = hashlib.blake2b()
    try:
        with entry.open() as stream:
            if most is not None:
                digest.update(stream.read(most))
                return digest.digest()
            for piece in entry.chunks(stream):
                digest.update(piece)
    except (SourceError, OSError):
        return None
    return digest.digest()
