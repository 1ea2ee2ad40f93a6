"""Rules: positions, spectra, times and kinds of product, on headers made for the purpose."""

import io
import math
import struct

import pytest
from fits_files import PRIMARY, SKY, header, image, primary, table

from invenio_obscore.errors import ConfigurationError
from invenio_obscore.extraction import Product, extract
from invenio_obscore.extraction.rules import Computed, Constant, Keyword
from invenio_obscore.fits.cards import write_card
from invenio_obscore.fits.reading import read
from invenio_obscore.obscore.regions import Circle, Polygon, Region, Union


def products(data: bytes, name: str = "a.fits") -> list[Product]:
    return extract(read(io.BytesIO(data), name=name))


def one(data: bytes, name: str = "a.fits") -> Product:
    [product] = products(data, name)
    return product


def codes(product: Product) -> set[str]:
    return {problem.code for problem in product.problems}


def test_a_rule_for_a_column_that_does_not_exist_fails_when_it_is_made() -> None:
    for make in (
        lambda: Keyword("exptime", ("EXPTIME",)),
        lambda: Constant("em", 1),
        lambda: Computed(("x",), lambda s: []),
    ):
        with pytest.raises(ConfigurationError):
            make()


def test_every_value_has_evidence() -> None:
    product = one(image(OBJECT="M 31", EXPTIME=30.0, DATE__OBS="2020-01-01T00:00:00", FILTER="SDSS r", **SKY))
    assert product.row.filled().keys() == product.evidence.keys()
    assert product.evidence["t_exptime"].to_dict() == {
        "column": "t_exptime",
        "source": "keyword",
        "detail": "EXPTIME",
        "hdu": 0,
        "raw": "30.0",
    }
    assert product.evidence["s_ra"].source == "wcs"
    assert product.evidence["em_min"].source == "house"


# Where


def test_the_outline_goes_through_the_outer_pixel_edges() -> None:
    product = one(image((100, 200), **SKY))
    region = product.row["s_region"]
    assert isinstance(region, Polygon)
    assert product.row["s_ra"] == pytest.approx(10.0) and product.row["s_dec"] == pytest.approx(20.0)
    assert max(dec for _, dec in region.vertices) == pytest.approx(20.1, abs=1e-4)
    assert product.row["s_fov"] == pytest.approx(math.hypot(0.1, 0.2), rel=1e-3)
    assert (product.row["s_xel1"], product.row["s_xel2"]) == (100, 200)
    assert product.row["s_pixel_scale"] == pytest.approx(3.6, rel=1e-3)
    assert region._winding() <= 0


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.99, 45.0), (120.0, 89.97), (10.0, -90.0), (180.0, 89.9)])
def test_regions_at_the_poles_and_at_zero(ra: float, dec: float) -> None:
    product = one(image(**{**SKY, "CRVAL1": ra, "CRVAL2": dec}))
    region = product.row["s_region"]
    assert isinstance(region, Region)
    assert region.contains(ra, dec)
    assert not region.contains(ra, dec - math.copysign(1.0, dec))
    assert region.bounding_circle().radius < 0.12


