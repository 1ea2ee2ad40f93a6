"""A draft's products, a page at a time: sorted, filtered and searched by the database, whatever file they come from.

The cost of a page does not depend on what the products hold: only the page's own are loaded. Each call asks InvenioRDM
for permission again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
    union_all,
    values,
)

from ..errors import NotFoundError
from . import access, extractions, overlays, products, verification
from .extractions import COMPUTING, Key, State
from .models import ObsCoreExtracted, ObsCoreOverlay, Stage, Status
from .products import keys_of
from .stored_files import StoredFile, list_files
from .sweep import has_orphan
from .tasks import send_prepare, send_sweep
from .verification import Verification

#: Seconds that one request computes; the rest comes with a later one, or by a task.
_PATIENCE = 1.0
#: Seconds that a page lays corrections over products beside those that it shows.
_PATIENCE_FOR_OVERLAYS = 0.05

Show = Literal["all", "attention", "failed"]


@dataclass(frozen=True)
class Query:
    """Which products a page shows, and in which order.

    Attributes
    ----------
    q
        Words that all must occur (in any case) in name, target, facility, instrument …
    show
        ``attention``: those with a problem that needs a person, and what failed; ``failed``: files and members that
        could not be read.
    file
        Only those of this file.
    sort
        A name of :data:`SORTS`, with ``-`` before it for the other direction.
    """

    page: int = 1
    size: int = 25
    q: str = ""
    show: Show = "all"
    file: str = ""
    sort: str = "attention"


#: Files without data products that a page names.
_MOST_IGNORED = 100
#: Columns of `models.Sortable`.
_SORTABLE = ("attention", "target_name", "s_ra", "t_min", "em_min", "words")
#: What a listing may be sorted by.
SORTS = ("attention", "file", "target_name", "s_ra", "t_min", "em_min")


@dataclass(frozen=True)
class Page:
    """One page of a draft's products, as JSON has them."""

    verification: Verification
    products: list[dict[str, Any]]
    total: int
    counts: dict[str, int]
    files: dict[str, int]
    progress: list[dict[str, Any]]
    ignored: list[dict[str, str]]


def read(identity: Identity, recid: str, query: Query) -> Page:
    """A page of a draft's products.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    NoResultFound, PIDDoesNotExistError
        There is no such draft.
    """
    draft = access.draft_to_read(identity, recid)
    decided = verification.current(draft.id, Stage.DRAFT)
    files = list_files(draft.id, Stage.DRAFT)
    states, laid = _brought_up_to_date(draft.id, files, decided)
    entries = _entries(draft.id, files, states, decided)
    conditions = list(_conditions(entries, query))
    wanted = select(entries).where(*conditions)
    counts = _counts(entries)
    total = counts["products"] + counts["failed"]
    if conditions:
        total = db.session.scalar(select(func.count()).select_from(entries).where(*conditions)) or 0
    ordered = wanted.order_by(*_order(entries, query.sort)).offset((query.page - 1) * query.size).limit(query.size)
    rows = db.session.execute(ordered).all()
    if not laid:
        _lay_over_shown(draft.id, rows, decided)
    found = Page(
        decided,
        _products(draft.id, rows, files, states),
        total,
        counts,
        {status.value: sum(file.status is status for file in files) for status in Status},
        _progress(files, states),
        [{"file": file.key, "reason": file.reason} for file in files if file.status is Status.IGNORED][:_MOST_IGNORED],
    )
    db.session.commit()  # what was computed for this page stays
    return found


def read_one(identity: Identity, recid: str, file_key: str, product: str) -> tuple[Verification, dict[str, Any]]:
    """One product with its evidence and its corrections.

    Raises
    ------
    NotFoundError
        The draft has no such product.
    """
    draft = access.draft_to_read(identity, recid)
    decided = verification.current(draft.id, Stage.DRAFT)
    files = [file for file in list_files(draft.id, Stage.DRAFT) if file.key == file_key]
    keys = keys_of(files, decided.mapping)
    _computed(draft.id, files, keys, decided)
    for key in keys.values():
        overlays.refresh_some(draft.id, key, decided.corrections.get(file_key, {}), [product])
    found = one(draft.id, files, decided, product)
    db.session.commit()
    return decided, found


