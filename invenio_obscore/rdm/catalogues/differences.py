"""Two states of a catalogue's rows, compared cell by cell by the database: products changed, added, gone.

What a large catalogue's comparison finds is kept for its pages as long as nothing changes. Where only corrections may
make a difference only the products are compared whose corrections differ; else a task does it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_cache import current_cache
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Text, Uuid, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from ...extraction import EXTRACTOR_VERSION
from .. import access, listing, overlays, queue, verification
from ..cells import COLUMNS
from ..entries import entries, unnested
from ..extractions import Key
from ..listing import Sheet
from ..models import ObsCoreExtracted, ObsCoreProduct, ObsCorePublished, Stage
from ..verification import Address

#: Products that a request compares all, and those that it looks up by their names.
_MANY = 5000
_MANY_BY_NAME = 1000
#: Seconds for which what differs from published rows is kept (an operator may have these extracted anew meanwhile).
_KEPT = 900
#: Seconds after which a task is asked once more to compare.
_ASKED_AGAIN = 60
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


#: Kind, file and product of what differs.
Name = Sequence[str]
#: One of two states as a subquery with ``file_key``, ``product`` and every column of ObsCore: of these, or of all.
Side = Callable[[Collection[Address] | None], Any]


@dataclass(frozen=True)
class Differing:
    """What of two states differs: how much, and which products in their order."""

    counts: Counts
    names: Sequence[Name]


@dataclass(frozen=True)
class Comparison:
    """Two states side by side."""

    was: Side
    now: Side

    def differing(self, among: Collection[Address] | None = None) -> Differing:
        """What differs, among these products or among all."""
        found = _differing(self.was(among), self.now(among))
        kinds, columns, names = db.session.execute(_counted(found)).one()
        return Differing(_counts(kinds, columns), names or [])

    def shown(self, names: Sequence[Name]) -> list[dict[str, Any]]:
        """Products that differ, as JSON has them."""
        was, now = (_cells(side, names) for side in (self.was, self.now))
        shown = []
        for kind, *address in names:
            before, after = was.get(tuple(address), {}), now.get(tuple(address), {})
            pairs = {name: {"was": before.get(name), "is": after.get(name)} for name in _NAMES}
            columns = {name: pair for name, pair in pairs.items() if pair["was"] != pair["is"]}
            shown.append({"file": address[0], "product": address[1], "kind": kind, "columns": columns})
        return shown


def _differing(before: Any, after: Any) -> Any:  # noqa: ANN401 - subqueries and a common table expression
    """The products that differ, and the numbers of the columns in which they do: their cells would fill memory."""
    was, now = before.c, after.c
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
    return found.select_from(before.join(after, same, full=True)).where(differs).cte("differing")


def _cells(side: Side, names: Sequence[Name]) -> dict[tuple[str, ...], Mapping[Any, Any]]:
    if not names:
        return {}
    found = db.session.execute(select(side([(file, product) for _, file, product in names]))).mappings()
    return {(row["file_key"], row["product"]): row for row in found}


def _counted(differing: Any) -> Select[Any]:  # noqa: ANN401 - a common table expression
    """Products by kind, those that changed by the number of the column, and which they are, each as JSON."""
    kinds = select(differing.c.kind, func.count().label("many")).group_by(differing.c.kind).subquery("kinds")
    number = func.unnest(differing.c.columns).label("number")
    cells = select(number).where(differing.c.kind == "changed").subquery("cells").c.number
    by_column = select(cells, func.count().label("many")).group_by(cells).subquery("by_column")
    address = (differing.c.file_key, differing.c.product)
    name = func.json_build_array(differing.c.kind, *address)
    return select(
        select(func.json_object_agg(kinds.c.kind, kinds.c.many)).scalar_subquery(),
        select(func.json_object_agg(by_column.c.number, by_column.c.many)).scalar_subquery(),
        select(func.json_agg(aggregate_order_by(name, *address))).scalar_subquery(),
    )


def _counts(kinds: Mapping[str, int] | None, columns: Mapping[str, int] | None) -> Counts:
    by_number = {int(number): many for number, many in (columns or {}).items()}
    return Counts(**(kinds or {}), columns={_NAMES[number]: by_number[number] for number in sorted(by_number)})


def extracted(owner: UUID, keys: Mapping[str, Key]) -> Side:
    """Extracted products with an owner's overlays; of two members of one name the first, as published."""

    def side(among: Collection[Address] | None) -> Any:  # noqa: ANN401 - a subquery
        found = entries(owner, keys, columns=COLUMNS, among=among)
        if among is None:
            return _first_rows(found)
        place = (found.c.file_key, found.c.product)
        rows = select(*place, *(found.c[name] for name in _NAMES)).where(~found.c.failed)
        return rows.distinct(*place).order_by(*place, found.c.number).subquery()

    return side


def _first_rows(found: Any) -> Any:  # noqa: ANN401 - entries, as a subquery
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


