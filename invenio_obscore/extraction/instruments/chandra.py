"""Chandra X-ray Observatory: EXPTIME there is the time of one frame, EXPOSURE that of the observation."""

from __future__ import annotations

from ..rules import Instrument, Keyword, written
from .xray import PHOTONS, field_of_view, nominal_band

CHANDRA = Instrument(
    "Chandra",
    written(TELESCOP="CHANDRA", MISSION="AXAF|CHANDRA"),
    (
        Keyword("t_exptime", ("EXPOSURE", "LIVETIME", "ONTIME")),
        Keyword("t_resolution", ("TIMEDEL",)),
        Keyword("obs_id", ("OBS_ID",)),
        nominal_band("Chandra", {"ACIS": (0.3, 10.0), "HRC": (0.1, 10.0)}),
        field_of_view("Chandra", {"ACIS": 0.4, "HRC": 0.71}),
        *PHOTONS,
    ),
)
