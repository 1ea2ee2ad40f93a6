"""Finding files: directories, globs, archives of every kind, and archives that mean harm."""

import bz2
import gzip
import io
import os
import pickle
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invenio_obscore.errors import FitsError, InputError
from invenio_obscore.fits import archives
from invenio_obscore.fits.reading import read
from invenio_obscore.fits.sources import Source, find, members


def card(keyword: str, value: str) -> str:
    return f"{keyword:8}= {value:>20}".ljust(80)


def fits_bytes(name: str = "M31", data: int = 0) -> bytes:
    cards = card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "1" if data else "0")
    cards += card("NAXIS1", str(data)) if data else ""
    cards += card("OBJECT", f"'{name:8}'") + "END".ljust(80)
    return cards.ljust(2880).encode() + b"\1" * (-(-data // 2880) * 2880)


def objects(sources: Iterable[Source]) -> dict[str, str]:
    return {s.member or s.name: str(read(s).hdus[0].header["OBJECT"]) for s in sources}


def problems(sources: Iterable[Source]) -> dict[str, str]:
    return {s.member: s.problem.message for s in sources if s.problem}


def zip_bytes(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def tar_bytes(files: dict[str, bytes], mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


# -- directories and globs -------------------------------------------------------------------------------------------
def test_a_directory_gives_its_files_in_order_of_name_by_name_or_content(tmp_path: Path) -> None:
    (tmp_path / "night 2").mkdir()
    (tmp_path / "b.fits").write_bytes(fits_bytes("b"))
    (tmp_path / "a.evt").write_bytes(fits_bytes("a"))
    (tmp_path / "c.gz").write_bytes(gzip.compress(fits_bytes("c")))
    (tmp_path / "night 2" / "d.fit.gz").write_bytes(gzip.compress(fits_bytes("d")))
    (tmp_path / "notes.txt").write_text("SIMPLE things")
    (tmp_path / ".hidden.fits").write_bytes(fits_bytes("hidden"))
    found = list(find(tmp_path))
    assert list(objects(found)) == ["a.evt", "b.fits", "c.gz", "d.fit.gz"]
    assert set(objects(found).values()) == {"a", "b", "c", "d"}
    assert found[3].uri == (tmp_path / "night 2" / "d.fit.gz").as_uri()
    assert found[1].size == 2880


def test_a_file_with_a_fits_name_is_given_whatever_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "page.fits").write_text("<html>")
    assert [s.name for s in find(str(tmp_path))] == ["page.fits"]


def test_a_file_that_is_named_is_given_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    assert [s.name for s in find(tmp_path / "notes.txt")] == ["notes.txt"]


def test_globs_and_several_places(tmp_path: Path) -> None:
    for name in ("a1.fits", "a2.fits", "b1.fits"):
        (tmp_path / name).write_bytes(fits_bytes(name))
    assert [s.name for s in find(str(tmp_path / "a*.fits"))] == ["a1.fits", "a2.fits"]
    assert [s.name for s in find([tmp_path / "b1.fits", str(tmp_path / "**/a1.fits")])] == ["b1.fits", "a1.fits"]


@pytest.mark.parametrize("place", ["nosuch", "nosuch/*.fits"])
def test_nothing_there_is_an_error(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError, match="nosuch"):
        list(find(str(tmp_path / place)))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(fits_bytes())
    (tmp_path / "again").symlink_to(tmp_path)
    assert [s.name for s in find(tmp_path)] == ["a.fits"]


def test_a_file_that_vanishes_is_that_file_s_problem(tmp_path: Path) -> None:
    (tmp_path / "a.fits").symlink_to(tmp_path / "nosuch")
    (source,) = find(tmp_path)
    with pytest.raises(FitsError, match="No such file"):
        source.open()


def test_an_open_stream_stays_open() -> None:
    stream = io.BytesIO(fits_bytes("stream"))
    (source,) = find(stream)
    assert objects([source, source]) == {"": "stream"}
    assert not stream.closed


# -- archives --------------------------------------------------------------------------------------------------------
FILES = {"data/a.fits": fits_bytes("a", 10_000), "b.fits.gz": gzip.compress(fits_bytes("b")), "notes.txt": b"text"}
TAR_MODES = ["w", "w:gz", "w:bz2", "w:xz"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_of_a_zip(tmp_path: Path, method: int) -> None:
    path = tmp_path / "all of it.zip"
    path.write_bytes(zip_bytes(FILES, method))
    found = list(find(tmp_path))
    assert objects(found) == {"data/a.fits": "a", "b.fits.gz": "b"}
    assert found[0].name == "a.fits"
    assert found[0].uri == f"zip:{path.as_uri()}!/data/a.fits"
    assert not problems(found)


@pytest.mark.parametrize("mode", TAR_MODES)
def test_members_of_a_tar(tmp_path: Path, mode: str) -> None:
    (tmp_path / f"all.tar{mode[1:].replace(':', '.')}").write_bytes(tar_bytes(FILES, mode))
    found = list(find(tmp_path))
    assert objects(found) == {"data/a.fits": "a", "b.fits.gz": "b"}
    # In any order, and more than once.
    assert objects(reversed(found)) == {"data/a.fits": "a", "b.fits.gz": "b"}


@pytest.mark.parametrize(
    "content", [zip_bytes(FILES), *(tar_bytes(FILES, mode) for mode in TAR_MODES)], ids=["zip", *TAR_MODES]
)
def test_members_of_a_stream(content: bytes) -> None:
    stream = io.BytesIO(content)
    assert objects(members(stream, "deposit")) == {"data/a.fits": "a", "b.fits.gz": "b"}
    assert not stream.closed


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_a_source_goes_to_another_process(tmp_path: Path, name: str) -> None:
    content = zip_bytes(FILES) if name == "a.zip" else tar_bytes(FILES, "w:gz" if name.endswith("gz") else "w")
    (tmp_path / name).write_bytes(content)
    found = list(find(tmp_path))
    objects(found)
    assert objects(pickle.loads(pickle.dumps(found))) == {"data/a.fits": "a", "b.fits.gz": "b"}


def test_a_stored_member_seeks_and_reads_headers_only(tmp_path: Path) -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1) -> bytes:
            part = super().read(size)
            self.count += len(part)
            return part

    stream = Counting(zip_bytes({"a.fits": fits_bytes("big", 50_000_000)}, zipfile.ZIP_STORED))
    assert objects(members(stream)) == {"a.fits": "big"}
    assert stream.count < 500_000


def test_what_macos_puts_beside_files_is_left_out() -> None:
    content = zip_bytes({"a.fits": fits_bytes(), "__MACOSX/._a.fits": b"\0\5\x16\7", "._a.fits": b"\0"})
    assert [s.member for s in members(io.BytesIO(content))] == ["a.fits"]


# -- archives that mean harm -----------------------------------------------------------------------------------------
EVIL = ["../a.fits", "/etc/a.fits", "x/../../a.fits", "C:\\a.fits", "..\\a.fits"]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_a_member_whose_path_leads_out_is_a_problem_of_that_member(
    evil: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    found = list(members(io.BytesIO(pack({evil: fits_bytes("evil"), "good.fits": fits_bytes("good")}))))
    bad = [s for s in found if s.problem]
    assert len(bad) == 1 and "leads out" in str(bad[0].problem)
    with pytest.raises(FitsError):
        bad[0].open()
    assert objects(s for s in found if not s.problem) == {"good.fits": "good"}


def patched(content: bytes, signature: bytes, offset: int, form: str, value: int, which: int = 0) -> bytes:
    data = bytearray(content)
    at = -1
    for _ in range(which + 1):
        at = data.index(signature, at + 1)
    struct.pack_into(form, data, at + offset, value)
    return bytes(data)


DIRECTORY = b"PK\x01\x02"
TWO = {"a.fits": fits_bytes("a"), "b.fits": fits_bytes("b")}


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 9, "compression method 9"),
        (20, "<I", 2**31, "overlaps"),
        (42, "<I", 1, "no member begins"),
    ],
)
def test_a_damaged_entry_is_a_problem_of_that_member(offset: int, form: str, value: int, message: str) -> None:
    content = patched(zip_bytes(TWO), DIRECTORY, offset, form, value)
    found = list(members(io.BytesIO(content)))
    good: dict[str, str] = {}
    bad: list[str] = []
    for source in found:
        try:
            good |= objects([source])
        except FitsError as error:
            bad.append(str(error))
    assert len(bad) == 1 and (message in bad[0] or "overlaps" in bad[0])
    assert good.get("b.fits") == "b"


def test_a_member_without_a_name_is_left_out() -> None:
    content = zip_bytes(TWO)
    nameless = patched(content, DIRECTORY, 46, "<B", 0)
    assert [s.member for s in members(io.BytesIO(nameless))] == ["b.fits"]


def test_damaged_bytes_of_a_member_are_a_problem_of_that_member() -> None:
    data = bytearray(zip_bytes({"a.fits": random.Random(1).randbytes(5000), "b.fits": fits_bytes("b")}))
    data[60:200] = b"\xff" * 140
    first, second = members(io.BytesIO(bytes(data)))
    with pytest.raises(FitsError):
        read(first)
    assert objects([second]) == {"b.fits": "b"}


def test_two_members_of_one_name() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.fits", fits_bytes("first"))
            archive.writestr("a.fits", fits_bytes("second"))
    first, second = members(stream)
    assert not first.problem
    assert "two members" in str(second.problem)


def test_members_that_share_their_bytes_are_refused() -> None:
    """The way of bombs without recursion: many entries over one body."""
    content = zip_bytes(TWO)
    again = patched(content, DIRECTORY, 42, "<I", 0, which=1)
    found = list(members(io.BytesIO(again)))
    assert all(read(s).hdus for s in found if not s.problem)
    assert len(found) == 2


def test_a_bomb_is_bounded() -> None:
    """A member of zeros behind a header that announces them, to be passed to reach a second HDU."""
    header = (card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "1") + card("NAXIS1", str(10**12))).encode()
    body = (header + b"END".ljust(80)).ljust(2880) + bytes(50_000_000)
    (source,) = members(io.BytesIO(zip_bytes({"bomb.fits": body})))
    reading = read(source)
    assert len(reading.hdus) == 1
    assert reading.problems


