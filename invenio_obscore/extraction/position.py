"""Where a product lies: from the WCS of its images, from keywords, from columns; at last from a reference position."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from astropy import units as u

from ..errors import FitsError
from ..fits.frames import equatorial, frame_of
from ..fits.reading import HduReading
from ..fits.sky import SkyCoverage, join, sky_coverage
from ..fits.values import card_unit, parse_angle, parse_unit
from ..fits.wcs import SkyAxes, axis_type, find_sky, image_shape, is_solar
from .evidence import Evidence
from .rules import Found
from .scope import Hit, Scope

#: Pairs of right ascension and declination, in order of preference.
_POSITIONS = (
    ("RA_TARG", "DEC_TARG"), ("RA", "DEC"), ("OBJCTRA", "OBJCTDEC"), ("RA_OBJ", "DEC_OBJ"), ("RA_PNT", "DEC_PNT"),
    ("RA_NOM", "DEC_NOM"), ("OBJRA", "OBJDEC"), ("OBSRA", "OBSDEC"), ("TELRA", "TELDEC"), ("RA_DEG", "DEC_DEG"),
    ("RADEG", "DECDEG"), ("MEANRA", "MEANDEC"), ("CRVAL1_RA", "CRVAL2_DEC"),
    ("TARGRA", "TARGDEC"), ("RA_TEL", "DEC_TEL"), ("TARG_RA", "TARG_DEC"), ("CAT-RA", "CAT-DEC"),
    ("PLUG_RA", "PLUG_DEC"), ("APRA", "APDEC"), ("RA2000", "DEC2000"), ("OBJ_RA", "OBJ_DEC"), ("TEL_RA", "TEL_DEC"),
    ("RA_OBS", "DEC_OBS"), ("CENTRA", "CENTDEC"), ("RA_CENT", "DEC_CENT"), ("RA_CNTR", "DEC_CNTR"), ("RACEN", "DECCEN"),
    ("RAJ2000", "DEJ2000"), ("RAJ2000", "DECJ2000"), ("RA_D", "DEC_D"), ("RA_HMS", "DEC_DMS"), ("STRRA", "STRDEC"),
    ("RA-DEG", "DEC-DEG"), ("ATTRA", "ATTDEC"), ("ALPHA", "DELTA"), ("OHP TARG ALPHA", "OHP TARG DELTA"),
)  # fmt: skip
_POINTINGS = (("RA_PNT", "DEC_PNT"), ("RA_NOM", "DEC_NOM"))


def _angle(hit: Hit, *, hours_if_sexagesimal: bool) -> float | None:
    """Degrees of an angle card; a sexagesimal right ascension is in hours."""
    if isinstance(hit.value, bool):
        return None
    parsed = parse_angle(str(hit.value)) if isinstance(hit.value, str) else (float(hit.value), False)
    if parsed is None and (number := hit.hdu.header.number(hit.keyword)) is not None:
        parsed = (number, False)  # a number with its unit behind it
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
    """A position that keywords give, turned to ICRS by the header's equinox; a picture of the Sun has none."""
    if is_sun(scope) or is_dark(scope):
        return
    if scope.kind in ("events", "event bundle"):
        pairs = (*_POINTINGS, *pairs)
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


_SUN = re.compile(r"(the )?sun\b", re.I)


def is_sun(scope: Scope) -> bool:
    """Whether the product shows the Sun, which has no place among the stars that says anything."""
    return any(is_solar(hdu.header) for hdu in scope.order) or bool(_SUN.match(scope.text("OBJECT")))


_DARK = re.compile(r"(bias|zero|dark|superbias|masterbias|masterdark|dark frame|bias frame)\b", re.I)
#: The same as the name of a target, which must say nothing else (``Dark Cloud 12`` is a target).
_DARK_NAME = re.compile(r"(master|processed)?[ _-]?(bias|zero|dark)( ?frame)?s?[ _-]*(\d+ *s?(ec)?)?$", re.I)


def is_dark(scope: Scope) -> bool:
    """Whether an image was taken with the shutter closed."""
    kind = scope.text("OBSTYPE", "IMAGETYP", "OBS_TYPE", "ESO DPR TYPE")
    return bool(_DARK.match(kind) or _DARK_NAME.match(scope.text("OBJECT")))


def column_position(scope: Scope) -> Iterator[Found]:
    """The reference position of a table's celestial columns (TCTYPn, TCRVLn: FITS 4.0, table 22)."""
    header = scope.first.header
    for kind, column in (("RA--", "s_ra"), ("DEC-", "s_dec")):
        for number in range(1, min(999, header.integer("TFIELDS")) + 1):
            if str(header.get(f"TCTYP{number}", "")).upper().startswith(kind):
                value = header.number(f"TCRVL{number}")
                if value is not None:
                    yield Found(column, value, Evidence(column, "wcs", f"TCRVL{number}", scope.first.index, str(value)))
                break


