"""House rules: what we understand beside the standard, each with a name that evidence shows.

A house rule never contradicts a standard: it speaks where the standard says nothing (FITS 4.0, section 8.2: a linear
axis has any unit, or none).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from astropy import units as u

from ..fits.cards import Header
from ..fits.spectral import SpectralCoverage, from_values
from ..fits.values import parse_unit
from ..fits.wcs import image_shape


@dataclass(frozen=True)
class HouseRule:
    """A house rule: its name, what it says, and an example of cards that it holds for."""

    name: str
    says: str
    example: str


RULES = {
    rule.name: rule
    for rule in (
        HouseRule(
            "linear-unit",
            "An axis of type LINEAR, or of none, whose CUNIT is a unit of wavelength (ångström, nm, µm), frequency, "
            "wavenumber or energy, or the logarithm of one, is that spectral axis.",
            "CTYPE1 = 'LINEAR', CUNIT1 = 'Angstrom'",
        ),
        HouseRule(
            "unit-as-type",
            "An axis without a unit whose type is one (of wavelength, frequency, wavenumber, energy) is in that.",
            "CTYPE1 = 'ANGSTROM'",
        ),
        HouseRule(
            "iraf-wat",
            "The unit of a LINEAR axis stands in IRAF's WAT cards; an axis type 'wave' without a unit is in ångströms, "
            "as IRAF has it.",
            "WAT1_001 = 'wtype=linear label=Wavelength units=Angstroms'",
        ),
        HouseRule(
            "iraf-log-linear",
            "DC-FLAG = 1: the axis holds the decimal logarithm of the wavelength.",
            "DC-FLAG = 1, CRVAL1 = 3.58, CDELT1 = 2.17E-05",
        ),
        HouseRule(
            "iraf-multispec",
            "The dispersion of each order of an IRAF MULTISPEC image stands in its WAT2 cards.",
            "CTYPE1 = 'MULTISPE', WAT2_001 = 'wtype=multispec spec1 = \"1 1 0 5000. 0.5 2048 0. …\"'",
        ),
        HouseRule(
            "coeff-log-linear",
            "COEFF0 and COEFF1 (SDSS): decimal logarithm of the first pixel's wavelength in ångströms, and its step.",
            "COEFF0 = 3.5507, COEFF1 = 0.0001",
        ),
        HouseRule(
            "axis-extension",
            "An image extension called WAVELENGTH (or LAMBDA, WAVE) holds the wavelengths of the flux extension; "
            "without a unit nothing is guessed.",
            "EXTNAME = 'WAVELENGTH', BUNIT = 'Angstrom'",
        ),
        HouseRule(
            "named-column",
            "A column LOGLAM (SDSS) holds the decimal logarithm of the wavelength in ångströms.",
            "TTYPE2 = 'loglam'",
        ),
        HouseRule(
            "axis-name",
            "Axis types that are no standard codes but are called WAVELENGTH, WAVENUMBER or ENERGY are these; their "
            "unit must be given.",
            "CTYPE1 = 'Wavelength', CUNIT1 = 'Angstroms'",
        ),
        HouseRule(
            "aips-axis-name",
            "Axis types of AIPS, CLASS and their kin (LAMBDA, FREQ-LSR, FELO, VELOCITY) are wavelength, frequency and "
            "radio or optical velocity, in SI units as those systems have it where none is given.",
            "CTYPE3 = 'LAMBDA', CRVAL3 = 1.0E-4",
        ),
        HouseRule(
            "offset-frequency",
            "A frequency axis that reaches 0 Hz or less counts from the rest frequency (RESTFREQ), as CLASS writes it.",
            "CTYPE1 = 'FREQ', CRVAL1 = 0.0, CRPIX1 = 256.0, CDELT1 = 1.0E6, RESTFREQ = 2.30538E11",
        ),
        HouseRule(
            "rows-of-spectra",
            "A two-dimensional array without a sky, of few long rows, from a spectrograph is a set of spectra.",
            "NAXIS1 = 214823, NAXIS2 = 12",
        ),
        HouseRule(
            "filter-table",
            "The wavelengths of a filter's name come from the house table of common bands.",
            "FILTER = 'SDSS g'",
        ),
        HouseRule(
            "log-energy-axis",
            "An axis called log_Energy (Fermi tools) holds the natural logarithm of the energy in MeV.",
            "CTYPE3 = 'log_Energy'",
        ),
    )
}

_UNNAMED = frozenset(
    {"", "LINEAR", "PIXEL", "LAMBDA", "WAVELENGTH", "WAVE", "MULTISPE", "UNKNOWN", "LOGLIN", "PIXELS", "LOG"}
)
_WAT = re.compile(r"(\w+)=(\"[^\"]*\"|[^\s=\"]+(?:\s+(?![\w]+=)[^\s=\"]+)*)")


def iraf_attributes(header: Header, axis: int) -> dict[str, str]:
    """The attributes in IRAF's ``WATn_mmm`` cards of one axis."""
    text = ""
    for number in range(1, 1000):
        part = header.get(f"WAT{axis}_{number:03d}")
        if not isinstance(part, str):
            break
        # A card's text is cut at 68 characters wherever that is; blanks at its end count.
        text += part.ljust(68) if f"WAT{axis}_{number + 1:03d}" in header else part
    return {name.lower(): value.strip('" ') for name, value in _WAT.findall(text.replace(" = ", "="))}


