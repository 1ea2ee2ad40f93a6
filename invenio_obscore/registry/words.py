"""What data products cover, in words: the same sentence in DOI metadata, JSON-LD and registry records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

_MJD_EPOCH = datetime(1858, 11, 17)
#: Shortest length written in a unit (metres), the unit, metres of one.
_LENGTHS = ((1e-2, "m", 1.0), (1e-3, "mm", 1e-3), (1e-6, "µm", 1e-6), (1e-9, "nm", 1e-9), (0.0, "pm", 1e-12))
_MOST_NAMES = 5


def day_of(mjd: float) -> str | None:
    """The UTC date of a Modified Julian Date, None outside of the calendar's years."""
    try:
        return (_MJD_EPOCH + timedelta(days=mjd)).date().isoformat()
    except (OverflowError, ValueError):
        return None


def interval_of_days(t_min: float | None, t_max: float | None) -> tuple[str, str] | None:
    """First and last UTC date of an interval of Modified Julian Dates; None where nothing is known."""
    known = [day for day in (day_of(t) for t in (t_min, t_max) if t is not None) if day]
    return (known[0], known[-1]) if known else None


def length(metres: float) -> str:
    """A wavelength with the unit that suits it."""
    unit, size = next((unit, size) for least, unit, size in _LENGTHS if metres >= least)
    return f"{metres / size:.4g} {unit}"


def position(rows: Sequence[Mapping[str, Any]]) -> str:
    """Where on the sky the rows are (ICRS), to the arcminute; empty where they are all over it or nobody knows."""
    places = [(row["s_ra"], row["s_dec"], row.get("s_fov") or 0.0) for row in rows if _has_place(row)]
    if not places:
        return ""
    vectors = [_unit(ra, dec) for ra, dec, _ in places]
    total = [sum(axis) / len(vectors) for axis in zip(*vectors)]
    norm = math.sqrt(sum(axis * axis for axis in total))
    if norm < 0.9:
        return ""
    middle = [axis / norm for axis in total]
    reach = max(_separation(middle, vector) + fov / 2 for vector, (_, _, fov) in zip(vectors, places))
    ra = math.degrees(math.atan2(middle[1], middle[0])) % 360
    dec = math.degrees(math.asin(max(-1.0, min(1.0, middle[2]))))
    within = f", within {reach:.2g}°" if reach >= 0.005 else ""
    return f"RA {ra:.2f}°, Dec {dec:+.2f}° (ICRS){within}"


def _has_place(row: Mapping[str, Any]) -> bool:
    return row.get("s_ra") is not None and row.get("s_dec") is not None


def _unit(ra: float, dec: float) -> tuple[float, float, float]:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def _separation(a: Sequence[float], b: Sequence[float]) -> float:
    return math.degrees(2 * math.asin(min(1.0, math.dist(a, b) / 2)))


def sentence(facts: Mapping[str, Any]) -> str:
    """What the products are, of what, from where, when and in which light; empty without products.

    Parameters
    ----------
    facts
        ``products`` (their number), ``product_type``, ``target``, ``facility``, ``instrument``, ``band`` (lists),
        ``t_min``, ``t_max`` (MJD), ``em_min``, ``em_max`` (metres in vacuum), ``position`` (text).
    """
    number = int(facts.get("products") or 0)
    if not number:
        return ""
    parts = [f"{number:,} data product{'s' if number != 1 else ''}"]
    for before, names in (
        ("", facts.get("product_type")),
        ("of ", facts.get("target")),
        ("taken with ", facts.get("instrument")),
        ("at ", facts.get("facility")),
    ):
        if names:
            parts.append(f"({_some(names)})" if not before else before + _some(names))
    return _joined(parts, _where(facts), _when(facts), _light(facts))


def _joined(parts: list[str], *more: str) -> str:
    return " ".join(parts) + "".join(f"; {part}" for part in more if part) + "."


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and others" if len(names) > _MOST_NAMES else shown


def _where(facts: Mapping[str, Any]) -> str:
    return f"position {facts['position']}" if facts.get("position") else ""


def _when(facts: Mapping[str, Any]) -> str:
    days = interval_of_days(facts.get("t_min"), facts.get("t_max"))
    if days is None:
        return ""
    return f"observed on {days[0]} (UTC)" if days[0] == days[1] else f"observed from {days[0]} to {days[1]} (UTC)"


def _light(facts: Mapping[str, Any]) -> str:
    low, high = facts.get("em_min"), facts.get("em_max")
    bands = facts.get("band") or []
    named = f" ({', '.join(bands)})" if bands else ""
    if low is None or high is None:
        return f"spectral bands {', '.join(bands)}" if bands else ""
    return f"wavelengths from {length(low)} to {length(high)}{named}"
