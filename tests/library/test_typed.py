"""What people type into fields: units, sexagesimal angles, dates; a message of its own for each slip."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invenio_obscore.errors import ColumnError
from invenio_obscore.mapping.typed import TypedError, read_cell, read_cells
from invenio_obscore.obscore.columns import ALL_COLUMNS
from invenio_obscore.obscore.row import ObsCoreRow


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("em_min", "550 nm", 5.5e-07),
        ("em_min", "5500 Å", 5.5e-07),
        ("em_max", "1.4 GHz", 0.21413747),
        ("energy_min", "2 keV", 2000.0),
        ("s_dec", "-00:30:00", -0.5),
        ("s_dec", "\u221222.5", -22.5),
        ("s_ra", "5h34m31.9s", 83.632916667),
        ("s_ra", "83d30m", 83.5),
        ("s_fov", "30 arcmin", 0.5),
        ("t_min", "2019-05-01T03:00", 58604.125),
        ("t_min", "2458604.625", 58604.125),
        ("t_max", "58604.125", 58604.125),
        ("t_exptime", "15 min", 900.0),
        ("s_xel1", "1024", 1024),
        ("target_name", "M 31 (north)", "M 31 (north)"),
        ("obs_creation_date", "01.05.2019", "2019-05-01T00:00:00"),
        ("em_min", "  ", None),
        ("s_ra", 83, 83.0),
    ],
)
def test_what_is_typed_is_understood(column: str, text: str | float, value: object) -> None:
    found = read_cell(column, text)
    assert found == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    "text",
    ["05:34:31.9 +22:00:52", "05 34 31.9 +22 00 52", "05h34m31.9s +22d00m52s", "83.632916667, 22.014444444"],
)
@pytest.mark.parametrize("column", ["s_ra", "s_dec"])
def test_a_whole_position_fills_both_cells(column: str, text: str) -> None:
    found = read_cells({column: text})
    assert found == {"s_ra": pytest.approx(83.632916667), "s_dec": pytest.approx(22.014444444)}


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("em_min", "blue", "expected 550 nm"),
        ("em_min", "550 foo", "'foo' is no unit"),
        ("t_exptime", "3 kg", "t_exptime is in s; kg cannot be converted"),
        ("t_min", "2019-13-01", "no date of the calendar"),
        ("t_min", "yesterday", "2019-05-01T03:00"),
        ("s_dec", "95", "not between -90 and 90"),
        ("em_max", "1.4 parsec", "no wavelength of an observation"),
        ("s_xel1", "10.5", "10.5"),
        ("dataproduct_type", "banana", "none of image"),
        ("s_region", "Polygon ICRS 1 1 1 1 1 1", "fewer than three different corners"),
        ("em_min", "1" * 500, "cannot be read"),
        ("nothing", "1", "no column of ObsCore"),
    ],
)
def test_a_slip_is_said_in_words(column: str, text: str, words: str) -> None:
    with pytest.raises(ColumnError) as error:
        read_cell(column, text)
    assert words in str(error.value)


def test_no_text_is_longer_than_a_table_can_bear() -> None:
    assert read_cell("target_name", "M" * 4096) == "M" * 4096
    with pytest.raises(ColumnError, match="target_name: at most 4096 characters are taken, not 4097"):
        read_cell("target_name", "M" * 4097)
    with pytest.raises(ColumnError, match="s_region: at most 100000"):
        read_cell("s_region", "POLYGON ICRS " + "1 " * 100_000)


def test_each_wrong_field_has_its_own_message() -> None:
    with pytest.raises(TypedError) as error:
        read_cells({"s_ra": "north", "em_min": "550 nm", "t_min": "x"})
    assert set(error.value.messages) == {"s_ra", "t_min"}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(ALL_COLUMNS)),
    st.text(max_size=60) | st.from_regex(r"[-+]?\d{1,3}[:hd. ]\d{0,3}[e:m]?\d{0,4}[ +-]?\w{0,5}", fullmatch=True),
)
def test_any_text_is_a_value_of_the_column_or_a_message(column: str, text: str) -> None:
    try:
        found = read_cell(column, text)
    except ColumnError as error:
        assert str(error)
    else:
        assert not (isinstance(found, float) and not math.isfinite(found))
        assert ObsCoreRow({column: found}).to_dict() == ({column: found} if found is not None else {})
