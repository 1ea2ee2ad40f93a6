"""The kinds of rules. A table of rules is data: order is precedence, the first rule that gives a value wins.

A rule with a column that does not exist fails when it is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from astropy import units as u

from ..errors import ColumnError, ConfigurationError, FitsError
from ..fits.cards import Scalar
from ..fits.values import card_unit
from ..obscore.columns import ALL_COLUMNS
from .evidence import Evidence, Product, SourceKind
from .scope import Hit, Scope

Where = Literal["product", "primary", "first"]
#: A converter turns a hit into a value, or None where the hit says nothing.
Convert = Callable[[Hit, Scope], Any]


@dataclass(frozen=True)
class Found:
    """A value for a column, with its evidence."""

    column: str
    value: Any
    evidence: Evidence


def _check(column: str) -> None:
    if column not in ALL_COLUMNS:
        raise ConfigurationError(f"a rule names the column {column!r}, which does not exist")


def plain(hit: Hit, scope: Scope) -> Scalar | None:  # noqa: ARG001
    """The value as it is, text without blanks around."""
    return hit.value.strip() if isinstance(hit.value, str) else hit.value


@dataclass(frozen=True)
class Keyword:
    """A column from the first of some keywords that gives a value.

    Attributes
    ----------
    column
        ObsCore column.
    keywords
        In order of preference.
    unit
        The number's unit where its card names none; the value is converted to the column's unit.
    convert
        Makes the value from the hit (default: a number for numeric columns, else the text).
    where
        Which HDUs are looked at: the product's in order, the primary, or the product's first alone.
    """

    column: str
    keywords: tuple[str, ...]
    unit: u.UnitBase | None = None
    convert: Convert | None = None
    where: Where = "product"

    def __post_init__(self) -> None:
        _check(self.column)

    def apply(self, scope: Scope, source: SourceKind, prefix: str) -> Iterator[Found]:
        """The value and its evidence, if a keyword has one."""
        hdus = {"product": None, "primary": [scope.primary], "first": [scope.first]}[self.where]
        for hit in scope.hits(*self.keywords, hdus=hdus):
            value = self._value(hit, scope)
            if value is not None:
                yield Found(self.column, value, hit.evidence(self.column, source, prefix))
                return

    def _value(self, hit: Hit, scope: Scope) -> Any:  # noqa: ANN401
        if self.convert is not None:
            return self.convert(hit, scope)
        column = ALL_COLUMNS[self.column]
        if column.is_text:
            return plain(hit, scope)
        number = hit.hdu.header.number(hit.keyword)
        if number is None:
            scope.not_a_number(hit, self.column)
            return None
        return self._converted(number, hit, column.unit)

    def _converted(self, number: float, hit: Hit, wanted: str) -> float:
        target = u.Unit(wanted) if wanted and wanted != "kbyte" else None
        given = card_unit(hit.hdu.header, hit.keyword)
        for unit in (given, self.unit):
            if unit is not None and target is not None and unit.is_equivalent(target):
                return number if unit == target else float(unit.to(target, number))
        return number


@dataclass(frozen=True)
class Constant:
    """A column whose value the instrument itself implies."""

    column: str
    value: Any
    note: str = ""

    def __post_init__(self) -> None:
        _check(self.column)

    def apply(self, scope: Scope, source: SourceKind, prefix: str) -> Iterator[Found]:  # noqa: ARG002
        """The value."""
        yield Found(self.column, self.value, Evidence(self.column, source, prefix + (self.note or "always")))


@dataclass(frozen=True)
class Lookup:
    """A column from a table of values, by the text of keywords (joined with a blank, upper case)."""

    column: str
    keywords: tuple[str, ...]
    values: dict[str, Any] = field(hash=False)

    def __post_init__(self) -> None:
        _check(self.column)

    def apply(self, scope: Scope, source: SourceKind, prefix: str) -> Iterator[Found]:
        """The value for the first keyword whose text is in the table."""
        for hit in scope.hits(*self.keywords):
            value = self.values.get(str(hit.value).strip().upper())
            if value is not None:
                yield Found(self.column, value, hit.evidence(self.column, source, prefix))
                return


@dataclass(frozen=True)
class Computed:
    """Columns that only a computation gives; it yields what it finds."""

    columns: tuple[str, ...]
    compute: Callable[[Scope], Iterable[Found]]
    name: str = ""

    def __post_init__(self) -> None:
        for column in self.columns:
            _check(column)

    def apply(self, scope: Scope, source: SourceKind, prefix: str) -> Iterator[Found]:  # noqa: ARG002
        """What the computation finds, for its columns only."""
        try:
            for found in self.compute(scope):
                if found.column in self.columns:
                    yield found
        except FitsError as error:
            code = "wcs-failed" if "WCS" in error.message else "axis-failed"
            scope.problem("attention", code, error.message, column=self.columns[0], hdu=scope.first.index)


Rule = Keyword | Constant | Lookup | Computed
Rules = tuple[Rule, ...]


@dataclass(frozen=True)
class Instrument:
    """An instrument's table of rules, and how its files are recognised.

    Attributes
    ----------
    name
        Shown in evidence.
    matches
        Whether a product's headers are this instrument's.
    rules
        Before the generic ones.
    """

    name: str
    matches: Callable[[Scope], bool]
    rules: Rules


def written(**patterns: str) -> Callable[[Scope], bool]:
    """A test of headers: a keyword (``TELESCOP="HST"``) has a value that its pattern matches from the start."""
    compiled = {name.replace("__", "-"): re.compile(pattern, re.I) for name, pattern in patterns.items()}

    def matches(scope: Scope) -> bool:
        return any(p.match(str(hit.value).strip()) for name, p in compiled.items() for hit in scope.hits(name))

    return matches


def apply_rules(rules: Rules, scope: Scope, product: Product, *, instrument: str = "") -> None:
    """Fill the empty columns of a product by a table of rules, in order."""
    source: SourceKind = "instrument" if instrument else "keyword"
    prefix = f"{instrument}: " if instrument else ""
    for rule in rules:
        columns = rule.columns if isinstance(rule, Computed) else (rule.column,)
        if all(product.row[c] is not None for c in columns):
            continue
        try:
            for found in rule.apply(scope, source, prefix):
                _fill(found, scope, product)
        except Exception as error:  # noqa: BLE001  # one rule's fault must not cost the others' values; it is shown
            message = f"{_name(rule, instrument)} failed: {type(error).__name__}: {str(error)[:100]}"
            scope.problem("attention", "rule-failed", message, column=columns[0])


def _name(rule: Rule, instrument: str) -> str:
    if isinstance(rule, Computed):
        return f"the rule {rule.name or rule.compute.__name__}"
    return f"the {instrument or 'generic'} rule for {rule.column}"


def _fill(found: Found, scope: Scope, product: Product) -> None:
    try:
        product.fill(found.column, found.value, found.evidence)
    except ColumnError as error:
        scope.problem("attention", "bad-value", error.message, column=found.column, hdu=found.evidence.hdu)
