"""A draft's products, a page at a time: sorted, filtered and searched by the database, whatever file they come from.

The cost of a page does not depend on what the products hold: only the page's own are loaded. Each call asks InvenioRDM
for permission again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_cache import current_cache
from invenio_db import db
from sqlalchemy import func, select, tuple_

from ..errors import NotFoundError
from . import access, extractions, overlays, products, sheets, verification
from .entries import Query, conditions, entries, order
from .extractions import COMPUTING, Key, State
from .models import ObsCoreExtracted, ObsCoreOverlay, Stage, Status
from .products import keys_of
from .queue import send_prepare, send_sweep
from .stored_files import StoredFile, list_files
from .sweep import has_orphan
from .verification import Address, Head
from .wording import in_words

#: Seconds that one request computes; the rest comes with a later one, or by a task.
_PATIENCE = 1.0
#: Seconds that a page lays corrections over products beside those that it shows.
_PATIENCE_FOR_OVERLAYS = 0.05
#: Seconds after which a task is asked once more to lay corrections over that it has not laid over.
_ASKED_AGAIN = 60
#: Files without data products that a page names.
_MOST_IGNORED = 100


@dataclass(frozen=True)
class Page:
    """One page of a draft's products, as JSON has them.

    ``complete`` says whether all corrections are laid over the products that are known: else filters and order lag.
    """

    draft_uuid: UUID
    revision: int
    products: list[dict[str, Any]]
    total: int
    counts: dict[str, int]
    files: dict[str, int]
    progress: list[dict[str, Any]]
    ignored: list[dict[str, str]]
    complete: bool


@dataclass(frozen=True)
class Sheet:
    """A draft's products as far as they are computed and corrected: what pages, edits and comparisons read from."""

    draft_uuid: UUID
    decided: Head
    files: Sequence[StoredFile]
    states: Mapping[str, State]
    laid: bool

    @property
    def keys(self) -> dict[str, Key]:
        """Extractions of the files that have products, or will have them."""
        keys = keys_of(self.files, self.decided.mapping)
        return {name: key for name, key in keys.items() if not failure(self.states.get(name))}

    @property
    def failed(self) -> list[str]:
        """Files that could not be read, or have no products under this mapping."""
        return [f.key for f in self.files if f.status is Status.FAILED or failure(self.states.get(f.key))]

    @property
    def digest(self) -> str:
        """Of everything that its rows depend on."""
        return sheets.digest(self.decided.revision, keys_of(self.files, self.decided.mapping), self.failed)

    @property
    def is_whole(self) -> bool:
        """Whether all files were read and described, as far as they can be, and all corrections are laid over."""
        described = all(state.complete or failure(state) for state in self.states.values())
        waiting = any(file.status in (Status.QUEUED, Status.RUNNING) for file in self.files)
        return self.laid and described and not waiting

    def of_files(self, names: Collection[str]) -> Sheet:
        """The part of it that is of these files."""
        return replace(self, files=[file for file in self.files if file.key in names])

    def entries(
        self, columns: Iterable[str] = (), *, among: Collection[Address] | None = None, one_by_one: bool = False
    ) -> Any:  # noqa: ANN401 - a subquery
        """All products as rows of SQL, or these."""
        return entries(self.draft_uuid, self.keys, self.failed, columns, among=among, one_by_one=one_by_one)


def read(identity: Identity, recid: str, query: Query) -> Page:
    """A page of a draft's products.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    NoResultFound, PIDDoesNotExistError
        There is no such draft.
    """
    sheet = open_sheet_of(identity, recid)
    found = sheet.entries(query.columns)
    counts = _counted(sheet, found)
    total, rows = _page(found, query, counts["products"] + counts["failed"])
    if not sheet.laid:
        _lay_over_shown(sheet.draft_uuid, rows)
    page = Page(
        sheet.draft_uuid,
        sheet.decided.revision,
        _products(sheet.draft_uuid, rows, sheet.files, sheet.states),
        total,
        counts,
        {status.value: sum(file.status is status for file in sheet.files) for status in Status},
        _progress(sheet.files, sheet.states),
        [{"file": f.key, "reason": in_words(f.reason)} for f in sheet.files if f.status is Status.IGNORED][
            :_MOST_IGNORED
        ],
        sheet.laid,
    )
    db.session.commit()  # what was computed for this page stays
    return page


