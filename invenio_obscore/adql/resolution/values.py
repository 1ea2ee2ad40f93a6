"""What values mean and which types they have (ADQL 2.1, sections 2.2.6, 2.3 and 4.5 to 4.7)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, get_args

from .. import nodes
from ..resolved import (
    Aggregate,
    Chain,
    Condition,
    Constant,
    Convert,
    Negative,
    Query,
    Scalar,
    Value,
)
from ..source import Source, shown
from ..types import GEOMETRIES, INTEGERS, NUMBERS, TEXTS, TIMESTAMP_TEXT, Type, common_type
from .dali_text import constant_geometry
from .scope import Scope

_TARGETS = {t.value: t for t in (*NUMBERS, Type.TIMESTAMP, Type.POINT, Type.CIRCLE, Type.POLYGON)} | {
    "CHAR": Type.CHAR,
    "VARCHAR": Type.CHAR,
}
_ORDERED = (*NUMBERS, *TEXTS, Type.TIMESTAMP, Type.BOOLEAN, Type.NULL, Type.REGION)


def is_constant_text(node: nodes.Expression) -> bool:
    """Whether an argument is a string literal."""
    return isinstance(node, nodes.Literal) and isinstance(node.value, str)


def constant_number(value: Value) -> float | None:
    """The number that a value is known to be, through conversions; else None."""
    while isinstance(value, Convert) and value.type in NUMBERS:
        value = value.operand
    if isinstance(value, Constant) and isinstance(value.value, int | float):
        return float(value.value)
    return None


class Values:
    """Resolves values in one scope; conditions, functions and queries are added by its subclasses."""

    source: Source
    scope: Scope
    #: Why an aggregate may not stand here; empty where it may.
    no_aggregate: str

    @abstractmethod
    def call(self, node: nodes.Call) -> Value:
        """Resolve a function."""

    @abstractmethod
    def condition(self, node: nodes.Expression) -> Condition:
        """Resolve a condition."""

    @abstractmethod
    def subquery(self, node: nodes.Query) -> Query:
        """Resolve a query inside this scope."""

    def value(self, node: nodes.Expression) -> Value:
        """Resolve a value."""
        return _METHODS[type(node)](self, node)

    def literal(self, node: nodes.Literal) -> Value:
        """A literal's type is the smallest that holds it, but at least INTEGER."""
        value = node.value
        if value is None:
            return Constant(None, Type.NULL)
        if isinstance(value, str):
            if "\0" in value:
                raise self.source.type_error(node.at, "a string cannot hold the character NUL")
            return Constant(value, Type.CHAR)
        if isinstance(value, float):
            return Constant(value, Type.DOUBLE)
        return Constant(value, Type.INTEGER if -(2**31) <= value < 2**31 else Type.BIGINT)

    def column(self, node: nodes.ColumnName) -> Value:
        """A column of this scope or of one around it."""
        return self.scope.column(node.parts, self.source).value

    def sign(self, node: nodes.Sign) -> Value:
        """A minus before a number."""
        operand = self.value(node.operand)
        if operand.type not in (*NUMBERS, Type.NULL):
            raise self.source.type_error(node.at, f"a minus needs a number, not {operand.type.value}")
        operand = _typed(operand, Type.INTEGER)
        return Negative(operand, operand.type)

    def chain(self, node: nodes.Chain) -> Value:
        """``||`` joins texts, the other operators need numbers."""
        items = [("", self.value(node.first), node.first.at)]
        items += [(operator, self.value(operand), at) for operator, operand, at in node.rest]
        if items[1][0] == "||":
            return self._concatenation(items)
        type_ = Type.NULL
        for operator, operand, at in items:
            if operand.type not in (*NUMBERS, Type.NULL):
                sign = operator or items[1][0]
                raise self.source.type_error(at, f"{sign} needs numbers, not {operand.type.value}")
            type_ = common_type([type_, operand.type]) or type_
        type_ = Type.INTEGER if type_ is Type.NULL else type_
        first, *rest = ((operator, _typed(operand, type_)) for operator, operand, _ in items)
        return Chain(first[1], tuple(rest), type_)

    def _concatenation(self, items: list[tuple[str, Value, int]]) -> Value:
        for _, operand, at in items:
            if operand.type not in (*TEXTS, Type.NULL, Type.REGION):
                remedy = "CAST(… AS VARCHAR) makes text of it"
                raise self.source.type_error(at, f"|| joins texts, not {operand.type.value}", remedy)
        first, *rest = ((operator, _typed(operand, Type.CHAR)) for operator, operand, _ in items)
        return Chain(first[1], tuple(rest), Type.CHAR)

    def cast(self, node: nodes.Cast) -> Value:
        """CAST (ADQL 2.1, section 4.5): between numbers, from and to text, text to timestamp and geometry."""
        operand = self.value(node.operand)
        target = _TARGETS[node.target]
        if not _castable(operand.type, target):
            raise self.source.type_error(node.at, f"{operand.type.value} cannot be cast to {node.target}")
        if operand.type is target and node.length is None:
            return operand
        if target is Type.TIMESTAMP:
            return self._timestamp(operand, node.at)
        if target in GEOMETRIES and isinstance(operand, Constant) and operand.value is not None:
            return constant_geometry(self.source, str(operand.value), target, node.operand.at)
        return Convert(operand, target, node.length)

    def scalar(self, node: nodes.ScalarQuery) -> Value:
        """A query whose only column is the value."""
        query = self.subquery(node.query)
        if len(query.outputs) != 1:
            raise self.source.type_error(node.at, f"a query with {len(query.outputs)} columns is no value")
        return Scalar(query, query.outputs[0].type)

    def bare_condition(self, node: nodes.Expression) -> Value:
        """A condition where a value stands is refused by the parser; this is its last line of defence."""
        raise self.source.type_error(node.at, "a condition is no value")

    # ---------------------------------------------------------------------------------------------------------- types
    def coerce(self, value: Value, target: Type, at: int, what: str = "") -> Value:
        """Turn a value into another type where that loses nothing.

        Raises
        ------
        AdqlTypeError
            It would.
        """
        if value.type is target:
            return value
        if value.type is Type.NULL or (value.type in (*NUMBERS, Type.BOOLEAN) and target in NUMBERS):
            return Convert(value, target)
        if target is Type.TIMESTAMP and isinstance(value, Constant) and value.type in TEXTS:
            return self._timestamp(value, at)
        if target in TEXTS and value.type in (*TEXTS, Type.REGION):
            return Convert(value, target)
        remedy = "CAST(… AS TIMESTAMP) reads a text" if target is Type.TIMESTAMP and value.type in TEXTS else ""
        message = f"{what or 'this'} must be {target.value}, not {value.type.value}"
        raise self.source.type_error(at, message, remedy)

    def _timestamp(self, value: Value, at: int) -> Value:
        if isinstance(value, Constant) and value.value is not None and not TIMESTAMP_TEXT.fullmatch(str(value.value)):
            remedy = "write YYYY-MM-DD or YYYY-MM-DDThh:mm:ss"
            raise self.source.type_error(at, f"'{shown(str(value.value))}' is no timestamp", remedy)
        return Convert(value, Type.TIMESTAMP)

    def alike(self, values: list[tuple[Value, int]], what: str) -> list[Value]:
        """Turn values that are compared with each other into one type; numbers stay as they are, for the indices.

        Raises
        ------
        AdqlTypeError
            There is no such type, or its values have no order.
        """
        for value, at in values:
            if value.type not in _ORDERED:
                remedy = "CONTAINS and INTERSECTS compare geometries" if value.type in GEOMETRIES else ""
                raise self.source.type_error(at, f"{what} cannot compare {value.type.value}", remedy)
        target = common_type([value.type for value, _ in values])
        if target is not None and all(value.type in (*NUMBERS, Type.NULL) for value, _ in values):
            return [null_as(value, target) for value, _ in values]
        if target is None:
            kinds = " with ".join(dict.fromkeys(value.type.value for value, _ in values))
            raise self.source.type_error(values[-1][1], f"{what} cannot compare {kinds}")
        return [
            null_as(value, target)
            if value.type is Type.NULL
            else self.coerce(value, target, at, f"an operand of {what}")
            for value, at in values
        ]

    # ----------------------------------------------------------------------------------------------------- aggregates
    def aggregate(self, node: nodes.Call) -> Value:
        """COUNT, MIN, MAX, SUM and AVG (ADQL 2.1, section 2.2.6)."""
        if self.no_aggregate:
            raise self.source.type_error(node.at, f"{node.name} cannot stand {self.no_aggregate}")
        if node.star:
            return Aggregate(node.name, None, False, Type.BIGINT)
        self.no_aggregate = "inside another aggregate"
        argument = _typed(self.value(node.arguments[0]), Type.DOUBLE)
        self.no_aggregate = ""
        return Aggregate(node.name, argument, node.distinct, self._aggregate_type(node, argument.type))

    def _aggregate_type(self, node: nodes.Call, type_: Type) -> Type:
        if node.name == "COUNT":
            if node.distinct and type_ not in _ORDERED:
                raise self.source.type_error(node.at, f"COUNT(DISTINCT …) cannot compare {type_.value}")
            return Type.BIGINT
        if node.name in ("MIN", "MAX"):
            if type_ not in _ORDERED or type_ is Type.BOOLEAN:
                raise self.source.type_error(node.at, f"{node.name} has no order for {type_.value}")
            return type_
        if type_ not in (*NUMBERS, Type.NULL):
            raise self.source.type_error(node.at, f"{node.name} needs numbers, not {type_.value}")
        if node.name == "AVG":
            return Type.DOUBLE
        return Type.BIGINT if type_ in INTEGERS else Type.DOUBLE


