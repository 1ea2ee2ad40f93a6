"""The few values of tables that rules need: bounded reads, never a whole event list.

For each table HDU: number of rows, the scalars of its first and last row, the range of columns that are a spectral or
time axis, and whole columns where they are short (good time intervals, energy bounds, -TAB coordinates).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cards import Header, parse_real
from .headers import RawHdu
from .streams import HeaderStream

_TFORM = re.compile(r"\s*(\d*)([LXBIJKAEDCMPQ])(.*)", re.I)
_ASCII = re.compile(r"\s*([AIFED])(\d+)(?:\.(\d+))?", re.I)
_DTYPES = {
    "L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S", "C": ">c8",
    "M": ">c16",
}  # fmt: skip
_BYTES = {"L": 1, "X": 0, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
#: Columns whose range says what a table covers.
_AXIS = re.compile(
    r"(log)?_?(eff_)?(wave|lambda|lam$|wl$|awav|wlen|freq|nu$|ener|e_?min|e_?max|energ_(lo|hi)|loge|enlo|enhi"
    r"|time|t_?start|t_?stop|start|stop|bjd|hjd|mjd|jd$|tmid|wavenumber|velo|theta_hi$|datejd)",
    re.I,
)
#: Image extensions that hold the spectral axis of another HDU.
_AXIS_IMAGE = re.compile(r"([a-z0-9]{1,4}_)?(vac|air)?_?(wave|lambda|lam$|wl$|wavelength|loglam|freq)", re.I)
_WHOLE_ROWS = 2000
_WHOLE_CELLS = 20_000
_SAMPLE_ROWS = 256
_CELL_TEXT = 200
_MOST_COLUMNS = 200
_MOST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class TableColumn:
    """One column of a binary or ASCII table as its header describes it (FITS 4.0, sections 7.2.1 and 7.3.1)."""

    number: int
    name: str
    code: str
    repeat: int
    offset: int
    width: int
    unit: str = ""
    scale: float = 1.0
    zero: float = 0.0
    null: int | None = None
    ascii: bool = False

    @property
    def is_number(self) -> bool:
        """Whether cells hold real numbers."""
        return self.code in "BIJKEDF"


def columns(header: Header) -> list[TableColumn]:
    """The columns of a table header, in order; one whose format cannot be read ends the list."""
    if header.text("XTENSION") == "TABLE":
        return _ascii_columns(header)
    found: list[TableColumn] = []
    offset = 0
    for number in range(1, min(header.integer("TFIELDS"), 999) + 1):
        match = _TFORM.match(str(header.get(f"TFORM{number}", "")))
        if not match:
            break
        repeat, code = int(match[1] or 1), match[2].upper()
        width = -(-repeat // 8) if code == "X" else repeat * _BYTES[code]
        found.append(_described(header, number, code, repeat, offset, width))
        offset += width
    return found


def _described(
    header: Header, number: int, code: str, repeat: int, offset: int, width: int, ascii_: bool = False
) -> TableColumn:
    null = header.number(f"TNULL{number}")
    return TableColumn(
        number=number,
        name=(header.text(f"TTYPE{number}") or f"col{number}")[:68],
        code=code,
        repeat=repeat,
        offset=offset,
        width=width,
        unit=header.text(f"TUNIT{number}") or "",
        scale=header.number(f"TSCAL{number}") or 1.0,
        zero=header.number(f"TZERO{number}") or 0.0,
        null=int(null) if null is not None else None,
        ascii=ascii_,
    )


def _ascii_columns(header: Header) -> list[TableColumn]:
    found = []
    for number in range(1, min(header.integer("TFIELDS"), 999) + 1):
        match = _ASCII.match(str(header.get(f"TFORM{number}", "")))
        start = header.integer(f"TBCOL{number}", -1)
        if not match or start < 1:
            break
        found.append(_described(header, number, match[1].upper(), 1, start - 1, int(match[2]), ascii_=True))
    return found


class TableReader:
    """Reads table values of the HDUs of one file, forward, within a number of bytes."""

    def __init__(self, stream: HeaderStream, budget: int) -> None:
        self._stream, self._budget = stream, budget
        self._coordinates: set[str] = set()

    def values(self, hdu: RawHdu, header: Header) -> dict[str, Any]:
        """The values of one HDU, as JSON can hold them; empty for an HDU that has none.

        Keys: ``rows``, ``first``, ``last`` (column → scalar), ``range`` (column → [low, high]), ``column`` (column →
        list), ``whole`` (whether ranges are of all rows), ``data`` (``range``, ``count`` of an image that is an axis).
        """
        self._note_coordinates(header)
        kind = header.text("XTENSION")
        if kind in ("BINTABLE", "TABLE", "A3DTABLE") and not header.flag("ZIMAGE"):
            return self._table(hdu, header)
        if header.flag("GROUPS") and header.integer("NAXIS1", -1) == 0:
            return self._groups(hdu, header)
        if kind == "IMAGE" and _AXIS_IMAGE.match(header.text("EXTNAME") or ""):
            return self._image(hdu, header)
        return {}

    def _note_coordinates(self, header: Header) -> None:
        """Remember which extensions hold -TAB coordinates (FITS 4.0, section 8.2.4)."""
        for axis in range(1, 10):
            if str(header.get(f"CTYPE{axis}", "")).strip().endswith("-TAB"):
                self._coordinates.add((header.text(f"PS{axis}_0") or "").upper())

    def _take(self, position: int, size: int) -> bytes:
        if size <= 0 or size > self._budget or not self._stream.reachable(position + size):
            return b""
        if not self._stream.go_to(position):
            return b""
        self._budget -= size
        data = self._stream.read(size)
        return data if len(data) == size else b""

    def _table(self, hdu: RawHdu, header: Header) -> dict[str, Any]:
        row_bytes, rows = header.integer("NAXIS1"), header.integer("NAXIS2")
        values: dict[str, Any] = {"rows": rows}
        described = columns(header)[:_MOST_COLUMNS]
        described = [c for c in described if c.offset + c.width <= row_bytes]
        if rows <= 0 or row_bytes <= 0 or not described:
            return values
        blocks = self._rows(hdu.data_start, row_bytes, rows)
        if not blocks:
            return values
        raw = np.frombuffer(b"".join(blocks), dtype=np.uint8).reshape(-1, row_bytes)
        values["first"], values["last"] = _scalars(described, raw[0]), _scalars(described, raw[-1])
        if len(raw) == rows:
            values["whole"] = True
        coordinates = (header.text("EXTNAME") or "").upper() in self._coordinates
        for column in described:
            if column.is_number and (coordinates or _AXIS.match(column.name)):
                _add_axis(values, column, raw, whole=rows <= _WHOLE_ROWS and len(raw) == rows)
        return values

    def _rows(self, start: int, row_bytes: int, rows: int) -> list[bytes]:
        """All rows where they are few bytes; else the first and last ones and some between."""
        if row_bytes > _MOST_BYTES:
            return []
        if row_bytes * rows <= _MOST_BYTES:
            return [b for b in [self._take(start, row_bytes * rows)] if b]
        at_ends = max(1, min(_SAMPLE_ROWS, _MOST_BYTES // 8 // row_bytes))
        spans = [(0, at_ends), *((i * rows // 16, 1) for i in range(1, 16)), (rows - at_ends, at_ends)]
        blocks, done = [], 0
        for first, count in spans:
            if first >= done:
                blocks.append(self._take(start + first * row_bytes, count * row_bytes))
                done = first + count
        return blocks if blocks[0] and blocks[-1] else []

    def _groups(self, hdu: RawHdu, header: Header) -> dict[str, Any]:
        """Parameters of the first and last group (FITS 4.0, section 6)."""
        count, groups = header.integer("PCOUNT"), header.integer("GCOUNT", 1)
        dtype = _image_dtype(header)
        if groups < 1 or dtype is None or not 0 < count <= 100:
            return {"rows": groups}
        stride = hdu.data_size // groups
        found: dict[str, Any] = {"rows": groups}
        for name, position in (("first", 0), ("last", groups - 1)):
            data = self._take(hdu.data_start + position * stride, count * dtype.itemsize)
            if data:
                found[name] = _group_parameters(header, np.frombuffer(data, dtype).astype(float))
        return found

    def _image(self, hdu: RawHdu, header: Header) -> dict[str, Any]:
        dtype = _image_dtype(header)
        if dtype is None or hdu.data_size > _MOST_BYTES:
            return {}
        data = self._take(hdu.data_start, hdu.data_size)
        if not data:
            return {}
        scale, zero = header.number("BSCALE") or 1.0, header.number("BZERO") or 0.0
        numbers = np.frombuffer(data, dtype).astype(float) * scale + zero
        span = _range(numbers)
        return {"data": {"range": span, "count": int(numbers.size)}} if span else {}


def _image_dtype(header: Header) -> np.dtype | None:
    code = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}.get(header.integer("BITPIX"))
    return np.dtype(code) if code else None


def _group_parameters(header: Header, numbers: np.ndarray) -> dict[str, Any]:
    """Parameters by name; those of one name are added up, as the standard has it."""
    found: dict[str, Any] = {}
    for position, number in enumerate(numbers, start=1):
        name = header.text(f"PTYPE{position}")
        if name and math.isfinite(number):
            scale = header.number(f"PSCAL{position}")
            value = number * (1.0 if scale is None else scale) + (header.number(f"PZERO{position}") or 0.0)
            found[name] = found.get(name, 0.0) + float(value)
    return found


def _range(numbers: np.ndarray) -> list[float] | None:
    finite = numbers[np.isfinite(numbers)]
    if finite.size == 0:
        return None
    return [float(finite.min()), float(finite.max())]


def cell_numbers(column: TableColumn, raw: np.ndarray) -> np.ndarray:
    """The cells of a column as floats, one row a row of ``raw`` (bytes); nulls are NaN."""
    cells = np.ascontiguousarray(raw[:, column.offset : column.offset + column.width])
    if column.ascii:
        return np.array([_ascii_number(bytes(cell)) for cell in cells])
    stored = cells.view(_DTYPES[column.code])
    with np.errstate(all="ignore"):
        numbers = stored.astype(float) * column.scale + column.zero
    if column.null is not None and column.code in "BIJK":
        numbers[stored == column.null] = np.nan
    return numbers


def _ascii_number(cell: bytes) -> float:
    number = parse_real(cell.decode("latin-1"))
    return math.nan if number is None else number


def _add_axis(values: dict[str, Any], column: TableColumn, raw: np.ndarray, *, whole: bool) -> None:
    if column.width == 0:
        return
    numbers = cell_numbers(column, raw)
    positive = numbers[numbers > 0] if re.match(r"(log)?_?(wave|lam|wl|freq|ener|e_?m)", column.name, re.I) else numbers
    span = _range(positive if positive.size else numbers)
    if span is None:
        return
    values.setdefault("range", {})[column.name] = span
    values.setdefault("cells", {})[column.name] = column.repeat
    if whole and numbers.size <= _WHOLE_CELLS:
        listed = [float(n) if math.isfinite(n) else None for n in numbers.ravel()]
        values.setdefault("column", {})[column.name] = listed


def _scalars(described: list[TableColumn], row: np.ndarray) -> dict[str, Any]:
    """The scalar cells of one row by column name."""
    found: dict[str, Any] = {}
    for column in described:
        cell = row[column.offset : column.offset + column.width]
        if column.code == "A":
            text = bytes(cell[:_CELL_TEXT]).split(b"\x00")[0].decode("latin-1").strip()
            if text:
                found[column.name] = text
        elif column.is_number and (column.repeat == 1 or column.ascii) and cell.size:
            number = float(cell_numbers(column, row[None, :]).ravel()[0])
            if math.isfinite(number):
                found[column.name] = number
        elif column.code == "L" and column.repeat == 1 and cell.size:
            found[column.name] = bool(cell[0] == ord("T"))
    return found
