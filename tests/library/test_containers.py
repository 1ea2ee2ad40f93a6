"""Reading a stored file that may be an archive, as the server does."""

import io
import zipfile

import pytest
from test_sources import FILES, fits_bytes, tar_bytes, zip_bytes

from invenio_obscore import pipeline
from invenio_obscore.errors import NotFitsError
from invenio_obscore.fits.child import ReaderProcess
from invenio_obscore.fits.containers import read_any
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import Reading


@pytest.mark.parametrize(
    "content", [zip_bytes(FILES), tar_bytes(FILES), tar_bytes(FILES, "w:gz")], ids=["zip", "tar", "tar.gz"]
)
def test_an_archive_gives_a_product_for_each_member(content: bytes) -> None:
    reading = Reading.from_bytes(read_any(io.BytesIO(content), name="all.zip").to_bytes())
    found = pipeline.products(reading)
    assert [(p.member, p.row["target_name"]) for p in found] == [("data/a.fits", "a"), ("b.fits.gz", "b")]
    assert reading.format in ("zip", "tar") and reading.name == "all.zip"


def test_a_member_that_cannot_be_read_is_its_own_problem() -> None:
    content = zip_bytes({"a.fits": b"<html>", "../b.fits": fits_bytes("b"), "c.fits": fits_bytes("c")})
    reading = read_any(io.BytesIO(content), name="all.zip")
    assert [p.member for p in pipeline.products(reading)] == ["c.fits"]
    assert sorted(p.message.split(":")[0] for p in reading.problems) == ["../b.fits", "a.fits"]


def test_a_file_that_is_no_archive_is_read_as_before() -> None:
    assert len(read_any(io.BytesIO(fits_bytes("one")), name="one.fits").hdus) == 1
    for content in (b"<html>", zip_bytes({"notes.txt": b"text"})):
        with pytest.raises(NotFitsError):
            read_any(io.BytesIO(content))


def test_members_beyond_the_time_are_a_problem_of_the_archive() -> None:
    content = zip_bytes({f"{i:03}.fits": fits_bytes() for i in range(300)})
    reading = read_any(io.BytesIO(content), limits=Limits(seconds=0.01))
    assert len(reading.members) < 300
    assert "were not read" in reading.problems[-1].message


def test_many_members_through_the_reader_process() -> None:
    content = zip_bytes({f"{i:03}.fits": fits_bytes(f"T{i}") for i in range(400)}, zipfile.ZIP_DEFLATED)
    with ReaderProcess(Limits()) as reader:
        reading = Reading.from_bytes(reader.read(io.BytesIO(content), name="all.zip"))
        products = reader.products(reading.to_bytes(), name="all.zip", mapping="obs_collection: 'Many'")
    assert len(reading.members) == 400 and not reading.problems
    assert [p["member"] for p in products] == [m.member for m in reading.members]
    assert {p["row"]["obs_collection"] for p in products} == {"Many"}
