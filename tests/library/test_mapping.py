"""The mapping language: what lines mean, what they do to headers and rows, and what is wrong with others."""

import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invenio_obscore import pipeline
from invenio_obscore.errors import ConfigurationError, MappingError
from invenio_obscore.extraction.evidence import Evidence, Product
from invenio_obscore.fits.cards import Assigned, write_card
from invenio_obscore.fits.reading import HduReading, Reading
from invenio_obscore.mapping import BUILT_IN, Function, check, from_file, installed, parse, safe_for_web
from invenio_obscore.mapping import text as text_module
from invenio_obscore.mapping.language import VARIABLES
from invenio_obscore.obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS
from invenio_obscore.obscore.row import ObsCoreRow

Cards = dict[str, str | int | float | bool]


def hdu(index: int = 0, **cards: str | int | float | bool) -> HduReading:
    return HduReading(index, "".join(write_card(k.replace("_", "-"), v) for k, v in cards.items()))


def reading(*hdus: HduReading, name: str = "spec NGC 4486.fits", path: str = "night 1/spec NGC 4486.fits") -> Reading:
    default = hdu(SIMPLE=True, NAXIS=0, TELESCOP="LAMOST", EXPTIME=30.0, DATE_OBS="2001-01-01", OBJECT=" M 31 ")
    return Reading(name=name, path=path, hdus=list(hdus) or [default])


def applied(text: str, of: Reading | None = None, product: Product | None = None) -> Product:
    of = of or reading()
    mapping = parse(text)
    product = product or Product(ObsCoreRow())
    of = mapping.overlay(of)
    mapping.fill(product, of)
    mapping.force(product, of)
    return product


def value(expression: str, column: str = "target_name", of: Reading | None = None) -> object:
    product = applied(f"{column} := {expression}", of)
    assert not [p for p in product.problems if p.code == "mapping-failed"], product.problems
    return product.row[column]


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


