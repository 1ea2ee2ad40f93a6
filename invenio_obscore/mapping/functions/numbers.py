"""Functions on numbers and units."""

from __future__ import annotations

import math
from typing import Any

from astropy import units as u

from ..values import number_of, operate, problem, text_of, unit
from .registry import Group

GROUP = Group("Numbers and units")


@GROUP.add("float('1.5D3')", "1500.0", name="float")
def float_(value: object) -> float:
    """A plain number, from a text too."""
    return float(number_of(value))


@GROUP.add("int('0266')", "266", name="int")
def int_(value: object) -> int:
    """A whole number; what stands behind the point is cut."""
    return int(number_of(value))


@GROUP.add("text(12.5)", "12.5", name="text")
def text(value: object) -> str:
    """The value as a text."""
    return text_of(value)


@GROUP.add("round(12.3456, 2)", "12.35", name="round")
def round_(value: float, digits: int = 0) -> float | int:
    """The number rounded to that many digits behind the point; a whole number if none are given."""
    if abs(digits) > 30:
        raise problem("more digits than a number has")
    return round(value, digits) if digits else round(value)


@GROUP.add("floor(2.7)", "2")
def floor(value: float) -> int:
    """The next whole number below."""
    return math.floor(value)


@GROUP.add("ceil(2.1)", "3")
def ceil(value: float) -> int:
    """The next whole number above."""
    return math.ceil(value)


@GROUP.add("abs(-3 km)", "3.0 km", name="abs")
def abs_(value: object) -> Any:  # noqa: ANN401
    """The number without its sign."""
    return abs(value if isinstance(value, u.Quantity) else number_of(value))


@GROUP.add("sqrt(16)", "4.0")
def sqrt(value: float) -> float:
    """The square root."""
    return math.sqrt(value)


@GROUP.add("log10(1000)", "3.0")
def log10(value: float) -> float:
    """The logarithm to base 10."""
    return math.log10(value)


@GROUP.add("round(exp(1), 3)", "2.718")
def exp(value: float) -> float:
    """e to that power."""
    return math.exp(value)


def _numbers(values: tuple[Any, ...]) -> list[Any]:
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item if isinstance(item, u.Quantity) else number_of(item) for item in flat if item is not None]


@GROUP.add("min(3, 1, 2)", "1", name="min", sees_nothing=True)
def min_(*values: object) -> Any:  # noqa: ANN401
    """The smallest of the numbers that there are; of a list's, too."""
    return _extreme("<", _numbers(values))


@GROUP.add("max(1 km, 1500 m)", "1500.0 m", name="max", sees_nothing=True)
def max_(*values: object) -> Any:  # noqa: ANN401
    """The largest of the numbers that there are; of a list's, too."""
    return _extreme(">", _numbers(values))


def _extreme(symbol: str, numbers: list[Any]) -> Any:  # noqa: ANN401
    best = numbers[0] if numbers else None
    for number in numbers[1:]:
        best = number if operate(symbol, number, best) else best
    return best


@GROUP.add("sum(300, 300, 600)", "1200", name="sum", sees_nothing=True)
def sum_(*values: object) -> Any:  # noqa: ANN401
    """The numbers that there are added up; a list's, too."""
    total: Any = None
    for number in _numbers(values):
        total = number if total is None else operate("+", total, number)
    return total


@GROUP.add("mean(1, 2, 6)", "3.0", sees_nothing=True)
def mean(*values: object) -> Any:  # noqa: ANN401
    """The mean of the numbers that there are."""
    numbers = _numbers(values)
    return operate("/", sum_(*numbers), len(numbers)) if numbers else None


@GROUP.add("quantity('656.28', 'nm')", "656.28 nm")
def quantity(value: object, unit_: str) -> u.Quantity:
    """A number with a unit that is computed or read; a number that has one is converted."""
    target = unit(unit_)
    return value.to(target) if isinstance(value, u.Quantity) else u.Quantity(float(number_of(value)), target)


@GROUP.add("value(2 h, 's')", "7200.0")
def value(quantity_: object, unit_: str) -> float:
    """The plain number that a number with a unit is in another unit."""
    if not isinstance(quantity_, u.Quantity):
        return float(number_of(quantity_))
    return float(quantity_.to_value(unit(unit_)))


@GROUP.add("round(value(wavelength(1420.40575 MHz), 'cm'), 3)", "21.106")
def wavelength(spectral: object) -> u.Quantity:
    """The vacuum wavelength in metres of a wavelength, frequency, wavenumber or energy."""
    if not isinstance(spectral, u.Quantity):
        return u.Quantity(float(number_of(spectral)), u.m)
    return spectral.to(u.m, equivalencies=u.spectral())


@GROUP.add("round(value(vacuum(500 nm), 'nm'), 4)", "500.1472")
def vacuum(air: object) -> u.Quantity:
    """The vacuum wavelength of a wavelength in air (FITS WCS paper III, equation 65)."""
    metres = wavelength(air)
    micrometres = metres.to_value(u.um)
    if micrometres <= 0.1:
        raise problem(f"{air} is not a wavelength that air lets pass")
    inverse = 1.0 / micrometres
    index = 1.0 + 1e-6 * (287.6155 + 1.62887 * inverse**2 + 0.01360 * inverse**4)
    return metres * index
