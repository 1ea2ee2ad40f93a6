"""A query that has been understood: names are columns of known relations, every value has a type. Immutable.

Nothing here comes from a user's text but the values of :class:`Constant` and :class:`Shape`, and the names that results
carry (:class:`Output`), which never reach SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..obscore.fields import Field
from ..obscore.regions import Region
from .types import Type


# ------------------------------------------------------------------------------------------------------------ values
@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; its value is bound as a parameter."""

    value: str | int | float | None
    type: Type


@dataclass(frozen=True, slots=True)
class Shape:
    """A region that is known when the query is translated; its type is CIRCLE, POLYGON or REGION."""

    region: Region
    type: Type


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a relation of this query.

    ``relation`` is the relation's alias in SQL, ``name`` the column's name there, ``shape`` the name of the companion
    that holds a region's geometry (empty when there is none).
    """

    relation: str
    name: str
    type: Type
    field: Field
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Negative:
    """A value with a minus before it."""

    operand: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, from the left."""

    first: Value
    rest: tuple[tuple[str, Value], ...]
    type: Type


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of :mod:`.functions` or a geometry, with arguments of the types that it wants."""

    name: str
    arguments: tuple[Value, ...]
    type: Type
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate; without an argument it is ``COUNT(*)``. ``options`` are further arguments, all constant."""

    name: str
    argument: Value | None
    distinct: bool
    type: Type
    options: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Convert:
    """A value turned into another type; ``length`` cuts text."""

    operand: Value
    type: Type
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """The only value of the only row of a query."""

    query: Query
    type: Type


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition that a function asks for, as the integer 1 or 0; ``name`` is the function's, for a column's name."""

    condition: Condition
    name: str
    type: Type = Type.INTEGER


# -------------------------------------------------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Between:
    """``operand [NOT] BETWEEN low AND high``."""

    operand: Value
    low: Value
    high: Value
    negated: bool


@dataclass(frozen=True, slots=True)
class Member:
    """``operand [NOT] IN (value, …)``."""

    operand: Value
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class MemberOf:
    """``operand [NOT] IN (query)``."""

    operand: Value
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Match:
    """``operand [NOT] LIKE|ILIKE pattern``."""

    operand: Value
    pattern: Value
    negated: bool
    caseless: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand IS [NOT] NULL``."""

    operand: Value
    negated: bool


@dataclass(frozen=True, slots=True)
class Exists:
    """``EXISTS (query)``."""

    query: Query


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    operand: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or OR."""

    operator: str
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """``CONTAINS(inner, outer)``; ``inner`` may be a point."""

    inner: Value
    outer: Value


@dataclass(frozen=True, slots=True)
class Overlap:
    """``INTERSECTS(left, right)`` of two shapes."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Near:
    """``DISTANCE(left, right) < radius`` (or ``<=``), ``radius`` in degrees: a cone that an index answers."""

    left: Value
    right: Value
    operator: str
    radius: Value


Value = Constant | Shape | ColumnRef | Negative | Chain | FunctionCall | Aggregate | Convert | Scalar | Flag
Condition = (
    Comparison | Between | Member | MemberOf | Match | IsNull | Exists | Not | Junction | Within | Overlap | Near
)


# --------------------------------------------------------------------------------------------------------- relations
@dataclass(frozen=True, slots=True)
class StoredTable:
    """A relation of the database, and pairs of its columns that have an index as an interval."""

    alias: str
    sql_name: tuple[str, ...]
    intervals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UploadedTable:
    """Rows that come with the query: a JSON text, and (column, type) of what is in it."""

    alias: str
    document: str
    columns: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """A query in FROM."""

    alias: str
    query: Query


@dataclass(frozen=True, slots=True)
class CommonTable:
    """A query of WITH, by the name that it has in SQL."""

    alias: str
    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """Two relations; ``kind`` is INNER, LEFT, RIGHT, FULL or CROSS."""

    kind: str
    left: Relation
    right: Relation
    condition: Condition | None


Relation = StoredTable | UploadedTable | DerivedTable | CommonTable | Join


# ----------------------------------------------------------------------------------------------------------- queries
@dataclass(frozen=True, slots=True)
class Output:
    """A column of a query's result."""

    name: str
    value: Value
    field: Field

    @property
    def type(self) -> Type:
        """Type of the values."""
        return self.value.type


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT."""

    outputs: tuple[Output, ...]
    relation: Relation
    where: Condition | None = None
    group_by: tuple[Value, ...] = ()
    having: Condition | None = None
    distinct: bool = False
    top: int | None = None

    @property
    def carries_shapes(self) -> bool:
        """Whether a derived table made of it can pass on the geometry beside a region's text."""
        return not (self.distinct or self.group_by or self.having)


@dataclass(frozen=True, slots=True)
class Combination:
    """Queries joined by set operators from the left: (operator, ALL, operand) each."""

    first: Body
    rest: tuple[tuple[str, bool, Body], ...]
    outputs: tuple[Output, ...]
    carries_shapes: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """A value, or the number (from 1) of a column of the result."""

    value: Value | int
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its order and its common tables (name in SQL, query)."""

    body: Body
    order_by: tuple[SortKey, ...] = ()
    offset: int | None = None
    common_tables: tuple[tuple[str, Query], ...] = ()

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Columns of the result."""
        return self.body.outputs

    @property
    def carries_shapes(self) -> bool:
        """See :attr:`Select.carries_shapes`."""
        return self.body.carries_shapes


Body = Select | Combination | Query
