"""What queries mean: tables, joins, select lists, groups, orders (ADQL 2.1, section 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .. import nodes
from .. import resolved as ir
from ..schema import Column, Schema, Table
from ..source import Source, shown
from ..types import ARRAYS, GEOMETRIES, Type, common_type, field_of
from .extensions import Extensions
from .grouping import by_text, check_groups, has_aggregate
from .joins import joined_scope
from .naming import output_field, result_names, unique_names
from .retyping import as_types
from .scope import RangeVariable, Scope, ScopeColumn, written

#: Most columns of a result: PostgreSQL takes 1664.
MAX_COLUMNS = 1600
#: Most names of objects in a statement.
MAX_LOOKUPS = 8

Position = tuple[float, float]

_UNORDERED = (*(t for t in GEOMETRIES if t is not Type.REGION), Type.OPAQUE, Type.INTERVAL, Type.INTEGERS)


@dataclass(frozen=True)
class Resolved:
    """A query that has been understood, and its text."""

    query: ir.Query
    source: Source


def resolve(parsed: nodes.Parsed, schema: Schema) -> Resolved:
    """Find out what a query means.

    Raises
    ------
    AdqlNameError
        A table, column or function is not published; the nearest names are suggested.
    AdqlTypeError
        Values do not fit their operators or functions.
    """
    resolver = QueryResolver(parsed.source, schema)
    return Resolved(resolver.main(parsed.query), parsed.source)


@dataclass(frozen=True)
class CommonName:
    """A query of WITH: its name for users, its name in SQL."""

    identifier: nodes.Identifier
    sql_name: str
    query: ir.Query


class QueryResolver:
    """Resolves the queries of one statement; counts aliases over all of them, so that none hides another."""

    def __init__(self, source: Source, schema: Schema) -> None:
        self.source = source
        self.schema = schema
        self._aliases = 0
        self._located: dict[str, Position | None] = {}
        self._common: list[CommonName] = []

    def main(self, node: nodes.Query) -> ir.Query:
        """Resolve the main query."""
        for identifier, common in node.common_tables:
            if any(c.identifier.same_as(identifier) for c in self._common):
                raise self.source.name_error(
                    identifier.at, f"the name {identifier.text} stands twice in WITH", identifier.text
                )
            resolved = self.query(common, None)
            self._common.append(CommonName(identifier, f"w{len(self._common) + 1}", resolved))
        query = _with_unique_names(self.query(node, None))
        return replace(query, common_tables=tuple((c.sql_name, c.query) for c in self._common))

    def located(self, name: str, locate: Callable[[str], Position | None]) -> Position | None:
        """Look up a name, each once in a statement and not too many: somebody waits, and somebody is asked."""
        if name not in self._located:
            if len(self._located) == MAX_LOOKUPS:
                raise LookupError(f"a query may look up {MAX_LOOKUPS} names of objects")
            self._located[name] = locate(name)
        return self._located[name]

    def query(self, node: nodes.Query, parent: Scope | None) -> ir.Query:
        """Resolve a query inside the scope around it."""
        if isinstance(node.body, nodes.Select):
            return SelectResolver(self, node, node.body, parent).resolve()
        if not all(_is_result_column(key.expression) for key in node.order_by):
            return self._ordered_by_values(node, parent)
        body = self._body(node.body, parent)
        order_by = tuple(self._output_key(key, body.outputs) for key in node.order_by)
        return ir.Query(body, order_by, node.offset)

    def _ordered_by_values(self, node: nodes.Query, parent: Scope | None) -> ir.Query:
        """A combination in an order of expressions: PostgreSQL sorts by those of a table's columns only."""
        # Nobody can write an empty name, so that none of the query's own hides behind it.
        table = nodes.DerivedTable(nodes.Query(node.body, node.at), nodes.Identifier("", True, node.at), node.at)
        select = nodes.Select((nodes.Star((), node.at),), table, node.at)
        return self.query(replace(node, body=select, common_tables=()), parent)

    def _body(self, node: nodes.Body, parent: Scope | None) -> ir.Body:
        if isinstance(node, nodes.SetChain):
            return self._combination(node, parent)
        query = self.query(node if isinstance(node, nodes.Query) else nodes.Query(node, node.at), parent)
        return query.body if not query.order_by and query.offset is None else query

    def _combination(self, node: nodes.SetChain, parent: Scope | None) -> ir.Combination:
        first = self._body(node.first, parent)
        rest: list[tuple[str, bool, ir.Body]] = []
        types = [[o.type] for o in first.outputs]
        bodies = [first]
        for operator, every, operand in node.rest:
            body = self._body(operand, parent)
            self._check_operand(operator, every, first, body, operand.at)
            for column, output in zip(types, body.outputs):
                column.append(output.type)
            rest.append((operator, every, body))
            bodies.append(body)
        common = [self._common_column(node, n, column) for n, column in enumerate(types)]
        outputs = tuple(
            o if o.type is t else replace(o, value=ir.Convert(o.value, t), field=field_of(t, o.name, like=o.field))
            for o, t in zip(first.outputs, common)
        )
        outputs = tuple(
            replace(o, field=replace(o.field, datatype="unicodeChar"))
            if o.type is Type.CHAR and any(b.outputs[n].field.datatype == "unicodeChar" for b in bodies)
            else o
            for n, o in enumerate(outputs)
        )
        return ir.Combination(as_types(first, common), tuple((o, e, as_types(b, common)) for o, e, b in rest), outputs)

    def _check_operand(self, operator: str, every: bool, first: ir.Body, body: ir.Body, at: int) -> None:
        if len(body.outputs) != len(first.outputs):
            raise self.source.type_error(
                at, f"{operator} joins {len(first.outputs)} columns with {len(body.outputs)}: they must be as many"
            )
        if every and operator == "UNION":
            return
        for output in (*first.outputs, *body.outputs):
            if output.type in _UNORDERED:
                raise self.source.type_error(at, f"{operator} cannot compare {output.type.value}", "UNION ALL can")

    def _common_column(self, node: nodes.SetChain, number: int, types: list[Type]) -> Type:
        common = common_type(types)
        if common is None:
            kinds = " with ".join(dict.fromkeys(t.value for t in types))
            raise self.source.type_error(node.rest[0][2].at, f"column {number + 1} would join {kinds}")
        return common

    def _output_key(self, key: nodes.SortKey, outputs: tuple[ir.Output, ...]) -> ir.SortKey:
        """A sort key of a combination that is the name or number of a column."""
        number = self.output_number(key.expression, outputs)
        if number is None:
            name = key.expression.parts[0].text if isinstance(key.expression, nodes.ColumnName) else ""
            known = [output.name for output in outputs]
            raise self.source.name_error(key.at, f"the result has no column {shown(name)}", name, known)
        return self.sort_key(number, outputs[number - 1].type, key)

    def output_number(self, node: nodes.Expression, outputs: tuple[ir.Output, ...]) -> int | None:
        """The column of the result (from 1) that a sort key names or counts; None when it does neither.

        Raises
        ------
        AdqlNameError
            The name is that of several columns, or the number of none.
        """
        if isinstance(node, nodes.Literal) and isinstance(node.value, int):
            if not 1 <= node.value <= len(outputs):
                message = f"there is no column {node.value}: the result has {len(outputs)}"
                raise self.source.name_error(node.at, message, str(node.value))
            return node.value
        if not isinstance(node, nodes.ColumnName) or len(node.parts) != 1:
            return None
        found = [n for n, o in enumerate(outputs, 1) if node.parts[0].matches(o.name)]
        if len(found) > 1 and any(outputs[n - 1].value != outputs[found[0] - 1].value for n in found):
            raise self.source.name_error(node.at, f"the column {node.parts[0].text} is ambiguous", node.parts[0].text)
        return found[0] if found else None

    def sort_key(self, value: ir.Value | int, type_: Type, key: nodes.SortKey) -> ir.SortKey:
        """A sort key, if its values have an order."""
        if type_ in _UNORDERED:
            raise self.source.type_error(key.at, f"{type_.value} has no order")
        return ir.SortKey(value, key.descending)

    # --------------------------------------------------------------------------------------------------------- tables
    def next_alias(self) -> str:
        """A name for a relation that no other one of the statement has."""
        self._aliases += 1
        return f"t{self._aliases}"

    def table(self, node: nodes.TableName) -> tuple[ir.Relation, RangeVariable]:
        """A published table or one of WITH."""
        alias = self.next_alias()
        if len(node.parts) == 1:
            for common in self._common:
                if common.identifier.same_as(node.parts[0]):
                    name = node.alias or common.identifier
                    columns = derived_columns(common.query, alias)
                    return ir.CommonTable(alias, common.sql_name), RangeVariable((name.text,), columns, True, node.at)
        table = self._published(node)
        stored = _stored if table.source is None else _uploaded
        columns = tuple(ScopeColumn(c.name, stored(alias, c)) for c in table.columns)
        names = (node.alias.text,) if node.alias else tuple(table.name.split("."))
        variable = RangeVariable(names, columns, node.alias is not None, node.at)
        if table.source is not None:
            types = tuple((c.sql_name, Type.OPAQUE if c.type in ARRAYS else c.type) for c in table.columns)
            return ir.UploadedTable(alias, table.source, types), variable
        return ir.StoredTable(alias, table.sql_name, table.intervals), variable

    def _published(self, node: nodes.TableName) -> Table:
        found = [t for t in self.schema.named(node.parts[-1].text) if _is_named(t, node.parts)]
        if len(found) == 1:
            return found[0]
        name = written(node.parts)
        if found:
            raise self.source.name_error(node.at, f"the table {shown(name)} is ambiguous: name its schema", name)
        known = [t.name for t in self.schema] + [c.identifier.text for c in self._common]
        raise self.source.name_error(node.at, f"there is no table {shown(name)}", name, known)


