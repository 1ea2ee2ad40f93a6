"""What a filter's name may mean in the SVO Filter Profile Service, as people write it, and how sure that is.

A name is first looked at alone: an identifier of the service (``HST/ACS_WFC.F606W``) or a photometric system that it
names (``Bessell V``, ``SDSS r'``, ``2MASS Ks``) says it all. Else the facility's own list of filters is searched, and
the instrument decides among filters of one name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
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

# A photometric system in a filter's name: pattern (its group is the band), the identifier, how the service writes the
# band's letters (`_spelled`), the system in words.
_GAP = r"[\s_.-]*"
_MICRON = rf"(?:{_GAP}(?:um|µm|mu|micron))?"
_SYSTEMS: tuple[tuple[str, str, str, str], ...] = (
    (rf"(?:sdss|sloan){_GAP}([ugriz])['p]?(?:{_GAP}(?:prime|band))?", "SLOAN/SDSS.{}", "lower", "SDSS"),
    (
        rf"([ugriz])['p]?{_GAP}\(?(?:sdss|sloan)\)?(?:{_GAP}(?:prime|band)|\s+[a-z]\d+)?",
        "SLOAN/SDSS.{}",
        "lower",
        "SDSS",
    ),
    # what DECam's header has: g DECam SDSS c0001 4720.0 1520.0
    (r"([ugrizY])\s+DECam\b.*", "CTIO/DECam.{}", "decam", "DECam"),
    (rf"bess(?:ell?)?{_GAP}([UBVRI])c?", "Generic/Bessell.{}", "upper", "Bessell"),
    (rf"([UBVRI]){_GAP}\(?bess(?:ell?)?\)?", "Generic/Bessell.{}", "upper", "Bessell"),
    (rf"johnson{_GAP}([UBVRI])", "Generic/Johnson.{}", "upper", "Johnson"),
    (rf"([UBVRI]){_GAP}\(?johnson\)?", "Generic/Johnson.{}", "upper", "Johnson"),
    (rf"(?:kron{_GAP})?cousins{_GAP}([RI])c?", "Generic/Cousins.{}", "upper", "Cousins"),
    (rf"([RI])c?{_GAP}\(?(?:kron{_GAP})?cousins\)?", "Generic/Cousins.{}", "upper", "Cousins"),
    (r"([RI])_?c", "Generic/Cousins.{}", "upper", "Cousins"),
    (rf"(?:johnson|jc){_GAP}cousins{_GAP}([UBV])", "Generic/Johnson.{}", "upper", "Johnson"),
    (rf"(?:johnson|jc){_GAP}cousins{_GAP}([RI])c?", "Generic/Cousins.{}", "upper", "Cousins"),
    (rf"str(?:ö|oe|o)mgren{_GAP}([uvby])", "Generic/Stromgren.{}", "lower", "Strömgren"),
    (rf"([uvby]){_GAP}\(?str(?:ö|oe|o)mgren\)?", "Generic/Stromgren.{}", "lower", "Strömgren"),
    (rf"2mass{_GAP}(J|H|Ks?)", "2MASS/2MASS.{}", "named", "2MASS"),
    (rf"(J|H|Ks?){_GAP}\(?2mass\)?", "2MASS/2MASS.{}", "named", "2MASS"),
    (rf"galex{_GAP}(FUV|NUV)", "GALEX/GALEX.{}", "upper", "GALEX"),
    (rf"(FUV|NUV){_GAP}\(?galex\)?", "GALEX/GALEX.{}", "upper", "GALEX"),
    (rf"wise{_GAP}w?([1-4])", "WISE/WISE.W{}", "", "WISE"),
    (rf"w([1-4]){_GAP}\(?wise\)?", "WISE/WISE.W{}", "", "WISE"),
    (rf"irac{_GAP}(?:ch|i)?{_GAP}([1-4])", "Spitzer/IRAC.I{}", "", "Spitzer IRAC"),
    (
        rf"(?:spitzer{_GAP})?irac{_GAP}(3\.6|4\.5|5\.8|8\.0){_MICRON}",
        "Spitzer/IRAC.I{}",
        "named",
        "Spitzer IRAC",
    ),
    (rf"mips{_GAP}(24|70|160){_MICRON}", "Spitzer/MIPS.{}mu", "", "Spitzer MIPS"),
    (
        rf"pacs{_GAP}(blue|green|red|70|100|160){_MICRON}",
        "Herschel/Pacs.{}",
        "named",
        "Herschel PACS",
    ),
    (
        rf"spire{_GAP}(PSW|PMW|PLW|250|350|500){_MICRON}",
        "Herschel/SPIRE.{}",
        "named",
        "Herschel SPIRE",
    ),
    (rf"iras{_GAP}(12|25|60|100){_MICRON}", "IRAS/IRAS.{}mu", "", "IRAS"),
    (rf"(?:pan-?starrs1?|ps1){_GAP}([grizyw])p?1?", "PAN-STARRS/PS1.{}", "lower", "Pan-STARRS"),
    (rf"([grizyw])_?p1|([grizyw]){_GAP}\(?ps1\)?", "PAN-STARRS/PS1.{}", "lower", "Pan-STARRS"),
    (rf"decam{_GAP}([ugrizY])", "CTIO/DECam.{}", "decam", "DECam"),
    (rf"skymapper{_GAP}([uvgriz])", "SkyMapper/SkyMapper.{}", "lower", "SkyMapper"),
    (rf"hsc{_GAP}([grizy]2?)", "Subaru/HSC.{}", "hsc", "Subaru HSC"),
    (rf"ztf{_GAP}([gri])", "Palomar/ZTF.{}", "lower", "ZTF"),
    (rf"lsst{_GAP}([ugrizy])|([ugrizy]){_GAP}\(?lsst\)?", "LSST/LSST.{}", "lower", "LSST"),
    (rf"vista{_GAP}(Z|Y|J|H|Ks)", "Paranal/VISTA.{}", "named", "VISTA"),
    (rf"(?:ukidss|wfcam){_GAP}([ZYJHK])", "UKIRT/UKIDSS.{}", "upper", "UKIDSS"),
    (rf"(?:swift{_GAP})?uvot{_GAP}(UVW1|UVW2|UVM2|white|U|B|V)", "Swift/UVOT.{}", "named", "Swift UVOT"),
    (rf"gaia{_GAP}(?:e?dr[23]{_GAP})?(G|G?{_GAP}bp|G?{_GAP}rp)", "GAIA/GAIA3.{}", "gaia", "Gaia"),
    (r"(G_?bp|G_?rp)", "GAIA/GAIA3.{}", "gaia", "Gaia"),
    (r"(tess)", "TESS/TESS.Red", "", "TESS"),
    (r"(kepler)", "Kepler/Kepler.K", "", "Kepler"),
)
_COMPILED = tuple((re.compile(p, re.IGNORECASE), target, spelling, name) for p, target, spelling, name in _SYSTEMS)
_PRIME = re.compile(r"([ugriz])'")
#: Bands that the service writes differently from people.
_BANDS = {
    "ks": "Ks", "k": "Ks", "j": "J", "h": "H", "z": "Z", "y": "Y",
    "3.6": "1", "4.5": "2", "5.8": "3", "8.0": "4",
    "blue": "blue", "green": "green", "red": "red", "70": "blue", "100": "green", "160": "red",
    "psw": "PSW", "pmw": "PMW", "plw": "PLW", "250": "PSW", "350": "PMW", "500": "PLW",
    "uvw1": "UVW1", "uvw2": "UVW2", "uvm2": "UVM2", "white": "white", "u": "U", "b": "B", "v": "V",
}  # fmt: skip
_SPELLED: dict[str, Callable[[str], str]] = {
    "": str,
    "lower": str.lower,
    "upper": str.upper,
    "named": lambda band: _BANDS.get(band.lower(), band),
    "decam": lambda band: "Y" if band in "yY" else band.lower(),
    "hsc": lambda band: "Y" if band in "yY" else band.lower(),
    "gaia": lambda band: {"b": "Gbp", "r": "Grp"}.get(band.lower().lstrip("g_ .-")[:1], "G"),
}

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


# Cameras as headers name them, whose facility the header may leave out.
_CAMERAS: tuple[tuple[str, str], ...] = (
    (r"acs|wfc3|wfpc2?|nicmos|stis|foc|cos", "HST"),
    (r"nircam|miri|niriss|nirspec|fgs", "JWST"),
    (r"irac|mips", "Spitzer"),
    (r"uvot", "Swift"),
    (r"pacs|spire", "Herschel"),
    (r"fors[12]?|hawk-?i|isaac|naco|vimos|vircam|omegacam|sphere|visir|muse|x-?shooter", "Paranal"),
    (r"efosc2?|wfi|sofi|susi2?|emmi", "LaSilla"),
    (r"megacam|megaprime|wircam|cfh12k|espadons", "CFHT"),
    (r"hsc|suprime-?cam|moircs|focas", "Subaru"),
    (r"lris|nirc2|deimos|mosfire|esi", "Keck"),
    (r"gmos(?:-[ns])?|niri|flamingos-?2|gsaoi", "Gemini"),
    (r"wfcam", "UKIRT"),
    (r"decam|mosaic-?2", "CTIO"),
    (r"ztf|ptf", "Palomar"),
    (r"nisp", "Euclid"),
    (r"aia|hmi", "SDO"),
    (r"secchi|euvi", "STEREO"),
)
#: Detectors and channels, which say something beside a camera's name only.
_DETECTORS = frozenset("wfc wfc1 wfc2 hrc sbc uvis uvis1 uvis2 ir pc wf nic1 nic2 nic3".split())
_WHEELS = re.compile(r"\s*[;,|+&]\s*|\s+/\s+")
_WORDS = re.compile(r"[\s_/]+|\.(?=\D)")


def the_one(text: str) -> str:
    """The only filter among the wheels that a header names together (``F606W;CLEAR2L``), else the text as it is."""
    parts = [part for part in _WHEELS.split(text.strip()) if is_filter(part)]
    return parts[0] if len(parts) == 1 else text.strip()


@dataclass(frozen=True)
class Placed:
    """A filter's name with the facility and the camera that were written into it."""

    text: str
    facility: str = ""
    camera: str = ""


