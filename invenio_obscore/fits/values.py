"""Header values as quantities: units as people spell them, sexagesimal angles, dates and times of every form.

Units: FITS 4.0, section 4.3; times: section 9 (Rots et al. 2015), and the forms that came before.
"""

from __future__ import annotations

import math
import re
import warnings
from datetime import date
from functools import lru_cache

import erfa
from astropy import units as u
from astropy.time import Time

from .cards import Header, parse_real

SPEED_OF_LIGHT = 299_792_458.0
#: Planck constant times speed of light, in eV m.
HC_EV = 1.239841984332e-6

#: Spellings that the standard doesn't know, by their lower-case text without a plural's s.
_SPELLINGS = {
    "angstrom": "Angstrom", "ang": "Angstrom", "aa": "Angstrom", "a": "Angstrom", "å": "Angstrom",
    "angstroem": "Angstrom",
    "angtrom": "Angstrom", "0.1nm": "Angstrom", "0.1 nm": "Angstrom", "10**-10 m": "Angstrom", "1e-10 m": "Angstrom",
    "nanometer": "nm", "nanometre": "nm", "nm": "nm", "micron": "um", "um": "um", "micrometer": "um",
    "micrometre": "um",
    "µm": "um", "mu": "um", "micro-m": "um", "micro m": "um", "mum": "um", "meter": "m", "metre": "m",
    "hz": "Hz", "hertz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz", "thz": "THz",
    "ev": "eV", "kev": "keV", "mev": "MeV", "gev": "GeV", "tev": "TeV",
    "m/s": "m/s", "m/sec": "m/s", "m s-1": "m/s", "ms-1": "m/s", "km/s": "km/s", "km/sec": "km/s", "km s-1": "km/s",
    "kms-1": "km/s", "kmps": "km/s", "km s^-1": "km/s", "cm-1": "cm-1", "cm^-1": "cm-1", "1/cm": "cm-1",
    "deg": "deg", "degree": "deg", "degs": "deg", "arcsec": "arcsec", "asec": "arcsec", "arcsecond": "arcsec",
    "arcmin": "arcmin",
    "amin": "arcmin", "mas": "mas", "rad": "rad", "radian": "rad", "hr": "h", "hour": "h", "h": "h",
    "sec": "s", "second": "s", "s": "s", "min": "min", "minute": "min", "ms": "ms", "msec": "ms", "d": "d",
    "day": "d",
    "jd": "d", "mjd": "d", "bjd": "d", "btjd": "d", "bkjd": "d", "year": "yr", "yr": "yr",
}  # fmt: skip


