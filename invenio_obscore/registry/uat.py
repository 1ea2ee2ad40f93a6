"""Concepts of the Unified Astronomy Thesaurus (UAT 5.1) that follow from ObsCore columns.

The Unified Astronomy Thesaurus is licensed under CC BY-SA 3.0 (https://astrothesaurus.org); only names and numbers of
its concepts stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SCHEME = "Unified Astronomy Thesaurus"
SCHEME_URI = "https://astrothesaurus.org"
#: What the licence wants to be said where concepts are named.
NOTICE = (
    f"Subjects are concepts of the {SCHEME} ({SCHEME_URI}), which is licensed under CC BY-SA 3.0 "
    "(https://creativecommons.org/licenses/by-sa/3.0/)."
)


@dataclass(frozen=True)
class Concept:
    """A concept: preferred label and number."""

    label: str
    number: int

    @property
    def uri(self) -> str:
        """Identifier of the concept."""
        return f"http://astrothesaurus.org/uat/{self.number}"

    @property
    def ivoa_term(self) -> str:
        """The term of ``http://www.ivoa.net/rdf/uat``: lower case, words joined by hyphens."""
        return self.label.lower().replace(" ", "-")


OBSERVATIONAL = Concept("Observational astronomy", 1145)

#: VODataService's name of a spectral band → the concept.
OF_BAND = {
    "Radio": Concept("Radio astronomy", 1338),
    "Millimeter": Concept("Millimeter astronomy", 1061),
    "Infrared": Concept("Infrared astronomy", 786),
    "Optical": Concept("Optical astronomy", 1776),
    "UV": Concept("Ultraviolet astronomy", 1736),
    "EUV": Concept("Extreme ultraviolet astronomy", 2170),
    "X-ray": Concept("X-ray astronomy", 1810),
    "Gamma-ray": Concept("Gamma-ray astronomy", 628),
}

#: ``dataproduct_type`` → the concept.
OF_PRODUCT_TYPE = {
    "image": Concept("Direct imaging", 387),
    "cube": Concept("Spectroscopy", 1558),
    "spectrum": Concept("Spectroscopy", 1558),
    "sed": Concept("Spectral energy distribution", 2129),
    "timeseries": Concept("Time series analysis", 1916),
    "visibility": Concept("Interferometry", 808),
}


def concepts(bands: Iterable[str], product_types: Iterable[str]) -> Iterator[Concept]:
    """Concepts of bands, then of product types, each once."""
    seen = set()
    for table, terms in ((OF_BAND, bands), (OF_PRODUCT_TYPE, product_types)):
        for term in terms:
            concept = table.get(term)
            if concept is not None and concept not in seen:
                seen.add(concept)
                yield concept
