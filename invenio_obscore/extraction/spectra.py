"""What a product covers in the spectrum, from all the places where files say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from astropy import units as u

from ..errors import FitsError
from ..fits.cards import Header
from ..fits.reading import HduReading
from ..fits.spectral import SpectralCoverage, from_values, spectral_axis, spectral_coverage, table_kind
from ..fits.tables import TableColumn, columns
from ..fits.values import card_unit, parse_real, parse_unit
from ..fits.wcs import image_shape
from .bands import find_band
from .evidence import Evidence, SourceKind
from .house import linear_spectrum, log_energy
from .products import SPECTRAL_COLUMN
from .rules import Found
from .scope import Scope

_IMAGE_KINDS = frozenset(
    {"image", "cube", "spectral cube", "time cube", "polarisation cube", "spectrum", "slit spectrum", "visibility"}
)
_LOG10 = re.compile(r"log_?(lam|lambda|wave|wavelength|wl)?", re.I)


def _source(result: SpectralCoverage, default: SourceKind) -> SourceKind:
    return "house" if result.house else default


def found(result: SpectralCoverage, hdu: int | None, default: SourceKind) -> Iterator[Found]:
    """The columns that a spectral coverage fills."""
    source = _source(result, default)
    detail = f"{result.house}: {result.how}" if result.house else result.how

    def value(column: str, content: object) -> Found:
        return Found(column, content, Evidence(column, source, detail, hdu, result.raw))

    yield value("em_min", result.low)
    yield value("em_max", result.high)
    if result.count:
        yield value("em_xel", result.count)
    if result.ucd:
        yield value("em_ucd", result.ucd)
    if result.unit:
        yield value("em_unit", result.unit)


#: Spectral windows of one product (arms, orders) that are looked at.
_MOST_WINDOWS = 64

# An axis of the image


def image_axis(scope: Scope) -> Iterator[Found]:
    """The spectral axis of an image, a cube or visibilities: by the standard, else by a house rule."""
    if scope.kind not in _IMAGE_KINDS:
        return
    results = [(hdu, result) for hdu in scope.main[:_MOST_WINDOWS] if (result := _image_axis(hdu, scope)) is not None]
    if not results:
        yield from _axis_length(scope)
        return
    first, result = results[0]
    low, high = min(r.low for _, r in results), max(r.high for _, r in results)
    if (low, high) != (result.low, result.high):
        result = replace(result, low=low, high=high, how=f"{result.how}, {len(results)} HDUs together")
    yield from found(result, first.index, "wcs")


def _axis_length(scope: Scope) -> Iterator[Found]:
    """Samples of a spectral axis whose wavelengths cannot be told (a velocity without a rest frequency)."""
    header = scope.first.header
    axis = spectral_axis(header)
    shape = image_shape(header)
    if axis is not None and axis[0] <= len(shape) and shape[axis[0] - 1] > 1:
        yield Found("em_xel", shape[axis[0] - 1], Evidence("em_xel", "wcs", f"NAXIS{axis[0]}", scope.first.index))


def _image_axis(hdu: HduReading, scope: Scope) -> SpectralCoverage | None:
    result: SpectralCoverage | None = None
    try:
        result = spectral_coverage(hdu.header, lookup=scope.lookup)
    except FitsError as error:
        scope.problem("attention", "spectral-axis", error.message, column="em_min", hdu=hdu.index)
    return result or linear_spectrum(hdu.header) or log_energy(hdu.header)


# Another extension

#: Tables that list the energies of a map's planes: Fermi's tools, OGIP, gammapy.
_PLANES = re.compile(r"EBOUNDS|ENERGIES|(.*_)?BANDS$")


def planes(scope: Scope) -> Iterator[Found]:
    """Energies of a cube's planes that a table lists: their edges, else their nodes; they go before a linear axis."""
    shape = image_shape(scope.first.header)
    if scope.kind not in ("cube", "spectral cube") or len(shape) < 3:
        return
    for hdu in scope.reading.hdus:
        if not _PLANES.match(hdu.name) or int(hdu.tables.get("rows", 0)) != shape[2]:
            continue
        names = {c.name.upper(): c for c in columns(hdu.header)}
        pair = ("E_MIN", "E_MAX") if "E_MAX" in names else ("ENERGY", "ENERGY")
        default = "keV" if hdu.name == "EBOUNDS" else "MeV" if hdu.name == "ENERGIES" else ""
        found_planes = list(_energy_columns(hdu, pair, default)) if pair[1] in names else []
        if found_planes:
            yield from found_planes
            yield Found("em_xel", shape[2], Evidence("em_xel", "table", f"rows of {hdu.name}", hdu.index))
            return


