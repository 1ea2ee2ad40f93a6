"""How regions of any kind are stored: text for the user, an ``adql.shape`` for the index and for exact answers.

pgSphere has circles up to a hemisphere and polygons without crossing edges, but no type that holds either, nor unions.
A shape is a union of three kinds of parts: circles, polygons, and ``holes``: a hole stands for all of the sky but the
inside of a circle, so a circle beyond 90 degrees is the hole around its antipode, and the whole sky a hole of radius 0.
``bound`` is a circle around the whole, ``wide`` is 1 where there is none below a
hemisphere (and NULL elsewhere: a number, since the planner expects few of one number but half of a truth value).

The database derives shapes from the text when a row is written (a generated column): the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import unions

#: Suffix of the companion of a region column.
SHAPE_SUFFIX = "_shape"


def shape_column(name: str) -> tuple[str, str]:
    """The companion of a region column: its name and its definition."""
    companion = f"{name}{SHAPE_SUFFIX}"
    return companion, f'adql.shape GENERATED ALWAYS AS (adql.shape("{name}")) STORED'


# A type of an earlier version goes with its functions, columns and indices; the statements that follow make all anew.
_TYPE = """
DO $do$ BEGIN
  IF (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
      FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('adql.shape') AND attnum > 0 AND NOT attisdropped)
      <> 'bound scircle, wide smallint, circles scircle[], polygons spoly[], holes scircle[]' THEN
    DROP TYPE adql.shape CASCADE;
  END IF;
  IF to_regtype('adql.shape') IS NULL THEN
    CREATE TYPE adql.shape AS (bound scircle, wide int2, circles scircle[], polygons spoly[], holes scircle[]);
  END IF;
END $do$
"""

# One expression each: signature, result, body. They see pgSphere's operators, the functions below see only them.
_EXPRESSIONS: tuple[tuple[str, str, str], ...] = (
    ("outside(p spoint, hole scircle)", "bool", "(p <-> center(hole)) >= radius(hole)"),
    (
        "outside(c scircle, hole scircle)",
        "bool",
        "radius(hole) = 0 OR (center(c) <-> center(hole)) >= radius(c) + radius(hole)",
    ),
    ("outside(p spoly, hole scircle)", "bool", "radius(hole) = 0 OR NOT p && hole"),
    ("smaller_hole(a scircle, b scircle)", "bool", "radius(a) = 0 OR a <@ b"),
    ("reaches_out(c scircle, hole scircle)", "bool", "(center(c) <-> center(hole)) + radius(c) >= radius(hole)"),
    ("reaches_out(p spoly, hole scircle)", "bool", "NOT p <@ hole"),
    (
        "hole(longitude float8, latitude float8, radius float8)",
        "scircle",
        "scircle(spoint(radians(longitude + 180), radians(-latitude)), radians(180 - radius))",
    ),
    (
        "box(centre spoint, width float8, height float8)",
        "spoly",
        # pgSphere 1.1.1 ends the server at a corner that is NULL
        "CASE WHEN centre IS NOT NULL AND width > 0 AND width < 180 AND height > 0 AND height < 180 THEN"
        " (SELECT spoly(adql.tangent(centre, x * tand(width / 2), y * tand(height / 2)) ORDER BY n)"
        " FROM (VALUES (1, 1, -1), (2, 1, 1), (3, -1, 1), (4, -1, -1)) AS corner(n, x, y)) END",
    ),
    ("unit(point spoint)", "float8[]", "ARRAY[x(point), y(point), z(point)]"),
    ("towards(v float8[])", "spoint", "spoint(atan2(v[2], v[1]), atan2(v[3], sqrt(v[1] ^ 2 + v[2] ^ 2)))"),
    (
        "tangent(centre spoint, east float8, north float8)",
        "spoint",
        "adql.towards(ARRAY["
        "x(centre) - east * sin(long(centre)) - north * sin(lat(centre)) * cos(long(centre)),"
        "y(centre) + east * cos(long(centre)) - north * sin(lat(centre)) * sin(long(centre)),"
        "z(centre) + north * cos(lat(centre))])",
    ),
    ("reach(centre spoint, other scircle)", "float8", "(centre <-> center(other)) + radius(other)"),
    ("bounding(centre spoint, radius float8)", "scircle", "scircle(centre, least(radius * 1.000001 + 1e-8, pi() / 2))"),
    ("middle(circle scircle)", "spoint", "center(circle)"),
    ("dot(longitude float8, latitude float8)", "scircle", "scircle(spoint(longitude, latitude), 0)"),
    ("radians(polygon spoly)", "float8[]", "string_to_array(translate(polygon::text, '{() }', ''), ',')::float8[]"),
)

_BOUND = """
CREATE OR REPLACE FUNCTION adql.bound(circles scircle[]) RETURNS scircle
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- A circle around circles (points are circles of radius 0); NULL where only more than a hemisphere would do.
DECLARE
  total float8[] := ARRAY[0, 0, 0];
  unit float8[];
  reach float8 := 0;
