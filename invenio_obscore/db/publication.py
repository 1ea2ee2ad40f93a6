"""Rows written into and read from the published tables, inside a transaction of the caller's.

Only the difference is written: rows that are as they should be are not touched. All rows of one record (all its
versions) are one unit, so that one version can replace another without a moment in which an identifier stands twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..obscore.columns import OBSCORE, OBSCORE_HEA, OBSCORE_RADIO
from ..obscore.fields import Field
from ..obscore.regions import Region
from ..obscore.row import ObsCoreRow
from .inserting import insert_rows

logger = logging.getLogger(__name__)

DID = "obs_publisher_did"


class _Timestamp(TypeDecorator[str]):
    """ISO 8601 text for Python, a timestamp (UTC) for the database."""

    impl = TIMESTAMP
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401
        return _instant(value) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401
        return value.isoformat() if value is not None else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


_TYPES: Mapping[str, type[TypeEngine[Any]]] = {
    "double": Double,
    "float": REAL,
    "int": Integer,
    "long": BigInteger,
    "char": Text,
    "unicodeChar": Text,
}


@dataclass(frozen=True)
class PublicRow:
    """A row, what it belongs to, and how many bytes its address delivers (None where nobody knows)."""

    record_uuid: UUID
    recid: str
    file_id: UUID
    row: ObsCoreRow
    access_bytes: int | None = None


@dataclass(frozen=True)
class Changes:
    """How many rows were written, and which the database refused (identifier → why)."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted or self.refused)

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            {**self.refused, **other.refused},
        )


def _column(described: Field) -> Column[Any]:
    type_ = _Timestamp() if described.xtype == "timestamp" else _TYPES[described.datatype]()
    return Column(described.name, type_)


_METADATA = MetaData(schema="ivoa")
#: Columns that are not published (:data:`.ddl.OWNERS`). Positions and shapes the database makes itself.
_OWNERS: tuple[Column[Any], ...] = (
    Column("record_uuid", Uuid),
    Column("parent_uuid", Uuid),
    Column("recid", Text),
    Column("file_id", Uuid),
    Column("access_bytes", BigInteger),
)
_MAIN = Table("obscore", _METADATA, *map(_column, OBSCORE.values()), *_OWNERS)
#: Extension tables; a product has a row in one where any of the table's own columns has a value.
_EXTENSIONS = {
    Table(name, _METADATA, *map(_column, columns.values())): tuple(c for c in columns if c != DID)
    for name, columns in (("obscore_radio", OBSCORE_RADIO), ("obscore_hea", OBSCORE_HEA))
}


def write(connection: Connection, parent_uuid: UUID, rows: Sequence[PublicRow]) -> Changes:
    """Make these the rows of one record, all versions of it.

    Parameters
    ----------
    parent_uuid
        The record (InvenioRDM's parent) that the versions belong to.
    rows
        All its rows; each identifier once.
    """
    wanted = {str(row.row[DID]): _stored(row, parent_uuid) for row in rows}
    present = _present(connection, parent_uuid)
    difference = _difference(_MAIN, wanted, present)
    changes = _write_table(connection, _MAIN, wanted, difference)
    # A row's extensions went with it, so only rows that were not touched can have any.
    untouched = set(present) - set(difference.gone) - set(difference.differing)
    for table, own in _EXTENSIONS.items():
        extended = {did: values for did, row in zip(wanted, rows) if (values := _extension(row.row, own))}
        extensions = _difference(table, extended, _present_in(connection, table, untouched))
        changes += _write_table(connection, table, extended, extensions)
    return changes


def _stored(public: PublicRow, parent_uuid: UUID) -> dict[str, Any]:
    row = public.row
    values = {name: row[name] for name in OBSCORE}
    region = values["s_region"]
    values["s_region"] = region.to_stcs() if isinstance(region, Region) else None
    owners = {
        "record_uuid": public.record_uuid,
        "parent_uuid": parent_uuid,
        "recid": public.recid,
        "file_id": public.file_id,
        "access_bytes": public.access_bytes,
    }
    return values | owners


def _extension(row: ObsCoreRow, columns: Iterable[str]) -> dict[str, Any]:
    """Values of an extension's row; empty where the product has none."""
    values = {name: row[name] for name in columns}
    return {DID: row[DID], **values} if any(value is not None for value in values.values()) else {}


def _present(connection: Connection, parent_uuid: UUID) -> dict[str, dict[str, Any]]:
    columns = [*(_MAIN.c[name] for name in OBSCORE), *(_MAIN.c[owner.name] for owner in _OWNERS)]
    found = connection.execute(select(*columns).where(_MAIN.c.parent_uuid == parent_uuid))
    return {row[DID]: dict(row) for row in found.mappings()}


