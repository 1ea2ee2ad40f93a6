"""What a person should look at before a row is published: implausible values, and what a client will miss.

Severity ``attention`` marks a value that is probably wrong or missing and matters, ``advice`` what would be
good to have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..fits.problems import Severity
from ..obscore.regions import Region, separation
from ..obscore.row import ObsCoreRow
from ..obscore.validation import PAIRED, validate
from .evidence import Problem, Product

_UNIX_EPOCH_MJD = 40587.0
_SECONDS_A_DAY = 86400.0
#: The first photograph of a star; the first event list is much later, but plates are deposited too.
_FIRST_PLATE_MJD = -3500.0
#: How far one instrument sees, where it sees neither gamma rays nor radio waves only: there some see more.
_WIDEST_RANGE = 1e4
_LONGEST_GAMMA_M, _SHORTEST_RADIO_M = 1e-10, 1e-3


def _now() -> float:
    return time.time() / _SECONDS_A_DAY + _UNIX_EPOCH_MJD


@dataclass(frozen=True)
class _Doubt:
    """A test of one column's value, and what is said when it fails."""

    column: str
    code: str
    holds: Callable[[Any], bool]
    message: str


def _is_seen(wavelength: Any) -> bool:  # noqa: ANN401 - a cell
    return isinstance(wavelength, float) and 1e-22 <= wavelength <= 300


_DOUBTS = (
    _Doubt(
        "em_min",
        "em-implausible",
        _is_seen,
        "is no wavelength that telescopes see; check the unit of the spectral axis",
    ),
    _Doubt(
        "em_max",
        "em-implausible",
        _is_seen,
        "is no wavelength that telescopes see; check the unit of the spectral axis",
    ),
    _Doubt("t_min", "time-implausible", lambda v: v >= _FIRST_PLATE_MJD, "is before the first photographs of the sky"),
    _Doubt("t_min", "time-future", lambda v: v <= _now() + 1, "lies in the future"),
    _Doubt("t_max", "time-future", lambda v: v <= _now() + 1, "lies in the future"),
    _Doubt("t_exptime", "exposure-implausible", lambda v: v < 3e9, "is an exposure of a century"),
    _Doubt("s_resolution", "resolution-implausible", lambda v: 1e-6 < v < 3.6e5, "is no resolution of a telescope"),
    _Doubt("s_pixel_scale", "pixel-implausible", lambda v: 1e-6 < v < 1e6, "is no size of a pixel"),
    _Doubt("em_res_power", "power-implausible", lambda v: 0.1 < v < 1e9, "is no resolving power of a spectrograph"),
)
_IMPLAUSIBLE = frozenset(doubt.code for doubt in _DOUBTS)

_EVERY = ("image", "cube", "spectrum", "sed", "timeseries", "visibility", "event")
_NO_WAVELENGTH = "without wavelengths no search by wavelength finds the product"
#: What a client looks for, by the types of product that have it, and why.
WANTED: tuple[tuple[str, tuple[str, ...], Severity, str], ...] = (
    ("s_ra", _EVERY, "attention", "without a position no cone search finds the product"),
    ("t_min", ("timeseries", "event", "visibility"), "attention", "without times no search by time finds the product"),
    ("t_min", ("image", "cube", "spectrum", "sed"), "advice", "without times no search by time finds the product"),
    ("em_min", ("spectrum", "sed", "cube"), "attention", _NO_WAVELENGTH),
    ("em_min", ("image", "timeseries", "event", "visibility"), "advice", _NO_WAVELENGTH),
    ("s_region", ("image", "cube", "event"), "advice", "without an outline clients cannot draw the product"),
    ("target_name", _EVERY, "advice", "the target has no name"),
    ("facility_name", _EVERY, "advice", "the telescope is not named"),
    ("instrument_name", _EVERY, "advice", "the instrument is not named"),
    ("t_exptime", ("image", "spectrum", "event"), "advice", "the exposure time is not known"),
)  # fmt: skip


def doubts(product: Product) -> Iterator[Problem]:
    """Everything doubtful about a product's row."""
    row = product.row
    yield from _implausible(product)
    for violation in validate(row):
        if row[violation.column] is None:
            continue  # what the publisher adds, or half of a pair (below)
        severity: Severity = "attention" if violation.severity == "error" else "advice"
        message = f"{violation.column}: {violation.message}"
        yield Problem(severity, "invalid-value", message, violation.column, _hdu(product, violation.column))
    for relation in _RELATIONS:
        yield from relation.find(product)
    yield from _missing(row)


