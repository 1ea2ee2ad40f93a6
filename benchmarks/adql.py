"""How long ADQL takes to become SQL: ``python benchmarks/adql.py``. Needs no database and no service.

Prints the median processor time of many runs of parsing and of all three steps, for queries from small to 320 levels.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql import parse
from invenio_obscore.adql.schema import Column, Schema, Table
from invenio_obscore.db.tables import SCHEMAS
from invenio_obscore.errors import AdqlError

CONE = (
    "SELECT obs_publisher_did, s_ra, s_dec, access_url FROM ivoa.obscore"
    " WHERE 1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10.68, 41.27, 0.5))"
)
COMPLEX = """
WITH recent AS (
    SELECT obs_id, obs_publisher_did, s_ra, s_dec, s_region, t_min, t_max, em_min, em_max, facility_name
    FROM ivoa.obscore WHERE t_min > 59000 AND calib_level >= 2 AND dataproduct_type IN ('image', 'cube')
)
SELECT TOP 100 r.facility_name, COUNT(*) AS n, AVG(r.t_max - r.t_min) AS span, MIN(IN_UNIT(r.em_min, 'um')) AS blue
FROM recent AS r
JOIN (SELECT s_ra, s_dec, obs_id FROM ivoa.obscore WHERE dataproduct_type = 'spectrum') AS s
    ON DISTANCE(POINT(r.s_ra, r.s_dec), POINT(s.s_ra, s.s_dec)) < 0.01
LEFT JOIN ivoa.obscore_hea AS h USING (obs_publisher_did)
WHERE 1 = INTERSECTS(r.s_region, POLYGON(10, 10, 20, 10, 20, 20, 10, 20)) AND r.em_min < 7e-7 AND r.em_max > 5e-7
    AND NOT EXISTS (SELECT 1 FROM ivoa.obscore AS x WHERE x.obs_id = s.obs_id AND x.calib_level > 3)
    AND (LOWER(r.facility_name) LIKE '%eso%' OR ivo_hasword(r.facility_name, 'paranal') = 1)
GROUP BY r.facility_name HAVING COUNT(*) > 2
UNION ALL
SELECT facility_name, 0, 0.5, NULL FROM ivoa.obscore WHERE s_fov IS NULL AND t_exptime BETWEEN 1 AND 10 * 60
ORDER BY n DESC, 1 OFFSET 5
"""
NESTED = {
    "320 sub-queries": "SELECT obs_id FROM (" * 320 + "SELECT obs_id FROM ivoa.obscore" + ") AS q" * 320,
    "320 parentheses": "SELECT " + "(" * 320 + "1" + ")" * 320 + " FROM ivoa.obscore",
    "40 sub-queries": "SELECT obs_id FROM (" * 40 + "SELECT obs_id FROM ivoa.obscore" + ") AS q" * 40,
    "320 conditions": "SELECT obs_id FROM ivoa.obscore WHERE " + " AND ".join(f"s_ra > {n}" for n in range(320)),
    "320 joins": "SELECT t0.obs_id FROM ivoa.obscore AS t0 "
    + " ".join(f"JOIN ivoa.obscore AS t{n} ON t0.obs_id = t{n}.obs_id" for n in range(1, 320)),
}
QUERIES = {"TOP 1": "SELECT TOP 1 * FROM ivoa.obscore", "cone": CONE, "complex": COMPLEX, **NESTED}


def schema() -> Schema:
    """The tables that every service publishes."""
    tables = (table for schema in SCHEMAS for table in schema.tables)
    return Schema(tuple(Table(t.name, tuple(Column(field) for field in t.columns.values())) for t in tables))


def milliseconds(run: Callable[[], object], seconds: float) -> tuple[float, str]:
    """Median of a run, and how it ends where it is refused."""
    times: list[float] = []
    ending = ""
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        begin = time.process_time()
        try:
            run()
        except AdqlError as error:
            ending = f"  refused: {error}"[:60]
        times.append(time.process_time() - begin)
    return statistics.median(times) * 1000, ending


def main(seconds: float = 1.0) -> None:
    """Print the table."""
    known = schema()
    print(f"{'query':20} {'parse':>9} {'all':>9}   (ms)")
    for name, query in QUERIES.items():
        parsing, _ = milliseconds(lambda query=query: parse(query), seconds)  # type: ignore[misc]
        everything, ending = milliseconds(lambda query=query: compile_adql(query, known, 1000), seconds)  # type: ignore[misc]
        print(f"{name:20} {parsing:9.3f} {everything:9.3f}{ending}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
