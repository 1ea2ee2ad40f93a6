"""Event lists: a map of counts."""

from __future__ import annotations

import math

import numpy as np
from astropy.wcs import WCS

from ..errors import FitsError
from ..extraction.scope import Scope
from ..fits.cards import Header
from ..fits.reading import HduReading
from ..fits.tables import TableColumn
from . import figures, words
from .figures import Curve, Plane
from .picture import Picture
from .source import DataFile
from .table_values import numeric_columns, read_columns

_BYTES = 96 * 2**20
_BINS = 400
#: Pairs of columns with positions, the best first.
_PAIRS = (
    ("X", "Y"), ("RA", "DEC"), ("L", "B"), ("SKYX", "SKYY"), ("DETX", "DETY"), ("RAWX", "RAWY"), ("XSKY", "YSKY"),
    ("CHIPX", "CHIPY"),
)  # fmt: skip


def draw_events(file: DataFile, scope: Scope) -> Picture:
    """The counts of an event list on its sky or its detector, else over the time.

    Raises
    ------
    FitsError
        No event has a position or a time.
    """
    hdu = scope.first
    described = {c.name.upper(): c for c in numeric_columns(hdu) if c.repeat == 1 or c.ascii}
    pair = next(((described[a], described[b]) for a, b in _PAIRS if a in described and b in described), None)
    if pair is None:
        return _over_time(file, scope, described)
    found = read_columns(file, hdu, pair, _BYTES)
    x, y = (found.values[column.name].ravel() for column in pair)
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if not x.size:
        raise FitsError("no event has a position", hdu=hdu.index)
    plane = _counts(hdu, pair, x, y)
    share = f", {found.rows} of them read," if found.rows < found.total else ""
    alt = (
        f"Map of counts{words.of_target(scope)}: {found.total} events{share} by {words.clean(pair[0].name)} and "
        f"{words.clean(pair[1].name)}; at most {int(plane.values.max())} in one cell."
    )
    return Picture("events", alt, *figures.image(plane))


def _over_time(file: DataFile, scope: Scope, described: dict[str, TableColumn]) -> Picture:
    """Counts over the time, of events that have no position."""
    column = described.get("TIME")
    if column is None:
        raise FitsError("the events have neither positions nor times", hdu=scope.first.index)
    found = read_columns(file, scope.first, (column,), _BYTES)
    times = found.values[column.name].ravel()
    times = times[np.isfinite(times)]
    if not times.size:
        raise FitsError("no event has a time", hdu=scope.first.index)
    counts, edges = np.histogram(times, bins=int(min(_BINS, max(10, math.sqrt(times.size)))))
    curve = Curve((edges[1:] + edges[:-1]) / 2, counts, (words.with_unit(column.name, column.unit), "counts"))
    alt = f"Counts over the time{words.of_target(scope)}: {found.total} events, at most {int(counts.max())} in one bin."
    return Picture("events", alt, *figures.curve(curve))


def _counts(hdu: HduReading, pair: tuple[TableColumn, TableColumn], x: np.ndarray, y: np.ndarray) -> Plane:
    spans = [_span(values) for values in (x, y)]
    bins = _bins(spans, x.size)
    map_, _, _ = np.histogram2d(y, x, bins=(bins[1], bins[0]), range=(spans[1], spans[0]))
    labels = (words.with_unit(pair[0].name, pair[0].unit), words.with_unit(pair[1].name, pair[1].unit))
    wcs = _sky(hdu.header, pair, spans, bins)
    return Plane(map_.astype(np.float32), (bins[0], bins[1]), wcs, labels, counts=True)


def _span(values: np.ndarray) -> tuple[float, float]:
    """The range that holds all but stray events."""
    low, high = (float(v) for v in np.percentile(values, (0.05, 99.95)))
    margin = max((high - low) * 0.02, 1e-6 * max(1.0, abs(low)))
    return low - margin, high + margin


def _bins(spans: list[tuple[float, float]], events: int) -> tuple[int, int]:
    """Cells along both axes: fewer for few events, square ones."""
    most = int(min(_BINS, max(24, math.sqrt(events / 2))))
    sizes = [high - low for low, high in spans]
    longest = max(sizes)
    return max(8, round(most * sizes[0] / longest)), max(8, round(most * sizes[1] / longest))


def _sky(
    header: Header, pair: tuple[TableColumn, TableColumn], spans: list[tuple[float, float]], bins: tuple[int, int]
) -> WCS | None:
    """The map's coordinates from those of its pair of columns (FITS 4.0, table 22), in its cells."""
    wcs = WCS(naxis=2)
    for n, (column, (low, high), cells) in enumerate(zip(pair, spans, bins)):
        ctype = header.text(f"TCTYP{column.number}")
        value, step, reference = (header.number(f"{key}{column.number}") for key in ("TCRVL", "TCDLT", "TCRPX"))
        if ctype is None or value is None or step is None or reference is None:
            return None
        cell = (high - low) / cells
        wcs.wcs.ctype[n] = ctype[:8]
        wcs.wcs.crval[n], wcs.wcs.cdelt[n] = value, step * cell
        wcs.wcs.crpix[n] = (reference - low) / cell + 0.5
    try:
        wcs.wcs.set()
    except Exception:  # noqa: BLE001  # wcslib refuses the cards: the map then has the columns' own axes
        return None
    return wcs if wcs.has_celestial else None
