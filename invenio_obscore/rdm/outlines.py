"""Where, at which wavelengths and when all products of a draft or record lie, for views that show them at once.

A listing's page says all about a few products; this says little about all of them, in the order of the listing, so that
whoever is chosen on a chart is found on its page. Permissions are asked as a listing asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import func, select

from . import listing, published_listing
from .entries import Query, conditions, order

#: So many products are told of, the first ones of the listing's order.
MOST = 5000
#: A longer text of a region is left out, and its field of view drawn instead.
_LONGEST_REGION = 2000
_LONGEST_NAME = 100
_DRAWN = ("s_ra", "s_dec", "s_fov", "s_region", "em_min", "em_max", "t_min", "t_max")
#: What each product's list of values holds; ``place`` counts from 0 in the listing's order.
COLUMNS: Sequence[str] = ("place", "file", "product", "target_name", *_DRAWN)


def of_draft(identity: Identity, recid: str, query: Query) -> dict[str, Any]:
    """The outlines of a draft's products; raises as `listing.read`."""
    sheet = listing.open_sheet_of(identity, recid)
    found = sheet.entries({*query.columns, *COLUMNS[3:]})
    wanted, columns = conditions(found, query), found.c
    named = [columns.failed, columns.file_key, columns.product, *(columns[name] for name in COLUMNS[3:])]
    statement = select(*named).where(*wanted).order_by(*order(found, query.sort)).limit(MOST)
    rows = db.session.execute(statement).all()
    total = len(rows)
    if total == MOST:
        total = db.session.scalar(select(func.count()).select_from(found).where(*wanted)) or 0
    # What failed has a place in the listing, and none on the sky.
    products = [_outline(place, row[1:]) for place, row in enumerate(rows) if not row.failed]
    db.session.commit()  # what was computed for this stays
    return _body(total, products)


def of_record(identity: Identity, recid: str, query: Query) -> dict[str, Any]:
    """The outlines of a published record's products, public rows only; raises as `published_listing.read`."""
    total, rows = published_listing.first(identity, recid, query, MOST, COLUMNS[3:])
    named = (
        [row["file_key"], published_listing.name_of(row), *(row[column] for column in COLUMNS[3:])] for row in rows
    )
    return _body(total, [_outline(place, row) for place, row in enumerate(named)])


def _body(total: int, products: list[list[Any]]) -> dict[str, Any]:
    return {"total": total, "most": MOST, "columns": COLUMNS, "products": products}


def _outline(place: int, cells: Iterable[Any]) -> list[Any]:
    file_key, product, target, ra, dec, fov, region, *ranges = cells
    shape = str(region or "")
    return [
        place,
        file_key,
        product,
        (target or "")[:_LONGEST_NAME],
        *(_rounded(angle) for angle in (ra, dec, fov)),
        shape if len(shape) <= _LONGEST_REGION else "",
        *ranges,
    ]


def _rounded(angle: float | None) -> float | None:
    """To milliarcseconds: more than any screen shows."""
    return angle if angle is None else round(angle, 7)
