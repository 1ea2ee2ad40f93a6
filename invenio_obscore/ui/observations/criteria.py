"""What a search asks for, read from its address; every mistake gets a message at its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from astropy.time import Time

from ...errors import InputError, ObsCoreError, ParameterError
from ...mapping.typed import read_cell, read_cells
from ...obscore.columns import OBSCORE
from ...obscore.vocabularies import DATAPRODUCT_TYPES
from ...registry.wavebands import WAVEBANDS

#: Columns of the table unless somebody chooses others.
DEFAULT_COLUMNS = (
    "target_name",
    "dataproduct_type",
    "s_ra",
    "s_dec",
    "em_min",
    "t_min",
    "t_exptime",
    "facility_name",
    "instrument_name",
    "obs_collection",
)
PAGE_SIZES = (25, 50, 100)
#: Pages end here: who wants more rows than this downloads them.
FURTHEST_ROW = 10_000
#: Degrees around a position unless somebody says otherwise.
DEFAULT_RADIUS = 0.1
_LARGEST_RADIUS = 180.0
_LONGEST_TEXT = 300
_MOST_CHOICES = 20

_RANGE = re.compile(r"\s*(?:\.\.|…|\bto\b|\u2013|\u2014)\s*")
_DASHED = re.compile(r"^\s*([\d.]+(?:[eE][+-]?\d+)?)\s*-\s*([\d.]+(?:[eE][+-]?\d+)?)\s*(\S.*)$")
_UNIT = re.compile(r"[A-Za-zµμÅ]+\S*\s*$")
#: Right ascension and declination in degrees: whole numbers too, which elsewhere are hours or degrees with minutes.
_DEGREES = re.compile(r"([+-]?[\d.]+)(?:\s*,\s*|\s+)([+\-\u2212]?[\d.]+)")
_YEAR = re.compile(r"[12]\d{3}")
_MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[12]\d{3}-\d{2}-\d{2}")
_TIME_FORMS = (
    "write a year (2019), a month (2019-05), a day (2019-05-01), a time (2019-05-01T03:00) or an MJD (58604.125), "
    "or a range of two with .. between (2019-05 .. 2019-07)"
)
_BIBCODE = re.compile(r"[12]\d{3}[A-Za-z&.]{5}[\dA-Za-z.]{9}[A-Za-z.]")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


class Arguments(Protocol):
    """The arguments of an address, as werkzeug's MultiDict gives them."""

    def get(self, key: str, default: str = "") -> str:
        """The first value."""

    def getlist(self, key: str) -> list[str]:
        """All values."""


@dataclass(frozen=True)
class Circle:
    """A place on the sky (ICRS, degrees)."""

    ra: float
    dec: float
    radius: float


@dataclass(frozen=True)
class Interval:
    """Limits in the unit of the columns: vacuum metres, or MJD."""

    low: float
    high: float


@dataclass(frozen=True)
class Criteria:
    """A search.

    Attributes
    ----------
    circle
        Where; ``place`` is the object's name if it was resolved from one.
    band
        Name of a part of the spectrum (VODataService 1.1).
    wavelength, time
        What must be overlapped: vacuum metres, MJD (UTC).
    collection
        A collection's name, a DOI or a bibcode.
    identifier
        An ``obs_id`` or an identifier of the product.
    types, facilities, instruments
        Any of these.
    adql
        A query instead of all that.
    """

    circle: Circle | None = None
    place: str = ""
    band: str = ""
    wavelength: Interval | None = None
    time: Interval | None = None
    collection: str = ""
    identifier: str = ""
    types: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    adql: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZES[0]
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    errors: Mapping[str, str] = field(default_factory=dict)


#: Finds the position of a name: (right ascension, declination) in degrees. Raises ObsCoreError with a reason.
Resolver = Callable[[str], tuple[float, float]]


