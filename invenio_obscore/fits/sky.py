"""What part of the sky an image covers: centre, outline and extent from its WCS."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import FitsError
from ..obscore.regions import Circle, Polygon, Region, Union, separation
from .cards import Header
from .frames import frame_of
from .wcs import Lookup, SkyAxes, axis_type, build, find_sky, has_scale, image_shape, pixel_to_world

_WIDE_DEG = 3.0
_PER_EDGE = 8
_GRID = 24
_WIDEST_FLAT_DEG = 30.0
_HEMISPHERE_DEG = 80.0
_MOST_PARTS = 300


@dataclass(frozen=True)
class SkyCoverage:
    """Sky of one image, ICRS degrees.

    Attributes
    ----------
    ra, dec
        Of the image's middle (pixel centres count from 1; the middle is (N + 1) / 2).
    region
        Outline through the outer pixel edges.
    pixels
        Lengths of the two celestial axes, longitude's first as the file has them.
    scale
        Size of a pixel in arcsec.
    axes
        Which axes they are.
    """

    ra: float
    dec: float
    region: Region
    pixels: tuple[int, int]
    scale: float
    axes: SkyAxes

    @property
    def diameter(self) -> float:
        """Of the circle that holds the region, degrees; 360 for the whole sky."""
        return min(360.0, 2 * self.region.bounding_circle().radius)


def sky_coverage(header: Header, lookup: Lookup | None = None) -> SkyCoverage | None:
    """The sky that an image HDU covers; None where its WCS is no sky or it has no pixels.

    Raises
    ------
    FitsError
        The WCS cannot be worked out, or gives no position on the sky.
    """
    shape = image_shape(header)
    axes = find_sky(header)
    if axes is None or max(axes.longitude, axes.latitude) > len(shape) or not has_scale(header, axes):
        return None
    pair = tuple(sorted((axes.longitude, axes.latitude)))
    lengths = tuple(shape[n - 1] for n in pair)
    if min(lengths) < 1:
        return None
    return _Image(header, axes, pair, lengths, lookup).coverage()


class _Image:
    """One image's pixel plane and the way from it to ICRS."""

    def __init__(
        self, header: Header, axes: SkyAxes, pair: tuple[int, ...], lengths: tuple[int, ...], lookup: Lookup | None
    ) -> None:
        self._axes, self._lengths = axes, lengths
        self._wcs = build(header, pair, axes.alternate, lookup)
        self._frame = frame_of(header, axes.kind, axes.alternate)
        self._flat = axis_type(header, axes.longitude, axes.alternate)[-3:] in ("TAN", "TPV", "TNX", "SIP")
        self._swapped = axes.longitude > axes.latitude

    def _to_sky(self, pixels: np.ndarray) -> np.ndarray:
        """ICRS positions (n, 2) of pixel positions (n, 2); NaN off the sky."""
        world = pixel_to_world(self._wcs, pixels)
        longitude, latitude = (world[:, 1], world[:, 0]) if self._swapped else (world[:, 0], world[:, 1])
        outside = ~(np.abs(latitude) <= 90.0 + 1e-9)
        longitude = np.where(outside, np.nan, longitude)
        latitude = np.where(outside, np.nan, np.clip(latitude, -90, 90))
        return np.stack(self._frame.to_icrs(longitude, latitude), axis=1)

    def coverage(self) -> SkyCoverage:
        nx, ny = self._lengths
        middle = np.array([[(nx + 1) / 2, (ny + 1) / 2]])
        corners = np.array([[0.5, 0.5], [nx + 0.5, 0.5], [nx + 0.5, ny + 0.5], [0.5, ny + 0.5]])
        steps = middle + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [-0.5, 0.0], [0.0, -0.5]])
        sky = self._to_sky(np.concatenate([steps, corners]))
        centre, outline = sky[0], sky[5:]
        scale = _scale(sky[1:5])
        if self._flat and not np.isfinite(outline).all():
            raise FitsError("WCS: the tangent plane is wider than half the sky; it is not used")
        on_sky = np.isfinite(centre).all() and np.isfinite(outline).all()
        region = self._outline(centre, outline) if on_sky else None
        if region is None:
            centre, region = self._from_grid(centre)
        return SkyCoverage(float(centre[0]), float(centre[1]), region, (nx, ny), scale, self._axes)

    def _outline(self, centre: np.ndarray, corners: np.ndarray) -> Region | None:
        """A polygon through the edge; None where it would be ambiguous."""
        reach = max(separation(centre[0], centre[1], *corner) for corner in corners)
        if self._flat and reach > _WIDEST_FLAT_DEG:
            raise FitsError(f"WCS: a tangent plane {2 * reach:.0f} degrees wide is implausible; it is not used")
        if reach > _HEMISPHERE_DEG or not self._is_smooth(reach):
            return None
        edge = corners if reach < _WIDE_DEG else self._to_sky(self._edge())
        if not np.isfinite(edge).all():
            return None
        try:
            return Polygon.ordered([(ra, dec) for ra, dec in edge])
        except ValueError:
            return Circle(float(centre[0]), float(centre[1]), float(reach))

    def _is_smooth(self, reach: float) -> bool:
        """Whether a wide image lies on the sky whole and within a hemisphere (a map's corners may coincide)."""
        if max(self._lengths) < 4 or reach > _WIDE_DEG:
            grid = self._to_sky(self._grid())
            good = grid[np.isfinite(grid).all(axis=1)]
            if len(good) < len(grid):
                return False
            centre = good[len(good) // 2]
            return max(separation(*centre, *p) for p in good[:: max(1, len(good) // 60)]) < _HEMISPHERE_DEG
        return True

    def _edge(self) -> np.ndarray:
        """Positions along the outer pixel edges."""
        nx, ny = self._lengths
        steps = np.linspace(0, 1, _PER_EDGE, endpoint=False)
        x, y = 0.5 + steps * nx, 0.5 + steps * ny
        low, right, top = np.full_like(x, 0.5), np.full_like(x, nx + 0.5), np.full_like(x, ny + 0.5)
        sides = [(x, low), (right, y), (nx + 1 - x, top), (low, ny + 1 - y)]
        return np.concatenate([np.stack(side, axis=1) for side in sides])

    def _grid(self) -> np.ndarray:
        nx, ny = self._lengths
        xs, ys = np.linspace(0.5, nx + 0.5, _GRID + 1), np.linspace(0.5, ny + 0.5, _GRID + 1)
        return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)

    def _from_grid(self, centre: np.ndarray) -> tuple[np.ndarray, Region]:
        """A circle that holds every pixel on the sky: all-sky maps, and images that the projection's edge cuts."""
        grid = self._to_sky(self._grid())
        good = grid[np.isfinite(grid).all(axis=1)]
        if len(good) < 3:
            raise FitsError("the WCS gives no position on the sky")
        a, d = np.radians(good[:, 0]), np.radians(good[:, 1])
        vectors = np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=1)
        if not np.isfinite(centre).all():
            mean = vectors.mean(axis=0)
            x, y, z = mean if np.linalg.norm(mean) > 1e-6 else vectors[0]
            centre = np.array([math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))])
        reach = max(separation(centre[0], centre[1], ra, dec) for ra, dec in good)
        if reach > 150 or _covers_sphere(vectors):
            return centre, Circle(float(centre[0]), float(centre[1]), 180.0)
        return centre, Circle(float(centre[0]), float(centre[1]), min(180.0, float(reach)))


