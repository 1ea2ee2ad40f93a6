"""Images and cubes: the plane, what its sky is, and the spectrum along the third axis."""

from __future__ import annotations

import math

import numpy as np
from astropy.wcs import WCS

from ..errors import FitsError
from ..extraction.scope import Scope
from ..fits.cards import Header
from ..fits.reading import HduReading
from ..fits.spectral import spectral_axis
from ..fits.wcs import build, find_sky
from . import figures, words
from .axes import axis_values
from .figures import Curve, Plane
from .picture import LARGE, Picture
from .pixels import Pixels, mean_over, open_pixels, reduce_plane
from .source import DataFile

_IMAGE_BYTES = 128 * 2**20
_CUBE_BYTES = 96 * 2**20
_PLANES = 24
_CHANNELS = 600
_CUBE_PIXELS = 250


def draw_image(file: DataFile, scope: Scope) -> Picture:
    """The product's first image; its first plane where it has more."""
    hdu = _largest(scope.main)
    pixels = open_pixels(file, hdu)
    found = reduce_plane(pixels, 0, LARGE, _IMAGE_BYTES)
    plane = _plane(hdu.header, pixels, found.values, sky=True)
    norm = figures.norm_of(plane)
    parts = f", the first of {len(scope.main)} parts" if len(scope.main) > 1 else ""
    alt = (
        f"Image{words.of_target(scope)}: {_shape(pixels)} pixels{parts}, shown from {words.number(norm.vmin)} to "
        f"{words.number(norm.vmax)}{_unit(plane)} with an asinh stretch"
        + (", with axes on the sky." if plane.wcs is not None else ".")
    )
    return Picture("image", alt, *figures.image(plane))


def draw_dispersed(file: DataFile, scope: Scope) -> Picture:
    """A two-dimensional spectrum: as an image with pixel axes."""
    hdu = _largest(scope.main)
    pixels = open_pixels(file, hdu)
    found = reduce_plane(pixels, 0, LARGE, _IMAGE_BYTES)
    plane = _plane(hdu.header, pixels, found.values, sky=False)
    alt = f"Two-dimensional spectrum{words.of_target(scope)}: {_shape(pixels)} pixels, with an asinh stretch."
    return Picture("spectrum", alt, *figures.image(plane))


def draw_cube(file: DataFile, scope: Scope) -> Picture:
    """A cube: the mean over its third axis, and the mean over the sky along it."""
    hdu = _largest(scope.main)
    pixels = open_pixels(file, hdu)
    axis = _third_axis(hdu.header, pixels.shape)
    if axis is None:
        return draw_image(file, scope)
    plane = _plane(hdu.header, pixels, _collapsed(pixels, axis), sky=True)
    channels, values = _profile(pixels, axis)
    x, label = axis_values(hdu.header, axis, channels)
    unit = hdu.header.text("BUNIT") or ""
    curve = Curve(x, values, (label, words.with_unit("mean", unit)))
    alt = (
        f"Cube{words.of_target(scope)}: {_shape(pixels)} pixels. Left the mean of its {pixels.shape[axis - 1]} planes, "
        f"right the mean along its axis {axis}: {words.clean(label)} from {words.number(float(np.nanmin(x)))} to "
        f"{words.number(float(np.nanmax(x)))}."
    )
    return Picture("cube", alt, *figures.cube(plane, curve))


def _largest(hdus: list[HduReading]) -> HduReading:
    """The first of the HDUs with most data: a mosaic's parts are alike."""
    return max(hdus, key=lambda hdu: (hdu.data_size, -hdu.index))


def _plane(header: Header, pixels: Pixels, values: np.ndarray, *, sky: bool) -> Plane:
    width, height = pixels.shape[0], pixels.shape[1] if len(pixels.shape) > 1 else 1
    unit = header.text("BUNIT") or ""
    return Plane(values, (width, height), _sky(header) if sky else None, unit=unit)


def _sky(header: Header) -> WCS | None:
    """The coordinates of axes 1 and 2, where these are the sky."""
    axes = find_sky(header)
    if axes is None or {axes.longitude, axes.latitude} != {1, 2}:
        return None
    try:
        wcs = build(header, (1, 2), axes.alternate)
        corner = np.asarray(wcs.wcs_pix2world([[1.0, 1.0], [10.0, 10.0]], 1), float)
    except (FitsError, ValueError, TypeError, ArithmeticError):
        return None
    return wcs if np.isfinite(corner).all() and wcs.has_celestial else None


def _third_axis(header: Header, shape: tuple[int, ...]) -> int | None:
    """The axis that a cube is collapsed over: the spectral one, else the first long one from the third on."""
    found = spectral_axis(header)
    long = [n for n, length in enumerate(shape, start=1) if n > 2 and length > 1]
    return found[0] if found and found[0] in long else next(iter(long), None)


def _stride(shape: tuple[int, ...], axis: int) -> int:
    """Rows from one plane to the next along an axis."""
    return math.prod(shape[1 : axis - 1])


def _collapsed(pixels: Pixels, axis: int) -> np.ndarray:
    """The mean of planes from all over the axis."""
    length, stride = pixels.shape[axis - 1], _stride(pixels.shape, axis)
    count = min(length, _PLANES)
    planes = [n * length // count for n in range(count)]
    budget = _CUBE_BYTES // count
    return mean_over([reduce_plane(pixels, n * stride, _CUBE_PIXELS, budget).values for n in planes])


def _profile(pixels: Pixels, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of planes along an axis, each of as many rows around its middle as may be read; positions count from 1."""
    length, height, width = pixels.shape[axis - 1], pixels.shape[1], pixels.shape[0]
    count = min(length, _CHANNELS)
    channels = np.array([n * length // count for n in range(count)])
    bytes_of_row = width * pixels.itemsize
    rows = max(1, min(height, _CUBE_BYTES // (count * bytes_of_row)))
    stride = _stride(pixels.shape, axis)
    values = []
    for channel in channels:
        first = int(channel) * stride + (height - rows) // 2
        if bytes_of_row > 2**20:  # a piece in the middle of the middle row
            piece = pixels.part(first, width // 2 - min(width, 4096) // 2, min(width, 4096))
        else:
            piece = pixels.rows(first, rows)
        values.append(_nanmean(piece))
    return channels + 1, np.array(values)


def _nanmean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if finite.size else math.nan


def _shape(pixels: Pixels) -> str:
    return " × ".join(str(length) for length in pixels.shape)


def _unit(plane: Plane) -> str:
    return f" {words.clean(plane.unit)}" if plane.unit else ""
