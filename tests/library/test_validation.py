"""Rows against the rules of ObsCore 1.1."""

import pytest

from invenio_obscore.obscore.row import ObsCoreRow
from invenio_obscore.obscore.validation import validate

GOOD = {
    "dataproduct_type": "image",
    "calib_level": 2,
    "obs_collection": "Survey",
    "obs_id": "1",
    "obs_publisher_did": "ivo://example.org/obs?abc-1/x",
    "access_url": "https://example.org/a%20b.fits",
    "access_format": "application/x-votable+xml;content=datalink",
    "s_ra": 0.0,
    "s_dec": -90.0,
    "em_min": 1e-7,
    "em_max": 2e-7,
    "t_min": 50000.0,
    "t_max": 50000.0,
    "o_ucd": "phot.flux.density;em.opt",
    "pol_states": "/I/Q/",
    "pol_xel": 2,
    "s_xel1": 100,
    "em_xel": -1,
}


def test_a_good_row_breaks_no_rule() -> None:
    assert validate(ObsCoreRow(GOOD)) == []


def test_an_empty_row_lacks_what_may_not_be_null() -> None:
    assert {v.column for v in validate(ObsCoreRow())} == {
        "calib_level",
        "obs_collection",
        "obs_id",
        "obs_publisher_did",
    }


@pytest.mark.parametrize(
    ("column", "value", "severity"),
    [
        ("dataproduct_type", "Image", "error"),
        ("calib_level", 5, "error"),
        ("s_ra", 360.5, "error"),
        ("s_dec", -91.0, "error"),
        ("em_min", 3e-7, "error"),
        ("em_min", -1.0, "error"),
        ("t_max", 49999.0, "error"),
        ("t_min", 2451545.0, "error"),
        ("o_ucd", "phot.flux.wrong", "error"),
        ("pol_states", "I/Q", "error"),
        ("pol_states", "/Q/I/", "error"),
        ("pol_xel", 3, "warning"),
        ("s_xel1", 0, "error"),
        ("obs_publisher_did", "http://example.org", "error"),
        ("access_url", "no address", "error"),
        ("access_format", "fits", "error"),
        ("s_dec", None, "warning"),
        ("t_exptime", -1.0, "error"),
    ],
)
def test_each_rule(column: str, value: object, severity: str) -> None:
    found = {(v.column, v.severity) for v in validate(ObsCoreRow({**GOOD, column: value}))}
    partner = {"em_min": "em_max", "t_min": "t_max"}.get(column, column)
    assert found & {(column, severity), (partner, severity)}
