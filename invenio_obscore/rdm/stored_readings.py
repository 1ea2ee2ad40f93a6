"""What was read from stored files, as it is kept: a file in one piece, an archive some hundred members a piece."""

from __future__ import annotations

from uuid import UUID

from invenio_db import db
from sqlalchemy import select

from ..errors import NotFoundError
from ..fits.reading import Reading
from .models import ObsCoreReading, ObsCoreReadingPart


def piece(file_id: UUID, number: int) -> bytes | None:
    """Piece number ``number`` (from 0) of what was read (`Reading.to_bytes`); None behind the last one."""
    part = ObsCoreReadingPart
    kept = db.session.scalar(select(part.data).where(part.file_id == file_id, part.part == number))
    if kept is not None or number:
        return kept
    return db.session.scalar(select(ObsCoreReading.data).where(ObsCoreReading.file_id == file_id))


def reading_of(file_id: UUID, member: str = "") -> Reading:
    """What was read from a file, or from one member of an archive.

    Raises
    ------
    NotFoundError
        There is no such member, or nothing was read (yet).
    """
    whole = db.session.scalar(select(ObsCoreReading.data).where(ObsCoreReading.file_id == file_id))
    if whole is not None and not member:
        return Reading.from_bytes(whole)
    kept = whole if whole is not None else _piece_with(file_id, member)
    if kept is None:
        raise NotFoundError("The file was not read (yet).")
    reading = Reading.from_bytes(kept)
    if not member:
        return reading
    found = next((item for item in reading.members if item.member == member), None)
    if found is None:
        raise NotFoundError(f"There is no member {member[:200]!r}.")
    return found


def _piece_with(file_id: UUID, member: str) -> bytes | None:
    """The piece of an archive that holds the member; the first one where none is named."""
    part = ObsCoreReadingPart
    listed = db.session.execute(select(part.part, part.members).where(part.file_id == file_id).order_by(part.part))
    holding = (row.part for row in listed.all() if not member or member in row.members)
    number = next(holding, None)
    return None if number is None else piece(file_id, number)


def is_archive(file_id: UUID) -> bool:
    """Whether what was read is an archive's, in pieces."""
    part = ObsCoreReadingPart
    return db.session.scalar(select(part.part).where(part.file_id == file_id).limit(1)) is not None
