"""A mapping: its lines, checked, and what they do to headers and rows (in the order of docs/architecture.md)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import ColumnError, MappingError
from ..extraction.evidence import Evidence, Problem, Product
from ..fits.cards import Assigned
from ..fits.reading import HduReading, Reading
from .evaluation import Evaluator, OutOfTime
from .functions import BUILT_IN, Functions
from .language import axis_of, is_per_hdu, table_column_of
from .nodes import Assignment
from .scope import Scope, is_called
from .values import NULL, for_card, for_column, text_of

_RAW_LENGTH = 200
_AXIS_NUMBER = re.compile(r"\baxis (\d+)")


@dataclass(frozen=True)
class Mapping:
    """A mapping text, parsed and checked; made by :func:`~.text.parse`.

    Attributes
    ----------
    text
        As it was written.
    assignments
        Its lines, in order.
    functions
        What it may call.
    web
        It came from a web user: it sees no path and no environment.
    seconds
        Time for all its lines with one file; the lines beyond do nothing, which is a problem of the file.
    """

    text: str = ""
    assignments: tuple[Assignment, ...] = ()
    functions: Functions = field(default_factory=lambda: BUILT_IN, repr=False)
    web: bool = False
    seconds: float = 60.0

    def __bool__(self) -> bool:
        return bool(self.assignments)

    # -- keywords ----------------------------------------------------------------------------------------------------
    def overlay(self, reading: Reading) -> Reading:
        """The reading with what the keyword lines say laid over its headers; ``reading`` itself stays as it is.

        A line that fails for this file becomes a problem of the reading (``mapping-failed``).
        """
        lines = list(self._holding(reading, kind="keyword"))
        if reading.members:
            reading = replace(reading, members=[self.overlay(member) for member in reading.members])
        if not lines or not reading.hdus:
            return reading
        hdus, problems, until = list(reading.hdus), list(reading.problems), self._until()
        for line in lines:
            try:
                hdus = self._laid_over(line, replace(reading, hdus=hdus), hdus, until)
            except MappingError as error:
                problems.append(_failed(line, error))
                if isinstance(error, OutOfTime):
                    break
        return replace(reading, hdus=hdus, problems=problems)

    def _until(self) -> float:
        return time.monotonic() + self.seconds

    def _laid_over(self, line: Assignment, reading: Reading, hdus: list[HduReading], until: float) -> list[HduReading]:
        Evaluator(Scope(), self.functions, until).check_time()
        chosen = {hdu.index for hdu in _targets(line, hdus)}
        return [self._assigned(line, reading, hdu, until) if hdu.index in chosen else hdu for hdu in hdus]

    def _assigned(self, line: Assignment, reading: Reading, hdu: HduReading, until: float) -> HduReading:
        scope = Scope.of(reading, web=self.web)
        scope.current = hdu.index
        value = for_card(Evaluator(scope, self.functions, until).value(line))
        return hdu if value is None else hdu.with_overlay({line.target: Assigned(value, line.line)})

    # -- columns -----------------------------------------------------------------------------------------------------
    def fill(self, product: Product, reading: Reading) -> None:
        """Let the lines with ``:`` fill the empty cells of a product; what fails becomes a problem of it.

        Evidence of values that were computed from an axis or table column names the keyword lines that describe it.
        """
        _credit_keyword_lines(product, reading)
        self._apply(product, reading, force=False)

    def force(self, product: Product, reading: Reading) -> None:
        """Let the lines with ``:=`` set cells of a product, whatever they hold; ``null`` empties one."""
        self._apply(product, reading, force=True)

    def _apply(self, product: Product, reading: Reading, *, force: bool) -> None:
        until = self._until()
        for line in self._holding(reading, kind="column"):
            if line.force != force or (not force and product.row[line.target] is not None):
                continue
            scope = Scope.of(reading, product=product, web=self.web)
            try:
                self._set(line, product, Evaluator(scope, self.functions, until).value(line))
            except OutOfTime as error:
                product.problems.append(_failed(line, error))
                break
            except (MappingError, ColumnError) as error:
                product.problems.append(_failed(line, error))
            else:
                _report_missing(line, product, scope)

    @staticmethod
    def _set(line: Assignment, product: Product, value: Any) -> None:  # noqa: ANN401
        if value is None:
            return
        if value is NULL:
            if line.force:
                product.row[line.target] = None
                product.evidence[line.target] = _evidence(line, "null")
            return
        cell = for_column(line.target, value)
        if cell is not None:
            product.set(line.target, cell, _evidence(line, raw_text(value)))
            # What extraction found doubtful there ("missing", an implausible value) is settled.
            kept = [p for p in product.problems if p.column != line.target or p.code.startswith("mapping-")]
            product.problems[:] = kept

    def _holding(self, reading: Reading, *, kind: str) -> Iterator[Assignment]:
        name = (reading.member or reading.name).rpartition("/")[2]
        path = reading.member or (reading.name if self.web else reading.path or reading.name)
        return (a for a in self.assignments if a.kind == kind and a.section.holds_for(name, path))


def _credit_keyword_lines(product: Product, reading: Reading) -> None:
    overlays = {hdu.index: hdu.overlay for hdu in reading.hdus if hdu.overlay}
    for column, evidence in product.evidence.items():
        overlay = overlays.get(evidence.hdu) if evidence.hdu is not None and evidence.source != "mapping" else None
        lines = [f"{k} from line {a.line} of the mapping" for k, a in (overlay or {}).items() if _concerns(k, evidence)]
        if lines and lines[0] not in evidence.detail:
            product.evidence[column] = replace(evidence, detail=", ".join([evidence.detail, *lines]))


def _concerns(keyword: str, evidence: Evidence) -> bool:
    """Whether a keyword describes the axis or table column that a value was computed from."""
    axis, table_column = axis_of(keyword), table_column_of(keyword)
    if axis is not None:
        named = _AXIS_NUMBER.search(evidence.detail)
        return evidence.source == "wcs" and (named is None or int(named[1]) == axis)
    if table_column is not None:
        return evidence.source == "table" or (evidence.source == "wcs" and "column" in evidence.detail)
    return is_per_hdu(keyword) and evidence.source == "wcs"


def raw_text(value: object) -> str:
    """A value as evidence keeps it."""
    text = ", ".join(map(text_of, value)) if isinstance(value, list) else text_of(value)
    return text[:_RAW_LENGTH]


def _evidence(line: Assignment, raw: str) -> Evidence:
    return Evidence(line.target, "mapping", f"line {line.line}", raw=raw)


def _failed(line: Assignment, error: MappingError | ColumnError) -> Problem:
    where = "" if isinstance(error, MappingError) and error.line else f"line {line.line}, column {line.column}: "
    column = line.target if line.kind == "column" else ""
    return Problem("attention", "mapping-failed", f"mapping, {where}{error}", column=column)


def _report_missing(line: Assignment, product: Product, scope: Scope) -> None:
    """A line that gave nothing to an empty cell because the file lacks a keyword: said, since it may be a slip."""
    if scope.missing and product.row[line.target] is None:
        names = ", ".join(dict.fromkeys(scope.missing))
        message = f"mapping, line {line.line}: the file has no value for {names}"
        product.problems.append(Problem("advice", "mapping-no-value", message, column=line.target))


def _targets(line: Assignment, hdus: list[HduReading]) -> list[HduReading]:
    """The HDUs in which a keyword line acts.

    A named HDU is meant alone. Without a name: a keyword that each HDU has for itself (axes, table columns, units) goes
    into each HDU that has such an axis or column; any other speaks for the whole file: it goes into the first HDU, and
    ``:`` only where no HDU has it.
    """
    if line.hdu:
        chosen = [hdu for hdu in hdus if is_called(hdu, line.hdu)]
    elif is_per_hdu(line.target):
        chosen = [hdu for hdu in hdus if _has_place(line.target, hdu)]
    elif line.force:
        chosen = [hdu for hdu in hdus if hdu.index == 0 or _has(hdu, line.target)]
    else:
        return [] if any(_has(hdu, line.target) for hdu in hdus) else hdus[:1]
    return chosen if line.force else [hdu for hdu in chosen if not _has(hdu, line.target)]


def _has(hdu: HduReading, keyword: str) -> bool:
    return hdu.header.get(keyword) not in (None, "")


def _has_place(keyword: str, hdu: HduReading) -> bool:
    """Whether the HDU has the axis or table column that a keyword describes; for others, whether it has axes."""
    header = hdu.header
    axis, column = axis_of(keyword), table_column_of(keyword)
    axes = max(header.integer("NAXIS"), header.integer("ZNAXIS"), header.integer("WCSAXES"))
    if axis is not None:
        return axis <= axes
    if column is not None:
        return column <= header.integer("TFIELDS")
    return axes > 0
