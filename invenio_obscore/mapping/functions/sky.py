"""Functions on positions and regions."""

from __future__ import annotations

import re
from typing import Any

from astropy import units as u
from astropy.coordinates import SkyCoord

from ...obscore.regions import Circle
from ...obscore.regions import box as box_region
from ...obscore.regions import separation as separation_of
from ..values import number_of, problem
from .registry import Group

GROUP = Group("Positions")
_SEXAGESIMAL = re.compile(
    r"([+-]?)\s*(\d{1,3})(?:\s*[:hHdD°]\s*|\s+)(\d{1,2})(?:(?:\s*[:mM'′]\s*|\s+)(\d{1,2}(?:\.\d*)?)?\s*(?:[sS\"″]|'')?)?(?:\s*[mM'′])?"
)  # noqa: E501
_FRAMES = {"icrs": "icrs", "fk5": "fk5", "fk4": "fk4", "galactic": "galactic", "ecliptic": "barycentrictrueecliptic"}


def _sexagesimal(text: str) -> float:
    match = _SEXAGESIMAL.fullmatch(text.strip()[:60])
    if not match:
        raise problem(f"{text[:40]!r} is no angle", remedy="write 10:45:03.6, 10 45 03.6, 10h45m03.6s or a number")
    whole, minutes, seconds = float(match[2]), float(match[3]), float(match[4] or 0)
    if minutes >= 60 or seconds > 60:
        raise problem(f"{text[:40]!r}: minutes and seconds stay below 60")
    return (-1.0 if match[1] == "-" else 1.0) * (whole + minutes / 60 + seconds / 3600)


def _plain(value: Any) -> float | None:  # noqa: ANN401
    """The number that a value is without sexagesimal parts; None where it has such."""
    if not isinstance(value, str):
        return float(number_of(value))
    try:
        return float(value)
    except ValueError:
        return None


@GROUP.add("degrees('-05:30:00')", "-5.5")
def degrees(value: object) -> float:
    """Degrees, from ``-05:30:00``, ``-05 30 00``, ``-5d30m00s``, ``10h45m03s`` (hours), a number or an angle."""
    if isinstance(value, u.Quantity):
        return float(value.to_value(u.deg))
    plain = _plain(value)
    if plain is not None:
        return plain
    return _sexagesimal(str(value)) * (15.0 if "h" in str(value).lower() else 1.0)


@GROUP.add("hms('05:35:16.5')", "83.81875")
def hms(value: object) -> float:
    """Degrees, from hours: ``05:35:16.5``, ``05 35 16.5``, ``5h35m16.5s`` or a plain number of hours."""
    plain = _plain(value)
    return 15.0 * (plain if plain is not None else _sexagesimal(str(value)))


@GROUP.add("round(icrs(0, 0, 'galactic')[0], 4)", "266.405")
def icrs(longitude: object, latitude: object, frame: str, equinox: str = "") -> list[float]:
    """ICRS right ascension and declination (degrees), from ``fk4``, ``fk5``, ``galactic`` or ``ecliptic`` ones."""
    name = _FRAMES.get(frame.strip().lower())
    if name is None:
        raise problem(f"{frame[:40]!r} is no frame", remedy=f"the frames are {', '.join(_FRAMES)}")
    options = {"equinox": equinox} if equinox and name in ("fk4", "fk5") else {}
    position = SkyCoord(degrees(longitude) * u.deg, degrees(latitude) * u.deg, frame=name, **options).icrs
    return [float(position.ra.deg), float(position.dec.deg)]


@GROUP.add("separation(10, 0, 11, 0)", "1.0")
def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """The angle between two positions in degrees."""
    return round(separation_of(ra1, dec1, ra2, dec2), 12)


@GROUP.add("circle(10.68, 41.27, 30 arcmin)", "Circle ICRS 10.68 41.27 0.5")
def circle(ra: float, dec: float, radius: object) -> str:
    """A region for ``s_region``: a circle (degrees, or a radius with a unit)."""
    return Circle(ra, dec, degrees(radius)).to_stcs()


@GROUP.add("startswith(box(10, 0, 1, 1), 'Polygon ICRS')", "true")
def box(ra: float, dec: float, width: object, height: object) -> str:
    """A region for ``s_region``: a rectangle around a centre, its sides along right ascension and declination."""
    return box_region(ra, dec, degrees(width), degrees(height)).to_stcs()
