"""Rows encoded by PostgreSQL itself: SQL expressions that make the bytes of a whole row.

Measured against encoding in Python and against COPY (``docs/decisions.md``): this is the fastest way that still binds
every literal. :mod:`invenio_obscore.formats.encoders` defines what the bytes are; a test holds both to the same answer.
Columns are named ``c1``, ``c2``, …; no text of a user gets in here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..formats.binary import null_value, unicode_cell
from ..formats.source import Wire
from ..obscore.fields import Field

# PostgreSQL takes no more arguments than this in one call.
_MAX_ARGUMENTS = 90
_SEND = {
    "short": ("int2", "int2send", 2),
    "int": ("int4", "int4send", 4),
    "long": ("int8", "int8send", 8),
    "float": ("float4", "float4send", 4),
    "double": ("float8", "float8send", 8),
}
_NAN = {"float": "7fc00000", "double": "7ff8000000000000"}
_BREAKS = "E'\\t\\r\\n'"
# What XML 1.0 cannot hold (section 2.2), inside the brackets of a regular expression.
_NOT_XML = "\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff"


@dataclass(frozen=True)
class RowSql:
    """How to ask for encoded rows.

    Attributes
    ----------
    select
        The select list over ``c1``, ``c2``, …: one value a piece, ``bytea`` or ``text``.
    assemble
        Makes the row's bytes out of the pieces.
    """

    select: str
    assemble: Callable[[Sequence[bytes | str | None]], bytes]


def column_names(count: int) -> str:
    """``c1, c2, …``: the names under which an encoded query has its columns."""
    return ", ".join(f"c{number}" for number in range(1, count + 1))


def row_sql(fields: Sequence[Field], wire: Wire) -> RowSql:
    """Return the SQL that encodes rows of these columns."""
    columns = [(f"c{number}", field) for number, field in enumerate(fields, 1)]
    if wire in (Wire.BINARY2, Wire.BINARY):
        return _binary(columns, masked=wire is Wire.BINARY2)
    return RowSql(f"convert_to({_TEXT_ROWS[wire](columns)}, 'UTF8')", _single)


def value_sql(fields: Sequence[Field], sql: str) -> str:
    """A query whose arrays are PostgreSQL's arrays: those of an upload pass through it as text."""
    names = [f"c{number}" for number in range(1, len(fields) + 1)]
    if not any(field.arraysize and not field.is_text for field in fields):
        return sql
    select = ", ".join(f"{_array(n, f)} AS {n}" if f.arraysize and not f.is_text else n for n, f in zip(names, fields))
    return f"SELECT {select} FROM ({sql}) AS r ({', '.join(names)})"


def _array(name: str, field: Field) -> str:
    type_ = "int2" if field.datatype == "unsignedByte" else _SEND[field.datatype][0]
    return f"{name}::{type_}[]"


def _single(pieces: Sequence[bytes | str | None]) -> bytes:
    return pieces[0]  # type: ignore[return-value]


_Columns = list[tuple[str, Field]]


def _binary(columns: _Columns, *, masked: bool) -> RowSql:
    """PostgreSQL cannot write UTF-16: unicodeChar comes as text, what stands between as one bytea each."""
    pieces = [_mask([name for name, _ in columns])] if masked else []
    is_text = [False] * len(pieces)
    for unicode, group in groupby(columns, key=lambda column: column[1].datatype == "unicodeChar"):
        for name, field in group:
            pieces.append(name if unicode else _binary_cell(name, field, masked=masked))
            is_text.append(unicode)
    select: list[str] = []
    decoders: list[bool] = []
    for unicode, run in groupby(zip(pieces, is_text), key=lambda piece: piece[1]):
        texts = [text for text, _ in run]
        select += [f"{text}::text" for text in texts] if unicode else [" || ".join(texts)]
        decoders += [unicode] * (len(texts) if unicode else 1)
    return RowSql(", ".join(select), _assembler(decoders))


def _assembler(decoders: list[bool]) -> Callable[[Sequence[bytes | str | None]], bytes]:
    if decoders == [False]:
        return _single

    def assemble(pieces: Sequence[bytes | str | None]) -> bytes:
        return b"".join(
            [unicode_cell(piece) if unicode else piece for unicode, piece in zip(decoders, pieces)]  # type: ignore
        )

    return assemble


def _mask(names: list[str]) -> str:
    """The mask of nulls, a byte for eight columns, the first one in the highest bit."""
    octets = []
    for start in range(0, len(names), 8):
        bits = (f"({name} IS NULL)::int * {128 >> bit}" for bit, name in enumerate(names[start : start + 8]))
        octets.append(f"set_byte('\\x00'::bytea, 0, {' + '.join(bits)})")
    return " || ".join(octets)


