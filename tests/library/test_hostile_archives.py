"""Archives that mean harm, or that are merely large: bounded in time and memory, each member's fault its own."""

import gzip
import io
import random
import struct
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from test_sources import fits_bytes, objects, problems, tar_bytes, zip_bytes

from invenio_obscore import extract
from invenio_obscore.errors import FitsError
from invenio_obscore.fits import archives
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import read
from invenio_obscore.fits.sources import find, members


class Counting(io.BytesIO):
    """A stream that counts the bytes that are read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self.count += len(part)
        return part


# -- large ones ------------------------------------------------------------------------------------------------------
def _noise(megabytes: int) -> bytes:
    """What does not compress, so that bytes of the archive are bytes of its members."""
    return random.Random(megabytes).randbytes(megabytes * 2**20)


def test_a_compressed_tar_is_inflated_once() -> None:
    """Members that are read as they are found cost one pass; the stream is the only one that there is."""
    files = {f"{number}.fits": fits_bytes(str(number)) + _noise(2) for number in range(5)}
    stream = Counting(tar_bytes(files, "w:gz"))
    size = len(stream.getvalue())
    assert list(objects(members(stream, "a.tar.gz")).values()) == ["0", "1", "2", "3", "4"]
    assert stream.count < 1.2 * size


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_tar_is_listed_on_while_its_members_are_read(mode: str) -> None:
    """Both read the caller's one stream; empty members and whole blocks are where their places meet."""
    files = {}
    for number in range(40):
        files[f"{number}.txt"] = b""
        files[f"{number}.fits"] = fits_bytes(f"T{number}", number * 1000) + _noise(1)[: number * 3000]
    found = objects(members(io.BytesIO(tar_bytes(files, mode)), "a.tar"))
    assert found == {f"{number}.fits": f"T{number}" for number in range(40)}


def test_members_of_a_compressed_tar_in_any_order_while_it_is_listed() -> None:
    files = {f"{number}.fits": fits_bytes(str(number), 50_000) for number in range(6)}
    listed = []
    for source in members(io.BytesIO(tar_bytes(files, "w:gz")), "a.tar.gz"):
        listed.append(source)
        assert list(objects(reversed(listed)).values()) == [str(n) for n in reversed(range(len(listed)))]


def test_a_member_beyond_four_gigabytes(tmp_path: Path) -> None:
    """ZIP64, made by hand: a stored member of five gigabytes that are a hole, and one behind it."""
    big = 5 * 2**30
    head, tail = _header("first", big), fits_bytes("second")
    path = tmp_path / "big.zip"
    with path.open("wb") as file:
        entries = []
        for name, start, size in (("a.fits", head, 2880 + -(-big // 2880) * 2880), ("b.fits", tail, len(tail))):
            at = file.tell()
            extra = struct.pack("<HHQQ", 1, 16, size, size)
            local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), 20)
            file.write(local + name.encode() + extra + start)
            file.seek(at + len(local) + len(name) + len(extra) + size)
            entries.append((name, at, size))
        _write_directory(file, entries)
    begin = time.process_time()
    assert objects(find(path)) == {"a.fits": "first", "b.fits": "second"}
    assert time.process_time() - begin < 2


def _header(name: str, data: int) -> bytes:
    return fits_bytes(name, 1)[:2880].replace(b"NAXIS1  =                    1", f"NAXIS1  = {data:>20}".encode())


def _write_directory(file: io.BufferedWriter, entries: list[tuple[str, int, int]]) -> None:
    start = file.tell()
    for name, at, size in entries:
        extra = struct.pack("<HHQQQ", 1, 24, size, size, at)
        fixed = (45, 45, 0, 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), len(extra), 0, 0, 0, 0, 2**32 - 1)
        file.write(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fixed) + name.encode() + extra)
    size, end = file.tell() - start, file.tell()
    count = len(entries)
    file.write(struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start))
    file.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
    file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 0))


def test_five_thousand_members_are_found_in_seconds() -> None:
    content = zip_bytes({f"night {n % 7}/{n:05}.fits": fits_bytes() for n in range(5000)}, zipfile.ZIP_STORED)
    begin = time.process_time()
    found = list(members(io.BytesIO(content), "a.zip"))
    assert len(found) == 5000 and len(read(found[4999]).hdus) == 1
    assert time.process_time() - begin < 5


