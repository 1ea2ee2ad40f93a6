"""Functions of the schema ``adql``: what translated queries call and PostgreSQL does not have.

They are bound to pgSphere's functions when they are made (SQL-standard bodies), so that no search path matters, and the
planner unfolds them, so that its indices see pgSphere's own operators. pgSphere 1.1.1 (Debian 12) has all they use.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Functions of one expression: signature, result, body.
_EXPRESSIONS: tuple[tuple[str, str, str], ...] = (
    # geometries from degrees
    (
        "point(longitude float8, latitude float8)",
        "spoint",
        "CASE WHEN latitude BETWEEN -90 AND 90 THEN spoint(radians(longitude), radians(latitude)) END",
    ),
    (
        "circle(centre spoint, radius float8)",
        "scircle",
        "CASE WHEN radius BETWEEN 0 AND 90 THEN scircle(centre, radians(radius)) END",
    ),
    # the hemisphere around a pole, for circles that are larger than one
    (
        "half(radius float8, pole float8)",
        "scircle",
        "CASE WHEN radius > 90 AND radius <= 180 THEN scircle(spoint(0, radians(pole)), pi() / 2) END",
    ),
    (
        "simple_polygon(points spoint[])",
        "spoly",
        # pgSphere 1.1.1 ends the server at a NULL among them
        "(SELECT spoly(p ORDER BY n) FILTER (WHERE p IS NOT NULL) FROM unnest(points) WITH ORDINALITY AS u(p, n))",
    ),
    ("has_gap(points spoint[])", "bool", "(SELECT bool_or(p IS NULL) FROM unnest(points) AS u(p))"),
    (
        "vertices(numbers float8[])",
        "spoint[]",
        "(SELECT array_agg(spoint(radians(numbers[2 * n - 1]), radians(numbers[2 * n])) ORDER BY n)"
        " FROM generate_series(1, cardinality(numbers) / 2) AS g(n) WHERE"
        # without a vertex that repeats the one before it, or the first one at the end
        " NOT (n > 1 AND numbers[2 * n - 1 : 2 * n] = numbers[2 * n - 3 : 2 * n - 2])"
        " AND NOT (n > 1 AND 2 * n = cardinality(numbers) AND numbers[2 * n - 1 : 2 * n] = numbers[1:2]))",
    ),
    # and back
    ("longitude(point spoint)", "float8", "degrees(long(point))"),
    ("latitude(point spoint)", "float8", "degrees(lat(point))"),
    ("radius(circle scircle)", "float8", "degrees(radius(circle))"),
    (
        "coordinates(point spoint)",
        "float8[]",
        "CASE WHEN point IS NOT NULL THEN ARRAY[degrees(long(point)), degrees(lat(point))] END",
    ),
    (
        "coordinates(circle scircle)",
        "float8[]",
        "CASE WHEN circle IS NOT NULL THEN"
        " ARRAY[degrees(long(center(circle))), degrees(lat(center(circle))), degrees(radius(circle))] END",
    ),
    # pgSphere writes polygons in radians unless a session asks for something else, and no reader can
    (
        "coordinates(polygon spoly)",
        "float8[]",
        "(SELECT array_agg(degrees(v::float8) ORDER BY n) FROM"
        " regexp_split_to_table(btrim(polygon::text, '{() }'), '[ (),]+') WITH ORDINALITY AS r(v, n))",
    ),
    ("distance(a spoint, b spoint)", "float8", "degrees(a <-> b)"),
    # from DALI's text (DALI 1.1, section 3.3)
    ("numbers(dali text)", "float8[]", "regexp_split_to_array(btrim(dali), '[[:space:],]+')::float8[]"),
    ("point_of(dali text)", "spoint", "(SELECT adql.point(n[1], n[2]) FROM adql.numbers(dali) AS f(n))"),
    (
        "circle_of(dali text)",
        "scircle",
        "(SELECT adql.circle(adql.point(n[1], n[2]), n[3]) FROM adql.numbers(dali) AS f(n))",
    ),
    # a time as DALI writes it; PostgreSQL would take "yesterday", too
    (
        "timestamp_of(iso text)",
        "timestamp",
        r"(CASE WHEN iso ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?$'"
        " THEN iso ELSE 'no time' END)::timestamp",
    ),
    # intervals: whichever way round the limits are, so that a row with swapped ones is still found
    (
        "interval(low float8, high float8)",
        "adql.span",
        "CASE WHEN low IS NOT NULL AND high IS NOT NULL"
        " THEN adql.span(least(low, high), greatest(low, high), '[]') END",
    ),
    # conditions
    ("overlaps(a adql.span, b adql.span)", "bool", "a && b"),
    ("within(inner_ spoint, outer_ scircle)", "bool", "inner_ <@ outer_"),
    ("within(inner_ spoint, outer_ spoly)", "bool", "inner_ <@ outer_"),
    ("within(inner_ spoint, outer_ smoc)", "bool", "inner_ <@ outer_"),
    ("within(inner_ scircle, outer_ scircle)", "bool", "inner_ <@ outer_"),
    ("within(inner_ scircle, outer_ spoly)", "bool", "inner_ <@ outer_"),
    ("within(inner_ spoly, outer_ scircle)", "bool", "inner_ <@ outer_"),
    ("within(inner_ spoly, outer_ spoly)", "bool", "inner_ <@ outer_"),
    ("within(inner_ smoc, outer_ smoc)", "bool", "inner_ <@ outer_"),
    ("overlaps(a scircle, b scircle)", "bool", "a && b"),
    ("overlaps(a scircle, b spoly)", "bool", "a && b"),
    ("overlaps(a spoly, b scircle)", "bool", "a && b"),
    ("overlaps(a spoly, b spoly)", "bool", "a && b"),
    ("overlaps(a smoc, b smoc)", "bool", "a && b"),
    # measures
    ("area(circle scircle)", "float8", "degrees(degrees(4 * pi() * sin(radius(circle) / 2) ^ 2))"),
    ("area(moc smoc)", "float8", "degrees(degrees(area(moc)))"),
    ("centroid(circle scircle)", "spoint", "center(circle)"),
    # text: case by the rules of the database's locale (ADQL 2.1, section 4.4), order by code points as everywhere
    ("lower(s text)", "text", 'lower(s COLLATE "default") COLLATE "C"'),
    ("upper(s text)", "text", 'upper(s COLLATE "default") COLLATE "C"'),
    ("matches(s text, pattern text)", "bool", "(s COLLATE \"default\") ILIKE pattern ESCAPE ''"),
    # mathematics
    ("modulo(x int2, y int2)", "int2", "x % y"),
    ("modulo(x int4, y int4)", "int4", "x % y"),
    ("modulo(x int8, y int8)", "int8", "x % y"),
    # in decimals, which are exact: the remainder has the sign of x and is smaller than y (ADQL 2.1, table 1)
    (
        "modulo(x float8, y float8)",
        "float8",
        "CASE WHEN x IN ('NaN', 'Infinity', '-Infinity') OR y = 'NaN' THEN 'NaN'::float8"
        " WHEN y IN ('Infinity', '-Infinity') THEN x ELSE mod(x::text::numeric, y::text::numeric)::float8 END",
    ),
    (
        "round(x float8, n int4)",
        "float8",
        "CASE WHEN x IN ('NaN', 'Infinity', '-Infinity') THEN x WHEN n = 0 THEN sign(x) * floor(abs(x) + 0.5)"
        " ELSE round(x::numeric, greatest(least(n, 400), -400))::float8 END",
    ),
    (
        "truncate(x float8, n int4)",
        "float8",
        "CASE WHEN x IN ('NaN', 'Infinity', '-Infinity') THEN x"
        " ELSE trunc(x::numeric, greatest(least(n, 400), -400))::float8 END",
    ),
    (
        "random(seed int8)",
        "float8",
        "((hashint8extended(seed, 0) >> 11) & 9007199254740991) / 9007199254740992::float8",
    ),
)


_LATER: tuple[tuple[str, str, str], ...] = (
    ("mjd(t timestamp)", "float8", "extract(epoch FROM t)::float8 / 86400 + 40587"),
    (
        "has_word(haystack text, needle text)",
        "bool",
        "to_tsvector('pg_catalog.simple'::regconfig, haystack)"
        " @@ plainto_tsquery('pg_catalog.simple'::regconfig, needle)",
    ),
    ("hashlist_has(hashlist text, item text)", "bool", "lower(item) = ANY (string_to_array(lower(hashlist), '#'))"),
    ("healpix_index(fineness int4, p spoint)", "int8", "healpix_nest(adql.checked_fineness(fineness), p)"),
    (
        "healpix_center(fineness int4, cell int8)",
        "spoint",
        "center_of_healpix_nest(adql.checked_fineness(fineness), adql.checked_cell(fineness, cell))",
    ),
    (
        "rotated(p spoint, m float8[])",
        "spoint",
        "adql.towards(ARRAY[m[1] * x(p) + m[2] * y(p) + m[3] * z(p), m[4] * x(p) + m[5] * y(p) + m[6] * z(p),"
        " m[7] * x(p) + m[8] * y(p) + m[9] * z(p)])",
    ),
    ("rotated(c scircle, m float8[])", "scircle", "scircle(adql.rotated(center(c), m), radius(c))"),
    (
        "rotated(p spoly, m float8[])",
        "spoly",
        "(SELECT adql.simple_polygon(array_agg(adql.rotated(adql.point(n[2 * i - 1], n[2 * i]), m) ORDER BY i))"
        " FROM adql.coordinates(p) AS c(n), generate_series(1, cardinality(n) / 2) AS g(i))",
    ),
    ("moc_union(a smoc, b smoc)", "smoc", "CASE WHEN a IS NULL THEN b WHEN b IS NULL THEN a ELSE a | b END"),
    ("moc_intersection(a smoc, b smoc)", "smoc", "a & b"),
    ("moc(fineness int4, p spoint)", "smoc", "smoc(fineness, p)"),
    ("moc(fineness int4, c scircle)", "smoc", "smoc(fineness, c)"),
    ("moc(fineness int4, p spoly)", "smoc", "smoc(fineness, p)"),
    (
        "moc_around(fineness int4, hole scircle)",
        "smoc",
        # pgSphere 1.1.1 takes the latitude first, whatever its parameters are called: ask it
        "CASE WHEN spoint(1, 0.2) <@ smoc_disc(5, 1, 0.2, 0.1)"
        " THEN smoc_disc(fineness, long(center(hole)) + pi(), -lat(center(hole)), pi() - radius(hole))"
        " ELSE smoc_disc(fineness, -lat(center(hole)), long(center(hole)) + pi(), pi() - radius(hole)) END",
    ),
    ("moc_of(ascii text)", "smoc", "ascii::smoc"),
    ("fineness(moc smoc)", "int4", "greatest(least(max_order(moc), 10), 0)"),
)

# What PostgreSQL has no expression for; the comments say where the formula is from.
_PROCEDURES = (
    """
