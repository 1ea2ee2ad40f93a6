"""Functions with plain arguments: their signatures (ADQL 2.1, sections 2.3 and 4; catalogue of UDFs 1.2).

One line a signature. Functions of geometries whose number of arguments varies are in :mod:`.geometry`; how a function
is written in SQL is in :mod:`.postgresql_functions`, and a test holds the two tables to the same names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .frames import FRAMES
from .types import GEOMETRIES, INTEGERS, NUMBERS, Type
from .vocabularies import VOCABULARIES


@dataclass(frozen=True)
class Parameter:
    """A parameter: the types that it takes, the first being what other values are turned into."""

    name: str
    types: tuple[Type, ...]
    literal: bool = False
    optional: bool = False

    @property
    def type_name(self) -> str:
        """What it takes, for messages and forms."""
        return {NUMBERS: "NUMERIC", INTEGERS: "INTEGER"}.get(self.types, self.types[0].value)


@dataclass(frozen=True)
class Function:
    """A signature.

    Attributes
    ----------
    result
        Type of the result; None means that of the first argument.
    feature
        The kind of language feature that TAPRegExt declares it under: empty for what every ADQL has, ``udf`` …
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Type | None
    feature: str = ""
    description: str = ""
    unit: str = ""

    @property
    def fewest(self) -> int:
        """Fewest arguments."""
        return sum(not p.optional for p in self.parameters)

    @property
    def form(self) -> str:
        """As TAPRegExt writes it: ``name(arg TYPE, …) -> TYPE``."""
        names = ", ".join(f"{p.name} {p.type_name}" for p in self.parameters)
        return f"{self.name}({names}) -> {self.result.value if self.result else self.parameters[0].type_name}"


_WORDS: dict[str, tuple[Type, ...]] = {
    "DOUBLE": (Type.DOUBLE,),
    "NUMERIC": NUMBERS,
    "INTEGER": (Type.INTEGER, Type.SMALLINT),
    "BIGINT": (Type.BIGINT, Type.INTEGER, Type.SMALLINT),
    "INTEGERS": INTEGERS,
    "TEXT": (Type.CHAR,),
    "LITERAL": (Type.CHAR,),
    "TIMESTAMP": (Type.TIMESTAMP,),
    "POINT": (Type.POINT,),
    "MOC": (Type.MOC,),
    "GEOMETRY": GEOMETRIES,
    "INTERVAL": (Type.INTERVAL,),
}
_RESULTS = {"SAME": None, "TEXT": Type.CHAR, **{t.name: t for t in Type}}
_SIGNATURE = re.compile(r"(\w+)\(([^)]*)\) -> (\w+)")


def _parse(line: str, feature: str, description: str = "", unit: str = "") -> Function:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise AssertionError(line)
    name, inside, result = match.groups()
    parameters = tuple(_parameter(p) for p in inside.split(", ") if p)
    return Function(name, parameters, _RESULTS[result], feature, description, unit)


def _parameter(text: str) -> Parameter:
    name, word = text.split(" ")
    optional = word.endswith("?")
    word = word.rstrip("?")
    return Parameter(name, _WORDS[word], literal=word == "LITERAL", optional=optional)


_COMMON = """
ABS(x NUMERIC) -> SAME
ACOS(x DOUBLE) -> DOUBLE
ASIN(x DOUBLE) -> DOUBLE
ATAN(x DOUBLE) -> DOUBLE
ATAN2(y DOUBLE, x DOUBLE) -> DOUBLE
CEILING(x DOUBLE) -> DOUBLE
COS(x DOUBLE) -> DOUBLE
COT(x DOUBLE) -> DOUBLE
DEGREES(x DOUBLE) -> DOUBLE
EXP(x DOUBLE) -> DOUBLE
FLOOR(x DOUBLE) -> DOUBLE
LOG(x DOUBLE) -> DOUBLE
LOG10(x DOUBLE) -> DOUBLE
MOD(x INTEGERS, y INTEGERS) -> SAME
MOD(x DOUBLE, y DOUBLE) -> DOUBLE
PI() -> DOUBLE
POWER(x DOUBLE, y DOUBLE) -> DOUBLE
RADIANS(x DOUBLE) -> DOUBLE
RAND(seed BIGINT?) -> DOUBLE
ROUND(x DOUBLE, n INTEGER?) -> DOUBLE
SIN(x DOUBLE) -> DOUBLE
SQRT(x DOUBLE) -> DOUBLE
TAN(x DOUBLE) -> DOUBLE
TRUNCATE(x DOUBLE, n INTEGER?) -> DOUBLE
"""

_STRINGS = """
LOWER(s TEXT) -> TEXT
UPPER(s TEXT) -> TEXT
"""


