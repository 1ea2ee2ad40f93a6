"""The module's own tables: what was read, what depositors decided, what was published.

They are plain tables beside InvenioRDM's: no foreign key leads into records or files, so that removing either side
never blocks the other. A draft and the record that it becomes have the same UUID in InvenioRDM; ``stage`` tells them
apart.

- :class:`ObsCoreReading`: one row per stored file (``FileInstance.id``), the only table that a worker competes for;
  :class:`ObsCoreReadingPart` holds what was read from an archive, some hundred members a row.
- :class:`ObsCoreExtraction` and :class:`ObsCoreExtracted`: a cache of products, one row a product; it may be emptied at
  any time, and so may :class:`ObsCoreOverlay`, what corrections make of some of them.
- :class:`ObsCoreVerification`: mapping, with :class:`ObsCoreCorrection`, a row a product; these cannot be made again
  (back them up). :class:`ObsCoreEdit`: each change of a draft, to be undone.
- :class:`ObsCoreSheet`: how far a draft's overlays and counts are; it may be emptied at any time.
- :class:`ObsCoreWork`: what tasks work at for somebody who waits (extracting again, edits of many thousand cells).
- :class:`ObsCoreProduct`: every product ever published, and its identifier for ever.
- :class:`ObsCorePublished`: what each version of a record said of its products when it was published.
- :class:`ObsCorePreview`: pictures of products; it may be emptied at any time.
- :class:`ObsCoreIntake`: which draft was made of which directory, so that an interrupted intake goes on.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from invenio_db import db
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    column,
    event,
    func,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from .cells import COLUMNS, sql_type

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

    ``data`` is :meth:`invenio_obscore.fits.reading.Reading.to_bytes`, None for an archive (see
    :class:`ObsCoreReadingPart`). A worker that reads the file holds it by ``owner`` until ``lease_until`` and renews
    that; ``attempts`` counts how often reading was begun without getting on; ``read_whole`` says that the file itself
    is not needed any more; ``sync_pending`` that records published in the meantime have still to be told.
    ``done_count`` of ``total_count`` is how far the members of an archive have come (None: not known yet).
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
    cause: Mapped[str] = mapped_column(String(16), default="", server_default="", nullable=False)
    read_whole: Mapped[bool] = mapped_column(default=False, server_default="false", nullable=False)
    done_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    total_count: Mapped[int | None] = mapped_column(Integer)
    asked_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    data: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


class ObsCoreReadingPart(db.Model):
    """Some members of an archive, one after another, as they were read; kept as they come.

    ``data`` is a `Reading` of the archive with these members only, ``members`` their paths.
    """

    __tablename__ = "obscore_reading_part"
    __table_args__ = (ForeignKeyConstraint(["file_id"], ["obscore_reading.file_id"], ondelete="CASCADE"),)

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    members: Mapped[list[str]] = mapped_column(_JSON, nullable=False)
    data: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


class ObsCoreExtraction(db.Model):
    """Products of one reading under one mapping: a cache, keyed by everything that they depend on.

    ``key`` is a digest of extractor version, file name and mapping; corrections and what the record says are applied
    afterwards. ``parts`` of the reading have their products in :class:`ObsCoreExtracted`; with ``complete`` it is all.
    ``reason`` says why there are none, and ``touched_at`` when somebody last worked on it.
    """

    __tablename__ = "obscore_extraction"

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    parts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    complete: Mapped[bool] = mapped_column(default=False, server_default="false", nullable=False)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False, index=True)
    touched_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)


class Cells:
    """Every column of :data:`.cells.COLUMNS`: cells of a product as lists of thousands need them."""


for _name, _column in COLUMNS.items():
    setattr(Cells, _name, mapped_column(sql_type(_column), nullable=True, deferred=True))


class Sortable(Cells):
    """What a listing of products sorts by, filters by and searches: columns of an uncorrected or a corrected product.

    ``attention`` counts problems that need a person, ``words`` is what a search looks into, in lower case.
    """

    attention: Mapped[int] = mapped_column(Integer, nullable=False)
    words: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)


#: So many characters of a product's name are in an index.
NAMED_BY = 200


class ObsCoreExtracted(Sortable, db.Model):
    """One product of an extraction, or with ``failed`` one member that could not be read.

    ``product`` names it as corrections do (``""`` or ``<member>#<key>``), ``size`` are the bytes of its file,
    ``document`` is :meth:`.Product.to_dict`.
    """

    __tablename__ = "obscore_extracted"
    __table_args__ = (
        ForeignKeyConstraint(
            ["file_id", "key"], ["obscore_extraction.file_id", "obscore_extraction.key"], ondelete="CASCADE"
        ),
        # By its beginning: a path inside an archive may be longer than a B-tree entry.
        Index("ix_obscore_extracted_product", "file_id", "key", func.left(column("product"), NAMED_BY)),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    product: Mapped[str] = mapped_column(Text, nullable=False)
    failed: Mapped[bool] = mapped_column(default=False, server_default="false", nullable=False)
    size: Mapped[int | None] = mapped_column(BigInteger)
    document: Mapped[dict[str, Any]] = deferred(mapped_column(_JSON, nullable=False))


class ObsCoreOverlay(Sortable, db.Model):
    """What a draft's corrections make of one extracted product (``document``); ``digest`` tells which corrections."""

    __tablename__ = "obscore_overlay"
    __table_args__ = (
        ForeignKeyConstraint(
            ["file_id", "key", "number"],
            ["obscore_extracted.file_id", "obscore_extracted.key", "obscore_extracted.number"],
            ondelete="CASCADE",
        ),
        Index("ix_obscore_overlay_product", "file_id", "key", "number"),
    )

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), nullable=False)
    document: Mapped[dict[str, Any]] = deferred(mapped_column(_JSON, nullable=False))


