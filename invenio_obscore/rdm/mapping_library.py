"""Mappings to start from: those that the data centre keeps, and those of somebody's earlier deposits."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from flask_principal import Identity
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import func, select

from ..mapping.text import MAX_WEB_CHARACTERS
from .models import ObsCoreVerification, Stage

logger = logging.getLogger(__name__)

_MOST_DEPOSITS = 50


@dataclass(frozen=True)
class Kept:
    """A mapping to start from; ``source`` is ``library`` or ``deposit``."""

    source: str
    id: str
    title: str
    text: str

    def to_dict(self) -> dict[str, str]:
        """As JSON has it."""
        return asdict(self)


def available(identity: Identity, *, but: Any) -> list[Kept]:  # noqa: ANN401 - a record's UUID
    """The data centre's mappings by title, then those of the identity's own deposits, the newest first.

    Parameters
    ----------
    but
        The draft that asks: its own mapping is left out.
    """
    return [*library(), *_of_deposits(identity, but)]


def library() -> list[Kept]:
    """What ``OBSCORE_MAPPING_LIBRARY`` holds: its files ``*.map``; a file's first comment is its title."""
    folder = str(current_app.config["OBSCORE_MAPPING_LIBRARY"] or "")
    if not folder:
        return []
    found = [kept for path in sorted(Path(folder).glob("*.map")) if (kept := _of_file(path))]
    return sorted(found, key=lambda kept: kept.title.casefold())


def _of_file(path: Path) -> Kept | None:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        logger.error("the mapping %s of the library cannot be read: %s", path, error)
        return None
    if len(text) > MAX_WEB_CHARACTERS:
        logger.error("the mapping %s of the library is longer than a deposit takes", path)
        return None
    return Kept("library", path.stem, _title(text) or path.stem, text)


def _title(text: str) -> str:
    """The first comment."""
    comments = (line.strip()[1:].strip() for line in text.splitlines() if line.strip().startswith("#"))
    return next((comment[:200] for comment in comments if comment), "")


def _of_deposits(identity: Identity, but: Any) -> list[Kept]:  # noqa: ANN401
    if identity.id is None:
        return []
    draft_cls, record_cls = current_rdm_records_service.draft_cls, current_rdm_records_service.record_cls
    found: dict[str, Kept] = {}
    for stage, model in ((Stage.DRAFT, draft_cls.model_cls), (Stage.PUBLISHED, record_cls.model_cls)):
        for recid, title, text in db.session.execute(_owned(identity, stage, model, draft_cls.parent_record_cls, but)):
            kept = Kept("deposit", recid or "", (title or recid or "")[:200], text)
            found.setdefault(text, kept)
    return list(found.values())[:_MOST_DEPOSITS]


def _owned(identity: Identity, stage: Stage, model: Any, parent_cls: Any, but: Any) -> Any:  # noqa: ANN401
    """Mappings of the drafts or records whose owner is the identity."""
    parent = parent_cls.model_cls
    owner = parent.json["access"]["owned_by"]["user"].as_string()
    return (
        select(model.json["id"].as_string(), model.json["metadata"]["title"].as_string(), ObsCoreVerification.mapping)
        .join(model, model.id == ObsCoreVerification.record_uuid)
        .join(parent, parent.id == model.parent_id)
        .where(
            ObsCoreVerification.stage == stage,
            func.length(func.trim(ObsCoreVerification.mapping)) > 0,
            ObsCoreVerification.record_uuid != but,
            model.is_deleted.is_(False),
            owner == str(identity.id),
        )
        .order_by(ObsCoreVerification.updated_at.desc())
        .limit(_MOST_DEPOSITS)
    )
