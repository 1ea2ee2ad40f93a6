"""World coordinates through astropy, given only the cards that make them up.

`astropy.wcs.WCS` writes the whole header out as text several times; handed its own few cards it gives the same answer
in a fraction of the time. wcslib is C: what comes from outside runs it in the reader process (`fits.child`).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from ..errors import FitsError
from .cards import CARD, Header, write_card
from .frames import LATITUDES, LONGITUDES
from .values import parse_unit

_OWN = re.compile(
    r"(?:(?:WCSAXES|CTYPE\d+|CRVAL\d+|CRPIX\d+|CDELT\d+|CROTA\d+|PC\d+_\d+|CD\d+_\d+|PC\d{6}|PV\d+_\d+|PS\d+_\d+"
    r"|LONPOLE|LATPOLE|RADESYS|EQUINOX|RESTFRQ|RESTWAV|SPECSYS|VSOURCE|ZSOURCE)(?P<letter>[A-Z])?"
    r"|(?P<shared>PROJP\d+|RADECSYS|EPOCH|RESTFREQ|VELREF"
    # plate solutions of the Digitized Sky Survey, which wcslib knows; coefficients beyond 13 make it crash
    r"|AMD[XY](?:\d|1[0-3])|PPO\d|PLTRA[HMS]|PLTDEC(?:SN|[DMS])|[XY]PIXELSZ|CNPIX[12]|PLTSCALE))$"
)
#: Polynomials of NOAO's TNX and ZPX projections.
_NOAO = re.compile(r"WAT[12]_\d{3}$")
_MOST_SIP_ORDER = 20
_SIP = re.compile(r"(?:A|B|AP|BP)_(?:ORDER|DMAX|\d+_\d+)$")
_AXIS_NUMBERS = re.compile(
    r"(?:CTYPE|CRVAL|CRPIX|CDELT|CROTA|PC|CD)(\d{1,2})(?:_(\d+))?[A-Z]?$|PV(\d+)_\d+[A-Z]?$|PC(\d{3})(\d{3})$"
)
_MOST_AXES = 12
#: Cards that decide where a pixel lies: one that holds no number makes a false position, not a poor one.
_DECISIVE = re.compile(
    r"(?:(?:CRVAL|CRPIX|CDELT|CROTA|CD|PC|PV)\d+(?:_\d+)?[A-Z]?"
    r"|AMD[XY]\d+|PPO\d|PLTRA[HMS]|PLTDEC[DMS]|[XY]PIXELSZ|CNPIX[12]|PLTSCALE)$"
)
#: Keywords of a plate solution.
_PLATE_CARD = re.compile(r"AMD[XY]\d+|PPO\d|PLTRA[HMS]|PLTDEC(?:SN|[DMS])|[XY]PIXELSZ|CNPIX[12]|PLTSCALE")


@dataclass(frozen=True)
class SkyAxes:
    """Which pixel axes (from 1) of an HDU are longitude and latitude, and of what."""

    longitude: int
    latitude: int
    kind: str
    alternate: str = ""


def image_shape(header: Header) -> tuple[int, ...]:
    """Lengths of the axes, the first FITS axis first; those of the image inside a compressed one."""
    prefix = "ZNAXIS" if header.flag("ZIMAGE") else "NAXIS"
    count = header.integer(prefix)
    if not 0 < count <= 999:
        return ()
    return tuple(header.integer(f"{prefix}{n}") for n in range(1, count + 1))


def axis_count(header: Header, alternate: str = "") -> int:
    """Number of world axes: WCSAXES, NAXIS or the highest CTYPE."""
    naxis = header.integer("ZNAXIS" if header.flag("ZIMAGE") else "NAXIS")
    highest = max((n for n in range(1, _MOST_AXES) if f"CTYPE{n}{alternate}" in header), default=0)
    return min(_MOST_AXES, max(naxis, header.integer(f"WCSAXES{alternate}"), highest))


#: A celestial axis type, however many hyphens stand in it.
_CELESTIAL = re.compile(r"(RA|DEC|[GES]L(?:ON|AT))-+([A-Z]{3})(-SIP)?$")
#: The polynomial that SCAMP and its kin give a tangent plane (TAN), which the registry of conventions calls TPV; where
#: a SIP polynomial says the same, that one is used.
_POLYNOMIAL = re.compile(r"PV(?:1_(?:[5-9]|[1-3]\d)|2_(?:\d|[1-3]\d))$")


def axis_type(header: Header, axis: int, alternate: str = "") -> str:
    """CTYPE in capitals, without blanks around it and with as many hyphens as the standard wants (``RA--TAN``)."""
    written = str(header.get(f"CTYPE{axis}{alternate}", "")).strip().upper()
    match = _CELESTIAL.match(written)
    return match[1].ljust(5, "-") + match[2] + (match[3] or "") if match else written


def _is_polynomial(header: Header) -> bool:
    """Whether the PVi_m of a tangent plane are a polynomial: its linear terms are there, and no SIP goes before it."""
    linear = all(header.number(k) != 0 for k in ("PV1_1", "PV2_1"))
    return linear and "A_ORDER" not in header and _has_polynomial(header)


def _has_polynomial(header: Header) -> bool:
    return "PV" in header.cards and any(_POLYNOMIAL.match(k) for k in header if k.startswith("PV"))


def _type_card(header: Header, axis: int, alternate: str, polynomial: bool) -> str:
    """The CTYPE card as wcslib wants it."""
    keyword = f"CTYPE{axis}{alternate}"
    if keyword not in header:
        return ""
    ctype = axis_type(header, axis, alternate)
    return write_card(keyword, ctype[:-3] + "TPV" if polynomial and ctype.endswith("-TAN") else ctype)


def _axis_kind(ctype: str, table: dict[str, str]) -> str:
    padded = ctype.upper().strip().ljust(4, "-")
    return table.get(padded[:4], "") if padded[:2] != "RA" or padded[:4] == "RA--" else ""


_ALTERNATE = re.compile(r"CTYPE1([A-Z])(?: *=|$)")


def alternates(header: Header) -> list[str]:
    """Letters of the world coordinate systems of a header, the primary (empty) one first."""
    found = {match[1] for match in _ALTERNATE.finditer(header.cards)}
    found |= {key[6:] for key in header.overlay if _ALTERNATE.match(key)}
    return ["", *sorted(letter for letter in found if f"CTYPE1{letter}" in header)]


def sky_axes(header: Header, alternate: str = "") -> SkyAxes | None:
    """The pair of celestial axes of one coordinate system; None where there is none."""
    longitude = latitude = 0
    kinds = set()
    for n in range(1, axis_count(header, alternate) + 1):
        ctype = axis_type(header, n, alternate)
        if not longitude and (kind := _axis_kind(ctype, LONGITUDES)):
            longitude = n
            kinds.add(kind)
        elif not latitude and (kind := _axis_kind(ctype, LATITUDES)):
            latitude = n
            kinds.add(kind)
    if not longitude or not latitude or len(kinds) != 1:
        return None
    return SkyAxes(longitude, latitude, kinds.pop(), alternate)


_SOLAR = ("HPLN", "HPLT", "HPRZ", "HGLN", "HGLT", "CRLN", "CRLT", "SOLX", "SOLY", "HCLN", "SOLA", "GONG")
#: Ephemeris of the Sun, which only pictures of it need (Thompson 2006, section 2 and 9, and what came before).
_SOLAR_KEYWORDS = (
    "RSUN_OBS", "RSUN_REF", "RSUN_ARC", "DSUN_OBS", "HGLN_OBS", "CRLN_OBS", "SOLAR_R", "SOLAR_P0", "SOLAR_B0",
    "SOLAR_P",
)  # fmt: skip


def is_solar(header: Header) -> bool:
    """Whether the primary system is the Sun's (Thompson 2006), or a planet's surface."""
    ctypes = [axis_type(header, n)[:4] for n in (1, 2)]
    return any(c in _SOLAR for c in ctypes) or any(k in header for k in _SOLAR_KEYWORDS)


def has_scale(header: Header, axes: SkyAxes) -> bool:
    """Whether a card says how large a pixel is; the standard's 1 degree, where none does, is no camera's."""
    pair, letter = (axes.longitude, axes.latitude), axes.alternate
    if uses_tables(header, pair, letter) or "PLTSCALE" in header:
        return True
    names = [f"CDELT{n}" for n in pair] + [f"{m}{i}_{j}" for m in ("CD", "PC") for i in pair for j in pair]
    return any(name + letter in header and header.number(name + letter) != 0 for name in names)


#: What a plate solution of the Digitized Sky Survey needs; it stands for the WCS that such headers lack.
_PLATE = ("PLTRAH", "PLTDECD", "PLTSCALE", "XPIXELSZ", "YPIXELSZ", "CNPIX1", "CNPIX2", "PPO3", "PPO6", "AMDX1", "AMDY1")


def _has_plate(header: Header) -> bool:
    return all(keyword in header for keyword in _PLATE)


def find_sky(header: Header) -> SkyAxes | None:
    """The celestial axes of the primary system, else of the first alternate; none of a picture of the Sun."""
    if is_solar(header):
        return None
    if "CTYPE1" not in header and _has_plate(header):
        return SkyAxes(1, 2, "equatorial")
    return next((axes for letter in alternates(header) if (axes := sky_axes(header, letter))), None)


@lru_cache(maxsize=20_000)
def _belongs(keyword: str, alternate: str) -> bool:
    """Whether a keyword describes this coordinate system (FITS 4.0, table 22)."""
    match = _OWN.match(keyword)
    if match:
        return (match["letter"] or "") == alternate or (not match["letter"] and match["shared"] is not None)
    return not alternate and bool(_SIP.match(keyword))


def own_cards(header: Header, axes: tuple[int, ...] = (), alternate: str = "") -> str:
    """The cards of one coordinate system (of these axes, or all) as text, units in the standard's spelling.

    Raises
    ------
    FitsError
        A card that must hold a number holds something else.
    """
    noao = any(axis_type(header, n).endswith(("TNX", "ZPX")) for n in (1, 2))
    tangent = any(axis_type(header, n, alternate)[4:] in ("-TAN", "-TAN-SIP") for n in (1, 2))
    polynomial = tangent and _is_polynomial(header)
    other = tangent and not polynomial and _has_polynomial(header)
    both = any(k in header for k in ("CD1_1", "CD2_2"))
    plate = _has_plate(header)

    def wanted(keyword: str) -> bool:
        if not plate and _PLATE_CARD.fullmatch(keyword):
            return False  # wcslib begins a plate solution with any of them, and crashes at a half one
        if keyword.startswith("CTYPE") or (other and keyword.startswith("PV")):
            return False
        if both and not alternate and keyword.startswith("PC"):
            return False  # the standard forbids both; the newer CD is what the writers of both meant
        if _beyond(keyword) or (keyword.startswith("WCSAXES") and (header.number(keyword) or 0) > _MOST_AXES):
            return False
        own = _belongs(keyword, alternate) and _of_axes(keyword, axes)
        return own or (noao and not alternate and bool(_NOAO.match(keyword)))

    cards = _numeric(header, header.select(wanted))
    count = min(axis_count(header, alternate), _MOST_AXES)
    numbers = axes or range(1, count + 1)
    types = [_type_card(header, n, alternate, polynomial) for n in numbers]
    units = [_unit_card(header, n, alternate) for n in numbers]
    return write_card("NAXIS", max(1, count)) + cards + "".join(types) + "".join(units)


#: The numbers of axes in a keyword.
_NUMBERED = re.compile(r"(?:(?:PC|CD)(\d+)_(\d+)|(?:CRVAL|CRPIX|CDELT|CROTA|CRDER|CSYER|PV|PS)(\d+)|PC(\d{3})(\d{3})$)")


@lru_cache(maxsize=20_000)
def _beyond(keyword: str) -> bool:
    """Whether a keyword names an axis that no file has: wcslib makes matrices of the highest number that it meets."""
    match = _NUMBERED.match(keyword)
    return match is not None and any(int(n) > _MOST_AXES for n in match.groups() if n)


def _numeric(header: Header, cards: str) -> str:
    """The cards with every decisive value a number: wcslib takes 0 or 1 for what it cannot read, without a word."""
    texts = [cards[start : start + CARD] for start in range(0, len(cards), CARD)]
    return "".join(_numeric_card(header, text) if _DECISIVE.match(text[:8].strip()) else text for text in texts)


def _numeric_card(header: Header, card: str) -> str:
    keyword = card[:8].strip()
    value = header.get(keyword)
    if value is None or (isinstance(value, (int, float)) and header.number(keyword) is not None):
        return card
    number = header.number(keyword)
    if number is None:
        raise FitsError(f"WCS: {keyword} is {str(value)[:40]!r}, where a number must stand")
    return write_card(keyword, number)


@lru_cache(maxsize=20_000)
def _of_axes(keyword: str, axes: tuple[int, ...]) -> bool:
    """Whether a keyword says something about these axes alone."""
    match = _AXIS_NUMBERS.match(keyword)
    if not axes or not match:
        return True
    numbers = {int(n) for n in match.groups() if n}
    return numbers <= set(axes)


def _unit_card(header: Header, axis: int, alternate: str) -> str:
    keyword = f"CUNIT{axis}{alternate}"
    unit = parse_unit(header.text(keyword) or "")
    if unit is None:
        return ""
    try:
        return write_card(keyword, unit.to_string("fits"))
    except (ValueError, u.UnitsError):
        return ""


#: Gives the tables that -TAB axes look up; called only where there are such axes.
Lookup = Callable[[], fits.HDUList | None]


def uses_tables(header: Header, axes: tuple[int, ...], alternate: str = "") -> bool:
    """Whether one of these axes is a -TAB axis (FITS 4.0, section 8.2.4)."""
    return any(axis_type(header, n, alternate)[4:] == "-TAB" for n in axes)


def _check_orders(header: Header) -> None:
    """Astropy makes a matrix of a SIP polynomial's order, and fills it cell by cell: 2000 take seconds."""
    for keyword in ("A_ORDER", "B_ORDER", "AP_ORDER", "BP_ORDER"):
        order = header.number(keyword)
        if order is not None and abs(order) > _MOST_SIP_ORDER:
            raise FitsError(f"WCS: {keyword} is {order:g}; polynomials of SIP end at 9")


