"""Sky regions: circles, polygons and unions of them, in ICRS degrees.

A region is one thing for the user: its text is STC-S (as TAP 1.0's appendix used it, xtype ``adql:REGION``).
Circles stay circles; a mosaic is a `Union`; the whole sky is a circle of 180 degrees.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


def _xyz(ra: float, dec: float) -> tuple[float, float, float]:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def _vector(ra: float, dec: float) -> np.ndarray:
    return np.array(_xyz(ra, dec))


def _position(vector: np.ndarray) -> tuple[float, float]:
    x, y, z = vector / np.linalg.norm(vector)
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two positions in degrees (Vincenty's form, exact at every distance)."""
    # In plain numbers: for three of them numpy takes thirty times as long.
    (ax, ay, az), (bx, by, bz) = _xyz(ra1, dec1), _xyz(ra2, dec2)
    across = math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    return math.degrees(math.atan2(across, ax * bx + ay * by + az * bz))


def _number(value: float) -> str:
    return repr(round(value, 10) + 0.0)


class Region(ABC):
    """A part of the sky in ICRS."""

    @abstractmethod
    def to_stcs(self) -> str:
        """The region's STC-S text, such as ``Circle ICRS 10.0 20.0 0.5``."""

    @abstractmethod
    def bounding_circle(self) -> Circle:
        """A circle that holds the region, near the smallest."""

    @abstractmethod
    def contains(self, ra: float, dec: float) -> bool:
        """Whether a position (degrees) lies inside or on the edge."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Circle | Polygon, ...]:
        """The simple regions whose union this is."""

    def __str__(self) -> str:
        return self.to_stcs()


@dataclass(frozen=True)
class Circle(Region):
    """A small circle: centre and radius in degrees; radius 180 is the whole sky."""

    ra: float
    dec: float
    radius: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ra) and -90 <= self.dec <= 90 and 0 <= self.radius <= 180):
            raise ValueError(f"no circle on the sky: {self.ra} {self.dec} {self.radius}")
        object.__setattr__(self, "ra", self.ra % 360.0)

    def to_stcs(self) -> str:
        """See :meth:`Region.to_stcs`."""
        return f"Circle ICRS {_number(self.ra)} {_number(self.dec)} {_number(self.radius)}"

    def bounding_circle(self) -> Circle:
        """The circle itself."""
        return self

    def contains(self, ra: float, dec: float) -> bool:
        """See :meth:`Region.contains`."""
        return separation(self.ra, self.dec, ra, dec) <= self.radius

    @property
    def parts(self) -> tuple[Circle | Polygon, ...]:
        """The circle itself."""
        return (self,)


@dataclass(frozen=True)
class Polygon(Region):
    """A spherical polygon with great-circle edges.

    Vertices are (ra, dec) in degrees, counter-clockwise seen from inside the sphere (north up, east left) as DALI 1.1,
    section 3.3.7 asks; the smaller of the two sides is meant. `Polygon.ordered` turns any vertex order into that.
    """

    vertices: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.vertices) < 3:
            raise ValueError("a polygon needs three vertices")
        if not all(math.isfinite(ra) and -90 <= dec <= 90 for ra, dec in self.vertices):
            raise ValueError("a vertex lies outside the sky")
        object.__setattr__(self, "vertices", tuple((ra % 360.0, dec) for ra, dec in self.vertices))

    @classmethod
    def ordered(cls, vertices: Sequence[tuple[float, float]]) -> Polygon:
        """A polygon of these vertices, in DALI's order, without repeated ones."""
        kept: list[tuple[float, float]] = []
        for ra, dec in vertices:
            if not kept or separation(*kept[-1], ra, dec) > 1e-9:
                kept.append((float(ra), float(dec)))
        if len(kept) > 1 and separation(*kept[0], *kept[-1]) <= 1e-9:
            kept.pop()
        polygon = cls(tuple(kept))
        return polygon if polygon._winding() <= 0 else cls(tuple(reversed(kept)))

    def _vectors(self) -> np.ndarray:
        return np.array([_vector(ra, dec) for ra, dec in self.vertices])

    def _centre(self) -> np.ndarray:
        total = self._vectors().sum(axis=0)
        return total if np.linalg.norm(total) > 1e-12 else self._vectors()[0]

    def _winding(self) -> float:
        """Negative when the vertices turn from north to east around the polygon's middle, as DALI has it."""
        vectors = self._vectors()
        return float(np.cross(vectors, np.roll(vectors, -1, axis=0)).sum(axis=0) @ self._centre())

    def to_stcs(self) -> str:
        """See :meth:`Region.to_stcs`."""
        return "Polygon ICRS " + " ".join(f"{_number(ra)} {_number(dec)}" for ra, dec in self.vertices)

    def bounding_circle(self) -> Circle:
        """See :meth:`Region.bounding_circle`."""
        ra, dec = _position(self._centre())
        return Circle(ra, dec, max(separation(ra, dec, *v) for v in self.vertices))

    def contains(self, ra: float, dec: float) -> bool:
        """See :meth:`Region.contains`; counts the turns that the vertices make around the position."""
        point, vectors = _vector(ra, dec), self._vectors()
        if float(point @ self._centre()) <= 0 and self.bounding_circle().radius < 90:
            return False
        reference = vectors - np.outer(vectors @ point, point)
        norms = np.linalg.norm(reference, axis=1)
        if norms.min() < 1e-12:
            return True
        reference /= norms[:, None]
        following = np.roll(reference, -1, axis=0)
        angles = np.arctan2(np.cross(reference, following) @ point, (reference * following).sum(axis=1))
        return abs(float(angles.sum())) > math.pi or bool(np.isclose(np.abs(angles), math.pi, atol=1e-9).any())

    @property
    def parts(self) -> tuple[Circle | Polygon, ...]:
        """The polygon itself."""
        return (self,)


