"""The rules that hold for any file, after an instrument's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astropy import units as u

from ..fits.values import card_unit, comment_time_unit, iso_from_mjd, parse_clock, parse_date
from ..fits.wcs import image_shape
from ..obscore.vocabularies import pol_states_text
from .calibration import calib_level
from .energy import event_energies, events, good_time_bounds, good_time_exposure
from .event_fields import data_region, defined_window
from .evidence import Evidence
from .observable import observable
from .position import (
    column_position,
    coverage,
    image_pixels,
    image_sky,
    is_dark,
    keyword_position,
    reference_position,
)
from .products import KINDS
from .rules import Computed, Found, Keyword, Rules
from .scope import Hit, Scope
from .series import frames, image_time_axis, series
from .sky_maps import sky_map
from .spectra import SOURCES
from .times import plausible, time_bounds, time_unit

# Product type


def product_type(scope: Scope) -> Iterator[Found]:
    """Type and finer type, from what the HDUs are."""
    kind = KINDS[scope.kind]
    rule = f"{scope.facts['house']}: " if "house" in scope.facts else ""
    detail = f"{rule}HDU {scope.first.index} is {'an' if scope.kind[0] in 'aeiou' else 'a'} {scope.kind}"
    if kind.type:
        yield Found(
            "dataproduct_type",
            kind.type,
            Evidence("dataproduct_type", "house" if rule else "file", detail, scope.first.index),
        )
    if kind.subtype:
        yield Found(
            "dataproduct_subtype", kind.subtype, Evidence("dataproduct_subtype", "file", detail, scope.first.index)
        )


# Spectrum


def spectrum(scope: Scope) -> Iterator[Found]:
    """The first source that says what the product covers; a later one only adds what is still missing."""
    for source in SOURCES:
        found = list(source(scope))
        yield from found
        if any(f.column == "em_min" for f in found):
            return
    if scope.kind in ("spectrum", "slit spectrum"):
        yield from _dispersed_pixels(scope)


def _dispersed_pixels(scope: Scope) -> Iterator[Found]:
    """Samples of a spectrum whose wavelengths nothing tells: DISPAXIS, else the longest axis."""
    shape = image_shape(scope.first.header)
    if (
        not shape
        or "XTENSION" in scope.first.header
        and scope.first.header.text("XTENSION") == "BINTABLE"
        and not scope.first.header.flag("ZIMAGE")
    ):
        return
    axis = scope.first.header.integer("DISPAXIS")
    if not 1 <= axis <= len(shape):
        axis = shape.index(max(shape)) + 1 if scope.kind == "spectrum" else 0
    if axis:
        yield Found("em_xel", shape[axis - 1], Evidence("em_xel", "keyword", f"NAXIS{axis}", scope.first.index))


# Polarisation

#: STOKES axis values (FITS 4.0, table 28).
STOKES = {
    1: "I", 2: "Q", 3: "U", 4: "V", -1: "RR", -2: "LL", -3: "RL", -4: "LR", -5: "XX", -6: "YY", -7: "XY", -8: "YX",
}  # fmt: skip


def polarisation(scope: Scope) -> Iterator[Found]:
    """States of a STOKES axis."""
    header = scope.first.header
    for axis, length in enumerate(image_shape(header), start=1):
        if str(header.get(f"CTYPE{axis}", "")).upper().strip() != "STOKES" or not 1 <= length <= 12:
            continue
        first = (header.number(f"CRVAL{axis}") or 0) - ((header.number(f"CRPIX{axis}") or 1) - 1) * (
            header.number(f"CDELT{axis}") or 1
        )
        step = header.number(f"CDELT{axis}") or 1
        states = [STOKES.get(round(first + n * step), "") for n in range(length)]
        text = pol_states_text(states)
        if text:
            evidence = Evidence("pol_states", "wcs", f"STOKES axis {axis}", scope.first.index)
            yield Found("pol_states", text, evidence)
            yield Found(
                "pol_xel", text.count("/") - 1, Evidence("pol_xel", "wcs", f"STOKES axis {axis}", scope.first.index)
            )
        return


# Time


_SECONDS_A_DAY = 86_400.0


def exposure(hit: Hit, scope: Scope) -> float | None:
    """Seconds; minutes or days where the card says so."""
    number = hit.hdu.header.number(hit.keyword)
    clock = parse_clock(hit.value) if number is None and isinstance(hit.value, str) else None
    if clock is not None:
        scope.facts.setdefault("exposure", clock * _SECONDS_A_DAY)
        return clock * _SECONDS_A_DAY
    if number is None or number < 0:
        return None
    unit = card_unit(hit.hdu.header, hit.keyword) or comment_time_unit(hit.hdu.header, hit.keyword)
    seconds = float(unit.to(u.s, number)) if unit is not None and unit.is_equivalent(u.s) else number
    scope.facts.setdefault("exposure", seconds)
    return seconds


def positive(hit: Hit, scope: Scope) -> float | None:
    """A number above zero; zero means that nothing was written."""
    number = hit.hdu.header.number(hit.keyword)
    return number if number is not None and number > 0 else None


def beam(hit: Hit, scope: Scope) -> float | None:
    """Arcseconds of a restoring beam's major axis in degrees (AIPS, CASA)."""
    number = hit.hdu.header.number(hit.keyword)
    return number * 3600 if number is not None and 0 < number < 10 else None


