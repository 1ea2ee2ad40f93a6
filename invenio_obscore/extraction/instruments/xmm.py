"""XMM-Newton: pipeline products and SAS files."""

from __future__ import annotations

from ..rules import Instrument, Keyword, written
from .xray import PHOTONS, field_of_view, nominal_band

XMM = Instrument(
    "XMM-Newton",
    written(TELESCOP="XMM"),
    (
        Keyword("t_exptime", ("EXPOSURE", "LIVETIME", "ONTIME", "ONTIME01", "DURATION")),
        Keyword("obs_id", ("OBS_ID",)),
        nominal_band(
            "XMM-Newton", {"RGS": (0.33, 2.5), "EMOS": (0.15, 12.0), "EPN": (0.15, 15.0), "EPIC": (0.15, 12.0)}
        ),
        field_of_view("XMM-Newton", {"EMOS": 0.5, "EPN": 0.5, "EPIC": 0.5}),
        *PHOTONS,
    ),
)
