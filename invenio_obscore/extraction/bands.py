"""The house table of common bands: filter names to wavelengths (nm), by instrument, then by photometric system.

Widths are those between half maxima, to a few per cent; whoever needs better asks the SVO Filter Profile Service
(`curation`). Sources: the instruments' handbooks and the systems' defining papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .band_tables import (
    ACS,
    AKARI,
    ALOPEKE,
    COLOURS,
    DECAM,
    EUCLID,
    GAIA,
    GALEX,
    GMOS,
    HSC,
    HST,
    IRAC,
    IRAS,
    JOHNSON,
    JWST,
    LCO,
    LSST,
    MEGACAM,
    MIPS,
    NARROW,
    NICMOS,
    PACS,
    PANSTARRS,
    PLATES,
    PTF,
    ROMAN,
    SDSS,
    SKYMAPPER,
    SPIRE,
    STROMGREN,
    SUBMM,
    SUPRIME,
    TWOMASS,
    UGRIZY,
    UVOT,
    WFC3,
    WFCAM,
    WFPC2,
    WIRCAM,
    WISE,
    ZTF,
    Table,
)
from .scope import Hit, Scope


@dataclass(frozen=True)
class Band:
    """A band that was recognised; metres."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class System:
    """A set of filters: how its headers are recognised, its table, and its name."""

    name: str
    where: re.Pattern[str] | None
    table: Table


def _system(name: str, where: str, table: Table) -> System:
    return System(name, re.compile(where, re.I) if where else None, table)


#: By the text of facility, instrument and detector; the first whose table knows the filter.
_SYSTEMS = (
    _system("HST ACS", r"\bACS\b", ACS),
    _system("HST WFC3", r"WFC3", WFC3),
    _system("HST WFPC2", r"WFPC", WFPC2),
    _system("HST NICMOS", r"NICMOS", NICMOS),
    _system("HST", r"\bHST\b|WFPC|\bACS\b|WFC3|NICMOS|\bFOC\b", HST),
    _system("JWST", r"JWST|NIRCAM|NIRISS|MIRI|NIRSPEC", JWST),
    _system("CFHT MegaCam", r"MEGAPRIME|(?<!O)MEGACAM|MEGAPIPE", MEGACAM),
    _system("CFHT WIRCam", r"WIRCAM", WIRCAM),
    _system("UKIRT WFCAM", r"WFCAM", WFCAM),
    _system("Spitzer IRAC", r"\bIRAC\b", IRAC),
    _system("Spitzer MIPS", r"\bMIPS\b", MIPS),
    _system("WISE", r"\bWISE\b", WISE),
    _system("GALEX", r"GALEX", GALEX),
    _system("Swift UVOT", r"UVOT|\bOM\b", UVOT),
    _system("Herschel PACS", r"\bPACS\b", PACS),
    _system(
        "thermal infrared",
        r"NACO|CONICA|ISAAC|NIRC|IRTF|SPEX|NSFCAM|NIRI|GNIRS|LMIR|NICI|\bERIS\b|UKIRT|UIST",
        JOHNSON,
    ),
    _system("Herschel SPIRE", r"\bSPIRE\b", SPIRE),
    _system("submillimetre", r"BLAST|SCUBA|BOLOCAM|LABOCA", SUBMM),
    _system("IRAS", r"\bIRAS\b", IRAS),
    _system("HSC", r"\bHSC\b|HYPER SUPRIME", HSC),
    _system("LCO", r"\bLCO|SINISTRO|\b[012]M[04]|\b(KB|FA|FL|EP|FS)\d\d\b", LCO),
    _system("Suprime-Cam", r"SUPRIME|SUBARU|\bSUPA\d|\bSCLA\.", SUPRIME),
    _system("Euclid", r"EUCLID|EUC_|\bNISP\b", EUCLID),
    _system("Gaia", r"\bGAIA\b", GAIA),
    _system("ZTF", r"\bZTF\b|ZWICKY", ZTF),
    _system("PTF", r"\bP48\b|\bPTF\b", PTF),
    _system("speckle cameras", r"ALOPEKE|ZORRO|NESSI|DSSI", ALOPEKE),
    _system("2MASS", r"2MASS", TWOMASS),
    _system("plates", r"PLATE|SCHMIDT|UKST|\bDSS\b", PLATES),
    _system("DECam", r"DECAM", DECAM),
    _system("Pan-STARRS", r"PAN-?STARRS|\bGPC1\b|\bPS1\b", PANSTARRS),
    _system("SkyMapper", r"SKYMAPPER", SKYMAPPER),
    _system("Rubin", r"LSST|RUBIN|SIMONYI", LSST),
    _system("GMOS", r"GMOS", GMOS),
    _system("Roman", r"\bROMAN\b", ROMAN),
    _system("AKARI", r"AKARI", AKARI),
    _system("SDSS", r"SDSS|\b2\.5M\b", SDSS),
    _system("ugrizy", r"OMEGACAM|HYPER|\bHSC\b", UGRIZY),
)
_KEYWORDS = (
    "FILTER", "FILTER1", "FILTER2", "FILTNAM1", "FILTNAM2", "FILTER3", "FILTNAM", "FILTERS", "BAND", "FILTER01",
    "FILTER02", "FILTER03", "PUPIL", "FPA.FILTER", "FPA.FILTERID",
    "ESO INS FILT1 NAME", "ESO INS FILT2 NAME", "ESO INS FILT3 NAME", "ESO INS FILT4 NAME", "INSFILTE", "FLTRNM",
    "FLTNAME", "FILTERID", "FILTNAME", "FILTSYS", "WFFBAND", "CHNLNUM", "BANDPASS", "DETECTOR", "DETNAM",
    "WAVELNTH",
)  # fmt: skip
_OPEN = re.compile(r"(clear|open|none|empty|blank|out|n/?a|free|no[ _-]?filter|nd\b|block)", re.I)
#: Keywords that hold other things in other instruments' headers.
_ELSEWHERE = ("DETECTOR", "DETNAM", "BANDPASS", "WAVELNTH", "CHNLNUM", "FILTERID")
_CENTRE_WIDTH = re.compile(r".*\s(\d{4,5}\.?\d*)\s+(\d{2,5}\.?\d*)$")


