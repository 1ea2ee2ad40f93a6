"""When a product was observed: MJD in UTC from every form of time keyword (FITS 4.0, section 9, and before)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astropy import units as u

from ..fits.cards import Header, parse_real
from ..fits.values import card_unit, parse_clock, parse_date, parse_unit, to_utc
from .evidence import Evidence
from .rules import Found
from .scope import Hit, Scope

#: Keywords with a calendar date, and the ones with the time of day beside a bare date.
_CLOCKS = tuple(
    "TIME-OBS UTC-OBS UTSTART UT-START UTC-STR UTOPEN UTCSTART UT UTC UT1 TIME_OBS UTIME TIMEOBS UT-TIME OBSTIME "
    "STARTTIM TAIHMS UT_START UTC-TIME TIME-BEG START-UT".split()
)
_END_CLOCKS = (
    "TIME-END", "TIME_END", "UTCEND", "UTEND", "UTC-END", "UT-END", "UT_END", "UTC_END", "UTCSTOP", "UTSTOP", "UT-STOP",
    "TIMEEND", "END-UT",
)  # fmt: skip
_BEGIN_DATES = ("DATE-BEG", "DATE_BEG", "DATE-STA", "TSTART_DATE")
_OBSERVATION_DATES = tuple(
    "DATE-OBS DATE_OBS DATEOBS DATE_OB UTDATE UT-DATE OBS-DATE OBSDATE DATE__OBS OBSSTART OBS_STRT OBS-STRT OBSSTRT "
    "OBS_START SHUTOPEN UTCSBGN START_DATE".split()
)
_ENDS = (
    "DATE-END",
    "DATE_END",
    "DATEEND",
    "DATE_STP",
    "DATE-STP",
    "DATE_OBE",
    "OBS_STP",
    "OBS-END",
    "OBS_END",
    "OBSEND",
    "SHUTCLSD",
    "UTCSEND",
    "UTCEND",
    "END_DATE",
)
_MJD_BEGINS = ("EXPSTART", "MJD-BEG", "MJD_BEG", "MJD-STR", "MJDSTART", "OBSSTART")
_MJD_OBSERVATIONS = ("MJD-OBS", "MJD_OBS", "MJDOBS", "MJD_START", "MJD", "MJDATE", "OBSMJD")
_MJD_ENDS = ("MJD-END", "MJD_END", "MJDEND", "MJD_STOP", "OBSEND", "OBS_END")
_JD_BEGINS = ("JD-BEG", "JD-OBS", "JD_OBS", "JD-START", "JD", "BJD-OBS", "JDSTART", "DATE_JD", "OBSJD")
_JD_ENDS = ("JD-END", "JD_END", "JDEND")
_PLAUSIBLE = (-20000.0, 90000.0)


def time_scale(header: Header, primary: Header) -> str:
    """The value of TIMESYS that holds for dates of a header."""
    return (header.text("TIMESYS") or primary.text("TIMESYS") or "UTC").upper()


def plausible(mjd: float) -> bool:
    """Whether an MJD lies between 1804 and 2105."""
    return _PLAUSIBLE[0] < mjd < _PLAUSIBLE[1]


#: A time that names its own scale, as the JSOC writes them: ``2011.02.15_00:00:00_TAI``.
_SCALED_TEXT = re.compile(r"\s*(\d{4}\D\d\d\D\d\d)[_T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)_(TAI|UTC?|TT|TDT)\s*$")


def _with_scale(text: str) -> tuple[str, str]:
    """A time's text without the scale that it names, and the scale."""
    match = _SCALED_TEXT.match(text)
    return (f"{match[1]}T{match[2]}", match[3]) if match else (text, "")


def _scaled(mjd: float, hit: Hit, scope: Scope, scale: str = "") -> float | None:
    if not plausible(mjd):
        scope.problem(
            "attention",
            "implausible-time",
            f"{hit.keyword} is {str(hit.value)[:40]!r}, no plausible time",
            column="t_min",
            hdu=hit.hdu.index,
        )
        return None
    return to_utc(mjd, scale or time_scale(hit.hdu.header, scope.primary.header))


