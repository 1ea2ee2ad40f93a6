"""A draft's rows as one table, out to a file and back in: every product a line, every column that a person may set.

What comes back is compared with what is there. A table that is not the draft's (other rows, other columns or units,
cells that mean nothing) is refused as a whole, each mistake with its line.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy import units as u

from ...errors import ColumnError, InputError
from ...formats.reading import read_votable
from ...formats.spreadsheets import harmless
from ...formats.structure import ReadingLimits
from ...mapping.typed import read_cell
from ...obscore.columns import SYSTEM_COLUMNS, Column
from ...obscore.fields import Field
from ..cells import COLUMNS

#: What names a row: the file's key, and the product in it (``<member>#<key>``, or an empty text).
ADDRESS = (
    Field("file", "unicodeChar", "*", description="Name of the file in the deposit"),
    Field("product", "unicodeChar", "*", description="Member#key of the product in the file; empty for its only one"),
)
FIELDS: Sequence[Field] = (*ADDRESS, *COLUMNS.values())
_NAMES = tuple(each.name for each in ADDRESS)
_MOST_MISTAKES = 100

Address = tuple[str, str]
Row = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and where: ``line`` of a CSV file or row of a VOTable from 1, 0 for the whole table."""

    message: str
    line: int = 0
    column: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else ""
        return ": ".join(part for part in (place, self.message) if part)


class TableError(InputError):
    """A table that cannot be taken in; ``mistakes`` says what is wrong, line by line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes[:_MOST_MISTAKES])
        more = len(mistakes) - len(self.mistakes)
        also = f" (and {more} more)" if more else ""
        super().__init__(f"The table is not taken in, nothing was changed: {self.mistakes[0]}{also}")


@dataclass
class Table:
    """A table as it came: lines with their cells, text or numbers."""

    names: list[str]
    lines: Sequence[tuple[int, Sequence[Any]]]


@dataclass
class Differences:
    """What a table would change: ``(old, new)`` by column, by product."""

    changes: dict[Address, dict[str, tuple[Any, Any]]] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How many cells change."""
        return sum(map(len, self.changes.values()))

    @property
    def columns(self) -> dict[str, int]:
        """How many cells of each column change."""
        return dict(Counter(name for columns in self.changes.values() for name in columns))


def cells(rows: Iterable[Row]) -> Iterator[list[Any]]:
    """The rows as lists of cells, in the order of :data:`FIELDS`."""
    for file_key, product, row in rows:
        yield [file_key, product, *(row.get(name) for name in COLUMNS)]


def parse(data: bytes, limits: ReadingLimits | None = None) -> Table:
    """A CSV file or a VOTable, told apart by how they begin.

    Raises
    ------
    TableError
        It cannot be read, or its columns are not those of a draft's table.
    InputError
        It is no VOTable, or a hostile one.
    """
    table = _votable(data, limits) if data.lstrip()[:1] == b"<" else _csv(data)
    mistakes = list(_wrong_columns(table.names))
    if mistakes:
        raise TableError(mistakes)
    return table


