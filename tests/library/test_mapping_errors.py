"""The mapping language: what is wrong with a text, and that no text takes long, grows or sees what it must not."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapped import applied, hdu, reading

from invenio_obscore.errors import MappingError
from invenio_obscore.extraction.evidence import Product
from invenio_obscore.fits.cards import Assigned
from invenio_obscore.fits.reading import HduReading
from invenio_obscore.mapping import BUILT_IN, check, parse, safe_for_web
from invenio_obscore.mapping import text as text_module
from invenio_obscore.mapping.language import VARIABLES
from invenio_obscore.obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS
from invenio_obscore.obscore.row import ObsCoreRow


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