def read_criteria(arguments: Arguments, resolve: Resolver) -> Criteria:
    """Read a search from the arguments of an address; ``errors`` of the result has a message for each bad one."""
    reader = _Reader(arguments)
    circle, place = reader.circle(resolve)
    return Criteria(
        circle=circle,
        place=place,
        band=reader.one_of("band", [name for name, _, _ in WAVEBANDS]),
        wavelength=reader.attempt("wavelength", wavelengths),
        time=reader.attempt("time", days),
        collection=reader.text("collection"),
        identifier=reader.text("identifier"),
        types=reader.several("type", DATAPRODUCT_TYPES),
        facilities=reader.several("facility"),
        instruments=reader.several("instrument"),
        adql=reader.query(),
        sort=reader.one_of("sort", [*OBSCORE, "distance"]),
        descending=arguments.get("order", "") == "desc",
        page=reader.number("page", 1, FURTHEST_ROW // PAGE_SIZES[0]),
        size=reader.size(),
        columns=reader.several("column", OBSCORE, most=len(OBSCORE)) or DEFAULT_COLUMNS,
        errors=reader.errors,
    )


class _Reader:
    """Reads arguments one by one and collects what is wrong."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        value = " ".join(self.arguments.get(name, "").split())
        if len(value) > _LONGEST_TEXT or "\0" in value:
            self.errors[name] = f"This is too long: at most {_LONGEST_TEXT} characters."
            return ""
        return value

    def query(self) -> str:
        """A query of the visitor's own, its lines as they are."""
        value = self.arguments.get("adql", "").replace("\r\n", "\n").strip()
        if "\0" in value:
            self.errors["adql"] = "The query holds a character that means nothing (U+0000)."
            return ""
        return value

    def one_of(self, name: str, known: Sequence[str]) -> str:
        value = self.text(name)
        if value and value not in known:
            self.errors[name] = f"{value[:40]!r} is none of {', '.join(known[:12])}."
            return ""
        return value

    def several(self, name: str, known: Iterable[str] | None = None, most: int = _MOST_CHOICES) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(value for value in self.arguments.getlist(name) if value.strip()))
        if len(values) > most or any(len(value) > _LONGEST_TEXT or "\0" in value for value in values):
            self.errors[name] = f"Choose at most {most}."
            return ()
        unknown = [value for value in values if known is not None and value not in known]
        if unknown:
            self.errors[name] = f"{unknown[0][:40]!r} is not known here."
            return ()
        return values

    def number(self, name: str, default: int, most: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= most:
            self.errors[name] = f"A whole number from 1 to {most} is expected."
            return default
        return int(value)

    def size(self) -> int:
        size = self.number("size", PAGE_SIZES[0], PAGE_SIZES[-1])
        if size not in PAGE_SIZES:
            self.errors["size"] = f"One of {', '.join(map(str, PAGE_SIZES))} is expected."
            return PAGE_SIZES[0]
        return size

    def attempt(self, name: str, read: Callable[[str], Interval]) -> Interval | None:
        value = self.text(name)
        try:
            return read(value) if value else None
        except InputError as error:
            self.errors[name] = str(error)
            return None

    def circle(self, resolve: Resolver) -> tuple[Circle | None, str]:
        """The circle, and the name that gave its centre; a radius alone says nothing."""
        radius = self.radius()
        target = self.text("target")
        if not target:
            return None, ""
        try:
            position, place = positions(target), ""
            if position is None:
                position, place = resolve(target), target
        except ObsCoreError as error:
            self.errors["target"] = str(error)
            return None, ""
        return (Circle(*position, radius), place) if radius is not None else (None, place)

    def radius(self) -> float | None:
        value = self.text("radius")
        try:
            degrees = read_cell("s_fov", value) if value else DEFAULT_RADIUS
        except InputError:
            degrees = None
        if not isinstance(degrees, int | float) or not 0 < degrees <= _LARGEST_RADIUS:
            self.errors["radius"] = f"{value[:40]!r} is no radius: write 0.5, 10 arcmin or 30 arcsec."
            return None
        return float(degrees)


def positions(text: str) -> tuple[float, float] | None:
    """Degrees of a position as people write it, None for what may be a name.

    Raises
    ------
    ParameterError
        It is a position, and not on the sky.
    """
    if not re.match(r"[\d+\-\u2212.]", text) or re.search(r"[^\W\ddhms_]", text):
        return None
    pair = _DEGREES.fullmatch(text)
    typed = {"s_ra": pair[1], "s_dec": pair[2]} if pair else {"s_ra": text.replace(",", " ", 1)}
    try:
        cells = read_cells(typed)
    except InputError as error:
        raise ParameterError(str(error), parameter="target") from error
    ra, dec = cells.get("s_ra"), cells.get("s_dec")
    if not isinstance(ra, int | float) or not isinstance(dec, int | float):
        return None
    return float(ra), float(dec)


def wavelengths(text: str) -> Interval:
    """An interval of vacuum wavelengths: ``550 nm``, ``500..600 nm``, ``1.4 GHz``, ``0.5 to 7 keV``.

    Raises
    ------
    InputError
        It cannot be read.
    """
    first, last = _ends(text)
    unit = _UNIT.search(last)
    if unit and not _UNIT.search(first):
        first = f"{first} {unit[0]}"
    limits = sorted(_metres(part) for part in (first, last))
    return Interval(limits[0], limits[1])


def _ends(text: str) -> tuple[str, str]:
    parts = _RANGE.split(text)
    dashed = _DASHED.match(text)
    if dashed:
        parts = [dashed[1], f"{dashed[2]} {dashed[3]}"]
    if len(parts) > 2 or not all(parts):
        raise _no_interval(text)
    return parts[0], parts[-1]


def _no_interval(text: str) -> ParameterError:
    return ParameterError(f"{text[:60]!r} is no interval", parameter="", remedy="write two values with .. between")


def _metres(text: str) -> float:
    if not _UNIT.search(text):
        raise ParameterError(
            f"{text[:40]!r} has no unit", parameter="wavelength", remedy="write 550 nm, 1.4 GHz or 2 keV"
        )
    value = read_cell("em_min", text)
    if not isinstance(value, int | float) or value <= 0:
        raise ParameterError(f"{text[:40]!r} is no wavelength", parameter="wavelength")
    return float(value)


def days(text: str) -> Interval:
    """An interval of MJD (UTC): ``2019``, ``2019-05``, ``2019-05-01``, ``2019-05-01 .. 2019-06-01``, ``58604``.

    A year, a month or a day means all of it.

    Raises
    ------
    InputError
        It cannot be read.
    """
    parts = _RANGE.split(text)
    if len(parts) > 2 or not all(parts):
        raise ParameterError(
            f"Time: {text[:60]!r} is no interval", parameter="time", remedy="write two dates with .. between"
        )
    limits = [_span(part.strip()) for part in parts]
    low, high = limits[0].low, limits[-1].high
    if low > high:
        raise ParameterError("Time: the end lies before the beginning", parameter="time")
    return Interval(low, high)


def _span(text: str) -> Interval:
    month = _MONTH.fullmatch(text)
    if _YEAR.fullmatch(text):
        return Interval(_mjd(f"{text}-01-01"), _mjd(f"{int(text) + 1}-01-01"))
    if month:
        year, number = int(month[1]), int(month[2])
        after = f"{year + number // 12}-{number % 12 + 1:02d}-01"
        return Interval(_mjd(f"{text}-01"), _mjd(after))
    try:
        value = read_cell("t_min", text)
    except InputError as error:
        raise _no_time(text) from error
    if not isinstance(value, int | float):
        raise _no_time(text)
    return Interval(float(value), float(value) + (1.0 if _DAY.fullmatch(text) else 0.0))


def _no_time(text: str) -> ParameterError:
    return ParameterError(f"Time: {text[:40]!r} is no date", parameter="time", remedy=_TIME_FORMS)


def _mjd(day: str) -> float:
    return float(Time(day, scale="utc").mjd)


def doi_of(text: str) -> str:
    """The DOI in a text that is one, else an empty text."""
    found = _DOI.fullmatch(text)
    return found[1] if found else ""


def is_bibcode(text: str) -> bool:
    """Whether a text is a bibcode (19 characters, ADS)."""
    return bool(_BIBCODE.fullmatch(text))
