"""Parser of values and conditions (ADQL 2.1, appendix A), by precedence.

Values and conditions share one routine, so that an opening parenthesis is never read twice; what came out is then
checked: a condition where a value must stand, or the reverse, is an error at the place where it goes wrong.

From the loosest: OR, AND, NOT, comparisons and predicates, ``||``, ``+ -``, ``* /``, sign.
"""

from __future__ import annotations

from abc import abstractmethod

from .cursor import Cursor
from .nodes import (
    Between,
    Call,
    Cast,
    Chain,
    ColumnName,
    Comparison,
    Condition,
    Exists,
    Expression,
    InList,
    InQuery,
    IsNull,
    Junction,
    Like,
    Literal,
    Not,
    Query,
    ScalarQuery,
    Sign,
)
from .words import AGGREGATE_WORDS, FUNCTION_WORDS

OR, AND, NOT, PREDICATE, CONCATENATION, SUM, PRODUCT, SIGN = range(8)

_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_CHAINS = {"||": CONCATENATION, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}
_PREDICATE_WORDS = ("BETWEEN", "IN", "LIKE", "ILIKE", "IS", "NOT")
_TARGETS = ("SMALLINT", "INTEGER", "BIGINT", "REAL", "CHAR", "VARCHAR", "TIMESTAMP", "POINT", "CIRCLE", "POLYGON")
_LITERALS = frozenset({"integer", "decimal", "string"})
_ENDS = frozenset({("operator", ","), ("operator", ")")})
_A_VALUE = ("a value",)
_A_COMPARISON = ("=", "<>", "<", ">", "<=", ">=", "BETWEEN", "IN", "LIKE", "IS")


