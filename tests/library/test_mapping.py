"""The mapping language: what lines mean, and what they do to headers and rows."""

import pytest
from mapped import applied, hdu, reading, value

from invenio_obscore import pipeline
from invenio_obscore.extraction.evidence import Evidence, Product
from invenio_obscore.fits.cards import Assigned
from invenio_obscore.fits.reading import HduReading, Reading
from invenio_obscore.mapping import BUILT_IN, Function, parse
from invenio_obscore.obscore.row import ObsCoreRow


# -- the example of the documentation --------------------------------------------------------------------------------
def test_the_four_kinds_of_lines() -> None:
    text = """
CUNIT1: 'Angstrom'                          # default for a FITS keyword that is missing
facility_name := 'LAMOST DR9'               # force an ObsCore column
instrument_name: TELESCOP                   # fill a column from a keyword
target_name: split($FILENAME, ' ')[2]       # functions, variables, indexing
"""
    of = reading(hdu(SIMPLE=True, NAXIS=1, CTYPE1="WAVE", TELESCOP="LAMOST"))
    product = Product(ObsCoreRow({"facility_name": "LAMOST", "instrument_name": "LRS"}))
    applied(text, of, product)
    assert parse(text).overlay(of).hdus[0].header["CUNIT1"] == "Angstrom"
    assert product.row["facility_name"] == "LAMOST DR9"
    assert product.row["instrument_name"] == "LRS"
    assert product.row["target_name"] == "4486.fits"
    assert product.evidence["facility_name"] == Evidence("facility_name", "mapping", "line 3", raw="LAMOST DR9")


# -- values ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("function", list(BUILT_IN.values()), ids=lambda f: f.name)
def test_every_function_has_a_documented_example_that_is_right(function: Function) -> None:
    assert function.doc and function.example
    product = applied(f"obs_title := {function.example}")
    evidence = product.evidence.get("obs_title")
    assert (evidence.raw if evidence else "") == {"true": "T", "false": "F"}.get(function.result, function.result)


@pytest.mark.parametrize(
    ("expression", "column", "expected"),
    [
        ("600 nm", "em_min", 6e-7),
        ("6563 Angstrom", "em_min", 6.563e-7),
        ("1420.40575177 MHz", "em_min", 0.211061140541),
        ("2 keV", "em_max", 6.19920992e-10),
        ("6.19920992e-10 m", "energy_min", 2000.0),
        ("1 arcmin", "s_resolution", 60.0),
        ("30 arcmin", "s_fov", 0.5),
        ("2 h", "t_exptime", 7200.0),
        ("1 Mbyte", "access_estsize", 1000),
        ("EXPTIME * 2 min", "t_exptime", 3600.0),
        ("2 km / 1 m", "em_res_power", 2000.0),
        ("(500 nm + 1 um) / 2", "em_min", 7.5e-7),
        ("600 nm - 50", "em_min", 5.5e-7),
        ("2 ** 3 ** 2", "em_xel", 512),
        ("-2 ** 2", "s_dec", -4.0),
        ("7 % 4", "s_dec", 3.0),
        ("'12.5'", "s_ra", 12.5),
        ("1 < 2 and not 2 < 1 or 1/0", "target_name", "T"),
        ("if(1 > 2, 1/0, 'never divided')", "target_name", "never divided"),
        ("'It''s'", "target_name", "It's"),
        ('"a # b"', "target_name", "a # b"),
        ("'NGC' + ' ' + '1'", "target_name", "NGC 1"),
        ("split('a b c')[-1]", "target_name", "c"),
        ("'abcdef'[1:3]", "target_name", "bc"),
        ("'abcdef'[:2]", "target_name", "ab"),
        ("strip(OBJECT)", "target_name", "M 31"),
        ("PRIMARY.TELESCOP", "target_name", "LAMOST"),
        ("0.TELESCOP", "target_name", "LAMOST"),
        ("12", "target_name", "12"),
        ("$FILENAME", "target_name", "spec NGC 4486.fits"),
        ("$STEM", "target_name", "spec NGC 4486"),
        ("$PATH", "target_name", "night 1/spec NGC 4486.fits"),
        ("$DIRNAME", "target_name", "night 1"),
        ("$HDU", "target_name", "0"),
        ("$EXTNAME", "target_name", "PRIMARY"),
        ("circle(10, 20, 0.5)", "s_region", "Circle ICRS 10.0 20.0 0.5"),
        ("mjd(DATE-OBS)", "t_min", 51910.0),
        ("mjd('2001-01-01T00:01:04.184', 'tt')", "t_min", 51910.0),
        ("mjd('01/01/2001')", "t_min", 51910.0),
        ("mjd('20010101')", "t_min", 51910.0),
        ("mjd(2451910.5)", "t_min", 51910.0),
        ("date('1. Mar 2020', '%d. %b %Y')", "obs_creation_date", "2020-03-01T00:00:00"),
        ("hms('12:00:00')", "s_ra", 180.0),
        ("degrees('-00:30:00')", "s_dec", -0.5),
        ("degrees('12h30m')", "s_ra", 187.5),
    ],
)
def test_values(expression: str, column: str, expected: object) -> None:
    result = value(expression, column)
    assert str(result) == expected if column == "s_region" else result == pytest.approx(expected, rel=1e-9)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_NAME", "Xinglong")
    assert value("$ENV_SITE_NAME") == "Xinglong"


