"""HEALPix maps (Górski et al. 2005; the keywords are those of healpy and the Planck archive)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..fits.tables import columns
from ..obscore.regions import Circle
from .evidence import Evidence
from .rules import Found
from .scope import Scope

_SPHERE_SQUARE_DEG = 4 * math.pi * math.degrees(1) ** 2


def sky_map(scope: Scope) -> Iterator[Found]:
    """The whole sky where the map has every pixel of it; the size of a pixel."""
    if scope.kind != "sky map":
        return
    hdu = scope.first
    side = hdu.header.integer("NSIDE")
    if side < 1:
        return
    total = 12 * side * side
    size = math.sqrt(_SPHERE_SQUARE_DEG / total) * 3600
    yield Found("s_pixel_scale", size, Evidence("s_pixel_scale", "keyword", "NSIDE", hdu.index, str(side)))
    why = _whole_sky(scope, total)
    if why:
        for column, value in (("s_region", Circle(0.0, 0.0, 180.0)), ("s_fov", 360.0)):
            yield Found(column, value, Evidence(column, "table", f"HEALPix map of the whole sky: {why}", hdu.index))
        return
    message = "the HEALPix map has a part of the sky only; its outline is not worked out"
    scope.problem("advice", "partial-map", message, column="s_region", hdu=hdu.index)


def _whole_sky(scope: Scope, total: int) -> str:
    """Why a map has every pixel, or an empty text."""
    header = scope.first.header
    rows = int(scope.first.tables.get("rows", 0)) or header.integer("NAXIS2")
    described = columns(header)
    explicit = (header.text("INDXSCHM") or "").upper() == "EXPLICIT"
    cells = rows * (1 if explicit or not described else max(1, described[-1].repeat))
    if cells >= total:
        return f"{total} pixels"
    if not explicit and header.integer("FIRSTPIX", -1) == 0 and header.integer("LASTPIX", -1) == total - 1:
        return "FIRSTPIX, LASTPIX"
    return ""
