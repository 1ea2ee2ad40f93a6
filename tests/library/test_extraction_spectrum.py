"""Rules: what a product covers in the spectrum, on headers made for the purpose."""

import struct

import pytest
from extracted import codes, one
from fits_files import SKY, image, primary, table

from invenio_obscore.extraction import Product


def spectrum(count: int = 1000, **cards: object) -> Product:
    return one(image((count,), **cards))


@pytest.mark.parametrize(
    ("cards", "low", "high"),
    [
        ({"CTYPE1": "WAVE", "CRVAL1": 5e-7, "CDELT1": 1e-10, "CRPIX1": 1.0}, 5e-7, 6e-7),
        ({"CTYPE1": "WAVE", "CUNIT1": "Angstrom", "CRVAL1": 5000.0, "CDELT1": 1.0, "CRPIX1": 1.0}, 5e-7, 6e-7),
        (
            {"CTYPE1": "AWAV", "CUNIT1": "Angstrom", "CRVAL1": 5000.0, "CDELT1": 1.0, "CRPIX1": 1.0},
            5.0014e-7,
            6.0017e-7,
        ),
        ({"CTYPE1": "WAVE-LOG", "CUNIT1": "nm", "CRVAL1": 500.0, "CDELT1": 0.1, "CRPIX1": 1.0}, 5e-7, 6.107e-7),
        ({"CTYPE1": "FREQ", "CRVAL1": 1.4e9, "CDELT1": 1e5, "CRPIX1": 1.0}, 0.19986, 0.21414),
        ({"CTYPE1": "FREQ", "CUNIT1": "GHz", "CRVAL1": 1.5, "CDELT1": -1e-4, "CRPIX1": 1.0}, 0.19986, 0.21414),
        ({"CTYPE1": "ENER", "CUNIT1": "keV", "CRVAL1": 1.0, "CDELT1": 0.01, "CRPIX1": 1.0}, 1.1276e-10, 1.2461e-9),
        ({"CTYPE1": "WAVN", "CUNIT1": "cm-1", "CRVAL1": 1000.0, "CDELT1": 1.0, "CRPIX1": 1.0}, 5e-6, 1e-5),
        (
            {"CTYPE1": "VRAD", "CUNIT1": "km/s", "CRVAL1": 0.0, "CDELT1": 1.0, "CRPIX1": 1.0, "RESTFRQ": 1.420405752e9},
            0.211061,
            0.21177,
        ),
        ({"CTYPE1": "VOPT", "CRVAL1": 0.0, "CDELT1": 1e3, "CRPIX1": 1.0, "RESTWAV": 6.5628e-7}, 6.5628e-7, 6.5847e-7),
        ({"CTYPE1": "LINEAR", "CUNIT1": "Angstrom", "CRVAL1": 5000.0, "CDELT1": 1.0, "CRPIX1": 1.0}, 5e-7, 6e-7),
        (
            {
                "CTYPE1": "LINEAR",
                "WAT1_001": "wtype=linear label=Wavelength units=angstroms",
                "CRVAL1": 5000.0,
                "CD1_1": 1.0,
            },
            5e-7,
            6e-7,
        ),
        (
            {
                "CTYPE1": "LINEAR",
                "DC-FLAG": 1,
                "WAT1_001": "wtype=linear units=Angstroms",
                "CRVAL1": 3.7,
                "CD1_1": 1e-4,
            },
            5.011e-7,
            6.309e-7,
        ),
        ({"COEFF0": 3.7, "COEFF1": 1e-4}, 5.011e-7, 6.309e-7),
        ({"CTYPE1": "Wavelength", "CUNIT1": "Angstroms", "CRVAL1": 5000.0, "CDELT1": 1.0, "CRPIX1": 1.0}, 5e-7, 6e-7),
    ],
)
def test_spectral_axes(cards: dict[str, object], low: float, high: float) -> None:
    product = spectrum(**cards)
    assert product.row["dataproduct_type"] == "spectrum"
    assert product.row["em_min"] == pytest.approx(low, rel=2e-3)
    assert product.row["em_max"] == pytest.approx(high, rel=2e-3)
    assert product.row["em_xel"] == 1000


@pytest.mark.parametrize(
    "cards",
    [
        {"CTYPE1": "LINEAR", "CRVAL1": 4000.0, "CDELT1": 1.0, "CRPIX1": 1.0},
        {"CTYPE1": "LINEAR", "WAT1_001": "wtype=linear units=Angstroms", "CRVAL1": 1.0, "CDELT1": 1.0, "CRPIX1": 1.0},
        {"CTYPE1": "Wavelength", "CRVAL1": 4000.0, "CDELT1": 1.0, "CRPIX1": 1.0},
        {"CTYPE1": "VRAD", "CRVAL1": 0.0, "CDELT1": 1.0, "CRPIX1": 1.0},
        {"CTYPE1": "WAVE", "CUNIT1": "kg", "CRVAL1": 1.0, "CDELT1": 1.0, "CRPIX1": 1.0},
    ],
)
def test_nothing_is_guessed(cards: dict[str, object]) -> None:
    product = spectrum(**cards)
    assert product.row["em_min"] is None
    assert "missing" in codes(product)


