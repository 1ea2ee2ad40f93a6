"""A place in a list of tokens, with the questions that a recursive-descent parser asks."""

from __future__ import annotations

from .lexer import Token, tokens
from .nodes import Identifier, Name
from .source import Source
from .words import OTHER_DIALECTS, STRUCTURE_WORDS

#: Deepest nesting of parentheses, function calls and sub-queries.
MAX_DEPTH = 48


class Cursor:
    """Reads the tokens of one query from the left; ``token`` is the next one."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tokens = tokens(source)
        self._index = 0
        self._depth = 0
        self.token: Token = self._tokens[0]

    def advance(self) -> Token:
        """Take the next token."""
        taken = self.token
        if taken.kind != "end":
            self._index += 1
            self.token = self._tokens[self._index]
        return taken

    def ahead(self, steps: int = 1) -> Token:
        """The token some steps after the next one."""
        return self._tokens[min(self._index + steps, len(self._tokens) - 1)]

    def at_keyword(self, *words: str) -> bool:
        """Whether the next token is one of these reserved words."""
        return self.token.kind == "keyword" and self.token.text in words

    def at_operator(self, *signs: str) -> bool:
        """Whether the next token is one of these signs."""
        return self.token.kind == "operator" and self.token.text in signs

    def accept_keyword(self, *words: str) -> Token | None:
        """Take the next token if it is one of these words."""
        return self.advance() if self.at_keyword(*words) else None

    def accept_operator(self, *signs: str) -> Token | None:
        """Take the next token if it is one of these signs."""
        return self.advance() if self.at_operator(*signs) else None

    def expect_keyword(self, word: str) -> Token:
        """Take this word."""
        if not self.at_keyword(word):
            raise self.unexpected(word)
        return self.advance()

    def expect_operator(self, sign: str, *others: str) -> Token:
        """Take this sign; ``others`` is what could stand here instead, for the message."""
        if not self.at_operator(sign):
            raise self.unexpected(sign, *others)
        return self.advance()

    def unexpected(self, *expected: str, remedy: str = "") -> Exception:
        """The error that the next token is not what the grammar wants."""
        token = self.token
        remedy = remedy or self._of_another_dialect()
        if not remedy and token.kind == "keyword" and "name" in " ".join(expected):
            remedy = self._reserved(token.text)
        return self.source.syntax_error(token.offset, str(token), expected, remedy)

    def _of_another_dialect(self) -> str:
        """What ADQL has instead of a word that stands here, or was just taken for an alias."""
        words = (t.text.upper() for t in (self.token, self.ahead(-1)) if t.kind in ("keyword", "identifier"))
        return next((OTHER_DIALECTS[word] for word in words if word in OTHER_DIALECTS), "")

    def _reserved(self, word: str) -> str:
        """What helps somebody who took a reserved word for a name."""
        if word in STRUCTURE_WORDS:
            return ""
        if self.ahead()[:2] == ("operator", "("):
            return f"ADQL has no function {word}"
        return f'{word} is a reserved word: as a name it stands in double quotes, "{word.lower()}"'

    def at_identifier(self) -> bool:
        """Whether the next token is a name."""
        return self.token.kind in ("identifier", "delimited")

    def identifier(self, what: str) -> Identifier:
        """Take a name; ``what`` says in the message which one is wanted."""
        if not self.at_identifier():
            raise self.unexpected(what)
        token = self.advance()
        return Identifier(token.text, token.kind == "delimited", token.offset)

    def qualified_name(self, what: str, longest: int) -> Name:
        """Take a name with up to ``longest`` parts between dots."""
        parts = [self.identifier(what)]
        while self.at_operator(".") and not self._star_follows():
            if len(parts) == longest:
                raise self.source.syntax_error(self.token.offset, ".", (f"a name of at most {longest} parts",))
            self.advance()
            parts.append(self.identifier(what))
        return tuple(parts)

    def _star_follows(self) -> bool:
        following = self.ahead()
        return following.kind == "operator" and following.text == "*"

    def unsigned_integer(self, what: str) -> int:
        """Take an integer without a sign, at most 2**63 - 1."""
        if self.token.kind != "integer" or len(self.token.text.lstrip("0")) > 18:
            raise self.unexpected(what)
        return int(self.advance().text)

    def enter(self) -> None:
        """Go one level deeper.

        Raises
        ------
        AdqlSyntaxError
            The query is nested deeper than the service takes.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.limit_error(self.token.offset, f"more than {MAX_DEPTH} levels of nesting")

    def leave(self) -> None:
        """Come back up."""
        self._depth -= 1
