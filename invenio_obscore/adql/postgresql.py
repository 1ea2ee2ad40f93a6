"""A resolved query as SQL for PostgreSQL with pgSphere.

Rules that keep a user's text out of SQL: relations and columns are quoted names of the published schema or names made
here (``t1``, ``c1``, ``w1``); literals are bound parameters, equal ones by one name, so that an expression of GROUP BY
and the same in the select list are the same to PostgreSQL; a node that is not known here raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import AdqlError
from ..obscore.regions import Circle, Polygon
from . import resolved as ir
from .intervals import overlaps
from .postgresql_functions import TEMPLATES
from .postgresql_geometry import Geometries
from .resolution.naming import is_uploaded_array
from .resolution.queries import Resolved
from .statement import Statement
from .types import GEOMETRIES, NUMBERS, Type

SQL_TYPES: dict[Type, str] = {
    Type.SMALLINT: "int2",
    Type.INTEGER: "int4",
    Type.BIGINT: "int8",
    Type.REAL: "float4",
    Type.DOUBLE: "float8",
    Type.BOOLEAN: "bool",
    Type.CHAR: "text",
    Type.CLOB: "text",
    Type.REGION: "text",
    Type.NULL: "text",
    Type.TIMESTAMP: "timestamp",
    Type.INTERVAL: "float8[]",
    Type.INTEGERS: "int4[]",
    Type.OPAQUE: "text",
}
_TIMESTAMP_FORMAT = """'YYYY-MM-DD"T"HH24:MI:SS.MS'"""
_AGGREGATES = {"COUNT": "count", "MIN": "min", "MAX": "max", "SUM": "sum", "AVG": "avg"} | {
    "IVO_STRING_AGG": "string_agg",
    "IVO_HISTOGRAM": "adql.histogram",
}
_JOINS = {
    "INNER": "JOIN",
    "LEFT": "LEFT JOIN",
    "RIGHT": "RIGHT JOIN",
    "FULL": "FULL JOIN",
    "CROSS": "CROSS JOIN",
}
_OPERATORS = frozenset({"+", "-", "*", "/", "||", "=", "<>", "<", ">", "<=", ">="})
#: Lists of more literals than this are bound as one array.
_LONG_LIST = 16
_SET_OPERATORS = frozenset({"UNION", "EXCEPT", "INTERSECT"})


def to_postgresql(resolved: Resolved, maxrec: int | None = None) -> Statement:
    """Write a resolved query in SQL.

    Parameters
    ----------
    maxrec
        Most rows to serve; the statement fetches one more, so that the reader sees that there are more. A query whose
        own TOP is not above it cannot overflow (TAP 1.1, section 2.7.4).
    """
    query = resolved.query
    writer = Writer()
    top = query.body.top if isinstance(query.body, ir.Select) else None
    can_overflow = maxrec is not None and (top is None or top > maxrec)
    limit = maxrec + 1 if can_overflow and maxrec is not None else top
    sql = writer.main_query(query, limit)
    fields = tuple(output.field for output in query.outputs)
    return Statement(sql, writer.parameters, fields, maxrec if can_overflow else None, limit)


def quoted(name: str) -> str:
    """A name of the published schema as a delimited identifier, safe for a statement with placeholders."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