_CONTEXT = ("TELESCOP", "INSTRUME", "DETECTOR", "MISSION", "OBSERVAT", "ORIGIN", "SURVEY", "PSCAMERA")


def find_band(scope: Scope) -> tuple[Hit, Band] | None:
    """The band of the first filter keyword that names one; None where none does, or two do."""
    if scope.kind in ("spectrum", "slit spectrum", "events", "spectral cube", "event bundle"):
        return None
    context = " ".join(
        text for text in (*(scope.text(keyword) for keyword in _CONTEXT), scope.reading.name) if text
    )  # fmt: skip
    for hit in scope.hits(*_KEYWORDS):
        number = isinstance(hit.value, float)
        text = f"{hit.value:g}" if number else str(hit.value).strip()
        if hit.keyword in _ELSEWHERE and not _specific(context, text):
            continue
        band = resolve(text, context)
        if band is not None:
            return hit, band
    return None


def filter_text(scope: Scope) -> str:
    """The filter as the header names it, or an empty text; curation looks it up where :func:`find_band` finds none."""
    for hit in scope.hits(*(keyword for keyword in _KEYWORDS if keyword not in _ELSEWHERE)):
        text = str(hit.value).strip()
        if text and not _OPEN.match(text):
            return text[:60]
    return ""


def _specific(context: str, text: str) -> bool:
    """Whether an instrument's own table knows this text (some keywords hold other things elsewhere)."""
    return any(s.where and s.where.search(context) and text in s.table for s in _SYSTEMS)


def resolve(text: str, context: str = "") -> Band | None:
    """The band that a filter's text names, given what the header says of telescope and instrument."""
    text = text.strip().strip("'\"`")
    if not text or _OPEN.match(text) or len(text) > 60 or (text not in SUPRIME and _names_two(text)):
        return None
    explicit = _CENTRE_WIDTH.match(text)
    if explicit and 1000 < float(explicit[1]) < 30000 and float(explicit[2]) < float(explicit[1]):
        centre, width = float(explicit[1]) * 1e-10, float(explicit[2]) * 1e-10
        return Band(text, centre - width / 2, centre + width / 2)
    systems = [s for s in _SYSTEMS if s.where and s.where.search(context)]
    for name in _names(text):
        for system in systems:
            bounds = _in_table(name, system.table)
            if bounds:
                return Band(f"{system.name} {name}", bounds[0] * 1e-9, bounds[1] * 1e-9)
    return _generic(text, systems)


