"""What a file holds: each HDU's part, and the products that HDUs make up together (ObsCore 1.1, section 3.3.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..fits.cards import Header
from ..fits.reading import HduReading, Reading
from ..fits.spectral import spectral_axis, table_kind
from ..fits.tables import TableColumn, columns
from ..fits.wcs import image_shape, sky_axes
from .dispersion import is_dispersed
from .house import linear_spectrum
from .scope import Scope
from .single_dish import as_image, is_single_dish

_SIDE_IMAGE = re.compile(
    r".*(ERR|DQ|STAT|VAR|MASK|WEIGHT|WHT|BPM|CTX|CON$|IVAR|SIGMA|NOISE|RMS|FLAG|UNCERT|D2IM|WCSDVAR|WCSCORR|DQF|CONF$|EXPMAP"
    r"|SAMP|TIME$|QUAL|APERTURE|RESOLUTION|WAVE|LAMBDA|SKY$|SKYSUB|BACKGROUND|BKG|PSF|THUMB|PREVIEW|CROSSTALK|OVERSCAN|HISTORY).*"
)
_EVENT_NAMES = re.compile(
    r"(STD)?EVE?NTS?(\d+|[A-Z]{1,3})?$|EVENT FILE|EVENT_?LIST|XTE_SE|EVENTS?_.*|UNFILTERED|PHOTONS?$"
)
_SIDE_TABLE = re.compile(
    r".*(GTI|EBOUNDS|REG\d*$|REGION|POINTING|TELARRAY|BADPIX|EXPOSU|CALINDEX|HISTORY|FIBRES|FIBRE|REDUCTION|PROVENANCE|LINES?$"
    r"|HDRTAB|WCSCORR|ASDF|GROUPING|PRIMARY_HEADER|(?<!CATA)LOG$|DSS$|OFFSETS|XTE_.*PCU|RESPONSE|MATRIX|AREA|EDISP|PSF|BKG|RAD_MAX).*"
)
FLUX_COLUMN = re.compile(
    r"(.*[_ ]|white|red|green|blue)?"
    r"(FLUX\w*|FLAM|FNU|INT(ENSITY|ENS)?|COUNTS?|RATE|SPEC(TRUM)?|DATA|BRIGHTNESS|NET|ABS_CAL|MAG|SIGNAL|FLUX DENSITY)"
    r"([_ ].*|\d*)$",
    re.I,
)
SPECTRAL_COLUMN = re.compile(
    r"(log_?)?(vac_?|air_?)?(wave(length)?|lambda|lam|loglam|wl|wlen|freq(uency)?|energy|wavenumber)(_?(vac|air|obs|um|nm|angstrom|a))?s?$",
    re.I,
)
TIME_COLUMN = re.compile(r"(time|bjd|hjd|mjd|jd|datejd|tmid|barytime|btjd|date|time_?start|time_?bjd|met)(_.*)?$", re.I)


@dataclass(frozen=True)
class Kind:
    """A kind of product: ObsCore's type and the finer term of the product-type vocabulary."""

    type: str | None
    subtype: str | None = None


KINDS = {
    "image": Kind("image"),
    "cube": Kind("cube"),
    "spectral cube": Kind("cube", "spectral-cube"),
    "time cube": Kind("cube", "time-cube"),
    "polarisation cube": Kind("cube", "polarization-cube"),
    "spectrum": Kind("spectrum"),
    "slit spectrum": Kind("spectrum", "slit-spectrum"),
    "dynamic spectrum": Kind("spectrum", "dynamic-spectrum"),
    "events": Kind("event", "event-list"),
    "event bundle": Kind("event", "event-bundle"),
    "light curve": Kind("timeseries", "light-curve"),
    "visibility": Kind("visibility"),
    "sed": Kind("sed"),
    "measurements": Kind("measurements"),
    "response": Kind(None),
    "sky map": Kind("image"),
    "nothing": Kind(None),
}

Test = Callable[[HduReading, Header], bool]


def _class(header: Header, number: int = 1) -> str:
    return (header.text(f"HDUCLAS{number}") or "").upper()


def _names(header: Header) -> list[str]:
    return [c.name for c in columns(header)]


