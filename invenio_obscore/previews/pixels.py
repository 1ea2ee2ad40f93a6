"""Pixels of an image HDU by rows, whatever its size and however it is stored; and its reduction to a few of them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..errors import FitsError
from ..fits.reading import HduReading
from ..fits.wcs import image_shape
from .source import DataFile, image_dtype
from .tiles import TiledPixels

#: Bytes that are turned into numbers at once.
_AT_ONCE = 4 * 2**20
#: Pixels a side where single pieces of very long rows are read.
_COARSE = 200


class Pixels(Protocol):
    """An image whose rows (FITS axis 1) can be read; the rows of all other axes are counted through."""

    shape: tuple[int, ...]
    itemsize: int

    def rows(self, first: int, count: int) -> np.ndarray:
        """Physical values of consecutive rows, (count, NAXIS1); NaN where there is none."""

    def part(self, row: int, first: int, count: int) -> np.ndarray:
        """Consecutive values of one row."""


def open_pixels(file: DataFile, hdu: HduReading) -> Pixels:
    """The pixels of an image HDU, compressed by tiles or not.

    Raises
    ------
    FitsError
        The header describes no image that holds a pixel.
    """
    shape = image_shape(hdu.header)
    if not shape or min(shape) < 1:
        raise FitsError("the HDU holds no image", hdu=hdu.index)
    if hdu.header.flag("ZIMAGE"):
        return TiledPixels(file, hdu)
    dtype = image_dtype(hdu.header.integer("BITPIX"))
    if dtype is None:
        raise FitsError("BITPIX is none of the standard's values", hdu=hdu.index)
    return PlainPixels(file, hdu, shape, dtype)


class PlainPixels:
    """An image as FITS stores it: big-endian numbers, axis 1 fastest."""

    def __init__(self, file: DataFile, hdu: HduReading, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.shape, self.itemsize = shape, dtype.itemsize
        self._file, self._dtype, self._start = file, dtype, file.start(hdu)
        header = hdu.header
        scale, blank = header.number("BSCALE"), header.number("BLANK")
        self._scale = 1.0 if scale is None else scale
        self._zero = header.number("BZERO") or 0.0
        self._blank = blank if dtype.kind != "f" else None

    def rows(self, first: int, count: int) -> np.ndarray:
        """See `Pixels.rows`."""
        return self._values(first * self.shape[0], count * self.shape[0]).reshape(count, self.shape[0])

    def part(self, row: int, first: int, count: int) -> np.ndarray:
        """See `Pixels.part`."""
        return self._values(row * self.shape[0] + first, count)

    def _values(self, first: int, count: int) -> np.ndarray:
        data = self._file.read(self._start + first * self.itemsize, count * self.itemsize)
        stored = np.frombuffer(data[: len(data) // self.itemsize * self.itemsize], self._dtype)
        if stored.size < count:  # a file that was cut: what is missing is no value
            values = np.full(count, np.nan, np.float32)
            values[: stored.size] = stored
        else:
            values = stored.astype(np.float32)
        if self._blank is not None:
            values[: stored.size][stored == self._blank] = np.nan
        if self._scale != 1.0 or self._zero:
            values = (values * np.float64(self._scale) + self._zero).astype(np.float32)
        return values


@dataclass(frozen=True)
class Reduced:
    """A plane with fewer pixels: ``values[y, x]``, each the mean of a block of ``step`` = (x, y) pixels."""

    values: np.ndarray
    step: tuple[int, int]


def reduce_plane(pixels: Pixels, first_row: int, most: int, budget: int) -> Reduced:
    """One plane (axes 1 and 2) reduced to at most ``most`` pixels a side, from at most about ``budget`` bytes of it.

    Where the whole plane is more than that, only some rows of each block, or pieces of them, are read.
    """
    width, height = pixels.shape[0], pixels.shape[1] if len(pixels.shape) > 1 else 1
    blocks = -(-height // -(-height // most))
    if width * blocks * pixels.itemsize > budget:
        return _reduce_pieces(pixels, first_row, min(most, _COARSE), budget)
    step = (-(-width // most), -(-height // most))
    lines = max(1, min(step[1], budget // (blocks * width * pixels.itemsize)))
    values = [_block_row(pixels, first_row + y, min(lines, height - y), step[0]) for y in range(0, height, step[1])]
    return Reduced(np.array(values), step)


def _block_row(pixels: Pixels, first: int, count: int, step: int) -> np.ndarray:
    """Means of blocks of consecutive rows; one row of the reduced plane."""
    at_once = max(1, _AT_ONCE // (pixels.shape[0] * 4))
    parts = [
        _mean(_blocks(pixels.rows(row, min(at_once, first + count - row)), step), axis=(0, 2))
        for row in range(first, first + count, at_once)
    ]
    return parts[0] if len(parts) == 1 else _mean(np.array(parts), axis=0)


def _blocks(rows: np.ndarray, step: int) -> np.ndarray:
    """(rows, blocks, step), the last block filled up with NaN."""
    missing = -rows.shape[1] % step
    if missing:
        rows = np.pad(rows, ((0, 0), (0, missing)), constant_values=np.nan)
    return rows.reshape(rows.shape[0], -1, step)


def _reduce_pieces(pixels: Pixels, first_row: int, most: int, budget: int) -> Reduced:
    """Rows too long to be read whole: a piece of each block of one row."""
    width, height = pixels.shape[0], pixels.shape[1] if len(pixels.shape) > 1 else 1
    step = (-(-width // most), -(-height // most))
    columns, lines = -(-width // step[0]), -(-height // step[1])
    piece = max(1, min(step[0], budget // (columns * lines * pixels.itemsize), _AT_ONCE // 4))
    values = np.full((lines, columns), np.nan, np.float32)
    for line in range(lines):
        for column in range(columns):
            first = column * step[0]
            found = pixels.part(first_row + line * step[1], first, min(piece, width - first))
            values[line, column] = _mean(found, axis=0)
    return Reduced(values, step)


def mean_over(arrays: list[np.ndarray]) -> np.ndarray:
    """The mean of arrays of one shape, without what is no number."""
    return _mean(np.array(arrays), axis=0)


def _mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a block without a number is NaN
        means = np.nanmean(np.where(np.isinf(values), np.nan, values), axis=axis, dtype=np.float64)
        return np.asarray(means, np.float32)
