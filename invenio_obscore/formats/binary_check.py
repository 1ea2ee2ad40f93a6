"""Whether a VOTable's binary stream holds whole rows (VOTable 1.4, sections 5.3 and 5.4).

astropy ends quietly at the first row that is cut off, so half an upload would answer as if it were all of it.
"""

from __future__ import annotations

import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

_BYTES = {
    "boolean": 1,
    "unsignedByte": 1,
    "short": 2,
    "int": 4,
    "long": 8,
    "char": 1,
    "unicodeChar": 2,
    "float": 4,
    "double": 8,
    "floatComplex": 8,
    "doubleComplex": 16,
}


@dataclass(frozen=True)
class _Cell:
    """Size of a cell: of one item in bits, and how many; None where each cell begins with its number of items."""

    bits: int
    items: int | None

    def end(self, data: bytes, start: int) -> int:
        """Where the cell that begins here ends; behind the data when it is cut off."""
        if self.items is not None:
            return start + math.ceil(self.bits * self.items / 8)
        count = int.from_bytes(data[start : start + 4], "big", signed=True)
        if count < 0 or start + 4 > len(data):
            return len(data) + 1
        return start + 4 + math.ceil(self.bits * count / 8)


def check_rows(fields: Sequence[Mapping[str, str]], text: str, *, masked: bool) -> None:
    """Check that a stream is rows of these fields and nothing else.

    Parameters
    ----------
    fields
        The attributes of the FIELD elements.
    text
        The stream in base64.
    masked
        Whether each row begins with a null mask (BINARY2).

    Raises
    ------
    InputError
        The last row is cut off, or the text is no base64.
    """
    try:
        data = binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("the binary data of the upload are no base64") from error
    cells = [_cell(field) for field in fields]
    if any(cell is None for cell in cells):
        return  # what such a field means is for the reader to refuse
    mask = (len(cells) + 7) // 8 if masked else 0
    _walk([cell for cell in cells if cell is not None], data, mask)


def _cell(field: Mapping[str, str]) -> _Cell | None:
    datatype = field.get("datatype", "")
    bits = 1 if datatype == "bit" else 8 * _BYTES.get(datatype, 0)
    *fixed, last = (field.get("arraysize") or "1").split("x")
    if not bits or (fixed and last.endswith("*")) or not all(n.isdigit() for n in (*fixed, last.rstrip("*") or "0")):
        return None
    return _Cell(bits, None if last.endswith("*") else math.prod(int(n) for n in (*fixed, last)))


def _walk(cells: list[_Cell], data: bytes, mask: int) -> None:
    if all(cell.items is not None for cell in cells):
        row = mask + sum(cell.end(data, 0) for cell in cells)
        if row and len(data) % row:
            raise _cut_off(len(data) // row)
        return
    place = rows = 0
    while place < len(data):
        place += mask
        for cell in cells:
            place = cell.end(data, place)
        if place > len(data):
            raise _cut_off(rows)
        rows += 1


def _cut_off(rows: int) -> InputError:
    return InputError(f"the binary data of the upload end within row {rows + 1}")
