"""From the text of one line to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..errors import MappingError

Kind = Literal["number", "text", "quoted", "capital", "name", "variable", "operator", "end"]


@dataclass(frozen=True)
class Token:
    """A piece of a line.

    Attributes
    ----------
    kind
        *text* stands between quotes, *quoted* between back-quotes, *capital* may be a FITS keyword.
    text
        What it says, without quotes or dollar.
    column, end
        Where it begins and where the next character stands, from 1.
    """

    kind: Kind
    text: str
    column: int
    end: int

    def describe(self) -> str:
        """How an error message calls it."""
        return "the end of the line" if self.kind == "end" else repr(self.text[:40])


_NUMBER = re.compile(r"(?:\d+(?:\.(?![A-Za-z_])\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_]*\.[A-Z])")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("number", _NUMBER),
    ("number", re.compile(r"\d+")),
    # A hyphen without blanks belongs to a keyword (DATE-OBS); a minus sign has blanks around it.
    ("capital", re.compile(r"[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*(?![A-Za-z0-9_])")),
    ("name", re.compile(r"[^\W\d]\w*")),
    ("variable", re.compile(r"\$[A-Za-z_]\w*")),
    ("operator", re.compile(r":=|==|!=|<=|>=|\*\*|[-+*/%<>=:(),.\[\]]")),
)
_BLANK = re.compile(r"[ \t\r\f\v\u00a0]+")
_QUOTES: dict[str, Kind] = {"'": "text", '"': "text", "`": "quoted"}


def _quoted(text: str, start: int, line: int) -> tuple[str, int]:
    quote = text[start]
    at, pieces = start + 1, []
    while True:
        close = text.find(quote, at)
        if close < 0:
            raise MappingError(
                f"the text that begins here has no closing {quote}",
                line=line,
                column=start + 1,
                remedy=f"a {quote} inside a text is written twice",
            )
        pieces.append(text[at:close])
        if text[close + 1 : close + 2] != quote:
            return quote.join(pieces), close + 1
        at = close + 2


def _token(text: str, at: int, line: int) -> Token:
    if text[at] in _QUOTES:
        inner, end = _quoted(text, at, line)
        return Token(_QUOTES[text[at]], inner, at + 1, end + 1)
    for kind, pattern in _PATTERNS:
        match = pattern.match(text, at)
        if match:
            return Token(kind, match[0].lstrip("$"), at + 1, match.end() + 1)
    raise MappingError(f"the character {text[at]!r} has no meaning here", line=line, column=at + 1)


def tokens(text: str, line: int) -> Iterator[Token]:
    """Every token of a line up to its comment, and one of kind *end*.

    Raises
    ------
    MappingError
        A text without its closing quote, or a character that the language has no use for.
    """
    at = 0
    while at < len(text) and text[at] != "#":
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        token = _token(text, at, line)
        yield token
        at = token.end - 1
    yield Token("end", "", at + 1, at + 1)