class SelectResolver:
    """Resolves one SELECT together with the ORDER BY that belongs to it."""

    def __init__(self, queries: QueryResolver, query: nodes.Query, select: nodes.Select, parent: Scope | None) -> None:
        self.queries = queries
        self.source = queries.source
        self.node = query
        self.select = select
        self.parent = parent
        self.scope = Scope()

    def resolve(self) -> ir.Query:
        """Resolve in the order in which the clauses take effect."""
        node = self.select
        relation, self.scope = self._tables(node.source)
        where = self._condition(node.where, "in WHERE") if node.where is not None else None
        outputs = self._outputs()
        group_by = tuple(self._group(g, outputs) for g in node.group_by)
        having = self._condition(node.having, "") if node.having is not None else None
        order_by = tuple(self._sort_key(key, outputs) for key in self.node.order_by)
        self._check(outputs, group_by, having, order_by)
        if any(isinstance(g, ir.ColumnRef) and g.shape for g in group_by):
            outputs, having, order_by = by_text((outputs, having, order_by), group_by)
        select = ir.Select(outputs, relation, where, group_by, having, node.distinct, node.top)
        return ir.Query(select, order_by, self.node.offset)

    def _check(
        self,
        outputs: tuple[ir.Output, ...],
        group_by: tuple[ir.Value, ...],
        having: ir.Condition | None,
        order_by: tuple[ir.SortKey, ...],
    ) -> None:
        ordered = [k.value for k in order_by if not isinstance(k.value, int)]
        values = [(o.value, item.at) for o, item in zip(outputs, self._items_of(outputs))]
        if group_by or having is not None or any(has_aggregate(v) for v in [*(o.value for o in outputs), *ordered]):
            checked = [*values, *((v, k.at) for v, k in zip(ordered, self.node.order_by))]
            if having is not None and self.select.having is not None:
                checked.append((having, self.select.having.at))  # type: ignore[arg-type]
            check_groups(self.source, checked, group_by, _aliases(self.scope.ranges))
        if self.select.distinct:
            self._check_distinct(outputs, ordered)

    def _check_distinct(self, outputs: tuple[ir.Output, ...], ordered: list[ir.Value]) -> None:
        for output, item in zip(outputs, self._items_of(outputs)):
            if output.type in _UNORDERED:
                raise self.source.type_error(item.at, f"DISTINCT cannot compare {output.type.value}")
        if any(all(o.value != v for o in outputs) for v in ordered):
            raise self.source.type_error(
                self.node.order_by[0].at, "with DISTINCT, ORDER BY takes only what stands in the select list"
            )

    def _items_of(self, outputs: tuple[ir.Output, ...]) -> list[nodes.Item | nodes.Star]:
        """The item of the select list that each output came from."""
        items: list[nodes.Item | nodes.Star] = []
        for item in self.select.items:
            items += [item] * (len(self._star(item)) if isinstance(item, nodes.Star) else 1)
        return items[: len(outputs)]

    # --------------------------------------------------------------------------------------------------------- values
    def _values(self, no_aggregate: str, scope: Scope | None = None) -> ScopedValues:
        return ScopedValues(self.queries, scope or self.scope, no_aggregate)

    def _condition(self, node: nodes.Expression, no_aggregate: str, scope: Scope | None = None) -> ir.Condition:
        return self._values(no_aggregate, scope).condition(node)

    def _outputs(self) -> tuple[ir.Output, ...]:
        values = self._values("")
        found: list[tuple[ir.Value, str, nodes.Identifier | None]] = []
        for item in self.select.items:
            if isinstance(item, nodes.Star):
                found += [(c.value, c.name, None) for c in self._star(item)]
            else:
                name = item.expression.parts[-1].text if isinstance(item.expression, nodes.ColumnName) else ""
                found.append((values.value(item.expression), name, item.alias))
            if len(found) > MAX_COLUMNS:
                raise self.source.type_error(item.at, f"more than {MAX_COLUMNS} columns")
        names = result_names(found)
        return tuple(ir.Output(n, value, output_field(value, n)) for n, (value, _, _) in zip(names, found))

    def _star(self, star: nodes.Star) -> tuple[ScopeColumn, ...]:
        if not star.qualifier:
            return self.scope.columns
        ranges = self.scope.find_ranges(star.qualifier)
        if len(ranges) != 1:
            self.scope.unknown_range(star.qualifier, self.source)
        return ranges[0].columns

    def _group(self, node: nodes.Expression, outputs: tuple[ir.Output, ...]) -> ir.Value:
        """A column or expression of FROM, or failing that an alias of the select list."""
        if isinstance(node, nodes.ColumnName) and len(node.parts) == 1 and not self.scope.find(node.parts[0]):
            for output in outputs:
                if node.parts[0].matches(output.name) and not has_aggregate(output.value):
                    return self._groupable(output.value, node.at)
        return self._groupable(self._values("in GROUP BY").value(node), node.at)

    def _groupable(self, value: ir.Value, at: int) -> ir.Value:
        if value.type in _UNORDERED or isinstance(value, ir.Constant):
            what = "a constant" if isinstance(value, ir.Constant) else value.type.value
            raise self.source.type_error(at, f"GROUP BY cannot make groups of {what}")
        return value

    def _sort_key(self, key: nodes.SortKey, outputs: tuple[ir.Output, ...]) -> ir.SortKey:
        number = self.queries.output_number(key.expression, outputs)
        if number is not None:
            return self.queries.sort_key(number, outputs[number - 1].type, key)
        value = self._values("").value(key.expression)
        for number, output in enumerate(outputs, 1):
            if output.value == value:
                return self.queries.sort_key(number, value.type, key)
        return self.queries.sort_key(value, value.type, key)

    # --------------------------------------------------------------------------------------------------------- tables
    def _tables(self, node: nodes.TableReference) -> tuple[ir.Relation, Scope]:
        relation, scope = self._reference(node)
        seen: list[RangeVariable] = []
        for variable in scope.ranges:
            if any(_same_range(variable, other) for other in seen):
                name = variable.names[-1]
                raise self.source.name_error(
                    variable.at, f"the name {name} stands twice in FROM: give one an alias", name
                )
            seen.append(variable)
        return relation, scope

    def _reference(self, node: nodes.TableReference) -> tuple[ir.Relation, Scope]:
        if isinstance(node, nodes.Joined):
            return self._joined(node)
        relation: ir.Relation
        if isinstance(node, nodes.DerivedTable):
            query = self.queries.query(node.query, self.parent)
            alias = self.queries.next_alias()
            relation = ir.DerivedTable(alias, query)
            variable = RangeVariable((node.alias.text,), derived_columns(query, alias), True, node.at)
        else:
            relation, variable = self.queries.table(node)
        return relation, Scope((variable,), variable.columns, self.parent)

    def _joined(self, node: nodes.Joined) -> tuple[ir.Relation, Scope]:
        relation, scope = self._reference(node.first)
        for step in node.steps:
            right, right_scope = self._reference(step.right)
            scope, merged = joined_scope(self.source, step, scope, right_scope)
            condition = merged
            if step.condition is not None:
                condition = self._condition(step.condition, "in ON", scope)
            kind = "CROSS" if condition is None and step.kind == "INNER" else step.kind
            relation = ir.Join(kind, relation, right, condition)
        return relation, scope


