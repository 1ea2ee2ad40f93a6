"""What the language offers, as TAPRegExt 1.0 (section 2.3) declares it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .functions import FUNCTIONS, NAME_UDFS, OTHER_UDFS


@dataclass(frozen=True)
class Feature:
    """A feature: its kind (the part after ``features-`` of TAPRegExt's identifiers), its form, what it means."""

    kind: str
    form: str
    description: str = ""


_GEOMETRY = (
    "AREA BOX CENTROID CIRCLE CONTAINS COORD1 COORD2 COORDSYS DISTANCE INTERSECTS POINT POLYGON REGION"
).split()
_OPTIONAL = {
    "adql-string": ("LOWER", "UPPER", "ILIKE"),
    "adql-common-table": ("WITH",),
    "adql-sets": ("UNION", "EXCEPT", "INTERSECT"),
    "adql-type": ("CAST",),
    "adql-conditional": ("COALESCE",),
    "adql-unit": ("IN_UNIT",),
    "adql-offset": ("OFFSET",),
}


def _features() -> Iterator[Feature]:
    yield from (Feature("adqlgeo", name) for name in _GEOMETRY)
    yield from (Feature(kind, form) for kind, forms in _OPTIONAL.items() for form in forms)
    for signatures in FUNCTIONS.values():
        yield from (Feature("udf", s.form, s.description) for s in signatures if s.feature == "udf")
    yield from (Feature("udf", form, description) for form, description in OTHER_UDFS)


#: What a service adds that looks up names of objects.
NAME_FEATURES = tuple(Feature("udf", form, description) for form, description in NAME_UDFS)


#: Everything beyond the core of ADQL, in a fixed order.
FEATURES = tuple(_features())