BEGIN
  FOR i IN 1..cardinality(circles) LOOP
    unit := adql.unit(adql.middle(circles[i]));
    total := ARRAY[total[1] + unit[1], total[2] + unit[2], total[3] + unit[3]];
  END LOOP;
  IF total[1] ^ 2 + total[2] ^ 2 + total[3] ^ 2 < 1e-12 THEN
    RETURN NULL;
  END IF;
  FOR i IN 1..cardinality(circles) LOOP
    reach := greatest(reach, adql.reach(adql.towards(total), circles[i]));
  END LOOP;
  RETURN CASE WHEN reach < 1.57 THEN adql.bounding(adql.towards(total), reach) END;
END $body$
"""

_SHAPE_OF_TEXT = r"""
CREATE OR REPLACE FUNCTION adql.shape(stcs text) RETURNS adql.shape
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  result adql.shape;
  part text[];
  n float8[];
BEGIN
  FOR part IN SELECT regexp_matches(lower(stcs), '(circle|polygon|box|allsky)'
      '((?:\s+(?:icrs|unknownframe|unknownrefpos|barycenter|geocenter|topocenter|spherical2))*)'
      '((?:\s+[-+.0-9e]+)*)', 'g')
  LOOP
    n := CASE WHEN part[3] = '' THEN '{}' ELSE regexp_split_to_array(btrim(part[3]), '\s+') END;
    IF part[1] = 'allsky' THEN
      result.holes := array_append(result.holes, adql.hole(0, 0, 180));
    ELSIF part[1] = 'circle' AND n[3] > 90 THEN
      result.holes := array_append(result.holes, adql.hole(n[1], n[2], n[3]));
    ELSIF part[1] = 'circle' THEN
      result.circles := array_append(result.circles, adql.circle(adql.point(n[1], n[2]), n[3]));
    ELSIF part[1] = 'box' THEN
      result.polygons := array_append(result.polygons, adql.box(adql.point(n[1], n[2]), n[3], n[4]));
    ELSE
      result.polygons := result.polygons || adql.simple_polygons(n);
    END IF;
  END LOOP;
  RETURN adql.bounded(result);
