"""What ObsCore 1.1 asks of a row: mandatory values, terms, ranges and forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from astropy.io.votable.ucd import check_ucd

from .columns import ALL_COLUMNS, OBSCORE
from .regions import Region
from .regions import flaw as shape_flaw
from .row import ObsCoreRow, Value
from .vocabularies import CALIB_LEVELS, DATA_RIGHTS, DATAPRODUCT_TYPES, POL_STATES

#: From before photography to what is planned: t_min and t_max beyond are slips of the epoch or the unit.
MJD_RANGE = (-80000.0, 80000.0)


@dataclass(frozen=True)
class Violation:
    """A rule that a row breaks.

    Attributes
    ----------
    column
        Where.
    message
        What is wrong, in words for people.
    severity
        ``error``: against the standard; ``warning``: allowed, but hardly meant.
    """

    column: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.severity}: {self.column}: {self.message}"


def validate(row: ObsCoreRow) -> list[Violation]:
    """Every rule that a row breaks; empty for a row that may be published.

    Values have the type of their column by construction (`ObsCoreRow`); here is what a type cannot say.
    """
    return [*_missing(row), *_each(row), *_orders(row), *_together(row)]


def flaw(column: str, value: Value) -> str:
    """What is wrong with one value by the rules that concern it alone; an empty text where nothing is."""
    check = _CHECKS.get(column)
    return check(value) if check and value is not None else ""


def unpublishable(row: ObsCoreRow, changed: Collection[str] | None = None) -> Iterator[Violation]:
    """Values that are there and break the standard: each that is wrong alone, and both of a pair in wrong order.

    Parameters
    ----------
    changed
        The columns that may be wrong alone; without, any.
    """
    yield from _each(row, changed)
    for violation in _orders(row):
        low = next(low for low, high in _ORDERED if high == violation.column)
        yield violation
        yield Violation(low, f"{row[low]} is above {violation.column}, {row[violation.column]}")


def _missing(row: ObsCoreRow) -> Iterator[Violation]:
    for name, column in OBSCORE.items():
        if not column.nullable and row[name] is None:
            yield Violation(name, "must have a value (ObsCore 1.1, table 6)")


# -- one value -------------------------------------------------------------------------------------------------------
def _term(terms: tuple[object, ...]) -> Callable[[Value], str]:
    return lambda value: "" if value in terms else f"{value!r} is none of {', '.join(map(str, terms))}"


def _between(low: float, high: float) -> Callable[[Value], str]:
    def check(value: Value) -> str:
        inside = isinstance(value, (int, float)) and low <= value <= high
        return "" if inside else f"{value} is not between {low:g} and {high:g}"

    return check


def _positive(value: Value) -> str:
    return "" if isinstance(value, (int, float)) and value > 0 else f"{value} is not above 0"


def _count(value: Value) -> str:
    """Numbers of samples: -1 where the product has no samples along the axis (ObsCore 1.1, section 4.21)."""
    return "" if isinstance(value, int) and (value >= 1 or value == -1) else f"{value} is no number of samples"


def _ucd(value: Value) -> str:
    legal = check_ucd(str(value), check_controlled_vocabulary=True)
    return "" if legal else f"{value!r} is no UCD of the controlled vocabulary"


def _pol_states(value: Value) -> str:
    """``/I/Q/U/V/``: between slashes, in the standard's order (ObsCore 1.1, section B.6.6)."""
    states = str(value).strip("/").split("/")
    ordered = [state for state in POL_STATES if state in states]
    framed = str(value) == f"/{'/'.join(states)}/"
    return "" if framed and states == ordered else f"{value!r} is no list of states such as /I/Q/U/V/"


def _matching(pattern: str, what: str) -> Callable[[Value], str]:
    compiled = re.compile(pattern)
    return lambda value: "" if compiled.fullmatch(str(value)) else f"{str(value)[:80]!r} is no {what}"


def _shape(value: Value) -> str:
    return shape_flaw(value) if isinstance(value, Region) else f"{str(value)[:80]!r} is no region"


_CHECKS: dict[str, Callable[[Value], str]] = {
    "s_region": _shape,
    "dataproduct_type": _term(DATAPRODUCT_TYPES),
    "calib_level": _term(tuple(CALIB_LEVELS)),
    "data_rights": _term(DATA_RIGHTS),
    "s_ra": _between(0, 360),
    "s_dec": _between(-90, 90),
    "s_fov": _between(0, 360),
    "t_min": _between(*MJD_RANGE),
    "t_max": _between(*MJD_RANGE),
    "pol_states": _pol_states,
    "obs_publisher_did": _matching(r"ivo://[A-Za-z0-9][\w.!~*'()+=-]{2,}(/\S*)?", "IVOID"),
    "access_url": _matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", "address"),
    "access_format": _matching(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w.+-]+=\S+)*", "media type"),
    **dict.fromkeys(("s_xel1", "s_xel2", "t_xel", "em_xel", "pol_xel"), _count),
    **dict.fromkeys(("em_min", "em_max", "em_res_power", "s_resolution", "s_pixel_scale", "energy_min"), _positive),
    **dict.fromkeys(("t_exptime", "t_resolution", "access_estsize", "ev_xel"), _between(0, float("inf"))),
    **dict.fromkeys(("o_ucd", "em_ucd", "s_ucd"), _ucd),
}
if not _CHECKS.keys() <= ALL_COLUMNS.keys():
    raise AssertionError("a check for a column that does not exist")


def _each(row: ObsCoreRow, names: Collection[str] | None = None) -> Iterator[Violation]:
    for name, check in _CHECKS.items():
        if names is not None and name not in names:
            continue
        value = row[name]
        if value is not None and (message := check(value)):
            yield Violation(name, message)


# -- several values --------------------------------------------------------------------------------------------------
_ORDERED = (("em_min", "em_max"), ("t_min", "t_max"), ("energy_min", "energy_max"), ("s_fov_min", "s_fov_max"))
#: Columns of which one without the other says little.
PAIRED = (("s_ra", "s_dec"), ("em_min", "em_max"), ("t_min", "t_max"))


def _orders(row: ObsCoreRow) -> Iterator[Violation]:
    for low, high in _ORDERED:
        a, b = row[low], row[high]
        if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a > b:
            yield Violation(high, f"{b} is below {low}, {a}")


def _together(row: ObsCoreRow) -> Iterator[Violation]:
    for first, second in PAIRED:
        if (row[first] is None) != (row[second] is None):
            there, absent = (first, second) if row[second] is None else (second, first)
            yield Violation(absent, f"has no value, {there} has one", "warning")
    states = row["pol_states"]
    if isinstance(states, str) and row["pol_xel"] not in (None, len(states.strip("/").split("/"))):
        yield Violation("pol_xel", f"{row['pol_xel']} differs from the number of states in {states}", "warning")