def _binary_cell(name: str, field: Field, *, masked: bool) -> str:
    if field.datatype == "boolean":
        return f"(CASE WHEN {name} IS NULL THEN '?' WHEN {name} THEN 'T' ELSE 'F' END)::bytea"
    if field.is_text:
        ascii_ = f"CASE WHEN octet_length({name}) = length({name}) THEN {name} ELSE {_replaced(name)} END"
        length = f"int4send(length({name}))"
        return f"coalesce({length} || convert_to({ascii_}, 'UTF8'), '\\x00000000'::bytea)"
    if field.arraysize:
        return _binary_array(name, field)
    return f"coalesce({_number(name, field)}, '\\x{_filler(field, masked=masked)}'::bytea)"


def _replaced(name: str) -> str:
    return f"regexp_replace({name}, '[^\\x01-\\x7f]', '?', 'g')"


def _number(name: str, field: Field) -> str:
    if field.datatype == "unsignedByte":
        return f"substr(int2send({name}::int2), 2)"
    type_, send, _ = _SEND[field.datatype]
    return f"{send}({name}::{type_})"


def _filler(field: Field, *, masked: bool) -> str:
    if field.datatype in _NAN:
        return _NAN[field.datatype]
    size = 1 if field.datatype == "unsignedByte" else _SEND[field.datatype][2]
    null = 0 if masked else null_value(field) or 0
    return null.to_bytes(size, "big", signed=null < 0).hex()


def _binary_array(name: str, field: Field) -> str:
    item = f"coalesce({_number('v', field)}, '\\x{_filler(field, masked=True)}'::bytea)"
    name = _array(name, field)
    items = f"(SELECT string_agg({item}, ''::bytea ORDER BY i) FROM unnest({name}) WITH ORDINALITY AS u(v, i))"
    if field.arraysize.endswith("*"):
        return f"int4send(coalesce(cardinality({name}), 0)) || coalesce({items}, ''::bytea)"
    return f"coalesce({items}, '\\x{_filler(field, masked=True) * int(field.arraysize)}'::bytea)"


def _text_cell(name: str, field: Field) -> str:
    """A value as :func:`~invenio_obscore.formats.encoders.cell_text` has it; a null stays null."""
    if field.is_text:
        return name
    if field.arraysize:
        item = f"coalesce(({_number_text('v', field)})::text, 'NaN')"
        array = _array(name, field)
        return f"(SELECT string_agg({item}, ' ' ORDER BY i) FROM unnest({array}) WITH ORDINALITY AS u(v, i))"
    if field.datatype == "boolean":
        return f"CASE WHEN {name} THEN 'true' WHEN NOT {name} THEN 'false' END"
    return _number_text(name, field)


def _number_text(name: str, field: Field) -> str:
    if field.datatype not in _NAN:
        return name
    return f"CASE {name} WHEN 'Infinity' THEN '+Inf' WHEN '-Infinity' THEN '-Inf' ELSE {name}::text END"


def _concat(parts: list[str]) -> str:
    """One text of many parts; a null counts as empty."""
    groups = [parts[start : start + _MAX_ARGUMENTS] for start in range(0, len(parts), _MAX_ARGUMENTS)]
    return " || ".join(f"concat({', '.join(group)})" for group in groups)


def _separated(cells: list[str], separator: str, end: str) -> str:
    parts = [part for cell in cells for part in (separator, cell)][1:]
    return _concat([*parts, end])


def _csv(columns: _Columns) -> str:
    def cell(name: str, field: Field) -> str:
        text = _text_cell(name, field)
        if not field.is_text:
            return text
        return (
            f"CASE WHEN strpos({name}, ',') > 0 OR strpos({name}, '\"') > 0 OR strpos({name}, E'\\n') > 0 "
            f"OR strpos({name}, E'\\r') > 0 THEN '\"' || replace({name}, '\"', '\"\"') || '\"' ELSE {name} END"
        )

    cells = [cell(name, field) for name, field in columns]
    if len(cells) == 1:
        # A line without anything would be no row.
        cells = [f"coalesce(nullif(({cells[0]})::text, ''), '\"\"')"]
    return _separated(cells, "','", "E'\\r\\n'")


def _tsv(columns: _Columns) -> str:
    cells = [
        f"translate({name}, {_BREAKS}, '   ')" if field.is_text else _text_cell(name, field) for name, field in columns
    ]
    return _separated(cells, "E'\\t'", "E'\\n'")


def _tabledata(columns: _Columns) -> str:
    def cell(name: str, field: Field) -> str:
        if not field.is_text:
            return _text_cell(name, field)
        escaped = f"replace(replace(replace({name}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
        special = f"{name} ~ '[&<>{_NOT_XML}]'"
        return f"CASE WHEN {special} THEN regexp_replace({escaped}, '[{_NOT_XML}]', '', 'g') ELSE {name} END"

    cells = [cell(name, field) for name, field in columns]
    parts = [part for text in cells for part in ("'</TD><TD>'", text)][1:]
    return _concat(["'<TR><TD>'", *parts, "E'</TD></TR>\\n'"])


_TEXT_ROWS: dict[Wire, Callable[[_Columns], str]] = {Wire.CSV: _csv, Wire.TSV: _tsv, Wire.TABLEDATA: _tabledata}
