"""Characters to tokens (ADQL 2.1, section 2.1): one regular expression, linear in the length of the query."""

from __future__ import annotations

import re
from typing import NamedTuple

from .source import Source, shown
from .words import RESERVED

#: Longest query in characters, and most tokens in it.
MAX_LENGTH = 200_000
MAX_TOKENS = 20_000


class Token(NamedTuple):
    """A piece of the query.

    ``kind`` is ``keyword`` (text in upper case), ``identifier``, ``delimited`` (text without quotes), ``string`` (its
    value), ``integer``, ``decimal``, ``operator`` or ``end``; ``offset`` counts characters from 0.
    """

    kind: str
    text: str
    offset: int

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end of the query"
        quote = {"delimited": '"', "string": "'", "operator": "'"}.get(self.kind, "")
        return f"{quote}{shown(self.text)}{quote}"


_PIECE = re.compile(
    r"""
      (?P<blank>      (?: [ \t\r\n\f\v]+ | --[^\r\n]* )+ )
    | (?P<word>       [A-Za-z] [A-Za-z0-9_]* )
    | (?P<delimited>  " (?: [^"] | "" )+ " )
    | (?P<string>     ' (?: [^'] | '' )* ' )
    | (?P<decimal>    (?: [0-9]+ \.[0-9]* | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? | [0-9]+ [eE][+-]?[0-9]+ )
    | (?P<integer>    [0-9]+ )
    | (?P<operator>   <> | != | <= | >= | \|\| | [-+*/=<>(),.] )
    """,
    re.VERBOSE | re.ASCII,
)
_AFTER_NUMBER = re.compile(r"[A-Za-z_0-9]")
_REMEDIES = {
    ";": "a request holds one query, without a semicolon",
    "[": 'delimited identifiers stand in double quotes: "name"',
    "`": 'delimited identifiers stand in double quotes: "name"',
    "%": "the remainder is MOD(x, y)",
    "/*": "comments begin with --",
}


def tokens(source: Source) -> list[Token]:
    """All tokens of a query, the last one of kind ``end``.

    Raises
    ------
    AdqlSyntaxError
        A character that begins no token, a quote that is not closed, or a query past the limits.
    """
    text = source.text
    if len(text) > MAX_LENGTH:
        raise source.limit_error(0, f"the query has {len(text)} characters; at most {MAX_LENGTH} are taken")
    found: list[Token] = []
    end = 0
    for match in iter(_PIECE.scanner(text).match, None):  # type: ignore[attr-defined]
        offset, end = match.span()
        if match.lastgroup != "blank":
            found.append(_token(source, match.lastgroup, match.group(), offset, end))
    if end < len(text):
        raise _unknown(source, end)
    if len(found) > MAX_TOKENS:
        raise source.limit_error(found[MAX_TOKENS].offset, f"the query has more than {MAX_TOKENS} words and signs")
    found.append(Token("end", "", len(text)))
    return found


def _token(source: Source, kind: str, text: str, offset: int, end: int) -> Token:
    if kind == "word":
        upper = text.upper()
        return Token("keyword", upper, offset) if upper in RESERVED else Token("identifier", text, offset)
    if kind == "delimited":
        return Token(kind, text[1:-1].replace('""', '"'), offset)
    if kind == "string":
        return Token(kind, text[1:-1].replace("''", "'"), offset)
    if kind in ("integer", "decimal") and _AFTER_NUMBER.match(source.text, end):
        raise source.syntax_error(offset, shown(source.text[offset : end + 1]), ("a number",))
    return Token(kind, text, offset)


def _unknown(source: Source, offset: int) -> Exception:
    text = source.text
    if text[offset] == "'":
        return source.syntax_error(offset, "a string that is not closed", ("'",))
    if text[offset] == '"':
        return source.syntax_error(offset, "a delimited identifier that is empty or not closed", ('"',))
    remedy = _REMEDIES.get(text[offset], "")
    return source.syntax_error(offset, f"the character {text[offset]!r}", (), remedy)
