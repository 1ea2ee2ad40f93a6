"""The data products of a record as its page shows them: one page of rows that stand in ``ivoa.obscore``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, request
from invenio_db import db

from ..db.publication import count_rows, read_rows
from ..rdm.models import Stage, Status
from ..rdm.stored_files import count_by_status
from ..rdm.visibility import files_are_public, record_is_public
from . import presentation

PAGE_ARGUMENT = "products_page"


@dataclass(frozen=True)
class ShownProduct:
    """One line of the table: texts, not yet escaped."""

    file: str
    access_url: str
    kind: str
    target: str
    position: str
    field_of_view: str
    spectral: str
    time: str
    facility: str
    instrument: str


@dataclass(frozen=True)
class ProductTable:
    """A page of the table.

    Attributes
    ----------
    total
        Products of the record in all.
    pending
        Public files that are still being read.
    """

    lines: list[ShownProduct]
    total: int
    pending: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first line shown, from 1."""
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Number of the last line shown."""
        return self.first + len(self.lines) - 1


def product_table(record: Any) -> ProductTable | None:  # noqa: ANN401 - an RDMRecord
    """The table for the page of a record; None where there is nothing that anyone may see."""
    if record.is_draft or not record_is_public(record):
        return None
    connection = db.session.connection()
    recid = record.pid.pid_value
    total = count_rows(connection, recid=recid)
    pending = _pending(record) if files_are_public(record) else 0
    if not total and not pending:
        return None
    size = max(1, int(current_app.config["OBSCORE_LANDING_PAGE_ROWS"]))
    page = _page(-(-total // size))
    rows = read_rows(connection, recid=recid, offset=(page - 1) * size, limit=size)
    return ProductTable([_shown(row) for row in rows], total, pending, page, size)


def _page(pages: int) -> int:
    """The page that the address asks for, as far as there is one."""
    asked = request.args.get(PAGE_ARGUMENT, 1, type=int)
    return max(1, min(asked, pages))


def _pending(record: Any) -> int:  # noqa: ANN401
    counts = count_by_status(record.id, Stage.PUBLISHED)
    return counts.get(Status.QUEUED, 0) + counts.get(Status.RUNNING, 0)


def _shown(row: Mapping[str, Any]) -> ShownProduct:
    return ShownProduct(
        file=_file_of(str(row["access_url"] or "")),
        access_url=str(row["access_url"] or ""),
        kind=str(row["dataproduct_subtype"] or row["dataproduct_type"] or ""),
        target=str(row["target_name"] or ""),
        position=presentation.position(row),
        field_of_view=presentation.field_of_view(row),
        spectral=presentation.spectral_coverage(row),
        time=presentation.time_coverage(row),
        facility=str(row["facility_name"] or ""),
        instrument=str(row["instrument_name"] or ""),
    )


def _file_of(access_url: str) -> str:
    """Name of the file that the address delivers."""
    return unquote(urlsplit(access_url).path).rpartition("/")[2]
