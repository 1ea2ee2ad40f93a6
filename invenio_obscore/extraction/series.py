"""Time axes: of tables (light curves, event lists), of cubes, and of single-dish rows."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ..fits.reading import HduReading
from ..fits.tables import TableColumn, columns
from ..fits.values import parse_unit, to_utc
from ..fits.wcs import image_shape
from .evidence import Evidence
from .products import TIME_COLUMN
from .rules import Found
from .scope import Scope
from .times import plausible, reference, time_scale, time_unit


def time_column(hdu: HduReading) -> TableColumn | None:
    """The column that is a table's time axis."""
    named = [c for c in columns(hdu.header) if c.is_number and TIME_COLUMN.match(c.name)]
    exact = [c for c in named if c.name.upper() == "TIME"]
    return (exact or named or [None])[0]  # type: ignore[list-item]


def series(scope: Scope) -> Iterator[Found]:
    """A light curve's samples, and its begin and end by the values of its time column."""
    if scope.kind != "light curve":
        return
    hdu = scope.first
    column = time_column(hdu)
    rows = int(hdu.tables.get("rows", 0))
    samples = column.repeat if column is not None and column.repeat > 1 else rows
    if samples:
        name = f"column {column.name}" if column else "rows"
        yield Found("t_xel", samples, Evidence("t_xel", "table", name, hdu.index))
    if column is None:
        return
    bounds = _bounds(hdu, column, scope)
    if bounds:
        for name, value in zip(("t_min", "t_max"), bounds):
            yield Found(name, value, Evidence(name, "table", f"values of column {column.name}", hdu.index))


def _bounds(hdu: HduReading, column: TableColumn, scope: Scope) -> tuple[float, float] | None:
    """MJD (UTC) of the column's range; None where its zero is not known."""
    values = hdu.tables.get("range", {}).get(column.name)
    if not values:
        return None
    scale = time_scale(hdu.header, scope.primary.header)
    low, high = values
    if column.name.upper().startswith(("JD", "BJD", "HJD", "DATEJD")) and 2_300_000 < low < 2_500_000:
        return to_utc(low - 2_400_000.5, scale), to_utc(high - 2_400_000.5, scale)
    if column.name.upper().startswith("MJD") and plausible(low) and low > 15000:
        return to_utc(low, scale), to_utc(high, scale)
    zero = reference(hdu.header, scope.primary.header)
    unit = parse_unit(column.unit)
    if unit is None or not unit.is_equivalent(u.s):
        if column.unit and zero is not None and "days" in column.unit.lower():
            unit = u.d
        else:
            unit = time_unit(hdu.header, scope.primary.header)
    if zero is None or not zero > 15000:
        return None
    shift = hdu.header.number("TIMEZERO") or 0.0
    days = [zero + float(unit.to(u.d, v + shift)) for v in (low, high)]
    return (to_utc(days[0], scale), to_utc(days[1], scale)) if plausible(days[0]) and plausible(days[1]) else None


_TIME_TYPES = ("TIME", "UTC", "TAI", "TT", "TDB", "MJD", "UT")


def image_time_axis(scope: Scope) -> Iterator[Found]:
    """A TIME axis of a cube: number of samples, and begin and end where its zero is known (FITS 4.0, section 9)."""
    header = scope.first.header
    for axis, length in enumerate(image_shape(header), start=1):
        ctype = str(header.get(f"CTYPE{axis}", "")).upper().strip()
        if ctype not in _TIME_TYPES or length < 1:
            continue
        yield Found("t_xel", length, Evidence("t_xel", "wcs", f"{ctype} axis {axis}", scope.first.index))
        start, step = header.number(f"CRVAL{axis}"), header.number(f"CD{axis}_{axis}") or header.number(f"CDELT{axis}")
        pixel = header.number(f"CRPIX{axis}") or 0.0
        unit = parse_unit(header.text(f"CUNIT{axis}") or "") or u.s
        if start is None or not step or not unit.is_equivalent(u.s):
            return
        zero = reference(header, scope.primary.header) or 0.0
        ends = [zero + float(unit.to(u.d, start + (p - pixel) * step)) for p in (0.5, length + 0.5)]
        if all(plausible(e) and e > 15000 for e in ends):
            scale = ctype if ctype != "TIME" else time_scale(header, scope.primary.header)
            for name, end in zip(("t_min", "t_max"), sorted(ends)):
                yield Found(name, to_utc(end, scale), Evidence(name, "wcs", f"{ctype} axis {axis}", scope.first.index))
        return


def frames(scope: Scope) -> Iterator[Found]:
    """Planes of a cube of exposures."""
    if scope.kind == "time cube":
        shape = image_shape(scope.first.header)
        yield Found("t_xel", shape[2], Evidence("t_xel", "keyword", "NAXIS3", scope.first.index))
