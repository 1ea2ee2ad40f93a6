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

from invenio_obscore.extraction.generic import GENERIC
from invenio_obscore.extraction.house import RULES as HOUSE_RULES
from invenio_obscore.extraction.instruments import INSTRUMENTS
from invenio_obscore.extraction.rules import Computed, Constant, Rule
from invenio_obscore.mapping import BUILT_IN
from invenio_obscore.mapping.language import VARIABLES
from invenio_obscore.obscore import columns

ENVIRONMENT_TEXT = "environment variable of that name; not in a mapping that comes through the web"
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


class MappingFunctions(_Generated):
    """``.. obscore-functions::``: the functions of the mapping language by their headings, each with its example."""

    def lines(self) -> list[str]:
        """A table for each heading."""
        found: list[str] = []
        for heading in dict.fromkeys(function.group for function in BUILT_IN.values()):
            rows = (
                (f"``{f.signature}``", f.doc, f"``{f.example}`` → ``{f.result}``" if f.result else f"``{f.example}``")
                for f in BUILT_IN.values()
                if f.group == heading
            )
            found += ["", f"**{heading}**", "", *_table(("Function", "Gives", "Example"), rows, (25, 45, 30))]
        return found


class MappingVariables(_Generated):
    """``.. obscore-variables::``: the variables of the mapping language."""

    def lines(self) -> list[str]:
        """One line a variable."""
        rows = ((f"``${name}``", text) for name, text in (*VARIABLES.items(), ("ENV_<NAME>", ENVIRONMENT_TEXT)))
        return _table(("Variable", "Stands for"), rows, (20, 80))


class HouseRules(_Generated):
    """``.. obscore-house-rules::``: what is understood beside the standard, each rule with an example."""

    def lines(self) -> list[str]:
        """One line a rule."""
        rows = ((f"``{r.name}``", r.says, f"``{r.example}``") for r in HOUSE_RULES.values())
        return _table(("Rule", "Says", "Example"), rows, (20, 45, 35))


class ExtractionRules(_Generated):
    """``.. obscore-rules::``: the tables of rules, the generic one and each instrument's, in order of precedence."""

    def lines(self) -> list[str]:
        """A table for each instrument."""
        found: list[str] = []
        for name, rules in (("Any file", GENERIC), *((i.name, i.rules) for i in INSTRUMENTS)):
            rows = ((", ".join(f"``{c}``" for c in _columns(rule)), _source(rule)) for rule in rules)
            found += ["", f"**{name}**", "", *_table(("Columns", "From"), rows, (35, 65))]
        return found


def _columns(rule: Rule) -> tuple[str, ...]:
    return rule.columns if isinstance(rule, Computed) else (rule.column,)


def _source(rule: Rule) -> str:
    if isinstance(rule, Computed):
        text = (rule.compute.__doc__ or "").strip().splitlines()
        return text[0] if text else rule.compute.__name__
    if isinstance(rule, Constant):
        return f"always ``{rule.value}`` ({rule.note})"
    return ", ".join(f"``{k}``" for k in rule.keywords)


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
    app.add_directive("obscore-functions", MappingFunctions)
    app.add_directive("obscore-house-rules", HouseRules)
    app.add_directive("obscore-rules", ExtractionRules)
    app.add_directive("obscore-settings", Settings)
    app.add_directive("obscore-variables", MappingVariables)
    return {"parallel_read_safe": True}