def test_metres_by_the_standard_are_believed_and_marked() -> None:
    product = spectrum(CTYPE1="WAVE", CRVAL1=4000.0, CDELT1=1.0, CRPIX1=1.0)
    assert product.row["em_min"] == pytest.approx(3999.5)
    assert "em-implausible" in codes(product)


def test_spectra_in_tables() -> None:
    rows = b"".join(struct.pack(">2d", 300 + n, 1.0) for n in range(100))
    product = one(primary() + table([("WAVE", "D", "nm"), ("FLUX", "D", "erg/s/cm2/Angstrom")], rows, 100))
    assert product.row["dataproduct_type"] == "spectrum"
    assert (product.row["em_min"], product.row["em_max"]) == pytest.approx((3e-7, 3.99e-7))
    assert product.row["em_xel"] == 100
    assert product.row["o_ucd"] == "phot.flux.density;em.wl"


def test_a_column_without_a_unit_is_a_problem() -> None:
    rows = b"".join(struct.pack(">2d", 3000 + n, 1.0) for n in range(100))
    product = one(primary() + table([("WAVE", "D", ""), ("FLUX", "D", "")], rows, 100))
    assert product.row["em_min"] is None
    assert product.row["em_xel"] == 100
    assert "unit-missing" in codes(product)


def test_the_logarithm_of_a_unit() -> None:
    for name in ("LOG-LINEAR", "LINEAR"):
        product = spectrum(CTYPE1=name, CUNIT1="LOG10(ANGSTROM)", CRVAL1=4.0, CDELT1=1e-4, CRPIX1=1.0)
        assert (product.row["em_min"], product.row["em_max"]) == pytest.approx((1e-6, 1.2589e-6), rel=1e-3)


def test_an_axis_in_millimetres_is_the_detectors() -> None:
    assert one(image((100, 100), CUNIT1="mm", CRVAL1=5.0, CDELT1=0.015, CRPIX1=1.0)).row["em_min"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Angstroms", "Angstrom"),
        ("(nm)", "nm"),
        ("[km/s]", "km/s"),
        ("erg s**(-1) cm**(-2) nm**(-1)", "erg / (s cm2 nm)"),
        ("1e-17 erg / (Angstrom cm2 s)", "1e-17 erg / (Angstrom cm2 s)"),
        ("MICRON", "um"),
        ("furlongs", None),
        ("-1", None),
    ],
)
def test_units_as_people_write_them(text: str, expected: str | None) -> None:
    from astropy import units as u

    from invenio_obscore.fits.values import parse_unit

    assert parse_unit(text) == (None if expected is None else u.Unit(expected))


def test_a_velocity_without_a_rest_frequency_still_has_its_samples() -> None:
    product = one(image((10, 10, 30), CTYPE3="VELO-LSR", CRVAL3=1e3, CDELT3=1e3, CRPIX3=1.0, OBSFREQ=1.42e9))
    assert product.row["em_xel"] == 30


def test_the_photometry_keywords_of_hst_give_a_band() -> None:
    product = one(image(PHOTPLAM=5900.0, PHOTBW=600.0, FILTER="F000X", TELESCOP="HST"))
    assert (product.row["em_min"], product.row["em_max"]) == pytest.approx((5.1936e-7, 6.6064e-7), rel=1e-3)


def test_wavelengths_in_the_air_by_their_ucd() -> None:
    cells = struct.pack(">4d", 5000.0, 1.0, 6000.0, 1.0)
    data = primary() + table([("WAVE", "D", "Angstrom"), ("FLUX", "D", "Jy")], cells, 2, TUCD1="em.wl;obs.atmos")
    assert one(data).row["em_min"] == pytest.approx(5.001394e-7, rel=1e-6)


def test_the_energies_of_planes_stand_in_a_table() -> None:
    """As Fermi's tools have it: the axis pretends to be linear, the table says the truth."""
    axis: dict[str, object] = {"CTYPE3": "Energy", "CUNIT3": "MeV", "CRVAL3": 1e4, "CDELT3": 1e4, "CRPIX3": 1.0}
    bounds = struct.pack(">6f", 1e7, 1e8, 1e8, 1e9, 1e9, 1e10)
    table_ = table([("E_MIN", "E", "keV"), ("E_MAX", "E", "keV")], bounds, 3, EXTNAME="EBOUNDS")
    product = one(image((10, 10, 3), **SKY, **axis) + table_)
    assert (product.row["em_min"], product.row["em_max"]) == pytest.approx((1.2398e-19, 1.2398e-16), rel=1e-3)
    assert product.row["em_xel"] == 3


def test_a_custom_of_metres_gives_way_where_it_makes_no_light() -> None:
    product = one(image((100,), CTYPE1="LAMBDA", CRVAL1=4000.0, CDELT1=1.0, CRPIX1=1.0))
    assert product.row["em_min"] is None
    assert "spectral-axis" in codes(product)