@lru_cache(maxsize=2000)
def parse_unit(text: str) -> u.UnitBase | None:
    """The unit that a text names, or None; spellings in use beside the standard's are understood."""
    text = text.strip().strip("[]").strip()
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    if not text or len(text) > 60:
        return None
    lower = text.lower()
    known = _SPELLINGS.get(lower) or (_SPELLINGS.get(lower.rstrip("s")) if len(lower) > 2 else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for candidate in (known, text, text.replace("**", "^")):
            if candidate:
                unit = _astropy_unit(candidate)
                if unit is not None:
                    return unit
    return None


_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_NAME = re.compile(r"[^\W\d_]+")
_FUNCTIONS = frozenset({"sqrt", "log", "exp", "mag", "dex", "dB", "ln"})


@lru_cache(maxsize=1)
def _known_names() -> frozenset[str]:
    return frozenset(u.get_current_unit_registry().registry) | _FUNCTIONS


def _astropy_unit(text: str) -> u.UnitBase | None:
    # astropy looks for similar names before it says no, which takes longer than all else that is done with a file.
    if not all(name in _known_names() for name in _NAME.findall(_NUMBER.sub(" ", text))):
        return None
    for form in ("fits", None):
        try:
            unit = u.Unit(text, format=form)
        except (ValueError, TypeError, u.UnitsError, ZeroDivisionError, OverflowError, RecursionError):
            continue
        return unit if isinstance(unit, u.UnitBase) and _is_usable(unit) else None
    return None


def _is_usable(unit: u.UnitBase) -> bool:
    """Whether a unit's scale is a positive number of usual size (hostile texts make others)."""
    try:
        scale = unit.decompose().scale
    except (u.UnitsError, ArithmeticError, ValueError, TypeError):
        return False
    return isinstance(scale, (int, float)) and math.isfinite(scale) and 1e-60 < scale < 1e60


_COMMENT_UNIT = re.compile(r"^\s*\[([^\]]{1,30})\]")
_WORD_UNIT = re.compile(
    r"\b(?:in\s+)?\(?(seconds?|secs?|minutes?|hours?|days?|arcsec(?:onds?)?|degrees?|milliseconds?|msec)\b", re.I
)


def card_unit(header: Header, keyword: str) -> u.UnitBase | None:
    """The unit that a card gives itself: ``[s] exposure`` in its comment, or ``'30 min'`` in its value."""
    value = header.get(keyword)
    if isinstance(value, str):
        words = value.split()
        if len(words) == 2:
            return parse_unit(words[1])
    match = _COMMENT_UNIT.match(header.comment(keyword))
    return parse_unit(match[1]) if match else None


def comment_time_unit(header: Header, keyword: str) -> u.UnitBase | None:
    """A time unit that a card's comment names in words (``exposure in minutes``)."""
    match = _WORD_UNIT.search(header.comment(keyword))
    unit = parse_unit(match[1]) if match else None
    return unit if unit is not None and unit.physical_type == "time" else None


# Angles

_SEXAGESIMAL = re.compile(
    r"\s*([+-]?)\s*(\d{1,3})\s*(?:[:hd°\s])\s*(\d{1,2}(?:\.\d*)?)\s*(?:[:m'\s]\s*(\d{1,2}(?:\.\d*)?)?\s*(?:s|\"|'')?)?\s*$",
    re.I,
)


def parse_angle(text: str) -> tuple[float, bool] | None:
    """A number from an angle's text, and whether it was sexagesimal (then in units of its first part)."""
    number = parse_real(text)
    if number is not None:
        return number, False
    match = _SEXAGESIMAL.match(text)
    if not match:
        return None
    minutes, seconds = float(match[3]), float(match[4] or 0)
    if minutes >= 60.5 or seconds >= 60.5:
        return None
    size = float(match[2]) + minutes / 60 + seconds / 3600
    return (-size if match[1] == "-" else size), True


# Times

#: The proleptic ordinal of Python's dates on MJD 0.
_ORDINAL_OF_MJD = date(1858, 11, 17).toordinal()
_WHOLE_YEAR = -1
_ISO = re.compile(r"\s*([+-]?\d{4,5})[-:/.](\d{1,2})[-:/.](\d{1,2})(?:[T\s:]+(.*))?$")
_OLD = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})(?:[T\s]+(.*))?$")
_NAMED = re.compile(r"\s*(\d{1,2})[-\s/.]([A-Za-z]{3})[a-z]*\.?[-\s/.](\d{2}|\d{4})(?:[T\s]+(.*))?$")
_NAMED_BETWEEN = re.compile(r"\s*(\d{4})[-\s/.]([A-Za-z]{3})[a-z]*[-\s/.](\d{1,2})(?:[T\s]+(.*))?$")
#: What C's asctime and IRAF write: ``Tue Nov 2 18:38:21 2010``.
_ASCTIME = re.compile(r"\s*(?:[A-Za-z]{3},?\s+)?([A-Za-z]{3})[a-z]*\s+(\d{1,2})\s+([\d:.]+)\s+(\d{4})$")
_MONTH_FIRST = re.compile(r"\s*([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})(?:[T,\s]+(.*))?$")
#: A day of the year: ``2004-123``, ``2004:123:12:30:00``.
_DAY_OF_YEAR = re.compile(r"\s*(\d{4})[-:/](\d{3})(?:[T:\s]+(.*))?$")
_COMPACT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:[T_]?(\d{2})(\d{2})(\d{2}))?$")
_CLOCK = re.compile(
    r"\s*(\d{1,2})(?:[:h]\s*(\d{1,2})(?:[:m]\s*(\d{1,2}(?:[.,]\d*)?)s?)?)?\s*(?:Z|UTC?|GMT)?\s*([+-]\d\d:?\d\d)?$", re.I
)
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}


def parse_clock(text: str) -> float | None:
    """A time of day as a fraction of a day, from ``hh:mm[:ss]`` or hours."""
    match = _CLOCK.match(text)
    if not match or match[2] is None:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), float((match[3] or "0").replace(",", "."))
    if hours > 24 or minutes > 60 or seconds >= 61:
        return None
    offset = 0.0
    if match[4]:
        digits = match[4].replace(":", "")
        offset = (1 if digits[0] == "+" else -1) * (int(digits[1:3]) * 60 + int(digits[3:5]))
    return (hours * 60 + minutes - offset) / 1440 + seconds / 86400


def parse_date(text: str) -> tuple[float, bool] | None:
    """MJD of a calendar text, and whether it has a time of day (FITS 4.0, section 4.4.2.1; old ``dd/mm/yy``)."""
    text = text.strip()
    parts = _calendar(text)
    if parts is None:
        return None
    year, month, day, clock = parts
    try:
        # The day of a year is counted from its first; months have their own number of days.
        first, extra = (1, day - 1) if month == _WHOLE_YEAR else (day, 0)
        mjd = date(year, 1 if month == _WHOLE_YEAR else month, first).toordinal() + extra - _ORDINAL_OF_MJD
    except ValueError:
        return None
    fraction = parse_clock(clock) if clock else None
    if clock and fraction is None:
        return (float(mjd), False) if not clock.strip("0:. ") else None
    return float(mjd) + (fraction or 0.0), fraction is not None


