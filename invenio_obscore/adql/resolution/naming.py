"""Names and metadata of result columns (TAP 1.1, section 2.7.5)."""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from ...obscore.fields import Field
from .. import nodes
from .. import resolved as ir
from ..types import Type, field_of
from ..words import RESERVED
from .grouping import children

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def result_names(items: list[tuple[ir.Value, str, nodes.Identifier | None]]) -> list[str]:
    """Names of a select list: the alias, the column's, or one made from the expression that nothing else here has."""
    taken = {alias.text.lower() for _, _, alias in items if alias is not None}
    taken |= {column.lower() for _, column, alias in items if alias is None and column}
    names: list[str] = []
    for number, (value, column, alias) in enumerate(items, 1):
        if alias is not None or column:
            names.append(alias.text if alias is not None else column)
            continue
        names.append(_numbered(_made_up(value, number), taken))
        taken.add(names[-1].lower())
    return names


def unique_names(names: list[str]) -> list[str]:
    """The same names, with a number behind those that another column before it has."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    unique: list[str] = []
    for name in names:
        unique.append(_numbered(name, taken) if name.lower() in seen else name)
        seen.add(name.lower())
        taken.add(unique[-1].lower())
    return unique


def _numbered(name: str, taken: set[str]) -> str:
    found, suffix = name, 2
    while found.lower() in taken:
        found, suffix = f"{name}_{suffix}", suffix + 1
    return found


def _made_up(value: ir.Value, number: int) -> str:
    """A legal name for an expression: ``max_s_ra``, ``count_3``, ``column_4``."""
    word = ""
    if isinstance(value, ir.Aggregate):
        word, argument = value.name.lower(), value.argument
    elif isinstance(value, ir.FunctionCall):
        word, argument = value.name.lower(), value.arguments[0] if len(value.arguments) == 1 else None
    elif isinstance(value, ir.Flag):
        word, argument = value.name, None
    else:
        return f"column_{number}"
    if isinstance(argument, ir.ColumnRef) and _PLAIN.fullmatch(argument.field.name):
        return f"{word}_{argument.field.name}"
    return f"{word}_{number}" if word.upper() in RESERVED else word


def is_uploaded_array(value: ir.Value) -> TypeGuard[ir.Convert]:
    """Whether a value is a geometry or interval that an upload holds as an array."""
    return isinstance(value, ir.Convert) and value.operand.type is Type.OPAQUE


def output_field(value: ir.Value, name: str) -> Field:
    """What describes a column of the result: everything for a plain column, else at least the type and the unit."""
    column = value.operand if is_uploaded_array(value) else value
    if isinstance(column, ir.ColumnRef):
        return field_of(value.type, name, like=column.field)
    if value.type is Type.CHAR and _holds_unicode(value):
        return Field(name, "unicodeChar", "*")
    if isinstance(value, ir.Aggregate) and value.name == "COUNT":
        return field_of(value.type, name, like=Field(name, ucd="meta.number"))
    return field_of(value.type, name, like=Field(name, unit=unit_of(value)))


def _holds_unicode(value: Any) -> bool:  # noqa: ANN401
    """Whether text is made of something that VOTable's ``char`` (ASCII) cannot hold."""
    if isinstance(value, ir.ColumnRef):
        return value.field.datatype == "unicodeChar"
    if isinstance(value, ir.Constant):
        return isinstance(value.value, str) and not value.value.isascii()
    if isinstance(value, ir.Scalar):
        return value.query.outputs[0].field.datatype == "unicodeChar"
    return any(_holds_unicode(child) for child in children(value))


def unit_of(value: ir.Value) -> str:
    """The unit of a value as far as that is plain: VOUnits text, empty where there is none or it is unknown."""
    if isinstance(value, ir.ColumnRef):
        return value.field.unit
    if value.type in (Type.POINT, Type.CIRCLE, Type.POLYGON):
        return "deg"
    if isinstance(value, ir.FunctionCall):
        return _function_unit(value)
    if isinstance(value, ir.Aggregate):
        keeps = value.name in ("MIN", "MAX", "SUM", "AVG")
        return unit_of(value.argument) if value.argument is not None and keeps else ""
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