def build(header: Header, axes: tuple[int, ...] = (), alternate: str = "", lookup: Lookup | None = None) -> WCS:
    """The WCS of some axes (from 1; all by default) of one coordinate system.

    Raises
    ------
    FitsError
        wcslib refuses the cards.
    """
    _check_orders(header)
    text = own_cards(header, axes, alternate)
    count = len(text) // CARD
    if count > 2000:
        raise FitsError(f"the WCS has {count} cards")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # astropy takes ASCII only; what lies beyond stands in comments, which say nothing to wcslib.
            cards = fits.Header.fromstring(text.encode("ascii", "replace").decode("ascii"))
            tables = lookup() if lookup and uses_tables(header, axes, alternate) else None
            return WCS(cards, tables, key=alternate or " ", naxis=list(axes) or None)
        except Exception as error:  # noqa: BLE001  # wcslib's and astropy's errors have no common root; all become ours
            raise FitsError(f"WCS{alternate}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:200]


def pixel_to_world(wcs: WCS, pixels: np.ndarray) -> np.ndarray:
    """World coordinates (degrees, SI) of pixel positions (FITS convention, first pixel 1); NaN where there is none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(wcs.all_pix2world(pixels, 1), dtype=float)
        except Exception as error:  # noqa: BLE001  # see build
            raise FitsError(f"WCS: {_first_line(error)}") from error
