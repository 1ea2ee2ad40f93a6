"""Which cells outside services may fill, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..extraction.evidence import Product
from ..obscore.regions import separation
from .filters import Match
from .proposals import Proposal
from .settings import Settings
from .simbad import Object, Simbad, is_name
from .svo import FilterProfiles

#: A name whose object lies farther from the product's position than this (degrees, or the field) means something else.
_NEAR = 0.5
_FAR = 5.0


@dataclass
class Report:
    """What curation did.

    Attributes
    ----------
    filled
        Cells that were filled.
    proposed
        Proposals that were not sure enough; each is an advice of its product.
    failures
        Services that did not answer, and why: nothing was filled from them.
    """

    filled: int = 0
    proposed: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"{self.filled} cells filled, {self.proposed} proposals to look at"
        return "; ".join([text, *self.failures])


class Curator:
    """Asks the services about products, many at once."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.from_environment()
        self._simbad = Simbad(self.settings)
        self._filters = FilterProfiles(self.settings)

    @property
    def failures(self) -> list[str]:
        """Services that did not answer, and why."""
        return self._simbad.failures + self._filters.failures

    def propose(self, products: Sequence[Product]) -> list[list[Proposal]]:
        """For each product, what could fill its empty cells, the surest first.

        A service that does not answer proposes nothing and stands in :attr:`failures`; no error is raised.
        """
        names = {str(p.row["target_name"]) for p in products if _wants_object(p)}
        objects = self._simbad.resolve(sorted(names)) if names else {}
        return [self._of_objects(product, objects) + self._of_filter(product) for product in products]

    def curate(self, products: Sequence[Product]) -> Report:
        """Fill empty cells with what is sure enough; what is less sure becomes advice."""
        report = Report()
        for product, proposals in zip(products, self.propose(products)):
            for proposal in proposals:
                if proposal.confidence >= self.settings.threshold:
                    report.filled += proposal.accept(product)
                elif product.row[proposal.column] is None:
                    report.proposed += 1
                    product.problems.append(proposal.as_problem())
        report.failures = self.failures
        return report

    def _of_objects(self, product: Product, objects: dict[str, Object]) -> list[Proposal]:
        name = str(product.row["target_name"] or "")
        found = objects.get(name)
        if found is None:
            return []
        distance = _distance(product, found)
        detail, confidence = f"{found.main_id} in {found.source}", found.confidence
        if distance is not None and distance > _reach(product):
            detail, confidence = f"{detail}, but {distance:.1f}° from the product's position", 0.1
        values: list[tuple[str, str | float]] = []
        if distance is None:
            values += [("s_ra", found.ra), ("s_dec", found.dec)]
        if found.otype:
            values.append(("target_class", found.otype))
        return [
            Proposal(column, value, "simbad", confidence, detail, name)
            for column, value in values
            if product.row[column] is None
        ]

    def _of_filter(self, product: Product) -> list[Proposal]:
        text = product.filter
        if not text or product.row["em_min"] is not None or product.row["em_max"] is not None:
            return []
        facility, instrument = (str(product.row[c] or "") for c in ("facility_name", "instrument_name"))
        matches = self._filters.resolve(text, facility, instrument)
        return [proposal for match in matches[:1] for proposal in _band(match, text)]


def _wants_object(product: Product) -> bool:
    row = product.row
    return is_name(str(row["target_name"] or "")) and (row["s_ra"] is None or row["target_class"] is None)


def _distance(product: Product, found: Object) -> float | None:
    ra, dec = product.row["s_ra"], product.row["s_dec"]
    if not isinstance(ra, float) or not isinstance(dec, float):
        return None
    return separation(ra, dec, found.ra, found.dec)


def _reach(product: Product) -> float:
    """How far an object may lie from a product's centre and still be its target."""
    fov = product.row["s_fov"]
    return min(_FAR, max(_NEAR, fov)) if isinstance(fov, float) else _NEAR


def _band(match: Match, text: str) -> list[Proposal]:
    detail = f"{match.filter.filter_id}: {match.why}"
    return [
        Proposal("em_min", match.filter.low, "svo", match.confidence, detail, text),
        Proposal("em_max", match.filter.high, "svo", match.confidence, detail, text),
    ]
