"""What a filter's name may mean in the SVO Filter Profile Service, as people write it, and how sure that is.

A name is first looked at alone: an identifier of the service (``HST/ACS_WFC.F606W``) or a photometric system that it
names (``Bessell V``, ``SDSS r'``, ``2MASS Ks``) says it all. Else the facility's own list of filters is searched, and
the instrument decides among filters of one name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Filter:
    """A filter of the service: identifier, instrument, band, and where it lets light pass (metres)."""

    filter_id: str
    instrument: str
    band: str
    low: float
    high: float

    @property
    def short(self) -> str:
        """The part of the identifier that names the filter: ``F606W`` of ``HST/ACS_WFC.F606W``."""
        return self.filter_id.rpartition("/")[2].partition(".")[2]

    @property
    def set_name(self) -> str:
        """The part that names the camera: ``ACS_WFC``."""
        return self.filter_id.rpartition("/")[2].partition(".")[0]


@dataclass(frozen=True)
class Match:
    """A filter that a name may mean; ``why`` in words for people."""

    filter: Filter
    confidence: float
    why: str


@dataclass(frozen=True)
class Named:
    """An identifier that a name means by itself."""

    filter_id: str
    confidence: float
    why: str


IDENTIFIER = re.compile(r"[A-Za-z0-9_+-]+/[A-Za-z0-9_+-]+\.[A-Za-z0-9_.'*+-]+")
_NO_FILTER = re.compile(r"(?i)\W*(clear\w*|open|none|empty|blank|out|no ?filter|n/?a|free|nd\d*|unknown|null|)\W*\d*")

# A photometric system in a filter's name: pattern (its group is the band), the band's spellings, the identifier.
_SYSTEMS: tuple[tuple[str, str, str], ...] = (
    (r"(?:sdss|sloan)[\s_.-]*([ugriz])['p]?(?:[\s_.-]*(?:prime|band))?", "SLOAN/SDSS.{}", "SDSS"),
    (r"([ugriz])['p]?[\s_.-]*\(?(?:sdss|sloan)\)?(?:[\s_.-]*.*)?", "SLOAN/SDSS.{}", "SDSS"),
    (r"bessell?[\s_.-]*([UBVRI])c?", "Generic/Bessell.{}", "Bessell"),
    (r"([UBVRI])[\s_.-]*\(?bessell?\)?", "Generic/Bessell.{}", "Bessell"),
    (r"johnson[\s_.-]*([UBVRI])", "Generic/Johnson.{}", "Johnson"),
    (r"([UBV])[\s_.-]*\(?johnson\)?", "Generic/Johnson.{}", "Johnson"),
    (r"(?:kron[\s_.-]*)?cousins[\s_.-]*([RI])c?", "Generic/Cousins.{}", "Cousins"),
    (r"([RI])c?[\s_.-]*\(?(?:kron[\s_.-]*)?cousins\)?", "Generic/Cousins.{}", "Cousins"),
    (r"str(?:ö|oe|o)mgren[\s_.-]*([uvby])", "Generic/Stromgren.{}", "Strömgren"),
    (r"2mass[\s_.-]*(J|H|Ks)", "2MASS/2MASS.{}", "2MASS"),
    (r"galex[\s_.-]*(FUV|NUV)", "GALEX/GALEX.{}", "GALEX"),
    (r"wise[\s_.-]*(W[1-4])", "WISE/WISE.{}", "WISE"),
    (r"irac[\s_.-]*(?:ch|i)?[\s_.-]*([1-4])", "Spitzer/IRAC.I{}", "Spitzer IRAC"),
    (r"(?:pan-?starrs|ps1)[\s_.-]*([grizyw])", "PAN-STARRS/PS1.{}", "Pan-STARRS"),
    (r"decam[\s_.-]*([ugrizY])", "CTIO/DECam.{}", "DECam"),
    (r"skymapper[\s_.-]*([uvgriz])", "SkyMapper/SkyMapper.{}", "SkyMapper"),
    (r"gaia[\s_.-]*(G|Gbp|Grp)", "GAIA/GAIA3.{}", "Gaia"),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), target, name) for pattern, target, name in _SYSTEMS)
_PRIME = re.compile(r"([ugriz])'")
# 2MASS's K is Ks; a Bessell V is not a v.
_BANDS = {"ks": "Ks", "k": "Ks", "j": "J", "h": "H", "fuv": "FUV", "nuv": "NUV", "gbp": "Gbp", "grp": "Grp"}

# Facilities as headers name them, and as the service does.
_FACILITIES: tuple[tuple[str, str], ...] = (
    (r"\bhst\b|hubble", "HST"),
    (r"\bjwst\b|james webb", "JWST"),
    (r"sdss|sloan|apache point|\bapo\b", "SLOAN"),
    (r"2mass|two micron all", "2MASS"),
    (r"spitzer", "Spitzer"),
    (r"\bwise\b|neowise", "WISE"),
    (r"galex", "GALEX"),
    (r"\bgaia\b", "GAIA"),
    (r"vlt|ut[1-4]\b|vista|\bvst\b|paranal|\bntt-?vlt", "Paranal"),
    (r"la ?silla|\bntt\b|mpg|2\.2 ?m.*eso|eso.*2\.2|3\.6 ?m", "LaSilla"),
    (r"cfht|canada.france", "CFHT"),
    (r"subaru", "Subaru"),
    (r"keck", "Keck"),
    (r"gemini", "Gemini"),
    (r"ukirt", "UKIRT"),
    (r"palomar|hale|p48|p60|samuel oschin", "Palomar"),
    (r"pan-?starrs|\bps[12]\b", "PAN-STARRS"),
    (r"ctio|blanco|cerro tololo", "CTIO"),
    (r"kpno|kitt peak|mayall|wiyn", "KPNO"),
    (r"skymapper", "SkyMapper"),
    (r"\btess\b", "TESS"),
    (r"kepler|\bk2\b", "Kepler"),
    (r"swift", "Swift"),
    (r"xmm", "XMM"),
    (r"herschel", "Herschel"),
    (r"euclid", "Euclid"),
    (r"rubin|lsst", "LSST"),
    (r"\biras\b", "IRAS"),
    (r"akari", "AKARI"),
    (r"calar alto|caha", "CAHA"),
    (r"\bgtc\b|gran telescopio", "GTC"),
    (r"\btng\b|galileo", "TNG"),
    (r"\bnot\b|nordic optical", "NOT"),
    (r"\bint\b|isaac newton", "INT"),
    (r"\bwht\b|william herschel tel", "WHT"),
    (r"\blbt\b|large binocular", "LBT"),
    (r"liverpool", "Liverpool"),
    (r"las cumbres|\blco(gt)?\b", "LCO"),
    (r"stereo", "STEREO"),
    (r"\bsdo\b", "SDO"),
)


def is_filter(text: str) -> bool:
    """Whether a text can name a filter (``CLEAR`` and ``OPEN`` do not)."""
    return 0 < len(text.strip()) <= 60 and not _NO_FILTER.fullmatch(text)


def facility_of(text: str) -> str:
    """The service's name for a facility, or an empty text."""
    return next((name for pattern, name in _FACILITIES if re.search(pattern, text, re.IGNORECASE)), "")


