"""Many rows into one table at once by COPY: no statement with thousands of parameters is built, sent and parsed."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from .quoting import quoted

#: Below this many rows INSERT is as fast.
_WORTH_IT = 50
_SPECIAL = re.compile(r"[\\\t\n\r]")
#: In this order; several times faster than one pass of `str.translate`.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, within the caller's transaction.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        As an INSERT would.
    """
    cursor = connection.connection.cursor() if len(rows) >= _WORTH_IT else None
    if cursor is None or not hasattr(cursor, "copy_expert"):
        if rows:
            connection.execute(insert(table), list(rows))
        return
    columns = [table.c[name] for name in rows[0]]
    keys = [column.key for column in columns]
    text = io.StringIO("".join(_line(keys, row) for row in rows))
    schema = f"{quoted(table.schema)}." if table.schema else ""
    names = ", ".join(quoted(column.name) for column in columns)
    try:
        cursor.copy_expert(f"COPY {schema}{quoted(table.name)} ({names}) FROM STDIN", text)
    except connection.dialect.loaded_dbapi.Error as error:
        # What SQLAlchemy makes of an error of a statement of its own.
        raise DBAPIError.instance("COPY", None, error, connection.dialect.loaded_dbapi.Error) from error
    finally:
        cursor.close()


def _line(keys: Sequence[str], row: Mapping[str, Any]) -> str:
    return "\t".join([_cell(row[key]) for key in keys]) + "\n"


def _cell(value: Any) -> str:  # noqa: ANN401
    """A value in COPY's text format (PostgreSQL, COPY, "Text Format")."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict | list):
        value = _json(value)
    elif isinstance(value, datetime):
        value = value.isoformat()
    text = str(value)
    if not _SPECIAL.search(text):
        return text
    for character, escaped in _ESCAPES:
        text = text.replace(character, escaped)
    return text


def _json(value: Any) -> str:  # noqa: ANN401
    """As JSON text; json, several times slower, writes the halves of surrogate pairs and long integers too."""
    try:
        return orjson.dumps(value).decode("utf-8")
    except orjson.JSONEncodeError:
        return json.dumps(value)
