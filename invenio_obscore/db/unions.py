"""What the parts of a region make together, where they overlap: the area of the union, and what lies in it as a whole.

The edge of a union is what is left of its parts' edges outside of all other parts. Each edge is an arc of a circle on
the sphere, ``x . m = d`` with the part on the left (``x . m > d``); it is cut where it meets the circles of the others,
and a piece stays if its outer side lies in no other part. The area is the sum, over the pieces, of what each sweeps as
seen from one point: triangles, and a sector of the cap around ``m``; all of it modulo the sphere.
"""

from __future__ import annotations

from collections.abc import Iterator

_EXPRESSIONS: tuple[tuple[str, str, str], ...] = (
    ("product(a float8[], b float8[])", "float8", "a[1] * b[1] + a[2] * b[2] + a[3] * b[3]"),
    (
        "cross(a float8[], b float8[])",
        "float8[]",
        "ARRAY[a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1]]",
    ),
    (
        "combined(p float8, a float8[], q float8, b float8[])",
        "float8[]",
        "ARRAY[p * a[1] + q * b[1], p * a[2] + q * b[2], p * a[3] + q * b[3]]",
    ),
    (
        "normal(a float8[])",
        "float8[]",
        "(SELECT ARRAY[a[1] / n, a[2] / n, a[3] / n] FROM (VALUES (sqrt(a[1] ^ 2 + a[2] ^ 2 + a[3] ^ 2))) AS v(n)"
        " WHERE n > 0)",
    ),
    # the signed area of a triangle (Van Oosterom and Strackee 1983), from its sides: small ones keep their digits
    (
        "excess(a float8[], b float8[], c float8[])",
        "float8",
        "2 * atan2(adql.product(a, adql.cross(adql.combined(1, b, -1, a), adql.combined(1, c, -1, a))),"
        " 1 + adql.product(a, b) + adql.product(b, c) + adql.product(c, a))",
    ),
    (
        "is_tangled(polygons spoly[])",
        "bool",
        # circles around them first: comparing two polygons takes pgSphere a hundred times as long
        "EXISTS (WITH part AS MATERIALIZED (SELECT p, n, adql.bound(adql.corners(p)) AS around"
        " FROM unnest(polygons) WITH ORDINALITY AS u(p, n))"
        " SELECT FROM part AS a, part AS b WHERE CASE WHEN a.n >= b.n THEN false"
        " WHEN (a.around && b.around) IS FALSE THEN false ELSE a.p && b.p END)",
    ),
    (
        "merged(a adql.shape, b adql.shape)",
        "adql.shape",
        "ROW(NULL::scircle, NULL::int2, (a).circles || (b).circles, (a).polygons || (b).polygons,"
        " (a).holes || (b).holes)::adql.shape",
    ),
)

_PARTS = """
CREATE OR REPLACE FUNCTION adql.parts(region adql.shape) RETURNS adql.shape[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- Each part as a shape of its own.
DECLARE
  found adql.shape[] := '{}';
BEGIN
  FOR i IN 1..coalesce(cardinality(region.circles), 0) LOOP
    found := found || ROW(NULL, NULL, region.circles[i : i], NULL, NULL)::adql.shape;
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP
    found := found || ROW(NULL, NULL, NULL, region.polygons[i : i], NULL)::adql.shape;
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.holes), 0) LOOP
    found := found || ROW(NULL, NULL, NULL, NULL, region.holes[i : i])::adql.shape;
  END LOOP;
  RETURN found;
END $body$
"""

