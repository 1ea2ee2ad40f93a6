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
    # plate solutions of the Digitized Sky Survey, which wcslib knows
    r"|AMD[XY]\d+|PPO\d|PLTRA[HMS]|PLTDEC(?:SN|[DMS])|[XY]PIXELSZ|CNPIX[12]|PLTSCALE))$"
)
#: Polynomials of NOAO's TNX and ZPX projections.
_NOAO = re.compile(r"WAT[12]_\d{3}$")
_SIP = re.compile(r"(?:A|B|AP|BP)_(?:ORDER|DMAX|\d+_\d+)$")
_AXIS_NUMBERS = re.compile(
    r"(?:CTYPE|CRVAL|CRPIX|CDELT|CROTA|PC|CD)(\d{1,2})(?:_(\d+))?[A-Z]?$|PV(\d+)_\d+[A-Z]?$|PC(\d{3})(\d{3})$"
)
_MOST_AXES = 12
#: Cards that decide where a pixel lies: one that holds no number makes a false position, not a poor one.
_DECISIVE = re.compile(r"(?:CRVAL|CRPIX|CDELT|CROTA|CD|PC|PV)\d+(?:_\d+)?[A-Z]?$")


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


def _axis_kind(ctype: str, table: dict[str, str]) -> str:
    padded = ctype.upper().strip().ljust(4, "-")
    return table.get(padded[:4], "") if padded[:2] != "RA" or padded[:4] == "RA--" else ""


def alternates(header: Header) -> list[str]:
    """Letters of the world coordinate systems of a header, the primary (empty) one first."""
    letters = sorted({k[6:] for k in header if re.fullmatch(r"CTYPE1[A-Z]", k)})
    return ["", *letters]


def sky_axes(header: Header, alternate: str = "") -> SkyAxes | None:
    """The pair of celestial axes of one coordinate system; None where there is none."""
    longitude = latitude = 0
    kinds = set()
    for n in range(1, axis_count(header, alternate) + 1):
        ctype = str(header.get(f"CTYPE{n}{alternate}", ""))
        if not longitude and (kind := _axis_kind(ctype, LONGITUDES)):
            longitude = n
            kinds.add(kind)
        elif not latitude and (kind := _axis_kind(ctype, LATITUDES)):
            latitude = n
            kinds.add(kind)
    if not longitude or not latitude or len(kinds) != 1:
        return None
    return SkyAxes(longitude, latitude, kinds.pop(), alternate)


_SOLAR = ("HPLN", "HPLT", "HPRZ", "HGLN", "HGLT", "CRLN", "CRLT", "SOLX", "SOLY", "HCLN")


def is_solar(header: Header) -> bool:
    """Whether the primary system is the Sun's (Thompson 2006), or a planet's surface."""
    ctypes = [str(header.get(f"CTYPE{n}", "")).upper()[:4] for n in (1, 2)]
    return any(c in _SOLAR for c in ctypes)


def find_sky(header: Header) -> SkyAxes | None:
    """The celestial axes of the primary system, else of the first alternate; none of a picture of the Sun."""
    if is_solar(header):
        return None
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
    noao = any(str(header.get(f"CTYPE{n}", "")).upper().endswith(("TNX", "ZPX")) for n in (1, 2))
    cards = header.select(
        lambda k: (_belongs(k, alternate) and _of_axes(k, axes)) or (noao and not alternate and bool(_NOAO.match(k)))
    )
    cards = _numeric(header, cards)
    count = min(axis_count(header, alternate), _MOST_AXES)
    units = [_unit_card(header, n, alternate) for n in (axes or range(1, count + 1))]
    return write_card("NAXIS", max(1, count)) + cards + "".join(units)


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
    return any(str(header.get(f"CTYPE{n}{alternate}", "")).upper()[4:] == "-TAB" for n in axes)


def build(header: Header, axes: tuple[int, ...] = (), alternate: str = "", lookup: Lookup | None = None) -> WCS:
    """The WCS of some axes (from 1; all by default) of one coordinate system.

    Raises
    ------
    FitsError
        wcslib refuses the cards.
    """
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