#: What a name means where no instrument is known: y and L have a second meaning (Strömgren's, luminance).
_ANYWHERE = {k: v for k, v in {**UGRIZY, **JOHNSON}.items() if k not in ("y", "L")}


def _generic(text: str, systems: list[System]) -> Band | None:
    """Photometric systems that a name itself tells: ``SDSS r``, ``Bessell V``, ``Ks``, ``r'``."""
    lower = text.lower()
    tables = [
        ("HST", HST),
        ("Suprime-Cam", SUPRIME),
        ("narrow band", NARROW),
        ("photometric system", _ANYWHERE),
        ("colour", COLOURS),
        ("plates", PLATES),
    ]
    if "sdss" in lower or "sloan" in lower or "prime" in lower or re.match(r"(?:[ugriz]['p]?|y'|yp)$", text):
        tables.insert(0, ("ugrizy", UGRIZY))
    if any(word in lower for word in ("johnson", "bessel", "cousins", "harris", "kron")):
        tables.insert(0, ("Johnson-Cousins", JOHNSON))
    if "strom" in lower or "strøm" in lower:
        tables.insert(0, ("Strömgren", STROMGREN))
    for name in _names(text):
        for label, table in tables:
            bounds = _in_table(name, table)
            if bounds:
                return Band(f"{label} {name}", bounds[0] * 1e-9, bounds[1] * 1e-9)
    return None


def _names_two(text: str) -> bool:
    """Whether a text names two bands (``B+V``), or puts a letter that is one before a band (``B_K``, broad band K)."""
    words = [w for w in re.split(r"[\s_,;:/+&-]+", text) if w]
    return len(words) > 1 and len({w for w in words if w in JOHNSON or w in UGRIZY}) > 1


def _in_table(name: str, table: Table) -> tuple[float, float] | None:
    """By the exact name, then by the name in capitals where no other differs only by case."""
    if name in table:
        return table[name]
    folded = [key for key in table if key.upper() == name.upper()]
    return table[folded[0]] if len(folded) == 1 else None


_AFFIX = re.compile(
    r"(?i)\b(sdss|sloan|johnson|bessell?|cousins|harris|kron|filter|band|stromgren|2mass|megacam"
    r"|wircam|decam|prime|mko|gunn|w-[sjc]|hsc|ztf|ps1|vst|ukidss|vista|narrow|broad|blue|red)\b[-_ ]*"
)


def _names(text: str) -> Iterator[str]:
    """What a filter's text may be called in a table: as it is, and without makers' codes and words around it."""
    seen: set[str] = set()
    short = re.sub(r"[._](MP|WC|G|CH|C)?\d{2,}.*$", "", text)
    for candidate in (text, short, *_stripped(text), *_stripped(short)):
        name = candidate.strip(" _-.'\"+*")
        name = _LONG.get(name.lower(), name)
        if name and name not in seen:
            seen.add(name)
            yield name


_WAVELENGTH_WORD = re.compile(r"[A-Z]{0,2}\d{3,5}$", re.I)
_LONG = {
    "kshort": "Ks", "k_short": "Ks", "k-short": "Ks", "kprime": "Kp", "k'": "Kp", "l'": "Lp", "m'": "Mp",
    "l_prime": "Lp", "lprime": "Lp", "l prime": "Lp", "m_prime": "Mp", "mprime": "Mp", "kp": "Kp",
    "h-alpha": "HALPHA", "halpha": "HALPHA", "ha": "HA",
}  # fmt: skip


def _stripped(text: str) -> Iterator[str]:
    bare = _AFFIX.sub(" ", re.sub(r"#\d+.*$", "", text).replace("_", " ")).strip()
    yield bare
    yield re.sub(r"['`´]$|[_ ]?prime$", "", bare)
    words = re.split(r"[\s_,;:/+-]+", bare)
    # One letter in front of a wavelength (``N-B-L921``) is the kind of filter, not its band.
    if words and words[0] and (len(words[0]) > 1 or not any(_WAVELENGTH_WORD.match(w) for w in words[1:])):
        yield words[0]
    yield from (word for word in words[1:3] if len(word) > 2 or word.isdigit())
