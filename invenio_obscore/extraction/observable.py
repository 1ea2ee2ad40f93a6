"""What was measured: UCD and unit of the observable, from BUNIT, columns and the kind of product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from astropy import units as u

from ..fits.reading import HduReading
from ..fits.tables import TableColumn, columns
from ..fits.values import parse_unit
from .evidence import Evidence
from .products import FLUX_COLUMN
from .rules import Found
from .scope import Scope


@dataclass(frozen=True)
class _Observable:
    """A pattern of unit texts and the UCD that it means (UCD1+ vocabulary)."""

    pattern: re.Pattern[str]
    ucd: str


def _observable(pattern: str, ucd: str) -> _Observable:
    return _Observable(re.compile(pattern, re.I), ucd)


#: By the text of a unit, blanks and case aside; the first that fits.
_TEXTS = (
    _observable(r"(jy|[mun]jy|microjy)[/ ]?(beam|pix).*", "phot.flux.density"),
    _observable(
        r"(electrons?|e-|adu|dn|counts?|cts?|photons?|photo-?electrons?|ph|data_?numbers?|chan)"
        r"(/.*|[ .]?(s|sec|pix|coadd).*|per.*)?$",
        "phot.count",
    ),
    # What SDSS' spSpec files say, a square too few.
    _observable(r".*erg/cm/s/ang.*", "phot.flux.density;em.wl"),
    _observable(r"(rel(ative)?|normali[sz]ed|arbitrary).*", "phot.flux"),
    _observable(
        r"(k|kelvin)[ (]*\(?t[a-z]*\)?|[mun]?k(_?(cmb|rj|thermo))?$|kelvin$|t[ab]\*?$|k[ .]?km.*", "phys.temperature"
    ),
    _observable(r"(nano)?maggy?(s|ies)?.*", "phot.flux.density"),
    _observable(r"(ab)?mag(nitude)?s?.*", "phot.mag"),
    _observable(r"(m/s|km/s|m s-1|km s-1)", "spect.dopplerVeloc"),
    _observable(r"gauss|tesla|mx/cm\^?2", "phys.magField"),
)
_FLUX_DENSITIES = (
    (u.Jy, "phot.flux.density"), (u.erg / u.s / u.cm**2 / u.AA, "phot.flux.density;em.wl"),
    (u.photon / u.s / u.cm**2 / u.AA, "phot.flux.density;em.wl"),
)  # fmt: skip
_OTHERS = (
    (u.Jy / u.sr, "phot.flux.density;phys.angArea"),
    (u.erg / u.s / u.cm**2 / u.AA / u.sr, "phot.flux.density;phys.angArea"),
    (u.W / u.m**2, "phot.flux"),
    (u.W / u.m**2 / u.sr, "phot.radiance"),
    (u.K, "phys.temperature"),
    (u.T, "phys.magField"),
    (u.cm**-2 / u.s, "phot.flux"),
)
_NAMES = {
    "MAG": "phot.mag", "COUNTS": "phot.count", "COUNT": "phot.count", "RATE": "phot.count",
    "FLUX": "phot.flux.density", "FLAM": "phot.flux.density;em.wl", "FNU": "phot.flux.density;em.freq",
}  # fmt: skip


#: Units in capitals, as old headers have them; nobody measures light in siemens.
_UNITS = {
    "ERGS": "erg", "ERG": "erg", "CM": "cm", "ANGSTROMS": "Angstrom", "ANGSTROM": "Angstrom", "ANG": "Angstrom",
    "SEC": "s", "S": "s", "HZ": "Hz", "JY": "Jy", "MJY": "MJy", "SR": "sr",
}  # fmt: skip
_CAPITALS = re.compile(rf"(?<![A-Z])({'|'.join(_UNITS)})(?![A-Z])")


def unit_ucd(text: str) -> str | None:
    """The UCD that a unit of the observable means."""
    text = text.strip()
    if text.isupper():
        text = _CAPITALS.sub(lambda match: _UNITS[match[0]], text)
    for observable in _TEXTS:
        if observable.pattern.match(text):
            return observable.ucd
    unit = parse_unit(_powers(text))
    if unit is None:
        return None
    for known, ucd in (*_FLUX_DENSITIES, *_OTHERS):
        if unit.is_equivalent(known):
            return ucd
    return None


def _powers(text: str) -> str:
    """A unit without a power of ten before it (``10**-20 erg …``, ``1E-17 erg/…``), as astropy reads it."""
    text = re.sub(r"^\s*(?:10\s*(?:\*\*|\^)\s*\(?[+-]?\d+\)?|1\.?0*[eE][+-]?\d+|10\^?\(?-\d+\)?)\s*[*. ]?\s*", "", text)
    text = re.sub(r"(?i)\bergs\b", "erg", re.sub(r"(?i)/a(ngstroms?)?$", "/Angstrom", text))
    return re.sub(r"(?i)\bang\b", "Angstrom", text.replace("**(-", "**-").replace("-1)", "-1").replace("-2)", "-2"))


def observable(scope: Scope) -> Iterator[Found]:
    """UCD and unit of the product's values; an event list has none."""
    if scope.kind in ("events", "event bundle", "measurements", "response", "nothing"):
        return
    hdu = scope.first
    text, detail = _unit_of(scope, hdu)
    if not text and scope.primary is not hdu and scope.primary.header.text("BUNIT"):
        text, detail, hdu = scope.primary.header.text("BUNIT") or "", "BUNIT", scope.primary
    ucd = _column_ucd(hdu) or unit_ucd(text)
    if ucd is None and _counts(scope):
        ucd, detail = "phot.count", detail or _counts(scope)
    if ucd:
        yield Found("o_ucd", ucd, Evidence("o_ucd", "keyword", detail, hdu.index, text))
    if text:
        yield Found("o_unit", text, Evidence("o_unit", "keyword", detail, hdu.index, text))