def axis_extension(scope: Scope) -> Iterator[Found]:
    """Wavelengths that extensions of their own hold; those of several arms are put together."""
    if scope.kind not in _IMAGE_KINDS - {"visibility"}:
        return
    arms = [hdu for hdu in scope.reading.hdus if hdu.tables.get("data")]
    if not arms:
        return
    first = arms[0]
    count = sum(hdu.header.integer("NAXIS1") for hdu in arms)
    low, high = min(h.tables["data"]["range"][0] for h in arms), max(h.tables["data"]["range"][1] for h in arms)
    unit = first.header.text("BUNIT") or first.header.text("CUNIT1") or scope.first.header.text("WAVEUNIT") or ""
    names = ", ".join(hdu.name for hdu in arms)
    result = None
    if low > 0:
        how, air = f"values of {names}", "AIR" in first.name
        result = from_values(low, high, unit, count=count, how=how, house="axis-extension", air=air)
    if result is not None:
        yield from found(result, first.index, "table")
        return
    yield Found("em_xel", count, Evidence("em_xel", "table", f"length of {names}", first.index))
    if low > 0:
        _unit_missing(scope, f"the extension {first.name} ({low:g} to {high:g})", first)


def _unit_missing(scope: Scope, what: str, hdu: HduReading) -> None:
    scope.problem(
        "attention", "unit-missing", f"{what} has no unit; nothing is guessed", column="em_min", hdu=hdu.index
    )


# Columns of tables


@dataclass(frozen=True)
class _Axis:
    """A spectral column of a table."""

    column: TableColumn
    hdu: HduReading
    log: bool

    @property
    def count(self) -> int:
        """Samples: of a cell, or rows."""
        rows = int(self.hdu.tables.get("rows", 0))
        return self.column.repeat if self.column.repeat > 1 else rows


def _spectral_columns(hdu: HduReading) -> Iterator[_Axis]:
    described = [c for c in columns(hdu.header) if c.is_number]
    named = [c for c in described if SPECTRAL_COLUMN.match(c.name)]
    typed = [
        c
        for c in described
        if c not in named and table_kind(c.name, c.unit) and hdu.tables.get("range", {}).get(c.name)
    ]
    for column in (*named, *typed):
        yield _Axis(column, hdu, bool(re.match(r"log", column.name, re.I)))


def table_axis(scope: Scope) -> Iterator[Found]:
    """Spectral columns: what TDMIN and TDMAX say (or TLMIN, TLMAX), else the values of the column itself."""
    if scope.kind not in ("spectrum", "sed"):
        return
    for hdu in scope.main:
        for axis in _spectral_columns(hdu):
            result = _column_coverage(axis)
            if result is not None:
                yield from found(result, hdu.index, "table")
                return
            if axis.count and SPECTRAL_COLUMN.match(axis.column.name):
                yield Found("em_xel", axis.count, Evidence("em_xel", "table", f"column {axis.column.name}", hdu.index))
                if not axis.column.unit:
                    _unit_missing(scope, f"the column {axis.column.name}", hdu)
                return


