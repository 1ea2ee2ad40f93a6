"""A record's published rows as ``GET /api/records/<id>/obscore`` answers them: only what stands in ``ivoa.obscore``.

Whoever asks gets the same rows; but who may not read the record gets InvenioRDM's own refusal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_principal import Identity
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import Engine
from werkzeug.datastructures import MIMEAccept

from ..db.publication import count_rows, read_rows, recids
from ..db.streaming import stream_rows
from ..formats import Format, MemorySource, Meta, for_responseformat
from ..formats.datalink import descriptor
from ..formats.spreadsheets import for_people
from ..obscore.columns import OBSCORE
from ..registry.facts import vo_url

_JSON = "application/json"
_TABLES = ("application/x-votable+xml", "text/csv", "text/tab-separated-values", "text/xml", "application/xml")


@dataclass(frozen=True)
class Representation:
    """How the rows are written: as a table, or (``format`` None) as JSON in pages."""

    format: Format | None = None

    @property
    def paged(self) -> bool:
        """Whether the answer holds one page of the rows."""
        return self.format is None


@dataclass(frozen=True)
class Answer:
    """Headers and the body piece by piece."""

    headers: dict[str, str]
    body: Iterator[bytes]


def choose(asked: str | None, accepted: MIMEAccept) -> Representation:
    """The representation that ``?format=`` or else ``Accept`` asks for; JSON where neither says anything.

    Raises
    ------
    ParameterError
        Nothing here writes such a format.
    """
    wanted = asked or accepted.best_match((_JSON, *_TABLES), default=_JSON)
    if wanted in ("json", _JSON):
        return Representation()
    return Representation(for_responseformat(wanted))


def read(identity: Identity, recid: str, chosen: Representation, *, page: int = 1, size: int = 25) -> Answer:
    """The published rows of a record.

    Raises
    ------
    PermissionDeniedError, PIDDoesNotExistError, RecordDeletedException
        As InvenioRDM answers for the record itself.
    """
    record = current_rdm_records_service.read(identity, recid)._record
    recid = str(record.pid.pid_value)
    connection = db.session.connection()
    if chosen.format is None:
        rows = read_rows(connection, recid=recid, offset=(page - 1) * size, limit=size)
        body = {
            "id": recid,
            "rows": [{name: value for name, value in row.items() if value is not None} for row in rows],
            "total": count_rows(connection, recid=recid),
            "page": page,
            "size": size,
            "versions": versions_with_rows(record),
        }
        return Answer({"Content-Type": _JSON}, iter([json.dumps(body).encode()]))
    headers = {
        "Content-Type": chosen.format.media_type,
        "Content-Disposition": f'attachment; filename="{recid}-obscore{chosen.format.suffix}"',
    }
    return Answer(headers, table(recid, chosen.format, f"Data products of record {recid}"))


def table(recid: str, format_: Format, description: str) -> Iterator[bytes]:
    """All rows of a record version as a file, piece by piece as they come from the database.

    Who may have them is asked before. The rows come over a connection of their own: the session ends with the view,
    before the pieces are sent.
    """
    services = (descriptor(f"{vo_url(current_app.config)}/datalink/links"),)
    meta = Meta(name="obscore", description=description, services=services)
    return _started(_pieces(db.engine, recid, format_, meta))


def _pieces(engine: Engine, recid: str, format_: Format, meta: Meta) -> Iterator[bytes]:
    with engine.connect() as connection:
        rows = for_people(format_.suffix, stream_rows(connection, recid=recid))
        yield from format_.stream(MemorySource(OBSCORE.values(), rows), meta)


def versions_with_rows(record: Any) -> list[str]:  # noqa: ANN401 - an RDMRecord
    """Identifiers of the versions of a record whose products are published: without rows of its own, look there."""
    return recids(db.session.connection(), record.parent.id)


def _started(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """An error before the first piece is still an error of the request."""
    first = next(pieces, b"")

    def all_pieces() -> Iterator[bytes]:
        yield first
        yield from pieces

    return all_pieces()
