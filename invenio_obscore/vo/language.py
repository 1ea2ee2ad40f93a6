"""What the query language of this service is able to do, as TAPRegExt 1.0 declares it."""

from __future__ import annotations

from ..adql.features import FEATURES as KNOWN
from ..adql.features import NAME_FEATURES
from ..dali.capabilities import Feature

#: Values of LANG.
LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
VERSIONS = (("ivo://ivoa.net/std/ADQL#v2.0", "2.0"), ("ivo://ivoa.net/std/ADQL#v2.1", "2.1"))

# TAPRegExt 1.0's spelling, with which clients compare; ADQL 2.1 writes it in lower case.
_PREFIX = "ivo://ivoa.net/std/TAPRegExt#features-"
# stilts 3.4.7 takes this one for an error in the one spelling and warns of it in the other: the description has it.
_UNKNOWN_TO_CLIENTS = frozenset({"adql-conditional"})
DESCRIPTION = "Astronomical Data Query Language 2.1 with all of its optional features, COALESCE among them"


def features(*, names: bool) -> dict[str, list[Feature]]:
    """Feature types and their features: what :mod:`invenio_obscore.adql` translates.

    Parameters
    ----------
    names
        Whether names of objects are looked up.
    """
    found: dict[str, list[Feature]] = {}
    for feature in (*KNOWN, *(NAME_FEATURES if names else ())):
        if feature.kind not in _UNKNOWN_TO_CLIENTS:
            found.setdefault(_PREFIX + feature.kind, []).append(Feature(feature.form, feature.description))
    return found
