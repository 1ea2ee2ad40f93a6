"""High energy: events, good time, energies, pointing regions (OGIP, GADF; columns of ivoa.obscore_hea)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ..fits.reading import HduReading
from ..fits.spectral import from_values
from ..fits.tables import columns
from ..fits.values import HC_EV
from ..obscore.regions import Circle
from .evidence import Evidence
from .rules import Found
from .scope import Hit, Scope
from .times import elapsed

_CIRCLE = re.compile(r"\s*(?:acircle|circle)\s*\(\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)", re.I)
#: Microseconds of a cell of a time MOC's order 61 (MOC 2.0, section 2.2.2); JD 0 is its zero.
_MOC_ORDER = 35
_MOC_CELL_US = 2 ** (61 - _MOC_ORDER)
_MOST_INTERVALS = 2000


def events(scope: Scope) -> Iterator[Found]:
    """Number of events, energies in eV, good time."""
    if scope.kind not in ("events", "event bundle"):
        return
    hdu = scope.first
    rows = hdu.tables.get("rows", hdu.header.integer("NAXIS2"))
    yield Found("ev_xel", rows, Evidence("ev_xel", "table", "number of rows", hdu.index))
    yield from good_time(scope)


def convention_of(scope: Scope) -> str:
    """The convention that a high-energy product keeps to (HDUCLASS: ``OGIP``, ``GADF``, ``VODF``), or an empty text."""
    return next((text for hdu in scope.main[:4] if (text := (hdu.header.text("HDUCLASS") or "").upper())), "")


def event_energies(scope: Scope) -> Iterator[Found]:
    """The energies of an event list whose every event was read, where nothing says which the list was made for."""
    if scope.kind not in ("events", "event bundle"):
        return
    hdu = scope.first
    column = next((c for c in columns(hdu.header) if c.name.upper() == "ENERGY" and c.unit), None)
    limits = hdu.tables.get("range", {}).get(column.name) if column else None
    if column is None or limits is None or not hdu.tables.get("whole") or limits[0] <= 0:
        return
    result = from_values(limits[0], limits[1], column.unit, how=f"values of column {column.name}")
    if result is not None:
        values = {"em_min": result.low, "em_max": result.high, "em_ucd": result.ucd, "em_unit": result.unit}
        for name, value in values.items():
            yield Found(name, value, Evidence(name, "table", result.how, hdu.index, result.raw))


def energies(scope: Scope, em_min: float | None, em_max: float | None) -> Iterator[Found]:
    """The energies (eV) of a product's wavelengths."""
    for column, wavelength, of in (("energy_min", em_max, "em_max"), ("energy_max", em_min, "em_min")):
        if wavelength and math.isfinite(HC_EV / wavelength):
            yield Found(column, HC_EV / wavelength, Evidence(column, "file", f"from {of}"))


def gti(scope: Scope) -> HduReading | None:
    """The good time intervals of the product."""
    for hdu in scope.reading.hdus:
        if (hdu.header.text("HDUCLAS1") or "").upper() == "GTI" or "GTI" in hdu.name:
            return hdu
    return None


def _intervals(hdu: HduReading, scope: Scope) -> list[tuple[float, float]]:
    """Good time intervals as MJD UTC."""
    listed = {k.upper(): v for k, v in hdu.tables.get("column", {}).items()}
    starts, stops = listed.get("START"), listed.get("STOP")
    if not starts or not stops:
        return []
    hit = Hit("TSTART", 0.0, hdu)
    found = []
    for start, stop in list(zip(starts, stops))[:_MOST_INTERVALS]:
        if start is None or stop is None or stop < start:
            continue
        low, high = elapsed(start, hit, scope), elapsed(stop, hit, scope)
        if low is not None and high is not None:
            found.append((low, high))
    return found


def good_time(scope: Scope) -> Iterator[Found]:
    """Good time intervals as a time MOC."""
    hdu = gti(scope)
    if hdu is None:
        return
    intervals = _intervals(hdu, scope)
    if intervals:
        evidence = Evidence("t_intervals", "table", f"{len(intervals)} intervals of {hdu.name}", hdu.index)
        yield Found("t_intervals", time_moc(intervals), evidence)


def time_moc(intervals: list[tuple[float, float]]) -> str:
    """ASCII time MOC (MOC 2.0, section 4.3.2) of intervals in MJD, to about a minute."""
    cells = sorted(
        (
            int((low + 2_400_000.5) * 86_400_000_000) // _MOC_CELL_US,
            int((high + 2_400_000.5) * 86_400_000_000) // _MOC_CELL_US,
        )
        for low, high in intervals
    )
    merged: list[list[int]] = []
    for first, last in cells:
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    ranges = (str(first) if first == last else f"{first}-{last}" for first, last in merged)
    return f"t{_MOC_ORDER}/{' '.join(ranges)}"


def good_time_exposure(scope: Scope) -> Iterator[Found]:
    """Sum of the good time, where no keyword gives the exposure of events."""
    if scope.kind not in ("events", "event bundle"):
        return
    hdu = gti(scope)
    if hdu is None:
        return
    listed = {k.upper(): v for k, v in hdu.tables.get("column", {}).items()}
    spans = [
        b - a
        for a, b in zip(listed.get("START", []), listed.get("STOP", []))
        if a is not None and b is not None and b > a
    ]
    if spans:
        yield Found("t_exptime", sum(spans), Evidence("t_exptime", "table", f"sum of {hdu.name}", hdu.index))
    else:
        number = hdu.header.number("ONTIME")
        if number:
            yield Found("t_exptime", number, Evidence("t_exptime", "keyword", "ONTIME", hdu.index, str(number)))


def good_time_bounds(scope: Scope) -> Iterator[Found]:
    """Begin and end by the good time, where no keyword says them."""
    hdu = gti(scope)
    intervals = _intervals(hdu, scope) if hdu is not None else []
    if hdu is not None and intervals:
        yield Found(
            "t_min",
            min(i[0] for i in intervals),
            Evidence("t_min", "table", f"first interval of {hdu.name}", hdu.index),
        )
        yield Found(
            "t_max", max(i[1] for i in intervals), Evidence("t_max", "table", f"last interval of {hdu.name}", hdu.index)
        )


def subspace_region(scope: Scope) -> Iterator[Found]:
    """The circle that events were cut to (DSTYPn = POS)."""
    if scope.kind not in ("events", "event bundle"):
        return
    header = scope.first.header
    for number in range(1, 30):
        if not (header.text(f"DSTYP{number}") or "").upper().startswith("POS"):
            continue
        match = _CIRCLE.match(header.text(f"DSVAL{number}") or "")
        if not match:
            continue
        try:
            circle = Circle(*(float(match[n]) for n in (1, 2, 3)))
        except ValueError:
            continue
        values = {"s_ra": circle.ra, "s_dec": circle.dec, "s_fov": 2 * circle.radius, "s_region": circle}
        for column, value in values.items():
            yield Found(column, value, Evidence(column, "keyword", f"DSVAL{number}", scope.first.index, match[0]))
        return
