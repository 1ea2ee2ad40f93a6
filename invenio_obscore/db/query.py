"""Read-only queries: ADQL in, rows streamed out, with connections of their own that cannot starve anything else.

One statement is one transaction (autocommit), so nothing waits idle in a transaction. Rows come in libpq's chunked
mode: PostgreSQL sends while the reader reads, and neither side holds more than a chunk.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import psycopg

from ..adql import compile as compile_adql
from ..adql.schema import Schema, Table
from ..adql.statement import Statement
from ..formats.blockbinary import MASKED, batch_encoder, encode_block
from ..formats.blocks import Block, block_of, text_groups
from ..formats.source import Buffer, Wire
from ..obscore.fields import Field, Row
from . import tap_schema
from .blockcopy import blocks_of, rows_only
from .columnsql import value_sql
from .copying import binary_copy, copying
from .copyout import copied_rows
from .errors import translate
from .pool import Connections

# Rows that are fetched together (single objects, which should not leave the processor's cache meanwhile), and rows of
# a block, whose arrays should be long (measured, ``docs/decisions.md``).
_BATCH_ROWS, _BLOCK_ROWS = 250, 2000
# Up to so many rows, encoding in Python is quicker (measured, ``docs/decisions.md``).
_FEW_ROWS = 1001
# Translations that are remembered, and the longest query among them.
_QUERIES, _LONG_QUERY = 512, 4000
_Translate = Callable[[str, int], Statement]
# libpq before 17 knows rows one by one only.
_CHUNK = _BATCH_ROWS if psycopg.capabilities.has_stream_chunked() else 1


@dataclass(frozen=True)
class QuerySettings:
    """How queries may use the database.

    Attributes
    ----------
    uri
        Address of the database, with the role that reads; SQLAlchemy's ``postgresql+driver://`` is understood.
    connections
        Most connections of one process.
    wait
        Seconds that a request waits for a free connection.
    timeout
        Seconds that a query may run, reading its rows included.
    maxrec, maxrec_limit
        Rows without a MAXREC, and the most that a MAXREC may ask for.
    schema_lifetime
        Seconds after which the published schema is read again.
    """

    uri: str
    connections: int = 8
    wait: float = 10.0
    timeout: float = 300.0
    maxrec: int = 20_000
    maxrec_limit: int = 20_000_000
    schema_lifetime: float = 60.0


class Lender(Protocol):
    """Lends connections."""

    def borrow(self) -> psycopg.Connection[Any]:
        """Take one."""

    def give_back(self, connection: psycopg.Connection[Any]) -> None:
        """Return it."""


class QueryService:
    """Answers ADQL queries from the published tables."""

    def __init__(
        self, settings: QuerySettings, *, locate: Callable[[str], tuple[float, float] | None] | None = None
    ) -> None:
        self.settings = settings
        self._locate = locate
        self.connections = Connections(
            settings.uri,
            setting="OBSCORE_TAP_DATABASE_URI",
            size=settings.connections,
            wait=settings.wait,
            session=reading_session(settings.timeout),
            name="obscore-tap",
        )
        self._known: tuple[float, Schema, _Translate] | None = None

    def run(
        self,
        adql: str,
        maxrec: int | None = None,
        *,
        connections: Lender | None = None,
        uploads: Sequence[Table] = (),
    ) -> Result:
        """Translate a query; it begins to run when its rows are asked for.

        Parameters
        ----------
        adql
            The query.
        maxrec
            Most rows; None for the service's default. Above the service's limit it is cut to that.
        connections
            Where to run it, if not in this service's own pool.
        uploads
            Tables of this query.

        Raises
        ------
        AdqlError
            The query is not ADQL, or asks for what is not published.
        ServiceError
            The database does not answer.
        """
        limit = self.settings.maxrec if maxrec is None else min(maxrec, self.settings.maxrec_limit)
        return Result(connections or self.connections, self._translated(adql, limit, uploads), empty=limit == 0)

    def schema(self) -> Schema:
        """What is published, as TAP_SCHEMA says; read again now and then."""
        return self._current()[0]

    def _translated(self, adql: str, limit: int, uploads: Sequence[Table]) -> Statement:
        schema, translate_known = self._current()
        if uploads or len(adql) > _LONG_QUERY:
            return compile_adql(adql, schema.with_tables(uploads), limit)
        return translate_known(adql, limit)

    def _current(self) -> tuple[Schema, _Translate]:
        """The schema, and the translation into it, which remembers the last queries' SQL (never their rows)."""
        now = time.monotonic()
        known = self._known
        if known is not None and now - known[0] < self.settings.schema_lifetime:
            return known[1:]
        with self.connections.connection() as connection:
            schema = replace(tap_schema.load(connection), locate=self._locate)
        translate_known = lru_cache(maxsize=_QUERIES)(lambda adql, limit: compile_adql(adql, schema, limit))
        self._known = (now, schema, translate_known)
        return schema, translate_known