# m, d, the point where it begins (also the direction of angle 0) and its length in angle about m: 8 numbers an arc.
_ARCS = """
CREATE OR REPLACE FUNCTION adql.arcs(part adql.shape) RETURNS SETOF float8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  c float8[];
  r float8;
  n float8[];
  last int;
  turn float8[] := ARRAY[0, 0, 0];
  middle float8[] := ARRAY[0, 0, 0];
  a float8[];
  b float8[];
  m float8[];
BEGIN
  IF cardinality(part.polygons) > 0 THEN
    n := adql.coordinates(part.polygons[1]);
    last := cardinality(n) / 2;
    FOR i IN 1..last LOOP
      a := adql.unit(adql.point(n[2 * i - 1], n[2 * i]));
      b := adql.unit(adql.point(n[2 * (i % last) + 1], n[2 * (i % last) + 2]));
      turn := adql.combined(1, turn, 1, adql.cross(a, b));
      middle := adql.combined(1, middle, 1, a);
    END LOOP;
    FOR i IN 1..last LOOP
      a := adql.unit(adql.point(n[2 * i - 1], n[2 * i]));
      b := adql.unit(adql.point(n[2 * (i % last) + 1], n[2 * (i % last) + 2]));
      IF adql.product(turn, middle) < 0 THEN m := a; a := b; b := m; END IF;
      m := adql.normal(adql.cross(a, b));
      IF m IS NOT NULL THEN
        RETURN NEXT m || ARRAY[0::float8] || a || ARRAY[atan2(adql.product(m, adql.cross(a, b)), adql.product(a, b))];
      END IF;
    END LOOP;
  ELSE
    IF cardinality(part.circles) > 0 THEN
      c := adql.unit(adql.middle(part.circles[1]));
      r := radians(adql.radius(part.circles[1]));
    ELSE
      c := adql.unit(adql.middle(part.holes[1]));
      c := ARRAY[-c[1], -c[2], -c[3]];
      r := pi() - radians(adql.radius(part.holes[1]));
    END IF;
    IF r > 0 AND r < pi() THEN
      b := adql.normal(adql.cross(c, CASE WHEN abs(c[3]) < 0.9 THEN ARRAY[0, 0, 1] ELSE ARRAY[1, 0, 0] END::float8[]));
      RETURN NEXT c || ARRAY[cos(r)] || adql.combined(cos(r), c, sin(r), b) || ARRAY[2 * pi()];
    END IF;
  END IF;
END $body$
"""

_UNION_AREA = """
CREATE OR REPLACE FUNCTION adql.union_area(region adql.shape) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $body$
-- In steradians. The sides of a piece are looked at 1e-7 radians (0.02 arcsec) from it: pgSphere compares with 1e-9.
-- Without variables of pgSphere's types: the role that reads has no search path to them.
DECLARE
  parts adql.shape[] := adql.parts(region);
  arc float8[];
  other float8[];
  m float8[];
  d float8;
  s float8;
  u float8[];
  w float8[];
  near int[];
  cuts float8[];
  k float8;
  den float8;
  p float8;
  q float8;
  g float8;
  point float8[];
  t float8;
  place float8[];
  inward float8[];
  kept bool;
  pieces int := 0;
  eye float8[] := adql.normal(adql.combined(1, adql.unit(adql.centroid(region)), 0.0123, ARRAY[0.3, 0.5, 0.8]));
  total float8 := 0;
BEGIN
  FOR i IN 1..cardinality(parts) LOOP
    near := ARRAY(SELECT j FROM generate_series(1, cardinality(parts)) AS g(j)
      WHERE j <> i AND adql.overlaps(parts[i], parts[j]));
    FOR arc IN SELECT * FROM adql.arcs(parts[i]) LOOP
      m := arc[1:3];
      d := arc[4];
      s := sqrt(1 - d * d);
      u := adql.normal(adql.combined(1, arc[5:7], -d, m));
      w := adql.cross(m, u);
      cuts := ARRAY[0, arc[8]];
      FOR other IN SELECT a FROM unnest(near) AS n(j), adql.arcs(parts[j]) AS a LOOP
        k := adql.product(m, other[1:3]);
        den := 1 - k * k;
        IF den > 1e-18 THEN
          p := (d - k * other[4]) / den;
          q := (other[4] - k * d) / den;
          g := (1 - (p * p + q * q + 2 * p * q * k)) / den;
          IF g >= 0 THEN
            point := adql.combined(p, m, q, other[1:3]);
            cuts := cuts
              || adql.angle(adql.combined(1, point, sqrt(g), adql.cross(m, other[1:3])), u, w)
              || adql.angle(adql.combined(1, point, -sqrt(g), adql.cross(m, other[1:3])), u, w);
          END IF;
        END IF;
        cuts := cuts || adql.angle(other[5:7], u, w);
      END LOOP;
      cuts := ARRAY(SELECT DISTINCT c FROM unnest(cuts) AS c WHERE c BETWEEN 0 AND arc[8] ORDER BY c);
      FOR n IN 1..cardinality(cuts) - 1 LOOP
        CONTINUE WHEN cuts[n + 1] - cuts[n] < 1e-12;
        t := (cuts[n] + cuts[n + 1]) / 2;
        place := adql.combined(d, m, s, adql.combined(cos(t), u, sin(t), w));
        inward := adql.normal(adql.combined(1, m, -d, place));
        kept := true;
        FOREACH q IN ARRAY near LOOP
          -- where two edges run together on one side, that of the first part counts
          IF adql.within(adql.towards(adql.combined(1, place, -1e-7, inward)), parts[q::int]) OR
            (q < i AND adql.within(adql.towards(adql.combined(1, place, 1e-7, inward)), parts[q::int])) THEN
            kept := false;
            EXIT;
          END IF;
        END LOOP;
        IF kept THEN
          pieces := pieces + 1;
          point := adql.combined(d, m, s, adql.combined(cos(cuts[n]), u, sin(cuts[n]), w));
          place := adql.combined(d, m, s, adql.combined(cos(cuts[n + 1]), u, sin(cuts[n + 1]), w));
          total := total + (cuts[n + 1] - cuts[n]) * (1 - d) + adql.excess(eye, point, m) + adql.excess(eye, m, place);
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
  IF pieces = 0 THEN  -- no edge at all: the whole sky, or points
    RETURN least(radians(radians(adql.sum_of_areas(region))), 4 * pi());
  END IF;
  total := total - 4 * pi() * floor(total / (4 * pi()));
  RETURN CASE WHEN 4 * pi() - total < 1e-12 THEN 0 ELSE total END;
END $body$
"""

