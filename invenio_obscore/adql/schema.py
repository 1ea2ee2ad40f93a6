"""What a service publishes, as the resolver needs it: tables, their columns, and the relations that hold them.

A schema is made by :mod:`invenio_obscore.db.tap_schema` from TAP_SCHEMA, or by hand in tests. Users see ``Table.name``
and ``Field.name``; the names of relations and their columns in the database stand beside them and are always quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ..obscore.fields import Field
from .types import Type, type_of


@dataclass(frozen=True)
class Column:
    """A published column.

    Attributes
    ----------
    field
        What is published of it.
    stored_as
        Name of the database's column; empty when it is the published one.
    shape
        Name of the unpublished companion of a region column that holds its geometry (``adql.shape``); empty when the
        geometry must be read from the text.
    nullable
        Whether values may be NULL.
    """

    field: Field
    stored_as: str = ""
    shape: str = ""
    nullable: bool = True

    @property
    def name(self) -> str:
        """Published name."""
        return self.field.name

    @property
    def sql_name(self) -> str:
        """Name in the database, not quoted."""
        return self.stored_as or self.field.name

    @cached_property
    def type(self) -> Type:
        """Type of the values."""
        return type_of(self.field)


@dataclass(frozen=True)
class Table:
    """A published table.

    Attributes
    ----------
    name
        As users write it, with its schema: ``ivoa.obscore``.
    columns
        In the order of ``SELECT *``.
    relation
        Schema and name in the database; empty when they are the published ones.
    source
        For a table that no relation holds (an upload): a parameter's name and value from which
        ``jsonb_to_recordset`` makes the rows, as a JSON text of a list of objects keyed by ``sql_name``.
    intervals
        Pairs of columns, by their names in the database, that are the limits of an interval with an index over
        ``adql.interval(low, high)``.
    """

    name: str
    columns: tuple[Column, ...]
    relation: tuple[str, ...] = ()
    source: str | None = None
    intervals: tuple[tuple[str, str], ...] = ()

    @property
    def schema_name(self) -> str:
        """The part before the last dot; empty when there is none."""
        return self.name.rpartition(".")[0]

    @property
    def table_name(self) -> str:
        """The part after the last dot."""
        return self.name.rpartition(".")[2]

    @property
    def sql_name(self) -> tuple[str, ...]:
        """Schema and name in the database, not quoted."""
        return self.relation or tuple(self.name.split("."))


@dataclass(frozen=True)
class Schema:
    """All tables that queries may name.

    Attributes
    ----------
    tables
        In the order of TAP_SCHEMA.
    locate
        Finds the position (right ascension and declination in degrees) of a named object for ``gavo_simbadpoint``, None
        where there is no such object; None itself where the service asks nobody.
    """

    tables: tuple[Table, ...] = ()
    locate: Callable[[str], tuple[float, float] | None] | None = None
    _by_name: dict[str, list[Table]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for table in self.tables:
            self._by_name.setdefault(table.table_name.lower(), []).append(table)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    def named(self, table_name: str) -> list[Table]:
        """Tables of this name (without schema), whatever its case."""
        return self._by_name.get(table_name.lower(), [])

    def with_tables(self, tables: Iterable[Table]) -> Schema:
        """This schema and more tables (a query's uploads)."""
        return Schema((*self.tables, *tables), self.locate)
