"""What the query language of this service is able to do, as TAPRegExt 1.0 declares it."""

from __future__ import annotations

from collections.abc import Sequence

from ..dali.capabilities import Feature

#: Values of LANG.
LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
VERSIONS = (("ivo://ivoa.net/std/ADQL#v2.0", "2.0"), ("ivo://ivoa.net/std/ADQL#v2.1", "2.1"))

_PREFIX = "ivo://ivoa.net/std/TAPRegExt#features-"

#: Feature type and its features; only what :mod:`invenio_obscore.adql` translates.
FEATURES: dict[str, Sequence[Feature]] = {
    _PREFIX + "adqlgeo": [Feature(f) for f in "POINT CIRCLE POLYGON CONTAINS INTERSECTS DISTANCE".split()],
}