def _is_table(header: Header) -> bool:
    return header.text("XTENSION") in ("BINTABLE", "TABLE", "A3DTABLE") and not header.flag("ZIMAGE")


def _is_response(hdu: HduReading, header: Header) -> bool:
    return (
        _class(header) == "RESPONSE"
        or hdu.name in ("MATRIX", "SPECRESP", "SPECRESP MATRIX")
        or (_class(header, 2) in ("RMF", "ARF", "EFF_AREA", "EDISP", "PSF", "BKG"))
    )


_EVENT_COLUMNS = frozenset({"PHA", "PI", "ENERGY", "CHANNEL"})


def _is_events(hdu: HduReading, header: Header) -> bool:
    if _class(header) in ("EVENTS", "EVENT") or _EVENT_NAMES.match(hdu.name):
        return True
    names = [name.upper() for name in _names(header)]
    return names[:1] == ["TIME"] and bool(_EVENT_COLUMNS & set(names)) and "RATE" not in names


#: Units that only light is measured in; a length in metres may be anything's, and so may a number per second.
_LIGHT = re.compile(r".*(angstr|\bnm\b|nanom|micro|\bum\b|µm|hz\b|\d?ev\b|[kmgt]ev|cm-1|cm\^-1|1/cm).*", re.I)


def _is_spectral(column: TableColumn) -> bool:
    return bool(SPECTRAL_COLUMN.match(column.name)) or (
        column.is_number and bool(_LIGHT.match(column.unit)) and table_kind("", column.unit) is not None
    )


def _is_spectrum_table(hdu: HduReading, header: Header) -> bool:
    if _class(header) == "SPECTRUM" or is_single_dish(hdu):
        return True
    found = columns(header)
    names = {c.name.upper() for c in found}
    if {"START", "STOP"} <= names or any(TIME_COLUMN.match(name) for name in names):
        return False
    return any(_is_spectral(c) for c in found) and any(FLUX_COLUMN.match(name) for name in names)


_MANY_DECADES = 1e5


def _is_distribution(hdu: HduReading, header: Header) -> bool:
    """A spectral table that goes from one end of the spectrum towards the other is a spectral energy distribution."""
    ranges = hdu.tables.get("range", {})
    spans = [ranges[c.name] for c in columns(header) if SPECTRAL_COLUMN.match(c.name) and c.name in ranges]
    wide = any(low > 0 and high / low > _MANY_DECADES for low, high in spans)
    return wide and _is_spectrum_table(hdu, header)


_LONGITUDE = re.compile(
    r"_?(ra|raj2000|ra_?(deg|j2000|icrs|targ|obj|fin)|alpha_?j?2000|right_?ascension|glon|lon)$", re.I
)
_LATITUDE = re.compile(
    r"_?(de|dec|dej2000|de[c]?_?(deg|j2000|icrs|targ|obj|fin)|delta_?j?2000|declination|glat|lat)$", re.I
)


def _is_catalogue(hdu: HduReading, header: Header) -> bool:
    """A table of places, one a row: whatever was measured there, it is no spectrum and no time series."""
    if _class(header) == "INDEX" or hdu.name in ("OBS_INDEX", "HDU_INDEX"):
        return True
    if is_single_dish(hdu) or header.integer("NAXIS2") < 2:
        return False
    found = columns(header)
    vector = any(SPECTRAL_COLUMN.match(c.name) and c.repeat > 1 and c.is_number for c in found)
    names = [c.name for c in found if c.is_number and c.repeat == 1]
    return not vector and any(map(_LONGITUDE.match, names)) and any(map(_LATITUDE.match, names))


_SERIES_CLASSES = frozenset({"LIGHTCURVE", "LIGHT CURVE", "TIMESERIES", "RATE"})


def _is_light_curve(hdu: HduReading, header: Header) -> bool:
    """A light curve by its class or name, or by a column that is called TIME beside a flux."""
    if _class(header) in _SERIES_CLASSES or hdu.name in ("RATE", "LIGHTCURVE", "TARGETTABLES"):
        return True
    times = [c for c in columns(header) if c.name.upper() == "TIME" and c.is_number]
    return bool(times) and _has_samples(header, times) and any(FLUX_COLUMN.match(n) for n in _names(header))