# -- what is wrong ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("facilty_name: 'x'", 1, 1, "facility_name"),
        ("\n\n  em_min: 600 nmm", 3, 15, "'nmm' is no unit"),
        ("target_name: splt('a')", 1, 14, "split"),
        ("target_name: split()", 1, 14, "1 to 3 arguments"),
        ("target_name: lower(OBJECT", 1, 26, "not closed"),
        ("target_name: 'abc", 1, 14, "no closing"),
        ("target_name: telescop", 1, 14, "TELESCOP"),
        ("target_name: $FILE", 1, 14, "$FILENAME"),
        ("target_name:", 1, 13, "no value"),
        ("target_name = 'x'", 1, 13, "':='"),
        ("target_name: 'a' 'b'", 1, 18, "end of the line"),
        ("cunit1: 'nm'", 1, 1, "CUNIT1"),
        ("NAXIS1: 5", 1, 1, "bytes of the file"),
        ("CUNIT1: em_unit", 1, 9, "keyword lines act before"),
        ("em_min: 6 deg", 1, 9, "cannot be converted"),
        ("em_min: 600 nm + 3 s", 1, 16, "do not go together"),
        ("calib_level: 'abc'", 1, 14, "no number"),
        ("calib_level: 7", 1, 14, "0, 1, 2, 3, 4"),
        ("dataproduct_type: 'imge'", 1, 19, "did you mean image"),
        ("s_ra: 'abc'", 1, 7, "no number"),
        ("em_min: 1/0", 1, 10, "division by zero"),
        ("em_min: 9**99**9", 1, 10, "exponent"),
        ("[*.fits", 1, 1, "not closed"),
        ("target_name: match('a', '(')", 1, 14, "no pattern"),
        ("FACILITY_NAME: 'x'", 1, 1, "facility_name"),
        ("obs_id: 2 §", 1, 11, "no meaning"),
        ("` `: 1", 1, 1, "no FITS keyword"),
        (b"obs_id: '\xff'", 1, 10, "UTF-8"),
    ],
)
def test_errors_say_where_and_what(text: str | bytes, line: int, column: int, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_check_gives_every_error() -> None:
    found = check("em_min: 1 foo\nobs_id: 'fine'\naccess_url: $ENV_HOME\nx: 1", web=True)
    assert [(e.line, e.column) for e in found] == [(1, 11), (3, 1), (3, 13), (4, 1)]
    assert check("obs_id: 'fine'", web=True) == []


def test_what_fails_for_one_file_is_a_problem_with_its_line() -> None:
    product = applied("obs_id: 'fine'\ntarget_name: split(TELESCOP, '-')[3]\nt_exptime: OBJECT\ns_dec: EXPTIME * 1 m")
    assert product.row.filled() == {"obs_id": "fine"}
    assert [(p.code, p.column) for p in product.problems] == [
        ("mapping-failed", "target_name"),
        ("mapping-failed", "t_exptime"),
        ("mapping-failed", "s_dec"),
    ]
    assert "line 2, column 34" in product.problems[0].message


# -- through the web -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("column", sorted(SYSTEM_COLUMNS))
def test_columns_of_the_system_are_free_in_the_library_only(column: str) -> None:
    mapping = parse(f"\n{column}: TELESCOP")
    with pytest.raises(MappingError) as caught:
        safe_for_web(mapping)
    assert caught.value.line == 2 and column in str(caught.value)


def test_a_mapping_from_the_web_sees_no_environment_and_no_path() -> None:
    with pytest.raises(MappingError, match="environment"):
        safe_for_web(parse("obs_id: lower($ENV_SECRET_KEY)"))
    product = Product(ObsCoreRow())
    safe_for_web(parse("obs_id: $PATH\nobs_title: $DIRNAME")).fill(product, reading(path="/srv/data/ab/cd/data"))
    assert product.row.filled() == {"obs_id": "spec NGC 4486.fits"}


def test_a_mapping_from_the_web_is_bounded() -> None:
    with pytest.raises(MappingError, match="too large"):
        safe_for_web(parse("obs_id: 'x'\n" * 2000))
    with pytest.raises(MappingError, match="too large"):
        parse("#" * 200_000, web=True)
    assert check("#" * 200_000, web=True)
    for text in ("obs_id: '" + "x" * 5000 + "'", "s_ra: " + "(" * 60 + "1" + ")" * 60, "s_ra: 1" + "+1" * 200):
        with pytest.raises(MappingError):
            parse(text)


@pytest.mark.parametrize(
    "expression",
    [
        "match(OBJECT, '^(a+)+$')",
        "match(OBJECT, '(a|aa)*b')",
        "substitute(OBJECT, 'a', OBJECT)",
        "replace(OBJECT, 'a', OBJECT)",
        "replace(OBJECT, '', OBJECT)",
        "substitute(OBJECT, '', OBJECT)",
        "substitute(OBJECT, '(.*)', '" + "\\1" * 50 + "')",
        "join(OBJECT, split(OBJECT, 'a'), split(OBJECT, 'a'))",
        "findall(OBJECT, '.')",
        "concat(" + ", ".join(["OBJECT"] * 100) + ")",
        "pad(OBJECT, 10**9)",
        "match(OBJECT, '(((a{1000}){1000}){1000})')",
        "mjd(OBJECT)",
        "quantity(1, OBJECT)",
        "float(OBJECT)",
        "int('9' + OBJECT)",
        "hms(OBJECT)",
    ],
)
def test_nothing_takes_long_or_grows(expression: str) -> None:
    of = reading(HduReading(0, "", overlay={"OBJECT": Assigned("a" * 9000 + "!")}))
    start = time.process_time()
    product = applied("\n".join([f"obs_title: {expression}"] * 3), of)
    assert time.process_time() - start < 5.0
    assert len(str(product.row["obs_title"] or "")) <= 10_000


# -- users' own functions --------------------------------------------------------------------------------------------
def test_a_user_s_own_functions(tmp_path: Path) -> None:
    path = tmp_path / "my.py"
    path.write_text(
        "def shout(text: str, mark='!'):\n    'Loud.'\n    return text.upper() + mark\n\ndef fail():\n    1/0\n"
    )
    functions = from_file(path)
    assert [f.signature for f in functions] == ["shout(text, [mark])", "fail()"]
    product = Product(ObsCoreRow())
    parse("obs_id: shout('m 31')\nobs_title: fail()", functions=functions).fill(product, reading())
    assert product.row["obs_id"] == "M 31!"
    again = pickle.loads(pickle.dumps(parse("obs_id: shout(lower('m 31'))", functions=functions)))
    assert again.functions["shout"].call("x") == "X!"
    assert "division by zero" in product.problems[0].message


def test_own_functions_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1/0")
    (tmp_path / "empty.py").write_text("import os")
    (tmp_path / "taken.py").write_text("def lower(x): return x")
    for name, words in (("nosuch.py", "no Python file"), ("bad.py", "ZeroDivisionError"), ("empty.py", "no function")):
        with pytest.raises(ConfigurationError, match=words):
            from_file(tmp_path / name)
    with pytest.raises(ConfigurationError, match="lower already"):
        parse("", functions=from_file(tmp_path / "taken.py"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package that offers a function."""
    information = tmp_path / "site_functions-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: site-functions\nVersion: 1.0\n")
    points = "[invenio_obscore.mapping_functions]\nnight = site_functions_module:night\n"
    (information / "entry_points.txt").write_text(points)
    (tmp_path / "site_functions_module.py").write_text("def night(date: str) -> str:\n    return date[:10]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    text_module._known.cache_clear()
    yield information
    text_module._known.cache_clear()


def test_functions_of_installed_packages_can_be_called_through_the_web_too(package: Path) -> None:
    for functions in ((), installed()):
        mapping = parse("obs_id: night('2020-01-02T03:04:05')", functions=functions, web=True)
        product = Product(ObsCoreRow())
        mapping.fill(product, reading())
        assert product.row["obs_id"] == "2020-01-02"


def test_an_entry_point_that_cannot_be_loaded_is_the_operator_s_error(package: Path) -> None:
    (package / "entry_points.txt").write_text("[invenio_obscore.mapping_functions]\nnight = nosuch:night\n")
    with pytest.raises(ConfigurationError, match="night = nosuch:night"):
        parse("obs_id: 'x'")


# -- anything at all -------------------------------------------------------------------------------------------------
OPERATORS = "( ) [ ] , . : := + - * / % ** == != < <= > >= and or not 1 2.5 1e300 0 nm km/s '' ' \" ` # null true [*]"
PIECES = st.sampled_from(
    [*list(ALL_COLUMNS)[:20], *BUILT_IN, *(f"${v}" for v in VARIABLES), "$ENV_HOME", "EXPTIME", "OBJECT", "DATE-OBS"]
    + OPERATORS.split()
    + ["'a b'", "'(a+)+'", "1420 MHz", "\n", "em_min: ", "CUNIT1 := ", "target_name: ", "t_min := ", "é", "\x00", "0."]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.text(max_size=200), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)
    )
)
def test_any_text_is_a_mapping_or_an_error(text: str) -> None:
    try:
        mapping = parse(text)
    except MappingError as error:
        assert error.line >= 1 and error.column >= 1
        return
    applied(text)
    assert mapping.text == text


def calls() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(
        "1 0 -3 2.5 1e300 'x' '' '2001-02-30' '12:61:00' OBJECT EXPTIME NOSUCH $FILENAME 5 1e9 600 nm 3 deg "
        "null true s_ra t_min".split()
        + ["600 nm", "1 d", "'%Y%m%d'", "'a b c'", "split('a,b', ',')", "'icrs'", "999999999999"]
    )
    names = st.sampled_from(list(BUILT_IN))

    def call(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds(lambda n, a: f"{n}({', '.join(a)})", names, st.lists(inner, max_size=4)),
            st.builds(lambda a, o, b: f"({a} {o} {b})", inner, st.sampled_from("+ - * / % ** == < and".split()), inner),
            st.builds(lambda a, i: f"{a}[{i}]", inner, st.integers(-3, 3)),
        )

    return st.recursive(atoms, call, max_leaves=8)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    calls(), st.sampled_from(["target_name", "s_ra", "em_min", "t_min", "calib_level", "s_region", "obs_creation_date"])
)
def test_any_expression_is_a_value_or_a_problem_with_its_line(expression: str, column: str) -> None:
    try:
        product = applied(f"{column} := {expression}")
    except MappingError as error:
        assert error.line == 1
        return
    for problem in product.problems:
        assert "line 1" in problem.message


def test_many_expensive_lines_end_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "WEB_SECONDS", 0.3)
    call = "icrs(degrees(LON), 2, 'fk4', 'B1975')[0]"
    text = "\n".join(f"s_ra: {' + '.join([call] * 30)} + {i} m" for i in range(60))
    of = reading(HduReading(0, "", overlay={"LON": Assigned(10.0)}))
    mapping = parse(text, web=True)
    start = time.process_time()
    product = Product(ObsCoreRow())
    mapping.fill(product, of)
    assert time.process_time() - start < 5.0
    assert "takes too long" in product.problems[-1].message


def test_many_keyword_lines_on_many_hdus_end_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "WEB_SECONDS", 0.3)
    of = reading(*(hdu(i, **{f"K{n}": n for n in range(60)}, NAXIS=2) for i in range(300)))
    lines = "\n".join(f"CNAME{i % 2 + 1} := 'x'\nKEY{i}: 'x'" for i in range(450))
    start = time.process_time()
    laid = parse(lines, web=True).overlay(of)
    assert time.process_time() - start < 5.0
    assert "takes too long" in laid.problems[-1].message


def test_checking_many_expensive_constants_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "CHECK_SECONDS", 0.3)
    call = "icrs(1, 2, 'fk4', 'B1975')[0]"
    start = time.process_time()
    parse("\n".join(f"s_fov: {' + '.join([call] * 30)} + {i}" for i in range(60)))
    assert time.process_time() - start < 5.0