class ExpressionParser(Cursor):
    """The part of the parser that reads values and conditions."""

    @abstractmethod
    def query(self) -> Query:
        """Read a query expression with its ORDER BY and OFFSET."""

    @abstractmethod
    def continue_query(self, left: Query) -> Query:
        """Read on behind a query in parentheses that turned out to be an operand of a set operator."""

    def value(self) -> Expression:
        """Read a value."""
        if self.token.kind in _LITERALS and self.ahead()[:2] in _ENDS:
            return self._literal()  # the short way for long lists
        start = self.token.offset
        expression = self.expression(CONCATENATION)
        if isinstance(expression, Condition):
            raise self.source.syntax_error(start, "a condition", _A_VALUE)
        return expression

    def condition(self) -> Expression:
        """Read a search condition."""
        return self._as_condition(self.expression(OR))

    def expression(self, floor: int) -> Expression:
        """Read operands joined by operators that bind at least as tightly as ``floor``."""
        left = self._prefix()
        while True:
            token = self.token
            power = _CHAINS.get(token.text) if token.kind == "operator" else None
            if power is not None and power >= floor:
                left = self._chain(self._as_value(left), power)
            elif floor <= PREDICATE and self._at_predicate():
                left = self._predicate(self._as_value(left))
            elif floor <= AND and self.at_keyword("AND"):
                left = self._junction(left, "AND", NOT)
            elif floor <= OR and self.at_keyword("OR"):
                left = self._junction(left, "OR", AND)
            else:
                return left

    def _as_value(self, expression: Expression) -> Expression:
        if isinstance(expression, Condition):
            raise self.unexpected("AND", "OR")
        return expression

    def _as_condition(self, expression: Expression) -> Expression:
        if not isinstance(expression, Condition):
            raise self.unexpected(*_A_COMPARISON)
        return expression

    # ------------------------------------------------------------------------------------------------------ operators
    def _chain(self, first: Expression, power: int) -> Chain:
        rest: list[tuple[str, Expression, int]] = []
        while self.token.kind == "operator" and _CHAINS.get(self.token.text) == power:
            operator = self.advance()
            rest.append((operator.text, self._operand(power + 1), operator.offset))
        return Chain(first, tuple(rest), first.at)

    def _operand(self, floor: int) -> Expression:
        start = self.token.offset
        operand = self.expression(floor)
        if isinstance(operand, Condition):
            raise self.source.syntax_error(start, "a condition", _A_VALUE)
        return operand

    def _junction(self, first: Expression, word: str, floor: int) -> Junction:
        items = [self._as_condition(first)]
        while self.accept_keyword(word):
            items.append(self._as_condition(self.expression(floor)))
        return Junction(word, tuple(items), first.at)

    def _at_predicate(self) -> bool:
        token = self.token
        if token.kind == "operator":
            return token.text in _COMPARISONS
        return token.kind == "keyword" and token.text in _PREDICATE_WORDS

    def _predicate(self, left: Expression) -> Expression:
        at = self.token.offset
        if self.token.kind == "operator":
            operator = _COMPARISONS[self.advance().text]
            return Comparison(operator, left, self._operand(CONCATENATION), at)
        if self.accept_keyword("IS"):
            negated = self.accept_keyword("NOT") is not None
            self.expect_keyword("NULL")
            return IsNull(left, negated, at)
        negated = self.accept_keyword("NOT") is not None
        if self.accept_keyword("BETWEEN"):
            low = self._operand(CONCATENATION)
            self.expect_keyword("AND")
            return Between(left, low, self._operand(CONCATENATION), negated, at)
        if word := self.accept_keyword("LIKE", "ILIKE"):
            return Like(left, self._operand(CONCATENATION), negated, word.text == "ILIKE", at)
        if self.accept_keyword("IN"):
            return self._in(left, negated, at)
        raise self.unexpected("BETWEEN", "IN", "LIKE", "ILIKE")

    def _in(self, left: Expression, negated: bool, at: int) -> Expression:
        self.expect_operator("(")
        self.enter()
        if self._at_query():
            first: Expression = ScalarQuery(self._query_in_parentheses(), at)
        else:
            first = self._continued(self.value(), at)
        if isinstance(first, ScalarQuery) and self.at_operator(")"):
            result: Expression = InQuery(left, first.query, negated, at)
        else:
            values = [first]
            while self.accept_operator(","):
                values.append(self.value())
            result = InList(left, tuple(values), negated, at)
        self.expect_operator(")", ",")
        self.leave()
        return result

    # ------------------------------------------------------------------------------------------------------- operands
    def _prefix(self) -> Expression:
        token = self.token
        if token.kind in ("identifier", "delimited"):
            return self._name()
        if token.kind in ("integer", "decimal", "string"):
            return self._literal()
        if token.kind == "operator":
            return self._sign_or_group()
        if token.kind == "keyword":
            return self._keyword()
        raise self.unexpected(*_A_VALUE)

    def _literal(self) -> Literal:
        token = self.advance()
        if token.kind == "string":
            return Literal(token.text, token.offset)
        if token.kind == "integer" and len(token.text) <= 25 and int(token.text) < 2**63:
            return Literal(int(token.text), token.offset)
        number = float(token.text)
        if number in (float("inf"),):
            raise self.source.syntax_error(token.offset, str(token), ("a number in the range of DOUBLE PRECISION",))
        return Literal(number, token.offset)

    def _name(self) -> Expression:
        at = self.token.offset
        if self.token.kind == "identifier" and self.ahead()[:2] == ("operator", "("):
            return self._call(self.advance().text, at)
        parts = self.qualified_name("a column name", 4)
        return ColumnName(parts, at)

    def _sign_or_group(self) -> Expression:
        at = self.token.offset
        if self.at_operator("("):
            return self._group()
        negative = False
        signed = False
        while sign := self.accept_operator("+", "-"):
            negative ^= sign.text == "-"
            signed = True
        if not signed:
            raise self.unexpected(*_A_VALUE)
        operand = self._as_value(self._prefix())
        if negative and isinstance(operand, Literal) and isinstance(operand.value, (int, float)):
            return Literal(-operand.value, at)
        return Sign(operand, at) if negative else operand

    def _group(self) -> Expression:
        """Read what stands in parentheses: a query, a value or a condition."""
        at = self.advance().offset
        self.enter()
        if self._at_query():
            inner: Expression = ScalarQuery(self._query_in_parentheses(), at)
        else:
            inner = self._continued(self.expression(OR), at)
        self.expect_operator(")")
        self.leave()
        return inner

    def _continued(self, inner: Expression, at: int) -> Expression:
        """What stands in parentheses; a query in parentheses of its own may be the operand of a set operator."""
        if isinstance(inner, ScalarQuery) and self._at_set_operator():
            return ScalarQuery(self.continue_query(inner.query), at)
        return inner

    def _at_query(self) -> bool:
        return self.at_keyword("SELECT", "WITH")

    def _at_set_operator(self) -> bool:
        return self.at_keyword("UNION", "EXCEPT", "INTERSECT", "ORDER", "OFFSET")

    def _query_in_parentheses(self) -> Query:
        if self.at_keyword("WITH"):
            raise self.source.syntax_error(
                self.token.offset, "WITH", ("SELECT",), "WITH stands before the main query only (ADQL 2.1, section 4.6)"
            )
        return self.query()

    def _keyword(self) -> Expression:
        token = self.token
        if token.text == "NOT":
            return self._not()
        if token.text == "NULL":
            return Literal(None, self.advance().offset)
        if token.text == "EXISTS":
            return self._exists()
        if token.text == "CAST":
            return self._cast()
        if token.text in AGGREGATE_WORDS:
            return self._aggregate()
        if token.text in FUNCTION_WORDS and self.ahead()[:2] == ("operator", "("):
            return self._call(self.advance().text, token.offset)
        raise self.unexpected("a value or a name")

    def _not(self) -> Expression:
        at = self.token.offset
        negated = False
        while self.accept_keyword("NOT"):
            negated = not negated
        operand = self._as_condition(self.expression(PREDICATE))
        return Not(operand, at) if negated else operand

    def _exists(self) -> Exists:
        at = self.advance().offset
        group = self._group() if self.at_operator("(") else None
        if not isinstance(group, ScalarQuery):
            raise self.source.syntax_error(at, "EXISTS", ("EXISTS (SELECT …)",))
        return Exists(group.query, at)

    # ------------------------------------------------------------------------------------------------------ functions
    def _call(self, name: str, at: int) -> Call:
        self.expect_operator("(")
        self.enter()
        arguments: list[Expression] = []
        if not self.at_operator(")"):
            arguments.append(self.value())
            while self.accept_operator(","):
                arguments.append(self.value())
        self.expect_operator(")", ",")
        self.leave()
        return Call(name, tuple(arguments), at)

    def _aggregate(self) -> Call:
        word = self.advance()
        self.expect_operator("(")
        self.enter()
        if word.text == "COUNT" and self.accept_operator("*"):
            call = Call(word.text, (), word.offset, is_aggregate=True, star=True)
        else:
            distinct = self.accept_keyword("DISTINCT", "ALL")
            is_distinct = distinct is not None and distinct.text == "DISTINCT"
            call = Call(word.text, (self.value(),), word.offset, is_aggregate=True, distinct=is_distinct)
        self.expect_operator(")")
        self.leave()
        return call

    def _cast(self) -> Cast:
        at = self.advance().offset
        self.expect_operator("(")
        self.enter()
        operand = self.value()
        self.expect_keyword("AS")
        target, length = self._target_type()
        self.expect_operator(")")
        self.leave()
        return Cast(operand, target, length, at)

    def _target_type(self) -> tuple[str, int | None]:
        if self.accept_keyword("DOUBLE"):
            self.expect_keyword("PRECISION")
            return "DOUBLE PRECISION", None
        word = self.accept_keyword(*_TARGETS)
        if word is None:
            raise self.unexpected(*_TARGETS, "DOUBLE PRECISION")
        length = None
        if word.text in ("CHAR", "VARCHAR") and self.accept_operator("("):
            length = self.unsigned_integer("a length")
            self.expect_operator(")")
        return word.text, length
