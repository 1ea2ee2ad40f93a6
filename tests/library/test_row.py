"""A row takes what fits its columns, drops what means nothing, and says what is wrong with the rest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.errors import ColumnError
from invenio_obscore.extraction.evidence import Evidence, Product
from invenio_obscore.obscore.columns import ALL_COLUMNS
from invenio_obscore.obscore.regions import Circle, Region
from invenio_obscore.obscore.row import ObsCoreRow


@pytest.mark.parametrize("nothing", [None, "", "  ", math.nan])
def test_nothing_is_null(nothing: object) -> None:
    row = ObsCoreRow({"target_name": nothing, "s_ra": nothing, "s_xel1": nothing})
    assert row.filled() == {}


def test_values_take_the_type_of_their_column() -> None:
    row = ObsCoreRow({"s_ra": "10.5", "s_xel1": 3.0, "target_name": 31, "s_region": "Circle ICRS 1 2 3"})
    assert row.filled() == {"target_name": "31", "s_ra": 10.5, "s_region": Circle(1, 2, 3), "s_xel1": 3}
    assert row.to_dict()["s_region"] == "Circle ICRS 1.0 2.0 3.0"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("s_ra", "north"),
        ("s_ra", math.inf),
        ("s_xel1", 1.5),
        ("s_xel1", 2**63),
        ("calib_level", 2**40),
        ("s_region", "somewhere"),
        ("obs_creation_date", "yesterday"),
    ],
)
def test_what_does_not_fit_names_its_column(column: str, value: object) -> None:
    with pytest.raises(ColumnError) as caught:
        ObsCoreRow({column: value})
    assert caught.value.column == column
    assert column in str(caught.value)


def test_an_unknown_column_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        ObsCoreRow({"s_rra": 1})


def test_characters_that_xml_forbids_are_dropped() -> None:
    assert ObsCoreRow({"target_name": "M\x00 3\x1b1\ud800"})["target_name"] == "M 31"


@pytest.mark.parametrize(
    "text",
    [
        "M \x1b[31m31\x1b[0m",
        "\x1b]0;title\x07M 31",
        "\x1bPq#0\x1b\\M 31",
        "\x1b(BM 31",
        "M\x84\x9f 31",
        "M 3\x1b[1;4H1",
    ],
)
def test_control_sequences_of_terminals_are_cut_whole(text: str) -> None:
    assert ObsCoreRow({"target_name": text})["target_name"] == "M 31"


@given(st.sampled_from(list(ALL_COLUMNS)), st.one_of(st.text(), st.floats(), st.integers(), st.booleans()))
def test_any_value_is_taken_or_refused_by_name(column: str, value: object) -> None:
    row = ObsCoreRow()
    try:
        row[column] = value
    except ColumnError as error:
        assert error.column == column
    else:
        assert row[column] is None or isinstance(row[column], (str, int, float, Region))


def test_filling_touches_empty_cells_only_and_keeps_its_evidence() -> None:
    product = Product(ObsCoreRow({"s_ra": 1.0}))
    assert not product.fill("s_ra", 2.0, Evidence("s_ra", "simbad"))
    assert product.fill("s_dec", 2.0, Evidence("s_dec", "simbad", "M 31"))
    assert (product.row["s_ra"], product.row["s_dec"]) == (1.0, 2.0)
    assert product.evidence["s_dec"].to_dict() == {"column": "s_dec", "source": "simbad", "detail": "M 31"}
    assert "s_ra" not in product.evidence