END $body$
"""

_SIMPLE_POLYGONS = """
CREATE OR REPLACE FUNCTION adql.simple_polygons(numbers float8[]) RETURNS spoly[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- pgSphere refuses polygons whose edges cross or that repeat a vertex; they become triangles around their middle.
DECLARE
  total float8[] := ARRAY[0, 0, 0];
  unit float8[];
  middle float8[];
  result adql.shape;
  last int := cardinality(numbers) / 2;
BEGIN
  IF last > 1000 THEN  -- pgSphere compares every edge with every other one: minutes for 20,000 corners
    numbers := (SELECT array_agg(v ORDER BY n) FROM unnest(numbers) WITH ORDINALITY AS u(v, n)
      WHERE ((n - 1) / 2) % ceil(last / 1000.0)::int = 0);
    last := cardinality(numbers) / 2;
  END IF;
  result.polygons := ARRAY[adql.simple_polygon(adql.vertices(numbers))];
  IF result.polygons[1] IS NOT NULL THEN RETURN result.polygons; END IF;
  result.polygons := NULL;
  FOR i IN 1..last LOOP
    unit := adql.unit(adql.point(numbers[2 * i - 1], numbers[2 * i]));
    total := ARRAY[total[1] + unit[1], total[2] + unit[2], total[3] + unit[3]];
  END LOOP;
  middle := adql.coordinates(adql.towards(total));
  FOR i IN 1..last LOOP
    result.polygons := array_append(result.polygons, adql.simple_polygon(adql.vertices(middle
      || numbers[2 * i - 1 : 2 * i]
      || CASE WHEN i = last THEN numbers[1:2] ELSE numbers[2 * i + 1 : 2 * i + 2] END)));
    IF result.polygons[cardinality(result.polygons)] IS NULL THEN  -- a triangle without an area
      result.polygons := result.polygons[1 : cardinality(result.polygons) - 1];
    END IF;
  END LOOP;
  RETURN result.polygons;
END $body$
"""

_CORNERS = """
CREATE OR REPLACE FUNCTION adql.corners(polygon spoly) RETURNS scircle[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  n float8[] := adql.radians(polygon);
  result adql.shape;
BEGIN
  FOR i IN 1..cardinality(n) / 2 LOOP
    result.circles := array_append(result.circles, adql.dot(n[2 * i - 1], n[2 * i]));
  END LOOP;
  RETURN result.circles;
END $body$
"""

_BOUNDED = """
CREATE OR REPLACE FUNCTION adql.bounded(region adql.shape) RETURNS adql.shape
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  around adql.shape := region;
  bounded bool := region.holes IS NULL;
BEGIN
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP
    around.circles := array_append(around.circles, adql.bound(adql.corners(region.polygons[i])));
    bounded := bounded AND around.circles[cardinality(around.circles)] IS NOT NULL;
  END LOOP;
  IF bounded AND cardinality(around.circles) > 0 THEN
    region.bound := CASE WHEN cardinality(around.circles) = 1
      THEN around.circles[1] ELSE adql.bound(around.circles) END;
  END IF;
  region.wide := CASE WHEN region.bound IS NULL THEN 1 END;
  RETURN region;
END $body$
"""


def _pairs(name: str, *, every: bool, tests: dict[tuple[str, str], str]) -> str:
    """A function that compares two shapes: ``every`` part of the first, or any, with any of the second."""
    loops = []
    for inner in ("circles", "polygons", "holes"):
        conditions = "".join(
            f"""
      FOR j IN 1..coalesce(cardinality(b.{outer}), 0) LOOP
        IF {test.format(f"a.{inner}[i]", f"b.{outer}[j]")} THEN found := true; EXIT; END IF;
      END LOOP;"""
            for outer in ("circles", "polygons", "holes")
            if (test := tests.get((inner, outer)))
        )
        missing, any_ = (
            "IF NOT found THEN RETURN adql.within_together(a, b); END IF;",
            "IF found THEN RETURN true; END IF;",
        )
        after = missing if every else any_
        loops.append(f"""
    FOR i IN 1..coalesce(cardinality(a.{inner}), 0) LOOP
      found := false;{conditions}
      {after}
    END LOOP;""")
    return f"""
CREATE OR REPLACE FUNCTION adql.{name}(a adql.shape, b adql.shape) RETURNS bool
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 AS $body$
DECLARE
  found bool;
BEGIN{"".join(loops)}
  RETURN {"true" if every else "false"};
END $body$"""


_WITHIN = "adql.within({0}, {1})"
_OVERLAPS = "adql.overlaps({0}, {1})"
_WITHIN_TESTS = {
    **{(a, b): _WITHIN for a in ("circles", "polygons") for b in ("circles", "polygons")},
    ("circles", "holes"): "adql.outside({0}, {1})",
    ("polygons", "holes"): "adql.outside({0}, {1})",
    ("holes", "holes"): "adql.smaller_hole({1}, {0})",
}
_OVERLAP_TESTS = {
    **{(a, b): _OVERLAPS for a in ("circles", "polygons") for b in ("circles", "polygons")},
    **{(a, "holes"): "adql.reaches_out({0}, {1})" for a in ("circles", "polygons")},
    **{("holes", b): "adql.reaches_out({1}, {0})" for b in ("circles", "polygons")},
    ("holes", "holes"): "true",
}

_POINT_WITHIN = """
CREATE OR REPLACE FUNCTION adql.within(p spoint, region adql.shape) RETURNS bool
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 50 AS $body$
BEGIN
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP
    IF adql.within(p, region.polygons[i]) THEN RETURN true; END IF;
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.circles), 0) LOOP
    IF adql.within(p, region.circles[i]) THEN RETURN true; END IF;
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.holes), 0) LOOP
    IF adql.outside(p, region.holes[i]) THEN RETURN true; END IF;
  END LOOP;
  RETURN false;
