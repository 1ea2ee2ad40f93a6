"""The rules that hold for any file, after an instrument's own."""

from __future__ import annotations

import math
from collections.abc import Iterator

from astropy import units as u

from ..errors import FitsError
from ..fits.frames import equatorial
from ..fits.sky import SkyCoverage, join, sky_coverage
from ..fits.values import card_unit, comment_time_unit, parse_angle
from ..fits.wcs import image_shape
from ..obscore.vocabularies import pol_states_text
from .evidence import Evidence
from .products import KINDS
from .rules import Computed, Found, Keyword, Rules
from .scope import Hit, Scope
from .spectra import SOURCES
from .times import time_bounds

# Product type


def product_type(scope: Scope) -> Iterator[Found]:
    """Type and finer type, from what the HDUs are."""
    kind = KINDS[scope.kind]
    detail = f"HDU {scope.first.index} is {'an' if scope.kind[0] in 'aeiou' else 'a'} {scope.kind}"
    if kind.type:
        yield Found("dataproduct_type", kind.type, Evidence("dataproduct_type", "file", detail, scope.first.index))
    if kind.subtype:
        yield Found("dataproduct_subtype", kind.subtype, Evidence("dataproduct_subtype", "file", detail, scope.first.index))


# Position

#: Pairs of right ascension and declination, in order of preference.
_POSITIONS = (
    ("RA_TARG", "DEC_TARG"), ("RA", "DEC"), ("OBJCTRA", "OBJCTDEC"), ("RA_OBJ", "DEC_OBJ"), ("RA_PNT", "DEC_PNT"),
    ("RA_NOM", "DEC_NOM"), ("OBJRA", "OBJDEC"), ("OBSRA", "OBSDEC"), ("TELRA", "TELDEC"), ("RA_DEG", "DEC_DEG"), ("RADEG", "DECDEG"), ("MEANRA", "MEANDEC"), ("CRVAL1_RA", "CRVAL2_DEC"),
    ("TARGRA", "TARGDEC"), ("RA_TEL", "DEC_TEL"), ("TARG_RA", "TARG_DEC"), ("CAT-RA", "CAT-DEC"), ("PLUG_RA", "PLUG_DEC"), ("APRA", "APDEC"), ("RA2000", "DEC2000"),
)  # fmt: skip
_POINTINGS = (("RA_PNT", "DEC_PNT"), ("RA_NOM", "DEC_NOM"))


def _angle(hit: Hit, *, hours_if_sexagesimal: bool) -> float | None:
    """Degrees of an angle card; a sexagesimal right ascension is in hours."""
    if isinstance(hit.value, bool):
        return None
    parsed = parse_angle(str(hit.value)) if isinstance(hit.value, str) else (float(hit.value), False)
    if parsed is None or not math.isfinite(parsed[0]):
        return None
    value, sexagesimal = parsed
    unit = card_unit(hit.hdu.header, hit.keyword)
    comment = hit.hdu.header.comment(hit.keyword).lower()
    if sexagesimal:
        return value * 15 if hours_if_sexagesimal else value
    if unit is not None and unit.is_equivalent(u.deg):
        return float(unit.to(u.deg, value))
    if hours_if_sexagesimal and ((unit is not None and unit == u.h) or "hours" in comment or "(hr" in comment):
        return value * 15
    return value


def keyword_position(scope: Scope, pairs: tuple[tuple[str, str], ...] = _POSITIONS) -> Iterator[Found]:
    """A position that keywords give, turned to ICRS by the header's equinox."""
    for ra_name, dec_name in pairs:
        for ra_hit in scope.hits(ra_name):
            dec_hit = scope.find(dec_name, hdus=[ra_hit.hdu])
            if dec_hit is None:
                continue
            ra, dec = _angle(ra_hit, hours_if_sexagesimal=True), _angle(dec_hit, hours_if_sexagesimal=False)
            if ra is None or dec is None or not (-360 <= ra <= 360 and -90 <= dec <= 90) or (ra == 0 and dec == 0):
                continue
            frame = equatorial(ra_hit.hdu.header)
            if frame.system == "ICRS":
                frame = equatorial(scope.primary.header)
            ra, dec = frame.position(ra, dec)
            yield Found("s_ra", ra, ra_hit.evidence("s_ra"))
            yield Found("s_dec", dec, dec_hit.evidence("s_dec"))
            return


def coverage(scope: Scope) -> SkyCoverage | None:
    """The product's sky coverage from its images' WCS, worked out once."""
    if "sky" not in scope.facts:
        scope.facts["sky"] = _coverage(scope)
    sky: SkyCoverage | None = scope.facts["sky"]
    return sky


def _coverage(scope: Scope) -> SkyCoverage | None:
    found: list[SkyCoverage] = []
    failures = 0
    for hdu in scope.main:
        try:
            sky = sky_coverage(hdu.header)
        except FitsError as error:
            failures += 1
            if failures <= 3:
                scope.problem("attention", "wcs-failed", error.message, column="s_region", hdu=hdu.index)
            continue
        if sky is not None:
            found.append(sky)
            scope.facts.setdefault("sky_hdu", hdu.index)
    return join(found) if found else None


