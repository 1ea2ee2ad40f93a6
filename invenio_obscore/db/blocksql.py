"""Rows as blocks of arrays: PostgreSQL packs the cells of a row into a few values, numpy and pyarrow unpack many rows.

A row comes as one array of its floating-point numbers, one of its integers (with bits for the nulls), one text of its
``char`` cells and one of its ``unicodeChar`` cells. A client that fetches 58 single columns spends most of its time on
making 58 objects a row (measured, ``docs/decisions.md``). Columns are named ``c1``, ``c2``, …; no text of a user gets
in here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ServiceError
from ..formats.blocks import Block, Texts, kinds
from ..obscore.fields import Field

_Array = NDArray[Any]
# PostgreSQL takes no more arguments than this in one call.
_MAX_ARGUMENTS = 90
# Nulls of so many integers fit into one more integer.
_BITS = 62
# Control characters that neither XML nor people use: marks are made of these.
_CONTROLS = "".join(chr(code) for code in range(1, 32) if chr(code) not in "\t\n\r")
_SEPARATOR_LENGTH, _NULL_LENGTH = 5, 3
_ARRAYS = {
    "unsignedByte": "int2",
    "short": "int2",
    "int": "int4",
    "long": "int8",
    "float": "float4",
    "double": "float8",
}


def column_names(count: int) -> str:
    """``c1, c2, …``: the names under which an encoded query has its columns."""
    return ", ".join(f"c{number}" for number in range(1, count + 1))


def array_sql(name: str, one: Field) -> str:
    """A column of arrays as PostgreSQL's arrays: those of an upload pass through a query as text."""
    return f"{name}::{_ARRAYS[one.datatype]}[]"


def value_sql(fields: Sequence[Field], sql: str) -> str:
    """A query whose arrays are PostgreSQL's arrays."""
    names = [f"c{number}" for number in range(1, len(fields) + 1)]
    if not any(one.arraysize and not one.is_text for one in fields):
        return sql
    select = ", ".join(
        f"{array_sql(n, f)} AS {n}" if f.arraysize and not f.is_text else n for n, f in zip(names, fields)
    )
    return f"SELECT {select} FROM ({sql}) AS r ({', '.join(names)})"


