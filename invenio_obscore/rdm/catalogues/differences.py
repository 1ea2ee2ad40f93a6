"""Two states of a catalogue's rows, compared cell by cell by the database: products changed, added, gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import ARRAY, Integer, Select, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from .. import access, listing
from ..cells import COLUMNS
from ..models import ObsCoreProduct, ObsCorePublished

_NAMES = tuple(COLUMNS)


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

    def count(self) -> Counts:
        """How many products and cells differ."""
        return _counts(*db.session.execute(_counted(self._differing())).one())

    def page(self, page: int, size: int) -> list[dict[str, Any]]:
        """Some of the products that differ, as JSON has them."""
        return self._shown(db.session.scalar(select(_paged(self._differing(), page, size))))

    def read(self, page: int, size: int) -> tuple[Counts, list[dict[str, Any]]]:
        """Both, comparing once."""
        differing = self._differing()
        statement = _counted(differing).add_columns(_paged(differing, page, size))
        kinds, columns, names = db.session.execute(statement).one()
        return _counts(kinds, columns), self._shown(names)

    def _differing(self) -> Any:  # noqa: ANN401 - a common table expression
        """The products that differ, and the numbers of the columns in which they do: their cells would fill memory."""
        was, now = self.was.c, self.now.c
        same = and_(was.file_key == now.file_key, was.product == now.product)
        gone, added = now.file_key.is_(None), was.file_key.is_(None)
        numbers = [case((was[name].is_distinct_from(now[name]), n)) for n, name in enumerate(_NAMES)]
        differs = or_(added, gone, *(was[name].is_distinct_from(now[name]) for name in _NAMES))
        found = select(
            func.coalesce(now.file_key, was.file_key).label("file_key"),
            func.coalesce(now.product, was.product).label("product"),
            case((added, literal("added")), (gone, literal("gone")), else_="changed").label("kind"),
            func.array_remove(array(numbers), None, type_=ARRAY(Integer)).label("columns"),
        )
        return found.select_from(self.was.join(self.now, same, full=True)).where(differs).cte("differing")

    def _shown(self, names: Sequence[Sequence[str]] | None) -> list[dict[str, Any]]:
        was, now = (_cells(side, names or ()) for side in (self.was, self.now))
        shown = []
        for kind, *address in names or ():
            before, after = was.get(tuple(address), {}), now.get(tuple(address), {})
            pairs = {name: {"was": before.get(name), "is": after.get(name)} for name in _NAMES}
            columns = {name: pair for name, pair in pairs.items() if pair["was"] != pair["is"]}
            shown.append({"file": address[0], "product": address[1], "kind": kind, "columns": columns})
        return shown


def _cells(side: Any, names: Sequence[Sequence[str]]) -> dict[tuple[str, ...], Mapping[Any, Any]]:  # noqa: ANN401
    wanted = tuple_(side.c.file_key, side.c.product).in_([tuple(address) for _, *address in names])
    found = db.session.execute(select(side).where(wanted)).mappings() if names else ()
    return {(row["file_key"], row["product"]): row for row in found}


def _counted(differing: Any) -> Select[Any]:  # noqa: ANN401 - a common table expression
    """Products by kind, and those that changed by the number of the column, each as JSON."""
    kinds = select(differing.c.kind, func.count().label("many")).group_by(differing.c.kind).subquery("kinds")
    number = func.unnest(differing.c.columns).label("number")
    cells = select(number).where(differing.c.kind == "changed").subquery("cells").c.number
    by_column = select(cells, func.count().label("many")).group_by(cells).subquery("by_column")
    return select(
        select(func.json_object_agg(kinds.c.kind, kinds.c.many)).scalar_subquery(),
        select(func.json_object_agg(by_column.c.number, by_column.c.many)).scalar_subquery(),
    )


def _paged(differing: Any, page: int, size: int) -> Any:  # noqa: ANN401 - a scalar subquery
    """Kind, file and name of some products, as JSON."""
    columns = differing.c
    ordered = select(columns.kind, columns.file_key, columns.product).order_by(columns.file_key, columns.product)
    some = ordered.offset((page - 1) * size).limit(size).subquery("some")
    names = func.json_build_array(some.c.kind, some.c.file_key, some.c.product)
    return select(func.json_agg(aggregate_order_by(names, some.c.file_key, some.c.product))).scalar_subquery()


def _counts(kinds: Mapping[str, int] | None, columns: Mapping[str, int] | None) -> Counts:
    by_number = {int(number): many for number, many in (columns or {}).items()}
    return Counts(**(kinds or {}), columns={_NAMES[number]: by_number[number] for number in sorted(by_number)})


def rows(found: Any) -> Any:  # noqa: ANN401 - entries, as a subquery
    """The products among entries, as a side of a comparison; of two members of one name the first, as published."""
    named, columns = (found.c.file_key, found.c.product), found.c
    again = found.alias("again").c
    twice = (
        select(again.file_key, again.product, func.min(again.number).label("first"))
        .where(~again.failed)
        .group_by(again.file_key, again.product)
        .having(func.count() > 1)
        .subquery("twice")
    )
    same = and_(columns.file_key == twice.c.file_key, columns.product == twice.c.product)
    only_first = or_(twice.c.first.is_(None), columns.number == twice.c.first)
    statement = select(*named, *(columns[name] for name in _NAMES)).select_from(found.outerjoin(twice, same))
    return statement.where(~columns.failed, only_first).subquery()


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
