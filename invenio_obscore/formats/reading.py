"""Reading a VOTable that somebody sent: columns and rows, within limits, and nothing beyond the document itself.

The XML is checked before astropy sees it (:mod:`.structure`).
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..errors import InputError
from ..obscore.fields import Field
from . import structure
from .encoders import xml_text
from .structure import ReadingLimits

# How astropy begins a message: a file's name (there is none), line, column (or question marks), its class.
_PLACE = re.compile(r"^None:([0-9?]+):([0-9?]+): (?:\w+: )?")
_COMPLEX = {"floatComplex": "float", "doubleComplex": "double"}


@dataclass(frozen=True)
class Table:
    """Columns and rows; arrays are flat lists, nulls None."""

    fields: tuple[Field, ...]
    rows: list[list[Any]]


def read_votable(data: bytes, limits: ReadingLimits | None = None) -> Table:
    """Read the first table of a VOTable in any serialisation.

    Raises
    ------
    InputError
        It is no VOTable, passes a limit, or points elsewhere.
    """
    limits = limits or ReadingLimits()
    structure.check(data, limits)
    # Importing astropy's reader takes longer than most queries: only who uploads pays for it.
    from astropy.io.votable import parse_single_table
    from astropy.io.votable.exceptions import W51

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", W51)  # a number that its type cannot hold would be cut to one that it can
            table = parse_single_table(io.BytesIO(data), verify="warn")
            fields = tuple(_field(column) for column in table.fields)
            rows = _rows(fields, table.array)
    except Exception as error:  # noqa: BLE001 - hostile content makes astropy raise anything; it is told to who sent it
        raise InputError(f"the upload cannot be read as a VOTable: {_shortened(error)}") from error
    return Table(tuple(_unique(fields)), rows)


def _shortened(error: Exception) -> str:
    told = _PLACE.sub(lambda place: f"line {place[1]}, column {place[2]}: ", xml_text(str(error)))
    return " ".join(told.split())[:200] or type(error).__name__


def _field(column: Any) -> Field:  # noqa: ANN401
    datatype, arraysize = str(column.datatype), str(column.arraysize or "")
    if datatype in _COMPLEX:
        datatype, arraysize = _COMPLEX[datatype], "2" if arraysize in ("", "1") else "*"
    if datatype == "bit":
        datatype, arraysize = ("boolean", "") if arraysize in ("", "1") else ("char", "*")
    if datatype in ("char", "unicodeChar"):
        arraysize = "*"
    elif datatype == "boolean" and arraysize not in ("", "1"):
        datatype, arraysize = "char", "*"
    return Field(
        name=str(column.name or column.ID),
        datatype=datatype,  # type: ignore[arg-type]
        arraysize="" if arraysize == "1" else arraysize if arraysize.isdigit() or not arraysize else "*",
        xtype=str(column.xtype or ""),
        unit=str(column.unit.to_string("vounit") if hasattr(column.unit, "to_string") else column.unit or ""),
        ucd=str(column.ucd or ""),
        utype=str(column.utype or ""),
        description=" ".join(str(column.description or "").split()),
    )


def _unique(fields: tuple[Field, ...]) -> Iterator[Field]:
    """The columns with names of their own: one that is there already, letter by letter, gets a number."""
    taken = {field.name for field in fields}
    seen: set[str] = set()
    for field in fields:
        name, number = field.name, 2
        while name in seen or (name != field.name and name in taken):
            name, number = f"{field.name}_{number}", number + 1
        seen.add(name)
        yield field if name == field.name else replace(field, name=name)


def _rows(fields: tuple[Field, ...], array: Any) -> list[list[Any]]:  # noqa: ANN401 - a masked record array
    if not array.dtype.names or not len(array):
        return []
    columns = [_column(field, array.data[name], array.mask[name]) for field, name in zip(fields, array.dtype.names)]
    return [list(row) for row in zip(*columns)]


def _column(field: Field, values: Any, mask: Any) -> list[Any]:  # noqa: ANN401 - arrays
    """The cells of a column, as a whole where each holds one value: numpy's way to single cells is long."""
    single = values.ndim == 1 and mask.ndim == 1 and mask.dtype == bool and (field.is_text or not field.arraysize)
    if not single or (values.dtype == object and not field.is_text):
        return [_cell(field, value, masked) for value, masked in zip(values, mask)]
    convert = _text_or_none if field.is_text else partial(_scalar, field)
    return [None if masked else convert(value) for value, masked in zip(values.tolist(), mask.tolist())]


def _text_or_none(value: Any) -> str | None:  # noqa: ANN401
    # Most serialisations cannot tell an empty text from a null (VOTable 1.4, section 2.1).
    return _text(value) or None


def _cell(field: Field, value: Any, masked: Any) -> Any:  # noqa: ANN401
    if bool(np.all(masked)) and np.size(masked):
        return None
    if field.is_text:
        return _text_or_none(value)
    if field.arraysize:
        return _items(field, value)
    return _scalar(field, value)


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, (np.ndarray, list, tuple)):
        return "".join("1" if item is True or item == 1 else "0" if not isinstance(item, str) else item
                       for item in np.ravel(value).tolist())  # fmt: skip
    return xml_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _items(field: Field, value: Any) -> list[Any]:  # noqa: ANN401
    flat: Any = np.ma.asarray(value).ravel()
    if np.iscomplexobj(flat):
        flat = flat.filled(np.nan).view(flat.real.dtype)
    return [_scalar(field, item) for item in flat.tolist()]


def _scalar(field: Field, value: Any) -> Any:  # noqa: ANN401
    if value is None or value is np.ma.masked:
        return None
    if field.datatype == "boolean":
        return bool(value)
    if field.datatype in ("float", "double"):
        return None if math.isnan(value) else float(value)
    return int(value)
