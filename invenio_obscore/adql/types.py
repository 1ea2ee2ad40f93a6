"""The types of ADQL 2.1 values and what VOTable calls them (ADQL 2.1, section 2.3; TAP 1.1, section 4.3)."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from ..obscore.fields import Field


class Type(Enum):
    """A type of values; the members' values are the names that error messages use."""

    SMALLINT = "SMALLINT"
    INTEGER = "INTEGER"
    BIGINT = "BIGINT"
    REAL = "REAL"
    DOUBLE = "DOUBLE PRECISION"
    BOOLEAN = "BOOLEAN"
    CHAR = "VARCHAR"
    TIMESTAMP = "TIMESTAMP"
    POINT = "POINT"
    CIRCLE = "CIRCLE"
    POLYGON = "POLYGON"
    REGION = "REGION"
    MOC = "MOC"
    INTERVAL = "INTERVAL"
    INTEGERS = "INTEGER[]"
    CLOB = "CLOB"
    NULL = "NULL"
    OPAQUE = "opaque value"


INTEGERS = (Type.SMALLINT, Type.INTEGER, Type.BIGINT)
NUMBERS = (*INTEGERS, Type.REAL, Type.DOUBLE)
TEXTS = (Type.CHAR, Type.CLOB)
SHAPES = (Type.CIRCLE, Type.POLYGON, Type.REGION, Type.MOC)
GEOMETRIES = (Type.POINT, *SHAPES)
#: What VOTable writes as an array of numbers (DALI 1.1, section 3.3).
ARRAYS = (Type.POINT, Type.CIRCLE, Type.POLYGON, Type.INTERVAL)

#: A time as DALI writes it (DALI 1.1, section 3.3.3).
TIMESTAMP_TEXT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?)?Z?", re.ASCII
)

#: VOTable datatype, arraysize and xtype of each type's values in a result.
VOTABLE: dict[Type, tuple[str, str, str]] = {
    Type.SMALLINT: ("short", "", ""),
    Type.INTEGER: ("int", "", ""),
    Type.BIGINT: ("long", "", ""),
    Type.REAL: ("float", "", ""),
    Type.DOUBLE: ("double", "", ""),
    Type.BOOLEAN: ("boolean", "", ""),
    Type.CHAR: ("char", "*", ""),
    Type.CLOB: ("char", "*", "adql:CLOB"),
    Type.TIMESTAMP: ("char", "*", "timestamp"),
    Type.POINT: ("double", "2", "point"),
    Type.CIRCLE: ("double", "3", "circle"),
    Type.POLYGON: ("double", "*", "polygon"),
    Type.REGION: ("char", "*", "adql:REGION"),
    Type.MOC: ("char", "*", "moc"),
    Type.INTERVAL: ("double", "2", "interval"),
    Type.INTEGERS: ("int", "*", ""),
    Type.NULL: ("char", "*", ""),
    Type.OPAQUE: ("char", "*", ""),
}

_BY_XTYPE = {
    "timestamp": Type.TIMESTAMP,
    "adql:TIMESTAMP": Type.TIMESTAMP,
    "point": Type.POINT,
    "circle": Type.CIRCLE,
    "polygon": Type.POLYGON,
    "interval": Type.INTERVAL,
    "adql:REGION": Type.REGION,
    "adql:CLOB": Type.CLOB,
}
_BY_DATATYPE = {
    "boolean": Type.BOOLEAN,
    "unsignedByte": Type.SMALLINT,
    "short": Type.SMALLINT,
    "int": Type.INTEGER,
    "long": Type.BIGINT,
    "float": Type.REAL,
    "double": Type.DOUBLE,
}
_RANK = {type_: rank for rank, type_ in enumerate(NUMBERS)}


def type_of(field: Field) -> Type:
    """Type of the values of a column that VOTable's terms describe."""
    if field.xtype in _BY_XTYPE:
        return _BY_XTYPE[field.xtype]
    if field.is_text:
        return Type.CHAR
    if field.arraysize not in ("", "1"):
        return Type.OPAQUE
    return _BY_DATATYPE.get(field.datatype, Type.OPAQUE)


@lru_cache(maxsize=4096)
def field_of(type_: Type, name: str, *, like: Field | None = None) -> Field:
    """A result column of this type; units, UCD, utype and description come from ``like``."""
    datatype, arraysize, xtype = VOTABLE[type_]
    if like is not None and like.arraysize and type_of(like) is type_:
        datatype, arraysize, xtype = like.datatype, like.arraysize, like.xtype
    return Field(
        name=name,
        datatype=datatype,  # type: ignore[arg-type]
        arraysize=arraysize,
        xtype=xtype,
        unit=like.unit if like else "",
        ucd=like.ucd if like else "",
        utype=like.utype if like else "",
        description=like.description if like else "",
    )


def common_type(types: list[Type]) -> Type | None:
    """The type that values of all these types can be turned into, as in a UNION; None when there is none."""
    known = [t for t in types if t is not Type.NULL]
    if not known:
        return Type.NULL
    if Type.BOOLEAN in known and any(t in _RANK for t in known):
        known = [t for t in known if t is not Type.BOOLEAN]
    if all(t in _RANK for t in known):
        widest = max(known, key=_RANK.__getitem__)
        return Type.DOUBLE if widest is Type.REAL and any(t is not Type.REAL for t in known) else widest
    if all(t in (*TEXTS, Type.REGION) for t in known) and any(t in TEXTS for t in known):
        return Type.CHAR
    if all(t in (*TEXTS, Type.TIMESTAMP) for t in known) and Type.TIMESTAMP in known:
        return Type.TIMESTAMP
    return known[0] if all(t is known[0] for t in known) else None
