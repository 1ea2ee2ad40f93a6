"""What outside services propose for a product, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..extraction.evidence import Evidence, Problem, Product

Service = Literal["simbad", "svo"]


@dataclass(frozen=True)
class Proposal:
    """A value for an empty cell.

    Attributes
    ----------
    column, value
        What to put where, in the column's unit.
    service
        Who says so.
    confidence
        From 0 to 1: how sure it is that what was found is what was meant.
    detail
        What was found, in words for people.
    raw
        What was asked.
    """

    column: str
    value: str | float
    service: Service
    confidence: float
    detail: str = ""
    raw: str = ""

    def accept(self, product: Product) -> bool:
        """Fill the cell if it is still empty; whether it was filled."""
        evidence = Evidence(self.column, self.service, self.detail, raw=self.raw)
        if not product.fill(self.column, self.value, evidence):
            return False
        product.problems[:] = [p for p in product.problems if p.column != self.column]
        return True

    def as_problem(self) -> Problem:
        """The advice to look at it, where it is not sure enough to fill."""
        message = f"{self.service} proposes {self.value} ({self.detail}), {self.confidence:.0%} sure"
        return Problem("advice", "curation-proposed", message, self.column)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; ``Proposal(**data)`` reads it."""
        return asdict(self)


def accept(product: Product, proposals: Iterable[Proposal]) -> int:
    """Fill what is empty with what somebody accepted; how many cells were filled."""
    return sum(proposal.accept(product) for proposal in proposals)
