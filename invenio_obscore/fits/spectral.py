"""Spectral axes to wavelength in vacuum, metres (FITS 4.0, section 8.4; Greisen et al. 2006; AIPS)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy import units as u

from ..errors import FitsError
from .cards import Header
from .values import HC_EV, SPEED_OF_LIGHT, parse_unit, vacuum_from_air
from .wcs import Lookup, alternates, axis_count, build, image_shape, pixel_to_world


@dataclass(frozen=True)
class SpectralKind:
    """A kind of spectral coordinate: its UCD, its SI unit, and the way to vacuum metres."""

    name: str
    ucd: str
    si: u.UnitBase
    to_metres: Callable[[float, float], float]


def _velocity_radio(value: float, rest: float) -> float:
    return rest / (1 - value / SPEED_OF_LIGHT)


def _velocity_optical(value: float, rest: float) -> float:
    return rest * (1 + value / SPEED_OF_LIGHT)


def _velocity_relativistic(value: float, rest: float) -> float:
    beta = value / SPEED_OF_LIGHT
    return rest * math.sqrt((1 + beta) / (1 - beta)) if abs(beta) < 1 else math.nan


def _reciprocal(value: float, factor: float) -> float:
    return factor / value if value else math.nan


_MPS = u.m / u.s
_WAVE = SpectralKind("wavelength", "em.wl", u.m, lambda v, _: v)
_KINDS = {
    "WAVE": _WAVE,
    "AWAV": SpectralKind("wavelength in air", "em.wl", u.m, lambda v, _: vacuum_from_air(v)),
    "FREQ": SpectralKind("frequency", "em.freq", u.Hz, lambda v, _: _reciprocal(v, SPEED_OF_LIGHT)),
    "ENER": SpectralKind("energy", "em.energy", u.eV, lambda v, _: _reciprocal(v, HC_EV)),
    "WAVN": SpectralKind("wavenumber", "em.wavenumber", u.m**-1, lambda v, _: _reciprocal(v, 1.0)),
    "VRAD": SpectralKind("radio velocity", "spect.dopplerVeloc.radio", _MPS, _velocity_radio),
    "VOPT": SpectralKind("optical velocity", "spect.dopplerVeloc.opt", _MPS, _velocity_optical),
    "ZOPT": SpectralKind("redshift", "src.redshift", u.dimensionless_unscaled, lambda v, rest: rest * (1 + v)),
    "VELO": SpectralKind("velocity", "spect.dopplerVeloc", _MPS, _velocity_relativistic),
}
_KINDS["BETA"] = SpectralKind(
    "beta factor",
    "spect.dopplerVeloc",
    u.dimensionless_unscaled,
    lambda v, rest: _velocity_relativistic(v * SPEED_OF_LIGHT, rest),
)

#: Names of axes beside the standard's, by their upper-case text; what a house rule understands (documented there).
_OTHER_NAMES = {
    "LAMBDA": "WAVE", "WAVELENGTH": "WAVE", "WAVELEN": "WAVE", "WAVELNTH": "WAVE", "WLEN": "WAVE", "LAMBDA--": "WAVE",
    "FREQUENCY": "FREQ", "FREQ-OBS": "FREQ", "FREQ-LSR": "FREQ", "FREQ-HEL": "FREQ", "FREQ-GEO": "FREQ",
    "ENERGY": "ENER",
    "PHOTON ENERGY": "ENER", "WAVENUMBER": "WAVN", "WAVENUMB": "WAVN", "VELOCITY": "VRAD", "VELOC": "VRAD",
    "VRADIO": "VRAD", "VOPTICAL": "VOPT", "FELO": "VOPT", "VELO-F2V": "VELO", "AIR WAVELENGTH": "AWAV",
}  # fmt: skip
#: Of these, the ones that no convention gives a unit.
_NEED_UNIT = frozenset(
    {"WAVELENGTH", "WAVELEN", "WAVELNTH", "WLEN", "ENERGY", "PHOTON ENERGY", "WAVENUMBER", "AIR WAVELENGTH"}
)
#: The shortest and longest waves that anyone observes, in metres.
_LOWEST, _HIGHEST = 1e-22, 300.0
_AIPS_VELOCITY = ("LSR", "HEL", "OBS", "GEO", "BAR")
_UNIT_KINDS = (("WAVE", u.m), ("FREQ", u.Hz), ("ENER", u.eV), ("WAVN", u.m**-1))


@dataclass(frozen=True)
class SpectralCoverage:
    """What a spectral axis covers.

    Attributes
    ----------
    low, high
        Vacuum wavelengths in metres, of the outer pixel edges.
    count
        Samples.
    ucd, unit
        Of the axis as the file has it.
    axis
        FITS axis, from 1; 0 where it is none of the image's.
    how
        In words.
    step
        Mean width of a sample in metres.
    house
        Name of the house rule that was needed, or an empty text.
    """

    low: float
    high: float
    count: int
    ucd: str
    unit: str
    axis: int = 0
    how: str = ""
    house: str = ""
    raw: str = ""

    @property
    def step(self) -> float:
        """Mean width of a sample in metres."""
        return (self.high - self.low) / max(1, self.count)


def coverage(
    kind: SpectralKind,
    values: tuple[float, float],
    rest: float,
    *,
    count: int,
    unit: str,
    axis: int = 0,
    how: str = "",
    house: str = "",
    raw: str = "",
) -> SpectralCoverage | None:
    """The coverage of two axis values (SI); None where they mean no wavelength."""
    try:
        ends = sorted(kind.to_metres(v, rest) for v in values)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    if not all(math.isfinite(e) and e > 0 for e in ends):
        return None
    return SpectralCoverage(ends[0], ends[1], count, kind.ucd, unit, axis, how or kind.name, house, raw)


def spectral_kind(ctype: str, header: Header) -> tuple[SpectralKind | None, str, str]:
    """The kind of a CTYPE, its algorithm code (``LOG``, ``F2W`` …), and the house rule that was needed."""
    text = ctype.upper().strip()
    if text in _OTHER_NAMES:
        kind = _OTHER_NAMES[text]
        return _KINDS[kind], "", "axis-name" if text in _NEED_UNIT else "aips-axis-name"
    base, code = text[:4].rstrip("-"), text[5:8]
    if base in ("VELO", "FELO") and (code in _AIPS_VELOCITY or not code):
        return _aips_velocity(base, code, header), "", ""
    if base in _KINDS:
        return _KINDS[base], code if code not in _AIPS_VELOCITY else "", ""
    return None, "", ""


def _aips_velocity(base: str, code: str, header: Header) -> SpectralKind:
    """VELO and FELO of AIPS (FITS 4.0, section 8.4.1): radio where VELREF is above 256, else optical."""
    if base == "FELO":
        return _KINDS["VOPT"]
    reference = header.integer("VELREF")
    if reference > 256 or (not reference and code):
        return _KINDS["VRAD"]
    return _KINDS["VOPT"] if reference else _KINDS["VELO"]


def rest_wavelength(header: Header, alternate: str = "") -> float:
    """Vacuum wavelength of the rest line in metres, or NaN."""
    for keyword in (f"RESTFRQ{alternate}", "RESTFRQ", "RESTFREQ", "REST_FRQ", "FREQ0", "LINEFREQ", "RESTFREQ1"):
        number = header.number(keyword)
        if number and number > 0:
            unit = (
                parse_unit(header.comment(keyword).split("]")[0].lstrip(" ["))
                if "[" in header.comment(keyword)[:2]
                else None
            )
            factor = unit.to(u.Hz) if unit is not None and unit.is_equivalent(u.Hz) else 1.0
            return SPEED_OF_LIGHT / (number * factor)
    for keyword in (f"RESTWAV{alternate}", "RESTWAV", "RESTWAVE"):
        number = header.number(keyword)
        if number and number > 0:
            return number
    return math.nan


def spectral_axis(header: Header) -> tuple[int, str] | None:
    """Number and alternate letter of the first spectral axis."""
    for letter in alternates(header):
        for axis in range(1, axis_count(header, letter) + 1):
            kind, _, _ = spectral_kind(str(header.get(f"CTYPE{axis}{letter}", "")), header)
            if kind is not None:
                return axis, letter
    return None


def spectral_coverage(
    header: Header, count: int | None = None, lookup: Lookup | None = None
) -> SpectralCoverage | None:
    """What the spectral axis of an image covers; None where there is none or it cannot be told.

    Raises
    ------
    FitsError
        There is one, and its description makes no sense.
    """
    found = spectral_axis(header)
    if found is None:
        return None
    axis, letter = found
    shape = image_shape(header)
    length = count or (shape[axis - 1] if axis <= len(shape) else 1)
    ctype = str(header.get(f"CTYPE{axis}{letter}", ""))
    kind, code, house = spectral_kind(ctype, header)
    if kind is None or length < 1:
        return None
    written = header.text(f"CUNIT{axis}{letter}") or ""
    values, unit = _edge_values(header, axis, letter, kind, code, length, written, house == "axis-name", lookup)
    rest = rest_wavelength(header, letter)
    if kind is _KINDS["FREQ"] and min(values) <= 0 and not math.isnan(rest):
        # No light has a frequency of 0: the axis counts from the rest frequency, as CLASS has it.
        values, house = (values[0] + SPEED_OF_LIGHT / rest, values[1] + SPEED_OF_LIGHT / rest), "offset-frequency"
    raw = f"{ctype} {written}".strip()
    result = coverage(
        kind, values, rest, count=length, unit=unit, axis=axis, how=f"{ctype} axis {axis}", house=house, raw=raw
    )
    if result is None and length == 1:
        # One sample that the axis' step makes wider than its value: the value itself.
        middle = sum(values) / 2
        result = coverage(kind, (middle, middle), rest, count=1, unit=unit, axis=axis, how=ctype, house=house, raw=raw)
    if result is not None and house and not _LOWEST < result.low <= result.high < _HIGHEST:
        # Metres are what the standard says of WAVE; of another name they are only a custom, which this value breaks.
        raise FitsError(f"axis {axis} ({ctype}) without a unit gives {result.low:g} m, no light that telescopes see")
    if result is None:
        lacking = " without a rest frequency" if kind.name in _NEED_REST and math.isnan(rest) else ""
        raise FitsError(f"axis {axis} ({ctype}){lacking} gives no wavelength")
    return result


_NEED_REST = frozenset({"radio velocity", "optical velocity", "redshift", "velocity", "beta factor"})


def _edge_values(
    header: Header,
    axis: int,
    letter: str,
    kind: SpectralKind,
    code: str,
    length: int,
    written: str,
    needs_unit: bool,
    lookup: Lookup | None,
) -> tuple[tuple[float, float], str]:
    """Axis values (SI of the kind) at the outer pixel edges, and the unit's text."""
    unit = parse_unit(written) if written else None if needs_unit else kind.si
    if unit is None or not unit.is_equivalent(kind.si):
        raise FitsError(f"CUNIT{axis} is {written!r}, no unit of a {kind.name} axis")
    pixels = (0.5, length + 0.5)
    if code == "TAB":
        # A table has no values beyond its first and last entry.
        return _through_wcslib(header, axis, letter, (1.0, float(length)), kind.si, lookup), unit.to_string()
    if code and code != "LOG":
        return _through_wcslib(header, axis, letter, pixels, kind.si, lookup), unit.to_string()
    factor = float(unit.to(kind.si))
    reference = header.number(f"CRVAL{axis}{letter}") or 0.0
    offsets = [(p - _or(header.number(f"CRPIX{axis}{letter}"), 0.0)) * _step(header, axis, letter) for p in pixels]
    if code == "LOG":
        if not reference:
            raise FitsError(f"CRVAL{axis} of a logarithmic axis is 0")
        ends = [reference * math.exp(min(700.0, o / reference)) for o in offsets]
    else:
        ends = [reference + o for o in offsets]
    return (ends[0] * factor, ends[1] * factor), unit.to_string()


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _step(header: Header, axis: int, letter: str = "") -> float:
    """Increment along one axis, from CDi_i, or CDELTi and PCi_i."""
    matrix = header.number(f"CD{axis}_{axis}{letter}")
    delta = header.number(f"CDELT{axis}{letter}")
    if matrix:
        return matrix
    if delta is None:
        return 1.0 if matrix is None else delta or 0.0
    return delta * _or(header.number(f"PC{axis}_{axis}{letter}"), 1.0)