_ANGLE = (
    "angle(point float8[], u float8[], w float8[])",
    "float8",
    "(SELECT CASE WHEN t < 0 THEN t + 2 * pi() ELSE t END FROM"
    " (VALUES (atan2(adql.product(point, w), adql.product(point, u)))) AS v(t))",
)

_AREA = """
CREATE OR REPLACE FUNCTION adql.area(region adql.shape) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- Parts that share nothing, as the CCDs of a mosaic, need no more than a sum.
BEGIN
  RETURN CASE WHEN adql.is_tangled(region) THEN degrees(degrees(adql.union_area(region)))
    ELSE adql.sum_of_areas(region) END;
END $body$
"""

_IS_TANGLED = """
CREATE OR REPLACE FUNCTION adql.is_tangled(region adql.shape) RETURNS bool
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
-- Whether two parts have a point in common. Beyond 200 parts nobody looks: 20,000 pairs take too long.
DECLARE
  parts adql.shape[] := adql.parts(region);
BEGIN
  IF cardinality(parts) > 200 THEN RETURN false; END IF;
  IF region.circles IS NULL AND region.holes IS NULL THEN RETURN adql.is_tangled(region.polygons); END IF;
  FOR i IN 1..cardinality(parts) LOOP
    FOR j IN i + 1..cardinality(parts) LOOP
      IF adql.overlaps(parts[i], parts[j]) THEN RETURN true; END IF;
    END LOOP;
  END LOOP;
  RETURN false;
END $body$
"""

_WITHIN_TOGETHER = """
CREATE OR REPLACE FUNCTION adql.within_together(a adql.shape, b adql.shape) RETURNS bool
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $body$
-- Whether a lies in the union of b's parts though in no single one of them: then it adds no area to them.
BEGIN
  IF (SELECT count(*) < 2 FROM unnest(adql.parts(b)) AS part WHERE adql.overlaps(a, part)) THEN RETURN false; END IF;
  IF NOT adql.is_tangled(b) THEN RETURN false; END IF;
  RETURN adql.union_area(adql.merged(a, b)) - adql.union_area(b) < 1e-11;
END $body$
"""


def statements() -> Iterator[str]:
    """The functions as SQL, behind those of :mod:`.geometry`."""
    for signature, result, body in (*_EXPRESSIONS, _ANGLE):
        yield (
            f"CREATE OR REPLACE FUNCTION adql.{signature} RETURNS {result}\n"
            f"LANGUAGE sql IMMUTABLE PARALLEL SAFE\nRETURN {body}"
        )
    yield from (sql.strip() for sql in (_PARTS, _ARCS, _UNION_AREA, _IS_TANGLED, _AREA, _WITHIN_TOGETHER))