@dataclass(frozen=True)
class Union(Region):
    """Several circles and polygons that together are one region (the CCDs of a mosaic)."""

    members: tuple[Circle | Polygon, ...]

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ValueError("a union needs two members")

    def to_stcs(self) -> str:
        """See :meth:`Region.to_stcs`."""
        return "Union ICRS (" + " ".join(m.to_stcs().replace(" ICRS", "", 1) for m in self.members) + ")"

    def bounding_circle(self) -> Circle:
        """See :meth:`Region.bounding_circle`."""
        circles = [m.bounding_circle() for m in self.members]
        total = sum((_vector(c.ra, c.dec) for c in circles), np.zeros(3))
        ra, dec = _position(total if np.linalg.norm(total) > 1e-12 else _vector(circles[0].ra, circles[0].dec))
        return Circle(ra, dec, min(180.0, max(separation(ra, dec, c.ra, c.dec) + c.radius for c in circles)))

    def contains(self, ra: float, dec: float) -> bool:
        """See :meth:`Region.contains`."""
        return any(m.contains(ra, dec) for m in self.members)

    @property
    def parts(self) -> tuple[Circle | Polygon, ...]:
        """The members."""
        return self.members


#: More corners than any footprint needs; the search for crossing edges compares each with each.
MOST_CORNERS = 1000


def flaw(region: Region) -> str:
    """Why a region is no shape that a position can be inside or outside of; an empty text where it is one."""
    if sum(len(part.vertices) for part in region.parts if isinstance(part, Polygon)) > MOST_CORNERS:
        return f"the region has more than {MOST_CORNERS} corners"
    return next((found for part in region.parts if isinstance(part, Polygon) and (found := _polygon_flaw(part))), "")


def _polygon_flaw(polygon: Polygon) -> str:
    try:
        plain = Polygon.ordered(polygon.vertices)
    except ValueError:
        return "the polygon has fewer than three different corners"
    if plain.bounding_circle().radius >= 90:
        return "the polygon is as large as a hemisphere or larger"
    vectors = plain._vectors()
    if np.linalg.svd(vectors, compute_uv=False)[-1] < 1e-12:
        return "the polygon's corners lie on one great circle"
    return "the polygon's edges cross" if _edges_cross(vectors) else ""