def one(draft_uuid: UUID, files: Sequence[StoredFile], decided: Verification, product: str) -> dict[str, Any]:
    """A product of one file with its evidence and its corrections, as JSON has it.

    Raises
    ------
    NotFoundError
        See `read_one`.
    """
    entry = ObsCoreExtracted
    for file_key, (file_id, key) in keys_of(files, decided.mapping).items():
        named = select(entry.number).where(entry.file_id == file_id, entry.key == key, entry.product == product)
        number = db.session.scalar(named.order_by(entry.failed, entry.number).limit(1))
        if number is None:
            continue
        document = _documents(draft_uuid, [(file_id, key, number)])[(file_id, key, number)]
        corrections = decided.corrections.get(file_key, {}).get(product, {})
        return {**_shown(file_key, product, document), "evidence": document["evidence"], "corrections": corrections}
    raise NotFoundError(f"The draft has no product {product[:200]!r} in a file of this name that was read.")


def _brought_up_to_date(
    draft_uuid: UUID, files: Sequence[StoredFile], decided: Verification
) -> tuple[dict[str, State], bool]:
    """Compute what a request can, ask tasks for the rest; how far the extractions are, and if all is corrected."""
    states = _computed(draft_uuid, files, keys_of(files, decided.mapping), decided)
    laid = products.lay_over(draft_uuid, files, decided, patience=_PATIENCE_FOR_OVERLAYS)
    if not laid:
        db.session.commit()
        send_prepare(draft_uuid)
    if has_orphan([file.file_id for file in files]):
        send_sweep()
    return states, laid


def _lay_over_shown(draft_uuid: UUID, rows: Iterable[Any], decided: Verification) -> None:
    """Have the products of a page corrected, although a task has still to correct others."""
    shown: dict[tuple[str, Key], list[str]] = {}
    for row in rows:
        if row.key:
            shown.setdefault((row.file_key, (row.file_id, row.key)), []).append(row.product)
    for (file_key, key), names in shown.items():
        overlays.refresh_some(draft_uuid, key, decided.corrections.get(file_key, {}), names)


def _computed(
    draft_uuid: UUID, files: Sequence[StoredFile], keys: Mapping[str, Key], decided: Verification
) -> dict[str, State]:
    states = products.computed(files, keys, decided.mapping, patience=_PATIENCE)
    lacking = [keys[name] for name, state in states.items() if not state.complete]
    if lacking and extractions.take_over(lacking):
        db.session.commit()
        send_prepare(draft_uuid)
    return states


def _entries(draft_uuid: UUID, files: Sequence[StoredFile], states: Mapping[str, State], decided: Verification) -> Any:  # noqa: ANN401 - a subquery
    """Every product of the draft with what a listing sorts by, and every file that has none although it should."""
    keys = {name: key for name, key in keys_of(files, decided.mapping).items() if not _failure(states.get(name))}
    parts = [_extracted(draft_uuid, keys, corrected=bool(decided.corrections))] if keys else []
    failed = [file.key for file in files if file.status is Status.FAILED or _failure(states.get(file.key))]
    parts += [_failed(failed)] if failed or not parts else []
    return union_all(*parts).subquery("entries")


def _failure(state: State | None) -> str:
    """Why a file that was read has no products; empty where it has, or will have."""
    return state.reason if state and not state.complete and state.reason != COMPUTING else ""


def _extracted(draft_uuid: UUID, keys: Mapping[str, Key], *, corrected: bool) -> Select[Any]:
    held = values(column("file_key", Text), column("file_id", Uuid), column("key", String), name="held").data(
        [(name, file_id, key) for name, (file_id, key) in keys.items()]
    )
    entry, overlay = ObsCoreExtracted, ObsCoreOverlay
    file_id, key = cast(held.c.file_id, Uuid), held.c.key
    # One look into the primary key for each product: a join is planned by statistics that thousands of new overlays
    # have made wrong, and then takes seconds.
    laid = (
        select(overlay.number, *(getattr(overlay, name) for name in _SORTABLE))
        .where(
            overlay.record_uuid == draft_uuid,
            overlay.file_id == entry.file_id,
            overlay.key == entry.key,
            overlay.number == entry.number,
        )
        .limit(1)
        .lateral("laid")
    )

    def either(name: str) -> ColumnElement[Any]:
        if not corrected:
            return getattr(entry, name).label(name)
        return case((laid.c.number.is_not(None), laid.c[name]), else_=getattr(entry, name)).label(name)

    found = (
        select(
            held.c.file_key,
            entry.file_id,
            entry.key,
            entry.number,
            entry.product,
            entry.failed,
            *(either(name) for name in _SORTABLE),
        )
        .select_from(held)
        .join(entry, (entry.file_id == file_id) & (entry.key == key))
    )
    return found.outerjoin(laid, true()) if corrected else found


