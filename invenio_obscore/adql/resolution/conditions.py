"""What conditions mean (ADQL 2.1, section 2.2.5), geometric ones among them.

``1 = CONTAINS(…)`` becomes the condition itself and ``DISTANCE(…) < r`` a cone, so that indices answer them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .. import nodes
from ..resolved import (
    Between,
    Comparison,
    Condition,
    Constant,
    Exists,
    Flag,
    FunctionCall,
    IsNull,
    Junction,
    Match,
    Member,
    MemberOf,
    Near,
    Not,
    Value,
)
from ..types import TEXTS, Type
from .retyping import as_types
from .values import Values, constant_number

_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


class Conditions(Values):
    """Adds conditions to :class:`.Values`."""

    def condition(self, node: nodes.Expression) -> Condition:
        """Resolve a condition."""
        return _METHODS[type(node)](self, node)

    def comparison(self, node: nodes.Comparison) -> Condition:
        """A comparison of numbers, texts or times; or a geometric condition compared with 1 or 0."""
        left, right = self.value(node.left), self.value(node.right)
        operator = node.operator
        if isinstance(right, Flag) and not isinstance(left, Flag):
            left, right, operator = right, left, _MIRRORED[operator]
        if isinstance(left, Flag) and (number := constant_number(right)) is not None:
            return _unflagged(left, operator, number)
        if near := _near(left, operator, right) or _near(right, _MIRRORED[operator], left):
            return near
        left, right = self.alike([(left, node.left.at), (right, node.right.at)], operator)
        return Comparison(operator, left, right)

    def between(self, node: nodes.Between) -> Condition:
        """BETWEEN."""
        pairs = [(self.value(n), n.at) for n in (node.operand, node.low, node.high)]
        operand, low, high = self.alike(pairs, "BETWEEN")
        return Between(operand, low, high, node.negated)

    def in_list(self, node: nodes.InList) -> Condition:
        """IN with a list."""
        pairs = [(self.value(n), n.at) for n in (node.operand, *node.values)]
        operand, *values = self.alike(pairs, "IN")
        return Member(operand, tuple(values), node.negated)

    def in_query(self, node: nodes.InQuery) -> Condition:
        """IN with a sub-query of one column."""
        operand = self.value(node.operand)
        query = self.subquery(node.query)
        if len(query.outputs) != 1:
            raise self.source.type_error(node.at, f"IN needs a query with one column, not {len(query.outputs)}")
        column = query.outputs[0].value
        operand, _ = self.alike([(operand, node.operand.at), (column, node.query.at)], "IN")
        if column.type is Type.NULL and operand.type is not Type.NULL:
            query = replace(query, body=as_types(query.body, [operand.type]))
        return MemberOf(operand, query, node.negated)

    def like(self, node: nodes.Like) -> Condition:
        """LIKE and ILIKE."""
        word = "ILIKE" if node.caseless else "LIKE"
        operand, pattern = self.value(node.operand), self.value(node.pattern)
        for value, at in ((operand, node.operand.at), (pattern, node.pattern.at)):
            if value.type not in (*TEXTS, Type.NULL, Type.REGION):
                raise self.source.type_error(at, f"{word} compares texts, not {value.type.value}")
        return Match(operand, pattern, node.negated, node.caseless)

    def is_null(self, node: nodes.IsNull) -> Condition:
        """IS NULL."""
        return IsNull(self.value(node.operand), node.negated)

    def exists(self, node: nodes.Exists) -> Condition:
        """EXISTS."""
        return Exists(self.subquery(node.query))

    def negation(self, node: nodes.Not) -> Condition:
        """NOT."""
        return Not(self.condition(node.operand))

    def junction(self, node: nodes.Junction) -> Condition:
        """AND and OR."""
        return Junction(node.operator, tuple(self.condition(item) for item in node.items))


def _unflagged(flag: Flag, operator: str, number: float) -> Condition:
    """A condition compared with a number, without the detour over 1 and 0."""
    test = _TESTS[operator]
    if_true, if_false = test(1, number), test(0, number)
    if if_true and not if_false:
        return flag.condition
    if if_false and not if_true:
        return Not(flag.condition)
    return Comparison(operator, flag, Constant(number, Type.DOUBLE))


def _near(left: Value, operator: str, right: Value) -> Near | None:
    if operator not in ("<", "<=") or not isinstance(left, FunctionCall) or left.name != "DISTANCE":
        return None
    radius = constant_number(right)
    if radius is None or not 0 <= radius <= 90:
        return None
    return Near(left.arguments[0], left.arguments[1], operator, right)


_METHODS: dict[type, Callable[[Conditions, Any], Condition]] = {
    nodes.Comparison: Conditions.comparison,
    nodes.Between: Conditions.between,
    nodes.InList: Conditions.in_list,
    nodes.InQuery: Conditions.in_query,
    nodes.Like: Conditions.like,
    nodes.IsNull: Conditions.is_null,
    nodes.Exists: Conditions.exists,
    nodes.Not: Conditions.negation,
    nodes.Junction: Conditions.junction,
}
