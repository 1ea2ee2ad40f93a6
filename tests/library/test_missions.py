"""Products of telescopes as their archives write headers: each column comes out right by general rules or a table."""

from __future__ import annotations

import struct

import pytest
from extracted import one, products
from fits_files import empty_table, image, primary, table, tangent

from invenio_obscore.extraction.evidence import Product
from invenio_obscore.obscore.regions import Circle

SHAPE = (20, 20)
PLANE = tangent(150.0, 20.0, 3e-4, SHAPE)


def picture(**cards: object) -> bytes:
    return image(SHAPE, **{**PLANE, **cards})


def in_extension(primary_cards: dict[str, object], **cards: object) -> bytes:
    return primary(**primary_cards) + image(SHAPE, extension=True, **{**PLANE, **cards})


def check(product: Product, expected: dict[str, object]) -> None:
    """Each expected column; times to a second, other numbers to a thousandth."""
    for column, value in expected.items():
        found = product.row[column]
        if isinstance(value, float):
            near = {"abs": 1e-5} if column.startswith("t_m") else {"rel": 1e-3, "abs": 1e-30}
            assert found == pytest.approx(value, **near), column
        else:
            assert found == value, column


#: Telescope and product → its file, and what its row must hold.
IMAGES: dict[str, tuple[bytes, dict[str, object]]] = {
    "ZTF": (
        picture(INSTRUME="ZTF/MOSAIC", FILTER="ZTF_g", OBSMJD=58300.3, SHUTOPEN="2018-07-01T07:12:00", EXPTIME=30.0),
        {"t_min": 58300.3, "em_min": 4.12e-7, "em_max": 5.48e-7, "t_exptime": 30.0},
    ),
    "2MASS": (
        picture(INSTRUME="2MASS South", ORIGIN="2MASS", FILTER="j", BUNIT="dn"),
        {"calib_level": 3, "em_min": 1.16e-6},
    ),
    "WISE atlas": (
        picture(TELESCOP="WISE", BAND=3, COADDID="0000m016", UTCSBGN="2010-06-27T12:00:00", UTCEND="2010-06-29T12:00"),
        {"calib_level": 3, "obs_id": "0000m016", "t_min": 55374.5, "t_max": 55376.5, "em_min": 7.6e-6},
    ),
    "WISE frame": (picture(TELESCOP="WISE", BAND=1, EXPTIME=7.7), {"calib_level": 2, "em_max": 3.78e-6}),
    "Spitzer": (
        picture(TELESCOP="Spitzer", INSTRUME="IRAC", CHNLNUM=2, BUNIT="MJy/sr", DATE_OBS="2004-05-01T12:00"),
        {"em_min": 3.99e-6, "t_min": 53126.5, "o_ucd": "phot.flux.density;phys.angArea"},
    ),
    "Herschel PACS": (
        in_extension({"TELESCOP": "Herschel Observatory", "INSTRUME": "PACS", "WAVELNTH": 70.0}, BUNIT="Jy/pixel"),
        {"em_min": 6e-5, "em_max": 8.25e-5, "o_ucd": "phot.flux.density"},
    ),
    "IRAS": (
        picture(TELESCOP="IRAS", INSTRUME="IRIS", WAVELENG=100.0, BUNIT="MJy/sr"),
        {"em_min": 8.3e-5, "em_max": 1.2e-4},
    ),
    "GALEX": (picture(TELESCOP="GALEX", BAND=2, EXPTIME=112.0), {"em_min": 1.41e-7, "calib_level": 3}),
    "HLA": (
        picture(TELESCOP="HST", INSTRUME="ACS", FILTER2="F814W", FILENAME="hst_10775_64_acs_wfc_f814w_drz.fits"),
        {"calib_level": 3, "em_max": 8.92e-7},
    ),
    "MDI": (image(TELESCOP="SOHO", INSTRUME="MDI", CTYPE1="SOLAR_X", CTYPE2="SOLAR_Y"), {"em_min": 6.7677e-7}),
    "LOFAR": (
        picture(TELESCOP="LOFAR", RESTFRQ=1.4365e8, BUNIT="JY/BEAM"),
        {"em_min": 2.08696, "em_max": 2.08696, "o_ucd": "phot.flux.density"},
    ),
    "DSS": (
        picture(PLTLABEL="J1", PPO3=1.0, FILTER="GG395", EXPOSURE=60.0, DATE__OBS="1977-01-01T12:00:00"),
        {"t_exptime": 3600.0, "t_min": 43144.5, "t_max": 43144.5 + 1 / 24},
    ),
    "JWST slit": (
        in_extension(
            {"TELESCOP": "JWST", "INSTRUME": "NIRSPEC", "EXP_TYPE": "NRS_IFU", "FILTER": "F290LP", "GRATING": "G395H"},
            S_REGION="POLYGON ICRS 10 41 10.01 41 10.01 41.01 10 41.01", CTYPE1="", CTYPE2="",
        ),
        {"dataproduct_type": "spectrum", "em_min": 2.87e-6, "em_max": 5.27e-6, "em_res_power": 2700.0},
    ),
    "Keck HIRES": (
        primary(TELESCOP="Keck I", INSTRUME="HIRES: High Resolution Echelle Spectrometer", KOAID="HI.1", WAVEBLUE=3000,
                WAVERED=5900) + image((50, 60), bitpix=16, extension=True),
        {"dataproduct_type": "spectrum", "obs_id": "HI.1", "em_min": 3e-7, "em_max": 5.9e-7},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAGES)
def test_images_and_frames(name: str) -> None:
    data, expected = IMAGES[name]
    check(one(data), expected)


def test_a_planck_map_covers_the_sky() -> None:
    columns = [("I_STOKES", "1024E", "K_CMB"), ("Q_STOKES", "1024E", "K_CMB")]
    cards = {"PIXTYPE": "HEALPIX", "NSIDE": 32, "ORDERING": "NESTED", "OBJECT": "FULLSKY", "TELESCOP": "PLANCK"}
    product = one(primary() + empty_table(columns, 12, FREQ="143", **cards))
    assert product.row["s_region"] == Circle(0.0, 0.0, 180.0) and product.row["s_ra"] is None
    assert not [p for p in product.problems if p.column == "s_ra"]
    check(
        product,
        {"dataproduct_type": "image", "calib_level": 3, "s_fov": 360.0, "target_name": None,
         "o_ucd": "phys.temperature", "em_min": 1.7995e-3, "s_pixel_scale": 6596.6},
    )  # fmt: skip


def test_a_part_of_the_sky_is_said_and_not_worked_out() -> None:
    cards = {"PIXTYPE": "HEALPIX", "NSIDE": 32, "ORDERING": "RING", "INDXSCHM": "EXPLICIT"}
    product = one(primary() + empty_table([("PIXEL", "J", ""), ("SIGNAL", "E", "mK")], 5, **cards))
    assert product.row["s_region"] is None and "partial-map" in {p.code for p in product.problems}


def test_class_counts_frequencies_from_the_line() -> None:
    axes = {"CTYPE2": "RA---GLS", "CRVAL2": 83.6, "CDELT2": 0.0, "CTYPE3": "DEC--GLS", "CRVAL3": 22.0, "CDELT3": 0.0}
    line = {"CTYPE1": "FREQ", "CRVAL1": 0.0, "CDELT1": 1e6, "CRPIX1": 256.0, "RESTFREQ": 2.30538e11}
    product = one(image((512, 1, 1), TELESCOP="IRAM-30M", **axes, **line))
    check(product, {"s_ra": 83.6, "s_dec": 22.0, "em_min": 1.29896e-3, "em_max": 1.30185e-3, "em_xel": 512})
    assert product.evidence["em_min"].detail.startswith("offset-frequency")


# -- tables ----------------------------------------------------------------------------------------------------------
def test_the_flux_of_a_spectrum_goes_before_counts_beside_it() -> None:
    columns = [("WAVELENGTH", "2D", "Angstroms"), ("NET", "2E", "Counts/s"), ("FLUX", "2E", "erg/s/cm**2/Angstrom")]
    rows = struct.pack(">2d4f", 1194.0, 1249.0, 1, 1, 1, 1)
    data = primary(TELESCOP="HST", INSTRUME="STIS") + table(columns, rows, 1, EXTNAME="SCI")
    check(one(data), {"o_ucd": "phot.flux.density;em.wl", "em_min": 1.194e-7})


@pytest.mark.parametrize("unit", ["ERGS/CM**2/S/A", "ERG CM^-2 S^-1 ANG^-1", "ERG/CM2/S/A"])
def test_units_in_capitals(unit: str) -> None:
    rows = struct.pack(">6f", 987.0, 1050.0, 1090.0, 1, 1, 1)
    data = primary(OBSSTART=52000.1, OBSEND=52000.3, DATEOBS="2001-04-01", TELESCOP="FUSE")
    product = one(data + table([("WAVE", "3E", "ANGSTROMS"), ("FLUX", "3E", unit)], rows, 1))
    check(product, {"o_ucd": "phot.flux.density;em.wl", "em_max": 1.09e-7, "t_max": 52000.3})


def test_corot_light_curves() -> None:
    rows = struct.pack(">dfdf", 2454135.0, 1.0, 2454190.0, 1.0)
    cards = {"ALPHA": 100.5, "DELTA": 0.3, "START_DATE": "2007-02-03T12:00:00", "TELESCOP": "CoRoT"}
    product = one(primary(**cards) + table([("DATEJD", "D", ""), ("WHITEFLUX", "E", "")], rows, 2))
    check(product, {"dataproduct_type": "timeseries", "s_ra": 100.5, "t_min": 54134.5, "t_max": 54189.5, "t_xel": 2})


def _pulsar(subintegrations: bytes, **cards: object) -> bytes:
    usual = {
        "FITSTYPE": "PSRFITS",
        "TELESCOP": "Parkes",
        "SRC_NAME": "J0437-4715",
        "RA": "04:37:15.8",
        "DEC": "-47:15:08",
    }
    usual |= {
        "OBSFREQ": 1369.0,
        "OBSBW": -256.0,
        "OBSNCHAN": 1024,
        "STT_IMJD": 55000,
        "STT_SMJD": 43200,
        "STT_OFFS": 0.5,
    }
    return primary(**usual, **cards) + subintegrations


def test_folded_pulsar_data() -> None:
    columns = [("TSUBINT", "D", "s"), ("DAT_FREQ", "4D", "MHz"), ("DATA", "32I", "")]
    table_ = table(
        columns, struct.pack(">d4d32h", 60.0, *[0.0] * 4, *[0] * 32) * 10, 10, EXTNAME="SUBINT", POL_TYPE="AABBCRCI"
    )
    check(
        one(_pulsar(table_, OBS_MODE="PSR")),
        {"dataproduct_type": "timeseries", "dataproduct_subtype": "dynamic-spectrum", "target_name": "J0437-4715",
         "em_min": 299792458 / 1.497e9, "em_xel": 1024, "t_min": 55000.5000058, "t_exptime": 600.0, "t_xel": 10,
         "pol_states": "/XX/YY/XY/YX/", "pol_xel": 4, "s_ra": 69.31583, "calib_level": 1},
    )  # fmt: skip


def test_pulsar_data_in_search_mode() -> None:
    columns = [("TSUBINT", "D", "s"), ("DATA", "64B", "")]
    table_ = empty_table(columns, 10, EXTNAME="SUBINT", POL_TYPE="AA+BB", NSBLK=4096, TBIN=8.192e-5)
    found = {"t_xel": 40960, "t_resolution": 8.192e-5, "t_exptime": 3.35544, "pol_states": "/I/"}
    check(one(_pulsar(table_, OBS_MODE="SEARCH")), found)


def test_two_products_of_a_mission_each_have_their_instrument() -> None:
    flux = table([("WAVELENGTH", "D", "nm"), ("FLUX", "D", "Jy")], struct.pack(">4d", 500, 1, 600, 1), 2)
    data = picture(TELESCOP="Spitzer", AORKEY=7) + flux
    assert {p.row["obs_id"] for p in products(data)} == {"7"}


def test_microwave_maps_name_their_band() -> None:
    cards = {"PIXTYPE": "HEALPIX", "NSIDE": 16, "FIRSTPIX": 0, "LASTPIX": 3071, "TELESCOP": "WMAP", "FREQ": "V"}
    found = {"em_min": 299792458 / 67.8e9, "em_max": 299792458 / 53.8e9, "s_fov": 360.0}
    check(one(primary() + empty_table([("TEMPERATURE", "E", "mK")], 3072, **cards)), found)


@pytest.mark.parametrize("pair", [("RA-DEG", "DEC-DEG"), ("ATTRA", "ATTDEC")])
def test_positions_by_the_names_of_archives(pair: tuple[str, str]) -> None:
    check(one(image(SHAPE, **dict(zip(pair, (10.5, 20.5), strict=True)))), {"s_ra": 10.5, "s_dec": 20.5})


def test_a_unit_that_sdss_got_wrong() -> None:
    assert one(image((3850, 5), COEFF0=3.58, COEFF1=1e-4, BUNIT="1.0E-17 erg/cm/s/Ang")).row["o_ucd"] == (
        "phot.flux.density;em.wl"
    )