def placed(text: str) -> Placed:
    """Take facility and camera out of a filter's name: ``HST ACS/WFC F606W``, ``NIRCam_F200W``, ``V band``."""
    words = [word for word in _WORDS.split(re.sub(r"(?i)[\s_-]*\b(filter|band)\b", "", text).strip()) if word]
    cameras = [word for word in words if facility_of_camera(word)]
    places = [word for word in words if word not in cameras and facility_of(word)]
    detectors = [word for word in words if cameras and word.lower() in _DETECTORS]
    rest = [word for word in words if word not in (*cameras, *places, *detectors)]
    if not rest or not (cameras or places):
        return Placed(" ".join(words) if len(words) == 1 else text)
    facility = facility_of_camera(cameras[0]) if cameras else facility_of(places[0])
    return Placed(" ".join(rest), facility, " ".join([*cameras, *detectors]))


def facility_of_camera(text: str) -> str:
    """The service's name for the facility that has a camera (``ACS``, ``NIRCAM``, ``ACS/WFC``), or an empty text."""
    words = re.split(r"[\s_/]+", text.strip())
    return next((name for pattern, name in _CAMERAS if any(re.fullmatch(pattern, w, re.IGNORECASE) for w in words)), "")


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
    for pattern, target, spelling, system in _COMPILED:
        match = pattern.fullmatch(text)
        if match:
            band = next(group for group in match.groups() if group)
            return Named(target.format(_SPELLED[spelling](band)), 0.95, f"a band of the {system} system")
    prime = _PRIME.fullmatch(text)
    if prime:
        return Named(f"SLOAN/SDSS.{prime[1]}", 0.75, "a primed letter is a band of the SDSS system")
    return None


def guess(text: str) -> Named | None:
    """What a bare letter most often means: not sure enough to fill a cell, but worth proposing."""
    text = re.sub(r"(?i)[\s_-]*\b(filter|band)\b", "", text).strip()
    if text in ("U", "B", "V", "R", "I"):
        return Named(f"Generic/Bessell.{text}", 0.5, "a bare letter, taken as a Bessell band")
    if text in ("u", "g", "r", "i", "z"):
        return Named(f"SLOAN/SDSS.{text}", 0.5, "a bare letter, taken as an SDSS band")
    if text in ("J", "H", "K", "Ks"):
        return Named(f"2MASS/2MASS.{_BANDS[text.lower()]}", 0.5, "a bare letter, taken as a 2MASS band")
    return None


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
