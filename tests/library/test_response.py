"""What a response of many files says about them."""

from __future__ import annotations

import pytest

from invenio_obscore.fits.problems import Problem
from invenio_obscore.response import FileProblem


@pytest.mark.parametrize(
    ("column", "message", "shown"),
    [
        ("", "the file is empty", "a.fits: the file is empty"),
        ("s_ra", "RA_PNT is missing", "a.fits: s_ra: RA_PNT is missing"),
        ("t_min", "t_min is missing: no time", "a.fits: t_min is missing: no time"),
        ("s_region", "s_region: no polygon", "a.fits: s_region: no polygon"),
        ("t_min", "t_minimal is odd", "a.fits: t_min: t_minimal is odd"),
    ],
)
def test_a_problem_names_its_column_once(column: str, message: str, shown: str) -> None:
    assert str(FileProblem("a.fits", Problem("advice", "odd", message, column=column))) == shown
