"""Which columns a join has (ADQL 2.1, section 2.2.2; SQL92, section 7.5): NATURAL and USING merge those of one name."""

from __future__ import annotations

from .. import nodes
from .. import resolved as ir
from ..source import Source
from ..types import common_type
from .scope import Scope, ScopeColumn
from .values import null_as


def joined_scope(source: Source, step: nodes.JoinStep, left: Scope, right: Scope) -> tuple[Scope, ir.Condition | None]:
    """The scope behind a join, and the condition that NATURAL or USING stand for.

    Raises
    ------
    AdqlNameError
        A column of USING is not on both sides, or more than once on one.
    AdqlTypeError
        The merged columns cannot be compared.
    """
    ranges = (*left.ranges, *right.ranges)
    pairs = _pairs(source, step, left, right)
    if not pairs:
        return Scope(ranges, (*left.columns, *right.columns), left.parent), None
    merged = tuple(_merged(source, step, a, b) for a, b in pairs)
    rest_left = tuple(c for c in left.columns if all(c is not a for a, _ in pairs))
    rest_right = tuple(c for c in right.columns if all(c is not b for _, b in pairs))
    conditions: tuple[ir.Condition, ...] = tuple(_equal(a.value, b.value) for a, b in pairs)
    condition = conditions[0] if len(conditions) == 1 else ir.Junction("AND", conditions)
    return Scope(ranges, (*merged, *rest_left, *rest_right), left.parent), condition


def _equal(left: ir.Value, right: ir.Value) -> ir.Condition:
    type_ = common_type([left.type, right.type]) or left.type
    return ir.Comparison("=", null_as(left, type_), null_as(right, type_))


def _pairs(source: Source, step: nodes.JoinStep, left: Scope, right: Scope) -> list[tuple[ScopeColumn, ScopeColumn]]:
    if step.natural:
        common = [c for c in left.columns if any(c.name.lower() == d.name.lower() for d in right.columns)]
        identifiers = [nodes.Identifier(c.name, False, step.at) for c in common]
    else:
        identifiers = list(step.using)
        for number, identifier in enumerate(identifiers):
            if any(identifier.same_as(other) for other in identifiers[:number]):
                raise source.name_error(identifier.at, f"{identifier.text} stands twice in USING", identifier.text)
    return [(_only(source, i, left), _only(source, i, right)) for i in identifiers]


def _only(source: Source, identifier: nodes.Identifier, scope: Scope) -> ScopeColumn:
    found = scope.find(identifier)
    if len(found) != 1:
        problem = "is ambiguous on one side of" if found else "is missing on one side of"
        known = [c.name for c in scope.columns]
        raise source.name_error(
            identifier.at, f"the column {identifier.text} {problem} the join", identifier.text, () if found else known
        )
    return found[0]


def _merged(source: Source, step: nodes.JoinStep, left: ScopeColumn, right: ScopeColumn) -> ScopeColumn:
    type_ = common_type([left.value.type, right.value.type])
    if type_ is None:
        kinds = f"{left.value.type.value} with {right.value.type.value}"
        raise source.type_error(step.at, f"the join cannot compare {left.name}: {kinds}")
    if step.kind == "RIGHT":
        return ScopeColumn(left.name, right.value)
    if step.kind == "FULL":
        return ScopeColumn(left.name, ir.FunctionCall("COALESCE", (left.value, right.value), type_))
    return left