def _page(found: Any, query: Query, every: int) -> tuple[int, Sequence[Any]]:  # noqa: ANN401 - a subquery
    """How many products a query finds, and where those of the page are."""
    wanted, columns = conditions(found, query), found.c
    place = [columns[name] for name in ("file_key", "file_id", "key", "number", "product", "failed")]
    # Counted in passing: to find them twice takes twice as long.
    counted = [func.count().over().label("total")] if query.selects else []
    ordered = select(*place, *counted).where(*wanted).order_by(*order(found, query.sort))
    rows = db.session.execute(ordered.offset((query.page - 1) * query.size).limit(query.size)).all()
    if not query.selects:
        return every, rows
    if rows or query.page == 1:
        return (rows[0].total if rows else 0), rows
    return db.session.scalar(select(func.count()).select_from(found).where(*wanted)) or 0, rows


def read_one(identity: Identity, recid: str, file_key: str, product: str) -> tuple[int, dict[str, Any]]:
    """The draft's revision, and one product with its evidence and its corrections.

    Raises
    ------
    NotFoundError
        The draft has no such product.
    """
    draft = access.draft_to_read(identity, recid)
    decided = verification.head(draft.id, Stage.DRAFT)
    files = [file for file in list_files(draft.id, Stage.DRAFT) if file.key == file_key]
    keys = keys_of(files, decided.mapping)
    _ask_to_compute(draft.id, keys, products.computed(files, keys, decided.mapping, patience=_PATIENCE))
    for key in keys.values():
        lay_over_some(draft.id, file_key, key, [product])
    found = one(draft.id, files, decided, product)
    db.session.commit()
    return decided.revision, found


def one(draft_uuid: UUID, files: Sequence[StoredFile], decided: Head, product: str) -> dict[str, Any]:
    """A product of one file with its evidence and its corrections, as JSON has it.

    Raises
    ------
    NotFoundError
        See `read_one`.
    """
    entry = ObsCoreExtracted
    for file_key, (file_id, key) in keys_of(files, decided.mapping).items():
        named = select(entry.number).where(entry.file_id == file_id, entry.key == key, overlays.named([product]))
        number = db.session.scalar(named.order_by(entry.failed, entry.number).limit(1))
        if number is None:
            continue
        document = _documents(draft_uuid, [(file_id, key, number)])[(file_id, key, number)]
        where = (file_key, product)
        corrections = verification.corrections_of(draft_uuid, Stage.DRAFT, [where]).get(where, {})
        return {**_shown(file_key, product, document), "corrections": corrections}
    raise NotFoundError(f"The draft has no product {product[:200]!r} in a file of this name that was read.")


def lay_over_some(draft_uuid: UUID, file_key: str, key: Key, names: Sequence[str]) -> None:
    """Bring the overlays of some products of a file up to date, within the current transaction."""
    where = [(file_key, name) for name in {*names, *overlays.ONLY}]

    def given() -> overlays.FileCorrections:
        held = verification.corrections_of(draft_uuid, Stage.DRAFT, where)
        return {product: cells for (_, product), cells in held.items()}

    def every() -> overlays.FileCorrections:
        return verification.corrections(draft_uuid, Stage.DRAFT, file_keys=[file_key]).get(file_key, {})

    overlays.refresh_some(draft_uuid, key, names, given, every)


def open_sheet_of(identity: Identity, recid: str) -> Sheet:
    """`open_sheet` of a draft whose files the identity may read; raises as `read`."""
    return open_sheet(access.draft_to_read(identity, recid).id)


