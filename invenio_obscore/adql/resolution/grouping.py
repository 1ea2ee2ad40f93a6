"""Which values may stand beside aggregates (SQL92, section 7.9): groups, aggregates, constants, and made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from .. import resolved as ir
from ..source import Source


def children(value: Any) -> Iterator[Any]:  # noqa: ANN401
    """The values and conditions that a value or condition is made of; queries in it are not looked into."""
    if isinstance(value, ir.ColumnRef):
        return
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, tuple):
            for item in part:
                yield from (p for p in (item if isinstance(item, tuple) else (item,)) if _is_part(p))
        elif _is_part(part):
            yield part


def _is_part(part: object) -> bool:
    return isinstance(part, ir.Value | ir.Condition)


def has_aggregate(value: Any) -> bool:  # noqa: ANN401
    """Whether there is an aggregate in it."""
    if isinstance(value, ir.ColumnRef):  # nearly every value of a SELECT *
        return False
    return isinstance(value, ir.Aggregate) or any(has_aggregate(c) for c in children(value))


def check_groups(
    source: Source, values: list[tuple[Any, int]], groups: tuple[ir.Value, ...], relations: frozenset[str]
) -> None:
    """Check that each value has one value in each group.

    Parameters
    ----------
    values
        What stands in SELECT, HAVING and ORDER BY, with its place in the text.
    groups
        What stands in GROUP BY.
    relations
        Aliases of this query's own relations: columns of queries around it are constant here.

    Raises
    ------
    AdqlTypeError
        A column has several.
    """
    for value, at in values:
        _check(source, value, at, groups, relations)


def _check(source: Source, value: Any, at: int, groups: tuple[ir.Value, ...], relations: frozenset[str]) -> None:  # noqa: ANN401
    if value in groups or isinstance(value, ir.Aggregate):
        return
    if isinstance(value, ir.ColumnRef) and value.relation in relations:
        raise source.type_error(
            at,
            f"{value.field.name} has many values in a group",
            "put it into GROUP BY or into an aggregate",
        )
    for child in children(value):
        _check(source, child, at, groups, relations)
    query = getattr(value, "query", None)
    for column in _columns_in(query) if isinstance(query, ir.Query) else ():
        _check(source, column, at, groups, relations)


def by_text(node: Any, groups: tuple[ir.Value, ...]) -> Any:  # noqa: ANN401
    """The same with grouped regions made of their text: rows are not grouped by the geometry stored beside it."""
    if isinstance(node, ir.ColumnRef):
        return replace(node, shape="") if node.shape and node in groups else node
    if isinstance(node, tuple):
        return tuple(by_text(item, groups) for item in node)
    if type(node).__module__ != ir.__name__ or isinstance(node, ir.Aggregate):
        return node
    return replace(node, **{field.name: by_text(getattr(node, field.name), groups) for field in fields(node)})


def _columns_in(node: Any) -> Iterator[ir.ColumnRef]:  # noqa: ANN401
    """All columns that a query uses, at any depth; those of queries around it are among them."""
    if isinstance(node, ir.ColumnRef):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _columns_in(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _columns_in(getattr(node, field.name))