def test_a_cut_archive_says_so() -> None:
    content = zip_bytes(TWO)
    (source,) = members(io.BytesIO(content[:-30]), "cut.zip")
    assert "cut" in str(source.problem)


def test_a_tar_that_ends_inside_a_member() -> None:
    content = tar_bytes({"a.fits": fits_bytes("a"), "b.fits": fits_bytes("b", 100_000)})
    found = list(members(io.BytesIO(content[:8000])))
    assert objects(found[:1]) == {"a.fits": "a"}
    assert found[-1].problem


def test_a_tar_with_a_damaged_header_in_its_middle() -> None:
    content = bytearray(tar_bytes(TWO))
    at = content.index(b"b.fits")
    content[at : at + 400] = b"x" * 400
    found = list(members(io.BytesIO(bytes(content))))
    assert objects(found[:1]) == {"a.fits": "a"}
    assert "damaged" in str(found[-1].problem)


def test_a_tar_header_of_gigabytes_is_refused() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**32
    content = info.tobuf() + bytes(10_000)
    (source,) = members(io.BytesIO(content))
    assert "header of" in str(source.problem)


def test_an_archive_directory_of_gigabytes_is_refused() -> None:
    content = patched(zip_bytes(TWO), b"PK\x05\x06", 12, "<I", 2**31)
    (source,) = members(io.BytesIO(content))
    assert "directory has" in str(source.problem)


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    content = {f"{i}.fits": fits_bytes() for i in range(5)}
    for pack in (zip_bytes, tar_bytes):
        assert "3" in str(list(members(io.BytesIO(pack(content))))[-1].problem)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["zip", "tar", "tar.gz"]), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255))))
def test_any_damage_is_a_problem_and_never_an_exception(kind: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(zip_bytes(TWO) if kind == "zip" else tar_bytes(TWO, "w:gz" if kind.endswith("gz") else "w"))
    for at, value in changes:
        content[at % len(content)] = value
    for source in members(io.BytesIO(bytes(content)), "x"):
        try:
            read(source)
        except FitsError:
            continue


def test_bzip2_of_random_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.bz2").write_bytes(bz2.compress(os.urandom(1000)))
    (tmp_path / "y.zip").write_bytes(os.urandom(1000))
    assert list(find(tmp_path)) == []
