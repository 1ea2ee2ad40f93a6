"""The registry's tables: what each record adds to its collection, what each collection covers, and its document.

A change of a record's rows leaves a mark (:func:`mark`) in the transaction that makes it; :func:`take_marks` and
:func:`refresh` later bring the collections up to date from the marked records alone, so that a collection of a million
rows costs no more than the record that changed. Cells and terms are counted: what a record takes away may still be
there in another one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from ..registry.coverage import Contribution, Coverage, contribution, moc_text, spectral, temporal
from .quoting import quoted

SCHEMA = "obscore_registry"
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('obscore_registry', 0))"
#: Columns of rows that coverage needs.
_COLUMNS = (
    *("obs_collection", "s_region", "s_ra", "s_dec", "s_fov", "t_min", "t_max", "em_min", "em_max"),
    *("dataproduct_type", "facility_name", "instrument_name", "obs_creator_name", "bib_reference"),
)

_TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    # Only ever added to and taken from: two publications of one record never wait for each other here.
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.mark (
  id bigserial PRIMARY KEY, parent_uuid uuid NOT NULL)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.contribution (
  parent_uuid uuid, collection text COLLATE "C", rows int4 NOT NULL, cells int8[] NOT NULL,
  days int4range, bins int4range, terms jsonb NOT NULL, PRIMARY KEY (parent_uuid, collection))""",
    f"CREATE INDEX IF NOT EXISTS contribution_collection ON {SCHEMA}.contribution (collection)",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.cell (
  collection text COLLATE "C", cell int8, n int4 NOT NULL, PRIMARY KEY (collection, cell))""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.term (
  collection text COLLATE "C", kind text, value text COLLATE "C", n int4 NOT NULL,
  PRIMARY KEY (collection, kind, value))""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.resource (
  identifier text COLLATE "C" PRIMARY KEY, collection text COLLATE "C" UNIQUE NOT NULL, document text,
  rows int8 NOT NULL DEFAULT 0, created timestamptz NOT NULL, updated timestamptz NOT NULL)""",
    f"CREATE INDEX IF NOT EXISTS resource_updated ON {SCHEMA}.resource (updated, identifier)",
    f"CREATE UNIQUE INDEX IF NOT EXISTS resource_folded ON {SCHEMA}.resource (lower(identifier))",
    # When the records of registry, authority, organisation and service were made and may last have changed.
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.established (
  one bool PRIMARY KEY DEFAULT true CHECK (one), created timestamptz NOT NULL, updated timestamptz NOT NULL)""",
    f"""INSERT INTO {SCHEMA}.established (created, updated)
  VALUES (date_trunc('second', now()), date_trunc('second', now()))
  ON CONFLICT (one) DO UPDATE SET updated = excluded.updated""",
)
#: What was published before there was a registry, and what an upgrade may describe in another way.
_MARK_ALL = f"""INSERT INTO {SCHEMA}.mark (parent_uuid)
  SELECT parent_uuid FROM ivoa.obscore WHERE parent_uuid IS NOT NULL
  UNION SELECT parent_uuid FROM {SCHEMA}.contribution"""


def statements(reader: str) -> Iterator[str]:
    """SQL that makes the tables; ``reader`` may read what is harvested, and nothing else of it."""
    yield from _TABLES
    yield _MARK_ALL
    yield f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted(reader)}"
    yield f"GRANT SELECT ON {SCHEMA}.resource, {SCHEMA}.established TO {quoted(reader)}"


def drop_statements() -> Iterator[str]:
    """SQL that takes them away."""
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"


# ---------------------------------------------------------------------------------------------------------------- marks
def mark(connection: Connection, parent_uuid: UUID) -> None:
    """Note that rows of a record, or what the record says, may have changed; in the transaction that changes them."""
    connection.execute(
        text(f"INSERT INTO {SCHEMA}.mark (parent_uuid) VALUES (CAST(:one AS uuid))"), {"one": str(parent_uuid)}
    )


def mark_all(connection: Connection) -> None:
    """Mark every record that has rows, or had some when the registry last looked."""
    connection.execute(text(_MARK_ALL))


def newest_mark(connection: Connection) -> int:
    """The number of the newest mark; 0 where there is none."""
    return int(connection.scalar(text(f"SELECT max(id) FROM {SCHEMA}.mark")) or 0)


def take_marks(connection: Connection, most: int, newest: int | None = None) -> list[UUID] | None:
    """Take the oldest marks, none newer than ``newest``; the records, each once.

    None where somebody else is at it: they hold a lock.
    """
    if not connection.scalar(text(_LOCK)):
        return None
    taken = connection.execute(
        text(f"""DELETE FROM {SCHEMA}.mark WHERE id IN (SELECT id FROM {SCHEMA}.mark
        WHERE id <= coalesce(CAST(:newest AS int8), id) ORDER BY id LIMIT :most) RETURNING parent_uuid"""),
        {"most": most, "newest": newest},
    )
    return list(dict.fromkeys(_uuid(one) for one in taken.scalars()))


