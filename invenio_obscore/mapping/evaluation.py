"""The value of an expression in a scope.

There are no loops, the size of an expression is bounded when it is parsed, and so are the texts and lists that it can
make. What still adds up, many calls in many lines, has a deadline.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any

from astropy import units as u

from ..errors import MappingError
from .functions import Functions
from .nodes import Assignment, Binary, Call, Cell, Constant, Index, Keyword, Node, Slice, Unary, Variable
from .scope import Scope
from .values import NULL, checked, describe, is_number, number_of, operate, problem, truth


class OutOfTime(MappingError):
    """The deadline of a mapping has passed: no further line is evaluated."""


class Evaluator:
    """Evaluates the expressions of one scope.

    Parameters
    ----------
    scope
        What the expressions see.
    functions
        The functions that they may call.
    until
        When to stop, on the clock of `time.monotonic`.
    """

    def __init__(self, scope: Scope, functions: Functions, until: float = math.inf) -> None:
        self._scope = scope
        self._functions = functions
        self._until = until

    def value(self, assignment: Assignment) -> Any:  # noqa: ANN401
        """What a line assigns; see :mod:`.values` for the kinds.

        Raises
        ------
        MappingError
            With the line and the column of the part that failed.
        """
        try:
            self.check_time()
            return self.evaluate(assignment.expression)
        except MappingError as error:
            raise type(error)(
                error.message, line=assignment.line, column=error.column or assignment.column, remedy=error.remedy
            ) from error

    def check_time(self) -> None:
        """Raise :class:`OutOfTime` after the deadline."""
        if time.monotonic() > self._until:
            raise OutOfTime("the mapping takes too long")

    def evaluate(self, node: Node) -> Any:  # noqa: ANN401
        """The value of one node; an error gets the node's column unless a node below gave it one.

        Raises
        ------
        MappingError
            The value cannot be had.
        """
        try:
            return checked(self._evaluate(node))
        except MappingError as error:
            if error.column:
                raise
            raise type(error)(error.message, column=node.column, remedy=error.remedy) from error

    @singledispatchmethod
    def _evaluate(self, node: Node) -> Any:  # noqa: ANN401
        raise TypeError(f"no way to evaluate {type(node).__name__}")

    @_evaluate.register
    def _(self, node: Constant) -> Any:  # noqa: ANN401
        return node.value

    @_evaluate.register
    def _(self, node: Keyword) -> Any:  # noqa: ANN401
        return self._scope.keyword(node.name, node.hdu)

    @_evaluate.register
    def _(self, node: Cell) -> Any:  # noqa: ANN401
        return self._scope.cell(node.name)

    @_evaluate.register
    def _(self, node: Variable) -> Any:  # noqa: ANN401
        return self._scope.variable(node.name)

    @_evaluate.register
    def _(self, node: Call) -> Any:  # noqa: ANN401
        self.check_time()
        function = self._functions[node.function]
        if function.lazy:
            return function(self._scope, [self._later(argument) for argument in node.arguments])
        return function(self._scope, [self.evaluate(argument) for argument in node.arguments])

    def _later(self, node: Node) -> Callable[[], Any]:
        return lambda: self.evaluate(node)

    @_evaluate.register
    def _(self, node: Index) -> Any:  # noqa: ANN401
        value, index = self.evaluate(node.value), self.evaluate(node.index)
        if value is None or index is None or value is NULL:
            return None
        items, number = _sequence(value), _position(index)
        if not -len(items) <= number < len(items):
            raise problem(f"{describe(value)} has {len(items)} items, counted from 0; there is no [{number}]")
        return items[number]

    @_evaluate.register
    def _(self, node: Slice) -> Any:  # noqa: ANN401
        value = self.evaluate(node.value)
        bounds = [None if n is None else self.evaluate(n) for n in (node.start, node.stop)]
        if value is None or value is NULL:
            return None
        start, stop = (None if b is None else _position(b) for b in bounds)
        return _sequence(value)[start:stop]

    @_evaluate.register
    def _(self, node: Unary) -> Any:  # noqa: ANN401
        value = self.evaluate(node.operand)
        if node.operator == "not":
            return not truth(value)
        if value is None or value is NULL:
            return None
        number = value if isinstance(value, u.Quantity) else number_of(value)
        return -number if node.operator == "-" else number

    @_evaluate.register
    def _(self, node: Binary) -> Any:  # noqa: ANN401
        left = self.evaluate(node.left)
        if node.operator == "and":
            return truth(left) and truth(self.evaluate(node.right))
        if node.operator == "or":
            return truth(left) or truth(self.evaluate(node.right))
        return operate(node.operator, left, self.evaluate(node.right))


def _sequence(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, (str, list)):
        return value
    raise problem(f"{describe(value)} cannot be indexed", remedy="a text or a list can")


def _position(value: object) -> int:
    if is_number(value) and value == int(value):  # type: ignore[call-overload]
        return int(value)  # type: ignore[call-overload]
    raise problem(f"{describe(value)} is no index", remedy="an index is a whole number, from 0")
