"""Rows as bytes, made in Python; a database does the same itself for many rows (:mod:`invenio_obscore.db`)."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from xml.sax.saxutils import escape

import numpy as np

from ..obscore.fields import Cell, Field, Row
from .binary import binary_encoder
from .source import Wire

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\r\n]")
#: How VOTable writes what no digits can (VOTable 1.4, section 5.1), by how Python and PostgreSQL do.
SPECIAL_NUMBERS = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN", "infinity": "+Inf", "-infinity": "-Inf"}


def xml_text(text: str) -> str:
    """Leave out the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", text)


def number_text(field: Field, value: float) -> str:
    """A number with as many digits as it takes to read the same number back (VOTable 1.4, section 5.1)."""
    if isinstance(value, int) or field.datatype not in ("float", "double"):
        return str(int(value))
    if not math.isfinite(value):
        return SPECIAL_NUMBERS[str(float(value))]
    text = str(np.float32(value)) if field.datatype == "float" else repr(float(value))
    return text.removesuffix(".0")


def cell_text(field: Field, value: Cell) -> str:
    """A value as text; a null is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return " ".join("NaN" if item is None else number_text(field, item) for item in value)
    if field.datatype == "boolean":
        return "true" if value else "false"
    return number_text(field, value)


@lru_cache(maxsize=64)
def _binary_encoder(fields: tuple[Field, ...], *, masked: bool) -> Callable[[Row], bytes]:
    return binary_encoder(fields, masked=masked)


def row_encoder(fields: Sequence[Field], wire: Wire) -> Callable[[Row], bytes]:
    """Return the function that turns one row into bytes."""
    if wire in (Wire.BINARY2, Wire.BINARY):
        return _binary_encoder(tuple(fields), masked=wire is Wire.BINARY2)
    return partial(_ROWS[wire], fields)


def _tabledata(fields: Sequence[Field], row: Row) -> bytes:
    cells = "</TD><TD>".join(escape(xml_text(cell_text(field, value))) for field, value in zip(fields, row))
    return f"<TR><TD>{cells}</TD></TR>\n".encode()


def csv_line(cells: Sequence[str]) -> bytes:
    """A line of CSV (RFC 4180)."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().encode()


def tsv_line(cells: Sequence[str]) -> bytes:
    """A line of tab-separated values."""
    return ("\t".join(_BREAKS.sub(" ", cell) for cell in cells) + "\n").encode()


_ROWS: dict[Wire, Callable[[Sequence[Field], Row], bytes]] = {
    Wire.TABLEDATA: _tabledata,
    Wire.CSV: lambda fields, row: csv_line([cell_text(f, v) for f, v in zip(fields, row)]),
    Wire.TSV: lambda fields, row: tsv_line([cell_text(f, v) for f, v in zip(fields, row)]),
}
