"""Where the rules of one product look: its HDUs in order, one look-up over all of them, and what was computed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from astropy.io import fits

from ..fits.cards import Scalar
from ..fits.coordinates import coordinate_tables
from ..fits.problems import Problem, Severity
from ..fits.reading import HduReading, Reading
from .evidence import Evidence, SourceKind


@dataclass(frozen=True)
class Hit:
    """A keyword that was found: its value, and the HDU it stands in."""

    keyword: str
    value: Scalar
    hdu: HduReading

    def evidence(self, column: str, source: SourceKind = "keyword", prefix: str = "") -> Evidence:
        """Evidence of a value made from this hit; a keyword that a mapping line gave says so."""
        key = self.keyword.upper().removeprefix("HIERARCH ")
        assigned = self.hdu.overlay.get(key)
        raw = str(self.value)[:200]
        if assigned is not None and not assigned.line:
            return Evidence(column, "table", f"column {key}, first row", self.hdu.index, raw)
        if assigned is not None:
            return Evidence(column, "mapping", f"{key}, line {assigned.line}", self.hdu.index, raw)
        return Evidence(column, source, prefix + key, self.hdu.index, raw)


#: How far into a file extensions without data are looked for.
_MOST_BARE = 40


@dataclass
class Scope:
    """The HDUs of one product.

    Attributes
    ----------
    reading
        The file.
    main
        HDUs that hold the product's data; the first one stands for all.
    kind
        What the product is: a key of `products.KINDS`.
    problems
        Of the product, in the order found.
    facts
        What one rule computed and others use (the sky coverage, the type).
    """

    reading: Reading
    main: list[HduReading]
    kind: str = ""
    key: str = ""
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> HduReading:
        """The HDU that stands for the product."""
        return self.main[0]

    @property
    def primary(self) -> HduReading:
        """HDU 0 of the file."""
        return self.reading.hdus[0]

    @cached_property
    def order(self) -> list[HduReading]:
        """Where keywords are looked for: the product's first HDU, the primary, its other HDUs, and those without data.

        An extension without data is there for nothing but its keywords.
        """
        order = [self.first]
        bare = [hdu for hdu in self.reading.hdus[1:_MOST_BARE] if hdu.data_size == 0 and hdu.index > 0]
        for hdu in (self.primary, *self.main[1:4], *bare[:2]):
            if all(hdu is not seen for seen in order):
                order.append(hdu)
        return order

    def lookup(self) -> fits.HDUList | None:
        """The file's tables of coordinates, for -TAB axes; None where there are none."""
        if "lookup" not in self.facts:
            self.facts["lookup"] = coordinate_tables(self.reading)
        tables: fits.HDUList | None = self.facts["lookup"]
        return tables

    def problem(self, severity: Severity, code: str, message: str, *, column: str = "", hdu: int | None = None) -> None:
        """Note something doubtful, once."""
        problem = Problem(severity, code, message, column, hdu)
        if problem not in self.problems:
            self.problems.append(problem)

    def hits(self, *keywords: str, hdus: list[HduReading] | None = None) -> Iterator[Hit]:
        """All cards of these names that hold something: keywords in order of preference, HDUs in the scope's."""
        for keyword in keywords:
            for hdu in self.order if hdus is None else hdus:
                value = hdu.header.get(keyword)
                if value is None or (isinstance(value, str) and hdu.header.text(keyword) is None):
                    continue
                yield Hit(keyword, value, hdu)

    def find(self, *keywords: str, hdus: list[HduReading] | None = None) -> Hit | None:
        """The first of `hits`."""
        return next(self.hits(*keywords, hdus=hdus), None)

    def text(self, *keywords: str) -> str:
        """The first text among these keywords, or an empty one."""
        for hit in self.hits(*keywords):
            text = hit.hdu.header.text(hit.keyword)
            if text:
                return text
        return ""

    def number(self, *keywords: str) -> float | None:
        """The first number among these keywords."""
        for hit in self.hits(*keywords):
            number = hit.hdu.header.number(hit.keyword)
            if number is not None:
                return number
            self.not_a_number(hit)
        return None

    def not_a_number(self, hit: Hit, column: str = "") -> None:
        """Note a card that holds words, or no finite number, where a number must stand."""
        message = f"{hit.keyword} is {str(hit.value)[:40]!r} where a number must stand"
        self.problem("attention", "not-a-number", message, column=column, hdu=hit.hdu.index)

    def has(self, *keywords: str) -> bool:
        """Whether one of these keywords holds something."""
        return self.find(*keywords) is not None

    def named(self, *names: str) -> HduReading | None:
        """The first HDU of the file with one of these EXTNAMEs."""
        return next((h for h in self.reading.hdus if h.name in names), None)