def _present_in(connection: Connection, table: Table, dids: set[str]) -> dict[str, dict[str, Any]]:
    if not dids:
        return {}
    found = connection.execute(select(table).where(table.c[DID].in_(sorted(dids))))
    return {row[DID]: dict(row) for row in found.mappings()}


@dataclass(frozen=True)
class _Difference:
    """Identifiers of rows to delete, to replace and to add."""

    gone: list[str]
    differing: list[str]
    new: list[str]


def _difference(
    table: Table, wanted: Mapping[str, dict[str, Any]], present: Mapping[str, dict[str, Any]]
) -> _Difference:
    return _Difference(
        gone=[did for did in present if did not in wanted],
        differing=[did for did in wanted if did in present and not _same(table, wanted[did], present[did])],
        new=[did for did in wanted if did not in present],
    )


def _write_table(
    connection: Connection, table: Table, wanted: Mapping[str, dict[str, Any]], difference: _Difference
) -> Changes:
    """Delete what is gone or differs, then insert what is new or differs; each in one statement."""
    gone, differing, new = difference.gone, difference.differing, difference.new
    if gone or differing:
        connection.execute(delete(table).where(table.c[DID].in_(gone + differing)))
    refused = _insert(connection, table, [wanted[did] for did in new + differing])
    taken = [did for did in new if did not in refused]
    return Changes(len(taken), len(differing), len(gone), refused)


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Insert all rows at once, or ever smaller halves where that fails; which the database refused, and why.

    A value that no check foresaw costs its own row and not the record's publication.
    """
    why = _inserted(connection, table, rows) if rows else None
    if why is None:
        return {}
    if len(rows) > 1:
        half = len(rows) // 2
        return _insert(connection, table, rows[:half]) | _insert(connection, table, rows[half:])
    did = rows[0][DID]
    logger.error("PostgreSQL refuses the row of %s in %s: %s", did, table.name, why)
    return {did: why}


def _inserted(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> str | None:
    """Insert rows under a savepoint; None, or why the data were refused."""
    savepoint = connection.begin_nested()
    try:
        insert_rows(connection, table, rows)
    except (DataError, IntegrityError, InternalError, OperationalError) as error:
        savepoint.rollback()
        if isinstance(error, OperationalError) and not _is_limit(error):
            raise
        return str(error.orig).strip().partition("\n")[0]
    savepoint.commit()
    return None


def _is_limit(error: OperationalError) -> bool:
    """Whether a value passes a limit of PostgreSQL's (class 54: an index entry that is too large, for one)."""
    return str(getattr(error.orig, "pgcode", "") or "").startswith("54")


def _same(table: Table, wanted: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    """Whether the row stands as it should."""
    return all(_equal(table.c[name].type, value, present[name]) for name, value in wanted.items())


def _equal(type_: TypeEngine[Any], wanted: Any, present: Any) -> bool:  # noqa: ANN401
    """Whether two values of a column are the same to the database."""
    if wanted is None or present is None:
        return wanted is present
    if isinstance(type_, REAL):
        return bool(np.float32(wanted) == np.float32(present))
    if isinstance(type_, _Timestamp):
        return _instant(wanted) == _instant(present)
    return bool(wanted == present)


def read_rows(
    connection: Connection, *, recid: str, offset: int = 0, limit: int | None = None
) -> list[dict[str, str | int | float | None]]:
    """Rows of one record version as they are published, in the order of their addresses."""
    columns = [_MAIN.c[name] for name in OBSCORE]
    statement = select(*columns).where(_MAIN.c.recid == recid).order_by(_MAIN.c.access_url, _MAIN.c[DID])
    return [dict(row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def count_rows(connection: Connection, *, recid: str) -> int:
    """How many rows a record version has."""
    return int(connection.scalar(select(func.count()).select_from(_MAIN).where(_MAIN.c.recid == recid)) or 0)


def recids(connection: Connection, parent_uuid: UUID) -> list[str]:
    """The versions of a record that have rows."""
    return sorted(connection.scalars(select(_MAIN.c.recid).where(_MAIN.c.parent_uuid == parent_uuid).distinct()))


def parents(connection: Connection) -> set[UUID]:
    """Every record that has a row."""
    return set(connection.scalars(select(_MAIN.c.parent_uuid).distinct()))


def rows_table() -> Table:
    """``ivoa.obscore`` for statements of the caller's own, which only read."""
    return _MAIN
