"""Imaging surveys and cameras whose band a keyword of their own tells, or that have only one."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope


def exposure_in_minutes(scope: Scope) -> Iterator[Found]:
    """EXPOSURE of scanned plates (DSS) is in minutes."""
    hit = scope.find("EXPOSURE")
    number = hit.hdu.header.number("EXPOSURE") if hit else None
    if hit is not None and number:
        yield Found("t_exptime", number * 60, hit.evidence("t_exptime", "instrument", "DSS, in minutes: "))


def raw_iras(scope: Scope) -> Iterator[Found]:
    """IRAS maps say their band in INSTRUME or the object (``BAND 4``)."""
    for number, micron in (("1", 12), ("2", 25), ("3", 60), ("4", 100)):
        if scope.text("BAND", "BAND_NO") == number:
            for column in ("em_min", "em_max"):
                yield Found(
                    column, float((micron * u.um).to_value(u.m)), Evidence(column, "instrument", f"IRAS: band {number}")
                )
            return


SURVEYS: tuple[Instrument, ...] = (
    Instrument(
        "DSS",
        lambda scope: scope.has("PLTLABEL", "PLATEID") and scope.has("PPO3", "AMDX1", "SCANNUM"),
        (
            Computed(("t_exptime",), exposure_in_minutes),
            Constant("calib_level", 2, "scanned plates with a plate solution"),
        ),
    ),
    Instrument("IRAS", written(TELESCOP="IRAS"), (Computed(("em_min", "em_max"), raw_iras),)),
    Instrument("NEOSSat", written(TELESCOP="NEOSSAT", INSTRUME="NEOSSAT"), (Keyword("target_name", ("OBJECT",)),)),
    Instrument(
        "GALEX",
        written(TELESCOP="GALEX"),
        (Keyword("obs_id", ("OBJECT",)), Constant("calib_level", 3, "pipeline maps")),
    ),
    Instrument("WISE", written(TELESCOP="WISE"), (Constant("calib_level", 3, "atlas images and calibrated frames"),)),
)
