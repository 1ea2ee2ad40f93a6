"""Conversion of units (VOUnits 1.0) for IN_UNIT and gavo_specconv."""

from __future__ import annotations

from functools import lru_cache

from astropy import units as u


class UnitProblem(ValueError):
    """A unit is not known, or one cannot be turned into the other."""


@lru_cache(maxsize=1024)
def parse(text: str) -> u.UnitBase:
    """Read a VOUnit.

    Raises
    ------
    UnitProblem
        It is none.
    """
    if not text.strip():
        raise UnitProblem("an empty text is no unit")
    try:
        return u.Unit(text, format="vounit", parse_strict="raise")
    except (ValueError, TypeError, u.UnitsError) as error:
        raise UnitProblem(f"'{text}' is no VOUnit") from error


def factor(origin: str, target: str) -> float:
    """What a number in one unit is multiplied by to be in another.

    Raises
    ------
    UnitProblem
        There is no such factor.
    """
    try:
        return _plain(parse(origin).to(parse(target)))
    except u.UnitConversionError as error:
        raise UnitProblem(f"'{origin}' cannot be turned into '{target}'") from error


def spectral(origin: str, target: str) -> tuple[bool, float]:
    """How a wavelength, frequency or energy in one unit becomes one in another.

    Returns
    -------
    reciprocal, number
        The result is ``number / value`` if reciprocal, else ``number * value``.

    Raises
    ------
    UnitProblem
        One of the units is none of these.
    """
    try:
        at_one = float(parse(origin).to(parse(target), 1.0, equivalencies=u.spectral()))
        at_two = float(parse(origin).to(parse(target), 2.0, equivalencies=u.spectral()))
    except u.UnitConversionError as error:
        raise UnitProblem(f"'{origin}' cannot be turned into '{target}'") from error
    return at_two < at_one, at_one


def _plain(number: float) -> float:
    """A factor without the last digit's noise: 1e9 and not 999999999.9999999."""
    return float(f"{number:.15g}")