def _edges_cross(vectors: np.ndarray) -> bool:
    """Whether two edges (arcs of great circles) of a polygon with these corners (n, 3) cross inside both."""
    following = np.roll(vectors, -1, axis=0)
    normals = np.cross(vectors, following)
    start, end = normals @ vectors.T, normals @ following.T  # the side of edge i on which edge j starts and ends
    start[np.abs(start) < 1e-15] = 0.0
    end[np.abs(end) < 1e-15] = 0.0
    return bool(((start * end < 0) & (start.T * end.T < 0) & (start * start.T < 0)).any())


_TOKEN = re.compile(r"[()]|[^\s()]+")
_FRAMES = frozenset({"ICRS", "UNKNOWNFRAME", "UNKNOWNREFPOS", "BARYCENTER", "GEOCENTER", "TOPOCENTER", "SPHERICAL2"})


def parse_region(text: str) -> Region:
    """Read STC-S (``Circle``, ``Polygon``, ``Box``, ``Union``, ``AllSky`` in ICRS).

    Raises
    ------
    ValueError
        The text is none of these.
    """
    region, rest = _parse(_TOKEN.findall(text))
    if rest and [word.lower() for word in rest] != ["unit", "deg"]:
        raise ValueError(f"unexpected {rest[0]!r} after the region")
    return region


def _parse(words: list[str]) -> tuple[Region, list[str]]:
    if not words:
        raise ValueError("no region")
    shape, rest = words[0].lower(), words[1:]
    while rest and rest[0].upper() in _FRAMES:
        rest = rest[1:]
    if shape == "union":
        return _parse_union(rest)
    numbers, rest = _take_numbers(rest)
    if not numbers and rest and rest[0].isalnum() and shape != "allsky":
        raise ValueError(f"the coordinate system {rest[0]!r} is not known: regions are in ICRS")
    return _simple(shape, numbers), rest


def _parse_union(words: list[str]) -> tuple[Region, list[str]]:
    if not words or words[0] != "(":
        raise ValueError("a union's members stand in parentheses")
    members: list[Circle | Polygon] = []
    rest = words[1:]
    while rest and rest[0] != ")":
        region, rest = _parse(rest)
        members.extend(region.parts)
    if not rest:
        raise ValueError("a parenthesis is not closed")
    if not members:
        raise ValueError("a union without members")
    return (Union(tuple(members)) if len(members) > 1 else members[0]), rest[1:]


def _take_numbers(words: list[str]) -> tuple[list[float], list[str]]:
    numbers: list[float] = []
    for position, word in enumerate(words):
        try:
            numbers.append(float(word))
        except ValueError:
            return numbers, words[position:]
    return numbers, []


def _pairs(numbers: Sequence[float]) -> Iterator[tuple[float, float]]:
    return zip(numbers[::2], numbers[1::2])


def _simple(shape: str, numbers: list[float]) -> Circle | Polygon:
    if shape == "allsky" and not numbers:
        return Circle(0.0, 0.0, 180.0)
    if shape == "circle" and len(numbers) == 3:
        return Circle(*numbers)
    if shape == "polygon" and len(numbers) >= 6 and len(numbers) % 2 == 0:
        return Polygon(tuple(_pairs(numbers)))
    if shape == "box" and len(numbers) == 4:
        return box(*numbers)
    raise ValueError(f"{shape!r} with {len(numbers)} numbers is no region")


def box(ra: float, dec: float, width: float, height: float) -> Polygon:
    """The polygon of ADQL's BOX (ADQL 2.1, section 4.2.10), in degrees."""
    centre = _vector(ra, dec)
    east = np.array([-math.sin(math.radians(ra)), math.cos(math.radians(ra)), 0.0])
    north = np.cross(centre, east)
    half = math.tan(math.radians(width / 2)), math.tan(math.radians(height / 2))
    corners = [centre + sx * half[0] * east + sy * half[1] * north for sx, sy in ((1, -1), (1, 1), (-1, 1), (-1, -1))]
    return Polygon.ordered([_position(c) for c in corners])