def calendar(hit: Hit, scope: Scope, clocks: tuple[str, ...] = _CLOCKS) -> float | None:
    """MJD of a calendar keyword; a bare date is joined with the time of day that another keyword gives."""
    if not isinstance(hit.value, str):
        return None
    text, scale = _with_scale(hit.value)
    parsed = parse_date(text)
    if parsed is None:
        if len(hit.value.strip()) > 4:
            scope.problem(
                "attention",
                "date-unreadable",
                f"{hit.keyword} is {hit.value[:40]!r}, no date",
                column="t_min",
                hdu=hit.hdu.index,
            )
        return None
    mjd, complete = parsed
    if not complete:
        mjd = _with_clock(mjd, hit, scope, clocks)
    return _scaled(mjd, hit, scope, scale)


def _with_clock(mjd: float, hit: Hit, scope: Scope, clocks: tuple[str, ...]) -> float:
    """A time of day from the same header (another header's may be of another date's)."""
    for keyword in clocks:
        value = hit.hdu.header.get(keyword)
        clock = _text_clock(value) if isinstance(value, str) else _seconds(value)
        if clock is not None:
            return mjd + clock
    scope.facts.setdefault("bare_date", hit.keyword)
    return mjd


def _text_clock(text: str) -> float | None:
    """A time of day in words of a clock, else as a number."""
    clock = parse_clock(text.split("T")[-1])
    return _seconds(parse_real(text)) if clock is None else clock


def _seconds(value: object) -> float | None:
    """A number as time of day: hours where it is below 24 with a fraction, else seconds (AIPS, IRAF)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 86400:
        return None
    return value / 24 if value < 24 and value != int(value) else value / 86400


def julian(hit: Hit, scope: Scope) -> float | None:
    """MJD of a keyword with MJD or JD; the size of the number says which, whatever the name."""
    number = hit.hdu.header.number(hit.keyword)
    if number is None:
        return calendar(hit, scope) if isinstance(hit.value, str) and "-" in hit.value[1:] else None
    if number == 0:
        return None
    if 2_300_000 < number < 2_500_000:
        number -= 2_400_000.5
    return _scaled(number, hit, scope)


def reference(header: Header, primary: Header) -> float | None:
    """MJD of the zero of TSTART, TSTOP and TIME columns (FITS 4.0, section 9.2.2), with the names that missions use."""
    for prefix, offset in (("MJDREF", 0.0), ("JDREF", 2_400_000.5), ("BJDREF", 2_400_000.5)):
        for source in (header, primary):
            whole, fraction = source.number(prefix + "I"), source.number(prefix + "F")
            if whole is not None:
                return whole + (fraction or 0.0) - offset
            total = source.number(prefix)
            if total is not None:
                return total - offset
    for source in (header, primary):
        parsed = parse_date(source.text("DATEREF") or "")
        if parsed:
            return parsed[0]
    return None


def time_unit(header: Header, primary: Header, keyword: str = "") -> u.UnitBase:
    """TIMEUNIT, or the unit that the keyword's card names; seconds by default (FITS 4.0, section 9.3)."""
    for source in (header, primary):
        unit = parse_unit(source.text("TIMEUNIT") or "")
        if unit is not None and unit.is_equivalent(u.s):
            return unit
    unit = card_unit(header, keyword) if keyword else None
    return unit if unit is not None and unit.is_equivalent(u.s) else u.s


def elapsed(number: float, hit: Hit, scope: Scope, unit: u.UnitBase | None = None) -> float | None:
    """MJD of a time counted from the reference."""
    zero = reference(hit.hdu.header, scope.primary.header)
    if zero is None:
        return number if 30000 < number < 90000 else None
    unit = unit or time_unit(hit.hdu.header, scope.primary.header, hit.keyword)
    shift = hit.hdu.header.number("TIMEZERO") or 0.0
    days = float(unit.to(u.d, number + shift))
    scale = time_scale(hit.hdu.header, scope.primary.header)
    mjd = zero + days
    return to_utc(mjd, scale) if plausible(mjd) else None


