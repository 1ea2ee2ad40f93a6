"""James Webb Space Telescope, as its calibration pipeline writes headers (JWST keyword dictionary)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fits.problems import Problem
from ...obscore.regions import Region, parse_region
from ..evidence import Evidence
from ..rules import Computed, Found, Instrument, Keyword, written
from ..scope import Hit, Scope
from ..spectra import SOURCES
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


#: Wavelengths (µm) of NIRSpec's dispersers by their filters, of MIRI's channels and bands, and of the other modes
#: (JWST User Documentation); and the resolving power about the middle.
_NIRSPEC = {
    "F070LP": (0.7, 1.27), "F100LP": (0.97, 1.89), "F170LP": (1.66, 3.17), "F290LP": (2.87, 5.27), "CLEAR": (0.6, 5.3),
}  # fmt: skip
_MIRI = {
    "1SHORT": (4.9, 5.74), "1MEDIUM": (5.66, 6.63), "1LONG": (6.53, 7.65), "2SHORT": (7.51, 8.77),
    "2MEDIUM": (8.67, 10.13), "2LONG": (10.01, 11.7), "3SHORT": (11.55, 13.47), "3MEDIUM": (13.34, 15.57),
    "3LONG": (15.41, 17.98), "4SHORT": (17.7, 20.95), "4MEDIUM": (20.69, 24.48), "4LONG": (24.4, 27.9),
    "12SHORT": (4.9, 8.77), "12MEDIUM": (5.66, 10.13), "12LONG": (6.53, 11.7),
    "34SHORT": (11.55, 20.95), "34MEDIUM": (13.34, 24.48), "34LONG": (15.41, 27.9),
}  # fmt: skip
_MODES = {"MIR_LRS": (5.0, 14.0), "NIS_SOSS": (0.6, 2.8)}
_POWERS = {"PRISM": 100.0, "M": 1000.0, "H": 2700.0}


def dispersed_band(scope: Scope) -> Iterator[Found]:
    """Nominal wavelengths of dispersed exposures, whose own coordinates are in an ASDF extension that is no FITS."""
    if not _SPECTROSCOPY.match(scope.text("EXP_TYPE")) or any(
        f.column == "em_min" for source in SOURCES for f in source(scope)
    ):
        return
    instrument = scope.text("INSTRUME").upper()
    bounds = next((bounds for start, bounds in _MODES.items() if scope.text("EXP_TYPE").startswith(start)), None)
    if instrument == "NIRSPEC":
        bounds = _NIRSPEC.get(scope.text("FILTER").upper())
    elif bounds is None and instrument == "MIRI":
        channel = scope.find("CHANNEL")
        bounds = _MIRI.get(f"{channel.value if channel else ''}{scope.text('BAND')}".replace(" ", "").upper())
    if bounds is not None:
        detail = f"JWST: nominal range of {instrument} {scope.text('GRATING', 'FILTER', 'BAND')}"
        for column, micrometres in zip(("em_min", "em_max"), bounds):
            yield Found(column, micrometres * 1e-6, Evidence(column, "instrument", detail))


def resolving_power(scope: Scope) -> Iterator[Found]:
    """Nominal resolving power of NIRSpec's prism and its gratings of medium and high resolution."""
    grating = scope.text("GRATING").upper()
    power = _POWERS.get(grating) or _POWERS.get(grating[-1:])
    if scope.text("INSTRUME").upper() == "NIRSPEC" and power and _SPECTROSCOPY.match(scope.text("EXP_TYPE")):
        yield Found("em_res_power", power, Evidence("em_res_power", "instrument", f"JWST: nominal for {grating}"))


JWST = Instrument(
    "JWST",
    written(TELESCOP="JWST"),
    (
        Computed(("dataproduct_type",), exposure_type),
        Computed(("em_min", "em_max"), dispersed_band),
        Computed(("em_res_power",), resolving_power),
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
