"""From tokens to expressions: a Pratt parser, one small method for each kind of beginning and each infix operator."""

from __future__ import annotations

import re

from astropy.units import UnitBase

from ..errors import MappingError
from ..obscore.columns import ALL_COLUMNS
from .functions import Functions
from .language import (
    ENVIRONMENT,
    NOT,
    PRECEDENCE,
    SIGN,
    SPELLINGS,
    VARIABLES,
    WORDS,
    is_keyword,
    nearest,
)
from .nodes import Binary, Call, Cell, Constant, Index, Keyword, Node, Slice, Unary, Variable
from .tokens import Token
from .values import NULL, unit

MAX_DEPTH = 40
MAX_OPERATORS = 100
_UNIT_WORD = re.compile(r"[A-Za-zµμÅ]+(?:\*\*|\^)?[+-]?[0-9]?")


class ExpressionParser:
    """Parses one line's tokens; :meth:`expression` may be called where one begins.

    Parameters
    ----------
    source
        The line, for units (whose spelling is not the language's own).
    tokens
        Its tokens, the last of kind *end*.
    line
        Its number, for errors.
    functions
        The functions that may be called.
    """

    def __init__(self, source: str, tokens: list[Token], line: int, functions: Functions) -> None:
        self._source = source
        self._tokens = tokens
        self._line = line
        self._functions = functions
        self._at = 0
        self._depth = 0
        self._operators = 0

    # -- tokens ------------------------------------------------------------------------------------------------------
    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def advance(self) -> Token:
        """Take the next token."""
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def accept(self, operator: str) -> bool:
        """Take the next token if it is this operator."""
        if self.token.kind == "operator" and self.token.text == operator:
            self.advance()
            return True
        return False

    def expect(self, operator: str, why: str) -> None:
        """Take this operator, or say what is missing."""
        if not self.accept(operator):
            raise self.error(f"{why}: expected {operator!r}, found {self.token.describe()}")

    def error(self, message: str, *, token: Token | None = None, remedy: str = "") -> MappingError:
        """An error at a token (the next one if none is given)."""
        return MappingError(message, line=self._line, column=(token or self.token).column, remedy=remedy)

    # -- expressions -------------------------------------------------------------------------------------------------
    def expression(self, power: int = 0) -> Node:
        """An expression whose infix operators bind tighter than ``power``.

        Raises
        ------
        MappingError
            With line and column.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep")
        node = self._beginning()
        while (symbol := self._infix()) and PRECEDENCE[symbol] > power:
            node = self._continued(node, symbol)
        self._depth -= 1
        return node

    def _infix(self) -> str:
        token = self.token
        symbol = SPELLINGS.get(token.text, token.text)
        return symbol if token.kind in ("operator", "name") and symbol in PRECEDENCE else ""

    def _continued(self, left: Node, symbol: str) -> Node:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise self.error(f"more than {MAX_OPERATORS} operators in one line")
        token = self.advance()
        if symbol == "[":
            return self._index(left, token)
        # "**" groups from the right: 2 ** 3 ** 2 is 2 ** 9.
        right = self.expression(PRECEDENCE[symbol] - (symbol == "**"))
        return Binary(token.column, symbol, left, right)

    def _index(self, value: Node, bracket: Token) -> Node:
        start = None if self._is(":") else self.expression()
        if self.accept(":"):
            stop = None if self._is("]") else self.expression()
            self.expect("]", "the slice is not closed")
            return Slice(bracket.column, value, start, stop)
        self.expect("]", "the index is not closed")
        assert start is not None
        return Index(bracket.column, value, start)

    def _is(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def _beginning(self) -> Node:
        token = self.advance()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "text":
            return Constant(token.column, token.text)
        if token.kind == "variable":
            return self._variable(token)
        if token.kind in ("capital", "name", "quoted"):
            return self._named(token)
        if token.text in ("-", "+"):
            return self._signed(token)
        if token.text == "(":
            inner = self.expression()
            self.expect(")", "the parenthesis is not closed")
            return inner
        raise self.error(f"expected a value, found {token.describe()}", token=token)

    def _signed(self, token: Token) -> Node:
        return Unary(token.column, token.text, self.expression(SIGN))

    def _number(self, token: Token) -> Node:
        if token.text.isdigit() and self._is(".") and self.token.column == token.end:
            return self._keyword_of(token)
        number = int(token.text) if token.text.isdigit() and len(token.text) < 19 else float(token.text)
        if number in (float("inf"), float("-inf")):
            raise self.error("a number too large", token=token)
        if self.token.kind not in ("name", "capital") or self.token.text in PRECEDENCE:
            return Constant(token.column, number)
        return Constant(token.column, float(number) * self._unit())

    def _unit(self) -> UnitBase:
        """The unit after a number: the longest text that is one, such as ``km/s`` in ``5 km/s / EXPTIME``."""
        first = self.token
        text, words, at = self._source, [], first.column - 1
        while match := _UNIT_WORD.match(text, at):
            words.append(match.end())
            if text[match.end() : match.end() + 1] not in ("/", ".", "*") or text[match.end() :].startswith("**"):
                break
            at = match.end() + 1
        for end in reversed(words):
            try:
                found = unit(text[first.column - 1 : end])
            except MappingError:
                continue
            while self.token.column <= end and self.token.kind != "end":
                self.advance()
            return found
        raise self.error(
            f"{first.text[:40]!r} is no unit",
            token=first,
            remedy="units are spelled as in FITS: nm, Angstrom, km/s; an operator is missing if none was meant",
        )

    def _variable(self, token: Token) -> Node:
        if token.text not in VARIABLES and not (token.text.startswith(ENVIRONMENT) and len(token.text) > 4):
            known = [f"${name}" for name in VARIABLES]
            raise self.error(
                f"there is no variable ${token.text}",
                token=token,
                remedy=nearest(f"${token.text}", known) or f"the variables are {', '.join(known)} and $ENV_<NAME>",
            )
        return Variable(token.column, token.text)

    # -- names -------------------------------------------------------------------------------------------------------
    def _named(self, token: Token) -> Node:
        if self._is("(") and token.kind != "quoted":
            return self._call(token)
        if self._is(".") and self.token.column == token.end:
            return self._keyword_of(token)
        if token.kind in ("capital", "quoted"):
            return Keyword(token.column, self.keyword(token))
        if token.text == "not":
            return Unary(token.column, "not", self.expression(NOT))
        if token.text in WORDS:
            return Constant(token.column, WORDS[token.text])
        if token.text == "null":
            return Constant(token.column, NULL)
        if token.text in ALL_COLUMNS:
            return Cell(token.column, token.text)
        raise self._unknown(token)

    def _unknown(self, token: Token) -> MappingError:
        near = nearest(token.text, [*ALL_COLUMNS, *self._functions, *WORDS, "null"])
        capitals = token.text.upper()
        advice = f"a FITS keyword is written in capitals: {capitals}" if is_keyword(capitals) else ""
        return self.error(
            f"{token.text[:40]!r} is no column, function or keyword",
            token=token,
            remedy="; ".join(filter(None, (near, advice, f"a text stands between quotes: '{token.text[:40]}'"))),
        )

    def _keyword_of(self, hdu: Token) -> Node:
        self.advance()
        token = self.advance()
        if token.kind not in ("capital", "quoted"):
            raise self.error(
                f"after {hdu.text}. comes a FITS keyword, found {token.describe()}",
                token=token,
                remedy=f"in capitals: {token.text.upper()}" if token.kind == "name" else "",
            )
        return Keyword(hdu.column, self.keyword(token), hdu.text)

    def keyword(self, first: Token) -> str:
        """The keyword that a token begins; ``HIERARCH ESO TEL AIRM`` is several words, as is ``ESO TEL AIRM``."""
        words = first.text.split() or [""]
        if first.kind == "capital":
            while self.token.kind == "capital" or (self.token.kind == "number" and self.token.text.isdigit()):
                words.append(self.advance().text)
        if words[0] == "HIERARCH" and len(words) > 1:
            del words[0]
        name = " ".join(words).upper()
        if not is_keyword(name):
            raise self.error(f"{first.text[:40]!r} is no FITS keyword", token=first)
        return name

    def _call(self, token: Token) -> Node:
        self.advance()
        function = self._functions.get(token.text)
        if function is None:
            near = nearest(token.text, tuple(self._functions))
            raise self.error(f"there is no function {token.text[:40]!r}", token=token, remedy=near)
        arguments: list[Node] = []
        if not self.accept(")"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
            self.expect(")", f"the arguments of {token.text} are not closed")
        if not function.takes(len(arguments)):
            given = "none given" if not arguments else f"{len(arguments)} given"
            raise self.error(
                f"{function.name} takes {function.count_text()}, {given}", token=token, remedy=function.signature
            )
        return Call(token.column, function.name, tuple(arguments))