CREATE OR REPLACE FUNCTION adql.normal_random(mu float8, sigma float8) RETURNS float8
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
RETURN mu + sigma * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())
""",
    r"""
CREATE OR REPLACE FUNCTION adql.degrees_of(sexagesimal text, scale float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  part text[] := regexp_match(sexagesimal,
    '^\s*([-+]?)(\d{1,3})[\s:hd]+(\d{1,2})(?:[\s:m'']+(\d{1,2}(?:\.\d*)?)?[s\s"]*)?\s*$', 'i');
  value float8;
BEGIN
  value := part[2]::float8 + part[3]::float8 / 60 + coalesce(part[4]::float8, 0) / 3600;
  RETURN CASE WHEN part[3]::float8 < 60 AND coalesce(part[4]::float8, 0) < 60
    THEN CASE WHEN part[1] = '-' THEN -value ELSE value END * scale END;
END $body$
""",
    # The rigorous linear motion of the Hipparcos catalogue (ESA SP-1200, volume 1, section 1.5.5)
    """
CREATE OR REPLACE FUNCTION adql.moved(ra float8, "dec" float8, parallax float8, pmra float8, pmdec float8,
  radial_velocity float8, ref_epoch float8, out_epoch float8) RETURNS spoint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  arc CONSTANT float8 := pi() / 180 / 3600000;
  years float8 := out_epoch - ref_epoch;
  plx float8 := greatest(coalesce(parallax, 0), 1e-6);
  mu_a float8 := coalesce(pmra, 0) * arc;
  mu_d float8 := coalesce(pmdec, 0) * arc;
  outward float8 := coalesce(radial_velocity, 0) * plx / 4.740470446 * arc;
  sa float8 := sin(radians(ra));
  ca float8 := cos(radians(ra));
  sd float8 := sin(radians("dec"));
  cd float8 := cos(radians("dec"));
BEGIN
  IF ra IS NULL OR "dec" IS NULL OR years IS NULL THEN
    RAISE numeric_value_out_of_range USING MESSAGE = 'a position and two epochs are needed';
  END IF;
  RETURN adql.towards(ARRAY[
    ca * cd * (1 + outward * years) + years * (-sa * mu_a - ca * sd * mu_d),
    sa * cd * (1 + outward * years) + years * (ca * mu_a - sa * sd * mu_d),
    sd * (1 + outward * years) + years * cd * mu_d]);
END $body$
""",
    """
CREATE OR REPLACE FUNCTION adql.add_to_histogram(counts int4[], value float8, low float8, high float8, bins int4)
RETURNS int4[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  bin int4;
BEGIN
  IF counts IS NULL THEN counts := array_fill(0, ARRAY[bins + 2]); END IF;
  -- a NULL counts among what is too low, the upper limit itself is not too high (catalogue of UDFs 1.2, section 2.5.1)
  bin := CASE WHEN value IS NULL THEN 0 WHEN value = high THEN bins ELSE width_bucket(value, low, high, bins) END + 1;
  counts[bin] := counts[bin] + 1;
  RETURN counts;
END $body$
""",
    """
CREATE OR REPLACE AGGREGATE adql.histogram(value float8, low float8, high float8, bins int4)
  (SFUNC = adql.add_to_histogram, STYPE = int4[])
""",
    """
CREATE OR REPLACE FUNCTION adql.moc(fineness int4, region adql.shape, OUT cells smoc)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
  FOR i IN 1..coalesce(cardinality(region.circles), 0) LOOP
    cells := adql.moc_union(cells, adql.moc(fineness, region.circles[i]));
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.polygons), 0) LOOP
    cells := adql.moc_union(cells, adql.moc(fineness, region.polygons[i]));
  END LOOP;
  FOR i IN 1..coalesce(cardinality(region.holes), 0) LOOP
    cells := adql.moc_union(cells, adql.moc_around(fineness, region.holes[i]));
  END LOOP;
