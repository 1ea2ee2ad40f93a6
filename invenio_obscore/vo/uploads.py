"""Tables that come with a query: read, checked and handed to the translation as ``TAP_UPLOAD.<name>``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..adql.schema import Column, Table
from ..adql.types import TIMESTAMP_TEXT, Type, type_of
from ..dali.uploads import Upload
from ..errors import ParameterError
from ..formats.reading import read_votable
from ..obscore.fields import Field
from .fetching import fetch

SCHEMA = "TAP_UPLOAD"
#: Sizes of the arrays that an xtype stands for (DALI 1.1, sections 3.3.4 to 3.3.7).
_ARRAYS = {"interval": "2", "point": "2", "circle": "3", "polygon": "*"}


def uploaded_table(upload: Upload, parts: Mapping[str, bytes], *, most_bytes: int, private: bool) -> Table:
    """Return a table of a query.

    Parameters
    ----------
    upload
        Name and address.
    parts
        The parts of the request.
    most_bytes
        The most that the content may have.
    private
        Whether it may come from the server's own network.

    Raises
    ------
    InputError
        It is missing, cannot be fetched or read.
    """
    if not upload.part:
        data = fetch(upload.uri, most_bytes=most_bytes, private=private)
    elif upload.part in parts:
        data = parts[upload.part]
    else:
        raise ParameterError(f"the request has no part {upload.part[:60]!r}", parameter="UPLOAD")
    if len(data) > most_bytes:
        raise ParameterError(f"an upload may have {most_bytes} bytes at most", parameter="UPLOAD")
    table = read_votable(data)
    columns = tuple(
        Column(_published(field, [row[n] for row in table.rows]), stored_as=f"c{n + 1}")
        for n, field in enumerate(table.fields)
    )
    rows = [{f"c{n}": _json(value) for n, value in enumerate(row, 1)} for row in table.rows]
    return Table(f"{SCHEMA}.{upload.name}", columns, source=json.dumps(rows))


def _published(field: Field, values: list[Any]) -> Field:
    """The xtype makes a text or DALI's arrays more than that; on anything else it has no meaning."""
    if type_of(field) is Type.TIMESTAMP:
        keeps = all(value is None or TIMESTAMP_TEXT.fullmatch(value) for value in values)
        return field if keeps else replace(field, xtype="")
    keeps = field.is_text or (field.datatype in ("float", "double") and field.arraysize == _ARRAYS.get(field.xtype))
    return field if keeps else replace(field, xtype="")


def _json(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON, for PostgreSQL to read as its column's type; an array becomes PostgreSQL's text of one."""
    if isinstance(value, list):
        return "{" + ",".join("NULL" if item is None else str(item) for item in value) + "}"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
