"""The house table of common bands: filter names to wavelengths (nm), by instrument, then by photometric system.

Widths are those between half maxima, to a few per cent; whoever needs better asks the SVO Filter Profile Service
(`curation`). Sources: the instruments' handbooks and the systems' defining papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .scope import Hit, Scope

#: Name → (low, high) in nm.
Table = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Band:
    """A band that was recognised; metres."""

    name: str
    low: float
    high: float


_SDSS: Table = {
    "u": (328, 393), "g": (390, 550), "r": (555, 695), "i": (690, 850), "z": (820, 1000), "y": (940, 1060),
}  # fmt: skip
_JOHNSON: Table = {
    "U": (330, 400), "B": (390, 490), "V": (500, 590), "R": (565, 730), "I": (720, 880), "Y": (970, 1070),
    "Z": (830, 930), "J": (1170, 1330),
    "H": (1490, 1780), "K": (2000, 2390), "Ks": (1990, 2310), "Kp": (1950, 2300), "L": (3200, 3800),
    "Lp": (3430, 4130), "M": (4500, 5100),
    "Mp": (4550, 4790), "N": (7700, 12950), "Q": (16500, 24000),
}  # fmt: skip
_TWOMASS: Table = {"J": (1160, 1320), "H": (1510, 1780), "Ks": (2010, 2300), "K": (2010, 2300)}
_STROMGREN: Table = {"u": (331, 368), "v": (402, 420), "b": (458, 476), "y": (536, 558)}
_HST_WIDE: Table = {
    "F218W": (206, 239), "F225W": (213, 262), "F275W": (252, 290), "F300W": (256, 341), "F300X": (247, 322),
    "F330W": (311, 359), "F336W": (310, 361), "F390W": (346, 435), "F435W": (390, 480),
    "F438W": (406, 465), "F439W": (407, 453), "F450W": (407, 501), "F475W": (406, 545), "F475X": (390, 600),
    "F555W": (466, 622), "F569W": (480, 653), "F600LP": (590, 1000),
    "F606W": (470, 715), "F622W": (574, 668), "F625W": (556, 702), "F675W": (628, 717), "F702W": (617, 764),
    "F775W": (696, 844), "F791W": (707, 876), "F785LP": (760, 1000),
    "F814W": (708, 940), "F850LP": (833, 1004), "F098M": (900, 1070), "F105W": (900, 1210), "F110W": (900, 1400),
    "F125W": (1100, 1400), "F127M": (1237, 1308), "F139M": (1354, 1416),
    "F140W": (1200, 1600), "F153M": (1500, 1570), "F160W": (1400, 1700), "F187W": (1770, 2000),
    "F222M": (2147, 2290), "F205W": (1750, 2350), "F170W": (148, 206), "F255W": (240, 280), "F380W": (334, 426),
    "F200LP": (200, 1000), "F350LP": (350, 1000), "F115LP": (115, 185), "F125LP": (125, 185), "F140LP": (138, 185),
    "F150LP": (148, 185), "F165LP": (165, 185), "F122M": (115, 135),
    "F220W": (200, 255), "F250W": (238, 310), "F342W": (310, 375), "F130LP": (130, 500), "F28X50LP": (550, 1000),
    "F547M": (522, 575), "F410M": (402, 418), "F467M": (460, 477),
    "F621M": (590, 652), "F689M": (655, 723), "F763M": (722, 800), "F845M": (796, 886), "F550M": (530, 585),
    "F892N": (885, 897), "F502N": (498, 505), "F656N": (654.5, 657.5), "F657N": (650, 663),
    "F658N": (655, 663), "F660N": (656, 664), "F673N": (667, 679), "F631N": (627, 634), "F487N": (484, 490),
    "F469N": (466, 471), "F953N": (949, 956), "F128N": (1275, 1291), "F130N": (1293, 1309), "F164N": (1636, 1655),
    "F126N": (1250, 1265), "G102": (800, 1150), "G141": (1075, 1700), "G280": (200, 400), "G800L": (550, 1050),
}  # fmt: skip
_JWST: Table = {
    "F070W": (624, 781), "F090W": (795, 1005), "F115W": (1013, 1282), "F140M": (1331, 1479), "F150W": (1331, 1668),
    "F150W2": (1007, 2400), "F162M": (1542, 1713), "F164N": (1635, 1655), "F158M": (1488, 1688),
    "F182M": (1722, 1968),
    "F187N": (1862, 1886), "F200W": (1755, 2227), "F210M": (1992, 2201), "F212N": (2109, 2134),
    "F250M": (2412, 2595), "F277W": (2423, 3132), "F300M": (2831, 3157), "F322W2": (2432, 4013),
    "F323N": (3217, 3255), "F335M": (3177, 3537),
    "F356W": (3135, 3981), "F360M": (3426, 3814), "F405N": (4028, 4074), "F410M": (3866, 4302),
    "F430M": (4164, 4398), "F444W": (3881, 4982), "F460M": (4515, 4747), "F466N": (4627, 4681),
    "F470N": (4681, 4733), "F480M": (4662, 4973), "F380M": (3726, 3931),
    "F560W": (5054, 6171), "F770W": (6581, 8687), "F1000W": (9023, 10891), "F1130W": (10953, 11667),
    "F1280W": (11588, 14115), "F1500W": (13527, 16640), "F1800W": (16519, 19502), "F2100W": (18477, 23159),
    "F2550W": (23301, 27100), "F1065C": (10110, 11010), "F1140C": (10820, 11790), "F1550C": (15070, 16070),
    "F2300C": (19700, 25700),
}  # fmt: skip
_MEGACAM: Table = {
    "u": (337, 411), "g": (400, 562), "r": (553, 699), "i": (695, 848), "y": (695, 848), "z": (818, 1010),
    "HA": (651, 664), "OIII": (495, 508),
}  # fmt: skip
_WIRCAM: Table = {"Y": (970, 1080), "J": (1174, 1332), "H": (1486, 1776), "KS": (1985, 2310), "K": (1985, 2310)}
_WFCAM: Table = {
    "Z": (830, 925), "Y": (970, 1070), "J": (1170, 1330), "H": (1490, 1780), "K": (2030, 2370),
    "1-0S1": (2111, 2132), "BRGAMMA": (2155, 2177),
}  # fmt: skip
_IRAC: Table = {
    "1": (3190, 3940), "2": (3990, 5010), "3": (4920, 6440), "4": (6280, 9340), "36": (3190, 3940),
    "45": (3990, 5010), "58": (4920, 6440), "80": (6280, 9340),
}  # fmt: skip
_MIPS: Table = {"1": (20800, 26100), "2": (61000, 80000), "3": (140000, 174000)}
_WISE: Table = {"1": (2750, 3870), "2": (3960, 5340), "3": (7400, 17300), "4": (19500, 27900)}
_GALEX: Table = {"NUV": (177, 283), "FUV": (134, 179), "1": (177, 283), "2": (134, 179)}
_UVOT: Table = {
    "V": (500, 592), "B": (388, 487), "U": (308, 386), "UVW1": (225, 295), "UVM2": (200, 250), "UVW2": (160, 226),
    "WHITE": (160, 800), "L": (225, 295), "M": (200, 250), "S": (180, 240),
}  # fmt: skip
_PACS: Table = {
    "blue": (60000, 85000), "green": (85000, 130000), "red": (130000, 210000), "BS": (60000, 85000),
    "BL": (85000, 130000), "R": (130000, 210000), "blue1": (60000, 85000), "blue2": (85000, 130000),
    "70": (60000, 85000), "100": (85000, 130000), "160": (130000, 210000),
}  # fmt: skip
_SPIRE: Table = {
    "PSW": (210000, 290000), "PMW": (300000, 410000), "PLW": (430000, 600000), "250": (210000, 290000),
    "350": (300000, 410000), "500": (430000, 600000),
}  # fmt: skip
_SUBMM: Table = {
    "250": (220000, 280000), "350": (310000, 390000), "450": (430000, 470000), "500": (440000, 560000),
    "850": (810000, 890000),
}  # fmt: skip
_IRAS: Table = {
    "12": (8500, 15000), "25": (19000, 30000), "60": (40000, 80000), "100": (83000, 120000), "1": (8500, 15000),
    "2": (19000, 30000), "3": (40000, 80000), "4": (83000, 120000),
}  # fmt: skip
#: Suprime-Cam; the names say the kind of filter, the system and the band.
_SUPRIME: Table = {
    "W-J-U": (325, 395), "W-J-B": (390, 500), "W-J-V": (500, 595), "W-C-RC": (590, 715), "W-C-IC": (725, 870),
    "W-S-G+": (400, 545), "W-S-R+": (555, 695), "W-S-I+": (695, 850), "W-S-Z+": (850, 970), "W-S-I": (695, 850),
    "W-S-Z": (850, 970), "W-S-G": (400, 545), "W-S-R": (555, 695), "W-J-VR": (500, 700),
}  # fmt: skip
_EUCLID: Table = {"VIS": (530, 920), "Y": (950, 1212), "J": (1168, 1567), "H": (1522, 2021)}
_GAIA: Table = {"G": (400, 865), "BP": (363, 660), "RP": (640, 970)}
_PTF: Table = {
    "g": (390, 550), "R": (580, 725), "r": (560, 732), "i": (690, 850), "HA": (648, 664), "HA656": (648, 664),
    "HA663": (655, 671), "zg": (410, 552), "zr": (562, 732), "zi": (690, 885),
}  # fmt: skip
_HSC: Table = {
    "G": (400, 550), "R": (545, 695), "R2": (545, 695), "I": (690, 845), "I2": (690, 845), "Z": (850, 935),
    "Y": (930, 1075),
}  # fmt: skip
_LCO: Table = {
    "up": (325, 385), "gp": (400, 552), "rp": (552, 695), "ip": (690, 820), "zs": (820, 920), "Y": (950, 1060),
}  # fmt: skip
_ALOPEKE: Table = {"466": (444, 488), "562": (535, 589), "716": (690, 742), "832": (812, 852)}
#: Emulsions and plate filters of the sky surveys.
_PLATES: Table = {
    "OG590": (590, 690), "GG395": (395, 540), "GG385": (385, 540), "RG610": (610, 690), "RG630": (630, 690),
    "RG715": (715, 900), "RG9": (730, 900), "RG2444": (620, 690), "RP2444": (620, 690), "WR2C": (620, 690),
}  # fmt: skip
_NARROW: Table = {
    "HALPHA": (651, 661), "HA": (651, 661), "H-ALPHA": (651, 661), "OIII": (495, 506), "[OIII]": (495, 506),
    "SII": (667, 679), "[SII]": (667, 679), "NII": (656, 660), "OII": (369, 377), "LUMINANCE": (400, 700),
    "LUM": (400, 700), "BRGAMMA": (2150, 2180), "BRG": (2150, 2180), "H2": (2105, 2140), "PABETA": (1270, 1295),
    "FEII": (1630, 1660),
}  # fmt: skip
_COLOURS: Table = {"RED": (590, 700), "GREEN": (490, 580), "BLUE": (400, 510)}


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
    _system("HST", r"\bHST\b|WFPC|\bACS\b|WFC3|NICMOS|\bFOC\b", _HST_WIDE),
    _system("JWST", r"JWST|NIRCAM|NIRISS|MIRI|NIRSPEC", _JWST),
    _system("CFHT MegaCam", r"MEGAPRIME|(?<!O)MEGACAM|MEGAPIPE", _MEGACAM),
    _system("CFHT WIRCam", r"WIRCAM", _WIRCAM),
    _system("UKIRT WFCAM", r"WFCAM", _WFCAM),
    _system("Spitzer IRAC", r"\bIRAC\b", _IRAC),
    _system("Spitzer MIPS", r"\bMIPS\b", _MIPS),
    _system("WISE", r"\bWISE\b", _WISE),
    _system("GALEX", r"GALEX", _GALEX),
    _system("Swift UVOT", r"UVOT|\bOM\b", _UVOT),
    _system("Herschel PACS", r"\bPACS\b", _PACS),
    _system(
        "thermal infrared",
        r"NACO|CONICA|ISAAC|NIRC|IRTF|SPEX|NSFCAM|NIRI|GNIRS|LMIR|NICI|\bERIS\b|UKIRT|UIST",
        _JOHNSON,
    ),
    _system("Herschel SPIRE", r"\bSPIRE\b", _SPIRE),
    _system("submillimetre", r"BLAST|SCUBA|BOLOCAM|LABOCA", _SUBMM),
    _system("IRAS", r"\bIRAS\b", _IRAS),
    _system("HSC", r"\bHSC\b|HYPER SUPRIME", _HSC),
    _system("LCO", r"\bLCO|SINISTRO|\b[012]M[04]|\b(KB|FA|FL|EP|FS)\d\d\b", _LCO),
    _system("Suprime-Cam", r"SUPRIME|SUBARU|\bSUPA\d|\bSCLA\.", _SUPRIME),
    _system("Euclid", r"EUCLID|EUC_|\bNISP\b", _EUCLID),
    _system("Gaia", r"\bGAIA\b", _GAIA),
    _system("PTF", r"\bP48\b|\bPTF\b|\bZTF\b", _PTF),
    _system("speckle cameras", r"ALOPEKE|ZORRO|NESSI|DSSI", _ALOPEKE),
    _system("2MASS", r"2MASS", _TWOMASS),
    _system("plates", r"PLATE|SCHMIDT|UKST|\bDSS\b", _PLATES),
    _system("SDSS", r"SDSS|DECAM|PAN-?STARRS|GPC1|LSST|SKYMAPPER|GMOS|HYPER|\bHSC\b|OMEGACAM|\b2\.5M\b", _SDSS),
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
        text = str(hit.value).strip()
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
    if not text or _OPEN.match(text) or len(text) > 60 or (text not in _SUPRIME and _names_two(text)):
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
_ANYWHERE = {k: v for k, v in {**_SDSS, **_JOHNSON}.items() if k not in ("y", "L")}


def _generic(text: str, systems: list[System]) -> Band | None:
    """Photometric systems that a name itself tells: ``SDSS r``, ``Bessell V``, ``Ks``, ``r'``."""
    lower = text.lower()
    tables = [
        ("HST", _HST_WIDE),
        ("Suprime-Cam", _SUPRIME),
        ("narrow band", _NARROW),
        ("photometric system", _ANYWHERE),
        ("colour", _COLOURS),
        ("plates", _PLATES),
    ]
    if "sdss" in lower or "sloan" in lower or "prime" in lower or re.match(r"(?:[ugriz]['p]?|y'|yp)$", text):
        tables.insert(0, ("SDSS", _SDSS))
    if any(word in lower for word in ("johnson", "bessel", "cousins", "harris", "kron")):
        tables.insert(0, ("Johnson-Cousins", _JOHNSON))
    if "strom" in lower or "strøm" in lower:
        tables.insert(0, ("Strömgren", _STROMGREN))
    for name in _names(text):
        for label, table in tables:
            bounds = _in_table(name, table)
            if bounds:
                return Band(f"{label} {name}", bounds[0] * 1e-9, bounds[1] * 1e-9)
    return None


def _names_two(text: str) -> bool:
    """Whether a text names two bands (``B+V``), or puts a letter that is one before a band (``B_K``, broad band K)."""
    words = [w for w in re.split(r"[\s_,;:/+&-]+", text) if w]
    return len(words) > 1 and len({w for w in words if w in _JOHNSON or w in _SDSS}) > 1


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