def _csv(data: bytes) -> Table:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError([Mistake("This is no UTF-8 text: save the file as “CSV UTF-8”", line)]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines, mistakes = [], []
    try:
        names = [name.strip() for name in next(reader, [])]
        for read in reader:
            if len(read) == len(names):
                lines.append((reader.line_num, read))
            elif read:
                mistakes.append(Mistake(f"{len(read)} cells, expected {len(names)}", reader.line_num))
    except csv.Error as error:
        mistakes.append(Mistake(f"This is no CSV: {error}", reader.line_num))
    if mistakes:
        raise TableError(mistakes)
    return Table(names, lines)


def _votable(data: bytes, limits: ReadingLimits | None) -> Table:
    read = read_votable(data, limits)
    mistakes = [mistake for each in read.fields if each.name in COLUMNS for mistake in _wrong_field(each)]
    if mistakes:
        raise TableError(mistakes)
    return Table([each.name for each in read.fields], list(enumerate(read.rows, 1)))


def _wrong_field(given: Field) -> Iterator[Mistake]:
    """Units and types of a VOTable's column that are not ours."""
    column = COLUMNS[given.name]
    if given.unit and not _is_unit(given.unit, column.unit):
        ours = f"is in {column.unit}" if column.unit else "has no unit"
        yield Mistake(f"{given.name} {ours}, the table has {given.unit[:40]}", column=given.name)
    if given.arraysize and not given.is_text:
        yield Mistake(f"{given.name} holds one value, the table has arrays", column=given.name)
    elif column.is_text and not given.is_text:
        yield Mistake(f"{given.name} is a text, the table has {given.datatype}", column=given.name)


def _is_unit(given: str, ours: str) -> bool:
    try:
        return bool(u.Unit(given) == u.Unit(ours))
    except ValueError:
        return False


def _wrong_columns(names: Sequence[str]) -> Iterator[Mistake]:
    known = {*COLUMNS, *_NAMES}
    for name in _NAMES:
        if name not in names:
            yield Mistake(f"The column {name} is missing, which says which row it is", 1, name)
    for name, count in Counter(names).items():
        if count > 1:
            yield Mistake(f"The column {name[:60]!r} stands {count} times", 1, name[:60])
        elif name in SYSTEM_COLUMNS:
            yield Mistake(f"The server sets the column {name}: leave it out", 1, name)
        elif name not in known:
            yield Mistake(f"There is no column {name[:60]!r}", 1, name[:60])


def compare(present: Iterable[Row], table: Table) -> Differences:
    """What the table says differently from the rows that are there.

    Raises
    ------
    TableError
        Rows are missing, unknown or there twice, or cells mean nothing.
    """
    mistakes: list[Mistake] = []
    lines = _by_address(table, mistakes)
    found = Differences()
    missing: list[Address] = []
    for file_key, product, row in present:
        line = lines.pop((file_key, product), None)
        if line is None:
            missing.append((file_key, product))
        elif changed := _changed(row, line, mistakes):
            found.changes[(file_key, product)] = changed
    for (file_key, product), (number, _) in lines.items():
        mistakes.append(Mistake(f"The deposit has no product {product[:100]!r} in a file {file_key[:100]!r}", number))
    mistakes.sort(key=lambda mistake: mistake.line)
    if missing:
        shown = ", ".join(" ".join(filter(None, each))[:100] for each in missing[:3])
        mistakes.append(Mistake(f"{len(missing)} row(s) of the deposit are not in the table: {shown}"))
    if mistakes:
        raise TableError(mistakes)
    return found


def _by_address(table: Table, mistakes: list[Mistake]) -> dict[Address, tuple[int, dict[str, Any]]]:
    lines: dict[Address, tuple[int, dict[str, Any]]] = {}
    for number, read in table.lines:
        given = dict(zip(table.names, read))
        address = _address(given)
        if address in lines:
            first = lines[address][0]
            mistakes.append(Mistake(f"The same row stands in line {first}", number))
        else:
            lines[address] = (number, {name: cell for name, cell in given.items() if name not in _NAMES})
    return lines


def _address(given: Mapping[str, Any]) -> Address:
    file_key, product = (_plain(str(given[name] or "")) for name in _NAMES)
    return file_key, product


def _plain(text: str) -> str:
    """The text without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def _changed(
    row: Mapping[str, Any], line: tuple[int, dict[str, Any]], mistakes: list[Mistake]
) -> dict[str, tuple[Any, Any]]:
    changed = {}
    for name, cell in line[1].items():
        old = row.get(name)
        if _is_same(COLUMNS[name], old, cell):
            continue
        try:
            new = read_cell(name, _plain(cell) if isinstance(cell, str) else cell)
        except ColumnError as error:
            mistakes.append(Mistake(str(error), line[0], name))
            continue
        if not _is_same(COLUMNS[name], old, new):
            changed[name] = (old, new)
    return changed


def _is_same(column: Column, old: Any, new: Any) -> bool:  # noqa: ANN401 - cells
    """Whether a cell is what was written there; a value that no check would pass today may stay."""
    if old is None or new is None or new == "":
        return old in (None, "") and new in (None, "")
    if isinstance(old, str):
        return new in (old, harmless(old))
    try:
        given = float(new)
    except (TypeError, ValueError):
        return False
    if column.datatype == "float":
        with np.errstate(over="ignore"):
            return bool(np.float32(old) == np.float32(given))
    return bool(old == given)