def test_hierarch_keywords_with_and_without_the_word() -> None:
    cards = "HIERARCH ESO INS FILT1 NAME = 'OIII    '".ljust(80)
    of = reading(HduReading(0, cards))
    for spelling in ("ESO INS FILT1 NAME", "HIERARCH ESO INS FILT1 NAME", "`ESO INS FILT1 NAME`"):
        assert value(spelling, of=of) == "OIII"
    assert value("keyword('ESO INS FILT1 NAME')", of=of) == "OIII"


def test_a_keyword_is_looked_for_in_the_named_hdu_only() -> None:
    of = reading(hdu(EXPTIME=1.0), hdu(1, EXTNAME="SCI", EXPTIME=2.0), hdu(2, EXTNAME="SCI", EXPTIME=3.0))
    assert value("EXPTIME", "t_exptime", of) == 1.0
    assert value("SCI.EXPTIME", "t_exptime", of) == 2.0
    assert value("2.EXPTIME", "t_exptime", of) == 3.0
    assert value("sum(values('EXPTIME'))", "t_exptime", of) == 6.0
    assert applied("t_exptime: DQ.EXPTIME", of).row["t_exptime"] is None


def test_the_hdu_of_the_product_is_looked_at_first() -> None:
    of = reading(hdu(FILTER="none"), hdu(1, EXTNAME="SPECTRUM", FILTER="R"))
    product = applied(
        "target_name: FILTER\nobs_title: concat($HDU, ' ', $EXTNAME)", of, Product(ObsCoreRow(), "spectrum")
    )
    assert product.row["target_name"] == "R"
    assert product.row["obs_title"] == "1 SPECTRUM"


def test_columns_that_are_filled_can_be_read_with_their_units() -> None:
    product = Product(ObsCoreRow({"t_min": 50000.0, "t_exptime": 43200.0}))
    assert applied("t_max: t_min + t_exptime", product=product).row["t_max"] == 50000.5


# -- no value --------------------------------------------------------------------------------------------------------
def test_a_missing_keyword_gives_no_value_and_is_said() -> None:
    product = applied("target_name: lower(NOSUCH)\nobs_title: 'x' + NOSUCH")
    assert product.row.filled() == {}
    assert [(p.code, p.column, p.severity) for p in product.problems] == [
        ("mapping-no-value", "target_name", "advice"),
        ("mapping-no-value", "obs_title", "advice"),
    ]
    assert "NOSUCH" in product.problems[0].message


def test_forcing_no_value_keeps_what_is_there_and_null_empties_it() -> None:
    row = ObsCoreRow({"target_name": "M 31", "obs_title": "t", "em_min": 1e-7})
    product = applied("target_name := NOSUCH\nobs_title := null\nem_min: null", product=Product(row))
    assert (row["target_name"], row["obs_title"], row["em_min"]) == ("M 31", None, 1e-7)
    assert product.evidence["obs_title"].source == "mapping"


# -- keyword lines ---------------------------------------------------------------------------------------------------
def test_an_axis_keyword_goes_where_the_axis_is_and_the_card_is_missing() -> None:
    of = reading(
        hdu(NAXIS=0), hdu(1, NAXIS=2, CTYPE1="RA---TAN"), hdu(2, NAXIS=1, CUNIT1="nm"), hdu(3, NAXIS=2, TFIELDS=2)
    )
    laid = parse("CUNIT1: 'deg'\nCUNIT2: 'deg'\nTUNIT2: 'nm'\nTUNIT3: 'nm'").overlay(of)
    assert [sorted(h.overlay) for h in laid.hdus] == [[], ["CUNIT1", "CUNIT2"], [], ["CUNIT1", "CUNIT2", "TUNIT2"]]
    assert all(not h.overlay for h in of.hdus)


