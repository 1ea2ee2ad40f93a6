"""The values of an expression, and arithmetic on them.

A value is a text, a whole or floating number, a number with a unit (`astropy.units.Quantity`), a truth value, a list of
texts and numbers, ``NULL`` (written ``null``: "this cell shall be empty") or None ("there is no value": a keyword that
is missing). None goes through every operation.
"""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
from astropy import units as u

from ..errors import MappingError
from ..obscore.columns import ALL_COLUMNS, Column
from ..obscore.row import Value as CellValue
from ..obscore.row import coerce


class Null:
    """The type of :data:`NULL`."""

    def __repr__(self) -> str:
        return "null"


NULL: Final = Null()

MAX_TEXT = 10_000
MAX_LIST = 1_000
MAX_WHOLE = 2**63

_UNIT_TEXT = re.compile(r"[A-Za-zµμÅ%][A-Za-z0-9µμÅ_%^*/. ()+-]*")
_SPECTRAL = frozenset("em_min em_max em_ref_energy s_ref_energy energy_min energy_max".split())


def problem(message: str, *, remedy: str = "") -> MappingError:
    """An error of evaluation; the evaluator adds where it happened."""
    return MappingError(message, remedy=remedy)


@lru_cache(maxsize=1024)
def unit(text: str) -> u.UnitBase:
    """A unit from its text (FITS, CDS, VOUnit or astropy's own spelling).

    Raises
    ------
    MappingError
        No such unit, or a text too long to be one.
    """
    text = text.strip()
    if len(text) > 40 or not _UNIT_TEXT.fullmatch(text) or re.search(r"\d{3}|\*\*.*\*\*.*\*\*|\^.*\^.*\^.*\^", text):
        raise problem(f"{text[:40]!r} is no unit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for spelling in ("generic", "fits", "cds"):
            try:
                return u.Unit(text, format=spelling)
            except (ValueError, TypeError, OverflowError, ZeroDivisionError):
                continue
    raise problem(f"{text!r} is no unit", remedy="units are spelled as in FITS: nm, Angstrom, km/s, arcsec, GHz, keV")


def checked(value: Any) -> Any:  # noqa: ANN401
    """The value if it is within the bounds of the language, NaN as None.

    Raises
    ------
    MappingError
        A text or list too long, a number too large.
    """
    if isinstance(value, bool) or value is None or value is NULL:
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise problem(f"a text of {len(value)} characters; {MAX_TEXT} are the limit")
        return value
    if isinstance(value, list):
        if len(value) > MAX_LIST:
            raise problem(f"a list of {len(value)} values; {MAX_LIST} are the limit")
        return [checked(item) for item in value]
    return _checked_number(value)


def _checked_number(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, (int, np.integer)):
        if abs(int(value)) >= MAX_WHOLE:
            raise problem("a whole number beyond 64 bits")
        return int(value)
    number = float(value.value) if isinstance(value, u.Quantity) else float(value)
    if math.isnan(number):
        return None
    if math.isinf(number):
        raise problem("a number too large")
    return value if isinstance(value, u.Quantity) else number


def is_number(value: object) -> bool:
    """Whether it is a number without a unit (truth values are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def describe(value: object) -> str:
    """How an error message calls the value."""
    if isinstance(value, u.Quantity):
        return f"the number {value}"
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "truth value"),
        (str, "text"),
        (list, "list"),
        ((int, float), "number"),
    )
    kind = next((name for type_, name in kinds if isinstance(value, type_)), "value")
    return f"the {kind} {str(value)[:40]!r}"


def text_of(value: object) -> str:
    """The value as a text: numbers in their shortest form, a number with a unit as ``600.0 nm``.

    Raises
    ------
    MappingError
        It is a list or null.
    """
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, str):
        return value
    if isinstance(value, u.Quantity):
        return f"{float(value.value)!r} {value.unit}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    raise problem(f"{describe(value)} is no text", remedy="take one value of it, as in split(…)[0]")


def number_of(value: object) -> int | float:
    """The value as a plain number; a text is read as FITS writes numbers (``1.5D3`` too).

    Raises
    ------
    MappingError
        It is none.
    """
    if is_number(value):
        return value  # type: ignore[return-value]
    if isinstance(value, str):
        text = value.strip()
        try:
            if re.fullmatch(r"[+-]?\d{1,18}", text):
                return int(text)
            if len(text) <= 60:
                return checked(float(re.sub("[dD]", "e", text))) if "_" not in text else _no_number(value)
        except ValueError:
            pass
    if isinstance(value, u.Quantity):
        raise problem(f"{describe(value)} has a unit", remedy="value(x, 'unit') gives the plain number")
    return _no_number(value)


def _no_number(value: object) -> float:
    raise problem(f"{describe(value)} is no number")


def truth(value: object) -> bool:
    """Whether a condition holds; no value is false, and so are 0 and an empty text."""
    if value is None or value is NULL:
        return False
    if isinstance(value, u.Quantity):
        return bool(value.value != 0)
    return bool(value)


def _same_unit(left: Any, right: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Both numbers in the left one's unit; a plain number takes the unit of the other."""
    if isinstance(left, u.Quantity) and isinstance(right, u.Quantity):
        try:
            return left.value, right.to_value(left.unit)
        except u.UnitConversionError:
            raise problem(f"{left.unit} and {right.unit} do not go together") from None
    return (getattr(left, "value", left), getattr(right, "value", right))


def _additive(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:  # noqa: ANN401
    unit_ = next((side.unit for side in (left, right) if isinstance(side, u.Quantity)), None)
    a, b = _same_unit(left, right)
    result = operation(float(a) if unit_ else a, float(b) if unit_ else b)
    return result if unit_ is None else u.Quantity(result, unit_)


def _add(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _additive(operator.add, *_numeric(left, right))


def _subtract(left: Any, right: Any) -> Any:  # noqa: ANN401
    return _additive(operator.sub, *_numeric(left, right))


def _modulo(left: Any, right: Any) -> Any:  # noqa: ANN401
    return _additive(operator.mod, *_numeric(left, right))


def _multiply(left: Any, right: Any) -> Any:  # noqa: ANN401
    left, right = _numeric(left, right)
    return left * right


def _divide(left: Any, right: Any) -> Any:  # noqa: ANN401
    left, right = _numeric(left, right)
    if getattr(right, "value", right) == 0:
        raise problem("division by zero")
    return left / right


def _power(left: Any, right: Any) -> Any:  # noqa: ANN401
    left, right = _numeric(left, right)
    if isinstance(right, u.Quantity) or abs(right) > 100:
        raise problem("an exponent is a plain number of at most 100")
    if isinstance(left, u.Quantity):
        if abs(right) > 4:
            raise problem("a number with a unit is raised to 4 at most")
        return left**right
    if left == 0 and right < 0:
        raise problem("division by zero")
    result = float(left) ** right
    if isinstance(result, complex):
        raise problem("a root of a negative number")
    whole = isinstance(left, int) and isinstance(right, int) and right >= 0 and abs(result) < 2**53
    return int(result) if whole else result


def _numeric(*values: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return tuple(v if isinstance(v, u.Quantity) else number_of(v) for v in values)


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:  # noqa: ANN401
    if isinstance(left, bool) and isinstance(right, bool):
        return left, right
    if isinstance(left, str) and isinstance(right, str):
        return left.strip(), right.strip()
    return _same_unit(*_numeric(left, right))


def _compare(operation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:  # noqa: ANN401
        return bool(operation(*_comparable(left, right)))

    return compare


def _equal(left: Any, right: Any) -> bool:  # noqa: ANN401
    """Equality never fails: what cannot be compared differs."""
    try:
        a, b = _comparable(left, right)
    except MappingError:
        return False
    return bool(a == b)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _modulo,
    "**": _power,
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _compare(operator.lt),
    "<=": _compare(operator.le),
    ">": _compare(operator.gt),
    ">=": _compare(operator.ge),
}


def operate(symbol: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    """The result of a binary operator (all but ``and`` and ``or``).

    Raises
    ------
    MappingError
        The operands are no numbers, their units do not go together, or the result is out of bounds.
    """
    if left is NULL or right is NULL:
        left, right = (None if v is NULL else v for v in (left, right))
    if left is None or right is None:
        return _equal_to_nothing(symbol, left, right)
    try:
        with np.errstate(all="ignore"):
            return checked(OPERATORS[symbol](left, right))
    except ZeroDivisionError:
        raise problem("division by zero") from None
    except OverflowError:
        raise problem("a number too large") from None
    except (u.UnitsError, TypeError, ValueError) as error:
        raise problem(f"{describe(left)} {symbol} {describe(right)}: {error}") from error


def _equal_to_nothing(symbol: str, left: object, right: object) -> bool | None:
    if symbol in ("==", "!="):
        return (left is right) == (symbol == "==")
    return None


def for_column(name: str, value: Any) -> CellValue:  # noqa: ANN401
    """The value as its ObsCore column has it: converted to the column's unit and type.

    A wavelength, frequency, wavenumber or energy goes into any of the spectral columns.

    Raises
    ------
    MappingError
        The unit does not fit.
    ColumnError
        The value has no meaning in the column.
    """
    column = ALL_COLUMNS[name]
    if value is NULL or value is None:
        return None
    if isinstance(value, u.Quantity):
        return text_of(value) if column.is_text else coerce(column, _converted(column, value))
    if isinstance(value, (list, str, bool)) and not column.is_text:
        value = number_of(value)
    return coerce(column, text_of(value) if column.is_text else value)


def _converted(column: Column, value: u.Quantity) -> float | int:
    if not column.unit and not value.unit.is_equivalent(u.dimensionless_unscaled):
        raise problem(f"{column.name} has no unit, {value} has", remedy="value(x, 'unit') gives the plain number")
    try:
        with np.errstate(all="ignore"):
            number = float(value.to_value(u.Unit(column.unit or ""), u.spectral() if column.name in _SPECTRAL else []))
    except u.UnitConversionError:
        raise problem(f"{column.name} is in {column.unit}; {value.unit} cannot be converted to it") from None
    # 600 nm is 6e-07 m, not 6.000000000000001e-07.
    number = float(f"{number:.15g}")
    whole = column.datatype in ("short", "int", "long") and math.isfinite(number)
    return round(number) if whole else number


def for_card(value: Any) -> str | int | float | bool | None:  # noqa: ANN401
    """The value as a FITS header card holds it (FITS 4.0, section 4.2).

    Raises
    ------
    MappingError
        A list; a number with a unit, whose unit a card does not keep.
    """
    if value is None or value is NULL:
        return None
    if isinstance(value, u.Quantity):
        raise problem("a header card keeps no unit", remedy="value(x, 'unit') gives the plain number")
    if isinstance(value, list):
        raise problem("a header card holds one value", remedy="take one value of it, as in split(…)[0]")
    return value