class ScopedValues(Extensions):
    """Values and conditions in one scope of a statement."""

    def __init__(self, queries: QueryResolver, scope: Scope, no_aggregate: str) -> None:
        self.queries = queries
        self.source = queries.source
        self.scope = scope
        self.no_aggregate = no_aggregate

    def locate(self, name: str) -> tuple[float, float] | None:
        """See :meth:`.Extensions.locate`."""
        if self.queries.schema.locate is None:
            raise LookupError("this service looks up no names of objects")
        return self.queries.located(name, self.queries.schema.locate)

    def subquery(self, node: nodes.Query) -> ir.Query:
        """Resolve a query that may use this scope's columns."""
        return self.queries.query(node, self.scope)


def _is_result_column(node: nodes.Expression) -> bool:
    """Whether a sort key can only be the name or number of a column of the result."""
    if isinstance(node, nodes.ColumnName):
        return len(node.parts) == 1
    return isinstance(node, nodes.Literal) and isinstance(node.value, int)


def _with_unique_names(query: ir.Query) -> ir.Query:
    """The main query, whose columns are those of the result (TAP 1.1, section 2.7.5): no name stands twice."""
    names = unique_names([o.name for o in query.outputs])
    return replace(query, body=_renamed(query.body, names))


def _renamed(body: ir.Body, names: list[str]) -> ir.Body:
    if isinstance(body, ir.Query):
        return replace(body, body=_renamed(body.body, names))
    outputs = tuple(
        o if o.name == name else replace(o, name=name, field=replace(o.field, name=name))
        for o, name in zip(body.outputs, names)
    )
    return replace(body, outputs=outputs)


