"""All rows of a record, however many, without holding them: what anybody may ask for must not fill a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from ..obscore.columns import OBSCORE
from .publication import DID, rows_table

#: Rows that are fetched and held at a time.
_BATCH = 1000


def stream_rows(connection: Connection, *, recid: str) -> Iterator[tuple[Any, ...]]:
    """Rows of one record version as they are published, in the order of their addresses.

    They come through a cursor of the server's: the connection's transaction must last until the last one is read.

    Parameters
    ----------
    connection
        To the repository's database.
    recid
        Identifier of the version.

    Yields
    ------
    tuple
        The cells in the order of `invenio_obscore.obscore.columns.OBSCORE`.
    """
    rows = rows_table()
    columns = [rows.c[name] for name in OBSCORE]
    statement = select(*columns).where(rows.c.recid == recid).order_by(rows.c.access_url, rows.c[DID])
    with connection.execute(statement, execution_options={"yield_per": _BATCH}) as found:
        for row in found:
            yield tuple(row)