class Writer(Geometries):
    """Writes one statement and collects its parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self._names: dict[tuple[str, str, Any], str] = {}
        self._intervals: dict[str, tuple[tuple[str, str], ...]] = {}

    def bind(self, value: Any, sql_type: str) -> str:  # noqa: ANN401
        """A placeholder for a value, with its type."""
        key = (sql_type, type(value).__name__, tuple(value) if isinstance(value, list) else value)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"p{len(self._names) + 1}"
            self.parameters[name] = value
        return f"%({name})s::{sql_type}"

    # -------------------------------------------------------------------------------------------------------- queries
    def main_query(self, query: ir.Query, limit: int | None) -> str:
        """The outermost query; its columns are encoded for the formats."""
        common = ", ".join(f"{name} AS ({self.query(q, pass_shapes=True)})" for name, q in query.common_tables)
        prefix = f"WITH {common} " if common else ""
        body = query.body
        if isinstance(body, ir.Select):
            head = self.select(body, self.encoded)
            return prefix + head + self._tail(query, limit)
        inner = self.query(ir.Query(body, query.order_by, query.offset))
        columns = ", ".join(
            f"{self.encoded(ir.ColumnRef('q', f'c{n}', o.type, o.field))} AS c{n}"
            for n, o in enumerate(query.outputs, 1)
        )
        return f"{prefix}SELECT {columns} FROM ({inner}) AS q{self._limit(limit)}"

    def query(self, query: ir.Query, *, pass_shapes: bool = False) -> str:
        """A query inside another one; columns keep their native types."""
        top = query.body.top if isinstance(query.body, ir.Select) else None
        return self._body(query.body, pass_shapes=pass_shapes) + self._tail(query, top)

    def _body(self, body: ir.Body, *, pass_shapes: bool = False) -> str:
        if isinstance(body, ir.Select):
            return self.select(body, self.value, pass_shapes=pass_shapes)
        if isinstance(body, ir.Query):  # with an order of its own, which PostgreSQL takes in a table only
            return f"SELECT * FROM ({self.query(body, pass_shapes=pass_shapes)}) AS q"
        parts = [self._operand(body.first)]
        for operator, every, operand in body.rest:
            if operator not in _SET_OPERATORS:
                raise _unknown(operator)
            parts.append(f"{operator}{' ALL' if every else ''} {self._operand(operand)}")
        return " ".join(parts)

    def _operand(self, body: ir.Body) -> str:
        return f"({self.query(body if isinstance(body, ir.Query) else ir.Query(body))})"

    def _tail(self, query: ir.Query, limit: int | None) -> str:
        # PostgreSQL refuses to sort by a constant, which would change nothing.
        keys = ", ".join(self._sort_key(key) for key in query.order_by if not isinstance(key.value, ir.Constant))
        order = f" ORDER BY {keys}" if keys else ""
        offset = f" OFFSET {self.bind(query.offset, 'int8')}" if query.offset is not None else ""
        return order + offset + self._limit(limit)

    def _limit(self, limit: int | None) -> str:
        return "" if limit is None else f" LIMIT {self.bind(limit, 'int8')}"

    def _sort_key(self, key: ir.SortKey) -> str:
        value = f"{key.value:d}" if isinstance(key.value, int) else self.value(key.value)
        return f"{value} DESC" if key.descending else value

    def select(self, select: ir.Select, encode: Callable[[ir.Value], str], *, pass_shapes: bool = False) -> str:
        """One SELECT without what follows it."""
        relation = self.relation(select.relation)
        columns = [f"{encode(o.value)} AS c{n}" for n, o in enumerate(select.outputs, 1)]
        if pass_shapes and select.carries_shapes:
            columns += [
                f"{self.shape_column(o.value)} AS c{n}_shape"
                for n, o in enumerate(select.outputs, 1)
                if isinstance(o.value, ir.ColumnRef) and o.value.shape
            ]
        sql = f"SELECT {'DISTINCT ' if select.distinct else ''}{', '.join(columns)} FROM {relation}"
        if select.where is not None:
            sql += f" WHERE {self.condition(select.where)}"
        if select.group_by:
            sql += f" GROUP BY {', '.join(self.value(g) for g in select.group_by)}"
        if select.having is not None:
            sql += f" HAVING {self.condition(select.having)}"
        return sql

    # ------------------------------------------------------------------------------------------------------ relations
    def relation(self, relation: ir.Relation) -> str:
        """A table or join of FROM."""
        if isinstance(relation, ir.Join):
            return self._join(relation)
        if isinstance(relation, ir.StoredTable):
            self._intervals[relation.alias] = relation.intervals
            return f"{'.'.join(quoted(n) for n in relation.sql_name)} AS {relation.alias}"
        if isinstance(relation, ir.DerivedTable):
            return f"({self.query(relation.query, pass_shapes=True)}) AS {relation.alias}"
        if isinstance(relation, ir.CommonTable):
            return f"{relation.name} AS {relation.alias}"
        if isinstance(relation, ir.UploadedTable):
            return self._uploaded(relation)
        raise _unknown(relation)

    def _join(self, join: ir.Join) -> str:
        """A join and those left of it, without recursion: queries may chain hundreds."""
        parts: list[str] = []
        current: ir.Relation = join
        while isinstance(current, ir.Join):
            right = self.relation(current.right)
            right = f"({right})" if isinstance(current.right, ir.Join) else right
            kind, on = _JOINS[current.kind], ""
            if current.condition is not None:
                on = f" ON {self.condition(current.condition)}"
            elif current.kind != "CROSS":
                on = " ON TRUE"
            if current.kind == "FULL":
                on += f" AND {_never(current.left)} = {_never(current.right)}"
            parts.append(f"{kind} {right}{on}")
            current = current.left
        parts.append(self.relation(current))
        return " ".join(reversed(parts))

    def _uploaded(self, table: ir.UploadedTable) -> str:
        columns = ", ".join(f"{quoted(name)} {SQL_TYPES[type_]}" for name, type_ in table.columns)
        return f"jsonb_to_recordset({self.bind(table.document, 'jsonb')}) AS {table.alias} ({columns})"

    # --------------------------------------------------------------------------------------------------------- values
    def value(self, value: ir.Value) -> str:
        """A value in its native type."""
        method = _VALUES.get(type(value))
        if method is None:
            raise _unknown(value)
        return method(self, value)

    def encoded(self, value: ir.Value) -> str:
        """A value of the result, as :class:`.Statement` says."""
        if value.type is Type.TIMESTAMP:
            return f"to_char({self.value(value)}, {_TIMESTAMP_FORMAT})"
        if value.type is Type.REGION:
            return self.region_text(value)
        if is_uploaded_array(value):  # as it came, whatever a geometry of it would be
            return self.value(value.operand)
        if value.type in GEOMETRIES:
            return self.coordinates(value)
        if isinstance(value, ir.ColumnRef):
            return self.value(value)
        return f"{self.value(value)}::{SQL_TYPES[value.type]}"

    def constant(self, value: ir.Constant) -> str:
        """A literal."""
        return "NULL" if value.value is None else self.bind(value.value, SQL_TYPES[value.type])

    def column(self, value: ir.ColumnRef) -> str:
        """A column."""
        return f"{value.relation}.{quoted(value.name)}"

    def negative(self, value: ir.Negative) -> str:
        """A minus."""
        return f"(- {self.value(value.operand)})"

    def chain(self, value: ir.Chain) -> str:
        """Operators from the left."""
        parts = [self.value(value.first)]
        for operator, operand in value.rest:
            if operator not in _OPERATORS:
                raise _unknown(operator)
            parts.append(f"{operator} {self.value(operand)}")
        return f"({' '.join(parts)})"

    def function(self, value: ir.FunctionCall) -> str:
        """A function."""
        if value.name == "COALESCE":
            return f"coalesce({', '.join(self.value(a) for a in value.arguments)})"
        if value.name in self.GEOMETRIC:
            return self.geometric(value)
        template = TEMPLATES.get(value.name, {}).get(len(value.arguments))
        if template is None:
            raise _unknown(value.name)
        return template.format(*(self.value(a) for a in value.arguments))

    def aggregate(self, value: ir.Aggregate) -> str:
        """An aggregate, in the type that the result promises."""
        name = _AGGREGATES.get(value.name)
        if name is None:
            raise _unknown(value.name)
        argument = "*" if value.argument is None else self.value(value.argument)
        argument = ", ".join([argument, *(self.value(option) for option in value.options)])
        sql = f"{name}({'DISTINCT ' if value.distinct else ''}{argument})"
        return f"{sql}::{SQL_TYPES[value.type]}" if value.name in ("SUM", "AVG") else sql

    def convert(self, value: ir.Convert) -> str:
        """A value in another type."""
        if value.type in GEOMETRIES and value.type is not Type.REGION:
            return self.geometry_from_text(value)
        operand = value.operand
        if value.type is Type.CHAR and operand.type is Type.TIMESTAMP:
            sql = self.encoded(operand)
        elif value.type is Type.CHAR and operand.type in GEOMETRIES:
            sql = self.geometry_text(operand)
        elif value.type is Type.TIMESTAMP and not isinstance(operand, ir.Constant) and operand.type is not Type.NULL:
            sql = f"adql.timestamp_of({self.value(operand)})"
        elif value.type in NUMBERS and operand.type is Type.BOOLEAN:
            sql = f"{self.value(operand)}::int4::{SQL_TYPES[value.type]}"
        elif value.type in NUMBERS[:3] and operand.type in NUMBERS[3:]:
            sql = f"trunc({self.value(operand)})::{SQL_TYPES[value.type]}"
        else:
            sql = f"({self.value(operand)})::{SQL_TYPES[value.type]}"
        return sql if value.length is None else f"left({sql}, {self.bind(min(value.length, 2**31 - 1), 'int4')})"

    def scalar(self, value: ir.Scalar) -> str:
        """A query as a value."""
        return f"({self.query(value.query)})"

    def flag(self, value: ir.Flag) -> str:
        """A condition as 1 or 0."""
        return f"({self.condition(value.condition)})::int4"

    def constant_shape(self, value: ir.Shape) -> str:
        """A region that is known."""
        region = value.region
        if value.type is Type.REGION or not isinstance(region, Circle | Polygon):
            return self.bind(region.to_stcs(), "text")
        return self.native(value)

    # ----------------------------------------------------------------------------------------------------- conditions
    def condition(self, condition: ir.Condition) -> str:
        """A condition; it stands in parentheses where anything could bind tighter."""
        method = _CONDITIONS.get(type(condition))
        if method is None:
            raise _unknown(condition)
        return method(self, condition)

    def comparison(self, c: ir.Comparison) -> str:
        """A comparison."""
        if c.operator not in _OPERATORS:
            raise _unknown(c.operator)
        return f"({self.value(c.left)} {c.operator} {self.value(c.right)})"

    def between(self, c: ir.Between) -> str:
        """BETWEEN."""
        word = "NOT BETWEEN" if c.negated else "BETWEEN"
        sql = f"({self.value(c.operand)} {word} {self.value(c.low)} AND {self.value(c.high)})"
        implied = [self._overlap(*limits) for limits in overlaps((c,), self._intervals)]
        return f"({' AND '.join([sql, *implied])})"

    def member(self, c: ir.Member) -> str:
        """IN with a list."""
        kinds = {(type(v), v.type) for v in c.values}
        if len(c.values) > _LONG_LIST and len(kinds) == 1 and isinstance(c.values[0], ir.Constant):
            array = self.bind([v.value for v in c.values], f"{SQL_TYPES[c.values[0].type]}[]")  # type: ignore[union-attr]
            return f"({self.value(c.operand)} {'<> ALL' if c.negated else '= ANY'} ({array}))"
        values = ", ".join(self.value(v) for v in c.values)
        return f"({self.value(c.operand)} {'NOT IN' if c.negated else 'IN'} ({values}))"

    def member_of(self, c: ir.MemberOf) -> str:
        """IN with a query."""
        return f"({self.value(c.operand)} {'NOT IN' if c.negated else 'IN'} ({self.query(c.query)}))"

    def match(self, c: ir.Match) -> str:
        """LIKE; a backslash means itself (ADQL 2.1, section 2.2.5)."""
        operand, negation = self.value(c.operand), "NOT " if c.negated else ""
        if c.caseless:
            return f"({negation}adql.matches({operand}, {self.value(c.pattern)}))"
        return f"({operand} {negation}LIKE {self.value(c.pattern)} ESCAPE '')"

    def is_null(self, c: ir.IsNull) -> str:
        """IS NULL."""
        return f"({self.value(c.operand)} IS {'NOT ' if c.negated else ''}NULL)"

    def exists(self, c: ir.Exists) -> str:
        """EXISTS."""
        return f"EXISTS ({self.query(c.query)})"

    def negation(self, c: ir.Not) -> str:
        """NOT."""
        return f"(NOT {self.condition(c.operand)})"

    def junction(self, c: ir.Junction) -> str:
        """AND and OR."""
        if c.operator not in ("AND", "OR"):
            raise _unknown(c.operator)
        items = [self.condition(item) for item in c.items]
        if c.operator == "AND":
            items += [self._overlap(*limits) for limits in overlaps(c.items, self._intervals)]
        return "(" + f" {c.operator} ".join(items) + ")"

    def _overlap(self, low: ir.ColumnRef, high: ir.ColumnRef, start: ir.Value, end: ir.Value) -> str:
        columns = f"{self.column(low)}, {self.column(high)}"
        limits = f"{self.value(start)}::float8, {self.value(end)}::float8"
        return f"adql.overlaps(adql.interval({columns}), adql.interval({limits}))"


def _never(relation: ir.Relation) -> str:
    """What is false in each row of a relation, and nothing that the planner could know.

    PostgreSQL wants an equality of both sides in the condition of a FULL JOIN; beside one, any condition is fine.
    """
    while isinstance(relation, ir.Join):
        relation = relation.left
    return f"(num_nulls({relation.alias}) < 0)"


def _unknown(node: object) -> Exception:
    """Something that the resolver makes and this module does not know: never guessed at."""
    return AdqlError(f"{type(node).__name__} cannot be written in SQL")


_VALUES: dict[type, Callable[[Writer, Any], str]] = {
    ir.Constant: Writer.constant,
    ir.Shape: Writer.constant_shape,
    ir.ColumnRef: Writer.column,
    ir.Negative: Writer.negative,
    ir.Chain: Writer.chain,
    ir.FunctionCall: Writer.function,
    ir.Aggregate: Writer.aggregate,
    ir.Convert: Writer.convert,
    ir.Scalar: Writer.scalar,
    ir.Flag: Writer.flag,
}
_CONDITIONS: dict[type, Callable[[Writer, Any], str]] = {
    ir.Comparison: Writer.comparison,
    ir.Between: Writer.between,
    ir.Member: Writer.member,
    ir.MemberOf: Writer.member_of,
    ir.Match: Writer.match,
    ir.IsNull: Writer.is_null,
    ir.Exists: Writer.exists,
    ir.Not: Writer.negation,
    ir.Junction: Writer.junction,
    ir.Within: Writer.within,
    ir.Overlap: Writer.overlap,
    ir.Near: Writer.near,
}
