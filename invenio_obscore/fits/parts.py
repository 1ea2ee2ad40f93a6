"""An archive's members read a part at a time, so that what was read can be kept as it comes and gone on with later.

::

    for part in ...:            members 0-249, 250-499, …: each a `Reading` of the archive with these members only
        keep(part)

A part ends after so many members, bytes of headers or seconds, whichever comes first; a member that cannot be read is a
member without HDUs and with a problem.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from ..errors import FitsError, NotFitsError
from .archives import kind_of, members
from .files import Source
from .limits import Limits
from .problems import Problem
from .reading import Reading, read

#: Seconds and bytes of headers after which a part ends although it may hold more members.
_PART_SECONDS = 3.0
_PART_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Part:
    """Some members of an archive, one after another; or a whole file that is none.

    Attributes
    ----------
    reading
        Of the archive with these members (kind ``zip`` or ``tar`` in ``format``), or of the file.
    done
        Members of the archive up to the end of this part.
    total
        Members of the archive in all, where that is known before the end.
    more
        Whether there may be more; False for a file that is no archive.
    following
        Path of the member after this part, where it is known.
    """

    reading: Reading
    done: int = 0
    total: int | None = None
    more: bool = False
    following: str = ""


@dataclass
class OpenedSource(Source):
    """A file that each opening gives a stream of its own, with its own position."""

    opener: Callable[[], BinaryIO] = field(default=BytesIO, repr=False)

    def open(self) -> BinaryIO:
        """See `Source.open`."""
        return self.opener()


class ArchiveParts:
    """An archive and how far it was read.

    Raises
    ------
    NotFitsError
        It is no archive.
    """

    def __init__(self, archive: Source, limits: Limits) -> None:
        self._archive = archive
        self._kind = kind_of(archive)
        if not self._kind:
            raise NotFitsError("the file is neither FITS nor an archive of FITS files")
        self._limits = limits
        self._sources: Iterator[Source] = members(archive)
        self.total: int | None = None
        if self._kind == "zip":  # its directory says at once what it holds
            listed = list(self._sources)
            self.total, self._sources = len(listed), iter(listed)
        self._next: Source | None = None
        self.done = 0

    def take(self, start: int, count: int) -> Part:
        """The part that begins with member number ``start`` (from 0) and holds at most ``count`` members.

        It may be empty where looking for its beginning takes long: ask again. With a ``count`` of 0 nothing is read,
        and :attr:`Part.following` says what would be.
        """
        end = time.monotonic() + _PART_SECONDS
        found: list[Reading] = []
        left = _PART_BYTES
        while self._peek() is not None:
            late = time.monotonic() > end
            if self.done < start:
                if late:
                    break
                self._advance()
                continue
            if len(found) >= count or left < 0 or (late and found):
                break
            found.append(read_member(self._advance(), self._limits))
            left -= sum(len(hdu.cards) for hdu in found[-1].hdus)
        reading = Reading(name=self._archive.name, path=self._archive.path, size=self._archive.size, format=self._kind)
        reading.members = found
        following = self._peek()
        return Part(reading, self.done, self.total, following is not None, following.member if following else "")

    def _peek(self) -> Source | None:
        if self._next is None:
            self._next = next(self._sources, None)
        return self._next

    def _advance(self) -> Source:
        source = self._peek()
        assert source is not None  # the caller looked
        self._next = None
        self.done += 1
        return source


def read_member(member: Source, limits: Limits) -> Reading:
    """What is read of a member; one that cannot be read has no HDUs and a problem."""
    try:
        return read(member, limits=limits)
    except FitsError as error:
        return unread_member(member.member, error.message, size=member.size)


def unread_member(member: str, reason: str, *, size: int | None = None) -> Reading:
    """What stands for a member that cannot be read."""
    problem = Problem("error", "member-unread", reason)
    return Reading(name=member.rpartition("/")[2], member=member, size=size, problems=[problem])


def first_part(opener: Callable[[], BinaryIO], name: str, size: int | None, limits: Limits) -> Part | ArchiveParts:
    """A file that is no archive, read whole; or an archive of which nothing is read yet.

    Parameters
    ----------
    opener
        Gives the bytes from their beginning, each time as a stream of its own that seeks.

    Raises
    ------
    FitsError
        As `fits.reading.read`.
    """
    source = OpenedSource(name, name, size, opener=opener)
    try:
        return Part(read(source, limits=limits))
    except NotFitsError as error:
        try:
            return ArchiveParts(source, limits)
        except NotFitsError:
            raise error from None
