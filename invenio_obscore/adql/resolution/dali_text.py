"""Geometries written as DALI does (DALI 1.1, section 3.3.5 to 3.3.7), which CAST reads (ADQL 2.1, section 4.6.1)."""

from __future__ import annotations

import math

from ...obscore.regions import Circle, Polygon
from ..resolved import Constant, FunctionCall, Shape, Value
from ..source import Source, shown
from ..types import Type

_FORMS = {
    Type.POINT: "12.3 45.6",
    Type.CIRCLE: "12.3 45.6 1.0",
    Type.POLYGON: "1.0 0.1 2.0 0.2 3.0 0.3",
}


def constant_geometry(source: Source, text: str, target: Type, at: int) -> Value:
    """The POINT, CIRCLE or POLYGON that a text is.

    Raises
    ------
    AdqlTypeError
        It is none.
    """
    try:
        numbers = [float(word) for word in text.split()]
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(text)
        return _geometry(numbers, target)
    except ValueError as error:
        remedy = f"write it as in '{_FORMS[target]}'"
        raise source.type_error(at, f"'{shown(text)}' is no {target.value}", remedy) from error


def _geometry(numbers: list[float], target: Type) -> Value:
    if target is Type.CIRCLE and len(numbers) == 3:
        return Shape(Circle(*numbers), target)
    if target is Type.POLYGON and len(numbers) >= 6 and len(numbers) % 2 == 0:
        return Shape(Polygon(tuple(zip(numbers[::2], numbers[1::2]))), target)
    if target is Type.POINT and len(numbers) == 2 and abs(numbers[1]) <= 90:
        longitude, latitude = (Constant(number, Type.DOUBLE) for number in numbers)
        return FunctionCall("POINT", (longitude, latitude), target)
    raise ValueError(numbers)