def _typed(value: Value, type_: Type) -> Value:
    """NULL as a NULL of a type: PostgreSQL chooses operators and aggregates by it."""
    return Convert(value, type_) if value.type is Type.NULL else value


def null_as(value: Value, type_: Type) -> Value:
    """A column or query of nothing but NULL as one of a type; the word itself needs none."""
    is_bare = value.type is Type.NULL and type_ is not Type.NULL and not isinstance(value, Constant)
    return Convert(value, type_) if is_bare else value


def _castable(origin: Type, target: Type) -> bool:
    if origin in (Type.NULL, target):
        return True
    if target in NUMBERS:
        return origin in (*NUMBERS, *TEXTS, Type.BOOLEAN)
    if target is Type.CHAR:
        return origin in (*NUMBERS, *TEXTS, Type.TIMESTAMP, Type.REGION, Type.BOOLEAN, *GEOMETRIES)
    return origin in TEXTS


_METHODS: dict[type, Callable[[Values, Any], Value]] = {
    nodes.Literal: Values.literal,
    nodes.ColumnName: Values.column,
    nodes.Sign: Values.sign,
    nodes.Chain: Values.chain,
    nodes.Call: lambda self, node: self.aggregate(node) if node.is_aggregate else self.call(node),
    nodes.Cast: Values.cast,
    nodes.ScalarQuery: Values.scalar,
    **dict.fromkeys(get_args(nodes.Condition), Values.bare_condition),
}
