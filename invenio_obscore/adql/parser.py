"""Parser of queries (ADQL 2.1, appendix A): recursive descent, every token read once."""

from __future__ import annotations

from .expressions import ExpressionParser
from .nodes import (
    Body,
    DerivedTable,
    Expression,
    Identifier,
    Item,
    Joined,
    JoinStep,
    Parsed,
    Query,
    Select,
    SetChain,
    SortKey,
    Star,
    TableName,
    TableReference,
)
from .source import Source

_JOIN_WORDS = ("NATURAL", "INNER", "LEFT", "RIGHT", "FULL", "JOIN")


def parse(text: str) -> Parsed:
    """Read an ADQL 2.1 query.

    Raises
    ------
    AdqlSyntaxError
        With line, column, what was found and what was expected.
    """
    source = Source(text)
    return Parsed(QueryParser(source).main_query(), source)


class QueryParser(ExpressionParser):
    """The part of the parser that reads queries and tables."""

    def main_query(self) -> Query:
        """Read the whole text as one query."""
        common = self._common_tables() if self.accept_keyword("WITH") else ()
        if not self.at_keyword("SELECT") and not self.at_operator("("):
            raise self.unexpected("SELECT") if common else self.unexpected("SELECT", "WITH")
        query = self.query()
        if self.token.kind != "end":
            raise self.unexpected(*self._continuations(query))
        return Query(query.body, query.at, query.order_by, query.offset, common)

    def _continuations(self, query: Query) -> tuple[str, ...]:
        if query.offset is not None:
            return ("the end of the query",)
        if query.order_by:
            return (",", "ASC", "DESC", "OFFSET", "the end of the query")
        body = query.body
        if not isinstance(body, Select) or body.having is not None:
            return ("ORDER BY", "OFFSET", "the end of the query")
        if body.group_by:
            return (",", "HAVING", "ORDER BY", "the end of the query")
        if body.where is not None:
            return ("AND", "OR", "GROUP BY", "HAVING", "ORDER BY", "the end of the query")
        return ("WHERE", "JOIN", ",", "GROUP BY", "HAVING", "ORDER BY", "the end of the query")

    def _common_tables(self) -> tuple[tuple[Identifier, Query], ...]:
        tables: list[tuple[Identifier, Query]] = []
        while True:
            name = self.identifier("a name of a common table")
            self.expect_keyword("AS")
            self.expect_operator("(")
            self.enter()
            tables.append((name, self._query_in_parentheses()))
            self.expect_operator(")")
            self.leave()
            if not self.accept_operator(","):
                return tuple(tables)

    # ---------------------------------------------------------------------------------------------------- query level
    def query(self) -> Query:
        """Read ``query_expression [ORDER BY …] [OFFSET n]``."""
        at = self.token.offset
        return self._finish(self._set_chain(self._term()), at)

    def continue_query(self, left: Query) -> Query:
        """See :meth:`.ExpressionParser.continue_query`."""
        return self._finish(self._set_chain(self._intersections(left)), left.at)

    def _finish(self, body: Body, at: int) -> Query:
        order_by = self._order_by()
        offset = self.unsigned_integer("a number of rows") if self.accept_keyword("OFFSET") else None
        if isinstance(body, Query) and not order_by and offset is None:
            return body
        return Query(body, at, order_by, offset)

    def _set_chain(self, first: Body) -> Body:
        rest: list[tuple[str, bool, Body]] = []
        while word := self.accept_keyword("UNION", "EXCEPT"):
            every = self.accept_keyword("ALL") is not None
            rest.append((word.text, every, self._term()))
        return SetChain(first, tuple(rest), first.at) if rest else first

    def _term(self) -> Body:
        return self._intersections(self._primary())

    def _intersections(self, first: Body) -> Body:
        rest: list[tuple[str, bool, Body]] = []
        while word := self.accept_keyword("INTERSECT"):
            every = self.accept_keyword("ALL") is not None
            rest.append((word.text, every, self._primary()))
        return SetChain(first, tuple(rest), first.at) if rest else first

    def _primary(self) -> Body:
        if not self.accept_operator("("):
            return self._select()
        self.enter()
        query = self._query_in_parentheses()
        self.expect_operator(")")
        self.leave()
        return query

    def _order_by(self) -> tuple[SortKey, ...]:
        if not self.accept_keyword("ORDER"):
            return ()
        self.expect_keyword("BY")
        keys = [self._sort_key()]
        while self.accept_operator(","):
            keys.append(self._sort_key())
        return tuple(keys)

    def _sort_key(self) -> SortKey:
        at = self.token.offset
        expression = self.value()
        direction = self.accept_keyword("ASC", "DESC")
        return SortKey(expression, direction is not None and direction.text == "DESC", at)

    # --------------------------------------------------------------------------------------------------------- SELECT
    def _select(self) -> Select:
        at = self.expect_keyword("SELECT").offset
        quantifier = self.accept_keyword("DISTINCT", "ALL")
        top = self.unsigned_integer("an unsigned integer") if self.accept_keyword("TOP") else None
        items = self._items()
        if not self.accept_keyword("FROM"):
            raise self.unexpected(",", "FROM")
        return Select(
            items,
            self._from(),
            at,
            distinct=quantifier is not None and quantifier.text == "DISTINCT",
            top=top,
            where=self.condition() if self.accept_keyword("WHERE") else None,
            group_by=self._group_by(),
            having=self.condition() if self.accept_keyword("HAVING") else None,
        )

    def _items(self) -> tuple[Item | Star, ...]:
        if self.at_operator("*"):
            return (Star((), self.advance().offset),)
        items = [self._item()]
        while self.accept_operator(","):
            items.append(self._item())
        return tuple(items)

    def _item(self) -> Item | Star:
        at = self.token.offset
        star = self._qualified_star()
        if star is not None:
            return star
        expression = self.value()
        alias = None
        if self.accept_keyword("AS") or self.at_identifier():
            alias = self.identifier("a name for the column")
        return Item(expression, alias, at)

    def _qualified_star(self) -> Star | None:
        """Read ``[[catalog.]schema.]table.*`` if that stands here."""
        steps = 0
        while self.ahead(steps).kind in ("identifier", "delimited") and self.ahead(steps + 1).text == ".":
            steps += 2
        if not steps or self.ahead(steps)[:2] != ("operator", "*"):
            return None
        at = self.token.offset
        qualifier = self.qualified_name("a table name", 3)
        self.advance()
        self.advance()
        return Star(qualifier, at)

    def _group_by(self) -> tuple[Expression, ...]:
        if not self.accept_keyword("GROUP"):
            return ()
        self.expect_keyword("BY")
        expressions = [self.value()]
        while self.accept_operator(","):
            expressions.append(self.value())
        return tuple(expressions)

    # ----------------------------------------------------------------------------------------------------------- FROM
    def _from(self) -> TableReference:
        at = self.token.offset
        first = self._joined()
        steps: list[JoinStep] = []
        while comma := self.accept_operator(","):
            steps.append(JoinStep("CROSS", self._joined(), False, None, (), comma.offset))
        return Joined(first, tuple(steps), at) if steps else first

    def _joined(self) -> TableReference:
        return self._joins(self._table())

    def _joins(self, first: TableReference) -> TableReference:
        steps: list[JoinStep] = []
        while self.at_keyword(*_JOIN_WORDS):
            steps.append(self._join_step())
        return Joined(first, tuple(steps), first.at) if steps else first

    def _join_step(self) -> JoinStep:
        at = self.token.offset
        natural = self.accept_keyword("NATURAL") is not None
        word = self.accept_keyword("INNER", "LEFT", "RIGHT", "FULL")
        kind = word.text if word else "INNER"
        if kind != "INNER":
            self.accept_keyword("OUTER")
        self.expect_keyword("JOIN")
        right = self._table()
        if natural:
            return JoinStep(kind, right, True, None, (), at)
        right = self._nested_joins(right)
        if self.accept_keyword("ON"):
            return JoinStep(kind, right, False, self.condition(), (), at)
        if self.accept_keyword("USING"):
            return JoinStep(kind, right, False, None, self._using(), at)
        raise self.unexpected("ON", "USING")

    def _nested_joins(self, right: TableReference) -> TableReference:
        """Read ``b JOIN c ON …`` that stands right of a JOIN: its own condition comes first (SQL92, section 7.5)."""
        if not self.at_keyword(*_JOIN_WORDS):
            return right
        self.enter()
        right = self._joins(right)
        self.leave()
        return right

    def _using(self) -> tuple[Identifier, ...]:
        self.expect_operator("(")
        names = [self.identifier("a column name")]
        while self.accept_operator(","):
            names.append(self.identifier("a column name"))
        self.expect_operator(")", ",")
        return tuple(names)

    def _table(self) -> TableReference:
        at = self.token.offset
        if self.at_operator("("):
            return self._named(self._table_in_parentheses(), at)
        parts = self.qualified_name("a table name", 3)
        return TableName(parts, self._alias(), at)

    def _alias(self) -> Identifier | None:
        if self.accept_keyword("AS") or self.at_identifier():
            return self.identifier("a name for the table")
        return None

    def _named(self, inner: Query | TableReference, at: int) -> TableReference:
        """Read the name behind parentheses: a query must have one, joined tables may."""
        alias = self._alias()
        if isinstance(inner, Query):
            if alias is None:
                raise self.unexpected("AS", "a name for the sub-query")
            return DerivedTable(inner, alias, at)
        return inner if alias is None else DerivedTable(_all_columns(inner, at), alias, at)

    def _table_in_parentheses(self) -> Query | TableReference:
        """Read ``(query)`` or ``(joined tables)``; which of the two shows behind the inner parentheses."""
        at = self.advance().offset
        self.enter()
        inner: Query | TableReference
        if self._at_query():
            inner = self._query_in_parentheses()
        elif self.at_operator("("):
            inner = self._table_in_parentheses()
            if isinstance(inner, Query) and (self._at_set_operator() or self.at_operator(")")):
                inner = self.continue_query(inner)
            else:
                inner = self._joins(self._named(inner, at))
        else:
            inner = self._joined()
            if not isinstance(inner, Joined):
                raise self.unexpected("JOIN")
        self.expect_operator(")")
        self.leave()
        return inner


def _all_columns(joined: TableReference, at: int) -> Query:
    """Joined tables in parentheses with a name of their own: a derived table (ADQL 2.1, <query_expression>)."""
    return Query(Select((Star((), at),), joined, at), at)