def is_placeholder(hdu: HduReading, scope: Scope) -> bool:
    """Whether a telescope's frame has its reference at RA 0, Dec 0 exactly: nobody wrote where it pointed."""
    axes = find_sky(hdu.header)
    if axes is None or axes.kind != "equatorial" or _reference(hdu, axes) != (0.0, 0.0):
        return False
    # The reference of an oblique map of the sky may be there and its pixels elsewhere; not that of a tangent plane.
    flat = axis_type(hdu.header, axes.longitude, axes.alternate)[-3:] in ("TAN", "TPV", "TNX", "SIP", "SIN", "ZPN")
    if not scope.has("TELESCOP", "INSTRUME") or not flat or not _on_the_image(hdu, axes):
        return False
    message = "the WCS has its reference at RA 0, Dec 0: it is left out as one that nobody filled in"
    scope.problem("attention", "wcs-placeholder", message, column="s_ra", hdu=hdu.index)
    return True


def _on_the_image(hdu: HduReading, axes: SkyAxes) -> bool:
    """Whether the reference point lies on the image or close to it."""
    shape = image_shape(hdu.header)
    pair = (axes.longitude, axes.latitude)
    pixels = [hdu.header.number(f"CRPIX{n}{axes.alternate}") or 0.0 for n in pair]
    return all(n <= len(shape) and -99 < p < shape[n - 1] + 100 for n, p in zip(pair, pixels))


def _lies_elsewhere(hdu: HduReading, axes: SkyAxes) -> bool:
    """Whether an image of the sky has its reference point far from its own pixels."""
    has_pixels = max(axes.longitude, axes.latitude) <= len(image_shape(hdu.header))
    return has_pixels and not _on_the_image(hdu, axes)


def _reference(hdu: HduReading, axes: SkyAxes) -> tuple[float | None, float | None]:
    """Degrees of the reference position; None where a number or its unit is none of an angle."""
    longitude, latitude = (_in_degrees(hdu, n, axes.alternate) for n in (axes.longitude, axes.latitude))
    return longitude, latitude


def _in_degrees(hdu: HduReading, axis: int, alternate: str) -> float | None:
    number = hdu.header.number(f"CRVAL{axis}{alternate}")
    text = hdu.header.text(f"CUNIT{axis}{alternate}")
    if number is None or text is None:
        return number
    unit = parse_unit(text)
    if unit == u.h:
        return number * 15
    return float(unit.to(u.deg, number)) if unit is not None and unit.is_equivalent(u.deg) else None


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
        if is_placeholder(hdu, scope):
            continue
        try:
            sky = sky_coverage(hdu.header, scope.lookup)
        except FitsError as error:
            failures += 1
            if failures <= 3:
                scope.problem("attention", "wcs-failed", error.message, column="s_region", hdu=hdu.index)
            continue
        if sky is not None:
            found.append(sky)
            scope.facts.setdefault("sky_hdu", hdu.index)
    return join(found) if found else None


#: Kinds of products that have a place but no picture of it.
_ONE_PLACE = ("spectrum", "visibility", "dynamic spectrum")


def image_sky(scope: Scope) -> Iterator[Found]:
    """Position, outline, extent and pixels from the WCS."""
    sky = coverage(scope)
    if sky is None:
        return
    if is_dark(scope):
        message = "a bias or dark frame shows no sky: the position that its header gives is left out"
        scope.problem("advice", "calibration-frame", message, column="s_ra", hdu=scope.first.index)
        return
    hdu = scope.facts["sky_hdu"]
    what = f"WCS of HDU {hdu}" + (f" and {len(scope.main) - 1} more" if len(scope.main) > 1 else "")

    def found(column: str, value: object) -> Found:
        return Found(column, value, Evidence(column, "wcs", what, hdu))

    yield found("s_ra", sky.ra)
    yield found("s_dec", sky.dec)
    if max(sky.pixels) == 1 and scope.kind in _ONE_PLACE:
        return  # a beam, a fibre: the pixel is none
    yield found("s_region", sky.region)
    yield found("s_fov", sky.diameter)
    if math.isfinite(sky.scale):
        yield found("s_pixel_scale", sky.scale)


def image_pixels(scope: Scope) -> Iterator[Found]:
    """Lengths of the spatial axes: the celestial ones, else the first two of an image that names none."""
    sky = coverage(scope)
    shape = image_shape(scope.first.header)
    if scope.kind == "visibility":
        return
    if sky is not None:
        pixels = sky.pixels
    elif len(shape) >= 2 and scope.kind in ("image", "cube", "time cube", "polarisation cube", "spectral cube"):
        pixels = (shape[0], shape[1])
    else:
        return
    for column, length in zip(("s_xel1", "s_xel2"), pixels):
        yield Found(column, length, Evidence(column, "keyword", "NAXISn", scope.first.index))


def reference_position(scope: Scope) -> Iterator[Found]:
    """At last the reference position of a celestial WCS without pixels, or of plain axes RA and DEC."""
    if is_dark(scope):
        return
    for hdu in scope.order:
        axes = find_sky(hdu.header)
        if axes is None or _lies_elsewhere(hdu, axes):
            continue
        longitude, latitude = _reference(hdu, axes)
        if longitude is None or latitude is None or not -90 <= latitude <= 90 or longitude == latitude == 0:
            continue
        ra, dec = frame_of(hdu.header, axes.kind, axes.alternate).position(longitude, latitude)
        what = f"CRVAL{axes.longitude}, CRVAL{axes.latitude}"
        yield Found("s_ra", ra, Evidence("s_ra", "wcs", what, hdu.index))
        yield Found("s_dec", dec, Evidence("s_dec", "wcs", what, hdu.index))
        return