def _uuid(value: object) -> UUID:
    """What a driver makes of a uuid: an object or a text."""
    return UUID(str(value))


# -------------------------------------------------------------------------------------------------------- contributions
CollectionOf = Callable[[UUID, str], str]


def by_name(parent_uuid: UUID, obs_collection: str) -> str:
    """Collections are those that the rows name."""
    return obs_collection


def by_record(parent_uuid: UUID, obs_collection: str) -> str:
    """Each record is a collection."""
    return str(parent_uuid)


def refresh(connection: Connection, parents: Sequence[UUID], collection_of: CollectionOf) -> set[str]:
    """Bring what these records add up to date; the collections that changed."""
    old = _stored(connection, parents)
    new = _present(connection, parents, collection_of)
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    if changed:
        _store(connection, changed, new)
        _count(
            connection, "cell", {"cell": "int8"}, _differences(changed, old, new, lambda one: ((c,) for c in one.cells))
        )
        terms = _differences(changed, old, new, lambda one: one.terms)
        _count(connection, "term", {"kind": "text", "value": "text"}, terms)
    return {collection for _, collection in changed}


_Key = tuple[UUID, str]
_THESE = "ANY(CAST(:parents AS uuid[]))"


def collections_of(connection: Connection, parents: Sequence[UUID]) -> set[str]:
    """The collections that these records belong to now."""
    statement = text(f"SELECT DISTINCT collection FROM {SCHEMA}.contribution WHERE parent_uuid = {_THESE}")
    return set(connection.scalars(statement, {"parents": [str(one) for one in parents]}))


def _present(connection: Connection, parents: Sequence[UUID], collection_of: CollectionOf) -> dict[_Key, Contribution]:
    found = connection.execute(
        text(f"SELECT parent_uuid, {', '.join(_COLUMNS)} FROM ivoa.obscore WHERE parent_uuid = {_THESE}"),
        {"parents": [str(one) for one in parents]},
    )
    rows: dict[_Key, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found.mappings():
        parent = _uuid(row["parent_uuid"])
        rows[parent, collection_of(parent, str(row["obs_collection"]))].append(dict(row))
    return {key: contribution(some) for key, some in rows.items()}


def _stored(connection: Connection, parents: Sequence[UUID]) -> dict[_Key, Contribution]:
    found = connection.execute(
        text(f"""SELECT parent_uuid, collection, rows, cells, terms, lower(days), upper(days), lower(bins), upper(bins)
        FROM {SCHEMA}.contribution WHERE parent_uuid = {_THESE}"""),
        {"parents": [str(one) for one in parents]},
    )
    return {
        (_uuid(parent), collection): Contribution(
            rows,
            frozenset(cells),
            _inclusive(first_day, last_day),
            _inclusive(first_bin, last_bin),
            frozenset((kind, value) for kind, value in terms),
        )
        for parent, collection, rows, cells, terms, first_day, last_day, first_bin, last_bin in found
    }


def _inclusive(low: int | None, high: int | None) -> tuple[int, int] | None:
    return None if low is None or high is None else (low, high - 1)


def _store(connection: Connection, changed: Iterable[_Key], new: Mapping[_Key, Contribution]) -> None:
    keys = sorted(changed, key=str)
    gone = [{"parent": str(parent), "collection": collection} for parent, collection in keys]
    connection.execute(
        text(f"""DELETE FROM {SCHEMA}.contribution
        WHERE parent_uuid = CAST(:parent AS uuid) AND collection = :collection"""),
        gone,
    )
    values = [one | _values(new[key]) for key, one in zip(keys, gone) if key in new]
    if values:
        connection.execute(
            text(f"""INSERT INTO {SCHEMA}.contribution VALUES (CAST(:parent AS uuid), :collection, :rows, :cells,
            CAST(:days AS int4range), CAST(:bins AS int4range), CAST(:terms AS jsonb))"""),
            values,
        )


def _values(one: Contribution) -> dict[str, Any]:
    days, bins = (f"[{r[0]},{r[1]}]" if r else None for r in (one.days, one.bins))
    return {
        "rows": one.rows,
        "cells": sorted(one.cells),
        "terms": json.dumps(sorted(one.terms)),
        "days": days,
        "bins": bins,
    }


def _differences(
    changed: Iterable[_Key],
    old: Mapping[_Key, Contribution],
    new: Mapping[_Key, Contribution],
    counted: Callable[[Contribution], Iterable[tuple[Any, ...]]],
) -> Counter[tuple[Any, ...]]:
    """By how much the counts of a collection's cells or terms change."""
    differences: Counter[tuple[Any, ...]] = Counter()
    for key in changed:
        for present, sign in ((old.get(key), -1), (new.get(key), 1)):
            for item in counted(present) if present else ():
                differences[(key[1], *item)] += sign
    return Counter({item: n for item, n in differences.items() if n})


def _count(
    connection: Connection, table: str, columns: Mapping[str, str], differences: Mapping[tuple[Any, ...], int]
) -> None:
    """Add to counts in one statement, however many there are; what nobody counts any more goes.

    Parameters
    ----------
    columns
        Names and types of what is counted.
    """
    if not differences:
        return
    names, types = ("collection", *columns, "n"), ("text", *columns.values(), "int4")
    arrays = zip(*((*item, n) for item, n in sorted(differences.items(), key=str)))
    parameters = {name: list(values) for name, values in zip(names, arrays)}
    unnested = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(names, types))
    keys = ", ".join(names[:-1])
    connection.execute(
        text(f"""INSERT INTO {SCHEMA}.{table} AS present ({keys}, n) SELECT * FROM unnest({unnested})
        ON CONFLICT ({keys}) DO UPDATE SET n = present.n + excluded.n"""),
        parameters,
    )
    connection.execute(
        text(f"DELETE FROM {SCHEMA}.{table} WHERE n <= 0 AND collection = ANY(CAST(:collections AS text[]))"),
        {"collections": sorted({item[0] for item in differences})},
    )


