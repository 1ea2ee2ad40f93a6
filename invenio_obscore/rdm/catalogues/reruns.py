"""Extracting a draft again, with another mapping or the present extractor, to see the difference before it counts.

A task computes the products in the cache that every page uses, and lays the draft's corrections over them; nothing of
the draft changes until the result is taken over, which is then only a change of its mapping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from sqlalchemy import delete, update

from ... import mapping as mapping_language
from ...errors import ConflictError, NotFoundError
from ...extraction import EXTRACTOR_VERSION
from .. import access, audit, changes, listing, overlays, products, sheets, verification, works
from ..changes import Done
from ..listing import Sheet
from ..models import ObsCoreOverlay, ObsCorePublished, ObsCoreWork, Stage, Status
from ..products import keys_of
from ..stored_files import StoredFile, list_files
from .differences import Comparison, Published, extracted, keep, kept, published_version
from .edits import wait_until_laid

_KIND = "rerun"
_WHAT = "accepted run"
#: Seconds for which the list of what a rerun changes is at hand; it is made again for who looks later.
_SECONDS_KEPT = 86400
#: Reruns of a draft that are kept beside the newest.
_KEPT = 2


def begin(identity: Identity, recid: str, mapping: str | None) -> UUID:
    """Have a task extract the draft again, in place of one that is still at it, and commit; the work's id.

    Parameters
    ----------
    mapping
        Another mapping; the present one without.

    Raises
    ------
    MappingError
        The mapping is wrong.
    """
    draft = access.draft_to_curate(identity, recid)
    decided = verification.head(draft.id, Stage.DRAFT)
    wanted = decided.mapping if mapping is None else mapping
    mapping_language.parse(wanted, functions=mapping_language.installed(), web=True)
    body = {"mapping": wanted, "revision": decided.revision}
    changes.lock(draft.id)  # two who begin one at once
    works.make_room(draft.id, _KIND, keep=_KEPT)
    return works.begin(draft.id, identity, _KIND, body, total=len(_read(draft.id)))


def listed(identity: Identity, recid: str) -> list[dict[str, Any]]:
    """The draft's reruns, newest first."""
    draft = access.draft_to_curate(identity, recid)
    return [_head(work) for work in works.of_draft(draft.id, _KIND)]


def read(identity: Identity, recid: str, name: str, *, page: int, size: int) -> dict[str, Any]:
    """How far a rerun is, and once it is done what would change.

    Raises
    ------
    NotFoundError
        There is no such rerun.
    """
    draft = access.draft_to_curate(identity, recid)
    work = works.find(draft.id, _KIND, name)
    shown = _head(work)
    shown |= {"mapping": work.body["mapping"], "page": page, "size": size, "products": [], "total_products": 0}
    if shown["state"] == "done" and work.result:
        counts = work.result["counts"]
        sheet = listing.open_sheet(draft.id)
        shown["total_products"] = _differing(counts)
        if not sheet.laid:
            shown["state"] = "running"  # corrections are worked in: there is nothing yet to compare with
        elif shown["total_products"]:
            compared = _compared(draft, sheet, work.id, work.body["mapping"])
            names = kept(_place(work.id)) or compared.differing()
            shown["products"] = compared.shown(names.names[(page - 1) * size : page * size])
    db.session.commit()
    return shown


def _head(work: ObsCoreWork) -> dict[str, Any]:
    return {
        "id": str(work.id),
        "state": "stale" if work.state == "done" and _is_stale(work) else work.state,
        "done": work.done,
        "total": work.total,
        "message": work.message,
        "revision": work.body["revision"],
        "created": work.created_at.isoformat(),
        "counts": (work.result or {}).get("counts"),
    }


def _is_stale(work: ObsCoreWork) -> bool:
    """Whether corrections, mapping, files or extractor are others than those that a rerun was made of."""
    revision = verification.head(work.record_uuid, Stage.DRAFT).revision
    of = (work.result or {}).get("of")
    return of != sheets.digest(revision, keys_of(_read(work.record_uuid), work.body["mapping"]))


def _differing(counts: Mapping[str, Any]) -> int:
    return sum(counts[kind] for kind in ("changed", "added", "gone"))