def _is_series(hdu: HduReading, header: Header) -> bool:
    """A table that has times and something measured: a light curve where the file holds nothing else."""
    described = columns(header)
    names = {c.name.upper() for c in described}
    if {"YEAR", "DOY", "SOD"} <= names:
        return True
    times = [c for c in described if c.is_number and TIME_COLUMN.match(c.name)]
    if not times or not _has_samples(header, times):
        return False
    first = described[0].name.upper() == "TIME" and len(described) > 1 and not names & {"RA", "DEC", "START", "STOP"}
    return first or any(FLUX_COLUMN.match(c.name) for c in described)


def _has_samples(header: Header, times: list[TableColumn]) -> bool:
    return header.integer("NAXIS2") > 1 or times[0].repeat > 9


#: What a table is: the first test that holds.
_TABLES: tuple[tuple[str, Test], ...] = (
    (
        "sky map",
        lambda h, c: (
            (c.text("PIXTYPE") or "").upper() == "HEALPIX"
            and (c.text("ORDERING") or "").upper() not in ("NUNIQ", "RANGE")
        ),
    ),
    ("side", lambda h, c: _class(c) in ("GTI", "REGION") or h.name in ("EBOUNDS", "STDGTI")),
    ("response", _is_response),
    ("events", _is_events),
    ("visibility", lambda h, c: h.name in ("UV_DATA", "OI_VIS", "OI_VIS2", "OI_T3", "AIPS UV")),
    ("side", lambda h, c: h.name.startswith(("AIPS ", "OI_"))),
    ("side", lambda h, c: bool(_SIDE_TABLE.match(h.name))),
    ("sed", lambda h, c: h.name == "FLUXPOINTS" or (c.text("SED_TYPE") or "") != ""),
    ("light curve", _is_light_curve),
    ("catalogue", _is_catalogue),
    ("sed", _is_distribution),
    ("spectrum", _is_spectrum_table),
    ("series", _is_series),
)


def role(hdu: HduReading) -> str:
    """What one HDU is: a key of `KINDS`, ``side`` for what only serves another HDU, ``empty``, or ``table``."""
    header = hdu.header
    if _is_table(header):
        return next((name for name, test in _TABLES if test(hdu, header)), "table")
    shape = image_shape(header)
    if header.flag("GROUPS") and shape[:1] == (0,):
        return "visibility"
    if not shape or min(shape) < 1 or header.flag("VOTMETA"):
        return "empty"  # fits-plus of TOPCAT keeps a VOTable's text in the primary array
    if hdu.index > 0 and _SIDE_IMAGE.match(hdu.name) or _class(header, 2) in ("ERROR", "QUALITY", "MASK"):
        return "side"
    return "image"


def find_products(reading: Reading) -> list[Scope]:
    """The products of a file, each with its HDUs."""
    coordinates = _coordinate_tables(reading)
    roles: dict[str, list[HduReading]] = {}
    for hdu in reading.hdus:
        name = "coordinates" if hdu.name and hdu.name in coordinates else role(hdu)
        if name == "spectrum" and is_single_dish(hdu):
            hdu = as_image(hdu)
        if name == "spectrum" and "catalogue" in roles:
            name = "table"  # what a catalogue's further tables hold belongs to its sources
        roles.setdefault("table" if name == "catalogue" else name, []).append(hdu)
        roles.setdefault(name, [])
    found: list[tuple[str, list[HduReading]]] = [
        (name, roles[name]) for name in ("events", "visibility", "spectrum", "light curve", "sed") if roles.get(name)
    ]
    images = _science_images(roles.get("image", []), {name for name, _ in found})
    if images:
        found.insert(0, ("image", images))
    if not found:
        found = [_remaining(reading, roles)]
    return [Scope(reading, hdus, name, key=name.replace(" ", "-") if len(found) > 1 else "") for name, hdus in found]


_TABLE_NAME = re.compile(r"PS\d+_0[A-Z]?")


