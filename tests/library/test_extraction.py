"""Rules: evidence, kinds of products and what else a header says, on headers made for the purpose."""

import io
import struct

import pytest
from extracted import codes, one, products
from fits_files import PRIMARY, SKY, header, image, primary, table

from invenio_obscore.errors import ConfigurationError
from invenio_obscore.extraction import extract
from invenio_obscore.extraction.rules import Computed, Constant, Keyword
from invenio_obscore.fits.cards import write_card
from invenio_obscore.fits.reading import read
from invenio_obscore.obscore.regions import Polygon


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


# What a frame, a table, a file is


@pytest.mark.parametrize(
    ("cards", "kind"),
    [
        ({"GRATING": "B600+_G5307"}, "spectrum"),
        ({"GRATING": "MIRROR"}, "image"),
        ({"GRISM": "Open"}, "image"),
        ({"GRISM": "JH_G5801"}, "spectrum"),
        ({"GRISM": "JH_G5801", "OBSTYPE": "DARK"}, "image"),
        ({"GRATING": "32/mm", "ACQMIR": "In"}, "image"),
        ({"DISPERSR": "DISP_WOLLASTON"}, "image"),
        ({"INSTRUME": "PHOENIX"}, "spectrum"),
        ({"INSTRUME": "GMOS-N"}, "image"),
        ({"OBSMODE": "LONGSLIT"}, "spectrum"),
        ({"OBSMODE": "IMAGE", "GRATING": "R400"}, "image"),
    ],
)
def test_what_is_in_the_beam_tells_dispersed_frames_from_pictures(cards: dict[str, object], kind: str) -> None:
    assert one(image((500, 400), **cards)).row["dataproduct_type"] == kind


def catalogue(*names: str, rows: int = 3, **cards: object) -> bytes:
    """A table of numbers with these columns."""
    cells = struct.pack(f">{len(names) * rows}d", *(float(n + 1) for n in range(len(names) * rows)))
    return table([(name, "D", "") for name in names], cells, rows, **cards)


@pytest.mark.parametrize(
    ("names", "rows", "kind"),
    [
        (("RAJ2000", "DEJ2000", "wavelength", "flux"), 3, "measurements"),
        (("ra", "dec", "peak_flux", "freq"), 3, "measurements"),
        (("wavelength", "flux", "ra", "dec"), 1, "spectrum"),
        (("wavelength", "flux"), 3, "spectrum"),
        (("START", "STOP", "LAMBDA", "DATA_QUAL"), 3, "measurements"),
    ],
)
def test_tables_of_places_are_catalogues(names: tuple[str, ...], rows: int, kind: str) -> None:
    assert one(primary() + catalogue(*names, rows=rows)).row["dataproduct_type"] == kind


def test_further_tables_of_a_catalogue_belong_to_it() -> None:
    data = primary() + catalogue("RA", "DEC", "z", EXTNAME="CATALOG") + catalogue("ENERGY", "FLUX", EXTNAME="SPECTRAL")
    assert one(data).row["dataproduct_type"] == "measurements"


def test_a_spectrum_over_many_decades_is_a_distribution() -> None:
    cells = struct.pack(">4d", 1e-12, 1.0, 1.0, 2.0)
    data = primary() + table([("FREQUENCY", "D", "GHz"), ("FLUX", "D", "Jy")], cells, 2)
    assert one(data).row["dataproduct_type"] == "sed"


def test_the_map_beside_an_ogip_spectrum_is_no_product() -> None:
    weights = image((10, 10), bitpix=32, CONTENT="SPECTRUM", HDUCLAS2="WMAP", TELESCOP="ASCA")
    spectrum = table(
        [("CHANNEL", "J", ""), ("COUNTS", "J", "count")], struct.pack(">4i", 1, 5, 2, 6), 2,
        EXTNAME="SPECTRUM", HDUCLAS1="SPECTRUM", DETCHANS=2,
    )  # fmt: skip
    assert one(weights + spectrum).row["dataproduct_type"] == "spectrum"


def test_an_array_without_a_sky_beside_events_is_no_product() -> None:
    events = table([("TIME", "D", "s")], struct.pack(">2d", 1.0, 2.0), 2, EXTNAME="EVENTS", HDUCLAS1="EVENTS")
    assert one(image((4, 4)) + events).row["dataproduct_type"] == "event"
    assert {p.key for p in products(image(**SKY) + events)} == {"image", "events"}


def test_visibilities_in_a_table_of_aips() -> None:
    data = primary() + catalogue("TIME", "U", EXTNAME="AIPS CL") + catalogue("UU", "VV", EXTNAME="AIPS UV")
    assert one(data).row["dataproduct_type"] == "visibility"


def test_the_text_in_a_fits_plus_table_is_no_image() -> None:
    assert one(image((500,), bitpix=8, VOTMETA=True) + catalogue("RA", "DEC")).row["dataproduct_type"] == "measurements"


def test_an_extension_without_data_serves_its_keywords() -> None:
    bare = header({"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 0, "PCOUNT": 0, "GCOUNT": 1, "EXPTIME": 12.0})
    assert one(primary() + bare + image((20, 20), extension=True)).row["t_exptime"] == 12.0


def test_an_exposure_of_a_century_is_left_out() -> None:
    product = one(image(EXPTIME=3.2e9))
    assert product.row["t_exptime"] is None
    assert "exposure-implausible" in codes(product)


def test_nothing_is_the_exposure_of_a_bias_and_of_no_picture() -> None:
    assert one(image(OBSTYPE="BIAS", EXPTIME=0.0)).row["t_exptime"] == 0.0
    assert one(image(EXPTIME=0.0, **SKY)).row["t_exptime"] is None


def test_a_target_called_dark_is_a_dark_frame() -> None:
    assert one(image(OBJECT="Dark", **SKY)).row["s_ra"] is None
    assert one(image(OBJECT="Dark Cloud 12", **SKY)).row["s_ra"] is not None
