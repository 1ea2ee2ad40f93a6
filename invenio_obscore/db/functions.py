"""Functions of the schema ``adql``: what translated queries call and PostgreSQL does not have.

They are bound to pgSphere's functions when they are made (SQL-standard bodies), so that no search path matters, and the
planner unfolds them, so that its indices see pgSphere's own operators. pgSphere 1.1.1 (Debian 12) has all they use.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Functions of one expression: signature, result, body.
_EXPRESSIONS: tuple[tuple[str, str, str], ...] = (
    # geometries from degrees
    ("point(longitude float8, latitude float8)", "spoint", "spoint(radians(longitude), radians(latitude))"),
    ("circle(centre spoint, radius float8)", "scircle", "scircle(centre, radians(radius))"),
    (
        "polygon(points spoint[])",
        "spoly",
        "(SELECT spoly(p ORDER BY n) FROM unnest(points) WITH ORDINALITY AS u(p, n))",
    ),
    (
        "polygon(numbers float8[])",
        "spoly",
        "(SELECT spoly(spoint(radians(numbers[2 * n - 1]), radians(numbers[2 * n])) ORDER BY n)"
        " FROM generate_series(1, cardinality(numbers) / 2) AS g(n))",
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
    ("polygon_of(dali text)", "spoly", "adql.polygon(adql.numbers(dali))"),
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
    ("area(circle scircle)", "float8", "degrees(degrees(area(circle)))"),
    ("area(polygon spoly)", "float8", "degrees(degrees(area(polygon)))"),
    ("area(moc smoc)", "float8", "degrees(degrees(area(moc)))"),
    ("centroid(circle scircle)", "spoint", "center(circle)"),
    # mathematics
    ("modulo(x int2, y int2)", "int2", "x % y"),
    ("modulo(x int4, y int4)", "int4", "x % y"),
    ("modulo(x int8, y int8)", "int8", "x % y"),
    ("modulo(x float8, y float8)", "float8", "x - y * trunc(x / y)"),
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


_SPAN = """
DO $do$ BEGIN
  IF to_regtype('adql.span') IS NULL THEN
    CREATE TYPE adql.span AS RANGE (subtype = float8, subtype_diff = float8mi);
  END IF;
END $do$
"""


def statements() -> Iterator[str]:
    """The functions as SQL."""
    yield _SPAN.strip()
    for signature, result, body in _EXPRESSIONS:
        yield (
            f"CREATE OR REPLACE FUNCTION adql.{signature} RETURNS {result}\n"
            f"LANGUAGE sql IMMUTABLE PARALLEL SAFE\nRETURN {body}"
        )