@dataclass
class _Filling:
    """A block that is being filled."""

    rows: int
    nulls: _Array
    numbers: dict[int, _Array] = field(default_factory=dict)
    texts: list[Texts] = field(default_factory=list)
    lists: dict[int, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Marks:
    """What stands between the texts of an answer, and for a null among them."""

    separator: str
    null: str


@dataclass(frozen=True)
class _Part:
    """One value of a packed row: how it is asked for, how those of some rows are joined, where what was joined goes."""

    sql: str
    join: Callable[[Sequence[Any]], Any]
    fill: Callable[[_Filling, Sequence[Any]], None]


@dataclass(frozen=True)
class Packing:
    """How rows of a query come packed.

    Attributes
    ----------
    select
        The select list over ``c1``, ``c2``, …, with placeholders.
    parameters
        Values of the placeholders.
    """

    select: str
    parameters: dict[str, str]
    _columns: int
    _parts: tuple[_Part, ...]

    def around(self, sql: str) -> str:
        """The query that gives the rows of ``sql`` packed."""
        return f"SELECT {self.select} FROM ({sql}) AS r ({column_names(self._columns)})"

    def blocks(self, batches: Iterator[Sequence[Sequence[Any]]], rows: int) -> Iterator[Block]:
        """Unpack batches of rows, the first one by itself, then as many together as make so many rows.

        Values are joined batch by batch: single objects of a thousand rows would not stay in the processor's cache.
        """
        gathered: list[list[Any]] = []
        count = wanted = 0
        for batch in batches:
            gathered.append([part.join(values) for part, values in zip(self._parts, zip(*batch))])
            count += len(batch)
            if count >= wanted:
                yield self._block(count, gathered)
                gathered, count, wanted = [], 0, rows
        if count:
            yield self._block(count, gathered)

    def _block(self, rows: int, gathered: Sequence[Sequence[Any]]) -> Block:
        filling = _Filling(rows, np.zeros((self._columns, rows), bool))
        for part, values in zip(self._parts, zip(*gathered)):
            part.fill(filling, values)
        return Block(filling.rows, filling.nulls, filling.numbers, tuple(filling.texts), filling.lists)


@lru_cache(maxsize=64)
def packing(fields: tuple[Field, ...]) -> Packing:
    """Return how rows of these columns come packed."""
    marks = _marks()
    parts = tuple(_parts(fields, marks))
    parameters = {"separator": marks.separator, "null": marks.null}
    return Packing(", ".join(part.sql for part in parts), parameters, len(fields), parts)


def _marks() -> Marks:
    """Other ones in each process and for each choice of columns: nobody who writes texts into a table can know them."""
    characters = list(_CONTROLS)
    secrets.SystemRandom().shuffle(characters)
    used = "".join(characters[: _SEPARATOR_LENGTH + _NULL_LENGTH])
    return Marks(used[:_SEPARATOR_LENGTH], used[_SEPARATOR_LENGTH:])


def _parts(fields: Sequence[Field], marks: Marks) -> Iterator[_Part]:
    sorts = kinds(fields)
    if sorts.floats:
        yield _Part(_floats_sql(sorts.floats), b"".join, partial(_floats, sorts.floats))
    for start in range(0, len(sorts.integers), _BITS):
        group = sorts.integers[start : start + _BITS]
        booleans = {number for number in group if fields[number].datatype == "boolean"}
        yield _Part(_integers_sql(group, booleans), b"".join, partial(_integers, group))
    for group in filter(None, (sorts.chars, sorts.unicodes)):
        yield _Part(_texts_sql(group), marks.separator.join, partial(_texts, group, marks))
    for number in sorts.lists:
        yield _Part(array_sql(f"c{number + 1}", fields[number]), list, partial(_lists, number))


def _floats_sql(columns: Sequence[int]) -> str:
    items = ", ".join(f"coalesce(c{number + 1}, 'NaN')::float8" for number in columns)
    return f"array_send(ARRAY[{items}])"


def _floats(columns: Sequence[int], filling: _Filling, joined: Sequence[bytes]) -> None:
    """NaN is null: VOTable has no other null for these types outside of BINARY2."""
    items = _items(joined, len(columns), ">f8")
    for number, column in zip(columns, items.T):
        filling.numbers[number] = column
        np.isnan(column, out=filling.nulls[number])


def _integers_sql(columns: Sequence[int], booleans: set[int]) -> str:
    casts = {number: "::int4::int8" if number in booleans else "::int8" for number in columns}
    items = ", ".join(f"coalesce(c{number + 1}{cast}, 0)" for number, cast in casts.items())
    bits = " + ".join(
        f"CASE WHEN c{number + 1} IS NULL THEN {1 << bit} ELSE 0 END::int8" for bit, number in enumerate(columns)
    )
    return f"array_send(ARRAY[{items}, {bits}])"


def _integers(columns: Sequence[int], filling: _Filling, joined: Sequence[bytes]) -> None:
    items = _items(joined, len(columns) + 1, ">i8")
    bits = items[:, -1].astype(np.int64)
    for bit, (number, column) in enumerate(zip(columns, items.T)):
        filling.numbers[number] = column
        np.not_equal(bits & (1 << bit), 0, out=filling.nulls[number])


def _items(joined: Sequence[bytes], count: int, kind: str) -> _Array:
    """Items of arrays as ``array_send`` writes them: 20 bytes of header, then each with a length of 4 bytes."""
    item = np.dtype([("length", "V4"), ("value", kind)])
    array = np.dtype([("head", "V20"), ("items", item, (count,))])
    found: _Array = np.frombuffer(b"".join(joined), array)["items"]["value"]
    return found


def _texts_sql(columns: Sequence[int]) -> str:
    cells = [f"coalesce(c{number + 1}, %(null)s)" for number in columns]
    groups = [cells[start : start + _MAX_ARGUMENTS] for start in range(0, len(cells), _MAX_ARGUMENTS)]
    return " || %(separator)s || ".join(f"concat_ws(%(separator)s, {', '.join(group)})" for group in groups)


def _texts(columns: tuple[int, ...], marks: Marks, filling: _Filling, joined: Sequence[str]) -> None:
    shape = (filling.rows, len(columns))
    data, sizes, nulls = _cells(marks.separator.join(joined).encode("utf-8", "replace"), shape[0] * shape[1], marks)
    filling.nulls[list(columns)] = nulls.reshape(shape).T
    filling.texts.append(Texts(columns, data, np.cumsum(sizes).reshape(shape)))


def _cells(data: bytes, count: int, marks: Marks) -> tuple[bytes, _Array, _Array]:
    """All cells without what marked them, their sizes, and which are null."""
    separator, null = marks.separator.encode(), marks.null.encode()
    bare = data.translate(None, separator + null)
    octets = np.frombuffer(data + bytes(len(null)), np.uint8)
    ends = np.flatnonzero(octets == separator[0])
    starts = np.concatenate([[0], ends + len(separator)])
    if len(starts) == count:
        sizes = np.concatenate([ends, [len(data)]]) - starts
        nulls = sizes == len(null)
        for at, octet in enumerate(null):
            nulls &= octets[starts + at] == octet
        if len(data) - len(bare) == len(ends) * len(separator) + np.count_nonzero(nulls) * len(null):
            sizes[nulls] = 0
            return bare, sizes, nulls
    # Some text holds one of these characters by itself.
    cells = data.split(separator)
    if len(cells) != count:
        raise ServiceError("a text holds what separates texts in this answer", remedy="try again")
    nulls = np.array([cell == null for cell in cells], bool)
    cells = [b"" if cell == null else cell for cell in cells]
    return b"".join(cells), np.array([len(cell) for cell in cells], np.int64), nulls


def _lists(number: int, filling: _Filling, joined: Sequence[Sequence[Any]]) -> None:
    values = list(chain.from_iterable(joined))
    filling.lists[number] = values
    filling.nulls[number] = [value is None for value in values]
