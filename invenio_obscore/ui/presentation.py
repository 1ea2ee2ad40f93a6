"""ObsCore values as a page for people shows them: pure functions, nothing here knows HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..registry.words import day_of

#: From this wavelength in metres on: unit, and metres a unit.
_UNITS: tuple[tuple[float, str, float], ...] = (
    (0.0, "pm", 1e-12),
    (1e-10, "nm", 1e-9),
    (1e-6, "µm", 1e-6),
    (1e-3, "mm", 1e-3),
    (1e-2, "cm", 1e-2),
    (1.0, "m", 1.0),
)
#: Shorter wavelengths than these metres are photon energies: from this many electronvolts on, unit and its size.
_GAMMA = 1e-11
_METRES_EV = 1.239841984e-6
_ENERGIES = ((0.0, "keV", 1e3), (1e6, "MeV", 1e6), (1e9, "GeV", 1e9), (1e12, "TeV", 1e12))
_DASH = "\u2013"
_MINUS = "\u2212"
_THIN = "\u202f"
_NO_BREAK = "\u00a0"


def position(row: Mapping[str, Any]) -> str:
    """Right ascension and declination in degrees (ICRS), to a third of an arcsecond."""
    ra, dec = row.get("s_ra"), row.get("s_dec")
    if ra is None or dec is None:
        return ""
    sign = "+" if dec >= 0 else _MINUS
    return f"{ra:.4f}{_NO_BREAK}{sign}{abs(dec):.4f}"


def field_of_view(row: Mapping[str, Any]) -> str:
    """Diameter of the field in the unit that suits it."""
    fov = row.get("s_fov")
    if fov is None:
        return ""
    for limit, factor, unit in ((1.0, 1.0, "°"), (1 / 60, 60.0, "′"), (0.0, 3600.0, "″")):
        if fov >= limit:
            return f"{fov * factor:.3g}{unit}"
    return ""


def spectral_coverage(row: Mapping[str, Any]) -> str:
    """The interval of vacuum wavelengths, of gamma rays that of energies."""
    known: list[float] = [value for name in ("em_min", "em_max") if (value := row.get(name)) is not None]
    if not known:
        return ""
    low, high, units = known[0], known[-1], _UNITS
    if 0 < low <= high < _GAMMA:
        low, high, units = _METRES_EV / high, _METRES_EV / low, _ENERGIES
    unit, size = next((name, step) for limit, name, step in reversed(units) if high >= limit or not limit)
    begin, end = f"{low / size:.4g}", f"{high / size:.4g}"
    return f"{begin}{_THIN}{unit}" if begin == end else f"{begin}{_DASH}{end}{_THIN}{unit}"


def time_coverage(row: Mapping[str, Any]) -> str:
    """The days of the observation (UTC)."""
    known = [row.get(name) for name in ("t_min", "t_max")]
    days = [day for day in (day_of(value) for value in known if value is not None) if day]
    if not days:
        return ""
    return days[0] if days[0] == days[-1] else f"{days[0]} {_DASH} {days[-1]}"


def cell(column: str, value: Any) -> str:  # noqa: ANN401 - a value of any column
    """A value of any column: dates and lengths with their unit, everything else as it stands."""
    if column in ("t_min", "t_max"):
        return day_of(value) or ""
    if column in ("em_min", "em_max"):
        return spectral_coverage({"em_min": value})
    if column in ("s_fov", "s_resolution"):
        return field_of_view({"s_fov": value if column == "s_fov" else value / 3600})
    if column in ("s_ra", "s_dec"):
        return f"{value:.5f}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def file_size(row: Mapping[str, Any]) -> str:
    """The size of what the access address delivers."""
    kilobytes = row.get("access_estsize")
    if kilobytes is None:
        return ""
    for unit, size in (("GB", 1024**2), ("MB", 1024)):
        if kilobytes >= size:
            return f"{kilobytes / size:.3g}{_NO_BREAK}{unit}"
    return f"{kilobytes}{_NO_BREAK}kB"
