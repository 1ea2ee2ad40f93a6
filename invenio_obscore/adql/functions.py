"""Functions with plain arguments: their signatures (ADQL 2.1, sections 2.3 and 4; catalogue of UDFs 1.2).

One line a signature. Functions of geometries whose number of arguments varies are in :mod:`.geometry`; how a function
is written in SQL is in :mod:`.postgresql_functions`, and a test holds the two tables to the same names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .types import GEOMETRIES, INTEGERS, NUMBERS, Type


@dataclass(frozen=True)
class Parameter:
    """A parameter: the types that it takes, the first being what other values are turned into."""

    name: str
    types: tuple[Type, ...]
    literal: bool = False
    optional: bool = False


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
        names = ", ".join(f"{p.name} {p.types[0].value}" for p in self.parameters)
        return f"{self.name}({names}) -> {self.result.value if self.result else self.parameters[0].types[0].value}"


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


def _table() -> dict[str, tuple[Function, ...]]:
    found: dict[str, list[Function]] = {}
    lines = [(line, "") for line in _COMMON.split("\n") if line] + [
        (line, "adql-string") for line in _STRINGS.split("\n") if line
    ]
    for line, feature in lines:
        function = _parse(line, feature)
        found.setdefault(function.name.upper(), []).append(function)
    return {name: tuple(functions) for name, functions in found.items()}


#: Signatures by name in upper case.
FUNCTIONS = _table()
