"""References: which publications cite a record's DOIs, kept in a table and asked for again from time to time.

Nobody's page waits for another service: a task looks up what is due, and what failed waits longer each time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from sqlalchemy import JSON, DateTime, Integer, Text, func, select
from sqlalchemy import update as update_rows
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import ServiceError
from .citations import Citation, Source, joined, sources

logger = logging.getLogger(__name__)

_FIRST_WAIT = timedelta(minutes=10)
_LONGEST_REASON = 500
#: DOIs that one run takes up and looks up at most.
_NEW_AT_ONCE, _AT_ONCE = 1000, 100


class ObsCoreReferences(db.Model):  # type: ignore[misc, name-defined, unused-ignore]
    """The publications that cite a DOI (``found``, as of ``checked``), and when they are looked up again."""

    __tablename__ = "obscore_references"

    doi: Mapped[str] = mapped_column(Text, primary_key=True)
    found: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    checked: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    next_check: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True, nullable=False
    )


@dataclass(frozen=True)
class Shown:
    """What a record's page says: whether anybody is asked, what was found, and when (None: not yet)."""

    configured: bool
    citations: list[Citation]
    checked: datetime | None


def is_configured() -> bool:
    """Whether there is a source."""
    config = current_app.config
    return bool(config["OBSCORE_REFERENCES_EVENT_DATA"] or config["OBSCORE_REFERENCES_ADS_TOKEN"])


def of_record(record: Any) -> Shown:  # noqa: ANN401 - an RDMRecord
    """The references of a record: of its own DOI and of the one of all versions."""
    if not is_configured():
        return Shown(configured=False, citations=[], checked=None)
    pids = (record.pids or {}, record.parent.pids or {})
    dois = [one["doi"]["identifier"].lower() for one in pids if "doi" in one]
    rows = db.session.scalars(select(ObsCoreReferences).where(ObsCoreReferences.doi.in_(dois))).all()
    citations = joined([Citation(**one) for one in row.found or ()] for row in rows)
    return Shown(True, citations, max((row.checked for row in rows if row.checked), default=None))


def update() -> int:
    """Look up what is due, each DOI in a transaction of its own, until a source does not answer; how many were."""
    if not is_configured():
        return 0
    _take_up()
    due = select(ObsCoreReferences.doi).where(ObsCoreReferences.next_check <= func.now())
    dois = list(db.session.scalars(due.order_by(ObsCoreReferences.next_check).limit(_AT_ONCE)))
    db.session.rollback()
    asked = sources(current_app.config)
    for number, doi in enumerate(dois):
        if not _look_up(doi, asked):
            return number
    return len(dois)


def _take_up() -> None:
    """Begin with the DOIs that were registered since."""
    pid = PersistentIdentifier
    new = (
        select(func.lower(pid.pid_value))
        .outerjoin(ObsCoreReferences, ObsCoreReferences.doi == func.lower(pid.pid_value))
        .where(pid.pid_type == "doi", pid.status == PIDStatus.REGISTERED, ObsCoreReferences.doi.is_(None))
        .limit(_NEW_AT_ONCE)
    )
    db.session.execute(insert(ObsCoreReferences).from_select(["doi"], new).on_conflict_do_nothing())
    db.session.commit()


@dataclass
class _Answers:
    """What sources said of a DOI, why others did not, and why others were not asked any more."""

    lists: list[list[Citation]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)


def _look_up(doi: str, asked: list[Source]) -> bool:
    """Ask all sources for one DOI; whether any answered. Who took it up a moment ago is at it already."""
    row = ObsCoreReferences
    mine = update_rows(row).where(row.doi == doi)
    # Taken up for some minutes, in a transaction of its own: nothing is locked while others are asked.
    taken = mine.where(row.next_check <= func.now()).values(next_check=func.now() + _FIRST_WAIT)
    held = db.session.execute(taken.returning(row.found, row.attempts)).one_or_none()
    db.session.commit()
    if held is None:
        return True
    answers = _ask(doi, asked)
    db.session.execute(mine.values(**_outcome(doi, held.found or [], held.attempts, answers)))
    db.session.commit()
    return bool(answers.lists)


def _outcome(doi: str, found: list[dict[str, str]], attempts: int, answers: _Answers) -> dict[str, Any]:
    """The row's new columns."""
    now, problems = datetime.now(UTC), answers.failed + answers.not_asked
    if not problems:
        citations = [one.to_dict() for one in joined(answers.lists)]
        return {"attempts": 0, "reason": "", "next_check": now + _interval(), "checked": now, "found": citations}
    # What a source said before counts until it answers again.
    citations = [one.to_dict() for one in joined([*answers.lists, [Citation(**one) for one in found]])]
    reason = "; ".join(problems)[:_LONGEST_REASON]
    if answers.failed:
        attempts += 1
        logger.warning("references of %s (attempt %d): %s", doi, attempts, reason)
    wait = min(_FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), _interval())
    return {"attempts": attempts, "reason": reason, "next_check": now + wait, "found": citations}


def _ask(doi: str, asked: list[Source]) -> _Answers:
    answers = _Answers()
    for source in asked:
        if source.down:
            answers.not_asked.append(source.down)
            continue
        try:
            answers.lists.append(source.citing(doi))
        except ServiceError as error:
            answers.failed.append(error.message)
    return answers


def _interval() -> timedelta:
    return timedelta(days=float(current_app.config["OBSCORE_REFERENCES_DAYS"]))
