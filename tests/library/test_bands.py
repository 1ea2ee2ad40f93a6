"""The house table of bands: filters as headers name them, and where published curves fall to half."""

from __future__ import annotations

import pytest

from invenio_obscore.extraction import band_tables
from invenio_obscore.extraction.bands import resolve


@pytest.mark.parametrize(
    ("text", "context", "low", "high"),
    [
        ("SDSS r'", "", 557, 697),
        ("Bessell V", "", 502, 587),
        ("F606W", "HST ACS", 476, 709),
        ("F606W", "HST WFPC2", 494, 716),
        ("F606W", "HST", 476, 709),
        ("r.MP9602", "CFHT MegaPrime", 553, 699),
        ("Ks", "", 1990, 2310),
        ("F200W", "JWST NIRCAM", 1755, 2227),
        ("g DECam SDSS c0001 4720.0 1520.0", "DECam", 396, 548),
        ("i_G0302", "Gemini GMOS-N", 706, 850),
        ("Halpha", "", 651, 661),
        ("N-B-L921", "Subaru SuprimeCam", None, None),
        ("W-J-B", "", 390, 500),
        ("W-C-RC", "Subaru", 590, 715),
        ("zg", "ZTF P48", 412, 548),
        ("ZTF_r", "P48 ZTF", 565, 722),
        ("R#642", "EFOSC", 567, 714),
        ("L_prime", "NACO", 3430, 4130),
        ("L", "SBIG ST-10", None, None),
        ("B+V", "", None, None),
        ("B_K", "SPHERE", None, None),
        ("rp", "LCOGT 1m0", 552, 695),
        ("z_SDSS", "VST OMEGACAM", 825, 955),
        ("CLEAR", "", None, None),
        ("XYZ", "", None, None),
        ("F999W", "HST", None, None),
    ],
)
def test_filters_as_headers_name_them(text: str, context: str, low: float | None, high: float | None) -> None:
    band = resolve(text, context)
    if low is None:
        assert band is None
    else:
        assert band is not None
        assert (band.low * 1e9, band.high * 1e9) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "context", "low", "high"),
    [
        ("FUV", "GALEX", 141.3, 163.9),
        ("NUV", "GALEX", 193.2, 272.6),
        ("1", "WISE", 2987, 3780),
        ("2", "WISE", 4084, 5190),
        ("3", "WISE", 7596, 16270),
        ("4", "WISE", 19843, 24500),
        ("u", "SDSS", 327, 386),
        ("g", "SDSS", 407, 533),
        ("r", "SDSS", 560, 675),
        ("i", "SDSS", 691, 816),
        ("z", "SDSS", 828, 928),
        ("g", "GPC1", 425, 551),
        ("y", "GPC1", 920, 982),
        ("z", "LSSTCam", 818, 922),
        ("U", "Johnson", 340, 393),
        ("V", "Johnson", 501, 584),
        ("Johnson B", "", 378, 483),
        ("Cousins R", "", 568, 706),
        ("Cousins I", "", 727, 854),
        ("F110W", "HST NICMOS", 808, 1396),
        ("F160W", "HST NICMOS", 1398, 1797),
        ("F160W", "HST WFC3", 1400, 1688),
        ("F814W", "HST WFC3", 706, 857),
        ("F850LP", "HST WFC3", 850, 967),
        ("F814W", "HST ACS", 706, 892),
        ("F850LP", "HST ACS", 830, 954),
        ("F439W", "HST WFPC2", 397, 468),
        ("F656N", "HST WFPC2", 655.0, 657.8),
        ("J", "2MASS", 1132, 1347),
        ("Ks", "2MASS", 2024, 2303),
        ("36", "IRAC", 3180, 3925),
        ("green", "PACS", 84495, 120181),
        ("PSW", "SPIRE", 211912, 289612),
        ("F1000W", "MIRI", 9020, 10893),
        ("G", "GAIA", 402, 857),
        ("RP", "GAIA", 630, 922),
    ],
)
def test_bands_end_where_their_curves_fall_to_half(text: str, context: str, low: float, high: float) -> None:
    """Limits of published curves (of the missions, and of SVO), to a fifth of the width."""
    band = resolve(text, context)
    assert band is not None
    near = 0.2 * (high - low)
    assert (band.low * 1e9, band.high * 1e9) == pytest.approx((low, high), abs=near)


def test_every_band_of_the_tables_has_a_width() -> None:
    tables = {name: table for name, table in vars(band_tables).items() if name.isupper()}
    assert len(tables) > 30
    wrong = [f"{name} {band}" for name, table in tables.items() for band, (low, high) in table.items() if low >= high]
    assert not wrong