@pytest.mark.parametrize("projection", ["AIT", "CAR", "MOL", "HPX"])
def test_all_sky_maps(projection: str) -> None:
    wcs = {
        "CTYPE1": f"GLON-{projection}",
        "CTYPE2": f"GLAT-{projection}",
        "CRVAL1": 0.0,
        "CRVAL2": 0.0,
        "CRPIX1": 180.5,
        "CRPIX2": 90.5,
        "CDELT1": -1.0,
        "CDELT2": 1.0,
    }
    product = one(image((360, 180), **wcs))
    region = product.row["s_region"]
    assert isinstance(region, Circle) and region.radius == 180
    assert product.row["s_fov"] == 360
    assert product.row["s_ra"] == pytest.approx(266.405, abs=1.0)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"RADESYS": "ICRS"}, (10.0, 20.0)),
        ({"RADESYS": "FK5", "EQUINOX": 2000.0}, (10.0, 20.0)),
        ({"EQUINOX": 1950.0}, (10.659, 20.275)),
        ({"EPOCH": 1950.0}, (10.659, 20.275)),
        ({"RADECSYS": "FK4"}, (10.659, 20.275)),
        ({"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}, (246.5, -4.6)),
        ({"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}, (1.0, 22.2)),
    ],
)
def test_frames_become_icrs(frame: dict[str, object], expected: tuple[float, float]) -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    product = one(image(**{**SKY, **frame}))
    if str(frame.get("CTYPE1", "")).startswith(("GLON", "ELON")):
        name = "galactic" if "GLON" in str(frame["CTYPE1"]) else "barycentricmeanecliptic"
        icrs = SkyCoord(10 * u.deg, 20 * u.deg, frame=name).icrs
        expected = (icrs.ra.deg, icrs.dec.deg)
    assert product.row["s_ra"] == pytest.approx(expected[0], abs=2e-3)
    assert product.row["s_dec"] == pytest.approx(expected[1], abs=2e-3)


def test_the_ccds_of_a_mosaic_are_one_product() -> None:
    ccds = b"".join(image(extension=True, EXTNAME=f"CCD{n}", **{**SKY, "CRPIX1": 50.5 + 110 * n}) for n in range(3))
    product = one(primary(OBJECT="field") + ccds)
    region = product.row["s_region"]
    assert isinstance(region, Union) and len(region.members) == 3
    assert product.row["target_name"] == "field"


def test_errors_and_masks_are_no_products() -> None:
    data = primary() + b"".join(image(extension=True, EXTNAME=name, **SKY) for name in ("SCI", "ERR", "DQ"))
    assert isinstance(one(data).row["s_region"], Polygon)


def test_a_coordinate_system_that_raises_is_a_problem_and_keywords_serve() -> None:
    product = one(
        image(RA="00:40:00", DEC="+20:00:00", OBJECT="M 31", **{**SKY, "CD1_1": 0.0, "CD2_2": 0.0, "CD1_2": 0.0})
    )
    assert "wcs-failed" in codes(product)
    assert product.row["s_ra"] == pytest.approx(10.0)
    assert product.row["target_name"] == "M 31"


@pytest.mark.parametrize(
    ("cards", "ra", "dec"),
    [
        ({"RA": "12:30:00.0", "DEC": "-10:30:00"}, 187.5, -10.5),
        ({"RA": "12 30 00.0", "DEC": "-00 30 00"}, 187.5, -0.5),
        ({"RA": "12h30m00s", "DEC": "-10d30m00s"}, 187.5, -10.5),
        ({"RA": 187.5, "DEC": -10.5}, 187.5, -10.5),
        ({"OBJCTRA": "12 30 00", "OBJCTDEC": "+10 30 00"}, 187.5, 10.5),
        ({"RA_TARG": 187.5, "DEC_TARG": -10.5, "RA": "0:0:0", "DEC": "0:0:0"}, 187.5, -10.5),
        ({"RA": 0.0, "DEC": 0.0}, None, None),
        ({"RA": -9999.0, "DEC": -9999.0}, None, None),
        ({"RA": "north", "DEC": "up"}, None, None),
        ({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "RA": 10.0, "DEC": 10.0}, None, None),
    ],
)
def test_positions_of_keywords(cards: dict[str, object], ra: float | None, dec: float | None) -> None:
    row = one(image(**cards)).row
    assert row["s_ra"] == (None if ra is None else pytest.approx(ra))
    assert row["s_dec"] == (None if dec is None else pytest.approx(dec))


# Spectrum


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


@pytest.mark.parametrize(
    ("text", "context", "low", "high"),
    [
        ("SDSS r'", "", 555, 695),
        ("Bessell V", "", 500, 590),
        ("F606W", "HST ACS", 470, 715),
        ("r.MP9602", "CFHT MegaPrime", 553, 699),
        ("Ks", "", 1990, 2310),
        ("F200W", "JWST NIRCAM", 1755, 2227),
        ("g DECam SDSS c0001 4720.0 1520.0", "DECam", 396, 548),
        ("i_G0302", "Gemini GMOS-N", 690, 850),
        ("Halpha", "", 651, 661),
        ("CLEAR", "", None, None),
        ("XYZ", "", None, None),
        ("F999W", "HST", None, None),
    ],
)
def test_filters(text: str, context: str, low: float | None, high: float | None) -> None:
    from invenio_obscore.extraction.bands import resolve

    band = resolve(text, context)
    if low is None or high is None:
        assert band is None
    else:
        assert band is not None
        assert (band.low * 1e9, band.high * 1e9) == pytest.approx((low, high), abs=1)


# Time


@pytest.mark.parametrize(
    ("cards", "mjd"),
    [
        ({"DATE__OBS": "2020-01-02T12:00:00"}, 58850.5),
        ({"DATE__OBS": "2020-01-02T12:00:00Z"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "TIME__OBS": "12:00:00"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "UT": "12:00:00.0"}, 58850.5),
        ({"DATE__OBS": "02/01/98", "TIME__OBS": "12:00:00"}, 50815.5),
        ({"DATE__OBS": "2020/01/02 12:00:00"}, 58850.5),
        ({"MJD__OBS": 58850.5}, 58850.5),
        ({"MJD__OBS": 2458851.0}, 58850.5),
        ({"JD": 2458851.0}, 58850.5),
        ({"DATE__OBS": "2020-01-02T12:00:00", "TIMESYS": "TAI"}, 58850.5 - 37 / 86400),
        ({"DATE__OBS": "2020-01-02T12:00:00", "TIMESYS": "TT"}, 58850.5 - 69.184 / 86400),
        ({"DATE__BEG": "2020-01-02T12:00:00", "DATE__OBS": "2019-01-01"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "MJD__OBS": 58850.5}, 58850.5),
        ({"TSTART": 43200.0, "MJDREFI": 58850, "MJDREFF": 0.0, "TIMESYS": "UTC"}, 58850.5),
        ({"DATE__OBS": "not a date"}, None),
        ({"DATE__OBS": "0000-00-00T00:00:00"}, None),
        ({"MJD__OBS": 0.0}, None),
        ({"MJD__OBS": 1e30}, None),
    ],
)
def test_times(cards: dict[str, object], mjd: float | None) -> None:
    product = one(image(**cards))
    assert product.row["t_min"] == (None if mjd is None else pytest.approx(mjd, abs=1e-6))


def test_an_end_follows_from_the_exposure() -> None:
    product = one(image(DATE__OBS="2020-01-02T12:00:00", EXPTIME=86.4))
    assert product.row["t_max"] == pytest.approx(58850.501)


def test_a_time_in_the_future_is_marked() -> None:
    assert "time-future" in codes(one(image(DATE__OBS="2099-01-02T12:00:00")))


# Kinds and the rest


@pytest.mark.parametrize(
    ("cards", "states"),
    [
        ({"CRVAL3": 1.0, "CDELT3": 1.0, "CRPIX3": 1.0}, "/I/Q/U/V/"),
        ({"CRVAL3": -1.0, "CDELT3": -1.0, "CRPIX3": 1.0}, "/RR/LL/RL/LR/"),
        ({"CRVAL3": -5.0, "CDELT3": -1.0, "CRPIX3": 1.0}, "/XX/YY/XY/YX/"),
    ],
)
def test_polarisation(cards: dict[str, object], states: str) -> None:
    product = one(image((10, 10, 4), **SKY, CTYPE3="STOKES", **cards))
    assert product.row["pol_states"] == states
    assert product.row["pol_xel"] == 4
    assert product.row["dataproduct_subtype"] == "polarization-cube"


def test_a_file_with_events_and_a_spectrum_is_two_products() -> None:
    event_rows = struct.pack(">4d", 1.0, 2.0, 3.0, 4.0)
    spectrum_rows = b"".join(struct.pack(">2i", n, 5) for n in range(10))
    data = (
        primary(OBJECT="Crab")
        + table(
            [("TIME", "D", "s"), ("ENERGY", "D", "keV")],
            event_rows,
            2,
            EXTNAME="EVENTS",
            HDUCLAS1="EVENTS",
            RA_PNT=83.6,
            DEC_PNT=22.0,
        )
        + table(
            [("CHANNEL", "J", ""), ("COUNTS", "J", "count")],
            spectrum_rows,
            10,
            EXTNAME="SPECTRUM",
            HDUCLAS1="SPECTRUM",
            DETCHANS=10,
        )
    )
    found = {p.key: p for p in products(data)}
    assert found.keys() == {"events", "spectrum"}
    assert found["events"].row["dataproduct_type"] == "event"
    assert found["events"].row["ev_xel"] == 2
    assert found["spectrum"].row["em_xel"] == 10
    assert found["spectrum"].row["o_ucd"] == "phot.count"


def test_good_time_becomes_a_time_moc() -> None:
    rows = struct.pack(">4d", 0.0, 600.0, 3600.0, 4200.0)
    data = (
        primary()
        + table(
            [("TIME", "D", "s")],
            struct.pack(">2d", 1, 2),
            2,
            EXTNAME="EVENTS",
            HDUCLAS1="EVENTS",
            TELESCOP="HESS",
            RA_PNT=1.0,
            DEC_PNT=2.0,
        )
        + table(
            [("START", "D", "s"), ("STOP", "D", "s")],
            rows,
            2,
            EXTNAME="GTI",
            HDUCLAS1="GTI",
            MJDREFI=53000,
            MJDREFF=0.0,
            TIMESYS="UTC",
        )
    )
    product = one(data)
    assert str(product.row["t_intervals"]).startswith("t35/")
    assert product.row["t_exptime"] == pytest.approx(1200.0)
    assert product.row["t_min"] == pytest.approx(53000.0)


def test_a_keyword_in_words_is_not_a_number() -> None:
    product = one(image(EXPTIME="long", AIRMASS="NaN"))
    assert product.row["t_exptime"] is None


@pytest.mark.parametrize("value", ["NaN", "Inf", "'ten'", "abc", "1e400"])
def test_a_coordinate_that_is_no_number_gives_no_position(value: str) -> None:
    """wcslib alone would take 0 for it, and a false position would be published."""
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2"]
    cards += ["NAXIS1  =                   10", "NAXIS2  =                   10", f"CRVAL1  = {value}"]
    cards += [write_card(k, v) for k, v in SKY.items() if k != "CRVAL1"]
    product = one(header(cards) + bytes(2880))
    assert product.row["s_ra"] is None and product.row["s_region"] is None
    assert [p.message for p in product.problems if p.code == "wcs-failed" and "CRVAL1" in p.message]


def test_a_coordinate_in_quotes_is_its_number() -> None:
    assert one(image(**{**SKY, "CRVAL1": "10.0"})).row["s_ra"] == pytest.approx(10.0)


@pytest.mark.parametrize("value", ["thirty seconds", "NaN sec"])
def test_an_exposure_in_words_is_a_problem_that_names_it(value: str) -> None:
    product = one(image(EXPTIME=value))
    assert product.row["t_exptime"] is None
    assert any(p.code == "not-a-number" and value in p.message for p in product.problems)


@pytest.mark.parametrize("comment", ["α of the centre".encode().decode("latin-1"), "° of arc"])
def test_comments_beyond_ascii_cost_no_position(comment: str) -> None:
    cards = header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": 100, "NAXIS2": 200, **SKY}).decode()
    commented = f"{write_card('CRVAL1', SKY['CRVAL1']).rstrip()} / {comment}"
    product = one(cards.replace(commented.partition(" /")[0].ljust(80), commented.ljust(80)).encode("latin-1"))
    assert comment[0] not in cards and isinstance(product.row["s_region"], Polygon)


def test_nan_and_text_in_numeric_cards() -> None:
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                  -32",
        "NAXIS   =                    2",
        "NAXIS1  =                   10",
        "NAXIS2  =                   10",
        "CTYPE1  = 'RA---TAN'",
        "CTYPE2  = 'DEC--TAN'",
        "CRVAL1  =                  NaN",
        "CRVAL2  = abc",
        "CDELT1  = 'x'",
        "EXPTIME =                  NaN",
        "MJD-OBS =                  Inf",
    ]
    product = one(header(cards) + bytes(2880))
    assert product.row["t_exptime"] is None and product.row["t_min"] is None


def test_a_thousand_extensions_take_no_second() -> None:
    import time

    data = primary() + b"".join(image((4, 4), extension=True, **{**SKY, "CRVAL1": n / 10}) for n in range(999))
    reading = read(io.BytesIO(data))
    begin = time.process_time()
    [product] = extract(reading)
    assert time.process_time() - begin < 10
    assert product.row["s_region"] is not None


def test_an_empty_file_still_has_its_row() -> None:
    product = one(header(PRIMARY))
    assert product.row["dataproduct_type"] is None
    assert "type-unknown" in codes(product)
    assert product.row["calib_level"] is not None


def test_a_spectral_axis_in_a_table() -> None:
    wavelengths = [500.0 + n**2 for n in range(10)]
    cube = image(
        (10,), CTYPE1="WAVE-TAB", CUNIT1="nm", CRPIX1=1.0, CRVAL1=1.0, CDELT1=1.0, PS1_0="LOOKUP", PS1_1="COORD"
    )
    lookup = table([("COORD", "10D", "nm")], struct.pack(">10d", *wavelengths), 1, EXTNAME="LOOKUP", TDIM1="(1,10)")
    product = one(cube + lookup)
    assert product.row["dataproduct_type"] == "spectrum"
    assert (product.row["em_min"], product.row["em_max"]) == pytest.approx((5.0e-7, 5.81e-7))


def test_a_bias_shows_no_sky() -> None:
    product = one(image(OBSTYPE="BIAS", RA=10.0, DEC=20.0, **SKY))
    assert product.row["s_ra"] is None and product.row["s_region"] is None
    assert "calibration-frame" in codes(product)


def test_the_sky_of_an_event_list_without_a_pointing() -> None:
    columns = [("TIME", "D", "s"), ("X", "D", ""), ("Y", "D", "")]
    data = primary() + table(
        columns,
        struct.pack(">3d", 1, 2, 3),
        1,
        EXTNAME="EVENTS",
        TCTYP2="RA---TAN",
        TCRVL2=10.5,
        TCTYP3="DEC--TAN",
        TCRVL3=-20.5,
    )
    product = one(data)
    assert (product.row["s_ra"], product.row["s_dec"]) == (10.5, -20.5)


def test_fits_idi() -> None:
    uv = table(
        [("UU", "E", "s"), ("FLUX", "8E", "")],
        bytes(72),
        2,
        EXTNAME="UV_DATA",
        REF_FREQ=1.4e9,
        REF_PIXL=1.0,
        CHAN_BW=1e6,
        NO_CHAN=32,
        NO_BAND=2,
        STK_1=-1,
        NO_STKD=4,
        RDATE="2020-01-02",
    )
    row = one(primary() + uv).row
    assert row["dataproduct_type"] == "visibility"
    assert row["pol_states"] == "/RR/LL/RL/LR/"
    assert row["em_max"] == pytest.approx(299792458 / 1.3995e9)
    assert (row["em_xel"], row["t_min"]) == (64, 58850.0)


def test_oifits() -> None:
    data = (
        primary()
        + table(
            [("TARGET", "8A", ""), ("RAEP0", "D", "deg"), ("DECEP0", "D", "deg")],
            b"Vega    " + struct.pack(">2d", 279.2, 38.8),
            1,
            EXTNAME="OI_TARGET",
        )
        + table([("EFF_WAVE", "E", "m")], struct.pack(">2f", 1.5e-6, 1.8e-6), 2, EXTNAME="OI_WAVELENGTH")
        + table([("TIME", "D", "s"), ("VIS2DATA", "D", "")], bytes(32), 2, EXTNAME="OI_VIS2", INSNAME="PIONIER")
    )
    row = one(data).row
    assert row["dataproduct_type"] == "visibility"
    assert (row["target_name"], row["s_ra"], row["instrument_name"]) == ("Vega", 279.2, "PIONIER")
    assert (row["em_min"], row["em_max"]) == pytest.approx((1.5e-6, 1.8e-6))


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
