"""What is read from a file, once: everything that extraction needs, so that the file need not be touched again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, Protocol, cast

from ..errors import FitsError
from .cards import CARD, Assigned, Header
from .files import readable
from .headers import HeaderScanner, RawHdu
from .limits import Deadline, Limits
from .problems import Problem
from .streams import open_stream
from .tables import TableReader

#: Version of the stored form; `Reading.from_bytes` reads this one.
STORED_VERSION = 1
_MOST_STORED = 512 * 2**20


class Readable(Protocol):
    """What `read` needs of a source: `fits.sources.Source` has it."""

    name: str
    path: str
    size: int | None
    member: str

    def open(self) -> BinaryIO:
        """The file's bytes, from their beginning."""


@dataclass
class HduReading:
    """One HDU: its cards, where its data lie, and its table values.

    Attributes
    ----------
    index
        Number from 0.
    cards
        The header as text of 80-character cards, without END.
    data_size
        Bytes of its data, without padding.
    tables
        Table values (see `fits.tables.TableReader.values`).
    overlay
        Values that mapping lines give keywords; not stored.
    """

    index: int
    cards: str
    data_size: int = 0
    tables: dict[str, Any] = field(default_factory=dict)
    overlay: dict[str, Assigned] = field(default_factory=dict)

    @cached_property
    def header(self) -> Header:
        """The cards with the overlay on them."""
        return Header(self.cards, self.overlay)

    @property
    def name(self) -> str:
        """EXTNAME in upper case, or an empty text."""
        return (self.header.text("EXTNAME") or "").upper()

    def with_overlay(self, overlay: dict[str, Assigned]) -> HduReading:
        """The same HDU with these values laid over (upper-case keywords)."""
        return HduReading(self.index, self.cards, self.data_size, self.tables, {**self.overlay, **overlay})


@dataclass
class Reading:
    """What was read from one file or archive member.

    Attributes
    ----------
    name, path, member
        File name, path as given, and the path inside an archive.
    size
        Bytes of the file as it is stored, or None where it is unknown.
    format
        ``fits``, ``gzip``, ``bzip2``, ``xz`` or ``compress``; ``zip`` or ``tar`` for an archive.
    hdus
        In file order.
    members
        The readings of an archive's members.
    problems
        What was met while reading.
    """

    name: str = ""
    path: str = ""
    member: str = ""
    size: int | None = None
    format: str = "fits"
    hdus: list[HduReading] = field(default_factory=list)
    members: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "path": self.path,
            "member": self.member,
            "size": self.size,
            "format": self.format,
            "hdus": [
                {"index": h.index, "cards": _trimmed(h.cards), "data_size": h.data_size, "tables": h.tables}
                for h in self.hdus
            ],
            "members": [m.to_dict() for m in self.members],
            "problems": [p.to_dict() for p in self.problems],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reading:
        """What `to_dict` wrote."""
        hdus = [
            HduReading(h["index"], "".join(c.ljust(CARD) for c in h["cards"]), h["data_size"], h["tables"])
            for h in data["hdus"]
        ]
        return cls(
            name=data["name"],
            path=data["path"],
            member=data["member"],
            size=data["size"],
            format=data["format"],
            hdus=hdus,
            members=[cls.from_dict(m) for m in data["members"]],
            problems=[Problem.from_dict(p) for p in data["problems"]],
        )

    def to_bytes(self) -> bytes:
        """Compressed JSON, to be kept."""
        text = json.dumps({"version": STORED_VERSION, "reading": self.to_dict()}, separators=(",", ":"))
        return zlib.compress(text.encode("ascii"), 6)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Reading:
        """What `to_bytes` wrote.

        Raises
        ------
        FitsError
            The bytes are damaged, or of another version.
        """
        inflater = zlib.decompressobj()
        try:
            data = json.loads(inflater.decompress(stored, _MOST_STORED))
            if data["version"] != STORED_VERSION:
                raise FitsError(f"a stored reading has version {data['version']}, not {STORED_VERSION}")
            return cls.from_dict(data["reading"])
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise FitsError(f"a stored reading is damaged: {error}") from error


def _trimmed(cards: str) -> list[str]:
    return [cards[i : i + CARD].rstrip(" ") for i in range(0, len(cards), CARD)]


def read(
    source: Readable | BinaryIO,
    *,
    name: str = "",
    size: int | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Read the headers of one file.

    Parameters
    ----------
    source
        A source (`fits.sources.find`), or an open binary stream; one that seeks is read by seeking.
    name, size
        File name and bytes of a stream.
    limits
        Bounds of the reading.

    Raises
    ------
    FitsError
        The file is no FITS file (`NotFitsError`), ends in its first header (`TruncatedFitsError`) or passes a limit
        there (`FitsLimitError`). Faults behind the first header are problems of the reading.
    """
    limits = limits or Limits()
    with _opened(source) as stream:
        reading = Reading(
            name=name or str(getattr(source, "name", "")),
            path=readable(str(getattr(source, "path", "") or "")),
            member=str(getattr(source, "member", "") or ""),
            size=size if size is not None else _size(source),
        )
        _read_hdus(stream, reading, limits)
    return reading


def _size(source: Readable | BinaryIO) -> int | None:
    size = getattr(source, "size", None)
    return size if isinstance(size, int) else None


@contextmanager
def _opened(source: Readable | BinaryIO) -> Iterator[BinaryIO]:
    if hasattr(source, "read"):
        yield cast(BinaryIO, source)  # the caller's stream stays open
        return
    with cast(Readable, source).open() as stream:
        yield stream


def _read_hdus(stream: BinaryIO, reading: Reading, limits: Limits) -> None:
    deadline = Deadline(limits.seconds)
    bytes_, reading.format = open_stream(stream, limits, deadline)
    if reading.size is None:
        reading.size = getattr(bytes_, "size", None)
    scanner = HeaderScanner(bytes_, limits, deadline)
    tables = TableReader(bytes_, limits.table_bytes)
    for raw in scanner:
        reading.hdus.append(_hdu(raw, tables, reading.problems))
        reading.problems += raw.problems
    reading.problems += scanner.problems


def _hdu(raw: RawHdu, tables: TableReader, problems: list[Problem]) -> HduReading:
    hdu = HduReading(raw.index, raw.cards, raw.data_size)
    if raw.data_size <= 0:
        return hdu
    try:
        hdu.tables = tables.values(raw, hdu.header)
    except (FitsError, ValueError, OverflowError, MemoryError) as error:
        problems.append(Problem("attention", "table-unread", f"table values cannot be read: {error}", hdu=raw.index))
    return hdu
