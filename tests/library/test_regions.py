"""Regions: their text, their winding, what they hold; at the poles and at RA 0 too."""

from __future__ import annotations

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.obscore.regions import Circle, Polygon, Region, Union, box, flaw, parse_region, separation

longitudes = st.floats(0, 360, exclude_max=True)
latitudes = st.floats(-90, 90)


@given(longitudes, latitudes, longitudes, latitudes)
def test_separation_is_astropys(ra1: float, dec1: float, ra2: float, dec2: float) -> None:
    expected = SkyCoord(ra1, dec1, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg")).deg
    assert separation(ra1, dec1, ra2, dec2) == pytest.approx(expected, abs=1e-9)


@given(longitudes, latitudes, st.floats(0.001, 20), st.floats(0.001, 20))
def test_a_box_holds_its_centre_and_its_vertices_and_not_the_antipode(
    ra: float, dec: float, width: float, height: float
) -> None:
    region = box(ra, dec, width, height)
    assert region.contains(ra, dec)
    assert not region.contains((ra + 180) % 360, -dec)
    assert all(region.contains(*vertex) for vertex in region.vertices)
    assert region.bounding_circle().radius < 20


def test_vertices_turn_counter_clockwise_seen_from_inside() -> None:
    """North, east, south, west: DALI 1.1, section 3.3.7 (east is left of north)."""
    expected = ((0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (359.0, 0.0))
    assert Polygon.ordered(expected).vertices == expected
    turned = Polygon.ordered(expected[::-1]).vertices
    start = turned.index((0.0, 1.0))
    assert turned[start:] + turned[:start] == expected


def test_a_polygon_across_ra_zero() -> None:
    region = Polygon.ordered([(359, -1), (1, -1), (1, 1), (359, 1)])
    assert region.contains(0, 0)
    assert region.contains(359.5, 0.5)
    assert not region.contains(180, 0)
    assert not region.contains(2, 0)


def test_a_polygon_around_the_pole() -> None:
    region = Polygon.ordered([(0, 89), (90, 89), (180, 89), (270, 89)])
    assert region.contains(45, 89.9)
    assert region.contains(0, 90)
    assert not region.contains(45, 88)
    assert region.bounding_circle().dec == pytest.approx(90)


@pytest.mark.parametrize(
    "text",
    [
        "Circle ICRS 10.0 20.0 0.5",
        "Polygon ICRS 1.0 1.0 1.0 2.0 0.5 1.5",
        "Union ICRS (Circle 1.0 2.0 3.0 Polygon 1.0 1.0 1.0 2.0 0.5 1.5)",
    ],
)
def test_stcs_round_trip(text: str) -> None:
    assert parse_region(text).to_stcs() == text


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("CIRCLE icrs GEOCENTER 10 20 0.5", Circle(10, 20, 0.5)),
        ("AllSky ICRS", Circle(0, 0, 180)),
        ("Circle ICRS 1 2 3 unit deg", Circle(1, 2, 3)),
        ("Union ICRS (Circle 1 2 3)", Circle(1, 2, 3)),
    ],
)
def test_stcs_as_others_write_it(text: str, region: Region) -> None:
    assert parse_region(text) == region


@pytest.mark.parametrize(
    "text",
    ["", "Circle", "Circle ICRS 1 2", "Circle ICRS 1 95 2", "Polygon ICRS 1 2 3 4", "Union ICRS (", "Circle FK4 1 2 3",
     "Circle ICRS 1 2 3 x", "Circle ICRS nan 1 1", "Polygon ICRS 1 1 inf 2 2 2"],
)  # fmt: skip
def test_what_is_no_region_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_region(text)


@given(st.text(alphabet="CcirlePolygnUABIRS()0123456789.- e", max_size=60))
def test_any_text_gives_a_region_or_value_error(text: str) -> None:
    try:
        region = parse_region(text)
    except ValueError:
        return
    assert parse_region(region.to_stcs()).to_stcs() == region.to_stcs()


def test_a_union_holds_what_its_members_hold() -> None:
    region = Union((Circle(10, 0, 1), Circle(14, 0, 1)))
    assert region.contains(10.5, 0)
    assert region.contains(14.5, 0)
    assert not region.contains(12, 0)
    bound = region.bounding_circle()
    assert separation(bound.ra, bound.dec, 12, 0) < 1e-6
    assert bound.radius == pytest.approx(3)


def test_a_circle_keeps_every_digit_that_matters() -> None:
    region = Circle(10.123456789, -20.987654321, 0.000277778)
    back = parse_region(region.to_stcs())
    assert isinstance(back, Circle)
    assert separation(back.ra, back.dec, region.ra, region.dec) * u.deg < 1e-6 * u.arcsec
    assert back.radius == region.radius


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Polygon ICRS 0 0 10 10 10 0 0 10", "cross"),
        ("Polygon ICRS 1 1 1 1 1 1", "different corners"),
        ("Polygon ICRS 0 0 5 0 10 0", "great circle"),
        ("Polygon ICRS 0 0 120 0 240 0", "hemisphere"),
        ("Polygon ICRS " + "1 1 2 2 " * 10_000, "1000 corners"),
        ("Union ICRS (Circle 1 1 1 Polygon 0 0 10 10 10 0 0 10)", "cross"),
        ("Polygon ICRS 0 0 1 0 1 1 0 1", ""),
        ("Polygon ICRS 0 0 0 1 1 1 1 0 0 0", ""),
        ("Polygon ICRS 359.9999 -0.0001 0.0001 -0.0001 0.0001 0.0001 359.9999 0.0001", ""),
        ("Polygon ICRS 0 0 4 0 4 4 2 1 0 4", ""),
        ("Circle ICRS 1 1 100", ""),
    ],
)
def test_what_is_no_shape(text: str, reason: str) -> None:
    found = flaw(parse_region(text))
    assert reason in found if reason else found == ""
