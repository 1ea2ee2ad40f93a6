"""Which columns a name may mean at a place of a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..nodes import Identifier, Name
from ..resolved import Value
from ..source import Source, shown


@dataclass(frozen=True)
class ScopeColumn:
    """A column by the name that it has here."""

    name: str
    value: Value


@dataclass(frozen=True)
class RangeVariable:
    """A table of FROM: the names by which columns are qualified, from the outermost, and its columns."""

    names: tuple[str, ...]
    columns: tuple[ScopeColumn, ...]
    is_alias: bool
    at: int

    def matches(self, qualifier: Name) -> bool:
        """Whether a qualifier means this table: its alias, or the end of its full name."""
        if self.is_alias or len(qualifier) > len(self.names):
            return len(qualifier) == 1 and qualifier[0].matches(self.names[-1])
        return all(part.matches(name) for part, name in zip(reversed(qualifier), reversed(self.names)))


@dataclass(frozen=True)
class Scope:
    """The tables of one FROM clause, and what surrounds it.

    ``columns`` is what ``*`` stands for: columns that a NATURAL or USING join merged stand in it once.
    """

    ranges: tuple[RangeVariable, ...] = ()
    columns: tuple[ScopeColumn, ...] = ()
    parent: Scope | None = None

    @cached_property
    def _by_name(self) -> dict[str, list[ScopeColumn]]:
        """Made when it is needed: a chain of joins has a scope for each step."""
        found: dict[str, list[ScopeColumn]] = {}
        for column in self.columns:
            found.setdefault(column.name.lower(), []).append(column)
        return found

    def find(self, identifier: Identifier) -> list[ScopeColumn]:
        """Columns that a name without qualifier may mean, of this FROM clause only."""
        return [c for c in self._by_name.get(identifier.text.lower(), ()) if identifier.matches(c.name)]

    def find_ranges(self, qualifier: Name) -> list[RangeVariable]:
        """Tables that a qualifier may mean, of this FROM clause only."""
        return [r for r in self.ranges if r.matches(qualifier)]

    def enclosing(self) -> Iterator[Scope]:
        """This scope and those around it, from the inside."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def names(self) -> Iterator[str]:
        """Every column name that may be used here."""
        for scope in self.enclosing():
            for column in scope.columns:
                yield column.name

    def column(self, parts: Name, source: Source) -> ScopeColumn:
        """The column that a name means.

        Raises
        ------
        AdqlNameError
            None, or more than one.
        """
        *qualifier, last = parts
        for scope in self.enclosing():
            found = scope._qualified(tuple(qualifier), last, source) if qualifier else scope.find(last)
            if len(found) > 1:
                one_name = len({column.name for column in found}) == 1
                remedy = "qualify it with its table" if one_name else "its case counts in double quotes"
                raise source.name_error(
                    last.at, f"the column {shown(written(parts))} is ambiguous: {remedy}", last.text
                )
            if found:
                return found[0]
        if qualifier and not any(scope.find_ranges(tuple(qualifier)) for scope in self.enclosing()):
            self.unknown_range(tuple(qualifier), source)
        raise source.name_error(last.at, f"there is no column {shown(written(parts))} here", last.text, self.names())

    def _qualified(self, qualifier: Name, last: Identifier, source: Source) -> list[ScopeColumn]:
        ranges = self.find_ranges(qualifier)
        if len(ranges) > 1:
            raise source.name_error(
                qualifier[0].at, f"the table {shown(written(qualifier))} is ambiguous here", qualifier[-1].text
            )
        return [c for r in ranges for c in r.columns if last.matches(c.name)]

    def unknown_range(self, qualifier: Name, source: Source) -> None:
        """Raise the error that no table of FROM has this name."""
        known = [r.names[-1] for scope in self.enclosing() for r in scope.ranges]
        raise source.name_error(
            qualifier[0].at, f"FROM names no table {shown(written(qualifier))}", qualifier[-1].text, known
        )


def written(parts: Name) -> str:
    """A qualified name as users write it."""
    return ".".join(f'"{p.text}"' if p.delimited else p.text for p in parts)
