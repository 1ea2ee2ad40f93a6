"""Reading a file that may be an archive: then its members' headers, each member's faults its own."""

from __future__ import annotations

from typing import BinaryIO, cast

from ..errors import FitsError, FitsLimitError, NotFitsError
from .archives import kind_of, members
from .files import Source, StreamSource
from .limits import Deadline, Limits
from .problems import Problem
from .reading import Readable, Reading, read

#: How much more header text than one file an archive may hold.
_SHARE = 4


def read_any(
    source: Readable | BinaryIO, *, name: str = "", size: int | None = None, limits: Limits | None = None
) -> Reading:
    """Read the headers of a FITS file, or those of the FITS members of a ZIP or tar archive.

    Parameters
    ----------
    source, name, size
        As for `fits.reading.read`.
    limits
        Bounds of one file; the time is for the whole archive. Members beyond it are a problem of the archive.

    Raises
    ------
    FitsError
        As `fits.reading.read`; `NotFitsError` for an archive without FITS files.
    """
    limits = limits or Limits()
    try:
        return read(source, name=name, size=size, limits=limits)
    except NotFitsError:
        archive = source if isinstance(source, Source) else _as_source(source, name)
        kind = kind_of(archive) if archive else ""
        if archive is None or not kind:
            raise
    return _read_archive(archive, kind, limits)


def _as_source(stream: Readable | BinaryIO, name: str) -> Source | None:
    if not hasattr(stream, "read") or not cast(BinaryIO, stream).seekable():
        return None
    return StreamSource.of(cast(BinaryIO, stream), name)


def _read_archive(archive: Source, kind: str, limits: Limits) -> Reading:
    reading = Reading(name=archive.name, path=archive.path, size=archive.size, format=kind)
    deadline, left = Deadline(limits.seconds), _SHARE * limits.total_header_bytes
    for count, member in enumerate(members(archive), 1):
        try:
            deadline.check()
            if left < 0:
                raise FitsLimitError("the headers of the archive's members are too many")
        except FitsLimitError as error:
            message = f"{error.message}; members from {member.member} on (number {count}) were not read"
            reading.problems.append(Problem("error", "limit", message))
            break
        read_ = _read_member(member, limits)
        left -= sum(len(hdu.cards) for hdu in read_.hdus)
        reading.members.append(read_)
        reading.problems += [
            Problem(p.severity, p.code, f"{member.member or archive.name}: {p.message}", p.column, p.hdu)
            for p in read_.problems
            if not read_.hdus
        ]
    if not reading.members and not reading.problems:
        raise NotFitsError("the archive holds no FITS file")
    return reading


def _read_member(member: Source, limits: Limits) -> Reading:
    """What was read of a member; one that cannot be read has no HDUs and a problem."""
    try:
        return read(member, limits=limits)
    except FitsError as error:
        problem = Problem("error", "member-unread", error.message)
        return Reading(name=member.name, path=member.path, member=member.member, size=member.size, problems=[problem])
