"""The part of the sky that an event list covers: by its header, by its columns' limits, by a field of view.

In order: the circle that the events were cut to (DSTYPn), a pointing's radius (RAD_PNT), the bounds of the data in
columns with a celestial WCS, responses beside the events, an instrument's nominal field of view, and the plane that
the coordinates are defined on.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import FitsError
from ..fits.cards import Assigned, Header, Scalar
from ..fits.reading import HduReading
from ..fits.sky import sky_coverage
from ..obscore.regions import Circle
from .energy import subspace_region
from .evidence import Evidence, SourceKind
from .position import keyword_position
from .rules import Found
from .scope import Scope

_KINDS = ("events", "event bundle")
#: Part of a table's WCS (FITS 4.0, table 22) → the image's; the column's number, or numbers, follow.
_OF_AXES = {"TCTYP": "CTYPE", "TCUNI": "CUNIT", "TCRVL": "CRVAL", "TCDLT": "CDELT", "TCROT": "CROTA"}
#: The limits of a column's data: the standard's, and the names that XMM-Newton's software gives the pair X, Y.
_DATA_LIMITS = (("TDMIN", "TDMAX", ""), ("REF{}DMIN", "REF{}DMAX", "XY"))
_DEFINED_LIMITS = (("TLMIN", "TLMAX", ""), ("REF{}LMIN", "REF{}LMAX", "XY"))
_LimitNames = tuple[tuple[str, str, str], ...]
_MOST_COLUMNS = 200


def data_region(scope: Scope) -> Iterator[Found]:
    """The region that the file itself gives for its events."""
    if scope.kind not in _KINDS:
        return
    for source in (subspace_region, pointed_circle, data_window, response_circle):
        found = list(source(scope))
        yield from found
        if any(f.column == "s_region" for f in found):
            return


def nominal_circle(scope: Scope, diameter: float, what: str) -> Iterator[Found]:
    """A circle as wide (degrees) as an instrument's field of view, where the file gives no region of its events."""
    if scope.kind in _KINDS and not any(f.column == "s_region" for f in data_region(scope)):
        yield from _circle(scope, diameter / 2, "instrument", what)


def defined_window(scope: Scope) -> Iterator[Found]:
    """At last the plane on which the columns' coordinates are defined (TLMINn, TLMAXn)."""
    if scope.kind in _KINDS:
        yield from _window(scope, _DEFINED_LIMITS)


def pointed_circle(scope: Scope) -> Iterator[Found]:
    """RAD_PNT: the radius (degrees) about the pointing."""
    hit = scope.find("RAD_PNT")
    radius = hit.hdu.header.number("RAD_PNT") if hit else None
    if hit is not None and radius is not None and 0 < radius <= 180:
        yield from _circle(scope, radius, "keyword", f"RAD_PNT = {radius:g}")


def response_circle(scope: Scope) -> Iterator[Found]:
    """The largest offset from the pointing for which a response beside the events is given (GADF: THETA_HI)."""
    for hdu in scope.reading.hdus:
        if (hdu.header.text("HDUCLAS3") or "").upper() != "FULL-ENCLOSURE":
            continue
        offsets = hdu.tables.get("range", {}).get("THETA_HI")
        if (hdu.header.text("HDUCLAS2") or "").upper() == "EFF_AREA" and offsets and 0 < offsets[1] < 20:
            yield from _circle(scope, offsets[1], "table", f"THETA_HI of {hdu.name}")
            return


def data_window(scope: Scope) -> Iterator[Found]:
    """The bounds of the data in two columns with a celestial WCS."""
    yield from _window(scope, _DATA_LIMITS)


def _circle(scope: Scope, radius: float, source: SourceKind, detail: str) -> Iterator[Found]:
    position = {found.column: found.value for found in keyword_position(scope)}
    if len(position) < 2:
        return
    circle = Circle(position["s_ra"], position["s_dec"], radius)
    for column, value in (("s_region", circle), ("s_fov", 2 * radius)):
        yield Found(column, value, Evidence(column, source, detail, scope.first.index))


def _window(scope: Scope, limits: _LimitNames) -> Iterator[Found]:
    hdu = scope.first
    pair = _celestial_columns(hdu.header)
    image = _as_image(hdu, pair, limits) if pair else None
    if image is None:
        return
    try:
        sky = sky_coverage(image)
    except FitsError as error:
        scope.problem("advice", "wcs-failed", error.message, column="s_region", hdu=hdu.index)
        return
    if sky is not None:
        for column, value in (("s_region", sky.region), ("s_fov", sky.diameter)):
            yield Found(column, value, Evidence(column, "wcs", f"limits of columns {pair}", hdu.index))


def _celestial_columns(header: Header) -> tuple[int, int] | None:
    """Numbers of the columns of longitude and latitude."""
    found: dict[str, int] = {}
    for number in range(1, min(_MOST_COLUMNS, header.integer("TFIELDS")) + 1):
        kind = str(header.get(f"TCTYP{number}", "")).strip().upper()
        if kind.startswith(("RA--", "GLON", "DEC-", "GLAT")):
            found.setdefault("latitude" if kind[0] == "D" or kind[:4] == "GLAT" else "longitude", number)
    return (found["longitude"], found["latitude"]) if len(found) == 2 else None


def _as_image(hdu: HduReading, pair: tuple[int, int] | None, limits: _LimitNames) -> Header | None:
    """The columns' plane as an image: one pixel a unit of the columns."""
    header = hdu.header
    overlay: dict[str, Scalar] = {"NAXIS": 2}
    for axis, number in enumerate(pair or (), start=1):
        bounds = _limits(header, number, "XY"[axis - 1], limits)
        reference = header.number(f"TCRPX{number}")
        if bounds is None or reference is None or not header.number(f"TCDLT{number}"):
            return None
        low, high = bounds
        overlay |= {f"NAXIS{axis}": max(1, round(high - low)), f"CRPIX{axis}": reference - low + 0.5}
        for own, image in _OF_AXES.items():
            value = header.get(f"{own}{number}")
            if value is not None:
                overlay[f"{image}{axis}"] = value
    frame = header.select(lambda keyword: keyword in ("RADESYS", "RADECSYS", "EQUINOX", "EPOCH"))
    return Header(frame, {keyword: Assigned(value) for keyword, value in overlay.items()})


def _limits(header: Header, number: int, letter: str, names: _LimitNames) -> tuple[float, float] | None:
    """The least and greatest coordinate, at the outer edges of whole-numbered cells."""
    whole = str(header.get(f"TFORM{number}", "")).strip().upper().lstrip("01")[:1] in ("I", "J", "K", "B")
    half = 0.5 if whole else 0.0
    for low_name, high_name, own in names:
        suffix = "" if own else str(number)
        low = header.number(low_name.format(letter) + suffix)
        high = header.number(high_name.format(letter) + suffix)
        if low is not None and high is not None and low < high < low + 1e7:
            return low - half, high + half
    return None