def _through_wcslib(
    header: Header, axis: int, letter: str, pixels: tuple[float, float], si: u.UnitBase, lookup: Lookup | None
) -> tuple[float, float]:
    """Axis values in SI: wcslib turns most units into SI ones, and leaves those of tables."""
    wcs = build(header, (axis,), letter, lookup)
    world = pixel_to_world(wcs, np.array([[p] for p in pixels]))
    unit = parse_unit(str(wcs.wcs.cunit[0])) or si
    factor = float(unit.to(si)) if unit.is_equivalent(si) else 1.0
    return float(world[0, 0]) * factor, float(world[1, 0]) * factor


def table_kind(name: str, unit_text: str, ucd: str = "") -> tuple[SpectralKind, u.UnitBase] | None:
    """Kind and unit of a column or an axis that its unit describes; None where it is no unit of light."""
    unit = parse_unit(unit_text)
    if unit is None:
        return None
    for code, si in _UNIT_KINDS:
        if unit.is_equivalent(si):
            air = code == "WAVE" and ("air" in name.lower() or "air" in ucd.lower())
            return _KINDS["AWAV" if air else code], unit
    return None


def from_values(
    low: float,
    high: float,
    unit_text: str,
    *,
    name: str = "",
    count: int = 0,
    how: str = "",
    air: bool = False,
    house: str = "",
    axis: int = 0,
    raw: str = "",
) -> SpectralCoverage | None:
    """Coverage of two values in a unit of wavelength, frequency, energy or wavenumber."""
    found = table_kind("air" if air else name, unit_text)
    if found is None:
        return None
    kind, unit = found
    factor = float(unit.to(kind.si))
    return coverage(
        kind, (low * factor, high * factor), math.nan, count=count, unit=unit.to_string(), axis=axis, how=how,
        house=house, raw=raw or f"{low:.10g} {high:.10g}",
    )  # fmt: skip
