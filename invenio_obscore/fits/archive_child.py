"""Reading and extracting archives of thousands of hostile files in a child process, a part at a time.

One member never costs another one anything: where the child dies or is late on a part, the part is divided until the
member that does it stands alone; that one gets the reason as its problem.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import uuid4

from ..errors import FitsLimitError, NotFitsError, ReaderDiedError
from .child import ReaderProcess
from .parts import unread_member
from .reading import Reading
from .wire import unframe

#: Members of one part.
PART_MEMBERS = 250
_FITS = b"SIMPLE"


@dataclass(frozen=True)
class StoredPart:
    """A part as it is kept.

    Attributes
    ----------
    data
        `Reading.to_bytes` of the archive with this part's members, or of a whole file.
    archive
        Whether it is a part of an archive.
    members
        Paths of the members that this part holds.
    done, total
        Members up to the end of this part; members in all, where that is known.
    """

    data: bytes
    archive: bool = False
    members: tuple[str, ...] = ()
    done: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Extracted:
    """What a reading (or a part) holds.

    Attributes
    ----------
    products
        `Product.to_dict` of each, with its file's ``size`` in bytes.
    unread
        ``{"member", "size", "problems"}`` of each member that could not be read or described.
    """

    products: list[dict[str, Any]] = field(default_factory=list)
    unread: list[dict[str, Any]] = field(default_factory=list)


class ArchiveReader(ReaderProcess):
    """A reader process that knows parts of archives."""

    def parts(self, stream: BinaryIO, *, name: str = "", size: int, start: int = 0) -> Iterator[StoredPart]:
        """Read a file whole, or an archive's members from number ``start`` on.

        Raises
        ------
        FitsError
            As `ReaderProcess.read`; what happens inside an archive is its members' problem.
        ServiceError
            The stream failed (whatever the storage raises).
        """
        request = {"do": "part", "session": uuid4().hex, "name": name, "size": size}
        done, alone_until = start, start
        while True:
            try:
                header, data = self._part(request, stream, done, 1 if done < alone_until else PART_MEMBERS)
            except FitsLimitError as error:
                if done >= alone_until:
                    alone_until = self._alone_until(request, stream, done, error)
                    continue
                header, data = self._without(request, stream, done, error)
            if not header["archive"]:
                yield StoredPart(data)
                return
            if header["members"]:
                yield StoredPart(data, True, tuple(header["members"]), header["done"], header["total"])
            done = header["done"]
            if not header["more"]:
                break
        if not done:
            raise NotFitsError("the archive holds no FITS file")

    def _part(self, request: dict[str, Any], stream: BinaryIO, start: int, count: int) -> tuple[dict[str, Any], bytes]:
        """The part from member number ``start`` on; looking for it may take the child several calls."""
        while True:
            with self._lock:
                answer = self._call({**request, "from": start, "count": count}, b"", stream)
            header, data = unframe(io.BytesIO(answer).read)
            if not (header["archive"] and header["more"] and header["done"] < start):
                return header, data

    def _alone_until(self, request: dict[str, Any], stream: BinaryIO, done: int, error: FitsLimitError) -> int:
        """Up to where members are to be read one by one; a file that is no archive fails here."""
        stream.seek(0)
        if stream.read(len(_FITS)) == _FITS:
            raise error
        if not done:
            try:
                header, _ = self._part(request, stream, 0, 0)
            except FitsLimitError:
                raise error from None
            if not header["archive"]:
                raise error
        return done + PART_MEMBERS

    def _without(
        self, request: dict[str, Any], stream: BinaryIO, done: int, error: FitsLimitError
    ) -> tuple[dict[str, Any], bytes]:
        """A part of the one member that the reader did not survive, with the reason instead of its headers."""
        header, data = self._part(request, stream, done, 0)
        if not header["more"]:
            raise error
        reading = Reading.from_bytes(data)
        reading.members = [unread_member(header["following"], error.message)]
        return {**header, "members": [header["following"]], "done": done + 1, "more": True}, reading.to_bytes()

    def extract(self, stored: bytes, *, name: str = "", mapping: str = "") -> Extracted:
        """The products of a stored reading under a mapping text (web-safe), and what has none.

        Raises
        ------
        MappingError
            The text cannot be parsed.
        FitsError
            As `ReaderProcess.read`, for a file that is no archive.
        """
        found = Extracted()
        total, at = 1, 0
        while at < total:
            total = self._extract(found, stored, {"do": "extract", "name": name, "mapping": mapping}, at, PART_MEMBERS)
            at += PART_MEMBERS
        return found

    def _extract(self, found: Extracted, stored: bytes, request: dict[str, Any], at: int, count: int) -> int:
        """Add what ``count`` members hold, dividing them where the child does not survive; members in all."""
        try:
            with self._lock:
                answer = json.loads(self._call({**request, "from": at, "count": count}, stored, None))
        except FitsLimitError as error:
            members = Reading.from_bytes(stored).members
            if not members:
                raise
            if count == 1:
                found.unread.append(_undescribed(members[at], error))
                return len(members)
            half = (min(count, len(members) - at) + 1) // 2
            self._extract(found, stored, request, at, half)
            if at + half < len(members) and count > half:
                self._extract(found, stored, request, at + half, count - half)
            return len(members)
        found.products.extend(answer["products"])
        found.unread.extend(answer["unread"])
        return int(answer["members"])


def _undescribed(member: Reading, error: FitsLimitError) -> dict[str, Any]:
    code = "reader-died" if isinstance(error, ReaderDiedError) else "limit"
    problem = {"severity": "error", "code": code, "message": error.message}
    return {"member": member.member, "size": member.size, "problems": [problem]}
