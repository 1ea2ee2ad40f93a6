"""Rotations between reference frames (terms of the IVOA vocabulary *refframe*), as plain matrices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.coordinates import (
    FK5,
    ICRS,
    BarycentricMeanEcliptic,
    CartesianRepresentation,
    FK4NoETerms,
    Galactic,
    Supergalactic,
    UnitSphericalRepresentation,
)

# Without the terms of elliptic aberration FK4 is a rotation of the others, as the catalogue of UDFs wants.
_FRAMES = {
    "ICRS": ICRS(),
    "FK5": FK5(equinox="J2000"),
    "FK4": FK4NoETerms(equinox="B1950"),
    "GALACTIC": Galactic(),
    "SUPER_GALACTIC": Supergalactic(),
    "ECLIPTIC": BarycentricMeanEcliptic(),
}
#: Terms of *refframe* that are known.
FRAMES = tuple(_FRAMES)


@lru_cache(maxsize=16)
def rotation(origin: str, target: str) -> tuple[float, ...]:
    """The matrix that turns unit vectors of one frame into those of another, row by row (9 numbers).

    Raises
    ------
    KeyError
        A frame is not known; compared with case.
    """
    matrix = _to_icrs(target).T @ _to_icrs(origin)
    return tuple(float(number) for number in matrix.ravel())


def _to_icrs(name: str) -> np.ndarray:
    frame = _FRAMES[name]
    columns = []
    for axis in np.eye(3):
        direction = CartesianRepresentation(*axis, unit=u.one).represent_as(UnitSphericalRepresentation)
        position = frame.realize_frame(direction).transform_to(ICRS())
        columns.append(position.cartesian.xyz.value)
    return np.array(columns).T
