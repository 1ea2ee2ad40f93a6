"""Queries made from valid ones by dropping, doubling, swapping and replacing pieces."""

from __future__ import annotations

import random
import re

_PIECES = (
    "SELECT FROM WHERE AND OR NOT ( ) , . * + - / || = <> < > <= >= ' \" '' \"\" -- \n ; % %s :: $$ \\ \x00 é 1 1.5"
    " 1e9 .5 99999999999999999999 'a' \"id\" id name adqltest.stars adqltest NULL IN IS LIKE ILIKE BETWEEN EXISTS TOP"
    " DISTINCT ALL GROUP BY ORDER HAVING UNION INTERSECT EXCEPT WITH AS JOIN NATURAL LEFT ON USING OFFSET CAST"
    " COUNT(*) MAX POINT CIRCLE POLYGON BOX REGION CONTAINS INTERSECTS DISTANCE CENTROID AREA COALESCE IN_UNIT"
    " ivo_hasword MOC TIMESTAMP pg_sleep"
).split(" ")


def mutated(generator: random.Random, queries: list[str]) -> str:
    """A valid query with a few pieces of it dropped, doubled, swapped, or replaced by pieces of others."""
    pieces = re.findall(r"\w+|\s+|.", generator.choice(queries), re.DOTALL)
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(pieces))
        what = generator.randrange(5)
        if what == 0:
            del pieces[at]
        elif what == 1:
            pieces.insert(at, generator.choice(_PIECES))
        elif what == 2:
            pieces[at] = generator.choice(_PIECES)
        elif what == 3:
            other = re.findall(r"\w+|\s+|.", generator.choice(queries), re.DOTALL)
            start = generator.randrange(len(other))
            pieces[at : at + 1] = other[start : start + generator.randint(1, 12)]
        else:
            other_at = generator.randrange(len(pieces))
            pieces[at], pieces[other_at] = pieces[other_at], pieces[at]
        pieces = pieces or ["SELECT"]
    return "".join(pieces)
