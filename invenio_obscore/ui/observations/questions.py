"""ADQL of a search: what is asked is what "as ADQL" shows, and what any TAP client may ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...registry.wavebands import WAVEBANDS
from .criteria import FURTHEST_ROW, Circle, Criteria, Interval, doi_of, is_bibcode

_TABLE = "ivoa.obscore"
# Orders what is equal otherwise, so that pages are stable.
_LAST = "obs_publisher_did"
#: What links, sky view and strips need, whichever columns are shown.
ALWAYS = (
    "obs_publisher_did",
    "access_url",
    "access_format",
    "dataproduct_type",
    "target_name",
    "s_ra",
    "s_dec",
    "s_fov",
    "s_region",
    "em_min",
    "em_max",
    "t_min",
    "t_max",
)
#: Columns whose values are counted.
COUNTED = ("dataproduct_type", "facility_name", "instrument_name")
# Beyond the longest wavelength of anything: an interval with two ends is what the index answers.
_LONGEST_WAVE = 1e6


def rows_query(criteria: Criteria, record_address: str = "") -> str:
    """One page of rows; ``record_address`` begins the files' addresses of the record whose DOI is asked for."""
    columns = ", ".join(dict.fromkeys((*criteria.columns, *ALWAYS)))
    offset = (criteria.page - 1) * criteria.size
    more = [f"ORDER BY {_order(criteria)}", f"OFFSET {offset}" if offset else ""]
    return _select(f"SELECT TOP {criteria.size} {columns}", criteria, record_address, *more)


def count_query(criteria: Criteria, record_address: str = "") -> str:
    """How many rows there are, counted as far as pages go."""
    some = _select(f"SELECT TOP {FURTHEST_ROW + 1} obs_publisher_did", criteria, record_address)
    return f"SELECT COUNT(*) AS number FROM (\n{some}\n) AS matches"


def facets_query(criteria: Criteria, record_address: str = "") -> str:
    """How many rows each combination of product type, facility and instrument has."""
    columns = ", ".join(COUNTED)
    return _select(f"SELECT {columns}, COUNT(*) AS number", criteria, record_address, f"GROUP BY {columns}")


def whole_query(criteria: Criteria, record_address: str = "") -> str:
    """Everything that the search finds, for clients."""
    return _select("SELECT *", criteria, record_address, f"ORDER BY {_order(criteria)}")


def _select(select: str, criteria: Criteria, record_address: str, *more: str) -> str:
    return "\n".join(part for part in (select, f"FROM {_TABLE}", _where(criteria, record_address), *more) if part)


def _where(criteria: Criteria, record_address: str) -> str:
    conditions = list(_conditions(criteria, record_address))
    return "WHERE " + "\n  AND ".join(conditions) if conditions else ""


def _conditions(criteria: Criteria, record_address: str) -> Iterator[str]:
    if criteria.circle:
        yield _touches(criteria.circle)
    if criteria.band:
        _, low, high = next(band for band in WAVEBANDS if band[0] == criteria.band)
        yield _overlaps("em", Interval(low, min(high, _LONGEST_WAVE)), touching=False)
    if criteria.wavelength:
        yield _overlaps("em", criteria.wavelength)
    if criteria.time:
        yield _overlaps("t", criteria.time)
    if criteria.collection:
        yield _from_collection(criteria.collection, record_address)
    if criteria.identifier:
        yield _identified(criteria.identifier)
    chosen = (criteria.types, criteria.facilities, criteria.instruments)
    yield from (_any_of(column, values) for column, values in zip(COUNTED, chosen) if values)


def _touches(circle: Circle) -> str:
    """The footprint touches the circle, or the product's position lies in it."""
    shape = f"CIRCLE({circle.ra!r}, {circle.dec!r}, {circle.radius!r})"
    return f"(1 = INTERSECTS(s_region, {shape})\n    OR 1 = CONTAINS(POINT(s_ra, s_dec), {shape}))"


def _overlaps(axis: str, interval: Interval, *, touching: bool = True) -> str:
    equal = "=" if touching else ""
    return f"{axis}_min <{equal} {interval.high!r} AND {axis}_max >{equal} {interval.low!r}"


def _from_collection(text: str, record_address: str) -> str:
    doi = doi_of(text)
    if doi:
        known = _any_of("bib_reference", (doi, f"doi:{doi}", f"https://doi.org/{doi}"))
        return f"({known} OR access_url LIKE {literal(_pattern(record_address))})" if record_address else known
    if is_bibcode(text):
        return _any_of("bib_reference", (text,))
    if "*" in text:
        return f"obs_collection ILIKE {literal(text.replace('*', '%'))}"
    return _any_of("obs_collection", (text,))


def _pattern(begin: str) -> str:
    """A LIKE pattern; ADQL has no escape, and ``_`` matches itself too."""
    return begin.replace("%", "_") + "%"


def _identified(text: str) -> str:
    if text.lower().startswith("ivo://"):
        # These have no case; as they were given and all small are what an index finds.
        ours = _any_of("obs_publisher_did", dict.fromkeys((text, text.lower())))
        return f"({ours} OR obs_creator_did = {literal(text)})"
    return _any_of("obs_id", (text,))


def _any_of(column: str, values: Iterable[str]) -> str:
    texts = [literal(value) for value in values]
    return f"{column} = {texts[0]}" if len(texts) == 1 else f"{column} IN ({', '.join(texts)})"


def _order(criteria: Criteria) -> str:
    """As asked for; else the nearest, the latest, the longest waves first, each in the order of an index."""
    circle, direction = criteria.circle, " DESC" if criteria.descending else ""
    if circle and criteria.sort in ("", "distance"):
        return f"DISTANCE(s_ra, s_dec, {circle.ra!r}, {circle.dec!r}){direction}, {_LAST}"
    if criteria.sort and criteria.sort not in ("distance", _LAST):
        return f"{criteria.sort}{direction}, {_LAST}"
    if not criteria.sort and criteria.time:
        return f"t_min DESC, {_LAST}"
    if not criteria.sort and (criteria.band or criteria.wavelength):
        return f"em_min DESC, {_LAST}"
    return f"{_LAST}{direction}"


def literal(text: str) -> str:
    """A character string of ADQL (ADQL 2.1, section 2.1.4)."""
    return "'" + text.replace("'", "''") + "'"
