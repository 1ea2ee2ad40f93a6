"""What an operator wants to know at a glance: is everything set up, what waits, what failed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from invenio_db import db
from sqlalchemy import func, select

from ..extraction import EXTRACTOR_VERSION
from . import installation, reconciliation
from .models import ObsCorePublished, ObsCoreReading, Status
from .stored_files import holders

#: A file that has waited so long has no worker.
_TOO_LONG = timedelta(minutes=10)


def overview(*, most_failures: int) -> tuple[list[str], bool]:
    """Lines to print, and whether the operator has something to do.

    A depositor's broken file is none of the operator's business; a reader that died three times is, and so is a queue
    that nobody works on.
    """
    missing = installation.missing()
    lines = [f"set-up     {what}" for what in missing] or ["set-up     complete"]
    if not is_installed():
        return lines, True
    counts = _counts()
    lines.append("files      " + ", ".join(f"{counts.get(state, 0)} {state.value}" for state in Status))
    oldest, stuck = _oldest_waiting()
    if oldest:
        lines.append(f"           the oldest has waited since {oldest}" + (": is a worker running?" if stuck else ""))
    lines += [_described(*failure) for failure in _failures(most_failures)]
    deaths = db.session.scalar(select(func.count()).select_from(ObsCoreReading).where(*_DEATHS)) or 0
    if deaths:
        lines.append(f"           {deaths} file(s) ended their reader each time: see the worker's log and its memory")
    lines.append("products   " + (", ".join(_versions()) or "none"))
    return lines, bool(missing or stuck or deaths)


_DEATHS = (ObsCoreReading.status == Status.FAILED, ObsCoreReading.cause == "reader")


def _described(file_id: UUID, reason: str) -> str:
    """A failed file by its records and keys (a file that many versions share is named once)."""
    named = [f"{recid} {key}" for recid, key in holders(file_id)]
    return f"failed     {'; '.join(named[:3]) or 'nobody holds it'}  [{file_id}]  {reason}"


def is_installed() -> bool:
    """Whether the tables are there, the module's own and the published ones."""
    return not any("table" in what for what in installation.missing())


def _counts() -> dict[Status, int]:
    statement = select(ObsCoreReading.status, func.count()).group_by(ObsCoreReading.status)
    return {Status(state): count for state, count in db.session.execute(statement)}


def _oldest_waiting() -> tuple[str, bool]:
    """Since when the oldest file waits, and whether that is too long; nothing where none waits."""
    waiting = select(func.min(ObsCoreReading.queued_at), func.min(ObsCoreReading.queued_at) < func.now() - _TOO_LONG)
    oldest, stuck = db.session.execute(waiting.filter_by(status=Status.QUEUED)).one()
    return (oldest.isoformat(timespec="seconds"), bool(stuck)) if oldest else ("", False)


def _failures(most: int) -> list[tuple[UUID, str]]:
    statement = select(ObsCoreReading.file_id, ObsCoreReading.reason).filter_by(status=Status.FAILED)
    recent = statement.order_by(ObsCoreReading.finished_at.desc()).limit(most)
    return [(file_id, reason) for file_id, reason in db.session.execute(recent)]


def _versions() -> list[str]:
    statement = select(ObsCorePublished.extractor_version, func.count()).group_by(ObsCorePublished.extractor_version)
    return [
        f"{count} by extractor {version or '?'}" + ("" if version == EXTRACTOR_VERSION else " (not the present one)")
        for version, count in db.session.execute(statement)
    ]


def count_drift() -> int:
    """Records whose rows are not as they should be; nothing is changed."""
    return sum(1 for _ in reconciliation.reconcile(dry_run=True))
