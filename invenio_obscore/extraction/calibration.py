"""How far a product is processed (ObsCore 1.1, section 4.2): never empty, since the standard wants a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..fits.wcs import find_sky, is_solar
from .evidence import Evidence
from .observable import unit_ucd
from .rules import Found
from .scope import Scope

_RAW_TYPES = re.compile(r"(bias|zero|dark|flat|skyflat|dome|arc|comp|lamp|focus|cal|twilight|pointing|acq)", re.I)
_REDUCED = (
    "FLATCOR", "ZEROCOR", "DARKCOR", "BIASCOR", "BIASSUB", "FLATTED", "CCDPROC", "PHOTCALI", "FLAT_CORR",
    "IMRED_ON", "DEVLEVEL", "GPREPARE", "PREPARE", "NSREDUCE", "GSREDUCE", "NSPREPAR", "GIREDUCE", "MAGZERO",
    "MAGZPT", "PHOTZP", "ZEROPNT", "ZP",
    "ELIXIR", "FLATSUB", "DARKSUB", "FLATDONE", "BIASDONE", "CALSTAT", "PIPELINE", "REDUCED", "LVL_NUM",
    "DARKCOR1", "NFSTRUTH", "EXTRACTN", "DRSVERS", "VERSDRS", "PVERSION", "RNTHRSH", "WCALFILE",
)  # fmt: skip
_COMBINED = (
    "NCOMBINE", "NINPUTS", "NCOADD", "NCOMB", "N_INPUT", "NUMCOMB", "NIMAGES", "NSTACK", "STACKCNT", "NSUBEXP",
)  # fmt: skip
_STACKED = (
    "STK_TYPE", "COADD_ID", "SKYCELL", "TILENAME", "TILE_ID", "SWARP", "COMBINET", "RESAMPT1", "STACK_V",
    "TILEINDX",
)  # fmt: skip


@dataclass(frozen=True)
class _Level:
    """A level, and why."""

    level: int
    why: str
    hdu: int | None = None


def calib_level(scope: Scope) -> Iterator[Found]:
    """The first sign that says something; at last by what such products usually are."""
    found = (
        _from_words(scope)
        or _from_kind(scope)
        or _from_stack(scope)
        or _from_steps(scope)
        or _from_unit(scope)
        or _from_pixels(scope)
    )
    source = "default" if found.why.startswith("usual") else "keyword"
    yield Found("calib_level", found.level, Evidence("calib_level", source, found.why, found.hdu))  # type: ignore[arg-type]


_WORDS = (
    (re.compile(r"(raw|level[ _-]?0|l0|lev0|level[ _-]?1a?)$", re.I), 1),
    (re.compile(r"(l1b?|level[ _-]?1[bcd]|lev1\.?5?|l2[a-c]?|level[ _-]?2|calibrated|reduced)$", re.I), 2),
    (re.compile(r"(l3|level[ _-]?3|stack|mosaic|coadd|combined)$", re.I), 3),
    (re.compile(r"(l4|level[ _-]?4|catalog(ue)?)$", re.I), 4),
)


def _from_words(scope: Scope) -> _Level | None:
    for hit in scope.hits("CALIB_LEVEL", "CALIBLEV", "OBSCORE_CALIB_LEVEL"):
        number = hit.hdu.header.number(hit.keyword)
        if number in (0, 1, 2, 3, 4):
            return _Level(int(number), hit.keyword, hit.hdu.index)
    for hit in scope.hits(
        "PROCLEVL", "PROC_LEV", "LEVEL", "PROCTYPE", "DATALEVL", "PROCLEV", "PRODLEV", "PRODLVL", "PRODCATG"
    ):
        text = str(hit.value).strip()
        level = next((level for pattern, level in _WORDS if pattern.match(text)), None)
        if level is not None:
            return _Level(level, hit.keyword, hit.hdu.index)
    return None


def _from_kind(scope: Scope) -> _Level | None:
    if scope.kind in ("events", "event bundle"):
        gadf = any((h.header.text("HDUCLASS") or "").upper() in ("GADF", "VODF") for h in scope.main)
        return _Level(2, "usual for GADF event lists") if gadf else _Level(1, "usual for event lists")
    return {
        "visibility": _Level(1, "usual for visibilities"),
        "measurements": _Level(4, "usual for tables of measurements"),
        "sed": _Level(4, "usual for flux points"),
        "sky map": _Level(3, "usual for maps of the sky"),
        "response": _Level(2, "usual for responses"),
    }.get(scope.kind)


def _from_stack(scope: Scope) -> _Level | None:
    for hit in scope.hits(*_STACKED):
        return _Level(3, hit.keyword, hit.hdu.index)
    for hit in scope.hits(*_COMBINED):
        number = hit.hdu.header.number(hit.keyword)
        if number is not None and number > 1:
            return _Level(3 if scope.kind in ("image", "cube", "spectral cube") else 2, hit.keyword, hit.hdu.index)
    return None


def _from_steps(scope: Scope) -> _Level | None:
    hit = next(
        (
            h
            for h in scope.hits(*_REDUCED)
            if str(h.value).strip().upper() not in ("F", "FALSE", "NO", "0", "OMIT", "PERFORM", "PENDING")
        ),
        None,
    )
    return _Level(2, hit.keyword, hit.hdu.index) if hit else None


_COUNTS = re.compile(r"(adu|dn|counts?)( per .*|/coadd.*)?$", re.I)


def _from_unit(scope: Scope) -> _Level | None:
    for hit in scope.hits("BUNIT"):
        ucd = unit_ucd(str(hit.value))
        if ucd and ucd != "phot.count":
            cube = scope.kind in ("cube", "spectral cube", "polarisation cube")
            return _Level(3 if cube else 2, "BUNIT", hit.hdu.index)
        if ucd and _COUNTS.match(str(hit.value).strip()):
            return _Level(1, "BUNIT", hit.hdu.index)
    return None


def _from_pixels(scope: Scope) -> _Level:
    header = scope.first.header
    kind = scope.text("OBSTYPE", "IMAGETYP", "OBS_TYPE")
    if kind and _RAW_TYPES.match(kind):
        return _Level(1, f"usual for {kind}")
    if scope.kind == "light curve":
        return _Level(3, "usual for light curves")
    if (header.text("HDUCLAS1") or "").upper() == "SPECTRUM":
        return _Level(1, "usual for OGIP spectra")
    if scope.kind in ("image", "cube", "time cube", "slit spectrum", "spectrum") and "TSTART" not in header:
        prefix = "ZBITPIX" if header.flag("ZIMAGE") else "BITPIX"
        if header.integer(prefix) in (16, 32) and (header.number("BSCALE") or 1.0) == 1.0:
            return _Level(1, f"usual for whole numbers ({prefix})")
        telescope = (
            scope.text("TELESCOP", "INSTRUME") and scope.number("EXPTIME", "EXPOSURE", "TEXP", "ITIME") is not None
        )
        if (
            scope.kind in ("image", "time cube", "cube")
            and telescope
            and find_sky(header) is None
            and not is_solar(header)
        ):
            return _Level(1, "usual for frames without astrometry")
    return _Level(2, "usual for such products")