def _calendar(text: str) -> tuple[int, int, int, str] | None:
    """Year, month (`_WHOLE_YEAR` where the day is the year's), day, time of day."""
    match = _ISO.match(text)
    if match:
        return int(match[1]), int(match[2]), int(match[3]), match[4] or ""
    match = _OLD.match(text)
    if match:
        return _year(match[3]), int(match[2]), int(match[1]), match[4] or ""
    named = _named_month(text)
    if named is not None:
        return named
    match = _DAY_OF_YEAR.match(text)
    if match and 1 <= int(match[2]) <= 366:
        return int(match[1]), _WHOLE_YEAR, int(match[2]), match[3] or ""
    match = _COMPACT.match(text)
    if match and 1850 <= int(match[1]) <= 2200:
        clock = f"{match[4]}:{match[5]}:{match[6]}" if match[4] else ""
        return int(match[1]), int(match[2]), int(match[3]), clock
    return None


def _named_month(text: str) -> tuple[int, int, int, str] | None:
    """A date whose month is a word."""
    match = _NAMED.match(text)
    if match and match[2].lower() in _MONTHS:
        # No convention bounds these years, as one does dd/mm/yy; the first such files are of the 1970s.
        year = _year(match[3]) + (100 if len(match[3]) == 2 and int(match[3]) < 60 else 0)
        return year, _MONTHS[match[2].lower()], int(match[1]), match[4] or ""
    match = _NAMED_BETWEEN.match(text)
    if match and match[2].lower() in _MONTHS:
        return int(match[1]), _MONTHS[match[2].lower()], int(match[3]), match[4] or ""
    match = _MONTH_FIRST.match(text)
    if match and match[1].lower() in _MONTHS:
        return int(match[3]), _MONTHS[match[1].lower()], int(match[2]), match[4] or ""
    match = _ASCTIME.match(text)
    if match and match[1].lower() in _MONTHS:
        return int(match[4]), _MONTHS[match[1].lower()], int(match[2]), match[3]
    return None


def _year(digits: str) -> int:
    """Two digits mean 1900 to 1999 (FITS 4.0, section 4.4.2.1)."""
    return int(digits) + (1900 if len(digits) == 2 else 0)


#: Scales that differ from UTC, by the names in use (FITS 4.0, table 30).
SCALES = {
    "TT": "tt", "TDT": "tt", "ET": "tt", "TAI": "tai", "IAT": "tai", "TDB": "tdb", "TCB": "tcb", "TCG": "tcg",
    "GPS": "gps",
}  # fmt: skip


@lru_cache(maxsize=4096)
def to_utc(mjd: float, scale: str) -> float:
    """MJD in UTC from MJD in a scale (a value of TIMESYS); an unknown scale counts as UTC."""
    name = SCALES.get(scale.upper().split("(")[0].strip())
    if name is None or not 30000 < mjd < 90000:
        return mjd
    if name in ("tt", "tai", "gps", "tdb"):
        return mjd - (_tai_minus_utc(mjd) + {"tt": 32.184, "tdb": 32.184, "tai": 0.0, "gps": -19.0}[name]) / 86400
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(Time(mjd, format="mjd", scale=name).utc.mjd)


def _tai_minus_utc(mjd: float) -> float:
    """Leap seconds; the moment is given in a uniform scale, which matters for a minute around each leap second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        year, month, day, fraction = erfa.jd2cal(2400000.5, mjd)
        if year < 1960:
            return 0.0
        offset = float(erfa.dat(year, month, day, fraction))
        year, month, day, fraction = erfa.jd2cal(2400000.5, mjd - (offset + 32.184) / 86400)
        return float(erfa.dat(year, month, day, fraction))


def iso_from_mjd(mjd: float) -> str:
    """Calendar text of an MJD to the second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(Time(round(mjd, 8), format="mjd", scale="utc").isot)[:19]


def vacuum_from_air(wavelength: float) -> float:
    """Vacuum wavelength of one in air, both in metres (Morton 2000; IAU standard), from 200 nm on."""
    if wavelength < 2e-7:
        return wavelength
    vacuum = wavelength
    for _ in range(3):
        s2 = (1e-6 / vacuum) ** 2
        index = 1 + 8.34254e-5 + 2.406147e-2 / (130 - s2) + 1.5998e-4 / (38.9 - s2)
        vacuum = wavelength * index
    return vacuum


def is_finite(*numbers: float | None) -> bool:
    """Whether all are numbers and finite."""
    return all(n is not None and math.isfinite(n) for n in numbers)
