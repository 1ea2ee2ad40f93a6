"""Rows made by PostgreSQL's COPY: no other way writes numbers and texts as fast.

COPY takes no parameters, and no text of a user may reach SQL: values go into it as numbers that Python wrote, and texts
as hexadecimal digits (:func:`literal`), which the planner turns into constants. What COPY writes is brought into the
formats' own terms by a few replacements over many rows at once.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..adql.statement import Parameter, Statement
from ..formats.encoders import SPECIAL_NUMBERS
from ..formats.source import Wire
from ..obscore.fields import Field
from .blockcopy import cell_sql
from .columnsql import array_sql, column_names

_FLOATS = ("float", "double")
_INFINITY = b"Infinity"
# What XML 1.0 cannot hold (section 2.2): single bytes, and two characters beyond them.
_NOT_XML = bytes(code for code in range(1, 32) if chr(code) not in "\t\n\r")
_NOT_XML_EITHER = ("\ufffe".encode(), "\uffff".encode())
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_FORMATS = {Wire.CSV: "csv", Wire.TSV: "text", Wire.TABLEDATA: "text"}
Finish = Callable[[Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Copying:
    """A COPY, and what makes the format's bytes out of its rows."""

    sql: str
    finish: Finish


def copying(statement: Statement, wire: Wire) -> Copying | None:
    """Return how COPY gives the rows of a statement; None where a value cannot stand in SQL (an upload's columns)."""
    sql = _copy_sql(statement, _cell, f"FORMAT {_FORMATS[wire]}, NULL '', ENCODING 'UTF8'")
    return None if sql is None else Copying(sql, partial(_FINISH[wire], statement.fields))


def binary_copy(statement: Statement) -> str | None:
    """Return the COPY that gives the rows of a statement in binary; None as in :func:`copying`."""
    return _copy_sql(statement, cell_sql, "FORMAT binary, ENCODING 'UTF8'")


def _copy_sql(statement: Statement, cell: Callable[[str, Field], str], options: str) -> str | None:
    known = {name: literal(value) for name, value in statement.parameters.items()}
    if None in known.values():
        return None
    query = statement.sql % known
    cells = [cell(f"c{number}", field) for number, field in enumerate(statement.fields, 1)]
    if any(asked != f"c{number}" for number, asked in enumerate(cells, 1)):
        query = f"SELECT {', '.join(cells)} FROM ({query}) AS r ({column_names(len(cells))})"
    return f"COPY ({query}) TO STDOUT ({options})"


def literal(value: Parameter) -> str | None:
    """A value as SQL: digits, signs and points of numbers, hexadecimal digits of texts; None for other things."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"'{value!r}'"
    if isinstance(value, str):
        return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"
    if all(isinstance(item, (int, float)) for item in value):
        return f"'{{{','.join(map(repr, value))}}}'"
    return None


def _cell(name: str, field: Field) -> str:
    if field.is_text:
        return name
    if field.arraysize:
        return (
            f"(SELECT string_agg(coalesce(v::text, 'NaN'), ' ' ORDER BY i)"
            f" FROM unnest({array_sql(name, field)}) WITH ORDINALITY AS u(v, i))"
        )
    return f"{name}::text" if field.datatype == "boolean" else name


# ---------------------------------------------------------------------------------------------------------- the formats
def _csv(fields: Sequence[Field], rows: Sequence[bytes]) -> bytes:
    data = b"".join(rows)
    if _INFINITY in data:
        return _csv_with_infinities(fields, data)
    if len(fields) == 1:
        # A line without anything would be no row.
        return b"".join([b"%b\r\n" % (row[:-1] or b'""') for row in rows])
    if data.count(b"\n") == len(rows):
        return data.replace(b"\n", b"\r\n")
    return b"".join([b"%b\r\n" % row[:-1] for row in rows])


def _csv_with_infinities(fields: Sequence[Field], data: bytes) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for cells in csv.reader(io.StringIO(data.decode(), newline="")):
        writer.writerow([_special(field, cell) for field, cell in zip(fields, cells or [""])])
    return out.getvalue().encode()


def _special(field: Field, cell: str) -> str:
    return _numbers_of(cell) if field.datatype in _FLOATS else cell


def _numbers_of(cell: str) -> str:
    return " ".join(SPECIAL_NUMBERS.get(item.lower(), item) for item in cell.split(" "))


def _lines(fields: Sequence[Field], rows: Sequence[bytes]) -> bytes:
    """The rows of COPY's text format, with infinities as VOTable has them."""
    data = b"".join(rows)
    if _INFINITY not in data:
        return data
    lines = [line.split(b"\t") for line in data[:-1].split(b"\n")]
    return b"".join(
        b"\t".join(_special(field, cell.decode()).encode() for field, cell in zip(fields, cells)) + b"\n"
        for cells in lines
    )


def _tsv(fields: Sequence[Field], rows: Sequence[bytes]) -> bytes:
    data = _lines(fields, rows)
    return _ESCAPE.sub(_blank, data) if b"\\" in data else data


def _blank(found: re.Match[bytes]) -> bytes:
    character = _unescaped(found)
    return b" " if character in b"\t\r\n" else character


def _unescaped(found: re.Match[bytes]) -> bytes:
    return _ESCAPED.get(found[1], found[1])


def _tabledata(fields: Sequence[Field], rows: Sequence[bytes]) -> bytes:
    data = _lines(fields, rows).translate(None, _NOT_XML)
    if not data.isascii():
        for character in _NOT_XML_EITHER:
            data = data.replace(character, b"")
    if b"&" in data:
        data = data.replace(b"&", b"&amp;")
    if b"<" in data:
        data = data.replace(b"<", b"&lt;")
    if b">" in data:
        data = data.replace(b">", b"&gt;")
    data = data.replace(b"\t", b"</TD><TD>").replace(b"\n", b"</TD></TR>\n<TR><TD>")
    if b"\\" in data:
        data = _ESCAPE.sub(_xml_character, data)
    return b"<TR><TD>" + data[: -len(b"<TR><TD>")]


def _xml_character(found: re.Match[bytes]) -> bytes:
    return _unescaped(found).translate(None, _NOT_XML)


_FINISH: dict[Wire, Callable[[Sequence[Field], Sequence[bytes]], bytes]] = {
    Wire.CSV: _csv,
    Wire.TSV: _tsv,
    Wire.TABLEDATA: _tabledata,
}