def derived_columns(query: ir.Query, alias: str) -> tuple[ScopeColumn, ...]:
    """Columns that a query offers as a table."""
    columns: list[ScopeColumn] = []
    for number, output in enumerate(query.outputs, 1):
        has_shape = query.carries_shapes and isinstance(output.value, ir.ColumnRef) and output.value.shape
        shape = f"c{number}_shape" if has_shape else ""
        columns.append(ScopeColumn(output.name, ir.ColumnRef(alias, f"c{number}", output.type, output.field, shape)))
    return tuple(columns)


def _stored(alias: str, column: Column) -> ir.ColumnRef:
    return ir.ColumnRef(alias, column.sql_name, column.type, column.field, column.shape)


def _uploaded(alias: str, column: Column) -> ir.Value:
    """A column of an upload: arrays come as text, of which a geometry is made where one is wanted."""
    if column.type not in ARRAYS:
        return _stored(alias, column)
    return ir.Convert(ir.ColumnRef(alias, column.sql_name, Type.OPAQUE, column.field), column.type)


def _is_named(table: Table, parts: nodes.Name) -> bool:
    names = table.name.split(".")
    return len(parts) <= len(names) and all(p.matches(n) for p, n in zip(reversed(parts), reversed(names)))


def _same_range(one: RangeVariable, other: RangeVariable) -> bool:
    if one.is_alias != other.is_alias:
        return False
    return [n.lower() for n in one.names] == [n.lower() for n in other.names]


def _aliases(ranges: tuple[RangeVariable, ...]) -> frozenset[str]:
    """Aliases in SQL of the relations of a FROM clause."""
    values = (c.value for r in ranges for c in r.columns)
    return frozenset(v.relation for v in values if isinstance(v, ir.ColumnRef))


__all__ = ["Resolved", "resolve"]
