"""Fermi LAT and GBM, as the Fermi Science Tools write them."""

from __future__ import annotations

from ..rules import Instrument, written
from .xray import PHOTONS, nominal_band

FERMI = Instrument(
    "Fermi",
    written(TELESCOP="GLAST|FERMI"),
    (
        nominal_band("Fermi", {"GBM": (8.0, 40_000.0), "LAT": (20_000.0, 3e8)}, kinds=("events", "light curve")),
        *PHOTONS,
    ),
)
