"""Spectra and light curves: out of images with one long axis, and out of tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import FitsError
from ..extraction.products import FLUX_COLUMN, SPECTRAL_COLUMN, TIME_COLUMN
from ..extraction.scope import Scope
from ..fits.cards import Header
from ..fits.reading import HduReading
from ..fits.spectral import table_kind
from ..fits.tables import TableColumn
from ..fits.wcs import image_shape
from . import figures, words
from .axes import axis_values
from .figures import Curve
from .picture import Picture
from .pixels import open_pixels, reduce_plane
from .source import DataFile
from .table_values import Columns, numeric_columns, read_columns

_BYTES = 48 * 2**20
_SAMPLES = 4000
_LINES = 64
#: Values a row beside one scalar axis: bands of a light curve, each a line.
_BANDS = 16
_SIDE_COLUMN = re.compile(
    r".*(err|sigma|ivar|var|std|unc|mask|flag|qual|sky|wdisp|bkg|back|dq|stat|del|expos|frac|bin|cadence)", re.I
)

Test = Callable[[TableColumn], bool]


def draw_spectrum(file: DataFile, scope: Scope) -> Picture:
    """A spectrum in an image's row or a table."""
    tables = [hdu for hdu in scope.main if _is_table(hdu.header)]
    curve = _of_table(file, tables[0], _is_spectral) if tables else _of_image(file, scope.first)
    thumbnail, large = figures.curve(curve)
    return Picture("spectrum", f"Spectrum{words.of_target(scope)}: {_said(curve)}", thumbnail, large)


def draw_series(file: DataFile, scope: Scope) -> Picture:
    """A light curve or another time series in a table."""
    curve = _of_table(file, scope.first, _is_time, points=True)
    thumbnail, large = figures.curve(curve)
    return Picture("light curve", f"Light curve{words.of_target(scope)}: {_said(curve)}", thumbnail, large)


def _said(curve: Curve) -> str:
    low, high = np.nanmin(curve.x), np.nanmax(curve.x)
    return (
        f"{curve.labels[1]} over {curve.labels[0]} from {words.number(float(low))} to {words.number(float(high))}; "
        f"values from {words.number(float(np.nanmin(curve.y)))} to {words.number(float(np.nanmax(curve.y)))}."
    )


def _is_table(header: Header) -> bool:
    return header.text("XTENSION") in ("BINTABLE", "TABLE", "A3DTABLE") and not header.flag("ZIMAGE")


def _is_spectral(column: TableColumn) -> bool:
    return bool(SPECTRAL_COLUMN.match(column.name)) or table_kind("", column.unit) is not None


def _is_time(column: TableColumn) -> bool:
    return bool(TIME_COLUMN.match(column.name))


def _of_image(file: DataFile, hdu: HduReading) -> Curve:
    """The first row along the only long axis, or along axis 1."""
    shape = image_shape(hdu.header)
    long = [n for n, length in enumerate(shape, start=1) if length > 1]
    axis = 1 if not long or 1 in long else long[0]
    pixels = open_pixels(file, hdu)
    if axis == 1:
        row = reduce_plane(_FirstRow(pixels.shape[0], pixels), 0, _SAMPLES, _BYTES)
        values, step = row.values[0], row.step[0]
    else:
        length, stride = shape[axis - 1], int(np.prod(shape[1 : axis - 1], initial=1))
        step = -(-length // _SAMPLES)
        values = np.array([pixels.part(n * stride, 0, 1)[0] for n in range(0, length, step)])
    positions = np.arange(len(values)) * step + (step + 1) / 2
    x, label = axis_values(hdu.header, axis, positions)
    return Curve(x, values, (label, words.with_unit("flux", hdu.header.text("BUNIT") or "")))


class _FirstRow:
    """The first row of an image as an image of its own."""

    def __init__(self, length: int, pixels: object) -> None:
        self.shape: tuple[int, ...] = (length,)
        self._pixels = pixels
        self.itemsize: int = pixels.itemsize  # type: ignore[attr-defined]

    def rows(self, first: int, count: int) -> np.ndarray:
        return np.asarray(self._pixels.rows(first, count))  # type: ignore[attr-defined]

    def part(self, row: int, first: int, count: int) -> np.ndarray:
        return np.asarray(self._pixels.part(row, first, count))  # type: ignore[attr-defined]


def _of_table(file: DataFile, hdu: HduReading, is_axis: Test, *, points: bool = False) -> Curve:
    described = numeric_columns(hdu)
    axis = next((c for c in described if is_axis(c)), None)
    value = _value_column(described, axis)
    if value is None:
        raise FitsError("the table has no column to draw", hdu=hdu.index)
    wanted = [c for c in (axis, value) if c is not None]
    found = read_columns(file, hdu, wanted, _BYTES)
    x, y = _samples(found, axis, value)
    name = axis.name if axis is not None else "channel" if hdu.header.text("HDUCLAS1") == "SPECTRUM" else "sample"
    label = words.with_unit(name, axis.unit if axis is not None else "")
    if axis is not None and re.fullmatch(r"(?i)log_?lam(bda)?|loglam", axis.name) and np.nanmax(x) < 10:
        x, label = 10**x, "wavelength [Angstrom]"
    return Curve(x, y, (label, words.with_unit(value.name, value.unit)), points=points)


def _value_column(described: Sequence[TableColumn], axis: TableColumn | None) -> TableColumn | None:
    """The column to draw: by its name, as many samples as the axis has; else any that is not the axis or an error."""
    others = [c for c in described if c is not axis and (axis is None or c.repeat == axis.repeat)]
    if axis is not None and axis.repeat == 1:
        others += [c for c in described if 1 < c.repeat <= _BANDS and c is not axis]
    named = [c for c in others if FLUX_COLUMN.match(c.name) and not _SIDE_COLUMN.match(c.name)]
    # Kepler's and TESS's corrected flux before the simple one.
    best = [c for c in named if c.name.upper().startswith("PDCSAP")]
    rest = [c for c in others if not _SIDE_COLUMN.match(c.name) and not _is_time(c)]
    return next(iter([*best, *named, *rest]), None)


def _samples(found: Columns, axis: TableColumn | None, value: TableColumn) -> tuple[np.ndarray, np.ndarray]:
    """One line of all rows, or a line for each row of arrays; not more samples than a picture shows."""
    y = found.values[value.name]
    if axis is not None and axis.repeat == 1 < value.repeat:
        y = y.reshape(-1, value.repeat).T
        every = max(1, y.shape[1] // (10 * _SAMPLES))
        return found.values[axis.name].ravel()[None, ::every], y[:, ::every]
    if value.repeat > 1 and y.ndim == 2:
        y = y[:_LINES]
        x = found.values[axis.name][:_LINES] if axis is not None else np.arange(y.shape[1])[None, :]
        every = max(1, y.shape[1] // (10 * _SAMPLES))
        return x[:, ::every], y[:, ::every]
    y = y.ravel()
    x = found.values[axis.name].ravel() if axis is not None else np.arange(len(y))
    every = max(1, len(y) // (10 * _SAMPLES))
    return x[::every], y[::every]
