"""Values and label of an image's spectral (or other) axis at pixels, in the unit that a reader expects."""

from __future__ import annotations

import numpy as np
from astropy import units as u

from ..errors import FitsError
from ..extraction.house import linear_spectrum
from ..fits.cards import Header
from ..fits.spectral import SpectralCoverage, spectral_axis
from ..fits.wcs import build, pixel_to_world
from .words import clean

#: Units to show, by the unit that wcslib gives: the largest that keeps the middle of the axis above 1.
_SHOWN: tuple[tuple[u.UnitBase, tuple[u.UnitBase, ...]], ...] = (
    (u.m, (u.m, u.cm, u.mm, u.um, u.nm, u.AA)),
    (u.Hz, (u.THz, u.GHz, u.MHz, u.kHz, u.Hz)),
    (u.m / u.s, (u.km / u.s, u.m / u.s)),
    (u.J, (u.TeV, u.GeV, u.MeV, u.keV, u.eV)),
)
_NAMES = {
    "length": "wavelength", "frequency": "frequency", "speed/velocity": "velocity", "energy": "energy",
}  # fmt: skip
_LOGARITHMIC = ("iraf-log-linear", "coeff-log-linear")


def axis_values(header: Header, axis: int, pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """Values at pixel positions (from 1) of an axis and the axis's label; the positions where the header tells no more.

    Parameters
    ----------
    axis
        FITS axis, from 1.
    """
    found = _by_wcs(header, axis, pixels) or _by_house_rule(header, axis, pixels)
    if found is None:
        ctype = clean(header.text(f"CTYPE{axis}") or "")
        return pixels.astype(float), f"{ctype + ', ' if ctype else ''}pixel"
    values, unit, name = found
    return shown(values, unit, name)


def shown(values: np.ndarray, unit: u.UnitBase, name: str = "") -> tuple[np.ndarray, str]:
    """Values in the unit that suits them, and a label."""
    middle = float(np.nanmedian(np.abs(values))) if np.isfinite(values).any() else 0.0
    for base, choices in _SHOWN:
        if unit.is_equivalent(base):
            fits = [each for each in choices if middle * unit.to(each) >= 1]
            chosen = fits[0] if fits else choices[-1]
            quantity = name or _NAMES.get(str(base.physical_type), "")
            return values * unit.to(chosen), f"{quantity} [{chosen.to_string()}]"
    text = unit.to_string()
    return values, f"{name} [{text}]" if text else name or "value"


def _by_wcs(header: Header, axis: int, pixels: np.ndarray) -> tuple[np.ndarray, u.UnitBase, str] | None:
    found = spectral_axis(header)
    if found is None or found[0] != axis:
        return None
    try:
        wcs = build(header, (axis,), found[1])
        values = pixel_to_world(wcs, pixels[:, None].astype(float))[:, 0]
    except FitsError:
        return None
    if not np.isfinite(values).any():
        return None
    return values, u.Unit(wcs.wcs.cunit[0]), ""


def _by_house_rule(header: Header, axis: int, pixels: np.ndarray) -> tuple[np.ndarray, u.UnitBase, str] | None:
    """Wavelengths between the ends that a house rule knows."""
    found = linear_spectrum(header, (axis,))
    length = header.integer(f"NAXIS{axis}") or header.integer(f"ZNAXIS{axis}")
    if found is None or found.axis != axis or found.house == "iraf-multispec" or length < 1 or found.low <= 0:
        return None
    return _between(found, (pixels - 0.5) / length, _falls(header, axis)), u.m, "wavelength (vacuum)"


def _falls(header: Header, axis: int) -> bool:
    step = header.number(f"CD{axis}_{axis}") or header.number(f"CDELT{axis}") or 1.0
    return step < 0


def _between(found: SpectralCoverage, fraction: np.ndarray, falls: bool) -> np.ndarray:
    """Values at fractions of the axis, evenly in what the axis is even in."""
    if found.house in _LOGARITHMIC or "log" in found.how.lower():
        return found.low * (found.high / found.low) ** fraction
    if found.ucd in ("em.freq", "em.energy", "em.wavenumber"):
        begin, end = (1 / found.low, 1 / found.high) if falls else (1 / found.high, 1 / found.low)
        return 1 / (begin + (end - begin) * fraction)
    begin, end = (found.high, found.low) if falls else (found.low, found.high)
    return begin + (end - begin) * fraction
