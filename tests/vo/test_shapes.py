"""Regions in the database against the library's own geometry: random circles, polygons and unions all over the sky."""

from __future__ import annotations

import math
import random
from typing import Any

import psycopg
import pytest

from invenio_obscore.obscore.regions import Circle, Polygon, Region, Union, box, separation

#: Nearer than this to an edge (degrees) the two may differ: pgSphere compares with 1e-9 radians.
_EDGE = 1e-6


@pytest.fixture(scope="module")
def owner(database: Any) -> Any:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


def _position(generator: random.Random) -> tuple[float, float]:
    return generator.uniform(0, 360), math.degrees(math.asin(generator.uniform(-1, 1)))


def _circle(generator: random.Random) -> Circle:
    return Circle(*_position(generator), generator.choice([0.01, 1.0, 30.0, 89.0, 90.0, 100.0, 170.0, 180.0]))


def _polygon(generator: random.Random) -> Polygon:
    ra, dec = _position(generator)
    if generator.random() < 0.5:
        return box(ra, dec, generator.uniform(0.1, 60), generator.uniform(0.1, 60))
    radius, count = generator.uniform(0.1, 40), generator.randint(3, 8)
    return Polygon.ordered([_around(ra, dec, radius, 360 * n / count) for n in range(count)])


def _around(ra: float, dec: float, radius: float, angle: float) -> tuple[float, float]:
    r, d, a = math.radians(radius), math.radians(dec), math.radians(angle)
    latitude = math.asin(math.sin(d) * math.cos(r) + math.cos(d) * math.sin(r) * math.cos(a))
    east = math.atan2(math.sin(a) * math.sin(r) * math.cos(d), math.cos(r) - math.sin(d) * math.sin(latitude))
    return (ra + math.degrees(east)) % 360, math.degrees(latitude)


def _region(generator: random.Random) -> Region:
    kind = generator.random()
    if kind < 0.35:
        return _circle(generator)
    if kind < 0.7:
        return _polygon(generator)
    return Union(tuple(generator.choice([_circle, _polygon])(generator) for _ in range(generator.randint(2, 5))))


def _near_an_edge(region: Region, ra: float, dec: float) -> bool:
    for part in region.parts:
        if isinstance(part, Circle) and abs(separation(part.ra, part.dec, ra, dec) - part.radius) < _EDGE:
            return True
        if isinstance(part, Polygon) and any(
            part.contains(*_around(ra, dec, _EDGE, a)) != part.contains(ra, dec) for a in (0, 90, 180, 270)
        ):
            return True
    return False


@pytest.mark.parametrize("seed", range(3))
def test_points_within(owner: psycopg.Connection[Any], seed: int) -> None:
    generator = random.Random(seed)
    regions = [_region(generator) for _ in range(40)]
    points = [_position(generator) for _ in range(30)]
    points += [(p.ra, p.dec) for r in regions for p in r.parts if isinstance(p, Circle)][:20]
    rows = owner.execute(
        """SELECT r.n, p.n, adql.within(adql.point(p.ra, p.dec), s.shape),
            coalesce(adql.within(adql.point(p.ra, p.dec), (s.shape).bound), false) OR (s.shape).wide = 1
        FROM unnest(%s::text[]) WITH ORDINALITY AS r(stcs, n), LATERAL (SELECT adql.shape(r.stcs) AS shape) AS s,
            unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p(ra, dec, n)""",
        ([r.to_stcs() for r in regions], [p[0] for p in points], [p[1] for p in points]),
    ).fetchall()
    assert len(rows) == len(regions) * len(points)
    on_edges = 0
    for r, p, inside, bound in rows:
        region, point = regions[r - 1], points[p - 1]
        assert bound or not inside, (region, point)
        if inside != region.contains(*point):
            assert _near_an_edge(region, *point), (region.to_stcs(), point)
            on_edges += 1
    assert on_edges < 0.05 * len(rows)


@pytest.mark.parametrize("seed", range(3))
def test_shapes_within_and_overlapping(owner: psycopg.Connection[Any], seed: int) -> None:
    """What must hold between two regions, whatever they are."""
    generator = random.Random(seed)
    texts = [_region(generator).to_stcs() for _ in range(20)] + ["AllSky ICRS"]
    rows = owner.execute(
        """WITH s AS MATERIALIZED (
            SELECT n, shape, adql.area(shape) AS area FROM unnest(%s::text[]) WITH ORDINALITY AS r(stcs, n),
              LATERAL (SELECT adql.shape(stcs) AS shape OFFSET 0) AS made)
        SELECT a.n, b.n, adql.within(a.shape, b.shape), adql.within(b.shape, a.shape), adql.overlaps(a.shape, b.shape),
            adql.overlaps(b.shape, a.shape), adql.overlaps((b.shape).bound, adql.front(a.shape))
              OR adql.overlaps((b.shape).bound, adql.back(a.shape)) OR (b.shape).wide = 1,
            a.area, b.area
        FROM s AS a, s AS b""",
        (texts,),
    ).fetchall()
    for a, b, inside, outside, meets, met, bound, area_a, area_b in rows:
        case = (texts[a - 1], texts[b - 1])
        assert meets == met, case
        assert meets or not (inside or outside), case
        assert bound or not meets, case
        if inside:
            assert area_a <= area_b * (1 + 1e-9), case
        if b == len(texts):
            assert inside and meets, case
        if a == b:
            assert inside, case


def _sky(count: int) -> list[tuple[float, float]]:
    """Positions all over the sky, each for the same area: a golden spiral."""
    step = 180 * (3 - math.sqrt(5))
    return [(n * step % 360, math.degrees(math.asin((2 * n + 1) / count - 1))) for n in range(count)]


def test_areas_of_unions_against_counted_positions(owner: psycopg.Connection[Any]) -> None:
    generator = random.Random(3)
    unions = [Union(tuple(_large(generator) for _ in range(generator.randint(2, 4)))) for _ in range(8)]
    positions = _sky(800)
    areas = owner.execute(
        "SELECT adql.area(adql.shape(s)) FROM unnest(%s::text[]) WITH ORDINALITY AS r(s, n) ORDER BY n",
        ([u.to_stcs() for u in unions],),
    ).fetchall()
    for union, (area,) in zip(unions, areas):
        counted = sum(union.contains(*p) for p in positions) / len(positions)
        assert area / 41252.96 == pytest.approx(counted, abs=0.03), union.to_stcs()


def _large(generator: random.Random) -> Circle | Polygon:
    if generator.random() < 0.5:
        return Circle(*_position(generator), generator.choice([20.0, 60.0, 90.0, 110.0]))
    return box(*_position(generator), generator.uniform(30, 80), generator.uniform(30, 80))


@pytest.mark.parametrize("radius", [0.0, 1e-4, 1.0, 60.0, 90.0])
def test_circles_keep_their_numbers(owner: psycopg.Connection[Any], radius: float) -> None:
    row = owner.execute(
        "SELECT adql.coordinates(adql.circle(adql.point(359.5, -45.25), %s::float8))", (radius,)
    ).fetchone()
    assert row and row[0] == pytest.approx([359.5, -45.25, radius], abs=1e-12)