def by_itself(text: str) -> Named | None:
    """The identifier that a filter's name means whatever the telescope, or None."""
    text = text.strip().strip("'\"` ") if not _PRIME.fullmatch(text.strip()) else text.strip()
    if IDENTIFIER.fullmatch(text):
        return Named(text, 1.0, "an identifier of the service")
    for pattern, target, system in _COMPILED:
        match = pattern.fullmatch(text)
        if match:
            return Named(target.format(_band(match[1], target)), 0.95, f"a band of the {system} system")
    prime = _PRIME.fullmatch(text)
    if prime:
        return Named(f"SLOAN/SDSS.{prime[1]}", 0.75, "a primed letter is a band of the SDSS system")
    return None


def guess(text: str) -> Named | None:
    """What a bare letter most often means: not sure enough to fill a cell, but worth proposing."""
    text = text.strip()
    if text in ("U", "B", "V", "R", "I"):
        return Named(f"Generic/Bessell.{text}", 0.5, "a bare letter, taken as a Bessell band")
    if text in ("u", "g", "r", "i", "z"):
        return Named(f"SLOAN/SDSS.{text}", 0.5, "a bare letter, taken as an SDSS band")
    if text in ("J", "H", "K", "Ks"):
        return Named(f"2MASS/2MASS.{_BANDS[text.lower()]}", 0.5, "a bare letter, taken as a 2MASS band")
    return None


