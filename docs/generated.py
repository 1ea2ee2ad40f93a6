"""Directives whose text is generated from the code: columns, settings, rules. Nothing stands in two places."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from invenio_obscore.obscore import columns

PACKAGE = Path(columns.__file__).parents[1]


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]], widths: tuple[int, ...]) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in [header, *rows]:
        lines += [f"   {'*' if not n else ' '} - {cell}" for n, cell in enumerate(row)]
    return lines


class _Generated(Directive, ABC):
    @abstractmethod
    def lines(self) -> list[str]:
        """What the directive stands for, as reStructuredText."""

    def run(self) -> list[nodes.Node]:
        """The generated text, parsed where the directive stands."""
        holder = nodes.container()
        self.state.nested_parse(StringList(self.lines(), source="generated"), 0, holder)
        return holder.children


class ObsCoreColumns(_Generated):
    """``.. obscore-columns:: OBSCORE``: a table of the columns of one published table."""

    required_arguments = 1

    def lines(self) -> list[str]:
        """One line a column."""
        table = getattr(columns, self.arguments[0])
        rows = (
            (f"``{c.name}``", c.xtype or c.datatype, c.unit, f"``{c.ucd}``" if c.ucd else "", c.description)
            for c in table.values()
        )
        return _table(("Column", "Type", "Unit", "UCD", "Meaning"), rows, (20, 12, 8, 25, 35))


class Settings(_Generated):
    """``.. obscore-settings::``: every setting of `invenio_obscore.config`, with its default and its comment."""

    def lines(self) -> list[str]:
        """A definition list made from the assignments and the docstrings below them."""
        found: list[str] = []
        for name, default, text in _settings(PACKAGE / "config.py"):
            found += [f"``{name}`` = ``{default}``", *(f"   {line}" for line in text.splitlines()), ""]
        return found


def _settings(path: Path) -> Iterator[tuple[str, str, str]]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node, following in zip(body, [*body[1:], ast.Pass()]):
        target: Any = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        name = getattr(target, "id", "")
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", name) and isinstance(node, ast.Assign | ast.AnnAssign):
            documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            text = following.value.value if documented else ""  # type: ignore[attr-defined]
            yield name, ast.unparse(node.value) if node.value else "", text


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("obscore-columns", ObsCoreColumns)
    app.add_directive("obscore-settings", Settings)
    return {"parallel_read_safe": True}
