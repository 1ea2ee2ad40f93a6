"""Two states of a catalogue's rows, compared cell by cell by the database: products changed, added, gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import Select, and_, case, func, literal, or_, select, text, true

from .. import access, listing
from ..cells import COLUMNS
from ..models import ObsCoreProduct, ObsCorePublished

_NAMES = tuple(COLUMNS)
_KINDS = ("changed", "added", "gone")


@dataclass
class Counts:
    """How many products and cells differ."""

    changed: int = 0
    added: int = 0
    gone: int = 0
    columns: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Products that differ."""
        return self.changed + self.added + self.gone

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        cells = sum(self.columns.values())
        return {
            "changed": self.changed,
            "added": self.added,
            "gone": self.gone,
            "cells": cells,
            "columns": self.columns,
        }


@dataclass(frozen=True)
class Comparison:
    """Two states side by side: subqueries with ``file_key``, ``product`` and every column of ObsCore."""

    was: Any
    now: Any

    def _differing(self) -> Any:  # noqa: ANN401 - a common table expression
        """The products that differ, each with all its cells."""
        was, now = self.was.c, self.now.c
        same = and_(was.file_key == now.file_key, was.product == now.product)
        gone, added = now.file_key.is_(None), was.file_key.is_(None)
        pairs = [each for name in _NAMES for each in (was[name].label(f"was_{name}"), now[name].label(f"now_{name}"))]
        statement = select(
            func.coalesce(now.file_key, was.file_key).label("file_key"),
            func.coalesce(now.product, was.product).label("product"),
            case((added, literal("added")), (gone, literal("gone")), else_="changed").label("kind"),
            *pairs,
        )
        differs = or_(added, gone, *(was[name].is_distinct_from(now[name]) for name in _NAMES))
        return statement.select_from(self.was.join(self.now, same, full=True)).where(differs).cte("differing")

    def count(self) -> Counts:
        """How many products and cells differ."""
        _more_memory()
        return _counts(db.session.execute(_counted(self._differing())).mappings().one())

    def page(self, page: int, size: int) -> list[dict[str, Any]]:
        """Some of the products that differ, as JSON has them."""
        _more_memory()
        return [_shown(row) for row in db.session.execute(_paged(self._differing(), page, size)).mappings()]

    def read(self, page: int, size: int) -> tuple[Counts, list[dict[str, Any]]]:
        """Both, comparing once."""
        _more_memory()
        differing = self._differing()
        counts, shown = _counted(differing).subquery("counts"), _paged(differing, page, size).subquery("shown")
        statement = select(counts, shown).select_from(counts.outerjoin(shown, true()))
        rows = db.session.execute(statement.order_by(shown.c.file_key, shown.c.product)).mappings().all()
        return _counts(rows[0]), [_shown(row) for row in rows if row["file_key"] is not None]


def _counted(differing: Any) -> Select[Any]:  # noqa: ANN401 - a common table expression
    kind, columns = differing.c.kind, differing.c
    kinds = [func.count().filter(kind == name).label(f"count_{name}") for name in _KINDS]
    cells = [
        func.count()
        .filter(kind == "changed", columns[f"was_{name}"].is_distinct_from(columns[f"now_{name}"]))
        .label(f"count_of_{name}")
        for name in _NAMES
    ]
    return select(*kinds, *cells).select_from(differing)


def _paged(differing: Any, page: int, size: int) -> Select[Any]:  # noqa: ANN401 - a common table expression
    ordered = select(differing).order_by(differing.c.file_key, differing.c.product)
    return ordered.offset((page - 1) * size).limit(size)


def _counts(row: Mapping[Any, Any]) -> Counts:
    columns = {name: row[f"count_of_{name}"] for name in _NAMES if row[f"count_of_{name}"]}
    return Counts(row["count_changed"], row["count_added"], row["count_gone"], columns)


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    columns = {
        name: {"was": row[f"was_{name}"], "is": row[f"now_{name}"]}
        for name in _NAMES
        if row[f"was_{name}"] != row[f"now_{name}"]
    }
    return {"file": row["file_key"], "product": row["product"], "kind": row["kind"], "columns": columns}


def _more_memory() -> None:
    """Rows of a hundred thousand products are compared without going to the disk."""
    db.session.execute(text("SET LOCAL work_mem = '256MB'"))


def rows(found: Any) -> Any:  # noqa: ANN401 - entries, as a subquery
    """The products among entries, as a side of a comparison."""
    columns = [found.c[name] for name in ("file_key", "product", *_NAMES)]
    return select(*columns).where(~found.c.failed).subquery()


def published_rows(record_uuid: UUID) -> Any:  # noqa: ANN401 - a subquery
    """What a version said when it was published, as a side of a comparison."""
    said, given = ObsCorePublished, ObsCoreProduct
    alone = and_(given.member == "", given.key == "")
    product = case((alone, literal("")), else_=given.member + "#" + given.key).label("product")
    statement: Select[Any] = select(said.file_key, product, *(getattr(said, name) for name in _NAMES))
    joined = statement.join(given, given.obs_publisher_did == said.obs_publisher_did)
    return joined.where(said.record_uuid == record_uuid).subquery()


def published_version(draft: Any) -> UUID | None:  # noqa: ANN401 - the instance's own draft class
    """The version that a draft is compared with: its own, or the latest of the record; None where none has rows."""
    versions = current_rdm_records_service.record_cls.versions_model_cls
    latest = db.session.scalar(select(versions.latest_id).where(versions.parent_id == draft.parent.id))
    for version in (draft.id, latest):
        said = select(ObsCorePublished.record_uuid).where(ObsCorePublished.record_uuid == version).limit(1)
        if version is not None and db.session.scalar(said) is not None:
            return UUID(str(version))
    return None


@dataclass(frozen=True)
class Page:
    """Some of the products of a draft that differ from what is published."""

    revision: int
    published: bool
    counts: Counts
    products: Sequence[dict[str, Any]]


def read(identity: Identity, recid: str, *, page: int, size: int) -> Page:
    """What of a draft differs from the published rows of its record.

    Raises
    ------
    PermissionDeniedError
        The identity may not curate the draft.
    """
    draft = access.draft_to_curate(identity, recid)
    sheet = listing.open_sheet(draft.id)
    version = published_version(draft)
    if version is None:
        return Page(sheet.decided.revision, False, Counts(), [])
    compared = Comparison(published_rows(version), rows(sheet.entries(COLUMNS)))
    counts, found = compared.read(page, size)
    db.session.commit()
    return Page(sheet.decided.revision, True, counts, found)
