"""The products of a published record, a page at a time: sorted and searched among the rows of ``ivoa.obscore``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_principal import Identity
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import ColumnElement, RowMapping, Select, func, select

from ..db.publication import rows_table
from ..obscore.columns import OBSCORE
from .entries import Query
from .models import ObsCoreProduct, ObsCorePublished
from .published_rows import versions_with_rows

_SEARCHED = (
    "target_name",
    "dataproduct_type",
    "facility_name",
    "instrument_name",
    "obs_id",
    "obs_title",
    "access_url",
)


def read(identity: Identity, recid: str, query: Query) -> dict[str, Any]:
    """A page of the products as JSON has them.

    Raises
    ------
    PermissionDeniedError, PIDDoesNotExistError, RecordDeletedException
        As InvenioRDM answers for the record itself.
    """
    record = current_rdm_records_service.read(identity, recid)._record
    recid = str(record.pid.pid_value)
    total, rows = _found(recid, query, query.size)
    products = db.session.scalar(select(func.count()).select_from(_every(recid).subquery())) or 0
    return {
        "id": recid,
        "products": [_shown(dict(row)) for row in rows],
        "total": total,
        "page": query.page,
        "size": query.size,
        "counts": {"products": products, "attention": 0, "failed": 0},
        "versions": versions_with_rows(record),
    }


def first(
    identity: Identity, recid: str, query: Query, most: int, columns: Sequence[str]
) -> tuple[int, Sequence[RowMapping]]:
    """How many products a query finds, and these columns of the first ones; raises as `read`."""
    record = current_rdm_records_service.read(identity, recid)._record
    return _found(str(record.pid.pid_value), replace(query, page=1), most, columns)


def _found(
    recid: str, query: Query, size: int, columns: Sequence[str] = tuple(OBSCORE)
) -> tuple[int, Sequence[RowMapping]]:
    wanted = _every(recid, columns).where(*_conditions(query))
    ordered = wanted.order_by(*_order(query.sort)).offset((query.page - 1) * size).limit(size)
    rows = db.session.execute(ordered).mappings().all()
    if query.page == 1 and len(rows) < size:
        return len(rows), rows
    return db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0, rows


def _every(recid: str, columns: Sequence[str] = ()) -> Select[Any]:
    table = rows_table()
    said, given = ObsCorePublished, ObsCoreProduct
    # Published text sorts by code point, our own tables' keys do not: only so an index serves the join.
    did = table.c.obs_publisher_did.collate("default")
    return (
        select(*(table.c[name] for name in columns), said.file_key, given.member, given.key)
        .select_from(table)
        .join(said, (said.record_uuid == table.c.record_uuid) & (said.obs_publisher_did == did))
        .join(given, given.obs_publisher_did == did)
        .where(table.c.recid == recid)
    )


def _conditions(query: Query) -> Sequence[ColumnElement[bool]]:
    table = rows_table()
    found: list[ColumnElement[bool]] = []
    if query.show != "all":
        found.append(table.c.recid.is_(None))  # what is published needs no attention
    if query.file:
        found.append(ObsCorePublished.file_key == query.file)
    searched = func.lower(
        func.concat_ws(" ", ObsCorePublished.file_key, ObsCoreProduct.member, *(table.c[name] for name in _SEARCHED))
    )
    return [*found, *(searched.contains(word, autoescape=True) for word in query.q.lower().split())]


def _order(sort: str) -> Sequence[ColumnElement[Any]]:
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    columns: dict[str, list[ColumnElement[Any]]] = {
        "file": [ObsCorePublished.file_key.expression, ObsCoreProduct.member.expression, ObsCoreProduct.key.expression]
    }
    stable = columns["file"]
    chosen = columns.get(name) or ([rows_table().c[name]] if name != "attention" else stable)
    return [*((column.desc() if backwards else column.asc()).nulls_last() for column in chosen), *stable]


def name_of(row: Mapping[str, Any] | RowMapping) -> str:
    """The product of a row inside its file, as corrections name it."""
    return f"{row['member']}#{row['key']}" if row["member"] or row["key"] else ""


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    product = name_of(row)
    file_key, member, key = row.pop("file_key"), row.pop("member"), row.pop("key")
    return {
        "file": file_key,
        "product": product,
        "member": member,
        "key": key,
        "attention": 0,
        "row": {name: value for name, value in row.items() if value is not None},
        "problems": [],
    }