class ObsCoreVerification(db.Model):
    """Mapping text of one record version; ``revision`` grows with each change of it or of corrections: the ETag."""

    __tablename__ = "obscore_verification"
    __table_args__ = (CheckConstraint(_one_of("stage", Stage), name="stage"),)

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    mapping: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    revision: Mapped[int] = mapped_column(Integer, default=1, server_default="1", nullable=False)
    updated_at: Mapped[datetime] = mapped_column(
        _INSTANT, server_default=func.now(), onupdate=func.now(), nullable=False
    )


class ObsCoreCorrection(db.Model):
    """Corrections of one product (``cells``: column to value or null) of a draft or of what is published.

    ``product`` is ``"<member>#<product key>"`` or ``""``; ``digest`` is of file key and product, which may be longer
    than a B-tree entry.
    """

    __tablename__ = "obscore_correction"
    __table_args__ = (CheckConstraint(_one_of("stage", Stage), name="stage"),)

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    file_key: Mapped[str] = mapped_column(Text, nullable=False)
    product: Mapped[str] = mapped_column(Text, nullable=False)
    cells: Mapped[dict[str, Any]] = mapped_column(_JSON, nullable=False)


class ObsCoreEdit(db.Model):
    """A change of a draft's corrections or mapping that can be undone.

    ``made`` is the revision that it gave when it was last done, ``unmade`` that of when it was last undone (None: it is
    in force). ``changes`` is compressed JSON, see `steps`.
    """

    __tablename__ = "obscore_edit"
    __table_args__ = (Index("ix_obscore_edit_record", "record_uuid", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    user_id: Mapped[str] = mapped_column(String(64), nullable=False)
    what: Mapped[str] = mapped_column(Text, nullable=False)
    cells: Mapped[int] = mapped_column(Integer, nullable=False)
    made: Mapped[int] = mapped_column(Integer, nullable=False)
    unmade: Mapped[int | None] = mapped_column(Integer)
    changes: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


class ObsCoreSheet(db.Model):
    """How far the overlays of a draft are, and what its listing counted: each with a digest of what it was made of."""

    __tablename__ = "obscore_sheet"

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    laid: Mapped[str] = mapped_column(String(64), default="", server_default="", nullable=False)
    counted: Mapped[str] = mapped_column(String(64), default="", server_default="", nullable=False)
    products: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    attention: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    failed: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)


class ObsCoreWork(db.Model):
    """What a task does for somebody who waits: extracting a draft again (``rerun``), or an edit of many thousand cells.

    ``body`` is what was asked for, ``result`` the answer; ``touched_at`` is renewed while somebody works at it, so that
    the sweep finds what a dead worker left.
    """

    __tablename__ = "obscore_work"
    __table_args__ = (Index("ix_obscore_work_record", "record_uuid", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    user_id: Mapped[str] = mapped_column(String(64), nullable=False)
    state: Mapped[str] = mapped_column(String(16), default="running", server_default="running", nullable=False)
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    message: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    body: Mapped[dict[str, Any]] = mapped_column(_JSON, nullable=False)
    result: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)
    touched_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)


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


class ObsCorePublished(Cells, db.Model):
    """What one version of a record says of one product, as it was when it was published.

    It keeps the extractor version: a newer extractor changes nothing here until somebody asks for it. ``row`` holds the
    columns that are not the system's, ``size`` the bytes of an archive's member; whether it stands in ``ivoa.obscore``
    depends on what is public now.
    """

    __tablename__ = "obscore_published"

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    obs_publisher_did: Mapped[str] = mapped_column(Text, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    file_key: Mapped[str] = mapped_column(Text, nullable=False)
    row: Mapped[dict[str, Any]] = mapped_column(_JSON, default=dict, nullable=False)
    evidence: Mapped[dict[str, Any]] = deferred(mapped_column(_JSON, default=dict, nullable=False))
    size: Mapped[int | None] = mapped_column(BigInteger)
    extractor_version: Mapped[str] = mapped_column(String(64), default="", server_default="", nullable=False)


class PreviewStatus(StrEnum):
    """State of one picture."""

    QUEUED = "queued"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"


class ObsCorePreview(db.Model):
    """The picture of one product of a stored file, drawn when somebody first looked for it.

    ``digest`` is of ``product`` (``""`` or ``<member>#<key>``), which may be longer than a B-tree entry; ``alt`` says
    in words what it shows, ``reason`` why there is none. ``asked_at`` is when it was last sent or begun.
    """

    __tablename__ = "obscore_preview"
    __table_args__ = (CheckConstraint(_one_of("status", PreviewStatus), name="status"),)

    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    product: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    status: Mapped[str] = mapped_column(String(16), default=PreviewStatus.QUEUED, nullable=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0", nullable=False)
    asked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)
    version: Mapped[str] = mapped_column(String(16), default="", server_default="", nullable=False)
    kind: Mapped[str] = mapped_column(String(32), default="", server_default="", nullable=False)
    alt: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)
    thumbnail: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    large: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


class ObsCoreIntake(db.Model):
    """A draft that was made of a directory of the server (``invenio obscore deposit``).

    What is in the draft is not written here: it is looked up in the draft itself. A large directory has several
    drafts, ``number`` counts them from 1.
    """

    __tablename__ = "obscore_intake"
    __table_args__ = (Index("ix_obscore_intake_user", "user_id"),)

    record_uuid: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    recid: Mapped[str] = mapped_column(String(255), nullable=False)
    directory: Mapped[str] = mapped_column(Text, nullable=False)
    user_id: Mapped[int] = mapped_column(Integer, nullable=False)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now(), nullable=False)


# Documents lie beside their rows, as they are: thousands of rows are sorted without passing over these.
for _model in (ObsCoreExtracted, ObsCoreOverlay):
    event.listen(
        _model.__table__,
        "after_create",
        DDL(f"ALTER TABLE {_model.__tablename__} ALTER COLUMN document SET STORAGE EXTERNAL"),
    )
