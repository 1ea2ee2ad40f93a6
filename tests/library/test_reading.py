"""Reading headers: what real and hostile files do, and that nothing but headers is read."""

import bz2
import gzip
import io
import lzma
import os
import struct
import time
from pathlib import Path

import pytest
from fits_files import BLOCK, PRIMARY, SKY, header, image, padded, primary, table

from invenio_obscore.errors import FitsError, FitsLimitError, NotFitsError, TruncatedFitsError
from invenio_obscore.fits.cards import CARD, write_card
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import Reading, read


class Counting(io.BytesIO):
    """A file that counts the bytes that are read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def codes(reading: Reading) -> set[str]:
    return {problem.code for problem in reading.problems}


def test_every_hdu_is_read() -> None:
    data = (
        image(OBJECT="M 31", **SKY)
        + image((8, 8), extension=True, EXTNAME="ERR")
        + table([("A", "J", "")], bytes(8), 2)
    )
    reading = read(io.BytesIO(data), name="a.fits")
    assert [h.name for h in reading.hdus] == ["", "ERR", ""]
    assert reading.hdus[0].header["OBJECT"] == "M 31"
    assert reading.hdus[2].tables["rows"] == 2
    assert reading.size == len(data)
    assert reading.problems == []


def test_only_headers_are_read() -> None:
    data = image((1000, 1000)) + image((1000, 1000), extension=True)
    file = Counting(data)
    read(file)
    assert file.count <= 2 * BLOCK + 6 + BLOCK


def test_it_is_kept_and_read_back() -> None:
    data = image(OBJECT="M 31 " + "x" * 60) + table([("TIME", "D", "s")], struct.pack(">3d", 1, 2, float("nan")), 3)
    reading = read(io.BytesIO(data), name="a.fits")
    again = Reading.from_bytes(reading.to_bytes())
    assert again.to_dict() == reading.to_dict()
    assert [h.cards for h in again.hdus] == [h.cards for h in reading.hdus]


@pytest.mark.parametrize("damage", [b"", b"no zlib", None])
def test_a_damaged_stored_reading_is_an_error(damage: bytes | None) -> None:
    stored = read(io.BytesIO(primary())).to_bytes()
    with pytest.raises(FitsError):
        Reading.from_bytes(stored[:-20] if damage is None else damage)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", TruncatedFitsError),
        (b"<!DOCTYPE html><html><body>Login</body></html>", NotFitsError),
        (b"\n <html>", NotFitsError),
        (b"PK\x03\x04" + b"x" * 4000, NotFitsError),
        (b"\0" * 10000, NotFitsError),
        (b"SIMPLE  =                    T\nBITPIX  =                   16\nEND\n" * 50, NotFitsError),
        (primary()[:240], TruncatedFitsError),
        (header(["SIMPLE  =                    T"] * 100, end=False), TruncatedFitsError),
    ],
)
def test_what_is_no_fits_file(data: bytes, error: type[FitsError]) -> None:
    with pytest.raises(error):
        read(io.BytesIO(data))


def test_a_file_cut_in_its_data_keeps_its_headers() -> None:
    data = image() + image((100, 100), extension=True, EXTNAME="SCI")
    reading = read(io.BytesIO(data[:-20_000]))
    assert len(reading.hdus) == 2
    assert codes(reading) == {"truncated"}


def test_a_file_cut_in_an_extension_header_keeps_the_rest() -> None:
    data = image() + image(extension=True, **{f"KEY{n}": n for n in range(100)})
    reading = read(io.BytesIO(data[: len(image()) + BLOCK]))
    assert len(reading.hdus) == 1
    assert codes(reading) == {"truncated"}


def test_missing_padding_at_the_end_is_tolerated() -> None:
    data = image((10, 10))
    assert read(io.BytesIO(data[: BLOCK + 400])).problems == []


def test_a_header_that_is_not_padded_is_advice() -> None:
    reading = read(io.BytesIO(primary().rstrip()))
    assert codes(reading) == {"padding"}


@pytest.mark.parametrize("text", ["'NaN'", "abc", "1.5", "", "'12 rows'x", "-5", "9" * 40])
def test_text_where_a_length_must_stand(text: str) -> None:
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    1",
        f"NAXIS1  = {text}",
    ]
    reading = read(io.BytesIO(header(cards) + image(extension=True)))
    assert len(reading.hdus) == 1
    assert codes(reading) == {"structure"}


def test_characters_that_fits_forbids_are_kept_and_said() -> None:
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "OBSERVER= 'Ångström'",
    ]
    reading = read(io.BytesIO(header(cards)))
    assert codes(reading) == {"non-ascii"}
    assert reading.hdus[0].header["OBSERVER"] == "Ångström"


def test_text_in_utf_8_is_read_as_its_writer_meant_it() -> None:
    """No FITS, but common; other bytes are Latin-1, and every card keeps its 80 characters."""
    greek = "OBJECT  = 'Ωme'".encode().decode("latin-1")
    reading = read(io.BytesIO(header([*(write_card(k, v) for k, v in PRIMARY.items()), greek, "OBSERVER= 'Ångström'"])))
    found = reading.hdus[0].header
    assert (found["OBJECT"], found["OBSERVER"]) == ("Ωme", "Ångström")
    assert codes(reading) == {"non-ascii"}
    assert Reading.from_bytes(reading.to_bytes()).to_dict() == reading.to_dict()
    assert len(reading.hdus[0].cards) % CARD == 0


def test_ten_gigabytes_are_as_fast_as_ten_kilobytes(tmp_path: Path) -> None:
    path = tmp_path / "huge.fits"
    shape = (50_000, 50_000)
    with path.open("wb") as file:
        file.write(header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": shape[0], "NAXIS2": shape[1]}))
        file.truncate(BLOCK + -(-shape[0] * shape[1] * 4 // BLOCK) * BLOCK)
        file.seek(0, os.SEEK_END)
        file.write(image(extension=True, EXTNAME="BEHIND"))
    begin = time.process_time()
    with path.open("rb") as file:
        reading = read(file)
    assert [h.name for h in reading.hdus] == ["", "BEHIND"]
    assert time.process_time() - begin < 3


def test_a_header_of_gigabytes_is_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "header.fits"
    with path.open("wb") as file:
        file.write(primary()[:240] + b" " * 10_000)
        file.truncate(10 * 2**30)
    begin = time.process_time()
    with path.open("rb") as file, pytest.raises(FitsLimitError, match="header"):
        read(file)
    assert time.process_time() - begin < 5


def test_a_thousand_extensions_are_read_and_more_are_reported() -> None:
    data = primary() + b"".join(image((4, 4), extension=True, EXTVER=n) for n in range(1100))
    reading = read(io.BytesIO(data))
    assert len(reading.hdus) == Limits().hdus
    assert codes(reading) == {"hdu-limit"}


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_compressed_files(pack, name: str) -> None:
    reading = read(io.BytesIO(pack(image((300, 300)) + image((8, 8), extension=True, EXTNAME="LAST"))))
    assert reading.format == name
    assert reading.hdus[-1].name == "LAST"


def test_a_gzip_bomb_ends_at_the_limit() -> None:
    begin = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 1, "NAXIS1": 400 * 2**20})
    bomb = gzip.compress(begin + bytes(400 * 2**20), 1)
    start = time.process_time()
    reading = read(io.BytesIO(bomb), limits=Limits(inflated_bytes=2**20))
    assert len(reading.hdus) == 1
    assert codes(reading) == {"inflate-limit"}
    assert time.process_time() - start < 3


def test_a_bomb_of_header_blocks_ends_at_the_limit() -> None:
    bomb = gzip.compress(primary()[:240] + b" " * (64 * 2**20), 1)
    with pytest.raises(FitsLimitError):
        read(io.BytesIO(bomb), limits=Limits(inflated_bytes=2**20))


def test_a_damaged_compressed_file_keeps_what_was_read() -> None:
    whole = gzip.compress(image((2, 2)) + image((2000, 2000), extension=True) + os.urandom(0), 1)
    reading = read(io.BytesIO(whole[: len(whole) // 2]))
    assert reading.hdus
    assert codes(reading) & {"truncated"}


def test_a_stream_that_cannot_seek_is_read_forward() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.inner = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            return self.inner.read(min(size, 1000))

    reading = read(Pipe(image((300, 300)) + image((8, 8), extension=True, EXTNAME="LAST")))
    assert reading.hdus[-1].name == "LAST"


def test_time_is_limited() -> None:
    with pytest.raises(FitsLimitError, match="took more than"):
        read(io.BytesIO(image()), limits=Limits(seconds=0.0))


def test_a_table_gives_bounded_values_only() -> None:
    rows = 200_000
    data = (
        padded(b"")
        + primary()
        + table(
            [("WAVE", "D", "nm"), ("FLUX", "D", "")],
            b"".join(struct.pack(">2d", 300 + n, 1) for n in range(rows)),
            rows,
        )
    )
    reading = read(io.BytesIO(data), limits=Limits(table_bytes=10**7))
    values = reading.hdus[1].tables
    assert values["rows"] == rows
    assert values["range"]["WAVE"] == [300.0, 299.0 + rows]
    assert len(reading.to_bytes()) < 20_000