def seeing(hit: Hit, scope: Scope) -> float | None:
    """Arcseconds of a plausible seeing or image quality."""
    number = hit.hdu.header.number(hit.keyword)
    return number if number is not None and 0.01 < number < 100 else None


def aperture(hit: Hit, scope: Scope) -> float | None:
    """A fibre's or slit's width in degrees, of a spectrum whose card's size is plausible as degrees (ESO phase 3)."""
    number = hit.hdu.header.number(hit.keyword)
    return number if number is not None and scope.kind == "spectrum" and 1e-5 < number < 0.1 else None


def resolution(hit: Hit, scope: Scope) -> float | None:
    """Seconds between samples, in the header's time unit."""
    number = hit.hdu.header.number(hit.keyword)
    if number is None or number <= 0:
        return None
    return float(time_unit(hit.hdu.header, scope.primary.header, hit.keyword).to(u.s, number))


def name(hit: Hit, scope: Scope) -> str | None:
    """A name as it is written, blanks at both ends and runs of them aside."""
    return " ".join(str(hit.value).split()) or None


#: What healpy and the Planck archive write into OBJECT.
_NO_TARGETS = ("FULLSKY", "PARTIAL")


def target(hit: Hit, scope: Scope) -> str | None:
    """A target's name as it is written; a map's extent is none."""
    text = str(hit.value).strip()
    return None if scope.kind == "sky map" and text.upper() in _NO_TARGETS else text or None


def plain_text(hit: Hit, scope: Scope) -> str | None:
    """A short text."""
    return hit.value.strip()[:80] if isinstance(hit.value, str) else None


def creation(hit: Hit, scope: Scope) -> str | None:
    """A date of creation as DALI writes it."""
    parsed = parse_date(str(hit.value))
    return iso_from_mjd(parsed[0]) if parsed and plausible(parsed[0]) else None


_BIBCODE = re.compile(r"\d{4}[A-Za-z&.]{2,9}[\w.]{4,14}[A-Z.]$")
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)$", re.I)


def reference_code(hit: Hit, scope: Scope) -> str | None:
    """A bibcode or a DOI (as ``doi:10.…``)."""
    text = str(hit.value).strip()
    if _BIBCODE.match(text):
        return text
    match = _DOI.match(text)
    return f"doi:{match[1]}" if match else None


_EXPOSURES = (
    "XPOSURE", "EXPTIME", "EXPOSURE", "ONTIME", "LIVETIME", "TEXPTIME", "ITIME", "EXP_TIME", "EXPTOT", "INTTIME",
    "TEXP", "T_TOT", "DURATION", "EXPT", "TOTEXP",
    "EXP-TIME", "EXPOTIME", "TOTALEXP", "INT_TIME", "OBSTIME", "EXPT_S", "SHUTTIME", "ELAPTIME", "OBJTIME",
)  # fmt: skip
#: Thirty years: more is no exposure, but a time of the day's clock.
_LONGEST_EXPOSURE = 1e9
#: OGIP: EXPTIME is often one frame's time there, EXPOSURE all of it, corrected for dead time.
_EXPOSURES_HIGH_ENERGY = ("EXPOSURE", "LIVETIME", "ONTIME")


