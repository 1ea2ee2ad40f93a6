"""James Webb Space Telescope, as its calibration pipeline writes headers (JWST keyword dictionary)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fits.problems import Problem
from ...obscore.regions import Region, parse_region
from ..evidence import Evidence
from ..rules import Computed, Found, Instrument, Keyword, written
from ..scope import Hit, Scope
from ..times import julian

_LEVELS = {
    "uncal": 1, "dark": 1, "rate": 2, "rateints": 2, "cal": 2, "calints": 2, "x1dints": 2, "s2d": 3, "i2d": 3,
    "x1d": 3, "c1d": 3, "s3d": 3, "crf": 2, "cat": 4, "segm": 3, "whtlt": 3,
}  # fmt: skip
_SUFFIX = re.compile(r"_([a-z0-9]+)\.fits", re.I)


def region(hit: Hit, scope: Scope) -> Region | None:
    """The region that the pipeline computed from its own, fuller coordinate system."""
    try:
        return parse_region(str(hit.value))
    except ValueError as error:
        scope.problems.append(Problem("advice", "region-unreadable", f"S_REGION: {error}", "s_region", hit.hdu.index))
        return None


def level(scope: Scope) -> Iterator[Found]:
    """Level by the suffix of the file name that the pipeline gave."""
    for name in (scope.text("FILENAME"), scope.reading.name):
        match = _SUFFIX.search(name)
        if match and match[1].lower() in _LEVELS:
            yield Found(
                "calib_level",
                _LEVELS[match[1].lower()],
                Evidence("calib_level", "instrument", f"JWST: suffix {match[1]}"),
            )
            return


_SPECTROSCOPY = re.compile(r"NRS_(FIXEDSLIT|MSASPEC|IFU|BRIGHTOBJ)|MIR_(LRS|MRS)|NIS_SOSS|NRC_TSGRISM", re.I)


def exposure_type(scope: Scope) -> Iterator[Found]:
    """Frames and ramps (columns, rows, groups, integrations) are what EXP_TYPE says: dispersed light, or pictures."""
    hit = scope.find("EXP_TYPE")
    if hit is None or scope.kind not in ("image", "cube"):
        return
    kind = "spectrum" if _SPECTROSCOPY.match(str(hit.value)) else "image"
    yield Found("dataproduct_type", kind, hit.evidence("dataproduct_type", "instrument", "JWST: "))


JWST = Instrument(
    "JWST",
    written(TELESCOP="JWST"),
    (
        Computed(("dataproduct_type",), exposure_type),
        Keyword("target_name", ("TARGPROP", "TARGNAME")),
        Keyword("s_region", ("S_REGION",), convert=region),
        Keyword("t_min", ("EXPSTART",), convert=julian),
        Keyword("t_max", ("EXPEND",), convert=julian),
        Keyword("t_exptime", ("EFFEXPTM", "XPOSURE", "TEXPTIME", "DURATION")),
        Keyword("proposal_id", ("PROGRAM",)),
        Keyword("obs_id", ("OBS_ID",)),
        Computed(("calib_level",), level),
    ),
)