def test_a_keyword_of_the_whole_file_goes_to_the_first_hdu_unless_some_hdu_has_it() -> None:
    of = reading(hdu(NAXIS=0), hdu(1, NAXIS=2, INSTRUME="ACS"))
    laid = parse("INSTRUME: 'WFC3'\nTELESCOP: 'HST'").overlay(of)
    assert laid.hdus[0].overlay == {"TELESCOP": Assigned("HST", 2)}
    forced = parse("INSTRUME := 'WFC3'").overlay(of)
    assert [h.header["INSTRUME"] for h in forced.hdus] == ["WFC3", "WFC3"]


def test_a_keyword_line_for_one_hdu_and_one_that_computes() -> None:
    of = reading(hdu(NAXIS=0, EXPTIME=10), hdu(1, NAXIS=1, EXTNAME="sci"), hdu(2, NAXIS=1, EXTNAME="ERR"))
    laid = parse("SCI.BUNIT: 'Jy'\nEXPTIME := EXPTIME * 60\n2.OBJECT: concat('err ', $HDU)").overlay(of)
    assert laid.hdus[1].overlay == {"BUNIT": Assigned("Jy", 1)}
    assert laid.hdus[0].header["EXPTIME"] == 600
    assert laid.hdus[2].overlay == {"OBJECT": Assigned("err 2", 3)}


def test_a_keyword_line_that_fails_is_a_problem_of_the_file() -> None:
    laid = parse("EXPTIME := split(OBJECT)[7]").overlay(reading())
    assert [p.code for p in laid.problems] == ["mapping-failed"]
    assert "line 1" in laid.problems[0].message


def test_members_of_an_archive_get_their_own_overlay() -> None:
    inner = reading(hdu(NAXIS=1))
    inner.member = "data/a.fits"
    outer = Reading(name="all.zip", format="zip", members=[inner])
    laid = parse("[data/*.fits]\nCUNIT1: 'nm'").overlay(outer)
    assert laid.members[0].hdus[0].header["CUNIT1"] == "nm"


def test_evidence_of_an_axis_names_the_keyword_lines_that_describe_it() -> None:
    of = reading(
        hdu(SIMPLE=True, BITPIX=-32, NAXIS=1, NAXIS1=1000, CTYPE1="WAVE", CRVAL1=4000.0, CRPIX1=1.0, CDELT1=2.0)
    )
    (product,) = pipeline.products(of, mapping=parse("CUNIT1: 'Angstrom'\nOBJECT: 'M 31'\ninstrument_name: 'LRS'"))
    assert product.row["em_max"] == pytest.approx(5.999e-7)
    assert product.evidence["em_max"].detail.endswith("CUNIT1 from line 1 of the mapping")
    assert product.evidence["target_name"].source == "mapping" and "line 2" in product.evidence["target_name"].detail
    assert "Angstrom" not in product.evidence["dataproduct_type"].detail


def test_what_a_mapping_fills_is_missing_no_more() -> None:
    of = reading(hdu(SIMPLE=True, BITPIX=8, NAXIS=2, NAXIS1=10, NAXIS2=10))
    (bare,) = pipeline.products(of)
    (filled,) = pipeline.products(of, mapping=parse("s_ra: 10\ns_dec: 20\nt_min := 50000"))
    assert {"s_ra", "t_min"} <= {p.column for p in bare.problems}
    assert not {"s_ra", "s_dec", "t_min"} & {p.column for p in filled.problems}


# -- sections --------------------------------------------------------------------------------------------------------
def test_sections_hold_for_some_files() -> None:
    text = "target_name: 'all'\n[*.spec.fits, x[12].fits]  # some\nobs_title: 'some'\n[*]\nobs_id: 'all'"
    assert set(applied(text, reading(name="a.spec.fits")).row.filled()) == {"target_name", "obs_title", "obs_id"}
    assert set(applied(text, reading(name="x2.fits")).row.filled()) == {"target_name", "obs_title", "obs_id"}
    assert set(applied(text, reading(name="a.img.fits")).row.filled()) == {"target_name", "obs_id"}