END $body$
"""

_AREA = """
CREATE OR REPLACE FUNCTION adql.sum_of_areas(region adql.shape) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- What parts share counts for each of them: adql.area counts it once.
DECLARE
  total float8 := 0;
BEGIN
  FOR i IN 1..coalesce(cardinality(region.circles), 0) LOOP total := total + adql.area(region.circles[i]); END LOOP;
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP total := total + adql.area(region.polygons[i]); END LOOP;
  FOR i IN 1..coalesce(cardinality(region.holes), 0) LOOP
    total := total + degrees(degrees(4 * pi())) - adql.area(region.holes[i]);
  END LOOP;
  RETURN total;
END $body$
"""

# The integral of the unit vector over a polygon is half the sum over its edges of (angle x normal).
_MOMENT = """
CREATE OR REPLACE FUNCTION adql.moment(polygon spoly) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  n float8[] := adql.coordinates(polygon);
  last int := cardinality(n) / 2;
  total float8[] := ARRAY[0, 0, 0];
  inside float8[] := ARRAY[0, 0, 0];
  a float8[];
  b float8[];
  c float8[];
  norm float8;
  angle float8;
BEGIN
  FOR i IN 1..last LOOP
    a := adql.unit(adql.point(n[2 * i - 1], n[2 * i]));
    b := adql.unit(adql.point(n[2 * (i % last) + 1], n[2 * (i % last) + 2]));
    c := ARRAY[a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1]];
    norm := sqrt(c[1] ^ 2 + c[2] ^ 2 + c[3] ^ 2);
    angle := atan2(norm, a[1] * b[1] + a[2] * b[2] + a[3] * b[3]);
    IF norm > 0 THEN
      total := ARRAY[total[1] + angle * c[1] / norm, total[2] + angle * c[2] / norm, total[3] + angle * c[3] / norm];
    END IF;
    inside := ARRAY[inside[1] + a[1], inside[2] + a[2], inside[3] + a[3]];
  END LOOP;
  IF total[1] * inside[1] + total[2] * inside[2] + total[3] * inside[3] < 0 THEN
    total := ARRAY[-total[1], -total[2], -total[3]];
  END IF;
  RETURN ARRAY[total[1] / 2, total[2] / 2, total[3] / 2];
END $body$
"""

_CENTROID = """
CREATE OR REPLACE FUNCTION adql.centroid(region adql.shape) RETURNS spoint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  total float8[] := ARRAY[0, 0, 0];
  v float8[];
  weight float8;
