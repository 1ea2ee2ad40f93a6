"""Figures as PNG: images with the axes of their sky, lines, and both together; matplotlib without a window."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
import numpy as np
from astropy.visualization import AsinhStretch, ImageNormalize, ZScaleInterval
from astropy.visualization.wcsaxes import WCSAxes
from astropy.wcs import WCS
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..errors import FitsError
from .picture import LARGE, THUMBNAIL

_DPI = 100
_COLOURS = 128
_LINE = "#1f5a96"
_STYLE: dict[Any, Any] = {
    "text.usetex": False,
    "font.size": 9,
    "axes.formatter.use_mathtext": False,
    "axes.linewidth": 0.6,
    "agg.path.chunksize": 10000,
}
_SKY_AXES = {
    "pos.eq.ra": "right ascension", "pos.eq.dec": "declination", "pos.galactic.lon": "galactic longitude",
    "pos.galactic.lat": "galactic latitude", "pos.ecliptic.lon": "ecliptic longitude",
    "pos.ecliptic.lat": "ecliptic latitude",
}  # fmt: skip


@dataclass(frozen=True)
class Plane:
    """An image to draw: values[y, x] that stand for ``shape`` (x, y) pixels of the file."""

    values: np.ndarray
    shape: tuple[float, float]
    wcs: WCS | None = None
    labels: tuple[str, str] = ("x [pixel]", "y [pixel]")
    unit: str = ""
    counts: bool = False


@dataclass(frozen=True)
class Curve:
    """Values over an axis: lines, or points; several rows of ``y`` are several lines."""

    x: np.ndarray
    y: np.ndarray
    labels: tuple[str, str]
    points: bool = False


def norm_of(plane: Plane) -> ImageNormalize:
    """The stretch: asinh from zscale's lower limit to the bright end.

    Raises
    ------
    FitsError
        No pixel holds a number.
    """
    finite = plane.values[np.isfinite(plane.values)]
    if not finite.size:
        raise FitsError("the image holds no numbers")
    if plane.counts:
        low, high = 0.0, max(1.0, float(np.percentile(finite, 99.8)))
    else:
        low, bright = ZScaleInterval().get_limits(finite)
        high = max(float(bright), float(np.percentile(finite, 99.5)))
    if not high > low:
        low, high = low - 0.5, low + 0.5
    return ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(0.1), clip=True)


def image(plane: Plane) -> tuple[bytes, bytes]:
    """Thumbnail and large picture of an image."""
    norm = norm_of(plane)
    return _thumbnail_image(plane, norm), _png(
        _size(plane.shape), lambda figure: _draw_plane(figure, plane, norm, [0.16, 0.09, 0.82, 0.88])
    )


def curve(drawn: Curve) -> tuple[bytes, bytes]:
    """Thumbnail and large picture of a spectrum or a light curve."""
    if not np.isfinite(drawn.y).any():
        raise FitsError("there are no numbers to draw")

    def small(figure: Figure) -> None:
        axes = figure.add_axes((0.03, 0.03, 0.94, 0.94))
        _plot(axes, drawn, 0.8)
        axes.set_xticks([])
        axes.set_yticks([])

    return _png((THUMBNAIL, THUMBNAIL * 3 // 4), small), _png(
        (LARGE, LARGE * 9 // 16), lambda figure: _plot_labelled(figure.add_axes((0.11, 0.13, 0.86, 0.83)), drawn)
    )


def cube(plane: Plane, drawn: Curve) -> tuple[bytes, bytes]:
    """Thumbnail of the collapsed cube, and it beside the cube's spectrum."""
    norm = norm_of(plane)

    def both(figure: Figure) -> None:
        _draw_plane(figure, plane, norm, [0.11, 0.12, 0.38, 0.83])
        _plot_labelled(figure.add_axes((0.58, 0.12, 0.40, 0.83)), drawn)

    return _thumbnail_image(plane, norm), _png((LARGE, LARGE // 2), both)


def _size(shape: tuple[float, float]) -> tuple[int, int]:
    ratio = min(2.5, max(0.4, shape[1] / shape[0]))
    wide = LARGE if ratio <= 1 else int(LARGE / ratio)
    return max(wide, 320), max(min(LARGE, int(wide * ratio)), 320)


def _thumbnail_image(plane: Plane, norm: ImageNormalize) -> bytes:
    longest = max(plane.shape)
    size = tuple(max(24, round(THUMBNAIL * side / longest)) for side in plane.shape)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        _show(axes, plane, norm, aspect="auto")

    return _png((size[0], size[1]), draw)


def _show(axes: Axes, plane: Plane, norm: ImageNormalize, aspect: Literal["equal", "auto"]) -> None:
    width, height = plane.shape
    axes.set_facecolor("#d8d8d8")
    axes.imshow(
        plane.values, origin="lower", norm=norm, cmap="inferno" if plane.counts else "gray", aspect=aspect,
        extent=(-0.5, width - 0.5, -0.5, height - 0.5), interpolation="antialiased",
    )  # fmt: skip


def _draw_plane(figure: Figure, plane: Plane, norm: ImageNormalize, place: list[float]) -> None:
    """The image with its sky's axes; with pixels where these cannot be drawn."""
    aspect: Literal["equal", "auto"] = "equal" if 0.2 < plane.shape[1] / plane.shape[0] < 5 else "auto"
    if plane.wcs is not None:
        axes = WCSAxes(figure, place, wcs=plane.wcs)
        figure.add_axes(axes)
        _show(axes, plane, norm, aspect)
        try:
            _label_sky(axes, plane.wcs)
            figure.canvas.draw()
            return
        except Exception:  # noqa: BLE001  # ticks of any header's WCS: wcslib's errors have no root; pixels do as well
            figure.delaxes(axes)
    plain = figure.add_axes((place[0], place[1], place[2], place[3]))
    _show(plain, plane, norm, aspect)
    _label(plain, plane.labels)


def _label_sky(axes: WCSAxes, wcs: WCS) -> None:
    axes.coords.grid(color="white", alpha=0.25, linewidth=0.5)
    for number, kind in enumerate(wcs.world_axis_physical_types):
        coordinate = axes.coords[number]
        coordinate.set_axislabel(_SKY_AXES.get(str(kind), "longitude" if number == 0 else "latitude"))
        coordinate.set_ticks(number=4)
        coordinate.set_ticklabel(exclude_overlapping=True)


def _label(axes: Axes, labels: tuple[str, str]) -> None:
    """Header text is text: no mathematics in it."""
    for text in (axes.set_xlabel(labels[0]), axes.set_ylabel(labels[1])):
        text.set_parse_math(False)


def _plot_labelled(axes: Axes, drawn: Curve) -> None:
    _plot(axes, drawn, 0.7)
    _label(axes, drawn.labels)


def _plot(axes: Axes, drawn: Curve, width: float) -> None:
    rows = np.atleast_2d(drawn.y)
    xs = np.atleast_2d(drawn.x)
    for number, row in enumerate(rows):
        x = xs[min(number, len(xs) - 1)]
        if drawn.points:
            axes.plot(x, row, ".", color=_LINE, markersize=2 * width + 1, rasterized=True)
        else:
            axes.plot(x, row, color=_LINE, linewidth=width, drawstyle="steps-mid")
    finite = rows[np.isfinite(rows)]
    low, high = np.percentile(finite, (0.1, 99.9)) if finite.size > 50 else (finite.min(), finite.max())
    if high > low:
        margin = 0.12 * (high - low)
        axes.set_ylim(max(low - margin, finite.min() - margin), min(high + 3 * margin, finite.max() + margin))
    axes.margins(x=0.01)


def _png(size: tuple[int, int], draw: Callable[[Figure], None]) -> bytes:
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        draw(figure)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())
    content = io.BytesIO()
    few = Image.fromarray(pixels[..., :3].copy()).quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(content, "PNG", optimize=True)
    return content.getvalue()