class Published:
    """What a version of a record said when it was published: a side."""

    def __init__(self, version: UUID, parent_uuid: UUID) -> None:
        self.version = version
        self._parent_uuid = parent_uuid

    @cached_property
    def files(self) -> dict[str, tuple[UUID, str]]:
        """The files that had products, each with the version of the extractor that made these."""
        said = ObsCorePublished
        held = select(said.file_key, said.file_id, said.extractor_version).filter_by(record_uuid=self.version)
        return {name: (file_id, version) for name, file_id, version in db.session.execute(held.distinct())}

    def __call__(self, among: Collection[Address] | None) -> Any:  # noqa: ANN401 - a subquery
        """All rows, or these."""
        said, given = ObsCorePublished, ObsCoreProduct
        cells = [getattr(said, name) for name in _NAMES]
        mine = said.record_uuid == self.version
        if among is None:
            same = and_(given.obs_publisher_did == said.obs_publisher_did, given.parent_uuid == self._parent_uuid)
            every: Select[Any] = select(said.file_key, _named(given).label("product"), *cells).join(given, same)
            return every.where(mine).subquery()
        dids = unnested({"did": Text, "product": Text}, self._dids(among))
        named = select(said.file_key, dids.c.product, *cells).join(dids, dids.c.did == said.obs_publisher_did)
        return named.where(mine).subquery()

    def _dids(self, among: Collection[Address]) -> list[tuple[str, str]]:
        """Identifiers and names of these products: with them their rows are found one by one."""
        given = ObsCoreProduct
        asked = [(self.files[file][0], product) for file, product in among if file in self.files]
        wanted = unnested({"file_id": Uuid, "product": Text}, asked)
        same = and_(given.file_id == wanted.c.file_id, _named(given) == wanted.c.product)
        found = select(given.obs_publisher_did, wanted.c.product).join(wanted, same)
        return [
            (did, product) for did, product in db.session.execute(found.where(given.parent_uuid == self._parent_uuid))
        ]


def _named(given: type[ObsCoreProduct]) -> ColumnElement[str]:
    """What corrections call a product."""
    alone = and_(given.member == "", given.key == "")
    return case((alone, literal("")), else_=given.member + "#" + given.key)


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
    """Some of the products of a draft that differ from what is published.

    ``pending``: a task is still comparing; the counts and products are not known yet.
    """

    revision: int
    published: bool
    counts: Counts
    products: Sequence[dict[str, Any]]
    pending: bool = False


def read(identity: Identity, recid: str, *, page: int, size: int) -> Page:
    """What of a draft differs from the published rows of its record.

    Raises
    ------
    PermissionDeniedError
        The identity may not curate the draft.
    """
    draft = access.draft_to_curate(identity, recid)
    sheet = listing.open_sheet(draft.id)
    revision, version = sheet.decided.revision, published_version(draft)
    if version is None:
        return Page(revision, False, Counts(), [])
    said = Published(version, draft.parent.id)
    compared = Comparison(said, extracted(draft.id, sheet.keys))
    found = kept(_place(sheet, version)) or _compared_now(compared, sheet, said)
    if found is None:
        db.session.commit()
        _ask(draft.id, revision)
        return Page(revision, True, Counts(), [], pending=True)
    shown = compared.shown(found.names[(page - 1) * size : page * size])
    db.session.commit()
    return Page(revision, True, found.counts, shown)


def compare_all(draft_uuid: UUID) -> None:
    """Compare a draft with what is published, however long that takes, and keep it for the pages; commits."""
    draft = access.draft_of_task(draft_uuid)
    version = draft and published_version(draft)
    if version is None:
        return
    sheet = listing.sheet_now(draft_uuid)
    if sheet.is_whole and kept(_place(sheet, version)) is None:
        compared = Comparison(Published(version, draft.parent.id), extracted(draft_uuid, sheet.keys))
        keep(_place(sheet, version), compared.differing())
    db.session.commit()


def _compared_now(compared: Comparison, sheet: Sheet, said: Published) -> Differing | None:
    """What differs, if a request can find it."""
    among = None
    if sum(state.rows for state in sheet.states.values()) > _MANY:
        among = candidates(sheet, said) if sheet.is_whole else None
        if among is None or len(among) > _MANY_BY_NAME:
            return None
    found = compared.differing(among)
    if sheet.is_whole:
        keep(_place(sheet, said.version), found)
    return found


def candidates(sheet: Sheet, said: Published) -> set[Address] | None:
    """The products that may differ: those whose corrections do; None where all may.

    A row is a function of file, extractor, mapping and corrections.
    """
    now = {name: (key[0], EXTRACTOR_VERSION) for name, key in sheet.keys.items() if sheet.states[name].rows}
    mapping = verification.head(said.version, Stage.PUBLISHED).mapping
    if mapping != sheet.decided.mapping or said.files != now:
        return None
    found = verification.differing_corrections(sheet.draft_uuid, Stage.DRAFT, said.version, Stage.PUBLISHED)
    # A file's only product is corrected by any of these names.
    alone = [sheet.keys[file] for file, product in found if product in overlays.ONLY and file in sheet.keys]
    entry = ObsCoreExtracted
    first = select(entry.file_id, entry.product).where(tuple_(entry.file_id, entry.key).in_(alone), entry.number == 0)
    names = {row.file_id: row.product for row in db.session.execute(first)} if alone else {}
    return found | {(name, names[key[0]]) for name, key in sheet.keys.items() if key[0] in names}


def _place(sheet: Sheet, version: UUID) -> str:
    said = verification.head(version, Stage.PUBLISHED).revision
    return f"invenio-obscore-differences:{version}:{said}:{sheet.digest}"


def kept(place: str) -> Differing | None:
    """What was found to differ, as far as it is kept."""
    found = current_cache.get(place)
    if not found:
        return None
    read = json.loads(zlib.decompress(found))
    return Differing(Counts(**read["counts"]), read["names"])


def keep(place: str, found: Differing, *, seconds: int = _KEPT) -> None:
    """Keep what was found to differ, for its pages."""
    text = json.dumps({"counts": asdict(found.counts), "names": found.names})
    current_cache.set(place, zlib.compress(text.encode("ascii"), 1), timeout=seconds)


def _ask(draft_uuid: UUID, revision: int) -> None:
    """Have a task compare, asked once and not by each page that comes by meanwhile."""
    if not current_cache.add(f"invenio-obscore-comparing:{draft_uuid}:{revision}", "1", timeout=_ASKED_AGAIN):
        return
    queue.ask(queue.Task.COMPARE, [draft_uuid], otherwise="who looks again asks again")