# -- bombs -----------------------------------------------------------------------------------------------------------
def test_a_bomb_of_header_blocks_inside_a_zip() -> None:
    """A header that never ends, a thousand times smaller than what it inflates to."""
    head = fits_bytes()[:240]
    (source,) = members(io.BytesIO(zip_bytes({"bomb.fits": head + b" " * (256 * 2**20)})))
    begin = time.process_time()
    with pytest.raises(FitsError, match="header"):
        read(source)
    assert time.process_time() - begin < 4


@pytest.mark.parametrize("pack", [gzip.compress, lambda b: tar_bytes({"a.fits": b}, "w:gz")], ids=["gz", "tar.gz"])
def test_a_bomb_inside_a_bomb(pack: object) -> None:
    """Each layer of compression has its own bound; what lies deeper than one inside an archive is not opened."""
    inner = pack(_header("x", 200 * 2**20) + bytes(200 * 2**20))  # type: ignore[operator]
    name = "a.fits.gz" if pack is gzip.compress else "a.tar.gz"
    (source,) = members(io.BytesIO(zip_bytes({name: inner})))
    begin = time.process_time()
    try:
        assert len(read(source, limits=Limits(inflated_bytes=2**20)).hdus) == 1
    except FitsError as error:
        assert "archive inside an archive" in str(error)
    assert time.process_time() - begin < 4


@pytest.mark.parametrize("name", ["inner.zip", "inner.tar", "inner.tar.gz", "INNER.TGZ"])
@pytest.mark.parametrize("outer", [zip_bytes, tar_bytes])
def test_an_archive_inside_an_archive_is_said_and_not_opened(name: str, outer: object) -> None:
    content = outer({name: zip_bytes({"a.fits": fits_bytes("a")}), "b.fits": fits_bytes("b")})  # type: ignore[operator]
    found = list(members(io.BytesIO(content)))
    assert problems(found) == {name: f"{name}: an archive inside an archive is not opened"}
    assert objects(s for s in found if not s.problem) == {"b.fits": "b"}


def test_many_entries_over_one_body_are_refused_but_the_first() -> None:
    """The way to a bomb without recursion: a directory of thousands of entries that share a kernel."""
    body = zip_bytes({"0000.fits": fits_bytes("a", 10_000)})
    start = body.index(b"PK\x01\x02")
    entry = body[start : body.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"0000.fits", f"{n:04}.fits".encode()) for n in range(2000))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2000, 2000, len(entries), start, 0)
    found = list(members(io.BytesIO(body[:start] + entries + end)))
    assert len(found) == 2000
    assert sum(not s.problem for s in found) <= 1