def _unit_of(scope: Scope, hdu: HduReading) -> tuple[str, str]:
    text = hdu.header.text("BUNIT")
    if text:
        return text, "BUNIT"
    described = columns(hdu.header) if scope.kind == "sky map" else _fluxes(hdu)
    return next(((column.unit, f"TUNIT{column.number}") for column in described if column.unit), ("", ""))


_CALIBRATED = re.compile(r"(flux|flam|fnu)", re.I)


def _fluxes(hdu: HduReading) -> list[TableColumn]:
    """The columns of what was measured, those called a flux before counts and rates beside them."""
    found = [column for column in columns(hdu.header) if FLUX_COLUMN.match(column.name)]
    return sorted(found, key=lambda column: not _CALIBRATED.match(column.name))


def _column_ucd(hdu: HduReading) -> str | None:
    """The UCD that a table gives its flux column (TUCDn), else that its name means."""
    for column in _fluxes(hdu)[:1]:
        given = (hdu.header.text(f"TUCD{column.number}") or "").split(";arith")[0]
        if given.startswith("phot."):
            return _plain(given)
        return unit_ucd(column.unit) or _NAMES.get(column.name.upper().split("_")[-1])
    return None


def _plain(ucd: str) -> str:
    """Without the words that only a column needs."""
    words = [w for w in ucd.split(";") if w.lower() not in ("src.net", "meta.main", "stat.uncalib", "spect.continuum")]
    return ";".join(words)


def _counts(scope: Scope) -> str:
    """Why an array without a unit holds counts, or an empty text."""
    header = scope.first.header
    if (header.text("HDUCLAS1") or "").upper() in ("EVENTS", "COUNTS", "SPECTRUM") or header.text(
        "HDUCLAS3"
    ) == "COUNT":
        return "HDUCLAS1"
    if scope.text("HDUCLAS1").upper() in ("EVENTS", "EVENT") and scope.kind == "image":
        return "HDUCLAS1"
    if (header.text("CREATOR") or scope.primary.header.text("CREATOR") or "").lower().startswith("gtbin"):
        return "CREATOR"
    energetic = ("ROSAT", "CHANDRA", "XMM", "EINSTEIN", "EROSITA", "NUSTAR", "SUZAKU", "ASCA")
    if any(name in scope.text("TELESCOP", "MISSION").upper() for name in energetic) and header.integer("BITPIX") in (
        8,
        16,
        32,
    ):
        return "whole numbers of an X-ray telescope"
    return ""