def exposure_time(scope: Scope) -> Iterator[Found]:
    """Exposure in seconds: XPOSURE, EXPTIME and their kin; EXPOSURE first where times are OGIP's."""
    ogip = "TSTART" in scope.first.header or (scope.first.header.text("HDUCLASS") or "").upper() == "OGIP"
    for hit in scope.hits(*(_EXPOSURES_HIGH_ENERGY if ogip else ()), *_EXPOSURES):
        seconds = exposure(hit, scope)
        if seconds is None and hit.hdu.header.number(hit.keyword) is None:
            scope.not_a_number(hit, "t_exptime")
        if seconds is not None and seconds > _LONGEST_EXPOSURE:
            message = f"{hit.keyword} = {seconds:g} s is longer than any observation; it is left out"
            scope.problem("attention", "exposure-implausible", message, column="t_exptime", hdu=hit.hdu.index)
            continue
        # Nothing at all is the exposure of a bias; of a picture of the sky it means that nobody filled it in.
        if seconds or (seconds == 0 and scope.kind == "image" and (is_dark(scope) or coverage(scope) is None)):
            yield Found("t_exptime", seconds, hit.evidence("t_exptime"))
            return


GENERIC: Rules = (
    Computed(("dataproduct_type", "dataproduct_subtype"), product_type),
    # where
    Computed(("s_ra", "s_dec", "s_region", "s_fov", "s_pixel_scale"), image_sky),
    Computed(("s_ra", "s_dec", "s_fov", "s_region"), data_region),
    Computed(("s_fov", "s_region"), defined_window),
    Computed(("s_fov", "s_region", "s_pixel_scale"), sky_map),
    Computed(("s_ra", "s_dec"), keyword_position),
    Computed(("s_ra", "s_dec"), column_position),
    Computed(("s_ra", "s_dec"), reference_position),
    Computed(("s_xel1", "s_xel2"), image_pixels),
    Keyword("s_resolution", ("BMAJ",), convert=beam),
    Keyword(
        "s_resolution", ("SEEING", "FWHM", "PSF_FWHM", "IQFINAL", "ESO TEL IA FWHM"), unit=u.arcsec, convert=seeing
    ),
    Keyword("s_fov", ("APERTURE",), unit=u.deg, convert=aperture),
    # spectrum
    Computed(("em_min", "em_max", "em_xel", "em_ucd", "em_unit"), spectrum),
    Computed(("em_min", "em_max", "em_ucd", "em_unit"), event_energies),
    Keyword(
        "em_res_power",
        ("SPEC_RES", "SPECRES", "RESOLVPW", "RESPOWER", "SPEC_RP", "RESOLUTN", "SPECRP"),
        convert=positive,
    ),
    # when
    Computed(("t_xel", "t_min", "t_max"), series),
    Computed(("t_exptime",), exposure_time),
    Computed(("t_exptime",), good_time_exposure),
    Computed(("t_xel", "t_min", "t_max"), image_time_axis),
    Computed(("t_min", "t_max"), time_bounds),
    Computed(("t_min", "t_max"), good_time_bounds),
    Computed(("t_xel",), frames),
    Keyword("t_resolution", ("TIMEDEL", "FRAMETIM"), unit=u.s, convert=resolution),
    Computed(("pol_states", "pol_xel"), polarisation),
    # what, and who
    Keyword(
        "target_name",
        ("OBJECT", "TARGNAME", "TARGET", "OBJNAME", "SRCNAME", "TARG_ID", "OBJ_NAME", "FIELD"),
        convert=target,
    ),
    Keyword(
        "facility_name",
        ("TELESCOP", "OBSERVAT", "MISSION", "FACILITY", "TELESCOPE", "OBSVTORY", "FPA.TELESCOPE"),
        convert=name,
    ),
    Keyword("instrument_name", ("INSTRUME", "INSTRUMENT", "DETNAM", "FPA.INSTRUMENT", "DETECTOR"), convert=name),
    Keyword(
        "proposal_id",
        (
            "PROPOSID",
            "PROG_ID",
            "PROPID",
            "PROGID",
            "PROP_ID",
            "PROPOSAL",
            "GEMPRGID",
            "ESO OBS PROG ID",
            "PROJID",
            "PROGRAM",
        ),
    ),
    Keyword("obs_id", ("OBS_ID", "OBSID", "OBSERVID", "EXPID", "OBSNUM", "ROOTNAME", "OBSERVATION_ID")),
    Keyword("obs_title", ("TITLE", "OBSTITLE")),
    Keyword("obs_creator_name", ("AUTHOR", "PI_NAME", "PI-COI", "OBSERVER")),
    Keyword("obs_creation_date", ("DATE",), convert=creation),
    Keyword("bib_reference", ("REFERENC", "BIBCODE", "DOI"), convert=reference_code),
    Computed(("o_ucd", "o_unit"), observable),
    Computed(("ev_xel", "t_intervals"), events),
    Keyword("obs_mode", ("OBS_MODE", "OBSMODE", "SUBMODE", "DATAMODE"), convert=plain_text),
    Computed(("calib_level",), calib_level),
)