def _failed(names: Sequence[str]) -> Select[Any]:
    """Files that could not be read, as entries without a product."""
    held = values(column("file_key", Text), name="failed").data([(name,) for name in names] or [("",)])
    nothing = [cast(null(), Text).label("target_name")]
    nothing += [cast(null(), Double).label(name) for name in ("s_ra", "t_min", "em_min")]
    return select(
        held.c.file_key,
        cast(null(), Uuid).label("file_id"),
        cast(null(), Text).label("key"),
        literal(-1, Integer).label("number"),
        literal("", Text).label("product"),
        literal(True, Boolean).label("failed"),
        literal(1, Integer).label("attention"),
        *nothing,
        literal("", Text).label("words"),
    ).where(literal(bool(names), Boolean))


def _conditions(entries: Any, query: Query) -> Iterable[ColumnElement[bool]]:  # noqa: ANN401
    columns = entries.c
    if query.show == "failed":
        yield columns.failed
    elif query.show == "attention":
        yield columns.failed | (columns.attention > 0)
    if query.file:
        yield columns.file_key == query.file
    for word in query.q.lower().split():
        yield columns.words.contains(word, autoescape=True) | func.lower(columns.file_key).contains(
            word, autoescape=True
        )


def _order(entries: Any, sort: str) -> Sequence[ColumnElement[Any]]:  # noqa: ANN401
    columns, name, backwards = entries.c, sort.removeprefix("-"), sort.startswith("-")
    stable = [columns.file_key, columns.number]
    if name == "attention":
        worst = [columns.failed.desc(), columns.attention.desc()]
        return [*([c.asc() for c in (columns.failed, columns.attention)] if backwards else worst), *stable]
    if name == "file":
        return [c.desc() if backwards else c.asc() for c in stable]
    chosen = columns[name]
    return [(chosen.desc() if backwards else chosen.asc()).nulls_last(), *stable]


def _counts(entries: Any) -> dict[str, int]:  # noqa: ANN401
    columns = entries.c
    statement = select(
        func.count().filter(~columns.failed),
        func.count().filter(columns.failed | (columns.attention > 0)),
        func.count().filter(columns.failed),
    ).select_from(entries)
    counted = db.session.execute(statement).one()
    return dict(zip(("products", "attention", "failed"), counted))


def _products(
    draft_uuid: UUID, rows: Sequence[Any], files: Sequence[StoredFile], states: Mapping[str, State]
) -> list[dict[str, Any]]:
    documents = _documents(draft_uuid, [(row.file_id, row.key, row.number) for row in rows if row.key])
    by_key = {file.key: file for file in files}
    shown = []
    for row in rows:
        if row.key:
            document = documents[(row.file_id, row.key, row.number)]
        else:
            reason = by_key[row.file_key].reason or _failure(states.get(row.file_key))
            document = {"problems": [{"severity": "error", "code": "file-failed", "message": reason}]}
        shown.append({**_shown(row.file_key, row.product, document), "failed": row.failed})
    return shown


def _shown(file_key: str, product: str, document: Mapping[str, Any]) -> dict[str, Any]:
    problems = document.get("problems", [])
    return {
        "file": file_key,
        "product": product,
        "member": document.get("member", ""),
        "key": document.get("key", ""),
        "attention": sum(problem["severity"] != "advice" for problem in problems),
        "row": document.get("row", {}),
        "problems": problems,
    }


def _documents(draft_uuid: UUID, places: Sequence[tuple[UUID, str, int]]) -> dict[tuple[UUID, str, int], Any]:
    """Products as they are with their corrections, by extraction and number."""
    if not places:
        return {}
    entry, overlay = ObsCoreExtracted, ObsCoreOverlay
    found: dict[tuple[UUID, str, int], Any] = {}
    for model, mine in ((entry, []), (overlay, [overlay.record_uuid == draft_uuid])):
        at = tuple_(model.file_id, model.key, model.number).in_(list(places))
        statement = select(model.file_id, model.key, model.number, model.document).where(at, *mine)
        found |= {(row.file_id, row.key, row.number): row.document for row in db.session.execute(statement)}
    return found


def _progress(files: Sequence[StoredFile], states: Mapping[str, State]) -> list[dict[str, Any]]:
    """Archives that are being read, or whose products are being computed."""
    shown = []
    for file in files:
        if file.status is Status.RUNNING and file.is_archive:
            shown.append({"file": file.key, "step": "reading", "read": file.done_count, "total": file.total_count})
        state = states.get(file.key)
        if file.is_archive and state and not state.complete and not _failure(state):
            shown.append({"file": file.key, "step": "describing", "read": state.rows, "total": file.done_count})
    return shown
