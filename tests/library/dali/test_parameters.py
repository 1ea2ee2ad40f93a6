"""DALI's parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.dali.parameters import Parameters
from invenio_obscore.errors import ParameterError


def test_names_have_no_case_and_values_do():
    parameters = Parameters([("Query", "SELECT A"), ("lang", "ADQL")])
    assert parameters.one("QUERY") == "SELECT A"
    assert parameters.required("Lang") == "ADQL"
    assert "qUERY" in parameters
    assert parameters.one("MAXREC") is None


def test_a_repeated_single_value_is_an_error_even_under_another_name():
    with pytest.raises(ParameterError):
        Parameters([("MAXREC", "1"), ("maxrec", "1")]).whole_number("MAXREC")
    with pytest.raises(ParameterError):
        Parameters([("FORMAT", "csv"), ("RESPONSEFORMAT", "csv")]).one("RESPONSEFORMAT", "FORMAT")


def test_many_values():
    assert Parameters([("ID", "a"), ("id", "b")]).all("ID") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), (" 10 ", 10), ("+5", 5), ("", None), ("999999999", 999999999), ("9" * 30, 10**18)],
)
def test_whole_numbers(text, number):
    assert Parameters([("MAXREC", text)]).whole_number("MAXREC") == number


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "ten", "٣", "0x10", "1" * 1001, "1\x00"])
def test_what_is_no_whole_number(text):
    with pytest.raises(ParameterError):
        Parameters([("MAXREC", text)]).whole_number("MAXREC")


@pytest.mark.parametrize("text", ["", "   "])
def test_blank_is_missing(text):
    with pytest.raises(ParameterError):
        Parameters([("QUERY", text)]).required("QUERY")


@given(pairs=st.lists(st.tuples(st.text(), st.text())), name=st.text())
def test_anything_is_a_value_or_an_error_of_ours(pairs, name):
    try:
        Parameters(pairs).one(name)
    except ParameterError as error:
        assert str(error)