@dataclass(frozen=True)
class _Axis:
    """A linear axis as cards describe it."""

    header: Header
    number: int
    length: int

    @property
    def ctype(self) -> str:
        return str(self.header.get(f"CTYPE{self.number}", "")).strip().upper()

    @property
    def ends(self) -> tuple[float, float] | None:
        """Values at the outer pixel edges; None for a pixel axis."""
        reference = self.header.number(f"CRVAL{self.number}")
        step = self.header.number(f"CD{self.number}_{self.number}") or self.header.number(f"CDELT{self.number}")
        pixel = self.header.number(f"CRPIX{self.number}")
        if reference is None or not step:
            return None
        if step == 1.0 and reference in (0.0, 1.0):
            return None
        pixel = 1.0 if pixel is None else pixel
        return reference + (0.5 - pixel) * step, reference + (self.length + 0.5 - pixel) * step


def linear_spectrum(header: Header, axes: tuple[int, ...] = ()) -> SpectralCoverage | None:
    """The spectral coverage of an axis that the standard leaves open, by the house rules in their order."""
    shape = image_shape(header)
    for number in axes or range(1, len(shape) + 1):
        axis = _Axis(header, number, shape[number - 1] if number <= len(shape) else 0)
        if axis.length < 1 or not _is_open(axis):
            continue
        for rule in _LINEAR_RULES:
            result = rule(axis)
            if result is not None:
                return result
    return None


def _is_open(axis: _Axis) -> bool:
    return axis.ctype in _UNNAMED or axis.ctype.startswith(("LINEAR", "LOG-LIN")) or _is_spectral(axis.ctype)


def _multispec(axis: _Axis) -> SpectralCoverage | None:
    """IRAF's MULTISPEC: each ``specN = "ap beam dtype w1 dw nw z aplow aphigh …"``."""
    if axis.number != 1 or not axis.ctype.startswith("MULTISPE"):
        return None
    attributes = iraf_attributes(axis.header, 2)
    unit = iraf_attributes(axis.header, 1).get("units", "angstroms")
    ends: list[float] = []
    for name, text in attributes.items():
        words = text.split()
        if not name.startswith("spec") or len(words) < 6:
            continue
        try:
            kind, start, step, count = int(words[2]), float(words[3]), float(words[4]), int(words[5])
        except ValueError:
            continue
        if kind < 0:
            continue
        values = [start, start + step * (count - 1)]
        ends += [10**v for v in values if abs(v) < 10] if kind == 1 else values
    if not ends:
        return None
    return from_values(
        min(ends), max(ends), unit, count=axis.length, how="IRAF MULTISPEC", house="iraf-multispec", axis=axis.number
    )


#: A logarithm beyond this is none of a wavelength, in whatever unit.
_MOST_DECADES = 30


