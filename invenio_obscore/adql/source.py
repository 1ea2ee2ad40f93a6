"""The text of a query and errors that point into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import AdqlNameError, AdqlSyntaxError, AdqlTypeError

_SHOWN = 60


def shown(text: str) -> str:
    """A piece of a query as a message shows it: one line, not long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


@dataclass(frozen=True)
class Source:
    """The text of a query."""

    text: str

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a place in the text."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def syntax_error(self, offset: int, found: str, expected: tuple[str, ...], remedy: str = "") -> AdqlSyntaxError:
        """An error about a token that cannot stand here."""
        line, column = self.position(offset)
        wanted = f", expected {_listed(tuple(_sign(word) for word in expected))}" if expected else ""
        return AdqlSyntaxError(
            f"found {found}{wanted}", line=line, column=column, found=found, expected=expected, remedy=remedy
        )

    def limit_error(self, offset: int, message: str) -> AdqlSyntaxError:
        """An error about a query that is larger or deeper than the service takes."""
        line, column = self.position(offset)
        return AdqlSyntaxError(message, line=line, column=column)

    def name_error(self, offset: int, message: str, name: str, known: Iterable[str] = ()) -> AdqlNameError:
        """An error about a name; suggests the known names nearest to it."""
        line, column = self.position(offset)
        by_folded = {k.lower(): k for k in known}
        near = tuple(by_folded[k] for k in get_close_matches(name.lower()[:_SHOWN], by_folded, n=3, cutoff=0.6))
        remedy = f"did you mean {_listed(near)}?" if near else ""
        return AdqlNameError(message, line=line, column=column, found=name, expected=near, remedy=remedy)

    def type_error(self, offset: int, message: str, remedy: str = "") -> AdqlTypeError:
        """An error about values that do not fit."""
        line, column = self.position(offset)
        return AdqlTypeError(message, line=line, column=column, remedy=remedy)


def _sign(word: str) -> str:
    """A sign in quotes; words and descriptions as they are."""
    return word if word[:1].isalpha() else f"'{word}'"


def _listed(words: tuple[str, ...]) -> str:
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " or " + words[-1]
