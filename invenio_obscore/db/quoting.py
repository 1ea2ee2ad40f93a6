"""Names and values as SQL text, for statements that take no parameters (DDL)."""

from __future__ import annotations


def quoted(name: str) -> str:
    """A delimited identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | int | None) -> str:
    """A literal, whatever ``standard_conforming_strings`` says."""
    if text is None:
        return "NULL"
    if isinstance(text, int):
        return str(text)
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def relation(name: str) -> str:
    """A name with its schema, quoted."""
    return ".".join(quoted(part) for part in name.split("."))