def _coefficients(axis: _Axis) -> SpectralCoverage | None:
    first, step = axis.header.number("COEFF0"), axis.header.number("COEFF1")
    if axis.number != 1 or first is None or not step or not 1 < first < 8:
        return None
    ends = (first - step / 2, first + (axis.length - 0.5) * step)
    if max(map(abs, ends)) > _MOST_DECADES:
        return None
    low, high = sorted(10**end for end in ends)
    air = axis.header.get("VACUUM") in (False, 0, "F")
    return from_values(
        low,
        high,
        "Angstrom",
        count=axis.length,
        how="COEFF0, COEFF1",
        air=air,
        house="coeff-log-linear",
        axis=axis.number,
    )


def _log_linear(axis: _Axis) -> SpectralCoverage | None:
    ends = axis.ends
    if axis.header.integer("DC-FLAG", -1) != 1 or ends is None or max(map(abs, ends)) > 9:
        return None
    unit, _ = _unit(axis)
    return from_values(
        10 ** ends[0], 10 ** ends[1], unit or "Angstrom", count=axis.length, how=f"DC-FLAG = 1 on axis {axis.number}",
        house="iraf-log-linear", axis=axis.number,
    )  # fmt: skip


def _unit(axis: _Axis) -> tuple[str, str]:
    """The axis's unit and the house rule that knows it."""
    written = axis.header.text(f"CUNIT{axis.number}") or ""
    if _is_spectral(written):
        return written, "linear-unit"
    if not written and _is_spectral(axis.ctype):
        return axis.ctype, "unit-as-type"
    attributes = iraf_attributes(axis.header, axis.number)
    given = attributes.get("units", "")
    if _is_spectral(given):
        return given, "iraf-wat"
    if not written and not given and attributes.get("axtype", "").lower() in ("wave", "wavelength"):
        return "Angstrom", "iraf-wat"
    return "", ""


#: Lengths that only wavelengths are measured in; an image's axis in millimetres is a detector's.
_WAVELENGTHS = (u.AA, u.nm, u.um)


def _is_spectral(text: str) -> bool:
    unit = parse_unit(text)
    if unit is None:
        return False
    return unit in _WAVELENGTHS or any(unit.is_equivalent(si) for si in (u.Hz, u.eV, u.m**-1))


_LOG_UNIT = re.compile(r"\s*log(?:10)?\s*[(\[ ]\s*(\w+)", re.I)


def _log_unit(axis: _Axis) -> SpectralCoverage | None:
    """An axis whose unit is the logarithm of one: ``LOG10(ANGSTROM)``."""
    match = _LOG_UNIT.match(axis.header.text(f"CUNIT{axis.number}") or "")
    ends = axis.ends
    if match is None or ends is None or not _is_spectral(match[1]) or max(map(abs, ends)) > _MOST_DECADES:
        return None
    low, high = sorted(10**end for end in ends)
    how = f"axis {axis.number} in {match[0]})"
    return from_values(low, high, match[1], count=axis.length, how=how, house="linear-unit", axis=axis.number)


def _linear(axis: _Axis) -> SpectralCoverage | None:
    unit, rule = _unit(axis)
    ends = axis.ends
    if not unit or ends is None or min(ends) <= 0:
        return None
    how = f"{axis.ctype or 'unnamed'} axis {axis.number} in {unit}"
    return from_values(*ends, unit, count=axis.length, how=how, house=rule, axis=axis.number)


_LINEAR_RULES: tuple[Callable[[_Axis], SpectralCoverage | None], ...] = (
    _multispec,
    _coefficients,
    _log_linear,
    _log_unit,
    _linear,
)


def log_energy(header: Header) -> SpectralCoverage | None:
    """Fermi's ``log_Energy`` axis: natural logarithm of MeV; its pixels are nodes, not bins."""
    for number, length in enumerate(image_shape(header), start=1):
        axis = _Axis(header, number, length)
        if axis.ctype.replace(" ", "_") != "LOG_ENERGY" or axis.ends is None or max(map(abs, axis.ends)) > 50:
            continue
        half = (axis.ends[1] - axis.ends[0]) / length / 2
        low, high = math.exp(axis.ends[0] + half), math.exp(axis.ends[1] - half)
        return from_values(low, high, "MeV", count=length, how=f"axis {number}", house="log-energy-axis", axis=number)
    return None


def documented() -> Iterator[HouseRule]:
    """All house rules, for the documentation."""
    yield from RULES.values()
