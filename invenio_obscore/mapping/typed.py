"""What somebody types into a field: ``550 nm``, ``1.4 GHz``, ``05:34:31.9 +22:00:52``, ``2019-05-01T03:00``.

A number without a unit is in the column's own. Every message says what was typed and what is expected.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from astropy import units as u

from ..errors import ColumnError, MappingError
from ..fits.values import parse_angle, parse_unit
from ..obscore.columns import ALL_COLUMNS, Column
from ..obscore.regions import Region
from ..obscore.regions import flaw as shape_flaw
from ..obscore.row import Value, coerce
from ..obscore.validation import flaw
from .functions.times import date, mjd
from .values import for_column, number_of, unit

#: What JSON holds in a cell.
Cell = str | int | float | None

_LONGEST_NUMBER = 100
#: Characters of a text; a region or a MOC of many cells is longer than a name.
_LONGEST_TEXT, _LONGEST_SHAPE = 4096, 100_000
_SHAPES = frozenset(("adql:REGION", "moc"))
_NUMBER = re.compile(r"([+\-\u2212]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?)\s*(.*)", re.S)
_SEXAGESIMAL = re.compile(r"[+\-\u2212]?\s*\d{1,3}\s*[:hd°\s]\s*\d{1,2}.*", re.S)
_TIMES = frozenset(("t_min", "t_max"))
_DATE = re.compile(r"\d{4}[-/]\d|\d{1,2}[./]\d{1,2}[./]\d{2}")
_POSITION = ("s_ra", "s_dec")
#: Wavelengths in metres that something may have been observed at: from 1e14 eV to 300 Hz.
_WAVELENGTHS = (1e-20, 1e6)
_IS_WAVELENGTH = frozenset(("em_min", "em_max"))
_SIGN_INSIDE = re.compile(r"(?<=[\d.ms\"'])\s*[,;]?\s*(?=[+\-\u2212])|\s*[,;]\s*")
_EXAMPLES = {
    "s_ra": "83.633, 05:34:31.9 or 05h34m31.9s",
    "s_dec": "22.0145, +22:00:52 or +22d00m52s",
    "m": "550 nm, 5500 Angstrom, 1.4 GHz or 2 keV",
    "s": "30, 30 s or 15 min",
    "deg": "0.5, 30 arcmin or 12 arcsec",
    "arcsec": "0.8, 800 mas or 0.1 arcmin",
    "eV": "2000 or 2 keV",
    "d": "58604.125 (MJD) or 2019-05-01T03:00",
}


def read_cells(typed: Mapping[str, Cell]) -> dict[str, Cell]:
    """Values of columns as JSON has them; a whole position typed into ``s_ra`` or ``s_dec`` gives both.

    Raises
    ------
    TypedError
        With a message for each column that is wrong.
    """
    values: dict[str, Cell] = {}
    messages: dict[str, str] = {}
    for name, text in typed.items():
        try:
            position = _position(text) if name in _POSITION and isinstance(text, str) else None
            for column, part in zip(_POSITION, position) if position else ((name, text),):
                values[column] = read_cell(column, part)
        except ColumnError as error:
            messages[name] = str(error)
    if messages:
        raise TypedError(messages)
    return values


class TypedError(ColumnError):
    """Some of the typed values are wrong; ``messages`` has one for each column."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__("; ".join(messages.values()), column=next(iter(messages)))
        self.messages = dict(messages)


def read_cell(name: str, typed: Cell) -> Cell:
    """The value of one column as JSON has it; None for nothing.

    Raises
    ------
    ColumnError
        What was typed has no meaning in the column, or breaks the standard.
    """
    column = ALL_COLUMNS.get(name)
    if column is None:
        raise ColumnError(f"{name[:80]!r} is no column of ObsCore", column=name)
    longest = _LONGEST_SHAPE if column.xtype in _SHAPES else _LONGEST_TEXT
    if isinstance(typed, str) and len(typed) > longest:
        raise ColumnError(f"{name}: at most {longest} characters are taken, not {len(typed)}", column=name)
    try:
        value = coerce(column, _converted(column, typed) if isinstance(typed, str) else typed)
    except MappingError as error:
        raise ColumnError(str(error), column=name) from error
    wrong = shape_flaw(value) if isinstance(value, Region) else flaw(name, value) or _unlikely(name, value)
    if wrong:
        raise ColumnError(f"{name}: {wrong[:400]}", column=name)
    return value.to_stcs() if isinstance(value, Region) else value


def _unlikely(name: str, value: Value) -> str:
    """Against slips of the unit."""
    if name not in _IS_WAVELENGTH or not isinstance(value, float) or _WAVELENGTHS[0] < value < _WAVELENGTHS[1]:
        return ""
    return f"{value:g} m is no wavelength of an observation"


def _converted(column: Column, typed: str) -> Value:
    """The text as the column has it."""
    text = typed.strip()
    if not text:
        return None
    if column.xtype == "timestamp":
        return date(text)
    if column.is_text:
        return typed
    if len(text) > _LONGEST_NUMBER:
        raise _unread(column, text)
    if column.name in _TIMES and _DATE.match(text):
        return mjd(text)
    if column.name in _POSITION and _SEXAGESIMAL.fullmatch(text):
        return _angle(column, text)
    return _quantity(column, text)


def _quantity(column: Column, text: str) -> Value:
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise _unread(column, text)
    size, unit_text = number_of(number[1].replace("\u2212", "-")), number[2].strip()
    if not unit_text:
        plain = mjd(size) if column.name in _TIMES else size
        return coerce(column, plain)
    known = parse_unit(unit_text)
    return for_column(column.name, u.Quantity(float(size), known if known is not None else unit(unit_text)))


def _angle(column: Column, text: str) -> float:
    """Degrees of a sexagesimal angle: right ascension in hours unless it says degrees."""
    plain = text.replace("\u2212", "-").replace("\u2032", "'").replace("\u2033", '"')
    angle = parse_angle(plain)
    if angle is None:
        raise _unread(column, text)
    hours = column.name == "s_ra" and not re.search(r"[d°]", plain)
    degrees = angle[0] * 15 if hours else angle[0]
    return round(degrees, 9) if math.isfinite(degrees) else degrees


def _position(text: str) -> tuple[str, str] | None:
    """Both parts of a position typed as one text, None where it is one number."""
    if len(text) > _LONGEST_NUMBER:
        return None
    parts = [part for part in _SIGN_INSIDE.split(text.strip()) if part]
    if len(parts) == 1:
        words = text.split()
        if len(words) not in (2, 6) or any(not _NUMBER.fullmatch(word) and ":" not in word for word in words):
            return None
        half = len(words) // 2
        parts = [" ".join(words[:half]), " ".join(words[half:])]
        if half == 1 and ":" not in text and "." not in text:
            return None  # "05 34" may be hours and minutes
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _unread(column: Column, text: str) -> ColumnError:
    example = _EXAMPLES.get(column.name) or _EXAMPLES.get(column.unit) or "a number"
    return ColumnError(f"{column.name}: {text[:60]!r} cannot be read; expected {example}", column=column.name)
