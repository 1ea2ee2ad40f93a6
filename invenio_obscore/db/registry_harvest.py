"""What harvesters read of the registry, through the role that reads (psycopg, no SQLAlchemy)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from ..registry.oai import Record
from .registry import SCHEMA

Lend = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


@dataclass(frozen=True)
class Established:
    """When the registry's own records were made and may last have changed."""

    created: datetime
    updated: datetime


class RegistryStore:
    """Reads the table of resources in small parts; every call is one statement."""

    def __init__(self, lend: Lend) -> None:
        self._lend = lend

    def established(self) -> Established:
        """Dates of the registry's own records."""
        with self._lend() as connection:
            row = connection.execute(f"SELECT created, updated FROM {SCHEMA}.established").fetchone()
        assert row is not None  # made with the table
        return Established(*row)

    def get(self, identifier: str) -> Record | None:
        """One resource; identifiers have no case."""
        statement = f"SELECT identifier, updated, document FROM {SCHEMA}.resource WHERE lower(identifier) = lower(%s)"
        with self._lend() as connection:
            row = connection.execute(statement, [identifier]).fetchone()
        return Record(*row) if row else None

    def page(
        self, begin: datetime | None, end: datetime, after: tuple[datetime, str] | None, limit: int, *, documents: bool
    ) -> list[Record]:
        """Resources in the order of datestamp and identifier.

        Parameters
        ----------
        begin, end
            Of datestamps; ``end`` is excluded.
        after
            Only what comes after this one.
        documents
            Without them only whether there is one.
        """
        document = "document" if documents else "CASE WHEN document IS NOT NULL THEN '' END"
        where, parameters = _where(begin, end)
        if after is not None:
            where += ' AND (updated, identifier) > (%s, %s COLLATE "C")'
            parameters += after
        statement = (
            f"SELECT identifier, updated, {document} FROM {SCHEMA}.resource WHERE {where}"
            " ORDER BY updated, identifier LIMIT %s"
        )
        with self._lend() as connection:
            return [Record(*row) for row in connection.execute(statement, [*parameters, limit])]

    def count(self, begin: datetime | None, end: datetime) -> int:
        """How many resources have such a datestamp."""
        where, parameters = _where(begin, end)
        with self._lend() as connection:
            row = connection.execute(f"SELECT count(*) FROM {SCHEMA}.resource WHERE {where}", parameters).fetchone()
        return int(row[0]) if row else 0


def _where(begin: datetime | None, end: datetime) -> tuple[str, list[Any]]:
    return ("updated >= %s AND updated < %s", [begin, end]) if begin else ("updated < %s", [end])
