"""The product's file with all its HDUs, open for reads anywhere: plain, compressed, or a member of an archive."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np

from ..errors import FitsError, FitsLimitError, NotFoundError
from ..fits.archives import members
from ..fits.headers import HeaderScanner, RawHdu
from ..fits.limits import Deadline, Limits
from ..fits.reading import HduReading, Reading
from ..fits.streams import HeaderStream, SeekableStream, open_stream
from ..fits.tables import TableReader

_PIECE = 2**18


@dataclass
class DataFile:
    """Headers of a file as extraction reads them, and the bytes of its data.

    Attributes
    ----------
    reading
        What extraction gets: it says which HDUs make up a product.
    budget
        Bytes of data that may still be read.
    """

    stream: BinaryIO
    reading: Reading
    starts: dict[int, int]
    budget: int
    deadline: Deadline

    def read(self, position: int, size: int) -> bytes:
        """Bytes at a place of the file; fewer only where it ends.

        Raises
        ------
        FitsLimitError
            More data or time would be needed than a picture may cost.
        """
        self.deadline.check()
        self.budget -= size
        if self.budget < 0:
            raise FitsLimitError("the picture needs more of the file than may be read for it")
        self.stream.seek(position)
        parts, left = [], size
        while left > 0:
            part = self.stream.read(left)
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def start(self, hdu: HduReading) -> int:
        """Where the data of an HDU begin."""
        return self.starts[hdu.index]


def image_dtype(bitpix: int) -> np.dtype | None:
    """The type of an image's stored values (FITS 4.0, section 4.4.1.1)."""
    code = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}.get(bitpix)
    return np.dtype(code) if code else None


@contextmanager
def open_data(stream: BinaryIO, *, name: str, member: str, limits: Limits, budget: int) -> Iterator[DataFile]:
    """Open a file's product: the file itself or a member of the archive that it is.

    A compressed file is inflated to a temporary one, within ``limits.inflated_bytes``.

    Raises
    ------
    FitsError
        It cannot be read; `FitsLimitError` where that would take too much.
    NotFoundError
        The archive has no such member.
    """
    deadline = Deadline(limits.seconds)
    with _seekable(stream, name, member, limits, deadline) as seekable:
        bytes_ = SeekableStream(seekable)
        scanner, tables = HeaderScanner(bytes_, limits, deadline), TableReader(bytes_, limits.table_bytes)
        reading, starts = Reading(name=name, member=member), {}
        for raw in scanner:
            starts[raw.index] = raw.data_start
            reading.hdus.append(_hdu(raw, tables))
        yield DataFile(seekable, reading, starts, budget, deadline)


def _hdu(raw: RawHdu, tables: TableReader) -> HduReading:
    hdu = HduReading(raw.index, raw.cards, raw.data_size)
    if raw.data_size > 0:
        try:
            hdu.tables = tables.values(raw, hdu.header)
        except (FitsError, ValueError, OverflowError):
            hdu.tables = {}  # extraction shows that as a problem; a picture does without
    return hdu


@contextmanager
def _seekable(stream: BinaryIO, name: str, member: str, limits: Limits, deadline: Deadline) -> Iterator[BinaryIO]:
    if not member:
        with _plain(stream, limits, deadline) as plain:
            yield plain
        return
    found = next((m for m in members(stream, name) if m.member == member), None)
    if found is None:
        raise NotFoundError("The archive has no such member.")
    with found.open() as opened, _plain(opened, limits, deadline) as plain:
        yield plain


@contextmanager
def _plain(stream: BinaryIO, limits: Limits, deadline: Deadline) -> Iterator[BinaryIO]:
    """A stream that seeks, without stream compression."""
    bytes_, format_ = open_stream(stream, limits, deadline)
    if format_ == "fits" and stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as inflated:
        _copy(bytes_, cast(BinaryIO, inflated))
        yield cast(BinaryIO, inflated)


def _copy(source: HeaderStream, target: BinaryIO) -> None:
    while part := source.read(_PIECE):
        target.write(part)
    target.seek(0)
