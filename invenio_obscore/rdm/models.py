"""The module's own tables: what was read, what depositors decided, what was published.

They are plain tables beside InvenioRDM's: no foreign key leads into records or files, so that removing either side
never blocks the other. A draft and the record that it becomes have the same UUID in InvenioRDM; ``stage`` tells them
apart.

- :class:`ObsCoreReading`: one row per stored file (``FileInstance.id``), the only table that a worker competes for.
- :class:`ObsCoreExtraction`: a cache of products; it may be emptied at any time.
- :class:`ObsCoreVerification`: mapping and corrections; these cannot be made again (back them up).
- :class:`ObsCoreProduct`: every product ever published, and its identifier for ever.
- :class:`ObsCorePublished`: what each version of a record said of its products when it was published.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from invenio_db import db
from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    func,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

# json, not jsonb: jsonb refuses U+0000, which headers may hold; nothing searches inside these documents.
_JSON = JSON()
_INSTANT = DateTime(timezone=True)


class Status(StrEnum):
    """State of the reading of one file."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    IGNORED = "ignored"


class Stage(StrEnum):
    """Which of the two lives of a record version a row belongs to."""

    DRAFT = "draft"
    PUBLISHED = "published"


def _one_of(column: str, terms: type[StrEnum]) -> str:
    """SQL of a CHECK that a column holds one of the terms."""
    return f"{column} IN ({', '.join(repr(term.value) for term in terms)})"


class ObsCoreReading(db.Model):
    """What was read from one stored file, and how far reading has come.

    ``data`` is :meth:`invenio_obscore.fits.reading.Reading.to_bytes`. A worker that reads the file holds it by
    ``owner`` until ``lease_until`` and renews that; ``attempts`` counts how often reading was begun; ``sync_pending``
    that records published in the meantime have still to be told.
    """

    __tablename__ = "obscore_reading"
    __table_args__ = (
        CheckConstraint(_one_of("status", Status), name="status"),
        Index("ix_obscore_reading_waiting", "status", "lease_until"),
        Index("ix_obscore_reading_finished", "finished_at"),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    status: Mapped[str] = mapped_column(String(16), default=Status.QUEUED, nullable=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    owner: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    lease_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    queued_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    sync_pending: Mapped[bool] = mapped_column(default=False, server_default="false", nullable=False)
    extractor_version: Mapped[str] = mapped_column(String(64), default="", server_default="", nullable=False)
    data: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


class ObsCoreExtraction(db.Model):
    """Products of one reading under one mapping: a cache, keyed by everything that they depend on.

    ``key`` is a digest of extractor version, file name and mapping; corrections and what the record says are applied
    afterwards.
    """

    __tablename__ = "obscore_extraction"

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    products: Mapped[list[dict[str, Any]]] = mapped_column(_JSON, nullable=False)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False, index=True)


class ObsCoreVerification(db.Model):
    """Mapping text and corrections of one record version.

    ``corrections`` is ``{file key: {"<member>#<product key>" or "": {column: value or null}}}``; ``revision`` grows
    with each change and is the ETag.
    """

    __tablename__ = "obscore_verification"
    __table_args__ = (CheckConstraint(_one_of("stage", Stage), name="stage"),)

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    mapping: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    corrections: Mapped[dict[str, Any]] = mapped_column(_JSON, default=dict, nullable=False)
    revision: Mapped[int] = mapped_column(Integer, default=1, server_default="1", nullable=False)
    updated_at: Mapped[datetime] = mapped_column(
        _INSTANT, server_default=func.now(), onupdate=func.now(), nullable=False
    )


class ObsCoreProduct(db.Model):
    """A product that was published once: its identifier stays, wherever it is now.

    ``recid`` is the version in which the bytes first appeared, ``record_uuid`` the one that was last published with it.
    """

    __tablename__ = "obscore_product"
    __table_args__ = (
        # Not unique over member and key: a path inside an archive may be longer than a B-tree entry.
        Index("ix_obscore_product_file", "parent_uuid", "file_id"),
        Index("ix_obscore_product_record", "record_uuid"),
    )

    obs_publisher_did: Mapped[str] = mapped_column(Text, primary_key=True)
    parent_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    recid: Mapped[str] = mapped_column(String(255), nullable=False)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    file_key: Mapped[str] = mapped_column(Text, nullable=False)
    member: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    key: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    first_published_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)


class ObsCorePublished(db.Model):
    """What one version of a record says of one product, as it was when it was published.

    It keeps the extractor version: a newer extractor changes nothing here until somebody asks for it. ``row`` holds the
    columns that are not the system's; whether it stands in ``ivoa.obscore`` depends on what is public now.
    """

    __tablename__ = "obscore_published"

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    obs_publisher_did: Mapped[str] = mapped_column(Text, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    file_key: Mapped[str] = mapped_column(Text, nullable=False)
    row: Mapped[dict[str, Any]] = mapped_column(_JSON, default=dict, nullable=False)
    evidence: Mapped[dict[str, Any]] = mapped_column(_JSON, default=dict, nullable=False)
    extractor_version: Mapped[str] = mapped_column(String(64), default="", server_default="", nullable=False)
