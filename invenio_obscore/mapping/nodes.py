"""What a mapping text means, as a tree: one frozen class for each kind of expression and one for a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal as Choice


@dataclass(frozen=True)
class Node:
    """A piece of an expression; ``column`` is where it begins in its line, from 1."""

    column: int

    def children(self) -> tuple[Node, ...]:
        """The pieces that this one is made of."""
        return ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order in which they are written."""
        yield self
        for child in self.children():
            yield from child.walk()


@dataclass(frozen=True)
class Constant(Node):
    """A text, a number, a number with a unit, ``true``, ``false`` or ``null``."""

    value: object


@dataclass(frozen=True)
class Keyword(Node):
    """A FITS keyword; ``hdu`` is an EXTNAME or a number as text, or empty for "wherever it is"."""

    name: str
    hdu: str = ""


@dataclass(frozen=True)
class Cell(Node):
    """The value that an ObsCore column has by now."""

    name: str


@dataclass(frozen=True)
class Variable(Node):
    """``$FILENAME`` and its like; the name is without the dollar."""

    name: str


@dataclass(frozen=True)
class Call(Node):
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


@dataclass(frozen=True)
class Index(Node):
    """``value[index]``, counted from 0, or from the end where negative."""

    value: Node
    index: Node

    def children(self) -> tuple[Node, ...]:
        """The value, then the index."""
        return (self.value, self.index)


@dataclass(frozen=True)
class Slice(Node):
    """``value[start:stop]``; either may be left out."""

    value: Node
    start: Node | None
    stop: Node | None

    def children(self) -> tuple[Node, ...]:
        """The value, then the bounds that are written."""
        return tuple(n for n in (self.value, self.start, self.stop) if n is not None)


@dataclass(frozen=True)
class Unary(Node):
    """``-x``, ``+x`` or ``not x``."""

    operator: str
    operand: Node

    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True)
class Binary(Node):
    """Two operands; the operator in its one spelling (``=`` is ``==``)."""

    operator: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        """Left, then right."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Section:
    """The patterns of ``[*.spec.fits, *.sp.fits]``; without a pattern it holds for every file."""

    patterns: tuple[str, ...] = ()

    def holds_for(self, name: str, path: str) -> bool:
        """Whether one pattern matches the file's name, or its path where the pattern has a slash."""
        return not self.patterns or any(_matches(pattern, name, path) for pattern in self.patterns)


def _matches(pattern: str, name: str, path: str) -> bool:
    if "/" not in pattern:
        return fnmatchcase(name, pattern)
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}")


EVERY_FILE = Section()


@dataclass(frozen=True)
class Assignment:
    """One line: what it assigns, how, and when it holds.

    Attributes
    ----------
    line, column
        Where it is written, from 1.
    target
        An ObsCore column, or a FITS keyword in capitals.
    kind
        Which of the two.
    hdu
        For a keyword: the HDU that is named before the dot, or empty.
    force
        ``:=`` instead of ``:``.
    """

    line: int
    column: int
    target: str
    kind: Choice["column", "keyword"]
    hdu: str
    force: bool
    expression: Node
    section: Section = EVERY_FILE
    text: str = ""