END $body$
""",
)

_SPAN = """
DO $do$ BEGIN
  IF to_regtype('adql.span') IS NULL THEN
    CREATE TYPE adql.span AS RANGE (subtype = float8, subtype_diff = float8mi);
  END IF;
END $do$
"""


def _check(name: str, parameters: str, value: str, type_: str, condition: str, problem: str) -> str:
    """A function that lets a value pass or ends the query as an error of its values (SQLSTATE 22023)."""
    return (
        f"CREATE OR REPLACE FUNCTION adql.{name}({parameters}) RETURNS {type_}\n"
        "LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$\nBEGIN\n"
        f"  IF {condition} THEN RETURN {value}; END IF;\n"
        f"  RAISE invalid_parameter_value USING MESSAGE = format('{problem}', {value});\nEND $body$"
    )


_CHECKS = (
    _check(
        "checked_fineness",
        "fineness int4",
        "fineness",
        "int4",
        "fineness BETWEEN 0 AND 29",
        "the order %s of HEALPix lies outside 0 to 29",
    ),
    _check(
        "checked_cell",
        "fineness int4, cell int8",
        "cell",
        "int8",
        "cell >= 0 AND cell < 12 * 4::numeric ^ fineness",
        "the order of HEALPix has no cell %s",
    ),
)

# pgSphere's aggregate gives NULL, and a notice, for what is no polygon: so do columns; a constant is an error.
_POLYGON = """
CREATE OR REPLACE FUNCTION adql.polygon(points spoint[], OUT polygon spoly)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
  IF NOT adql.has_gap(points) THEN polygon := adql.simple_polygon(points); END IF;
