"""Pictures of products: kept beside the readings of their files, drawn when somebody first looks for them.

::

    (asked for) ─► queued ─► drawing ─► done | failed
                     ▲          │
                     └──────────┘  nothing came of it for a while: again, a few times

A picture belongs to stored bytes (``FileInstance.id``) and product, whatever drafts and records hold them; who may see
it is asked of a draft or record on each request.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from flask import current_app
from flask_principal import Identity
from invenio_db import db
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from ..errors import FitsError, FitsLimitError, NotFoundError, ServiceError
from ..fits.limits import Limits
from ..previews.picture import DRAWER_VERSION, Picture
from ..previews.process import LIMITS, DrawingProcess
from . import access, queue
from .models import ObsCoreExtracted, ObsCorePreview, ObsCoreProduct, PreviewStatus, Stage
from .wording import in_words
from .worker import open_stored

logger = logging.getLogger(__name__)

Size = Literal["thumbnail", "large"]

#: After which a picture that was asked for is sent again; drawing one takes less (`previews.process.LIMITS`).
_PATIENCE = timedelta(minutes=3)
#: After which a picture that nobody asked for again leaves its place to others: its task may have been lost.
_FORGOTTEN = timedelta(hours=1)
_MOST_ATTEMPTS = 3
_SENT_AT_ONCE = 25
_processes: dict[int, DrawingProcess] = {}


@dataclass(frozen=True)
class Shown:
    """What is known of one picture.

    Attributes
    ----------
    status
        Whether there is one, there is none, or it is being made.
    alt, reason
        What it shows, in words; why there is none.
    content
        PNG of the size that was asked for.
    """

    status: PreviewStatus
    kind: str = ""
    alt: str = ""
    reason: str = ""
    content: bytes | None = None


def read(identity: Identity, recid: str, stage: Stage, *, file_key: str, product: str, size: Size) -> Shown:
    """The picture of one product of a draft or record; one that is not there yet is asked for.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the files.
    NotFoundError
        There is no such file or product, or not for this identity.
    """
    record = access.draft_to_read(identity, recid) if stage is Stage.DRAFT else access.record_to_read(identity, recid)
    file = access.stored_file(identity, record, stage, file_key)
    column = ObsCorePreview.thumbnail if size == "thumbnail" else ObsCorePreview.large
    found = _kept(file.file_id, product, column)
    if found is None and not _exists(file.file_id, product):
        raise NotFoundError(f"There is no product {product[:200]!r}.")
    if found is None or found.is_due:
        ask([(file.file_id, product)])
    if found is None:
        return Shown(PreviewStatus.QUEUED)
    return Shown(PreviewStatus(found.status), found.kind, found.alt, in_words(found.reason), found.content)


def products_of(identity: Identity, recid: str, stage: Stage, file_key: str) -> list[str]:
    """Names of the products of one file, as pictures are asked for; raises as `read`."""
    record = access.draft_to_read(identity, recid) if stage is Stage.DRAFT else access.record_to_read(identity, recid)
    file = access.stored_file(identity, record, stage, file_key)
    extracted = select(ObsCoreExtracted.product).filter_by(file_id=file.file_id, failed=False).distinct()
    names = set(db.session.scalars(extracted.limit(_SENT_AT_ONCE)))
    given = select(ObsCoreProduct.member, ObsCoreProduct.key).filter_by(file_id=file.file_id).limit(_SENT_AT_ONCE)
    names |= {f"{member}#{key}" if member or key else "" for member, key in db.session.execute(given).tuples()}
    return sorted(names)


def known(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Shown]:
    """What is known of the pictures of these products (file and product), without the pictures themselves."""
    asked = {(file_id, _digest(product)): (file_id, product) for file_id, product in wanted}
    preview = ObsCorePreview
    statement = select(preview.file_id, preview.digest, preview.status, preview.kind, preview.alt, preview.reason)
    rows = db.session.execute(statement.where(tuple_(preview.file_id, preview.digest).in_(list(asked))))
    return {asked[row[:2]]: Shown(PreviewStatus(row.status), row.kind, row.alt, in_words(row.reason)) for row in rows}


def ask(wanted: Sequence[tuple[UUID, str]]) -> None:
    """Have pictures drawn that are not there, or whose drawing came to nothing; commits.

    While too many wait nothing new is sent: the next look asks again.
    """
    if not wanted or not current_app.config["OBSCORE_PREVIEWS"]:
        return
    preview = ObsCorePreview
    rows = [{"file_id": file_id, "digest": _digest(product), "product": product} for file_id, product in wanted]
    columns = (preview.file_id, preview.product)
    has_room = _waiting() < current_app.config["OBSCORE_PREVIEWS_WAITING"]
    sent: set[tuple[UUID, str]] = set()
    if has_room:
        new = insert(preview).values([{**row, "status": PreviewStatus.QUEUED} for row in rows])
        sent = set(db.session.execute(new.on_conflict_do_nothing().returning(*columns)).tuples())
    keys = [(row["file_id"], row["digest"]) for row in rows]
    due = _due() if has_room else _lost()
    again = update(preview).where(tuple_(preview.file_id, preview.digest).in_(keys), due)
    again = again.values(status=PreviewStatus.QUEUED, asked_at=func.now()).returning(*columns)
    sent |= set(db.session.execute(again.execution_options(synchronize_session=False)).tuples())
    db.session.commit()
    _send(sorted(sent, key=str))


def draw(file_id: UUID, products: Sequence[str]) -> None:
    """Draw queued pictures of a file's products, one after another; each is kept as it comes.

    Returns at once where nothing is queued: a task may come twice, or after its file is gone.
    """
    for product in products:
        if _claim(file_id, product):
            _keep(file_id, product, _drawn(file_id, product))


def _waiting() -> int:
    """How many pictures wait or are drawn, those left out that have been forgotten for long; no more than matter."""
    recent = ObsCorePreview.asked_at > func.now() - _FORGOTTEN
    most = current_app.config["OBSCORE_PREVIEWS_WAITING"]
    found = select(ObsCorePreview.digest).where(_is_waiting(), recent).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def _is_waiting() -> ColumnElement[bool]:
    return ObsCorePreview.status.in_([PreviewStatus.QUEUED, PreviewStatus.DRAWING])


def _lost() -> ColumnElement[bool]:
    """Whether nothing came of a picture that was asked for."""
    return and_(_is_waiting(), ObsCorePreview.asked_at < func.now() - _PATIENCE)


def _due() -> ColumnElement[bool]:
    """Whether a picture is to be drawn (again)."""
    return or_(_lost(), and_(~_is_waiting(), ObsCorePreview.version != DRAWER_VERSION))


def _kept(file_id: UUID, product: str, content: Any) -> Any:  # noqa: ANN401 - a column; a row
    preview = ObsCorePreview
    statement = select(
        preview.status, preview.kind, preview.alt, preview.reason, content.label("content"), _due().label("is_due")
    )
    return db.session.execute(statement.filter_by(file_id=file_id, digest=_digest(product))).one_or_none()


def _exists(file_id: UUID, product: str) -> bool:
    """Whether the file has such a product: nobody fills the table with pictures of nothing."""
    member, _, key = product.rpartition("#")
    extracted = select(ObsCoreExtracted.number).filter_by(file_id=file_id, product=product)
    published = select(ObsCoreProduct.obs_publisher_did).filter_by(file_id=file_id, member=member, key=key)
    return any(db.session.scalar(statement.limit(1)) is not None for statement in (extracted, published))


def _send(wanted: Sequence[tuple[UUID, str]]) -> None:
    by_file: dict[UUID, list[str]] = {}
    for file_id, product in wanted:
        by_file.setdefault(file_id, []).append(product)
    batches = [
        (str(file_id), products[start : start + _SENT_AT_ONCE])
        for file_id, products in by_file.items()
        for start in range(0, len(products), _SENT_AT_ONCE)
    ]
    queue.ask(queue.Task.DRAW_PREVIEWS, batches, otherwise="pictures are asked for later", own="OBSCORE_PREVIEW_QUEUE")


def _claim(file_id: UUID, product: str) -> bool:
    preview = ObsCorePreview
    statement = (
        update(preview)
        .filter_by(file_id=file_id, digest=_digest(product), status=PreviewStatus.QUEUED)
        .values(status=PreviewStatus.DRAWING, attempts=preview.attempts + 1, asked_at=func.now())
        .returning(preview.attempts, preview.reason)
        .execution_options(synchronize_session=False)
    )
    claimed = db.session.execute(statement).one_or_none()
    db.session.commit()
    if claimed is not None and claimed.attempts > _MOST_ATTEMPTS:
        reason = claimed.reason or f"Drawing the picture was begun {_MOST_ATTEMPTS} times and never ended."
        _keep(file_id, product, Shown(PreviewStatus.FAILED, reason=reason))
        return False
    return claimed is not None


def _drawn(file_id: UUID, product: str) -> Shown | Picture:
    """The picture, or why there is none (yet)."""
    member, _, key = product.rpartition("#")
    try:
        with open_stored(file_id) as (stream, _size):
            return _process().draw(stream, member=member, key=key)
    except (FitsLimitError, ServiceError) as error:
        # It may be the file, or a busy machine: whoever looks next has it tried again, a few times.
        logger.warning("the picture of %s in %s is not drawn: %s", product, file_id, error)
        return Shown(PreviewStatus.DRAWING, reason=str(error))
    except (FitsError, NotFoundError) as error:
        return Shown(PreviewStatus.FAILED, reason=str(error))


def _keep(file_id: UUID, product: str, drawn: Shown | Picture) -> None:
    """Store what came of it and commit; nothing where the file is gone by now."""
    values: dict[str, Any] = {"version": DRAWER_VERSION, "attempts": 0}
    if isinstance(drawn, Picture):
        values |= {"status": PreviewStatus.DONE, "kind": drawn.kind, "alt": drawn.alt, "reason": ""}
        values |= {"thumbnail": drawn.thumbnail, "large": drawn.large}
    elif drawn.status is PreviewStatus.DRAWING:
        values = {"reason": drawn.reason}
    else:
        values |= {"status": drawn.status, "reason": drawn.reason, "thumbnail": None, "large": None}
    statement = update(ObsCorePreview).filter_by(file_id=file_id, digest=_digest(product)).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.commit()


def _digest(product: str) -> str:
    return hashlib.sha256(product.encode("utf-8", "surrogatepass")).hexdigest()


def _process() -> DrawingProcess:
    """This process's child that draws; a forked process must not talk to its parent's."""
    if os.getpid() not in _processes:
        limits = Limits(**{**LIMITS.to_dict(), **current_app.config["OBSCORE_PREVIEW_LIMITS"]})
        _processes[os.getpid()] = DrawingProcess(limits)
    return _processes[os.getpid()]


@atexit.register
def close() -> None:
    """End this process's child."""
    process = _processes.pop(os.getpid(), None)
    if process is not None:
        process.close()
