"""Optional functions of ADQL 2.1 and UDFs whose meaning is settled when the query is translated."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from typing import TypeVar

from .. import nodes, units
from ..frames import FRAMES, rotation
from ..resolved import Aggregate, Comparison, Constant, Convert, Flag, FunctionCall, Junction, Match, Member, Value
from ..source import shown
from ..types import GEOMETRIES, INTEGERS, NUMBERS, Type
from ..vocabularies import VOCABULARIES, terms
from .calls import Calls
from .naming import unit_of
from .values import is_constant_text

_MOC = re.compile(r"(\s*\d{1,2}/(\s*\d{1,19}(-\d{1,19})?[\s,]*)*)+", re.ASCII)
_MOST_BINS = 10_000
T = TypeVar("T")


class Extensions(Calls):
    """Adds to :class:`.Calls` what needs more than a signature."""

    def special(self) -> dict[str, Callable[..., Value]]:
        """See :meth:`.Calls.special`."""
        return {**super().special(), **_FUNCTIONS}

    def _text_argument(self, node: nodes.Call, position: int) -> str:
        argument = node.arguments[position]
        if not is_constant_text(argument):
            raise self.source.type_error(argument.at, f"this argument of {node.name} must be a string literal")
        return str(argument.value)  # type: ignore[union-attr]

    def _count(self, node: nodes.Call, counts: tuple[int, ...], form: str) -> None:
        if len(node.arguments) not in counts:
            raise self.wrong_count(node, form)

    # ---------------------------------------------------------------------------------------------------------- units
    def in_unit(self, node: nodes.Call) -> Value:
        """IN_UNIT(value, 'unit') (ADQL 2.1, section 4.8)."""
        self._count(node, (2,), "IN_UNIT(value, 'unit')")
        value, target = self._number(node, 0), self._text_argument(node, 1)
        if not unit_of(value):
            raise self.source.type_error(node.arguments[0].at, "IN_UNIT: the value has no unit")
        number = self._converted(node, node.arguments[1].at, lambda: units.factor(unit_of(value), target))
        return FunctionCall("IN_UNIT", (value, Constant(number, Type.DOUBLE)), Type.DOUBLE, target)

    def specconv(self, node: nodes.Call) -> Value:
        """gavo_specconv(value[, 'unit of value'], 'unit'): between wavelength, frequency and energy."""
        self._count(node, (2, 3), "gavo_specconv(value, 'unit') or gavo_specconv(value, 'unit of value', 'unit')")
        value, target = self._number(node, 0), self._text_argument(node, len(node.arguments) - 1)
        origin = self._text_argument(node, 1) if len(node.arguments) == 3 else unit_of(value)
        if not origin:
            raise self.source.type_error(node.arguments[0].at, f"{node.name}: the value has no unit")
        place = node.arguments[-1].at
        reciprocal, number = self._converted(node, place, lambda: units.spectral(origin, target))
        name = "GAVO_SPECCONV" if reciprocal else "IN_UNIT"
        return FunctionCall(name, (value, Constant(number, Type.DOUBLE)), Type.DOUBLE, target)

    def _number(self, node: nodes.Call, position: int) -> Value:
        argument = node.arguments[position]
        return self.coerce(self.value(argument), Type.DOUBLE, argument.at, f"the value of {node.name}")

    def _converted(self, node: nodes.Call, at: int, convert: Callable[[], T]) -> T:
        try:
            return convert()
        except units.UnitProblem as problem:
            raise self.source.type_error(at, f"{node.name}: {problem}") from problem

    # ----------------------------------------------------------------------------------------------------- conditions
    def interval_overlaps(self, node: nodes.Call) -> Value:
        """ivo_interval_overlaps as conditions, so that an index over intervals answers it."""
        self._count(node, (4,), "ivo_interval_overlaps(low1, high1, low2, high2)")
        low1, high1, low2, high2 = (self._plain_number(a) for a in node.arguments)
        pairs = ((low1, high1), (low2, high2), (low1, high2), (low2, high1))
        return Flag(Junction("AND", tuple(Comparison("<=", a, b) for a, b in pairs)), node.name.lower())

    def _plain_number(self, argument: nodes.Expression) -> Value:
        value = self.value(argument)
        if value.type not in (*NUMBERS, Type.NULL):
            raise self.source.type_error(argument.at, f"this must be a number, not {value.type.value}")
        return value

    def nocasematch(self, node: nodes.Call) -> Value:
        """ivo_nocasematch(value, pattern)."""
        self._count(node, (2,), "ivo_nocasematch(value, pattern)")
        value, pattern = (self.coerce(self.value(a), Type.CHAR, a.at) for a in node.arguments)
        return Flag(Match(value, pattern, False, True), node.name.lower())

    def vocmatch(self, node: nodes.Call) -> Value:
        """gavo_vocmatch('vocabulary', 'term', column): the term or one of its narrower terms."""
        self._count(node, (3,), "gavo_vocmatch('vocabulary', 'term', column)")
        vocabulary, term = self._text_argument(node, 0), self._text_argument(node, 1)
        if vocabulary not in VOCABULARIES:
            message = f"the vocabulary {shown(vocabulary)} is not known"
            raise self.source.name_error(node.arguments[0].at, message, vocabulary, VOCABULARIES)
        narrower = terms(vocabulary)
        if term not in narrower:
            message = f"{vocabulary} has no term {shown(term)}"
            raise self.source.name_error(node.arguments[1].at, message, term, narrower)
        value = self.coerce(self.value(node.arguments[2]), Type.CHAR, node.arguments[2].at)
        return Flag(Member(value, tuple(Constant(t, Type.CHAR) for t in narrower[term]), False), node.name.lower())

    # ----------------------------------------------------------------------------------------------------- aggregates
    def _aggregated(self, node: nodes.Call) -> Value:
        if self.no_aggregate:
            raise self.source.type_error(node.at, f"{node.name} cannot stand {self.no_aggregate}")
        self.no_aggregate = "inside another aggregate"
        value = self.value(node.arguments[0])
        self.no_aggregate = ""
        return value

    def string_agg(self, node: nodes.Call) -> Value:
        """ivo_string_agg(value, 'separator')."""
        self._count(node, (2,), "ivo_string_agg(value, 'separator')")
        value = self.coerce(self._aggregated(node), Type.CHAR, node.arguments[0].at, "the value of ivo_string_agg")
        separator = Constant(self._text_argument(node, 1), Type.CHAR)
        return Aggregate("IVO_STRING_AGG", value, False, Type.CHAR, (separator,))

    def histogram(self, node: nodes.Call) -> Value:
        """ivo_histogram(value, low, high, bins): counts below, in each bin, above."""
        self._count(node, (4,), "ivo_histogram(value, low, high, bins)")
        value = self.coerce(self._aggregated(node), Type.DOUBLE, node.arguments[0].at, "the value of ivo_histogram")
        limits = [self._constant_number(node, position) for position in (1, 2, 3)]
        low, high, bins = limits
        if not low < high or bins != int(bins) or not 1 <= bins <= _MOST_BINS:
            raise self.source.type_error(node.at, f"ivo_histogram needs low < high and 1 to {_MOST_BINS} bins")
        options = (Constant(low, Type.DOUBLE), Constant(high, Type.DOUBLE), Constant(int(bins), Type.INTEGER))
        return Aggregate("IVO_HISTOGRAM", value, False, Type.INTEGERS, options)

    def _constant_number(self, node: nodes.Call, position: int) -> float:
        argument = node.arguments[position]
        if not isinstance(argument, nodes.Literal) or not isinstance(argument.value, int | float):
            raise self.source.type_error(argument.at, f"this argument of {node.name} must be a number literal")
        return float(argument.value)

    # ----------------------------------------------------------------------------------------------------- geometries
    def geom_transform(self, node: nodes.Call) -> Value:
        """ivo_geom_transform('from', 'to', geometry)."""
        self._count(node, (3,), "ivo_geom_transform('from', 'to', geometry)")
        origin, target = self._text_argument(node, 0), self._text_argument(node, 1)
        types = (Type.POINT, Type.CIRCLE, Type.POLYGON)
        geometry = self.geometry(node.arguments[2], node.name, types)
        for frame, argument in zip((origin, target), node.arguments):
            if frame not in FRAMES:
                message = f"the frame {shown(frame)} is not known"
                raise self.source.name_error(argument.at, message, frame, FRAMES)
        if origin == target:
            return geometry
        matrix = rotation(origin, target)
        numbers = tuple(Constant(number, Type.DOUBLE) for number in matrix)
        return FunctionCall("IVO_GEOM_TRANSFORM", (geometry, *numbers), geometry.type)

    @abstractmethod
    def locate(self, name: str) -> tuple[float, float] | None:
        """The position of a named object; None when it is not known.

        Raises
        ------
        LookupError
            The service asks nobody, or not as often.
        """

    def simbadpoint(self, node: nodes.Call) -> Value:
        """gavo_simbadpoint('name'): the position of an object, looked up when the query is translated."""
        self._count(node, (1,), "gavo_simbadpoint('name of an object')")
        name = self._text_argument(node, 0)
        try:
            position = self.locate(name)
        except LookupError as error:
            raise self.source.type_error(node.at, str(error)) from error
        if position is None:
            raise self.source.type_error(node.arguments[0].at, f"neither Simbad nor Sesame knows '{shown(name)}'")
        longitude, latitude = (Constant(number, Type.DOUBLE) for number in position)
        return FunctionCall("POINT", (longitude, latitude), Type.POINT)

    def moc(self, node: nodes.Call) -> Value:
        """MOC('1/1 2 4 2/12-14') or MOC(order, geometry)."""
        self._count(node, (1, 2), "MOC('order/cells …') or MOC(order, geometry)")
        if len(node.arguments) == 2:
            order = self.value(node.arguments[0])
            if not isinstance(order, Constant) or order.type not in INTEGERS or not 0 <= int(order.value or 0) <= 13:
                raise self.source.type_error(node.arguments[0].at, "the order of a MOC is a number from 0 to 13")
            geometry = self.geometry(node.arguments[1], "MOC", tuple(t for t in GEOMETRIES if t is not Type.MOC))
            return FunctionCall("MOC", (order, geometry), Type.MOC)
        text = self._text_argument(node, 0)
        if not _is_moc(text):
            raise self.source.type_error(node.arguments[0].at, f"'{shown(text)}' is no ASCII MOC")
        return Convert(Constant(text, Type.CHAR), Type.MOC)


def _is_moc(text: str) -> bool:
    """Whether a text is a space MOC (MOC 2.0, section 4.3.2): ordered cells, each of its order."""
    if len(text) > 100_000 or not _MOC.fullmatch(text):
        return False
    order = 0
    for piece in re.findall(r"\d+/|\d+-\d+|\d+", text):
        if piece.endswith("/"):
            order = int(piece[:-1])
            continue
        low, _, high = piece.partition("-")
        if order > 29 or not int(low) <= int(high or low) < 12 * 4**order:
            return False
    return order <= 29


_FUNCTIONS: dict[str, Callable[[Extensions, nodes.Call], Value]] = {
    "IN_UNIT": Extensions.in_unit,
    "GAVO_SPECCONV": Extensions.specconv,
    "IVO_INTERVAL_OVERLAPS": Extensions.interval_overlaps,
    "IVO_NOCASEMATCH": Extensions.nocasematch,
    "GAVO_VOCMATCH": Extensions.vocmatch,
    "IVO_STRING_AGG": Extensions.string_agg,
    "IVO_HISTOGRAM": Extensions.histogram,
    "IVO_GEOM_TRANSFORM": Extensions.geom_transform,
    "GAVO_SIMBADPOINT": Extensions.simbadpoint,
    "IVO_SIMBADPOINT": Extensions.simbadpoint,
    "MOC": Extensions.moc,
}
