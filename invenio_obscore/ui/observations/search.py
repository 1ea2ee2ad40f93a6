"""Asks the service that answers TAP, and gives its rows as a page shows them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Timer
from typing import Any
from urllib.parse import quote, unquote

from ...db.query import QueryService
from ...formats.spreadsheets import for_people
from ...obscore.fields import Field
from ...obscore.regions import Region
from . import questions
from .criteria import FURTHEST_ROW, Criteria

#: Rows of an ADQL query that a page shows.
ADQL_ROWS = 100
_MOST_OF_A_FACET = 15
# More rows than spreadsheets take.
_MOST_SEPARATED = 1_048_575
#: Seconds after which a page gives a query up; TAP gives them more.
_PATIENCE = 20.0


@dataclass(frozen=True)
class Found:
    """One page of what a search found.

    Attributes
    ----------
    total
        Rows in all; :data:`.criteria.FURTHEST_ROW` where there are ``more``.
    """

    fields: Sequence[Field]
    rows: Sequence[Mapping[str, Any]]
    total: int
    more: bool


def search(queries: QueryService, criteria: Criteria, record_address: str = "") -> Found:
    """Ask for a page of rows and how many there are.

    Raises
    ------
    AdqlError
        The visitor's own query is wrong.
    ServiceError
        The database does not answer, or not in time.
    """
    if criteria.adql:
        fields, rows = _ask(queries, criteria.adql, ADQL_ROWS + 1)
        return Found(fields, rows[:ADQL_ROWS], min(len(rows), ADQL_ROWS), len(rows) > ADQL_ROWS)
    fields, rows = _ask(queries, questions.rows_query(criteria, record_address), criteria.size)
    if criteria.page == 1 and len(rows) < criteria.size:
        return Found(fields, rows, len(rows), more=False)
    _, counted = _ask(queries, questions.count_query(criteria, record_address), 1)
    total = int(counted[0]["number"])
    return Found(fields, rows, min(total, FURTHEST_ROW), total > FURTHEST_ROW)


def facets(queries: QueryService, criteria: Criteria, record_address: str = "") -> dict[str, list[tuple[str, int]]]:
    """How often each product type, facility and instrument occurs, the most frequent first."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in questions.COUNTED}
    _, rows = _ask(queries, questions.facets_query(criteria, record_address), 100_000)
    for row in rows:
        for name, counter in counts.items():
            if row[name]:
                counter[str(row[name])] += int(row["number"])
    return {name: counter.most_common(_MOST_OF_A_FACET) for name, counter in counts.items()}


def separated(queries: QueryService, adql: str) -> Generator[str, None, None]:
    """The rows of a query as CSV in pieces, its first line the names of the columns.

    Raises
    ------
    AdqlError
        The query is wrong.
    ServiceError
        The database does not answer.
    """
    with queries.run(adql, min(_MOST_SEPARATED, queries.settings.maxrec_limit)) as result:
        piece, writer = _writer()
        writer.writerow([field.name for field in result.fields])
        for batch in result.values():
            writer.writerows(for_people(".csv", ([_plain(value) for value in row] for row in batch)))
            yield piece.getvalue()
            piece, writer = _writer()
        yield piece.getvalue()


def _writer() -> tuple[io.StringIO, Any]:
    piece = io.StringIO()
    return piece, csv.writer(piece)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    return value.to_stcs() if isinstance(value, Region) else value


def _ask(queries: QueryService, adql: str, maxrec: int) -> tuple[Sequence[Field], list[dict[str, Any]]]:
    with queries.run(adql, maxrec) as result:
        end = Timer(_PATIENCE, result.cancel)
        end.start()
        try:
            names = [field.name for field in result.fields]
            rows = [dict(zip(names, map(_plain, row))) for row in chain.from_iterable(result.values())]
        finally:
            end.cancel()
    return result.fields, rows


@dataclass(frozen=True)
class Origin:
    """Where a product lies in this repository; empty texts where it lies elsewhere."""

    recid: str = ""
    file: str = ""
    member: str = ""


def files_address(site: str, recid: str) -> str:
    """What the addresses of all files of a record begin with."""
    return f"{site}/records/{quote(recid, safe='')}/files/"


def origin(access_url: str, site: str) -> Origin:
    """Record, file and member of an archive that an address delivers."""
    found = re.fullmatch(rf"{re.escape(site)}/records/([^/]+)/files/(.+)", access_url.partition("?")[0])
    if not found:
        return Origin()
    file, _, member = found[2].partition("/container/")
    return Origin(unquote(found[1]), unquote(file), unquote(member))