def _band(text: str, target: str) -> str:
    """The band's letters as the system writes them."""
    if target.startswith(("Generic/Bessell", "Generic/Johnson", "Generic/Cousins", "WISE")):
        return text.upper()
    if target.startswith(("SLOAN", "Generic/Strom", "PAN", "SkyMapper")):
        return text.lower()
    if target.startswith("CTIO"):
        return "Y" if text.lower() == "y" else text.lower()
    return _BANDS.get(text.lower(), text)


def normal(text: str) -> str:
    """A name without what people write differently: capitals aside, no blanks, underscores, dashes or ``filter``."""
    text = re.sub(r"(?i)\b(filter|band)\b", "", text)
    return re.sub(r"[\s_.\-/]+", "", text).lower()


def among(text: str, instrument: str, filters: Sequence[Filter]) -> list[Match]:
    """What a name may mean among a facility's filters, the surest first.

    Parameters
    ----------
    text
        The filter as the header has it.
    instrument
        The instrument as the header has it, detector included where that tells filters apart (``ACS/WFC``).
    filters
        Of the facility.
    """
    wanted = normal(text)
    exact = [f for f in filters if wanted in (normal(f.short), normal(f.band))]
    if exact:
        return _by_instrument(text, instrument, exact)
    names = {normal(f.short): f for f in filters if _instrument_agrees(instrument, f)}
    near = difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.7)
    return [Match(names[name], 0.4, f"{text} resembles {names[name].short}") for name in near]


def _by_instrument(text: str, instrument: str, filters: list[Filter]) -> list[Match]:
    """Filters of the wanted name, those of the instrument first; case decides between ``r`` and ``R``."""
    filters = [f for f in filters if text.strip() in (f.short, f.band)] or filters
    agreeing = [f for f in filters if _instrument_agrees(instrument, f)] if instrument else []
    if not agreeing:
        sure = 0.7 if len(filters) == 1 else 0.5
        return [Match(f, sure, f"a filter {f.short} of the facility") for f in filters]
    best = [f for f in agreeing if normal(f.set_name) == normal(instrument)] or agreeing
    if len(best) == 1:
        return [Match(best[0], 0.97, f"the filter {best[0].short} of {best[0].set_name}")]
    sure = 0.85 if _alike(best) else 0.6
    sets = ", ".join(sorted(f.set_name for f in best))
    return [Match(f, sure, f"{f.short} is a filter of {sets}") for f in best]


def _instrument_agrees(instrument: str, candidate: Filter) -> bool:
    wanted = normal(instrument)
    return bool(wanted) and any(
        have and (have in wanted or wanted in have)
        for have in (normal(candidate.instrument), normal(candidate.set_name), normal(candidate.set_name).split("_")[0])
    )


def _alike(filters: Sequence[Filter]) -> bool:
    """Whether the filters let pass nearly the same light, so that it hardly matters which one it is."""
    lows, highs = [f.low for f in filters], [f.high for f in filters]
    width = max(highs) - min(lows)
    return max(lows) - min(lows) <= 0.1 * width and max(highs) - min(highs) <= 0.1 * width
