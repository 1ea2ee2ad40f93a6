"""Names and metadata of result columns (TAP 1.1, section 2.7.5)."""

from __future__ import annotations

import re

from ...obscore.fields import Field
from .. import nodes
from .. import resolved as ir
from ..types import Type, field_of
from ..words import RESERVED

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def unique_names(items: list[tuple[ir.Value, str, nodes.Identifier | None]]) -> list[str]:
    """Names of result columns: alias, column, or one made from the function; a repeated one gets a number.

    Aliases keep their names before anything else does.
    """
    taken = {alias.text.lower() for _, _, alias in items if alias is not None}
    seen: set[str] = set()
    names: list[str] = []
    for number, (value, column, alias) in enumerate(items, 1):
        wanted = alias.text if alias is not None else column or _made_up(value, number)
        name, suffix = wanted, 2
        while name.lower() in seen or (alias is None and name.lower() in taken):
            name, suffix = f"{wanted}_{suffix}", suffix + 1
        seen.add(name.lower())
        names.append(name)
    return names


def _made_up(value: ir.Value, number: int) -> str:
    """A legal name for an expression: ``max_s_ra``, ``count_3``, ``column_4``."""
    word = ""
    if isinstance(value, ir.Aggregate):
        word, argument = value.name.lower(), value.argument
    elif isinstance(value, ir.FunctionCall):
        word, argument = value.name.lower(), value.arguments[0] if len(value.arguments) == 1 else None
    elif isinstance(value, ir.Flag):
        word, argument = ("contains" if isinstance(value.condition, ir.Within) else "intersects"), None
    else:
        return f"column_{number}"
    if isinstance(argument, ir.ColumnRef) and _PLAIN.fullmatch(argument.field.name):
        return f"{word}_{argument.field.name}"
    return f"{word}_{number}" if word.upper() in RESERVED else word


def output_field(value: ir.Value, name: str) -> Field:
    """What describes a column of the result: everything for a plain column, else at least the type and the unit."""
    if isinstance(value, ir.ColumnRef):
        return field_of(value.type, name, like=value.field)
    if isinstance(value, ir.Aggregate) and value.name == "COUNT":
        return field_of(value.type, name, like=Field(name, ucd="meta.number"))
    return field_of(value.type, name, like=Field(name, unit=unit_of(value)))


def unit_of(value: ir.Value) -> str:
    """The unit of a value as far as that is plain: VOUnits text, empty where there is none or it is unknown."""
    if isinstance(value, ir.ColumnRef):
        return value.field.unit
    if isinstance(value, ir.FunctionCall):
        return _function_unit(value)
    if isinstance(value, ir.Aggregate):
        return unit_of(value.argument) if value.argument is not None and value.name != "COUNT" else ""
    if isinstance(value, ir.Negative | ir.Convert):
        return unit_of(value.operand) if value.type not in (Type.CHAR, Type.TIMESTAMP) else ""
    if isinstance(value, ir.Scalar):
        return value.query.outputs[0].field.unit
    if isinstance(value, ir.Chain):
        return _chain_unit(value)
    return ""


def _function_unit(value: ir.FunctionCall) -> str:
    if value.name in ("ABS", "CEILING", "FLOOR", "ROUND", "TRUNCATE", "COALESCE", "MOD") and value.arguments:
        return unit_of(value.arguments[0])
    return value.unit


def _chain_unit(value: ir.Chain) -> str:
    operators = {operator for operator, _ in value.rest}
    units = [unit_of(v) for v in (value.first, *(operand for _, operand in value.rest))]
    if operators <= {"+", "-"}:
        known = {u for u in units if u}
        return known.pop() if len(known) == 1 else ""
    if operators == {"*"} or (operators == {"/"} and not any(units[1:])):
        known_list = [u for u in units if u]
        return known_list[0] if len(known_list) == 1 else ""
    return ""
