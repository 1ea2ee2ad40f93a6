"""The syntax tree of a query: what was written, not yet what it means. Immutable; ``at`` is an offset into the text."""

from __future__ import annotations

from dataclasses import dataclass

from .source import Source


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name; a regular one compares without case, a delimited one exactly (ADQL 2.1, section 2.1.3)."""

    text: str
    delimited: bool
    at: int

    def matches(self, name: str) -> bool:
        """Whether this is that name."""
        return self.text == name if self.delimited else self.text.lower() == name.lower()

    def same_as(self, other: Identifier) -> bool:
        """Whether two names as they were written are the same."""
        if self.delimited and other.delimited:
            return self.text == other.text
        return self.text.lower() == other.text.lower()


Name = tuple[Identifier, ...]


# ------------------------------------------------------------------------------------------------------- expressions
@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string or NULL."""

    value: str | int | float | None
    at: int


@dataclass(frozen=True, slots=True)
class ColumnName:
    """``[[[catalog.]schema.]table.]column``."""

    parts: Name
    at: int


@dataclass(frozen=True, slots=True)
class Sign:
    """A minus before a value (a plus leaves no trace)."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, from the left: ``+ -``, ``* /`` or ``||``."""

    first: Expression
    rest: tuple[tuple[str, Expression, int], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an aggregate; ``name`` in upper case where it is a reserved word, as written otherwise."""

    name: str
    arguments: tuple[Expression, ...]
    at: int
    is_aggregate: bool = False
    distinct: bool = False
    star: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """``CAST(operand AS target)``; ``length`` is that of CHAR(n) and VARCHAR(n)."""

    operand: Expression
    target: str
    length: int | None
    at: int


@dataclass(frozen=True, slots=True)
class ScalarQuery:
    """A query in parentheses where a value stands."""

    query: Query
    at: int


# -------------------------------------------------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; ``!=`` is written ``<>`` here."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Between:
    """``operand [NOT] BETWEEN low AND high``."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class InList:
    """``operand [NOT] IN (value, …)``."""

    operand: Expression
    values: tuple[Expression, ...]
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class InQuery:
    """``operand [NOT] IN (query)``."""

    operand: Expression
    query: Query
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class Like:
    """``operand [NOT] LIKE|ILIKE pattern``."""

    operand: Expression
    pattern: Expression
    negated: bool
    caseless: bool
    at: int


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand IS [NOT] NULL``."""

    operand: Expression
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class Exists:
    """``EXISTS (query)``."""

    query: Query
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or OR."""

    operator: str
    items: tuple[Expression, ...]
    at: int


Value = Literal | ColumnName | Sign | Chain | Call | Cast | ScalarQuery
Condition = Comparison | Between | InList | InQuery | Like | IsNull | Exists | Not | Junction
Expression = Value | Condition


# -------------------------------------------------------------------------------------------------------------- FROM
@dataclass(frozen=True, slots=True)
class TableName:
    """``[[catalog.]schema.]table [[AS] alias]``."""

    parts: Name
    alias: Identifier | None
    at: int


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """``(query) [AS] alias``."""

    query: Query
    alias: Identifier
    at: int


@dataclass(frozen=True, slots=True)
class JoinStep:
    """One join to what stands left of it; ``kind`` is INNER, LEFT, RIGHT, FULL or CROSS (the comma)."""

    kind: str
    right: TableReference
    natural: bool
    condition: Expression | None
    using: tuple[Identifier, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A table and the joins to it, from the left."""

    first: TableReference
    steps: tuple[JoinStep, ...]
    at: int


TableReference = TableName | DerivedTable | Joined


# ----------------------------------------------------------------------------------------------------------- queries
@dataclass(frozen=True, slots=True)
class Item:
    """An expression of the select list and its alias."""

    expression: Expression
    alias: Identifier | None
    at: int


@dataclass(frozen=True, slots=True)
class Star:
    """``*`` or ``table.*``."""

    qualifier: Name
    at: int


@dataclass(frozen=True, slots=True)
class Select:
    """``SELECT … FROM … WHERE … GROUP BY … HAVING …``."""

    items: tuple[Item | Star, ...]
    source: TableReference
    at: int
    distinct: bool = False
    top: int | None = None
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    having: Expression | None = None


@dataclass(frozen=True, slots=True)
class SetChain:
    """Queries joined from the left by UNION and EXCEPT, or by INTERSECT: (operator, ALL, operand) each."""

    first: Body
    rest: tuple[tuple[str, bool, Body], ...]
    at: int


@dataclass(frozen=True, slots=True)
class SortKey:
    """An item of ORDER BY."""

    expression: Expression
    descending: bool
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its ORDER BY and OFFSET; only the main one has common tables (``WITH``)."""

    body: Body
    at: int
    order_by: tuple[SortKey, ...] = ()
    offset: int | None = None
    common_tables: tuple[tuple[Identifier, Query], ...] = ()


Body = Select | SetChain | Query


@dataclass(frozen=True, slots=True)
class Parsed:
    """The main query and the text that it came from."""

    query: Query
    source: Source
