"""Data formats for gamma-ray astronomy (GADF 0.2, 0.3) and VODF: H.E.S.S., MAGIC, VERITAS, FACT, CTAO, HAWC."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.problems import Problem
from ..evidence import Evidence
from ..position import keyword_position
from ..products import role
from ..rules import Computed, Found, Instrument, Keyword, written
from ..scope import Scope
from .xray import PHOTONS


def event_type(scope: Scope) -> Iterator[Found]:
    """An event list with its responses in one file is an event bundle."""
    if scope.kind != "events":
        return
    responses = [h for h in scope.reading.hdus if role(h) == "response"]
    term = "event-bundle" if responses else "event-list"
    detail = f"GADF: {len(responses)} responses in the file"
    yield Found("dataproduct_subtype", term, Evidence("dataproduct_subtype", "instrument", detail, scope.first.index))


def pointing(scope: Scope) -> Iterator[Found]:
    """The pointing: what wobbles about it is the object."""
    if scope.kind != "events":
        return
    found = list(keyword_position(scope, (("RA_PNT", "DEC_PNT"), ("RA_OBJ", "DEC_OBJ"))))
    yield from found
    if not found:
        scope.problems.append(
            Problem("attention", "pointing-missing", "RA_PNT and DEC_PNT are missing", "s_ra", scope.first.index)
        )


GADF = Instrument(
    "GADF",
    written(HDUCLASS="GADF|VODF|OGIP-GADF"),
    (
        Computed(("dataproduct_subtype",), event_type),
        Computed(("s_ra", "s_dec"), pointing),
        Keyword("t_exptime", ("LIVETIME", "ONTIME", "EXPOSURE")),
        Keyword("obs_mode", ("OBS_MODE",)),
        Keyword("instrument_name", ("INSTRUME", "SUBARRAY")),
        Keyword("tracking_mode", ("TRACK_MODE", "OBS_MODE")),
        Keyword("event_type", ("EV_CLASS",)),
        *PHOTONS,
    ),
)