# ---------------------------------------------------------------------------------------------------------- collections
@dataclass(frozen=True)
class Collection:
    """A collection as its rows make it.

    Attributes
    ----------
    parents
        Some of its records.
    terms
        Kind → values, sorted.
    """

    name: str
    rows: int
    records: int
    parents: tuple[UUID, ...]
    coverage: Coverage
    terms: Mapping[str, tuple[str, ...]]


_MOST_PARENTS = 20


def read_collection(connection: Connection, name: str) -> Collection:
    """The collection; without rows where it is empty now."""
    one = {"name": name}
    rows, records, parents, days, bins = connection.execute(
        text(f"""SELECT coalesce(sum(rows), 0), count(*), (array_agg(CAST(parent_uuid AS text)))[1:{_MOST_PARENTS}],
        (SELECT array_agg(ARRAY[lower(r), upper(r)]) FROM unnest(range_agg(days)) AS u(r)),
        (SELECT array_agg(ARRAY[lower(r), upper(r)]) FROM unnest(range_agg(bins)) AS u(r))
        FROM {SCHEMA}.contribution WHERE collection = :name"""),
        one,
    ).one()
    terms = defaultdict(list)
    for kind, value in connection.execute(
        text(f"SELECT kind, value FROM {SCHEMA}.term WHERE collection = :name ORDER BY kind, value"), one
    ):
        terms[kind].append(value)
    cells = connection.scalars(text(f"SELECT cell FROM {SCHEMA}.cell WHERE collection = :name"), one)
    coverage = Coverage(
        moc=moc_text(cells),
        temporal=temporal((low, high) for low, high in days or ()),
        spectral=spectral((low, high) for low, high in bins or ()),
        bands=tuple(terms["band"]),
    )
    return Collection(
        name,
        int(rows),
        int(records),
        tuple(map(_uuid, parents or ())),
        coverage,
        {k: tuple(v) for k, v in terms.items()},
    )


# ------------------------------------------------------------------------------------------------------------ resources
@dataclass(frozen=True)
class StoredResource:
    """What the registry says of a collection; ``document`` is None once it has no rows."""

    identifier: str
    collection: str
    document: str | None
    created: datetime
    updated: datetime


_RESOURCE = "identifier, collection, document, created, updated"


def resource_of(connection: Connection, collection: str) -> StoredResource | None:
    """The resource of a collection, a deleted one too: it keeps its identifier for ever."""
    found = connection.execute(
        text(f"SELECT {_RESOURCE} FROM {SCHEMA}.resource WHERE collection = :collection"), {"collection": collection}
    ).one_or_none()
    return StoredResource(*found) if found else None


def identifier_is_taken(connection: Connection, identifier: str) -> bool:
    """Whether some collection has it; identifiers have no case."""
    statement = text(f"SELECT 1 FROM {SCHEMA}.resource WHERE lower(identifier) = lower(:one)")
    return connection.scalar(statement, {"one": identifier}) is not None


def write_resource(connection: Connection, resource: StoredResource, rows: int) -> None:
    """Write what the registry says of a collection."""
    connection.execute(
        text(f"""INSERT INTO {SCHEMA}.resource ({_RESOURCE}, rows)
        VALUES (:identifier, :collection, :document, :created, :updated, :rows)
        ON CONFLICT (identifier) DO UPDATE
        SET document = excluded.document, updated = excluded.updated, rows = excluded.rows"""),
        {**resource.__dict__, "rows": rows},
    )


def withdraw(connection: Connection, parent_uuid: UUID, now: datetime) -> bool:
    """Take away the documents of the collections of a record that has no rows any more; whether there were any."""
    done = connection.execute(
        text(f"""UPDATE {SCHEMA}.resource SET document = NULL, rows = 0, updated = :now
        WHERE document IS NOT NULL
        AND collection IN (SELECT collection FROM {SCHEMA}.contribution WHERE parent_uuid = CAST(:parent AS uuid))
        AND NOT EXISTS (SELECT FROM ivoa.obscore WHERE parent_uuid = CAST(:parent AS uuid))"""),
        {"parent": str(parent_uuid), "now": now},
    )
    return bool(done.rowcount)
