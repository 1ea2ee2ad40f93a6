"""What a person writes to filter a catalogue's rows: ``s_ra>10``, ``target_name~crab``, ``em_min:empty``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, func, or_

from ..errors import ColumnError, InputError
from ..mapping.typed import Cell, read_cell
from .cells import COLUMNS

#: What a listing has beside the columns of ObsCore: name, and whether it is a text.
OTHERS: Mapping[str, bool] = {"file": True, "product": True, "attention": False}
_FORM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|!=|!~|>|<|=|~|:)(.*)", re.S)
_LONGEST = 500
_STATES = ("empty", "filled")
_TEXT_ONLY = frozenset(("~", "!~"))


class FilterError(InputError):
    """A filter that cannot be understood; ``index`` tells which one of several."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True)
class Filter:
    """One condition: a column, an operator, and a value of the column's type (or ``empty``, ``filled``)."""

    column: str
    operator: str
    value: Cell


_OPERATIONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.is_distinct_from(value),
    "~": lambda column, value: func.lower(column).contains(str(value).lower(), autoescape=True),
    "!~": lambda column, value: or_(
        column.is_(None), ~func.lower(column).contains(str(value).lower(), autoescape=True)
    ),
    ":": lambda column, value: column.is_(None) if value == "empty" else column.is_not(None),
}


def parse(texts: Sequence[str]) -> list[Filter]:
    """The conditions, all of which must hold.

    Raises
    ------
    FilterError
        One of them means nothing.
    """
    return [_parse(text, index) for index, text in enumerate(texts)]


def condition(wanted: Filter, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition as SQL, on the column that holds the filter's."""
    return _OPERATIONS[wanted.operator](column, wanted.value)


def _parse(text: str, index: int) -> Filter:
    found = _FORM.fullmatch(text[: _LONGEST + 1])
    if found is None or len(text) > _LONGEST:
        message = f"{text[:60]!r} is no filter: expected a column, one of > >= < <= = != ~ !~ : and a value"
        raise FilterError(message, index)
    name, operator, value = found[1], found[2], found[3].strip()
    if name not in COLUMNS and name not in OTHERS:
        near = get_close_matches(name, [*COLUMNS, *OTHERS], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise FilterError(f"There is no column {name[:60]!r}{hint}", index)
    return Filter(name, operator, _value(name, operator, value, index))


def _value(name: str, operator: str, text: str, index: int) -> Cell:
    is_text = OTHERS[name] if name in OTHERS else COLUMNS[name].is_text
    if operator == ":":
        if text not in _STATES:
            raise FilterError(f"{name}: expected {name}:empty or {name}:filled", index)
        return text
    if not text:
        raise FilterError(f"{name}{operator} lacks a value; {name}:empty finds empty cells", index)
    if is_text:
        return text.replace("\0", "")
    if operator in _TEXT_ONLY:
        raise FilterError(f"{name} is a number: {operator} works on texts", index)
    try:
        return float(text) if name in OTHERS else read_cell(name, text)
    except (ColumnError, ValueError) as error:
        message = str(error) if isinstance(error, ColumnError) else f"{name}: {text[:60]!r} is no number"
        raise FilterError(message, index) from error