def _column_coverage(axis: _Axis) -> SpectralCoverage | None:
    limits = _limits(axis)
    if limits is None:
        return None
    low, high, how = limits
    unit, house = axis.column.unit, ""
    if axis.log:
        if max(abs(low), abs(high)) > 30:
            return None
        low, high = 10**low, 10**high
        named = re.match(r"loglam(bda)?$", axis.column.name, re.I)
        unit, house = _inside_log(unit) or ("Angstrom" if named else ""), "named-column"
    if not (0 < low <= high):
        return None
    ucd = axis.hdu.header.text(f"TUCD{axis.column.number}") or ""
    # em.wl;obs.atmos: wavelengths as measured in the air (ESO Science Data Products Standard, section 5.2).
    air = "air" in axis.column.name.lower() or "air" in ucd.lower() or "obs.atmos" in ucd.lower()
    return from_values(low, high, unit, name=axis.column.name, count=axis.count, how=how, air=air, house=house)


def _inside_log(unit: str) -> str:
    """The unit whose logarithm a column holds: ``log10(Angstrom)``."""
    match = re.match(r"\s*log(?:10)?\s*[(\[ ]\s*(\w+)", unit, re.I)
    return match[1] if match else ""


def _limits(axis: _Axis) -> tuple[float, float, str] | None:
    header, column = axis.hdu.header, axis.column
    for low_name, high_name in (("TDMIN", "TDMAX"), ("TLMIN", "TLMAX")):
        low, high = header.number(f"{low_name}{column.number}"), header.number(f"{high_name}{column.number}")
        if low is not None and high is not None and low < high and not (low_name == "TLMIN" and low <= 0):
            return low, high, f"{low_name}{column.number}, {high_name}{column.number} of column {column.name}"
    values = axis.hdu.tables.get("range", {}).get(column.name)
    return (values[0], values[1], f"values of column {column.name}") if values else None


# High energy


def channels(scope: Scope) -> Iterator[Found]:
    """Channels of an OGIP spectrum or of events, and their energies where EBOUNDS is in the file (OGIP/92-007)."""
    bounds = scope.named("EBOUNDS")
    if scope.kind in ("events", "light curve") and bounds is not None:
        yield from _energy_columns(bounds, ("E_MIN", "E_MAX"))
    if scope.kind != "spectrum" or not is_ogip_spectrum(scope.first):
        return
    count = scope.first.header.integer("DETCHANS") or int(scope.first.tables.get("rows", 0))
    if count:
        yield Found("em_xel", count, Evidence("em_xel", "keyword", "DETCHANS", scope.first.index))
    if bounds is not None:
        yield from _energy_columns(bounds, ("E_MIN", "E_MAX"))


def is_ogip_spectrum(hdu: HduReading) -> bool:
    """Whether a table is a spectrum of channels (OGIP/92-007)."""
    names = {c.name.upper() for c in columns(hdu.header)}
    return (hdu.header.text("HDUCLAS1") or "").upper() == "SPECTRUM" or "CHANNEL" in names and "DETCHANS" in hdu.header


def _energy_columns(hdu: HduReading, names: tuple[str, str], default: str = "keV") -> Iterator[Found]:
    ranges = {k.upper(): v for k, v in hdu.tables.get("range", {}).items()}
    if names[0] not in ranges or names[1] not in ranges:
        return
    unit = next((c.unit for c in columns(hdu.header) if c.name.upper() == names[1]), "") or default
    low, high = ranges[names[0]][0], ranges[names[1]][1]
    if low <= 0:
        low = min(1e-3 * high, high)
    result = from_values(low, high, unit, how=f"columns {names[0]}, {names[1]} of {hdu.name}")
    if result is not None:
        yield from found(result, hdu.index, "table")


_DATA_SUBSPACE_RANGE = re.compile(r"\s*([^:,\s]+)\s*:\s*([^:,\s]+)")