def accept(identity: Identity, recid: str, name: str, revision: int) -> Done:
    """Take over what a rerun gave, and commit.

    Raises
    ------
    ConflictError
        The draft was changed since, or the rerun is not done.
    """
    draft = access.draft_to_curate(identity, recid)
    with UnitOfWork(db.session) as uow:
        changes.lock(draft.id)
        work = works.find(draft.id, _KIND, name)
        if work.state != "done":
            raise ConflictError("The rerun is not done.", remedy="wait until it is, or begin another one")
        if work.body["revision"] != revision or _is_stale(work):
            raise ConflictError("The draft was changed since this was computed.", remedy="run it again")
        counts, mapping = (work.result or {})["counts"], work.body["mapping"]
        mapped = {"products": _differing(counts), "columns": counts["columns"]}
        done = changes.apply(
            uow, identity, draft, revision, {}, what=_WHAT, mapping=mapping, mapped=mapped, action=audit.RerunAuditLog
        )
        _take_overlays(draft.id, work.id)
        works.drop(work.id)
        uow.commit()
    return done


def _take_overlays(draft_uuid: UUID, work_id: UUID) -> None:
    """What corrections make of the new products is computed already; the task that follows sees that nothing lacks."""
    overlays.lock(draft_uuid)
    db.session.execute(delete(ObsCoreOverlay).filter_by(record_uuid=draft_uuid))
    db.session.execute(update(ObsCoreOverlay).filter_by(record_uuid=work_id).values(record_uuid=draft_uuid))


def drop(identity: Identity, recid: str, name: str) -> None:
    """Forget a rerun, done or not, and commit."""
    draft = access.draft_to_curate(identity, recid)
    works.drop(works.find(draft.id, _KIND, name).id)
    db.session.commit()


def attend(work: ObsCoreWork) -> None:
    """Extract a draft again, count what would change, and keep that; commits.

    Raises
    ------
    NotFoundError
        Somebody dropped the rerun, or the draft.
    """
    # Taken now: the work may be gone at the next commit.
    work_id, draft_uuid, revision, mapping = work.id, work.record_uuid, work.body["revision"], work.body["mapping"]
    draft = access.draft_of_task(draft_uuid)
    if draft is None:
        raise NotFoundError("There is no such draft any more: it was published or discarded.")
    files = _read(draft_uuid)
    for number, file in enumerate(files, 1):
        products.compute_all([file], mapping, on_piece=partial(works.progressed, work_id, number - 1, len(files)))
        works.progressed(work_id, number, len(files))
    if verification.head(draft_uuid, Stage.DRAFT).revision == revision:
        _lay_over(work_id, draft_uuid, files, mapping)
    wait_until_laid(draft_uuid, lambda: works.progressed(work_id, len(files), len(files)))
    of = sheets.digest(revision, keys_of(files, mapping))
    found = _compared(draft, listing.sheet_now(draft_uuid), work_id, mapping).differing()
    keep(_place(work_id), found, seconds=_SECONDS_KEPT)
    works.note_result(work_id, {"counts": found.counts.to_dict(), "of": of})
    works.finish(work_id)
    db.session.commit()


def _lay_over(work_id: UUID, draft_uuid: UUID, files: Sequence[StoredFile], mapping: str) -> None:
    corrections = verification.corrections(draft_uuid, Stage.DRAFT)
    given = [(key, corrections.get(name, {})) for name, key in keys_of(files, mapping).items()]

    def is_wanted(done: int, total: int) -> bool:
        works.progressed(work_id, len(files), len(files))
        return True

    overlays.refresh(work_id, given, on_batch=is_wanted)


def _compared(draft: Any, sheet: Sheet, work_id: UUID, mapping: str) -> Comparison:  # noqa: ANN401 - the instance's own draft class
    """The draft's rows as they are (or as an older extractor made them, if they are public) and as they would be."""
    after = extracted(work_id, keys_of(_read(draft.id), mapping))
    version = published_version(draft) if mapping == sheet.decided.mapping else None
    if version is not None and is_outdated(version):
        return Comparison(Published(version, draft.parent.id), after)
    return Comparison(extracted(draft.id, sheet.keys), after)


def _place(work_id: UUID) -> str:
    return f"invenio-obscore-rerun:{work_id}"


def is_outdated(version: UUID) -> bool:
    """Whether an older extractor than the present one made a version's published rows."""
    other = ObsCorePublished.extractor_version != EXTRACTOR_VERSION
    found = ObsCorePublished.query.with_entities(ObsCorePublished.record_uuid)
    return found.filter(ObsCorePublished.record_uuid == version, other).first() is not None


def _read(draft_uuid: UUID) -> list[StoredFile]:
    return [file for file in list_files(draft_uuid, Stage.DRAFT) if file.status is Status.DONE]