BEGIN
  FOR i IN 1..coalesce(cardinality(region.circles), 0) LOOP
    v := adql.unit(adql.middle(region.circles[i]));
    weight := pi() * sin(radians(adql.radius(region.circles[i]))) ^ 2;
    IF weight = 0 AND cardinality(region.circles) = 1 THEN RETURN adql.middle(region.circles[i]); END IF;
    total := ARRAY[total[1] + weight * v[1], total[2] + weight * v[2], total[3] + weight * v[3]];
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP
    v := adql.moment(region.polygons[i]);
    total := ARRAY[total[1] + v[1], total[2] + v[2], total[3] + v[3]];
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.holes), 0) LOOP
    v := adql.unit(adql.middle(region.holes[i]));
    weight := pi() * sin(radians(adql.radius(region.holes[i]))) ^ 2;
    total := ARRAY[total[1] - weight * v[1], total[2] - weight * v[2], total[3] - weight * v[3]];
  END LOOP;
  IF total[1] ^ 2 + total[2] ^ 2 + total[3] ^ 2 = 0 THEN RETURN adql.point(0, 0); END IF;
  RETURN adql.towards(total);
END $body$
"""

# What needs functions made by the statements above.
_LATER: tuple[tuple[str, str, str], ...] = (
    (
        "shape(circle scircle)",
        "adql.shape",
        "CASE WHEN circle IS NOT NULL"
        " THEN ROW(circle, NULL::int2, ARRAY[circle], NULL::spoly[], NULL::scircle[])::adql.shape END",
    ),
    (
        "shape(polygon spoly)",
        "adql.shape",
        "CASE WHEN polygon IS NOT NULL THEN adql.bounded("
        "ROW(NULL::scircle, NULL::int2, NULL::scircle[], ARRAY[polygon], NULL::scircle[])::adql.shape) END",
    ),
    # two circles that together hold a shape: its bound twice, or two hemispheres
    (
        "round_shape(centre spoint, size float8)",
        "adql.shape",
        "CASE WHEN size > 90 AND size <= 180 THEN ROW(NULL::scircle, 1::int2, NULL::scircle[], NULL::spoly[],"
        " ARRAY[adql.hole(degrees(long(centre)), degrees(lat(centre)), size)])::adql.shape"
        " ELSE adql.shape(adql.circle(centre, size)) END",
    ),
    (
        "front(region adql.shape)",
        "scircle",
        "CASE WHEN region.wide = 1 THEN scircle(spoint(0, pi() / 2), pi() / 2) ELSE region.bound END",
    ),
    (
        "back(region adql.shape)",
        "scircle",
        "CASE WHEN region.wide = 1 THEN scircle(spoint(0, -pi() / 2), pi() / 2) ELSE region.bound END",
    ),
    ("centroid(polygon spoly)", "spoint", "adql.towards(adql.moment(polygon))"),
)
# fmt: skip


def _expression(signature: str, result: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION adql.{signature} RETURNS {result}\n"
        f"LANGUAGE sql IMMUTABLE PARALLEL SAFE\nRETURN {body}"
    )


def statements() -> Iterator[str]:
    """The type and its functions as SQL, in the order in which they need each other."""
    yield _TYPE.strip()
    plain = [_expression(*line) for line in _EXPRESSIONS]
    # box needs tangent, tangent needs towards
    order = sorted(plain, key=lambda sql: ("adql.tangent(centre, x" in sql, "adql.towards(ARRAY[x" in sql))
    yield from order
    yield _BOUND.strip()
    yield _MOMENT.strip()
    yield _CORNERS.strip()
    yield _BOUNDED.strip()
    yield _SIMPLE_POLYGONS.strip()
    yield _SHAPE_OF_TEXT.strip()
    yield from (_expression(*line) for line in _LATER)
    yield _POINT_WITHIN.strip()
    yield _pairs("within", every=True, tests=_WITHIN_TESTS).strip()
    yield _pairs("overlaps", every=False, tests=_OVERLAP_TESTS).strip()
    yield _AREA.strip()
    yield _CENTROID.strip()
    yield from unions.statements()
