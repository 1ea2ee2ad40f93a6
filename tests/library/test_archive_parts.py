"""Archives read a part at a time in a child process: gone on with where one was, and no member costs another one."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from invenio_obscore.errors import NotFitsError, ReaderDiedError
from invenio_obscore.fits.archive_child import PART_MEMBERS, ArchiveReader
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import Reading

_CARDS = "SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0"


def _fits(name: str) -> bytes:
    cards = (*_CARDS, f"OBJECT  = '{name}'", "END")
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode()


def _zip(*names: str) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, _fits(name[:8]))
    return packed


def _tar(mode: str, *names: str) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 2880
            archive.addfile(info, io.BytesIO(_fits(name[:8])))
    return packed


@pytest.fixture(scope="module")
def reader() -> Iterator[ArchiveReader]:
    with ArchiveReader() as started:
        yield started


@pytest.fixture
def deadly_reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveReader]:
    folder = str(Path(__file__).parent)
    monkeypatch.setattr(sys, "path", [folder, *sys.path])
    with ArchiveReader(Limits(seconds=20.0)) as started:
        started.program = "deadly_reader"
        yield started


def _members(reader: ArchiveReader, packed: io.BytesIO, start: int = 0) -> list[Reading]:
    parts = list(reader.parts(packed, size=len(packed.getvalue()), start=start))
    assert all(part.archive for part in parts)
    read = [member for part in parts for member in Reading.from_bytes(part.data).members]
    assert [member.member for member in read] == [name for part in parts for name in part.members]
    return read


_NAMES = [f"night/{number:04}.fits" for number in range(PART_MEMBERS + 50)]


@pytest.mark.parametrize(
    "packed", [_zip(*_NAMES), _tar("w", *_NAMES), _tar("w:gz", *_NAMES)], ids=["zip", "tar", "tgz"]
)
def test_parts_are_gone_on_with(reader: ArchiveReader, packed: io.BytesIO) -> None:
    assert [member.member for member in _members(reader, packed)] == _NAMES
    for start in (PART_MEMBERS, len(_NAMES) - 1):
        assert [member.member for member in _members(reader, packed, start)] == _NAMES[start:]


def test_a_zip_says_at_once_how_much_there_is(reader: ArchiveReader) -> None:
    packed = _zip(*_NAMES)
    parts = list(reader.parts(packed, size=len(packed.getvalue())))
    assert [(part.done, part.total) for part in parts] == [(PART_MEMBERS, 300), (300, 300)]


def test_a_file_that_is_no_archive_is_read_whole(reader: ArchiveReader) -> None:
    (part,) = reader.parts(io.BytesIO(_fits("M 31")), size=2880)
    assert not part.archive
    assert len(Reading.from_bytes(part.data).hdus) == 1


def _without_fits() -> Iterator[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("README", b"text")
    yield packed.getvalue()
    yield _tar("w", "notes.txt").getvalue().replace(b"SIMPLE", b"NOTFIT")
    yield b"text" * 100


@pytest.mark.parametrize("content", _without_fits(), ids=["zip", "tar", "text"])
def test_what_holds_no_fits_is_said(reader: ArchiveReader, content: bytes) -> None:
    with pytest.raises(NotFitsError):
        list(reader.parts(io.BytesIO(content), size=len(content)))


def test_a_member_that_ends_the_reader_stands_alone(deadly_reader: ArchiveReader) -> None:
    names = ["a.fits", "kill-1.fits", "b.fits", "kill-2.fits", "c.fits"]
    read = _members(deadly_reader, _zip(*names))
    assert [member.member for member in read] == names
    unread = [member for member in read if not member.hdus]
    assert [member.member for member in unread] == ["kill-1.fits", "kill-2.fits"]
    assert all("signal 9" in member.problems[0].message for member in unread)


def test_a_member_that_ends_its_description_stands_alone(deadly_reader: ArchiveReader) -> None:
    packed = _zip("a.fits", "b.fits", "crash.fits", "c.fits", "d.fits")
    (part,) = deadly_reader.parts(packed, size=len(packed.getvalue()))
    found = deadly_reader.extract(part.data, name="all.zip")
    assert [product["member"] for product in found.products] == ["a.fits", "b.fits", "c.fits", "d.fits"]
    assert [product["size"] for product in found.products] == [2880] * 4
    (lost,) = found.unread
    assert lost["member"] == "crash.fits"
    assert "signal 11" in lost["problems"][0]["message"]


def test_a_file_that_is_no_archive_fails_as_before(deadly_reader: ArchiveReader) -> None:
    (part,) = deadly_reader.parts(io.BytesIO(_fits("M 31")), size=2880)
    assert deadly_reader.pid is not None
    reading = Reading.from_bytes(part.data)
    reading.members = [Reading(name="crash", member="crash")]
    assert deadly_reader.extract(reading.to_bytes()).unread[0]["member"] == "crash"
    deadly_reader.program = "no_such_program"
    deadly_reader.close()
    with pytest.raises(ReaderDiedError):
        list(deadly_reader.parts(io.BytesIO(_fits("M 31")), size=2880))
