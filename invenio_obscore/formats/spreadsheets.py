"""Separated values that people open in a spreadsheet: no cell may become a formula.

A header's text may begin as a formula does; programs that open CSV files run it. TAP's answers are for programs and
stay as they are; what a record's page offers for download goes through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: What spreadsheets take for the beginning of a formula.
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: Any) -> Any:  # noqa: ANN401 - a cell of any column
    """The cell; a text that would be a formula has an apostrophe before it, which spreadsheets take for "text"."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_BEGINNINGS) else value


def for_people(suffix: str, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Rows for a file with this suffix: cells of ``.csv`` and ``.tsv`` are made harmless, others left alone."""
    if suffix not in (".csv", ".tsv"):
        yield from rows
        return
    for row in rows:
        yield [harmless(value) for value in row]