END $body$
"""
_CONSTANT_POLYGON = """
CREATE OR REPLACE FUNCTION adql.polygon(numbers float8[], OUT polygon spoly)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
  polygon := adql.polygon(adql.vertices(numbers));
  IF polygon IS NULL THEN
    RAISE invalid_parameter_value USING MESSAGE = 'no polygon: edges cross, vertices repeat, or it is too large';
  END IF;
END $body$
"""
# pgSphere adds up angles, of whose digits hardly one is left for a polygon of some seconds of arc: triangles keep them.
_SMALL_AREA = """
CREATE OR REPLACE FUNCTION adql.small_area(polygon spoly) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
  n float8[] := adql.coordinates(polygon);
BEGIN
  RETURN (
    SELECT abs(sum(adql.excess(adql.unit(adql.point(n[1], n[2])), adql.unit(adql.point(n[2 * i - 1], n[2 * i])),
      adql.unit(adql.point(n[2 * i + 1], n[2 * i + 2])))))
    FROM generate_series(2, cardinality(n) / 2 - 1) AS g(i)
  );
END $body$
"""
_POLYGONS: tuple[tuple[str, str, str], ...] = (
    ("polygon_of(dali text)", "spoly", "adql.polygon(adql.numbers(dali))"),
    (
        "area(polygon spoly)",
        "float8",
        "degrees(degrees(CASE WHEN area(polygon) < 1e-5 THEN adql.small_area(polygon) ELSE area(polygon) END))",
    ),
)


def statements() -> Iterator[str]:
    """The functions as SQL."""
    yield _SPAN.strip()
    yield from _CHECKS
    yield from (_expression(*line) for line in _EXPRESSIONS)
    yield _POLYGON.strip()
    yield _CONSTANT_POLYGON.strip()
    yield _SMALL_AREA.strip()
    yield from (_expression(*line) for line in _POLYGONS)


def later_statements() -> Iterator[str]:
    """Functions that need those of :mod:`.geometry`."""
    yield from (_expression(*line) for line in _LATER)
    yield from (procedure.strip() for procedure in _PROCEDURES)


def _expression(signature: str, result: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION adql.{signature} RETURNS {result}\n"
        f"LANGUAGE sql IMMUTABLE PARALLEL SAFE\nRETURN {body}"
    )