def data_subspace(scope: Scope) -> Iterator[Found]:
    """Energy cut of an event list in DSTYPn, DSVALn, DSUNIn (data subspace keywords of Fermi, Chandra, XMM)."""
    for hdu in scope.main[:2]:
        for number in range(1, 30):
            if (hdu.header.text(f"DSTYP{number}") or "").upper() not in ("ENERGY", "PI_ENERGY"):
                continue
            match = _DATA_SUBSPACE_RANGE.match(hdu.header.text(f"DSVAL{number}") or "")
            low, high = (parse_real(match[1]), parse_real(match[2])) if match else (None, None)
            if low is None or high is None or not 0 < low < high:
                continue
            result = from_values(low, high, hdu.header.text(f"DSUNI{number}") or "", how=f"DSVAL{number}")
            if result is not None:
                yield from found(result, hdu.index, "keyword")
                return


# Keywords

#: Pairs of bounds, and the unit of a number whose card, and whose header's WAVEUNIT, names none.
_BOUNDS: tuple[tuple[str, str, str], ...] = (
    ("WAVELMIN", "WAVELMAX", "nm"), ("MINWAVE", "MAXWAVE", "Angstrom"), ("WAVEMIN", "WAVEMAX", ""),
    ("WAVE_MIN", "WAVE_MAX", ""),
    ("W_MIN", "W_MAX", ""), ("WMIN", "WMAX", ""), ("LAMBDMIN", "LAMBDMAX", ""), ("LAM_MIN", "LAM_MAX", ""),
    ("WAVELB", "WAVEUB", ""), ("LAMMIN", "LAMMAX", ""),
    ("E_MIN", "E_MAX", "keV"), ("EMIN", "EMAX", ""), ("E_MIN1", "E_MAX1", "keV"), ("ENERGYLO", "ENERGYHI", "keV"),
    ("EN_MIN", "EN_MAX", ""), ("EBOUND_L", "EBOUND_H", ""), ("LO_THRES", "HI_THRES", "TeV"),
    ("FREQ_MIN", "FREQ_MAX", ""), ("ENERGY_L", "ENERGY_H", "keV"),
    ("BANDLO", "BANDHI", ""), ("BAND_LO", "BAND_HI", ""), ("WAVEBLUE", "WAVERED", "Angstrom"),
)  # fmt: skip
_CENTRES = (
    "WAVELNTH", "WAVELENG", "WLEN", "WAVELEN", "LAMBDA", "CENWAVE", "CENTRWV", "WAVE", "WAVELENGTH", "LAMBDAC",
    "FREQ", "OBSFREQ", "REF_FREQ", "SKYFREQ", "RESTFRQ", "RESTFREQ",
)  # fmt: skip
_WIDTHS = ("BANDPASS", "BANDWID", "BANDWDTH", "FWHM", "FILTWIDT", "WAVEWID", "BANDWIDT", "WIDTH", "BNDWID")
_UNIT_NAME = re.compile(
    r"\b(angstroms?|nanomet(?:er|re)s?|nm|microns?|micromet(?:er|re)s?|um|[kMG]?Hz|[kMGT]?eV|met(?:er|re)s?)\b", re.I
)


def named_unit(header: Header, keyword: str) -> str:
    """The unit of light that a card names, in brackets or in the words of its comment, or the header's WAVEUNIT."""
    if keyword in ("RESTFRQ", "RESTFREQ"):
        return "Hz"  # FITS 4.0, section 8.4.1
    unit = card_unit(header, keyword)
    if unit is not None and any(unit.is_equivalent(si) for si in (u.m, u.Hz, u.eV)):
        return unit.to_string()
    match = _UNIT_NAME.search(header.comment(keyword))
    if match:
        return match[1]
    written = header.get("WAVEUNIT")
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        # SolarNet: the power of ten of a metre
        return f"1e{int(written)} m" if -20 < written < 5 and written == int(written) else ""
    return str(written or header.text("WAVEUNT") or "")


def keyword_bounds(scope: Scope) -> Iterator[Found]:
    """Two keywords with the ends of the band."""
    for low_name, high_name, default in _BOUNDS:
        for hit in scope.hits(low_name):
            header = hit.hdu.header
            low, high = header.number(low_name), header.number(high_name)
            unit = named_unit(header, low_name) or named_unit(header, high_name) or default
            if low is None or high is None or not 0 < low <= high or not unit:
                continue
            result = from_values(low, high, unit, how=f"{low_name}, {high_name}", raw=f"{low:g} {high:g} {unit}")
            if result is not None:
                yield from found(replace(result, ucd="", unit=""), hit.hdu.index, "keyword")
                return


