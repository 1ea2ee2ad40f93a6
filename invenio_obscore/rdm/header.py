"""Headers of a stored file as the header viewer shows them: what was read once, never the file again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_principal import Identity

from ..errors import NotFoundError
from ..fits.cards import CARD
from ..fits.reading import HduReading, Reading
from . import access
from .models import Stage
from .stored_readings import reading_of

#: Cards of one answer; a file with more says which HDUs are left out, to be asked for one by one.
MOST_CARDS = 20_000


def read(
    identity: Identity, recid: str, stage: Stage, *, file_key: str, product: str = "", hdu: int | None = None
) -> dict[str, Any]:
    """The header cards of a file, or of the archive's member that a product comes from.

    Parameters
    ----------
    product
        ``<member>#<key>``, ``<member>`` or an empty text.
    hdu
        Only this HDU, counted from 0.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the files.
    NotFoundError
        There is no such file, member or HDU, or it was not read (yet).
    """
    record = access.draft_to_read(identity, recid) if stage is Stage.DRAFT else access.record_to_read(identity, recid)
    file = access.stored_file(identity, record, stage, file_key)
    reading = reading_of(file.file_id, product.partition("#")[0])
    chosen = [item for item in reading.hdus if hdu is None or item.index == hdu]
    if not chosen:
        raise NotFoundError("No header was read there.")
    return {"file": file_key, "product": product, "hdus": _within(chosen, MOST_CARDS)}


def stored_reading(file_id: UUID) -> Reading:
    """What was read from stored bytes; of an archive the first some hundred members.

    Raises
    ------
    NotFoundError
        Nothing (yet).
    """
    return reading_of(file_id)


def _within(hdus: list[HduReading], most: int) -> list[dict[str, Any]]:
    """The HDUs as JSON has them; ``left_out`` counts the cards of those that are too many."""
    answer: list[dict[str, Any]] = []
    left = most
    for hdu in hdus:
        count = -(-len(hdu.cards) // CARD)
        shown = count <= left or not answer
        left -= count if shown else 0
        name = hdu.name or ("PRIMARY" if hdu.index == 0 else "")
        answer.append(
            {"index": hdu.index, "name": name, "cards": _cards(hdu) if shown else [], "left_out": 0 if shown else count}
        )
    return answer


def _cards(hdu: HduReading) -> list[str]:
    return [hdu.cards[at : at + CARD].rstrip(" ") for at in range(0, len(hdu.cards), CARD)]