def counted(hit: Hit, scope: Scope) -> float | None:
    """MJD of TSTART, TSTOP."""
    number = hit.hdu.header.number(hit.keyword)
    return None if number is None else elapsed(number, hit, scope)


#: Begin and end, each in order of preference: (keywords, converter).
BEGIN = (
    (("TSTART",), counted),
    (_BEGIN_DATES, calendar),
    (_MJD_BEGINS, julian),
    (_OBSERVATION_DATES, calendar),
    (_MJD_OBSERVATIONS, julian),
    (_JD_BEGINS, julian),
)
END = (
    (("TSTOP",), counted),
    (_ENDS, lambda hit, scope: calendar(hit, scope, _END_CLOCKS)),
    (("EXPEND", *_MJD_ENDS), julian),
    (_JD_ENDS, julian),
)
_MIDDLES = ((("DATE-AVG", "DATE-MID", "DATE_MID"), calendar), (("MJD-AVG", "MJD-MID"), julian))


def _first(table: tuple, scope: Scope) -> tuple[float, Hit] | None:
    """The first value of a table; one with a time of day is better than a bare date."""
    bare: tuple[float, Hit] | None = None
    for keywords, convert in table:
        for hit in scope.hits(*keywords):
            value = convert(hit, scope)
            if value is None:
                continue
            if value % 1 or convert is not calendar:
                return value, hit
            bare = bare or (value, hit)
    return bare


def time_bounds(scope: Scope) -> Iterator[Found]:
    """Begin and end; an end that is missing follows from the exposure, where a product is one exposure."""
    begin, end = _first(BEGIN, scope), _first(END, scope)
    exposure = _exposure(scope)
    if begin and (end is None or _is_bare(end) and not _is_bare(begin)):
        end = _clock_end(begin, scope)
    if begin is None and end is None:
        middle = _first(_MIDDLES, scope)
        if middle is None:
            return
        half = (exposure or 0.0) / 2 / 86400
        yield Found("t_min", middle[0] - half, middle[1].evidence("t_min"))
        yield Found("t_max", middle[0] + half, middle[1].evidence("t_max"))
        return
    if begin and end and end[0] < begin[0]:
        scope.problem("attention", "time-order", f"{end[1].keyword} lies before {begin[1].keyword}", column="t_max")
        end = None
    if begin:
        yield Found("t_min", begin[0], begin[1].evidence("t_min"))
    if end:
        yield Found("t_max", end[0], end[1].evidence("t_max"))
    elif begin and exposure is not None and scope.facts.get("bare_date") != begin[1].keyword:
        detail = f"{begin[1].keyword} and the exposure time"
        yield Found("t_max", begin[0] + exposure / 86400, Evidence("t_max", "keyword", detail, begin[1].hdu.index))


def _is_bare(found: tuple[float, Hit]) -> bool:
    """Whether a time is a calendar date alone."""
    return found[0] % 1 == 0 and isinstance(found[1].value, str)


def _clock_end(begin: tuple[float, Hit], scope: Scope) -> tuple[float, Hit] | None:
    """An end that only a time of day gives: on the day of the begin, or the next one."""
    for hit in scope.hits(*_END_CLOCKS, hdus=[begin[1].hdu]):
        clock = parse_clock(str(hit.value).split("T")[-1]) if isinstance(hit.value, str) else None
        if not clock or _is_bare(begin):  # midnight to the second is a card that nobody filled in
            continue
        mjd = begin[0] - begin[0] % 1 + clock
        return (mjd if mjd >= begin[0] else mjd + 1), hit
    return None


def _exposure(scope: Scope) -> float | None:
    value = scope.facts.get("exposure")
    return float(value) if value is not None else None
