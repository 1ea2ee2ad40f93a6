"""Functions on dates and times."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime

from astropy.time import Time

from ..values import is_number, number_of, problem, text_of
from .registry import Group

GROUP = Group("Dates and times")

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](.+))?")
_OLD = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})")
_EUROPEAN = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:[T ](.+))?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T_ ]?(\d{2}:?\d{2}:?\d{2}(?:\.\d+)?))?")
_CLOCK = re.compile(r"(\d{1,2}):?(\d{2})(?::?(\d{2}(?:\.\d+)?))?\s*(?:Z|UTC?)?")
# UT1 would need the Earth's rotation from tables that astropy fetches.
_SCALES = ("utc", "tai", "tt", "tdb", "tcb", "tcg")


def _fields(text: str) -> tuple[int, int, int, str] | None:
    """Year, month, day and the clock's text, from the usual ways to write a date."""
    if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3]), match[4] or ""
    if match := _EUROPEAN.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1]), match[4] or ""
    if match := _OLD.fullmatch(text):
        return 1900 + int(match[3]), int(match[2]), int(match[1]), ""
    return None


def _time(text: str) -> Time:
    fields = _fields(text.strip()[:60])
    if fields is None:
        raise problem(f"{text[:40]!r} is no date", remedy="date(text, '%d.%m.%Y') names the form it has")
    year, month, day, clock = fields
    at = _CLOCK.fullmatch(clock.strip()) if clock else None
    if clock and not at:
        raise problem(f"{text[:40]!r}: the time of day cannot be read")
    hour, minute, second = (at[1], at[2], float(at[3] or 0)) if at else (0, 0, 0.0)
    return _checked(f"{year:04}-{month:02}-{day:02}T{int(hour):02}:{int(minute):02}:{second:06.3f}", "isot")


def _checked(value: str | float, form: str, scale: str = "utc") -> Time:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ERFA's "dubious year": years before 1960 are what old plates have
            return Time(value, format=form, scale=scale)
    except ValueError:
        raise problem(f"{value!r} is no date of the calendar") from None


def _text(time: Time) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(time.isot).removesuffix(".000")


@GROUP.add("date('24/02/96')", "1996-02-24T00:00:00")
def date(value: object, form: str = "") -> str:
    """A date as FITS and the VO write it, from ISO, ``dd/mm/yy`` (the old FITS form), ``dd.mm.yyyy``, ``yyyymmdd``, an MJD or JD number, or a form as in ``%d-%b-%Y``."""  # noqa: E501
    if form:
        return _parsed(text_of(value), form)
    return _text(_checked(mjd(value), "mjd")) if is_number(value) else _text(_time(text_of(value)))


def _parsed(text: str, form: str) -> str:
    if len(form) > 60 or len(text) > 100:
        raise problem("a date is shorter than that")
    try:
        moment = datetime.strptime(text.strip(), form)
    except (ValueError, re.error, IndexError, KeyError):
        raise problem(f"{text[:40]!r} does not have the form {form!r}", remedy="such as %Y%m%d or %d.%m.%Y") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds").removesuffix(".000")


@GROUP.add("mjd('2000-01-01T12:00:00')", "51544.5")
def mjd(value: object, scale: str = "utc") -> float:
    """The Modified Julian Date (UTC) of a date; a number above 2,400,000 is a Julian Date, others are MJD. A scale such as ``tt`` or ``tdb`` says what the time is in."""  # noqa: E501
    scale = scale.strip().lower()
    if scale not in _SCALES:
        raise problem(f"{scale[:20]!r} is no time scale", remedy=f"the scales are {', '.join(_SCALES)}")
    if is_number(value):
        number = float(number_of(value))
        number = number - 2400000.5 if number > 2400000 else number
        if abs(number) > 1e7:
            raise problem(f"{number} is no Modified Julian Date")
        time = _checked(number, "mjd", scale)
    else:
        time = Time(_time(text_of(value)), scale="utc") if scale == "utc" else _in_scale(text_of(value), scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return round(float(time.utc.mjd), 10)


def _in_scale(text: str, scale: str) -> Time:
    return _checked(_text(_time(text)), "isot", scale)


@GROUP.add("year('1996-02-24')", "1996")
def year(value: object) -> int:
    """The year of a date."""
    return int(date(value)[:4])


@GROUP.add("decimalyear(2000.5)", "51727.0")
def decimalyear(value: float) -> float:
    """The Modified Julian Date of a year with its fraction."""
    if not -4000 < value < 9999:
        raise problem(f"{value} is no year")
    return round(float(_checked(value, "decimalyear").mjd), 6)
