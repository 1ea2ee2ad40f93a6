"""How the functions of :mod:`.functions` are written for PostgreSQL; ``{0}`` is the first argument.

Functions in the schema ``adql`` are ours (:mod:`invenio_obscore.db.functions`).
"""

from __future__ import annotations

#: SQL by function and number of arguments; ``None`` stands for any number.
TEMPLATES: dict[str, dict[int, str]] = {
    "ABS": {1: "abs({0})"},
    "ACOS": {1: "acos({0})"},
    "ASIN": {1: "asin({0})"},
    "ATAN": {1: "atan({0})"},
    "ATAN2": {2: "atan2({0}, {1})"},
    "CEILING": {1: "ceil({0})"},
    "COS": {1: "cos({0})"},
    "COT": {1: "cot({0})"},
    "DEGREES": {1: "degrees({0})"},
    "EXP": {1: "exp({0})"},
    "FLOOR": {1: "floor({0})"},
    "LOG": {1: "ln({0})"},
    "LOG10": {1: "log({0})"},
    "MOD": {2: "adql.modulo({0}, {1})"},
    "PI": {0: "pi()"},
    "POWER": {2: "power({0}, {1})"},
    "RADIANS": {1: "radians({0})"},
    "RAND": {0: "random()", 1: "adql.random({0})"},
    "ROUND": {1: "adql.round({0}, 0)", 2: "adql.round({0}, {1})"},
    "SIN": {1: "sin({0})"},
    "SQRT": {1: "sqrt({0})"},
    "TAN": {1: "tan({0})"},
    "TRUNCATE": {1: "trunc({0})", 2: "adql.truncate({0}, {1})"},
    "LOWER": {1: "lower({0})"},
    "UPPER": {1: "upper({0})"},
    "DISTANCE": {2: "adql.distance({0}, {1})"},
    "COORD1": {1: "adql.longitude({0})"},
    "COORD2": {1: "adql.latitude({0})"},
    "BOX": {3: "adql.box({0}, {1}, {2})"},
    "CIRCLE": {2: "adql.circle({0}, {1})"},
    "POINT": {2: "adql.point({0}, {1})"},
}
