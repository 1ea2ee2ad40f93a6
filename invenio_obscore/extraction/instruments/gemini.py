"""Gemini Observatory: raw frames, and what IRAF's gemini package and DRAGONS make of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rules import Computed, Found, Instrument, Keyword, written
from ..scope import Scope

#: Cards that a reduction step leaves.
_STEPS = (
    "GEM-TLM", "PREPARE", "GPREPARE", "GIREDUCE", "NPREPARE", "NSPREPARE", "NSREDUCE", "GSREDUCE", "NISKY",
    "NIFLAT", "NIREDUCE", "PROCSCI", "SDZSTRUC", "FLATCORR", "BIASCORR", "SKYCORR", "STACKFRM", "PREPARED",
)  # fmt: skip


def level(scope: Scope) -> Iterator[Found]:
    """Raw unless a step left its card."""
    step = next((keyword for keyword in _STEPS if any(keyword in h.header for h in scope.order)), None)
    if step is None:
        yield Found("calib_level", 1, Evidence("calib_level", "instrument", "Gemini: no reduction step"))
        return
    yield Found("calib_level", 2, Evidence("calib_level", "instrument", f"Gemini: {step}"))


GEMINI = Instrument(
    "Gemini",
    written(TELESCOP="GEMINI", OBSERVAT="GEMINI"),
    (
        Computed(("calib_level",), level),
        Keyword("proposal_id", ("GEMPRGID",)),
        Keyword("obs_id", ("OBSID", "DATALAB")),
    ),
)