def reading_session(timeout: float) -> dict[str, str]:
    """PostgreSQL's settings for queries. The role should have them already; they hold even where it does not.

    Parameters
    ----------
    timeout
        Seconds that a statement may run; 0 for no limit.
    """
    milliseconds = str(int(timeout * 1000))
    return {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        "tcp_user_timeout": milliseconds,
        "client_connection_check_interval": "2000",
        "client_encoding": "UTF8",
        "TimeZone": "UTC",
        "jit": "off",
    }


class Result:
    """The rows of one query, read once; a source for :mod:`invenio_obscore.formats`.

    Attributes
    ----------
    fields
        What describes the columns.
    overflow
        Whether rows were left out; known when all batches have been read.
    """

    def __init__(self, connections: Lender, statement: Statement, *, empty: bool = False) -> None:
        self.fields: tuple[Field, ...] = statement.fields
        self.overflow = False
        self._statement = statement
        self._connections = connections
        self._empty = empty
        self._open: list[Generator[list[Any], None, None]] = []
        self._running: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cancel(self) -> None:
        """Let the query end with an error; another thread than the one that reads may call this."""
        running = self._running
        if running is not None:
            with contextlib.suppress(psycopg.Error):
                running.cancel_safe(timeout=5)

    def close(self) -> None:
        """Stop: a query that still runs is cancelled, its connection goes back."""
        while self._open:
            self._open.pop().close()

    def values(self) -> Iterator[Sequence[Row]]:
        """Batches of rows as Python values."""
        return self._batches(self._selected(value_sql(self.fields, self._statement.sql)))

    def blocks(self, *, by_column: bool = False) -> Iterator[Block]:
        """Batches of rows as arrays: from COPY, except where making arrays takes longer than it saves."""
        sql = None if self.few else binary_copy(self._statement)
        if sql is None:
            return (block_of(self.fields, batch, by_column=by_column) for batch in self.values())
        groups = text_groups(self.fields, by_column=by_column)
        return blocks_of(self.fields, groups, self._batches(rows_only(self._copied(sql))), _BLOCK_ROWS)

    def encoded(self, wire: Wire) -> Iterator[Buffer]:
        """Batches of encoded rows: in Python where they are few, else by arrays or by PostgreSQL."""
        if not self.few:
            if wire in MASKED:
                return (encode_block(self.fields, block, masked=MASKED[wire]) for block in self.blocks())
            copy = copying(self._statement, wire)
            if copy is not None:
                return map(copy.finish, self._batches(self._copied(copy.sql)))
        encode = batch_encoder(self.fields, wire)
        return map(encode, self.values())

    @property
    def few(self) -> bool:
        """Whether the rows come as one batch, if there are any."""
        limit = self._statement.row_limit
        return limit is not None and limit <= _FEW_ROWS

    def _batches(self, batches: Generator[list[Any], None, None]) -> Iterator[list[Any]]:
        limited = self._limited(batches)
        self._open.append(limited)
        return limited

    def _limited(self, batches: Generator[list[Any], None, None]) -> Generator[list[Any], None, None]:
        """Batches of at most as many rows as MAXREC lets through; the statement asks for one more."""
        if self._empty:
            self.overflow = True
            return
        left = self._statement.overflow_limit
        with contextlib.closing(batches):
            for batch in batches:
                if left is not None and len(batch) > left:
                    self.overflow = True
                    batch = batch[:left]
                if batch:  # the row too many may be the only one
                    yield batch
                if self.overflow:
                    return
                left = None if left is None else left - len(batch)

    def _selected(self, sql: str) -> Generator[list[Any], None, None]:
        size = _BLOCK_ROWS if self.few else _BATCH_ROWS
        with self._connected() as connection, connection.cursor() as cursor:
            rows = cursor.stream(sql, self._statement.parameters, binary=True, size=_CHUNK)
            while batch := list(islice(rows, size)):
                yield batch

    def _copied(self, sql: str) -> Generator[list[Any], None, None]:
        with self._connected() as connection, contextlib.closing(copied_rows(connection, sql, _BATCH_ROWS)) as batches:
            yield from batches

    @contextlib.contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            connection = self._running = self._connections.borrow()
            try:
                yield connection
            finally:
                self._running = None
                self._connections.give_back(connection)
        except psycopg.Error as error:
            raise translate(error) from error