def _covers_sphere(vectors: np.ndarray) -> bool:
    """Whether positions lie in all directions."""
    directions = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / math.sqrt(3)
    return bool((np.max(directions @ vectors.T, axis=1) > math.cos(math.radians(40))).all())


def _scale(cross: np.ndarray) -> float:
    """Mean size in arcsec of the middle pixel, from its four sides; NaN off the sky."""
    if not np.isfinite(cross).all():
        return math.nan
    right, up, left, down = cross
    return (separation(*right, *left) + separation(*up, *down)) / 2 * 3600


def join(coverages: list[SkyCoverage]) -> SkyCoverage:
    """One coverage of several images (the CCDs of a mosaic): their regions' union, seen from its middle."""
    if len(coverages) == 1:
        return coverages[0]
    parts = [part for coverage in coverages for part in coverage.region.parts]
    unique = tuple(dict.fromkeys(parts))
    region: Region = Union(unique) if len(unique) > 1 else unique[0]
    circle = region.bounding_circle()
    if len(unique) > _MOST_PARTS:
        region = circle
    first = coverages[0]
    if len(unique) == 1:
        return SkyCoverage(first.ra, first.dec, region, first.pixels, first.scale, first.axes)
    return SkyCoverage(circle.ra, circle.dec, region, first.pixels, first.scale, first.axes)
