"""Hubble Space Telescope, as its pipelines (calstis, calacs, calwf3 …) and the older GEIS conversions write headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astropy import units as u

from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope
from ..times import julian

#: Suffix of the file name → level (HST Data Handbook, chapter 5).
_LEVELS = {
    "raw": 1, "uncal": 1, "rawtag": 1, "tag": 1, "d0m": 1, "d0f": 1, "d0h": 1, "spt": 0, "flt": 2, "flc": 2,
    "corrtag": 2, "crj": 2, "crc": 2, "c0m": 2, "c0f": 2, "c0h": 2, "c1h": 2, "c2f": 2, "c1f": 2, "x1d": 2, "sx1": 2,
    "x2d": 2, "sx2": 2, "ima": 2, "cal": 2, "mos": 3, "drz": 3, "drc": 3, "x1dsum": 3, "sci": 3, "cspec": 3, "aspec": 3,
}  # fmt: skip
_SUFFIX = re.compile(r"(?<=_)([a-z0-9]{3,7})(?=[_.]|$)", re.I)


def level(scope: Scope) -> Iterator[Found]:
    """Level by the suffix of the file name that the pipeline gave."""
    for name in (scope.text("FILENAME"), scope.reading.name):
        suffix = next((s.lower() for s in _SUFFIX.findall(name) if s.lower() in _LEVELS), None)
        if suffix is not None:
            yield Found("calib_level", _LEVELS[suffix], Evidence("calib_level", "instrument", f"HST: suffix {suffix}"))
            return
    if scope.text("DRIZCORR").upper() == "COMPLETE":
        yield Found("calib_level", 3, Evidence("calib_level", "instrument", "HST: DRIZCORR", None, "COMPLETE"))
    elif scope.text("FLATCORR", "FLT_CORR").upper() == "COMPLETE":
        yield Found("calib_level", 2, Evidence("calib_level", "instrument", "HST: FLATCORR", None, "COMPLETE"))


def _is_hst(scope: Scope) -> bool:
    if written(TELESCOP=r"HST$|HUBBLE")(scope):
        return True
    own = written(INSTRUME=r"(FOS|HRS|GHRS|FOC|WFPC2?|WFC3|ACS|STIS|COS|NICMOS)$")(scope)
    return own and scope.has("ROOTNAME", "PROPOSID", "EXPSTART", "FPKTTIME") and not scope.has("TELESCOP")


def groups(scope: Scope) -> Iterator[Found]:
    """The planes of a WFPC2 image converted from GEIS are its CCDs, no cube."""
    if scope.kind == "cube" and scope.text("INSTRUME").upper().startswith("WFPC"):
        yield Found("dataproduct_type", "image", Evidence("dataproduct_type", "instrument", "HST: the planes are CCDs"))


HST = Instrument(
    "HST",
    _is_hst,
    (
        Keyword("facility_name", ("TELESCOP",)),
        Constant("facility_name", "HST", "known by INSTRUME"),
        Keyword("target_name", ("TARGNAME",)),
        Keyword("t_min", ("EXPSTART", "TEXPSTRT"), convert=julian),
        Keyword("t_max", ("EXPEND", "TEXPEND"), convert=julian),
        Keyword("obs_id", ("ASN_ID", "ROOTNAME")),
        Keyword("proposal_id", ("PROPOSID",)),
        Keyword("s_resolution", ("PSFFWHM",), unit=u.arcsec),
        Computed(("calib_level",), level),
        Computed(("dataproduct_type",), groups),
    ),
)
