"""Pictures of products: what they show, what they cost, and what hostile files do to them."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from invenio_obscore.errors import FitsError, InputError, NotFoundError, ObsCoreError
from invenio_obscore.previews.drawing import draw
from invenio_obscore.previews.picture import LARGE, THUMBNAIL, Picture
from invenio_obscore.previews.process import DrawingProcess
from tests.library import fits_files
from tests.library.fits_files import SKY


def written(*hdus: fits.hdu.base._BaseHDU) -> io.BytesIO:
    stream = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(stream)
    stream.seek(0)
    return stream


def sky_image(data: np.ndarray, **cards: object) -> fits.PrimaryHDU:
    hdu = fits.PrimaryHDU(data)
    hdu.header.update({**SKY, **cards})
    return hdu


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), float)


def star_field() -> np.ndarray:
    data = np.random.default_rng(1).normal(100, 5, (200, 100)).astype(np.float32)
    data[150:160, 20:30] += 3000
    return data


def is_picture(picture: Picture) -> bool:
    """Two PNG within their sizes, the small one in bytes as well."""
    sizes = [Image.open(io.BytesIO(png)).size for png in (picture.thumbnail, picture.large)]
    return max(sizes[0]) <= THUMBNAIL and 300 <= max(sizes[1]) <= LARGE and len(picture.thumbnail) < 60_000


def test_an_image_stands_the_right_way_up_with_its_sky_named() -> None:
    picture = draw(written(sky_image(star_field(), OBJECT="M 13", BUNIT="adu")))
    assert is_picture(picture) and picture.kind == "image"
    assert "M 13" in picture.alt and "100 × 200 pixels" in picture.alt and "axes on the sky" in picture.alt
    small = pixels(picture.thumbnail)
    row, column = np.unravel_index(small.argmax(), small.shape)
    # Row 155 of 200 from below, column 25 of 100.
    assert abs(row / small.shape[0] - (1 - 155 / 200)) < 0.05 and abs(column / small.shape[1] - 0.25) < 0.06


@pytest.mark.parametrize("compression", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("tile", [None, (64, 48)])
def test_a_compressed_image_gives_the_picture_of_the_plain_one(compression: str, tile: tuple[int, int] | None) -> None:
    data = (star_field() * 10).astype(np.int32)
    if compression == "HCOMPRESS_1" and tile is None:
        tile = (32, 32)
    hdu = fits.CompImageHDU(data, compression_type=compression, tile_shape=tile)
    hdu.header.update(SKY)
    compressed = draw(written(fits.PrimaryHDU(), hdu))
    assert np.abs(pixels(compressed.thumbnail) - pixels(draw(written(sky_image(data))).thumbnail)).mean() < 3


def test_planes_of_a_compressed_cube_are_its_own() -> None:
    cube = np.zeros((5, 40, 30), np.int16)
    cube[3] = 50
    picture = draw(written(fits.PrimaryHDU(), fits.CompImageHDU(cube, tile_shape=(2, 16, 30))))
    assert picture.kind == "cube" and "30 × 40 × 5 pixels" in picture.alt


def test_a_cube_shows_its_mean_and_the_line_in_its_spectrum() -> None:
    cube = np.random.default_rng(2).normal(1, 0.1, (300, 20, 25)).astype(np.float32)
    cube[120] += 40
    hdu = sky_image(cube, CTYPE3="FREQ", CUNIT3="Hz", CRVAL3=1.42e9, CDELT3=1e5, CRPIX3=1.0, BUNIT="Jy/beam")
    picture = draw(written(hdu))
    assert is_picture(picture) and picture.kind == "cube"
    assert "frequency [GHz] from 1.42 to 1.45" in picture.alt


def test_a_spectrum_of_an_image_is_in_the_unit_that_readers_expect() -> None:
    hdu = fits.PrimaryHDU(np.linspace(1, 2, 500, dtype=np.float32))
    hdu.header.update(CTYPE1="WAVE", CUNIT1="Angstrom", CRVAL1=4000.0, CDELT1=2.0, CRPIX1=1.0, BUNIT="Jy")
    picture = draw(written(hdu))
    assert is_picture(picture) and picture.kind == "spectrum"
    assert "flux [Jy] over wavelength [nm] from 400 to 499.8" in picture.alt


def test_spectra_and_light_curves_of_tables() -> None:
    loglam = np.linspace(3.58, 3.96, 200)
    columns = [fits.Column("flux", "E", array=loglam * 0 + 3, unit="Jy"), fits.Column("loglam", "E", array=loglam)]
    spectrum = draw(written(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)))
    assert spectrum.kind == "spectrum" and "wavelength [Angstrom] from 3802 to 9120" in spectrum.alt
    times = np.linspace(0, 100, 300)
    columns = [fits.Column("TIME", "D", array=times, unit="s"), fits.Column("RATE", "E", array=times % 7)]
    curve = draw(written(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="RATE")))
    assert is_picture(curve) and curve.kind == "light curve" and "RATE over TIME [s] from 0 to 100" in curve.alt


def test_an_event_list_is_a_map_of_its_counts() -> None:
    generator = np.random.default_rng(3)
    columns = [fits.Column(name, "E", array=generator.normal(500, 40, 5000)) for name in ("X", "Y")]
    columns.append(fits.Column("TIME", "D", array=np.arange(5000.0)))
    picture = draw(written(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="EVENTS")))
    assert is_picture(picture) and picture.kind == "events" and "5000 events" in picture.alt


def test_members_of_archives_and_compressed_files() -> None:
    plain = written(sky_image(star_field())).getvalue()
    expected = draw(io.BytesIO(plain)).thumbnail
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a/stored.fits", plain)
        opened.writestr("a/deflated.fits", plain, zipfile.ZIP_DEFLATED)
    for member in ("a/stored.fits", "a/deflated.fits"):
        assert draw(archive, member=member).thumbnail == expected
    with pytest.raises(NotFoundError):
        draw(archive, member="a/none.fits")
    assert draw(io.BytesIO(gzip.compress(plain))).thumbnail == expected


@pytest.mark.parametrize(
    ("shape", "cards"),
    [
        ((50_000, 50_000), {"bitpix": -32}),
        ((2_500_000_000, 1), {"bitpix": -32, "CTYPE1": "RA---TAN"}),
        ((2, 1_000_000_000), {"bitpix": -32}),
        ((1500, 1500, 1000), {"bitpix": -32, "CTYPE3": "VRAD", "CUNIT3": "m/s", "CDELT3": 100.0}),
    ],
)
def test_a_file_of_ten_gigabytes_costs_seconds_and_little_memory(
    tmp_path: Path, shape: tuple[int, ...], cards: dict[str, object]
) -> None:
    path = tmp_path / "large.fits"
    with path.open("wb") as file:
        lengths = {"NAXIS": len(shape), **{f"NAXIS{n}": length for n, length in enumerate(shape, start=1)}}
        own = {"SIMPLE": True, "BITPIX": cards["bitpix"], **lengths}
        own |= {k: v for k, v in cards.items() if k != "bitpix"}
        head = fits_files.header(own)
        file.write(head)
        file.truncate(len(head) + 4 * int(np.prod(shape, dtype=np.int64)))
    with DrawingProcess() as process, path.open("rb") as stream:
        process.draw(io.BytesIO(written(sky_image(star_field())).getvalue()))  # libraries are loaded by now
        began = time.monotonic()
        picture = process.draw(stream)
        assert time.monotonic() - began < 30
        assert is_picture(picture)
        status = Path(f"/proc/{process.pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    assert peak < 300, f"{peak:.0f} MB"


def test_header_text_in_a_picture_is_text() -> None:
    hdu = fits.PrimaryHDU(np.ones(100, np.float32))
    hdu.header.update(CTYPE1="WAVE", CUNIT1="nm", CDELT1=1.0, BUNIT=r"$\frac{1}{$<b>", OBJECT="a" * 68)
    picture = draw(written(hdu))
    assert r"$\frac{1}{$<b>" in picture.alt and "a" * 68 not in picture.alt


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html>", "web page"),
        (fits_files.primary(), "no data"),
        (fits_files.image((10, 10), bitpix=-32)[:2880], "no numbers"),
    ],
)
def test_what_cannot_be_drawn_has_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FitsError, match=reason):
        draw(io.BytesIO(content))


def test_a_child_that_dies_costs_only_its_picture() -> None:
    good = written(sky_image(star_field())).getvalue()
    with DrawingProcess() as process:
        with pytest.raises(NotFoundError):
            process.draw(io.BytesIO(good), key="nothing")
        with pytest.raises(InputError):
            process.draw(io.BytesIO(b"nothing"))
        assert is_picture(process.draw(io.BytesIO(good)))


CARDS = st.sampled_from(
    ["NAXIS1", "NAXIS2", "BITPIX", "CDELT1", "CD1_1", "CRPIX1", "CRVAL2", "BSCALE", "BZERO", "BLANK", "ZTILE1",
     "ZNAXIS1", "ZCMPTYPE", "TFORM1", "THEAP", "PCOUNT", "CTYPE1", "CUNIT1", "ZBITPIX", "TFIELDS", "TTYPE1", "TDIM1"]
)  # fmt: skip
VALUES = st.sampled_from(
    [0, 1, -1, 2**31, 10**30, "1E308", "-1E-308", "'NaN'", "'RA---TAN'", "'1PB(99999999)'", "'RICE_1'", "T", "''"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CARDS, VALUES), min_size=1, max_size=3), st.booleans(), st.integers(0, 40_000))
def test_mangled_files_end_in_a_picture_or_an_error_of_ours(
    changes: list[tuple[str, object]], compressed: bool, cut: int
) -> None:
    data = np.arange(400, dtype=np.int32).reshape(20, 20)
    hdu = fits.CompImageHDU(data) if compressed else fits.ImageHDU(data, header=fits.Header(SKY))
    content = written(fits.PrimaryHDU(), hdu).getvalue()[: max(3000, cut)]
    for keyword, value in changes:
        at = content.find(f"\x20\x20{keyword}".strip().ljust(8).encode() + b"=", 2880)
        if at >= 0:
            card = f"{keyword:8}= {value!s:>20}"[:80].ljust(80).encode()
            content = content[:at] + card + content[at + 80 :]
    try:
        picture = draw(io.BytesIO(content))
    except ObsCoreError as error:
        assert str(error)
    else:
        assert picture.alt and picture.large.startswith(b"\x89PNG")
