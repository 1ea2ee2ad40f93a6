"""Cells that people open in a spreadsheet."""

from __future__ import annotations

import pytest

from invenio_obscore.formats.spreadsheets import for_people


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+41", "-cmd|' /C calc'!A0", "\t=1", "\r\n=1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    assert list(for_people(".csv", [(text, 1.5, None)])) == [["'" + text, 1.5, None]]
    assert list(for_people(".vot", [(text, 1.5, None)])) == [(text, 1.5, None)]


def test_other_cells_stay() -> None:
    assert list(for_people(".tsv", [("M 31", -1.5, "a=b")])) == [["M 31", -1.5, "a=b"]]
