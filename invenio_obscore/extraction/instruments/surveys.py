"""Imaging surveys and cameras whose band a keyword of their own tells, or that have only one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astropy import units as u

from ...fits.spectral import from_values
from ..band_tables import IRAS
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope


def exposure_in_minutes(scope: Scope) -> Iterator[Found]:
    """EXPOSURE of scanned plates (DSS) is in minutes."""
    hit = scope.find("EXPOSURE")
    number = hit.hdu.header.number("EXPOSURE") if hit else None
    if hit is not None and number:
        scope.facts.setdefault("exposure", number * 60)
        yield Found("t_exptime", number * 60, hit.evidence("t_exptime", "instrument", "DSS, in minutes: "))


def iras_band(scope: Scope) -> Iterator[Found]:
    """IRAS maps say their band by its number, or its wavelength in micrometres."""
    for hit in scope.hits("BAND", "BAND_NO", "WAVELENG", "WAVELNTH"):
        number = hit.hdu.header.number(hit.keyword)
        bounds = IRAS.get(f"{number:g}") if number is not None else None
        if bounds is not None:
            for column, nanometres in zip(("em_min", "em_max"), bounds):
                yield Found(column, nanometres * 1e-9, hit.evidence(column, "instrument", "IRAS: band "))
            return


#: Band → centre and width in GHz (Jarosik et al. 2003 for WMAP; nominal ones of ACT's arrays).
_MICROWAVES = {
    "K": (22.8, 5.5), "KA": (33.0, 7.0), "Q": (40.7, 8.3), "V": (60.8, 14.0), "W": (93.5, 20.5),
    "F090": (97.0, 30.0), "F150": (149.0, 40.0), "F220": (225.0, 70.0),
}  # fmt: skip


def microwave_band(scope: Scope) -> Iterator[Found]:
    """FREQ of maps of WMAP and ACT: a band's name."""
    hit = scope.find("FREQ", "BAND")
    band = _MICROWAVES.get(str(hit.value).strip().upper()) if hit else None
    result = from_values(band[0] - band[1] / 2, band[0] + band[1] / 2, "GHz") if band else None
    if hit is not None and result is not None:
        for column, value in (("em_min", result.low), ("em_max", result.high)):
            yield Found(column, value, hit.evidence(column, "instrument", "band "))


#: Centre (GHz) → part of it that a band is wide (Planck 2013 results II and VI: about 20 and 33 %).
_PLANCK = {30: 0.2, 44: 0.2, 70: 0.2, 100: 0.33, 143: 0.33, 217: 0.33, 353: 0.33, 545: 0.33, 857: 0.33}


def planck_band(scope: Scope) -> Iterator[Found]:
    """FREQ of Planck's maps: gigahertz as a text."""
    hit = scope.find("FREQ", "FREQUENC")
    match = re.match(r"0*(\d{2,3})(?![\d.]*[1-9])", str(hit.value).strip()) if hit else None
    width = _PLANCK.get(int(match[1])) if match else None
    if hit is None or match is None or width is None:
        return
    centre = float(match[1])
    result = from_values(centre * (1 - width / 2), centre * (1 + width / 2), "GHz")
    if result is not None:
        for column, value in (("em_min", result.low), ("em_max", result.high)):
            yield Found(column, value, hit.evidence(column, "instrument", "Planck, nominal width about "))


def wise_level(scope: Scope) -> Iterator[Found]:
    """Atlas images are made of many frames; a frame has a scan and a number in it."""
    frame = scope.find("FRNUM", "FRAME_NUM", "SCAN", "EXPTIME")
    level = 2 if frame and not scope.has("COADDID", "NUMFRMS") else 3
    yield Found("calib_level", level, Evidence("calib_level", "instrument", "WISE: COADDID, NUMFRMS or none"))


def spitzer_level(scope: Scope) -> Iterator[Found]:
    """Post-BCD mosaics are combined; basic calibrated data are not, raw data (DCE) not even calibrated."""
    name = f"{scope.text('FILENAME')} {scope.reading.name}".lower()
    level = next((level for word, level in _SPITZER_NAMES if word in name), None)
    if level is not None:
        yield Found("calib_level", level, Evidence("calib_level", "instrument", f"Spitzer: name {name.strip()[:60]}"))


_SPITZER_NAMES = (("maic", 3), ("mosaic", 3), ("_mos", 3), ("_bcd", 2), ("_cbcd", 2), ("_raw", 1), ("_dce", 1))


SURVEYS: tuple[Instrument, ...] = (
    Instrument(
        "DSS",
        lambda scope: scope.has("PLTLABEL", "PLATEID") and scope.has("PPO3", "AMDX1", "SCANNUM"),
        (
            Computed(("t_exptime",), exposure_in_minutes),
            Constant("calib_level", 2, "scanned plates with a plate solution"),
        ),
    ),
    Instrument("IRAS", written(TELESCOP="IRAS"), (Computed(("em_min", "em_max"), iras_band),)),
    Instrument(
        "Planck",
        written(TELESCOP="PLANCK"),
        (Computed(("em_min", "em_max"), planck_band), Constant("calib_level", 3, "maps of many scans")),
    ),
    Instrument("WMAP, ACT", written(TELESCOP="WMAP|ACT$"), (Computed(("em_min", "em_max"), microwave_band),)),
    Instrument(
        "Spitzer",
        written(TELESCOP="SPITZER|SIRTF"),
        (
            Computed(("calib_level",), spitzer_level),
            Keyword("obs_id", ("AORKEY",)),
            Keyword("proposal_id", ("PROGID",)),
            Keyword("t_exptime", ("EXPTOT_T", "EXPTIME"), unit=u.s),
        ),
    ),
    Instrument(
        "2MASS",
        written(ORIGIN="2MASS", INSTRUME="2MASS"),
        (Constant("calib_level", 3, "atlas images, of six frames each"),),
    ),
    Instrument("NEOSSat", written(TELESCOP="NEOSSAT", INSTRUME="NEOSSAT"), (Keyword("target_name", ("OBJECT",)),)),
    Instrument(
        "GALEX",
        written(TELESCOP="GALEX"),
        (Keyword("obs_id", ("OBJECT",)), Constant("calib_level", 3, "pipeline maps")),
    ),
    Instrument(
        "WISE",
        written(TELESCOP="WISE|NEOWISE"),
        (Computed(("calib_level",), wise_level), Keyword("obs_id", ("COADDID",))),
    ),
    Instrument(
        "Keck",
        written(TELESCOP="KECK"),
        (Keyword("obs_id", ("KOAID",)), Keyword("proposal_id", ("PROGID", "PROGTITL"))),
    ),
    Instrument(
        "Haute-Provence",
        written(TELESCOP="OHP"),
        (
            Keyword("target_name", ("OBJECT", "OHP TARG NAME")),
            Keyword("t_exptime", ("EXPTIME", "OHP CCD DIT"), unit=u.s),
            Keyword("proposal_id", ("OHP OBS PROG ID",)),
        ),
    ),
)