def _coordinate_tables(reading: Reading) -> set[str]:
    """Names of the tables that -TAB axes look up (FITS 4.0, section 8.2.4)."""
    found: set[str] = set()
    for hdu in reading.hdus:
        if "-TAB" in hdu.cards.upper() or hdu.overlay:
            keywords = (k for k in hdu.header if _TABLE_NAME.fullmatch(k))
            found |= {str(hdu.header.get(k)).strip().upper() for k in keywords}
    return found


def _science_images(images: list[HduReading], beside: set[str]) -> list[HduReading]:
    """The images that are data.

    Next to a table that is a product, a single pixel is only a place to keep cards; next to events, an array without
    a sky is; and the primary array of an OGIP spectrum is the map that weighted its responses (OGIP/92-007, section 4).
    """
    if not beside:
        return images
    found = [h for h in images if _pixels(h) > 1]
    if "events" in beside:
        found = [h for h in found if sky_axes(h.header) is not None]
    if "spectrum" in beside:
        found = [h for h in found if _class(h.header, 2) != "WMAP" and not _is_of_ogip(h.header)]
    return found


def _is_of_ogip(header: Header) -> bool:
    return "SIMPLE" in header and (header.text("CONTENT") or "").upper().startswith(("SPECTRUM", "PHA"))


def _pixels(hdu: HduReading) -> int:
    total = 1
    for length in image_shape(hdu.header):
        total *= length
    return total


def _remaining(reading: Reading, roles: dict[str, list[HduReading]]) -> tuple[str, list[HduReading]]:
    for name, kind in (
        ("series", "light curve"),
        ("sky map", "sky map"),
        ("response", "response"),
        ("table", "measurements"),
    ):
        if roles.get(name):
            return kind, roles[name]
    tables = [h for h in roles.get("side", []) if _is_table(h.header)]
    return ("measurements", tables) if tables else ("nothing", reading.hdus[:1])


def image_kind(hdu: HduReading, scope: Scope) -> str:
    """What an image is, from its axes: degenerate axes don't count (ObsCore 1.1, section 3.3.1)."""
    shape = image_shape(hdu.header)
    long = [n for n, length in enumerate(shape, start=1) if length > 1]
    spectral = spectral_axis(hdu.header)
    axis = spectral[0] if spectral else 0
    if axis not in long:
        opened = linear_spectrum(hdu.header)
        axis = opened.axis if opened else 0
    if axis in long:
        others = [n for n in long if n != axis and not str(hdu.header.get(f"CTYPE{n}", "")).upper().startswith("STOK")]
        return "spectrum" if not others else _with_slit(hdu.header, axis, others, shape)
    if len(long) <= 1:
        return "spectrum" if long and sky_axes(hdu.header) is None else "image"
    if len(long) == 2 and sky_axes(hdu.header) is None and _few_rows(shape, long):
        scope.facts["house"] = "rows-of-spectra"
        return "spectrum"
    if len(long) == 2 and is_dispersed(scope):
        return "slit spectrum"
    return _cube_kind(hdu.header, long)


def _with_slit(header: Header, axis: int, others: list[int], shape: tuple[int, ...]) -> str:
    if len(others) > 1:
        return "spectral cube"
    rows = shape[others[0] - 1]
    ctype = str(header.get(f"CTYPE{others[0]}", "")).upper()
    if ctype.startswith(("TIME", "UTC", "MJD")):
        return "dynamic spectrum"
    return "spectrum" if rows <= 12 or str(header.get("CTYPE1", "")).upper().startswith("MULTISPE") else "slit spectrum"


def _few_rows(shape: tuple[int, ...], long: list[int]) -> bool:
    """House rule rows-of-spectra."""
    lengths = [shape[n - 1] for n in long]
    return lengths[0] >= 500 and (lengths[1] <= 20 or lengths[0] > 200 * lengths[1])


def _cube_kind(header: Header, long: list[int]) -> str:
    if len(long) < 3:
        return "image"
    ctype = str(header.get(f"CTYPE{long[2]}", "")).upper()
    if ctype.startswith("STOKES"):
        return "polarisation cube"
    if ctype.startswith(("TIME", "UTC", "TAI", "TT", "MJD")):
        return "time cube"
    return "cube"
