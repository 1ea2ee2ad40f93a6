"""Positions of any celestial frame of a header to ICRS (FITS 4.0, section 8.3; Calabretta & Greisen 2002).

Frames that are rotations of ICRS are turned by a matrix that astropy gives once; FK4, which is none, goes through
astropy each time.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.coordinates import (
    FK4,
    FK5,
    ICRS,
    BarycentricMeanEcliptic,
    FK4NoETerms,
    Galactic,
    GeocentricMeanEcliptic,
    SkyCoord,
    Supergalactic,
)
from astropy.coordinates.baseframe import BaseCoordinateFrame
from astropy.time import Time

from .cards import Header

#: First letters of a celestial CTYPE → axis pair (FITS 4.0, section 8.3); only these are sky.
LONGITUDES = {"RA--": "equatorial", "GLON": "galactic", "ELON": "ecliptic", "SLON": "supergalactic"}
LATITUDES = {"DEC-": "equatorial", "GLAT": "galactic", "ELAT": "ecliptic", "SLAT": "supergalactic"}


@dataclass(frozen=True)
class Frame:
    """A celestial frame: its kind and, for equatorial and ecliptic ones, reference system and equinox."""

    kind: str = "equatorial"
    system: str = "ICRS"
    equinox: float = 2000.0

    def to_icrs(self, longitudes: np.ndarray, latitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Right ascension and declination (degrees) of positions (degrees); NaN stays NaN."""
        if self.kind == "equatorial" and self.system == "ICRS":
            return _turn(longitudes), latitudes
        matrix = _matrix(self)
        if matrix is None:
            return _through_astropy(self, longitudes, latitudes)
        a, d = np.radians(longitudes), np.radians(latitudes)
        vectors = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
        x, y, z = matrix @ vectors
        return _turn(np.degrees(np.arctan2(y, x))), np.degrees(np.arctan2(z, np.hypot(x, y)))

    def position(self, longitude: float, latitude: float) -> tuple[float, float]:
        """One position."""
        ra, dec = self.to_icrs(np.array([longitude]), np.array([latitude]))
        return float(ra[0]), float(dec[0])


def _turn(longitudes: np.ndarray) -> np.ndarray:
    """Longitudes from 0 to below 360 (the remainder of a tiny negative number is 360 itself)."""
    turned = np.mod(longitudes, 360.0)
    return np.where(turned >= 360.0, 0.0, turned)


def _equinox(frame: Frame) -> Time:
    return Time(frame.equinox, format="byear" if frame.system.startswith("FK4") else "jyear", scale="tt")


def _astropy_frame(frame: Frame) -> BaseCoordinateFrame:
    if frame.kind == "galactic":
        return Galactic()
    if frame.kind == "supergalactic":
        return Supergalactic()
    if frame.kind == "ecliptic":
        return (
            GeocentricMeanEcliptic(equinox=_equinox(frame))
            if frame.system == "GEO"
            else BarycentricMeanEcliptic(equinox=_equinox(frame))
        )
    if frame.system == "FK4":
        return FK4(equinox=_equinox(frame))
    if frame.system == "FK4-NO-E":
        return FK4NoETerms(equinox=_equinox(frame))
    if frame.system == "FK5":
        return FK5(equinox=_equinox(frame))
    return ICRS()


def _through_astropy(frame: Frame, longitudes: np.ndarray, latitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good = np.isfinite(longitudes) & np.isfinite(latitudes) & (np.abs(latitudes) <= 90)
    ra, dec = np.full_like(longitudes, np.nan), np.full_like(latitudes, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        position = SkyCoord(longitudes[good] * u.deg, latitudes[good] * u.deg, frame=_astropy_frame(frame)).icrs
    ra[good], dec[good] = position.ra.deg, position.dec.deg
    return ra, dec


@lru_cache(maxsize=256)
def _matrix(frame: Frame) -> np.ndarray | None:
    """The rotation to ICRS, from what astropy makes of the three axes; None for FK4, which has E-terms."""
    if frame.kind == "equatorial" and frame.system.startswith("FK4"):
        return None
    ra, dec = _through_astropy(frame, np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    a, d = np.radians(ra), np.radians(dec)
    return np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])


_EQUINOX = re.compile(r"\s*([BJ]?)\s*(\d{4}(?:\.\d*)?)\s*$", re.I)


def header_equinox(header: Header, keywords: tuple[str, ...] = ("EQUINOX", "EPOCH")) -> tuple[str, float] | None:
    """The equinox that a header gives, with its letter (``B``, ``J`` or none)."""
    for keyword in keywords:
        match = _EQUINOX.match(str(header.get(keyword, "")))
        if match and 1800 < float(match[2]) < 2100:
            return match[1].upper(), float(match[2])
    return None


def equatorial(header: Header, alternate: str = "") -> Frame:
    """The equatorial frame that RADESYS, EQUINOX and EPOCH name (FITS 4.0, section 8.3, with its defaults)."""
    given = header_equinox(header, (f"EQUINOX{alternate}", "EQUINOX", "EPOCH"))
    system = (header.text(f"RADESYS{alternate}") or header.text("RADESYS") or header.text("RADECSYS") or "").upper()
    system = {"FK4": "FK4", "FK4-NO-E": "FK4-NO-E", "FK5": "FK5", "ICRS": "ICRS", "GAPPT": "FK5"}.get(system, "")
    if not system:
        old = given is not None and (given[0] == "B" or (given[1] < 1984 and given[0] != "J"))
        system = "ICRS" if given is None else "FK4" if old else "FK5"
    if system == "ICRS":
        return Frame()
    return Frame("equatorial", system, given[1] if given else 1950.0 if system.startswith("FK4") else 2000.0)


def frame_of(header: Header, kind: str, alternate: str = "") -> Frame:
    """The frame of a pair of celestial axes of this kind."""
    if kind == "equatorial":
        return equatorial(header, alternate)
    if kind == "ecliptic":
        given = header_equinox(header)
        return Frame("ecliptic", "", given[1] if given else 2000.0)
    return Frame(kind, "", 2000.0)
