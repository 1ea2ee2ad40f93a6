"""One row of ObsCore: every column present, values in the column's own type or None."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any

import numpy as np

from ..errors import ColumnError
from .columns import ALL_COLUMNS
from .fields import Field
from .regions import Region, parse_region

Value = str | int | float | Region | None

_INT_LIMITS = {"short": 2**15, "int": 2**31, "long": 2**63}
#: A terminal's control sequences and strings, to be cut whole (ECMA-48, sections 5.4 and 5.6; ECMA-35, section 13.2).
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[P\]X^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?")


def coerce(field: Field, value: Any) -> Value:  # noqa: ANN401
    """Turn a value into the type of its column.

    NaN, empty text and blanks become None; control sequences and characters that XML 1.0 forbids or discourages
    are dropped (section 2.2).

    Raises
    ------
    ColumnError
        The value has no meaning in this column.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str) and not value.strip():
        return None
    try:
        return _coerce(field, value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ColumnError(
            f"{field.name}: {str(value)[:80]!r} is no {field.xtype or field.datatype} value",
            column=field.name,
        ) from error


def _coerce(field: Field, value: Any) -> Value:  # noqa: ANN401
    if field.xtype == "adql:REGION":
        return value if isinstance(value, Region) else parse_region(str(value))
    if field.is_text:
        text = _CONTROL.sub("", _SEQUENCE.sub("", str(value))).strip()
        if field.xtype == "timestamp":
            _check_timestamp(text)
        return text or None
    if field.datatype in _INT_LIMITS:
        number = int(value)
        if float(value) != number or not -_INT_LIMITS[field.datatype] <= number < _INT_LIMITS[field.datatype]:
            raise ValueError(value)
        return number
    number_ = float(np.float32(value)) if field.datatype == "float" else float(value)
    if not math.isfinite(number_):
        raise ValueError(value)
    return number_


def _check_timestamp(text: str) -> None:
    """DALI 1.1, section 3.3.3; the calendar must have the day."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(text)
    datetime.fromisoformat(text)


_REGIONS = frozenset(name for name, column in ALL_COLUMNS.items() if column.xtype == "adql:REGION")


class ObsCoreRow(MutableMapping[str, Value]):
    """A mapping from every column of :data:`~.columns.ALL_COLUMNS` to its value; unset columns are None.

    Setting a value coerces it (:func:`coerce`); an unknown column raises `KeyError`.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Value] = {}
        for name, value in (values or {}).items():
            self[name] = value

    @classmethod
    def restored(cls, values: Mapping[str, Any]) -> ObsCoreRow:
        """The row that gave these values by :meth:`to_dict`: taken as they are, since publishing restores thousands."""
        row = cls()
        row._values = {name: value for name, value in values.items() if name in ALL_COLUMNS}
        for name in _REGIONS & row._values.keys():
            row[name] = values[name]
        return row

    def __getitem__(self, name: str) -> Value:
        if name not in ALL_COLUMNS:
            raise KeyError(name)
        return self._values.get(name)

    def __setitem__(self, name: str, value: Any) -> None:  # noqa: ANN401
        self._values[name] = coerce(ALL_COLUMNS[name], value)

    def __delitem__(self, name: str) -> None:
        self[name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(ALL_COLUMNS)

    def __len__(self) -> int:
        return len(ALL_COLUMNS)

    def __repr__(self) -> str:
        return f"ObsCoreRow({self.filled()!r})"

    def filled(self) -> dict[str, Value]:
        """Only the columns that have a value, in the order of the columns."""
        return {name: self._values[name] for name in ALL_COLUMNS if self._values.get(name) is not None}

    def to_dict(self) -> dict[str, str | int | float]:
        """The filled columns as JSON has them (a region as its STC-S text)."""
        return {n: v.to_stcs() if isinstance(v, Region) else v for n, v in self.filled().items() if v is not None}
