"""What each kind of search of ``/observations`` costs: its page of rows with their number, and the counts beside it.

    python benchmarks/observations.py --database postgresql://owner@host/database [--repeat 5]

The database is one that ``benchmarks/tap.py`` filled, with a million rows; it is asked as the page asks, by the service
that answers TAP.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from invenio_obscore.db.query import QueryService, QuerySettings
from invenio_obscore.ui.observations.criteria import read_criteria
from invenio_obscore.ui.observations.search import facets, search

SEARCHES = (
    "",
    "page=100",
    "target=10.68 41.27",
    "target=10.68 41.27&radius=5",
    "target=150 2&radius=30",
    "target=150 2&radius=5&sort=t_min&order=desc",
    "target=150 2&radius=5&time=2010..2015&band=Radio",
    "time=2019",
    "time=2019-05-01",
    "wavelength=550 nm",
    "wavelength=0.5 .. 7 keV",
    "band=Radio",
    "band=Optical",
    "band=X-ray",
    "type=image",
    "type=image&time=2015&band=Optical",
    "type=spectrum&sort=t_min",
    "facility=ALMA",
    "collection=HST",
    "collection=Wide*",
    "collection=10.1234/abc",
    "identifier=obs-000711245",
    "sort=target_name",
    "sort=t_exptime&order=desc",
    "sort=s_ra",
)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", required=True)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    queries = QueryService(QuerySettings(uri=arguments.database))
    for text in SEARCHES:
        criteria = read_criteria(MultiDict(parse_qsl(text)), lambda name: (0.0, 0.0))
        if criteria.errors:
            sys.exit(f"{text}: {criteria.errors}")
        found, rows = _timed(lambda: search(queries, criteria), arguments.repeat)  # noqa: B023 - called at once
        counted, _ = _timed(lambda: facets(queries, criteria), arguments.repeat)  # noqa: B023 - called at once
        total = f"{rows.total:,}{'+' if rows.more else ''}"
        print(
            f"{text or '(everything)':50} rows {found:6.0f} ms   counts {counted:6.0f} ms   {total} found", flush=True
        )
    return 0


def _timed(action: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The median in milliseconds, the first time left out, and what was found."""
    found, taken = action(), []
    for _ in range(repeat):
        begin = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begin)
    return 1000 * statistics.median(taken), found


if __name__ == "__main__":
    sys.exit(main())
