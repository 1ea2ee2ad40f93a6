"""Hostile headers: a row or a problem, never an exception, never over a second (the suite grants more).

The short run of the whole suite; ``OBSCORE_FUZZ_CASES=100000 pytest tests/library/test_fuzz.py`` is the long one.
"""

import io
import os
import resource
import time

import pytest
from fits_files import SKY, header, image, primary, table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from invenio_obscore.errors import FitsError
from invenio_obscore.extraction import extract
from invenio_obscore.fits.cards import Header, parse_value, write_card
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import Reading, read
from invenio_obscore.fits.values import parse_angle, parse_date, parse_unit

CASES = int(os.environ.get("OBSCORE_FUZZ_CASES", "60"))
#: Seconds of processor time. A second in long runs, which somebody watches; the suite must not fail on a busy machine.
BOUND = 1.0 if "OBSCORE_FUZZ_CASES" in os.environ else 4.0
#: A long run reports what it finds at once: making it smaller takes minutes of tracing.
PHASES = [Phase.generate] if "OBSCORE_FUZZ_CASES" in os.environ else [Phase.generate, Phase.shrink]
hostile = settings(
    max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES, database=None
)

_WORDS = st.sampled_from(
    "SIMPLE BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 NAXIS4 WCSAXES CTYPE1 CTYPE2 CTYPE3 CUNIT1 CUNIT2 CUNIT3 CRVAL1 "
    "CRVAL2 CRVAL3 CRPIX1 CRPIX2 CRPIX3 CDELT1 CDELT2 CDELT3 CD1_1 CD1_2 CD2_1 CD2_2 PC1_1 PC1_2 CROTA2 PV2_1 "
    "PV1_1 PV2_2 A_ORDER A_2_0 B_ORDER B_0_2 AP_ORDER EQUINOX EPOCH RADESYS LONPOLE LATPOLE RESTFRQ RESTWAV "
    "PS1_0 PS1_1 DATE-OBS DATE-END TIME-OBS MJD-OBS MJDREF MJDREFI TSTART TSTOP TIMESYS TIMEUNIT TIMEZERO "
    "EXPTIME EXPOSURE RA DEC OBJCTRA OBJCTDEC RA_PNT DEC_PNT TELESCOP INSTRUME OBJECT FILTER FILTER1 BUNIT "
    "BMAJ WAVELNTH WAVEUNIT WAVELMIN WAVELMAX COEFF0 COEFF1 DC-FLAG WAT1_001 WAT2_001 XTENSION EXTNAME GROUPS "
    "PCOUNT GCOUNT TFIELDS TTYPE1 TFORM1 TUNIT1 TDIM1 "
    "TTYPE2 TFORM2 TDMIN1 TDMAX1 TLMIN1 ZIMAGE ZNAXIS ZNAXIS1 ZBITPIX HDUCLAS1 HDUCLAS2 DSTYP1 DSVAL1 DSUNI1 "
    "DETCHANS BSCALE BZERO".split()
)
_TEXTS = st.sampled_from(
    "RA---TAN DEC--TAN RA---SIN GLON-CAR GLAT-CAR GLON-AIT ELON-ZEA RA---TPV RA---TAB DEC--TAB RA--- FREQ "
    "VELO-LSR WAVE WAVE-LOG AWAV-GRI STOKES TIME LINEAR MULTISPE HPLN-TAN log_Energy deg Angstrom Hz m/s keV "
    "10**-20 BINTABLE IMAGE EVENTS SPECTRUM GTI FK4 FK5 ICRS HST JWST LAMOST "
    "IUE SDSS KEPLER GOES 1E308D 1D 65535E 3A PD(4) 2012-01-01T00:00:00 31/12/99 12:30:45 -00:00:01 "
    "CIRCLE(1,2,3) 100:2000 F606W null".split()
)
_NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.sampled_from([0, 1, -1, 2, 16, -32, -64, 2880, 1e-320, 1e308, 90.0, -90.0001, 360.0, 2451545.0]),
)
_VALUES = st.one_of(
    _TEXTS.map(lambda t: f"'{t}'"),
    _NUMBERS.map(lambda n: repr(n).rjust(20)),
    st.sampled_from(["T", "F", "", "NaN", "Inf", "abc", "'unclosed", "1.0D+400", "1 2 3", "'&'"]),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=70),
)
_CARDS = st.one_of(
    st.tuples(_WORDS, _VALUES).map(lambda c: f"{c[0]:8}= {c[1]}"),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=80),
)


def survives(data: bytes) -> None:
    begin = time.process_time()
    try:
        reading = read(io.BytesIO(data), name="fuzz.fits", limits=Limits(seconds=1.0, total_header_bytes=2**20))
    except FitsError:
        return
    found = extract(Reading.from_bytes(reading.to_bytes()))
    assert found
    for product in found:
        assert product.row["dataproduct_type"] or product.problems
        failed = [p.message for p in product.problems if p.code in ("rule-failed", "extraction-failed")]
        assert not failed
    assert time.process_time() - begin < BOUND


@hostile
@given(st.lists(_CARDS, max_size=40))
def test_any_cards_after_an_image_header(cards: list[str]) -> None:
    texts = [
        "SIMPLE  =                    T",
        "BITPIX  =                  -32",
        "NAXIS   =                    2",
        "NAXIS1  =                   10",
        "NAXIS2  =                   10",
    ]
    survives(header([*texts, *cards]) + bytes(2880))