#: User-defined functions: signature, unit of the result, description.
_UDFS: tuple[tuple[str, str, str], ...] = (
    (
        "ivo_hasword(haystack TEXT, needle TEXT) -> INTEGER",
        "",
        "1 if the text has all words of needle, in any case",
    ),
    ("ivo_hashlist_has(hashlist TEXT, item TEXT) -> INTEGER", "", "1 if item is in a list a#b#c, whatever its case"),
    ("gavo_interval_has(val DOUBLE, iv INTERVAL) -> INTEGER", "", "1 if the interval contains val"),
    ("ivo_to_mjd(d TIMESTAMP) -> DOUBLE", "d", "Modified Julian date of a timestamp"),
    ("ivo_to_jd(d TIMESTAMP) -> DOUBLE", "d", "Julian date of a timestamp"),
    ("gavo_to_mjd(d TIMESTAMP) -> DOUBLE", "d", "Modified Julian date of a timestamp"),
    ("gavo_to_jd(d TIMESTAMP) -> DOUBLE", "d", "Julian date of a timestamp"),
    (
        "ivo_healpix_index(hpxOrder INTEGER, long DOUBLE, lat DOUBLE) -> BIGINT",
        "",
        "HEALPix cell (nested) there",
    ),
    ("ivo_healpix_index(hpxOrder INTEGER, point POINT) -> BIGINT", "", "HEALPix cell (nested) of a point"),
    ("ivo_healpix_center(hpxOrder INTEGER, hpxIndex BIGINT) -> POINT", "", "Centre of a HEALPix cell (nested)"),
    ("ivo_normal_random(mu DOUBLE, sigma DOUBLE) -> DOUBLE", "", "A normally distributed random number"),
    ("ivo_hms_to_degrees(hms TEXT) -> DOUBLE", "deg", "Degrees of a time angle hh mm ss.s; NULL if it is none"),
    ("ivo_dms_to_degrees(dms TEXT) -> DOUBLE", "deg", "Degrees of an angle dd mm ss.s; NULL if it is none"),
    (
        "ivo_epoch_prop_pos(ra DOUBLE, dec DOUBLE, parallax DOUBLE, pmra DOUBLE, pmdec DOUBLE, radial_velocity DOUBLE,"
        " ref_epoch DOUBLE, out_epoch DOUBLE) -> POINT",
        "",
        "Position at another epoch (deg, mas, mas/yr with cos(dec), km/s, Julian years)",
    ),
    ("gavo_mocunion(moc1 MOC, moc2 MOC) -> MOC", "", "Union of two MOCs"),
    ("gavo_mocintersect(moc1 MOC, moc2 MOC) -> MOC", "", "What two MOCs have in common"),
)

#: Forms of UDFs that the resolver knows by themselves, for :mod:`.features`.
OTHER_UDFS: tuple[tuple[str, str], ...] = (
    ("ivo_nocasematch(value VARCHAR, pattern VARCHAR) -> INTEGER", "1 if value matches pattern as in ILIKE"),
    (
        "ivo_interval_overlaps(a1 DOUBLE PRECISION, b1 DOUBLE PRECISION, a2 DOUBLE PRECISION, b2 DOUBLE PRECISION)"
        " -> INTEGER",
        "1 if the intervals [a1, b1] and [a2, b2] have a point in common",
    ),
    ("ivo_string_agg(expression VARCHAR, delimiter VARCHAR) -> VARCHAR", "All values of a group in one text"),
    (
        "ivo_histogram(val DOUBLE PRECISION, lower DOUBLE PRECISION, upper DOUBLE PRECISION, nbins INTEGER)"
        " -> INTEGER[]",
        "Counts of values below lower, in each of nbins bins, above upper",
    ),
    (
        "ivo_geom_transform(from_sys VARCHAR, to_sys VARCHAR, geo GEOMETRY) -> GEOMETRY",
        f"A point, circle or polygon in another frame ({', '.join(FRAMES)}; FK5 and ECLIPTIC of J2000, FK4 of B1950)",
    ),
    (
        "gavo_specconv(expr DOUBLE PRECISION, dest_unit VARCHAR) -> DOUBLE PRECISION",
        "A wavelength, frequency or energy in another unit",
    ),
    (
        "gavo_specconv(expr DOUBLE PRECISION, expr_unit VARCHAR, dest_unit VARCHAR) -> DOUBLE PRECISION",
        "A wavelength, frequency or energy in another unit",
    ),
    (
        "gavo_vocmatch(vocname VARCHAR, term VARCHAR, matchagainst VARCHAR) -> INTEGER",
        f"1 if matchagainst is the term of the vocabulary ({', '.join(VOCABULARIES)}) or a narrower one",
    ),
    ("MOC(moc VARCHAR) -> MOC", "A MOC from its ASCII form"),
    ("MOC(order INTEGER, geo GEOMETRY) -> MOC", "The MOC that covers a geometry"),
)

#: UDFs that only a service offers which looks up names of objects.
NAME_UDFS: tuple[tuple[str, str], ...] = tuple(
    (f"{prefix}_simbadpoint(identifier VARCHAR) -> POINT", "Position of an object by its name, from Simbad or Sesame")
    for prefix in ("ivo", "gavo")
)


def _table() -> dict[str, tuple[Function, ...]]:
    found: dict[str, list[Function]] = {}
    lines = [
        *((line, "", "", "") for line in _COMMON.split("\n") if line),
        *((line, "adql-string", "", "") for line in _STRINGS.split("\n") if line),
        *((line, "udf", description, unit) for line, unit, description in _UDFS),
    ]
    for line, feature, description, unit in lines:
        function = _parse(line, feature, description, unit)
        found.setdefault(function.name.upper(), []).append(function)
    return {name: tuple(functions) for name, functions in found.items()}


#: Signatures by name in upper case.
FUNCTIONS = _table()