def image_sky(scope: Scope) -> Iterator[Found]:
    """Position, outline, extent and pixels from the WCS."""
    sky = coverage(scope)
    if sky is None:
        return
    hdu = scope.facts["sky_hdu"]
    what = f"WCS of HDU {hdu}" + (f" and {len(scope.main) - 1} more" if len(scope.main) > 1 else "")

    def found(column: str, value: object) -> Found:
        return Found(column, value, Evidence(column, "wcs", what, hdu))

    yield found("s_ra", sky.ra)
    yield found("s_dec", sky.dec)
    yield found("s_region", sky.region)
    yield found("s_fov", sky.diameter)
    if math.isfinite(sky.scale):
        yield found("s_pixel_scale", sky.scale)


def image_pixels(scope: Scope) -> Iterator[Found]:
    """Lengths of the spatial axes: the celestial ones, else the first two of an image that names none."""
    sky = coverage(scope)
    shape = image_shape(scope.first.header)
    if sky is not None:
        pixels = sky.pixels
    elif len(shape) >= 2 and scope.kind in ("image", "cube", "time cube", "polarisation cube", "spectral cube"):
        pixels = (shape[0], shape[1])
    else:
        return
    for column, length in zip(("s_xel1", "s_xel2"), pixels):
        yield Found(column, length, Evidence(column, "keyword", "NAXISn", scope.first.index))


# Spectrum


def spectrum(scope: Scope) -> Iterator[Found]:
    """The first source that says what the product covers; a later one only adds what is still missing."""
    for source in SOURCES:
        found = list(source(scope))
        yield from found
        if any(f.column == "em_min" for f in found):
            return


# Polarisation

#: STOKES axis values (FITS 4.0, table 28).
_STOKES = {1: "I", 2: "Q", 3: "U", 4: "V", -1: "RR", -2: "LL", -3: "RL", -4: "LR", -5: "XX", -6: "YY", -7: "XY", -8: "YX"}


def polarisation(scope: Scope) -> Iterator[Found]:
    """States of a STOKES axis."""
    header = scope.first.header
    for axis, length in enumerate(image_shape(header), start=1):
        if str(header.get(f"CTYPE{axis}", "")).upper().strip() != "STOKES" or not 1 <= length <= 12:
            continue
        first = (header.number(f"CRVAL{axis}") or 0) - ((header.number(f"CRPIX{axis}") or 1) - 1) * (header.number(f"CDELT{axis}") or 1)
        step = header.number(f"CDELT{axis}") or 1
        states = [_STOKES.get(round(first + n * step), "") for n in range(length)]
        text = pol_states_text(states)
        if text:
            evidence = Evidence("pol_states", "wcs", f"STOKES axis {axis}", scope.first.index)
            yield Found("pol_states", text, evidence)
            yield Found("pol_xel", text.count("/") - 1, Evidence("pol_xel", "wcs", f"STOKES axis {axis}", scope.first.index))
        return


# Time


def exposure(hit: Hit, scope: Scope) -> float | None:
    """Seconds; minutes or days where the card says so."""
    number = hit.hdu.header.number(hit.keyword)
    if number is None or number < 0:
        return None
    unit = card_unit(hit.hdu.header, hit.keyword) or comment_time_unit(hit.hdu.header, hit.keyword)
    seconds = float(unit.to(u.s, number)) if unit is not None and unit.is_equivalent(u.s) else number
    scope.facts.setdefault("exposure", seconds)
    return seconds


GENERIC: Rules = (
    Computed(("dataproduct_type", "dataproduct_subtype"), product_type),
    Computed(("s_ra", "s_dec", "s_region", "s_fov", "s_pixel_scale"), image_sky),
    Computed(("s_ra", "s_dec"), keyword_position),
    Computed(("s_xel1", "s_xel2"), image_pixels),
    Computed(("em_min", "em_max", "em_xel", "em_ucd", "em_unit"), spectrum),
    Keyword("t_exptime", ("XPOSURE", "EXPTIME", "EXPOSURE", "ONTIME", "LIVETIME", "TEXPTIME", "ITIME", "EXP_TIME", "EXPTOT", "INTTIME"), convert=exposure),
    Computed(("t_min", "t_max"), time_bounds),
    Computed(("pol_states", "pol_xel"), polarisation),
    Keyword("target_name", ("OBJECT", "TARGNAME", "TARGET", "OBJNAME", "SRCNAME")),
    Keyword("facility_name", ("TELESCOP", "OBSERVAT", "MISSION", "FACILITY")),
    Keyword("instrument_name", ("INSTRUME", "DETNAM", "DETECTOR")),
    Keyword("proposal_id", ("PROPOSID", "PROG_ID", "PROPID", "PROGID", "PROP_ID", "PROPOSAL")),
    Keyword("obs_id", ("OBS_ID", "OBSID", "OBSERVID", "EXPID", "OBSNUM")),
)