def keyword_band(scope: Scope) -> Iterator[Found]:
    """A wavelength with a band's width, or with its two ends in one card."""
    yield from _centred(scope, with_width=True)


def keyword_centre(scope: Scope) -> Iterator[Found]:
    """A wavelength alone: both ends."""
    yield from _centred(scope, with_width=False)


def _centred(scope: Scope, *, with_width: bool) -> Iterator[Found]:
    if scope.kind in ("spectrum", "slit spectrum"):
        return
    for hit in scope.hits(*_CENTRES):
        header = hit.hdu.header
        centre, unit = header.number(hit.keyword), named_unit(header, hit.keyword)
        if centre is None or centre <= 0 or not unit:
            continue
        low, high, how = _around(header, hit.keyword, centre)
        if with_width and low == high:
            continue
        result = from_values(low, high, unit, how=how, raw=f"{hit.value} {unit}")
        if result is not None:
            yield from found(replace(result, ucd="", unit=""), hit.hdu.index, "keyword")
            return


def _around(header: Header, keyword: str, centre: float) -> tuple[float, float, str]:
    for name in _WIDTHS:
        text = header.text(name)
        if text is None:
            continue
        parts = [parse_real(part) for part in re.split(r"[,\s:-]+", text)]
        if len(parts) == 2 and parts[0] and parts[1] and parts[0] < centre < parts[1]:
            return parts[0], parts[1], name
        width = header.number(name)
        if width is not None and 0 < width < centre:
            return centre - width / 2, centre + width / 2, f"{keyword}, {name}"
    return centre, centre, keyword


#: Full width at half maximum of a Gaussian, by its standard deviation.
_FWHM = 2.3548


def filter_band(scope: Scope) -> Iterator[Found]:
    """The band of a filter's name."""
    match = find_band(scope)
    if match is None:
        return
    hit, band = match
    evidence = [
        Evidence(column, "house", f"filter-table: {band.name}", hit.hdu.index, f"{hit.keyword} = {hit.value}"[:200])
        for column in ("em_min", "em_max")
    ]
    yield Found("em_min", band.low, evidence[0])
    yield Found("em_max", band.high, evidence[1])


def photometric_band(scope: Scope) -> Iterator[Found]:
    """Pivot wavelength and width (root mean square) of HST's photometry keywords, in ångströms."""
    if scope.kind not in _IMAGE_KINDS - {"spectrum", "slit spectrum"}:
        return
    pivot, width = scope.number("PHOTPLAM"), scope.number("PHOTBW")
    hit = scope.find("PHOTPLAM")
    if hit is None or not pivot or not width or not 0 < width < pivot / 3:
        return
    half = width * _FWHM / 2
    result = from_values(pivot - half, pivot + half, "Angstrom", how="PHOTPLAM, PHOTBW", raw=f"{pivot:g} {width:g}")
    if result is not None:
        yield from found(replace(result, ucd="", unit=""), hit.hdu.index, "keyword")


#: In order: the file's own axis before keywords, keywords before names.
SOURCES: tuple[Callable[[Scope], Iterator[Found]], ...] = (
    planes,
    image_axis,
    axis_extension,
    table_axis,
    channels,
    data_subspace,
    keyword_bounds,
    keyword_band,
    filter_band,
    photometric_band,
    keyword_centre,
)


def implausible(low: float, high: float) -> bool:
    """Whether bounds are no light that anyone observes: shorter than 1 PeV's, longer than 300 m."""
    return low < 1e-22 or high > 300 or low > high


def spectral_unit(text: str) -> bool:
    """Whether a text is a unit of light."""
    unit = parse_unit(text)
    return unit is not None and any(unit.is_equivalent(si) for si in (u.m, u.Hz, u.eV))
