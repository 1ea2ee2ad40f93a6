"""Conditions on the two limits of an interval, seen as one that an index over intervals answers.

``t_min < b AND t_max > a`` says that two intervals overlap; indices over single columns answer it badly, since each
half alone is true for most rows. ``t_min > a AND t_max < b`` says so, too: what lies within an interval overlaps it,
whichever way round its own limits are. What is found here follows from the conditions that are there and is only added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import resolved as ir

_UPWARDS = frozenset({">", ">="})
_DOWNWARDS = frozenset({"<", "<="})
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}

Bound = tuple[ir.ColumnRef, str, ir.Value]


def overlaps(
    conditions: Iterable[ir.Condition], pairs: dict[str, tuple[tuple[str, str], ...]]
) -> Iterator[tuple[ir.ColumnRef, ir.ColumnRef, ir.Value, ir.Value]]:
    """Intervals of columns that the conditions make overlap with intervals of values that do not change.

    Parameters
    ----------
    conditions
        All of which hold.
    pairs
        Columns that are the limits of an interval, by the alias of their relation.

    Yields
    ------
    low, high, start, end
        The columns, and the limits of the interval that theirs must overlap.
    """
    bounds = [bound for condition in conditions for bound in _bounds(condition)]
    for relation, names in pairs.items():
        for low_name, high_name in names:
            for low_side, high_side in ((_DOWNWARDS, _UPWARDS), (_UPWARDS, _DOWNWARDS)):
                low = next((b for b in bounds if _is(b, relation, low_name, low_side)), None)
                high = next((b for b in bounds if _is(b, relation, high_name, high_side)), None)
                if low and high:
                    yield low[0], high[0], high[2], low[2]


def _is(bound: Bound, relation: str, name: str, operators: frozenset[str]) -> bool:
    column, operator, _ = bound
    return column.relation == relation and column.name == name and operator in operators


def _bounds(condition: ir.Condition) -> Iterator[Bound]:
    if isinstance(condition, ir.Comparison) and condition.operator in _MIRRORED:
        yield from _bound(condition.left, condition.operator, condition.right)
        yield from _bound(condition.right, _MIRRORED[condition.operator], condition.left)
    elif isinstance(condition, ir.Between) and not condition.negated:
        yield from _bound(condition.low, "<=", condition.operand)
        yield from _bound(condition.high, ">=", condition.operand)


def _bound(column: ir.Value, operator: str, value: ir.Value) -> Iterator[Bound]:
    if isinstance(column, ir.ColumnRef) and _is_plain(value, column.relation):
        yield column, operator, value


def _is_plain(value: ir.Value, relation: str) -> bool:
    """A constant, or a column of another relation: the limits of that one's interval in a join."""
    while isinstance(value, ir.Convert | ir.Negative):
        value = value.operand
    return isinstance(value, ir.Constant) or (isinstance(value, ir.ColumnRef) and value.relation != relation)