def look_again(product: Product, changed: Collection[str]) -> None:
    """Bring what is doubtful up to date after some columns were set: their values, and how they go with others.

    That a value is missing is not said again: who emptied it knows.
    """
    touched = [relation for relation in _RELATIONS if not relation.columns.isdisjoint(changed)]

    def settled(problem: Problem) -> bool:
        if problem.code in _IMPLAUSIBLE:
            return problem.column in changed
        return any(problem.code == each.code and problem.column in each.columns for each in touched)

    product.problems = [problem for problem in product.problems if not settled(problem)]
    product.problems += [problem for problem in _implausible(product) if problem.column in changed]
    for relation in touched:
        product.problems += relation.find(product)


def _hdu(product: Product, column: str) -> int | None:
    evidence = product.evidence.get(column)
    return evidence.hdu if evidence else None


def _implausible(product: Product) -> Iterator[Problem]:
    for doubt in _DOUBTS:
        value = product.row[doubt.column]
        if value is not None and not doubt.holds(value):
            message = f"{doubt.column} = {value} {doubt.message}"
            yield Problem("attention", doubt.code, message, doubt.column, _hdu(product, doubt.column))


def _outside(product: Product) -> Iterator[Problem]:
    row = product.row
    ra, dec, region = row["s_ra"], row["s_dec"], row["s_region"]
    if isinstance(ra, float) and isinstance(dec, float) and isinstance(region, Region):
        circle = region.bounding_circle()
        if circle.radius < 90 and not _near(circle.ra, circle.dec, ra, dec, circle.radius * 1.5 + 1e-4):
            yield Problem(
                "attention", "position-outside", "the position lies outside the region", "s_ra", _hdu(product, "s_ra")
            )


def _longer(product: Product) -> Iterator[Problem]:
    row = product.row
    begin, end, exposure = row["t_min"], row["t_max"], row["t_exptime"]
    if isinstance(begin, float) and isinstance(end, float) and isinstance(exposure, float):
        span = (end - begin) * _SECONDS_A_DAY
        if exposure > 2 * span + 60 and not _is_combined(row):
            message = f"the exposure ({exposure:g} s) is longer than the observation ({span:.0f} s)"
            yield Problem("advice", "exposure-longer", message, "t_exptime", _hdu(product, "t_exptime"))


def _too_wide(product: Product) -> Iterator[Problem]:
    low, high = product.row["em_min"], product.row["em_max"]
    if not (isinstance(low, float) and isinstance(high, float)) or product.row["dataproduct_type"] == "sed":
        return
    if not (_is_seen(low) and _is_seen(high)):
        return  # that is said of each
    if high > _LONGEST_GAMMA_M and low < _SHORTEST_RADIO_M and high > low * _WIDEST_RANGE:
        message = f"from {low:g} to {high:g} m is wider than any instrument sees; check the units"
        yield Problem("attention", "em-range", message, "em_max", _hdu(product, "em_max"))


def _half(pair: tuple[str, str], product: Product) -> Iterator[Problem]:
    for absent, there in (pair, pair[::-1]):
        if product.row[absent] is None and product.row[there] is not None:
            yield Problem("advice", "incomplete", f"{absent} is missing although {there} is given", absent)


@dataclass(frozen=True)
class _Relation:
    """Columns that must go together; ``find`` says where they do not."""

    code: str
    columns: frozenset[str]
    find: Callable[[Product], Iterator[Problem]]


_RELATIONS = (
    _Relation("position-outside", frozenset(("s_ra", "s_dec", "s_region")), _outside),
    _Relation("exposure-longer", frozenset(("t_min", "t_max", "t_exptime", "calib_level")), _longer),
    _Relation("em-range", frozenset(("em_min", "em_max", "dataproduct_type")), _too_wide),
    *(_Relation("incomplete", frozenset(pair), partial(_half, pair)) for pair in PAIRED),
)


def _near(ra1: float, dec1: float, ra2: float, dec2: float, reach: float) -> bool:
    return separation(ra1, dec1, ra2, dec2) <= reach


def _is_combined(row: ObsCoreRow) -> bool:
    level = row["calib_level"]
    return isinstance(level, int) and level >= 3


def _missing(row: ObsCoreRow) -> Iterator[Problem]:
    if row["dataproduct_type"] is None:
        yield Problem(
            "attention", "type-unknown", "what kind of data product this is, is not known", "dataproduct_type"
        )
    for column, types, severity, why in WANTED:
        if column == "s_ra" and isinstance(row["s_region"], Region) and row["s_fov"] == 360.0:
            continue  # the whole sky has no centre
        if row["dataproduct_type"] in types and row[column] is None:
            yield Problem(severity, "missing", f"{column} is missing: {why}", column)