def test_a_directory_that_claims_few_entries_and_holds_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted before an object is made of each."""
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1000)
    body = zip_bytes({"0.fits": fits_bytes()})
    start = body.index(b"PK\x01\x02")
    entries = body[start : body.index(b"PK\x05\x06")] * 300_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entries), start, 0)
    begin = time.process_time()
    (source,) = members(io.BytesIO(body[:start] + entries + end), "many.zip")
    assert "300000 members" in str(source.problem)
    assert time.process_time() - begin < 2


# -- tar -------------------------------------------------------------------------------------------------------------
def _tar(*infos: tarfile.TarInfo) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for info in infos:
            archive.addfile(info)
        good = tarfile.TarInfo("good.fits")
        good.size = 2880
        archive.addfile(good, io.BytesIO(fits_bytes("good")))
    return stream


def _info(name: str, type_: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type_, link
    return info


def test_links_devices_and_pipes_in_a_tar_are_no_files() -> None:
    stream = _tar(
        _info("symlink.fits", tarfile.SYMTYPE, "/etc/passwd"),
        _info("hardlink.fits", tarfile.LNKTYPE, "../../etc/passwd"),
        _info("device.fits", tarfile.CHRTYPE),
        _info("block.fits", tarfile.BLKTYPE),
        _info("pipe.fits", tarfile.FIFOTYPE),
        _info("directory.fits", tarfile.DIRTYPE),
    )
    found = list(members(stream))
    assert objects(found) == {"good.fits": "good"}


def test_a_sparse_member_is_a_problem_of_that_member() -> None:
    info = _info("sparse.fits", tarfile.REGTYPE)
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,0",
        "GNU.sparse.size": "9",
    }
    found = list(members(_tar(info)))
    assert list(problems(found)) == ["sparse.fits"] and "sparse" in problems(found)["sparse.fits"]


@pytest.mark.parametrize(
    "headers",
    [
        {"size": str(10**18)},
        {"size": "-5"},
        {"size": "many"},
        {"path": "a" * 500_000},
        {"path": "../../etc/x.fits"},
        {"mtime": "9" * 400},
        {"GNU.sparse.map": "1,2,x"},
        {"hdrcharset": "BINARY", "path": "caf\udce9.fits"},
    ],
    ids=lambda headers: ",".join(headers),
)
def test_extended_headers_of_a_tar_that_lie(headers: dict[str, str]) -> None:
    info = _info("evil.fits", tarfile.REGTYPE)
    info.pax_headers = headers
    begin = time.process_time()
    for source in members(_tar(info), "evil.tar"):
        source.uri.encode()
        try:
            read(source)
        except FitsError:
            continue
    assert time.process_time() - begin < 2


def test_a_tar_of_a_million_empty_headers_ends() -> None:
    """Directories, a hundred thousand of them and more, cost no memory and end at the limit."""
    one = tarfile.TarInfo("d")
    one.type = tarfile.DIRTYPE
    content = gzip.compress(one.tobuf() * (archives.MAX_MEMBERS + 10), 1)
    (source,) = members(io.BytesIO(content), "d.tar.gz")
    assert "members" in str(source.problem)


def flagged(content: bytes, bit: int) -> bytes:
    """A ZIP archive with a bit set in the flags of every entry of its directory and of every member."""
    changed = bytearray(content)
    for signature, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = -1
        while (at := changed.find(signature, at + 1)) >= 0:
            (flags,) = struct.unpack_from("<H", changed, at + place)
            struct.pack_into("<H", changed, at + place, flags | bit)
    return bytes(changed)


def test_a_name_that_only_says_that_it_is_utf_8_costs_no_other_member() -> None:
    content = zip_bytes({"cafe.fits": fits_bytes("one"), "plain.fits": fits_bytes("two")})
    lying = flagged(content, 0x800).replace(b"cafe.", b"caf\xff.")
    found = list(members(io.BytesIO(lying), "a.zip"))
    assert [source.member for source in found] == ["caf\u00a0.fits", "plain.fits"]
    assert [p.row["target_name"] for p in extract(io.BytesIO(lying))] == ["one", "two"]


def test_paths_out_of_the_archive_encryption_and_damage_cost_their_member_only() -> None:
    names = ["/abs.fits", "../up.fits", "a/../../b.fits", "C:\\x.fits", "..\\w.fits"]
    response = extract(io.BytesIO(zip_bytes({name: fits_bytes(name) for name in [*names, "ok.fits"]})))
    assert [p.member for p in response] == ["ok.fits"]
    assert [(source.member, "leads out" in problem.message) for source, problem in response.failures] == [
        (name, True) for name in names
    ]
    response = extract(io.BytesIO(flagged(zip_bytes({"a.fits": fits_bytes("a")}), 0x1)))
    assert not len(response) and "encrypted" in response.failures[0][1].message


# -- names -----------------------------------------------------------------------------------------------------------
def test_names_that_are_no_utf_8_can_be_written(tmp_path: Path) -> None:
    top = tmp_path / "files"
    top.mkdir()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("caf\udce9.fits")
        info.size = 2880
        archive.addfile(info, io.BytesIO(fits_bytes("tar")))
    (top / "a.tar").write_bytes(stream.getvalue())
    (top / "b.zip").write_bytes(zip_bytes({"cafe.fits": fits_bytes("zip")}).replace(b"cafe.", b"caf\x82."))
    try:
        (top / "caf\udce9.fits").write_bytes(fits_bytes("disk"))
    except OSError:
        pytest.skip("the file system takes names in UTF-8 only")
    response = extract(top)
    assert {p.row["target_name"]: p.row["obs_id"] for p in response} == {"tar": "café", "zip": "café", "disk": "café"}
    for ending in (".csv", ".vot", ".parquet", ".fits", ".ecsv", ".json"):
        response.write(tmp_path / f"table{ending}")
    assert response.of("café.fits")