@hostile
@given(st.lists(_CARDS, max_size=30))
def test_any_cards_in_place_of_a_sky(cards: list[str]) -> None:
    base = [f"{k:8}= {repr(v).rjust(20)}" for k, v in SKY.items()]
    texts = [
        "SIMPLE  =                    T",
        "BITPIX  =                   16",
        "NAXIS   =                    3",
        "NAXIS1  =                   10",
        "NAXIS2  =                   10",
        "NAXIS3  =                    4",
    ]
    survives(header([*texts, *cards, *base]) + bytes(2880))


@hostile
@given(st.lists(_CARDS, max_size=30), st.binary(max_size=300))
def test_any_cards_of_a_table(cards: list[str], rows: bytes) -> None:
    texts = [
        "XTENSION= 'BINTABLE'",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
        "NAXIS1  =                   24",
        "NAXIS2  =                    5",
        "PCOUNT  =                    0",
        "GCOUNT  =                    1",
        "TFIELDS =                    3",
    ]
    texts += [
        "TTYPE1  = 'TIME'",
        "TFORM1  = 'D'",
        "TTYPE2  = 'WAVE'",
        "TFORM2  = 'D'",
        "TUNIT2  = 'nm'",
        "TTYPE3  = 'FLUX'",
        "TFORM3  = 'D'",
    ]
    survives(primary() + header([*texts[:8], *cards, *texts[8:]]) + rows.ljust(2880, b"\0"))


_GOOD = image(OBJECT="M 31", DATE__OBS="2020-01-01", **SKY) + table(
    [("WAVE", "D", "nm"), ("FLUX", "E", "")], bytes(120), 10
)


@hostile
@given(
    st.lists(st.tuples(st.integers(0, len(_GOOD) - 1), st.integers(0, 255)), max_size=60), st.integers(0, len(_GOOD))
)
def test_any_bytes_changed_and_cut(changes: list[tuple[int, int]], end: int) -> None:
    data = bytearray(_GOOD)
    for position, value in changes:
        data[position] = value
    survives(bytes(data[:end]) if end % 3 == 0 else bytes(data))


@hostile
@given(st.binary(max_size=6000))
def test_any_bytes(data: bytes) -> None:
    survives(data)


@hostile
@given(st.text(max_size=80))
def test_any_text_as_a_value(text: str) -> None:
    for parse in (parse_value, parse_unit, parse_date, parse_angle):
        begin = time.process_time()
        parse(text)
        assert time.process_time() - begin < BOUND
    Header(text.encode("latin-1", "replace").decode("latin-1").ljust(80)).get("A")


@pytest.mark.parametrize(
    "text",
    ["(" * 60, "m" * 60, "m" + "/m" * 29, "1e" * 30, "m**" * 20, "0" * 60, "deg^(1/" + "9" * 40 + ")", "(a" * 20],
)
def test_units_that_nest_take_no_time(text: str) -> None:
    begin = time.process_time()
    parse_unit(text)
    assert time.process_time() - begin < BOUND


def test_a_plate_solution_that_crashes_wcslib() -> None:
    """Coefficients of the Digitized Sky Survey beyond the thirteenth end the process that hands them to wcslib."""
    plate: dict[str, object] = dict.fromkeys(("PLTRAH", "PLTRAM", "PLTRAS", "PLTDECD", "PLTDECM", "PLTDECS"), 1.0)
    plate |= {"XPIXELSZ": 25.3, "YPIXELSZ": 25.3, "PLTSCALE": 67.2, "CNPIX1": 0, "CNPIX2": 0}
    plate |= {f"PPO{n}": 177500.0 for n in range(1, 7)}
    plate |= {f"AMD{axis}{n}": 12500.0 for axis in "XY" for n in range(1, 21)}
    survives(image((10, 10), **plate))
    survives(image((10, 10), **{**plate, "AMDX6": "25:99:99"}))
    sky: dict[str, object] = {
        "CTYPE1": "GLON-CAR",
        "CTYPE2": "GLAT-CAR",
        "CRVAL1": 18.0,
        "CRVAL2": -1.0,
        "CDELT1": -0.1,
    }
    survives(image((10, 10), **sky, CDELT2=0.1, AMDX6="25:99:99"))


@pytest.mark.parametrize("keyword", ["A_ORDER", "BP_ORDER"])
def test_a_polynomial_of_an_order_without_bound(keyword: str) -> None:
    sky = {**SKY, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, keyword: 60_000}
    survives(image((10, 10), **sky))


@pytest.mark.parametrize("card", [("WCSAXES", 60_000), ("CRPIX60000", 1.0), ("CD1_9999", 1.0), ("PV9999_1", 1.0)])
def test_axes_by_the_ten_thousand(card: tuple[str, object]) -> None:
    """wcslib makes matrices of the highest number: gigabytes of them."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    survives(header([write_card("SIMPLE", True), write_card("BITPIX", 8), write_card("NAXIS", 2),
                     write_card("NAXIS1", 10), write_card("NAXIS2", 10), *(write_card(k, v) for k, v in SKY.items()),
                     f"{card[0]:8}= {card[1]}"]) + bytes(2880))  # fmt: skip
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    "cards",
    [{"COEFF0": 3.58, "COEFF1": 1e300}, {"COEFF0": 3.58, "COEFF1": -1e300}, {"CTYPE1": "WAVE", "CRVAL1": 1e-320}],
)
def test_wavelengths_beyond_all_numbers(cards: dict[str, object]) -> None:
    survives(image((100,), **cards))


def test_a_mistake_of_ours_costs_one_product_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("invenio_obscore.extraction.extractor.doubts", broken)
    [product] = extract(read(io.BytesIO(image((10, 10)))))
    assert [p.code for p in product.problems] == ["extraction-failed"]
    assert "ZeroDivisionError" in product.problems[0].message and not product.row.filled()