def sheet_now(draft_uuid: UUID) -> Sheet:
    """A draft's products, after computing what a request can, within the current transaction."""
    decided = verification.head(draft_uuid, Stage.DRAFT)
    files = list_files(draft_uuid, Stage.DRAFT)
    states = products.computed(files, keys_of(files, decided.mapping), decided.mapping, patience=_PATIENCE)
    laid = products.lay_over(draft_uuid, files, patience=_PATIENCE_FOR_OVERLAYS)
    return Sheet(draft_uuid, decided, files, states, laid)


def open_sheet(draft_uuid: UUID) -> Sheet:
    """The same; tasks are asked for the rest, after a commit where there is any."""
    sheet = sheet_now(draft_uuid)
    decided = sheet.decided
    _ask_to_compute(draft_uuid, keys_of(sheet.files, decided.mapping), sheet.states)
    if not sheet.laid:
        db.session.commit()
        # Asked for once, not by each page that comes by until it is done.
        if current_cache.add(f"invenio-obscore-asked:{draft_uuid}:{decided.revision}", "1", timeout=_ASKED_AGAIN):
            send_prepare(draft_uuid)
    if has_orphan([file.file_id for file in sheet.files]):
        send_sweep()
    return sheet


def _lay_over_shown(draft_uuid: UUID, rows: Iterable[Any]) -> None:
    """Have the products of a page corrected, although a task has still to correct others."""
    shown: dict[tuple[str, Key], list[str]] = {}
    for row in rows:
        if row.key:
            shown.setdefault((row.file_key, (row.file_id, row.key)), []).append(row.product)
    for (file_key, key), names in shown.items():
        lay_over_some(draft_uuid, file_key, key, names)


def _ask_to_compute(draft_uuid: UUID, keys: Mapping[str, Key], states: Mapping[str, State]) -> None:
    """Have a task compute what a request cannot; commits if there is any that nobody computes."""
    lacking = [keys[name] for name, state in states.items() if not state.complete]
    if lacking and extractions.take_over(lacking):
        db.session.commit()
        send_prepare(draft_uuid)


def failure(state: State | None) -> str:
    """Why a file that was read has no products; empty where it has, or will have."""
    return state.reason if state and not state.complete and state.reason != COMPUTING else ""


def count(draft_uuid: UUID) -> None:
    """Count a draft's products once all are described and corrected, for the list of catalogues; commits."""
    decided, files = verification.head(draft_uuid, Stage.DRAFT), list_files(draft_uuid, Stage.DRAFT)
    keys = keys_of(files, decided.mapping)
    known = extractions.states(keys.values())
    states = {name: known.get(key, State()) for name, key in keys.items()}
    waiting = any(file.status in (None, Status.QUEUED, Status.RUNNING) for file in files)
    waiting = waiting or not all(state.complete or failure(state) for state in states.values())
    if not waiting and products.lay_over(draft_uuid, files, patience=_PATIENCE_FOR_OVERLAYS):
        sheet = Sheet(draft_uuid, decided, files, states, laid=True)
        _counted(sheet, sheet.entries())
    db.session.commit()


def _counted(sheet: Sheet, found: Any) -> dict[str, int]:  # noqa: ANN401 - a subquery
    """How many there are, counted once as long as nothing changes."""
    if not sheet.laid:
        return _counts(found)
    now = sheet.digest
    known = sheets.counts(sheet.draft_uuid, now)
    if known is None:
        known = _counts(found)
        sheets.note_counts(sheet.draft_uuid, now, known)
    return known


def _counts(found: Any) -> dict[str, int]:  # noqa: ANN401
    columns = found.c
    statement = select(
        func.count().filter(~columns.failed),
        func.count().filter(columns.failed | (columns.attention > 0)),
        func.count().filter(columns.failed),
    ).select_from(found)
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
            reason = by_key[row.file_key].reason or failure(states.get(row.file_key))
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
        "problems": [{**each, "message": in_words(each["message"])} for each in problems],
        "evidence": document.get("evidence", {}),
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
        if file.is_archive and state and not state.complete and not failure(state):
            shown.append({"file": file.key, "step": "describing", "read": state.rows, "total": file.done_count})
    return shown
