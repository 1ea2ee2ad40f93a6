"""What COPY sends, by libpq's own calls: psycopg's iterator takes as long for a row as the network (measured,
``docs/decisions.md``).
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Generator, Iterator
from typing import Any

import psycopg
from psycopg import pq

from ..formats.source import Buffer

# Seconds for a request to cancel; the query's own limit ends it otherwise.
_CANCEL = 5.0


def copied_rows(connection: psycopg.Connection[Any], sql: str, size: int) -> Generator[list[Buffer], None, None]:
    """Run a ``COPY … TO STDOUT``; a generator that is closed early cancels it.

    Parameters
    ----------
    connection
        Must be in autocommit and is nobody else's meanwhile.
    sql
        The statement.
    size
        Rows that are given together.

    Yields
    ------
    list of bytes-like
        What COPY wrote, row by row.

    Raises
    ------
    psycopg.Error
        The query failed, before its first row or later.
    """
    pgconn = connection.pgconn
    _checked(pgconn.exec_(sql.encode()), pq.ExecStatus.COPY_OUT)
    try:
        yield from _rows(pgconn, size)
        for result in _results(pgconn):
            _checked(result, pq.ExecStatus.COMMAND_OK)
    finally:
        if pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            _cancel(connection)


def _rows(pgconn: pq.abc.PGconn, size: int) -> Generator[list[Buffer], None, None]:
    ready = _poll(pgconn)
    rows: list[Buffer] = []
    take = pgconn.get_copy_data
    while True:
        length, row = take(1)
        if length > 0:
            rows.append(row)
            if len(rows) == size:
                yield rows
                rows = []
        elif length == 0:
            ready.poll()
            pgconn.consume_input()
        else:
            break
    if rows:
        yield rows


def _results(pgconn: pq.abc.PGconn) -> Iterator[pq.abc.PGresult]:
    """What ends a statement; other threads go on meanwhile, which libpq's own waiting does not let them."""
    ready = _poll(pgconn)
    while True:
        while pgconn.is_busy():
            ready.poll()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return
        yield result


def _poll(pgconn: pq.abc.PGconn) -> select.poll:
    ready = select.poll()
    ready.register(pgconn.socket, select.POLLIN)
    return ready


def _checked(result: pq.abc.PGresult, expected: pq.ExecStatus) -> None:
    if result.status != expected:
        raise psycopg.errors.error_from_result(result)


def _cancel(connection: psycopg.Connection[Any]) -> None:
    """End what still runs and read what is left of it, so that the connection is free."""
    pgconn = connection.pgconn
    with contextlib.suppress(psycopg.Error):
        connection.cancel_safe(timeout=_CANCEL)
        while pgconn.get_copy_data(0)[0] > 0:
            pass
        for _ in _results(pgconn):
            pass
