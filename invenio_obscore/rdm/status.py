"""What an operator wants to know at a glance: is everything set up, what waits, what failed."""

from __future__ import annotations

from invenio_db import db
from sqlalchemy import func, select

from ..extraction import EXTRACTOR_VERSION
from . import installation, reconciliation
from .models import ObsCorePublished, ObsCoreReading, Status


def overview(*, most_failures: int) -> tuple[list[str], bool]:
    """Lines to print, and whether something needs attention (the set-up or a failed file)."""
    lines: list[str] = []
    missing = installation.missing()
    lines += [f"set-up     {what}" for what in missing] or ["set-up     complete"]
    if not is_installed():
        return lines, True
    counts = _counts()
    lines.append("files      " + ", ".join(f"{counts.get(state, 0)} {state.value}" for state in Status))
    oldest = _oldest_waiting()
    if oldest:
        lines.append(f"           the oldest has waited since {oldest}")
    lines += [f"failed     {file_id}  {reason}" for file_id, reason in _failures(most_failures)]
    lines.append("products   " + (", ".join(_versions()) or "none"))
    return lines, bool(missing or counts.get(Status.FAILED))


def is_installed() -> bool:
    """Whether the tables are there, the module's own and the published ones."""
    return not any("table" in what for what in installation.missing())


def _counts() -> dict[Status, int]:
    statement = select(ObsCoreReading.status, func.count()).group_by(ObsCoreReading.status)
    return {Status(state): count for state, count in db.session.execute(statement)}


def _oldest_waiting() -> str:
    oldest = db.session.scalar(select(func.min(ObsCoreReading.queued_at)).filter_by(status=Status.QUEUED))
    return oldest.isoformat(timespec="seconds") if oldest else ""


def _failures(most: int) -> list[tuple[str, str]]:
    statement = select(ObsCoreReading.file_id, ObsCoreReading.reason).filter_by(status=Status.FAILED)
    recent = statement.order_by(ObsCoreReading.finished_at.desc()).limit(most)
    return [(str(file_id), reason) for file_id, reason in db.session.execute(recent)]


def _versions() -> list[str]:
    statement = select(ObsCorePublished.extractor_version, func.count()).group_by(ObsCorePublished.extractor_version)
    return [
        f"{count} by extractor {version or '?'}" + ("" if version == EXTRACTOR_VERSION else " (not the present one)")
        for version, count in db.session.execute(statement)
    ]


def count_drift() -> int:
    """Records whose rows are not as they should be; nothing is changed."""
    return sum(1 for _ in reconciliation.reconcile(dry_run=True))
