"""Connections to PostgreSQL through psycopg 3: a capped pool that is made when it is first needed.

A server may fork after the pool's owner was made, and threads and sockets do not survive that: each process has its
own.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from ..errors import ConfigurationError
from .errors import translate

_DRIVER = re.compile(r"^postgres(ql)?(\+\w+)?://")


def plain_uri(uri: str) -> str:
    """An address as libpq knows it; SQLAlchemy's ``postgresql+driver://`` loses its driver."""
    return _DRIVER.sub("postgresql://", uri)


class Connections:
    """Lends connections, each in autocommit.

    Parameters
    ----------
    uri
        Address of the database.
    setting
        Name of the setting that gives the address, for the error when there is none.
    size
        Most connections of one process.
    wait
        Seconds to wait for a free one.
    session
        PostgreSQL's settings of each connection.
    name
        What PostgreSQL shows as the application's name.
    """

    def __init__(
        self, uri: str, *, setting: str, size: int, wait: float, session: Mapping[str, str], name: str
    ) -> None:
        self._uri = uri
        self._setting = setting
        self._size = size
        self._wait = wait
        self._session = dict(session)
        self._name = name
        self._lock = threading.Lock()
        self._pool: ConnectionPool | None = None
        self._process = 0

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection; errors of the database leave as errors of ours.

        Raises
        ------
        ServiceError
            There is none, or it failed.
        """
        try:
            with self._current().connection() as connection:
                yield connection
        except psycopg.Error as error:
            raise translate(error) from error

    def borrow(self) -> psycopg.Connection[Any]:
        """Take a connection; :meth:`give_back` must follow. Raises psycopg's errors."""
        return self._current().getconn()

    def give_back(self, connection: psycopg.Connection[Any]) -> None:
        """Return a connection; a broken one is replaced."""
        self._current().putconn(connection)

    def close(self) -> None:
        """Close all connections of this process."""
        with self._lock:
            if self._pool is not None and self._process == os.getpid():
                self._pool.close()
            self._pool = None

    def _current(self) -> ConnectionPool:
        pool = self._pool
        if pool is not None and self._process == os.getpid():
            return pool
        with self._lock:
            if self._pool is None or self._process != os.getpid():
                self._pool = self._open()
                self._process = os.getpid()
            return self._pool

    def _open(self) -> ConnectionPool:
        if not self._uri:
            raise ConfigurationError(f"{self._setting} is not set")
        return ConnectionPool(
            plain_uri(self._uri),
            min_size=1,
            max_size=self._size,
            max_waiting=16 * self._size,
            timeout=self._wait,
            kwargs={"autocommit": True, "prepare_threshold": None, "application_name": self._name},
            configure=self._configure,
            check=_still_open,
            name=self._name,
            open=True,
        )

    def _configure(self, connection: psycopg.Connection[Any]) -> None:
        configure(connection, self._session)


class SingleUse:
    """Lends one connection that is opened for the purpose and closed after it.

    Parameters
    ----------
    uri
        Address of the database.
    session
        PostgreSQL's settings.
    name
        What PostgreSQL shows as the application's name, and by which the query can be cancelled.
    """

    def __init__(self, uri: str, session: Mapping[str, str], name: str) -> None:
        self._uri = plain_uri(uri)
        self._session = session
        self._name = name

    def borrow(self) -> psycopg.Connection[Any]:
        """Open the connection."""
        connection = psycopg.connect(
            self._uri, autocommit=True, prepare_threshold=None, application_name=self._name, connect_timeout=10
        )
        configure(connection, self._session)
        return connection

    def give_back(self, connection: psycopg.Connection[Any]) -> None:
        """Close the connection."""
        connection.close()


def cancel_named(connection: psycopg.Connection[Any], name: str) -> None:
    """Cancel what connections of this name and role are doing."""
    connection.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND usename = current_user",
        [name],
    )


def configure(connection: psycopg.Connection[Any], session: Mapping[str, str]) -> None:
    """Set PostgreSQL's settings for the rest of a connection's life."""
    if session:
        calls = ", ".join(["set_config(%s, %s, false)"] * len(session))
        connection.execute(f"SELECT {calls}", [part for item in session.items() for part in item])


def _still_open(connection: psycopg.Connection[Any]) -> None:
    """Refuse a connection that the server has closed, without asking it: nothing else makes an idle one readable."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise psycopg.OperationalError("the server has closed this connection")
