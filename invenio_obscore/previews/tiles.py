"""Pixels of tile-compressed images (FITS 4.0, section 10), a few tiles at a time.

astropy inflates the tiles, but its `section` loads the whole compressed table first. So the tiles that hold the wanted
rows are put into a small file of their own, which astropy reads.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator

import numpy as np
from astropy.io import fits

from ..errors import FitsError, FitsLimitError
from ..fits.cards import CARD, write_card
from ..fits.headers import BLOCK
from ..fits.reading import HduReading
from ..fits.tables import TableColumn, columns
from ..fits.wcs import image_shape
from .source import DataFile

_MOST_INFLATED = 64 * 2**20
#: Bytes of rows that are inflated together: each small file costs astropy some milliseconds.
_AHEAD = 2**20
_HEAP_BYTES = {"B": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "L": 1, "A": 1}
_HEAP_TYPE = re.compile(r"\s*\d*[PQ]([A-Z])", re.I)
#: Cards of the table that say how tiles are compressed; all others stay out of the small file.
_KEPT = re.compile(
    r"(TFIELDS|T(TYPE|FORM|NULL|SCAL|ZERO)\d+|ZIMAGE|ZCMPTYPE|ZBITPIX|ZTILE\d+|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZDITHER0|ZBLANK"
    r"|ZSCALE|ZZERO|ZMASKCMP|BSCALE|BZERO|BLANK)$"
)


class TiledPixels:
    """See `pixels.Pixels`."""

    def __init__(self, file: DataFile, hdu: HduReading) -> None:
        header = hdu.header
        self.shape = image_shape(header)
        self.itemsize = max(1, abs(header.integer("ZBITPIX", 8)) // 8)
        self._file, self._hdu = file, hdu
        default = (self.shape[0], *(1 for _ in self.shape[1:]))
        self._tile = tuple(
            min(length, max(1, header.integer(f"ZTILE{n}", default[n - 1])))
            for n, length in enumerate(self.shape, start=1)
        )
        self._grid = tuple(-(-length // tile) for length, tile in zip(self.shape, self._tile))
        self._row_bytes, self._rows = header.integer("NAXIS1"), header.integer("NAXIS2")
        self._columns = columns(header)
        if self._row_bytes < 1 or self._rows < math.prod(self._grid) or not self._columns:
            raise FitsError("the compressed image has fewer tiles than its size needs", hdu=hdu.index)
        self._cached: tuple[tuple[int, ...], np.ndarray] | None = None

    def rows(self, first: int, count: int) -> np.ndarray:
        """See `pixels.Pixels.rows`."""
        parts = [self._group(group)[start:stop] for group, start, stop in self._groups(first, count)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def part(self, row: int, first: int, count: int) -> np.ndarray:
        """See `pixels.Pixels.part`: tiles are inflated whole."""
        return self.rows(row, 1)[0, first : first + count]

    def _groups(self, first: int, count: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """Tile rows that hold these rows, and where in them: ((first, last tile of axis 2, plane), start, stop).

        Planes are counted through all axes from the third on.
        """
        height = self.shape[1] if len(self.shape) > 1 else 1
        tall = self._tile[1] if len(self.shape) > 1 else 1
        most = max(1, _MOST_INFLATED // 8 // max(1, 4 * self.shape[0] * tall * math.prod(self._tile[2:])))
        most = max(1, min(most, _AHEAD // max(1, 4 * self.shape[0] * tall)))
        row, end = first, first + count
        while row < end:
            plane, y = divmod(row, height)
            begin = y // tall // most * most
            last = min(begin + most, -(-height // tall)) - 1
            upto = min((last + 1) * tall, height, y + end - row)
            yield (begin, last, plane), y - begin * tall, upto - begin * tall
            row += upto - y

    def _group(self, group: tuple[int, ...]) -> np.ndarray:
        if self._cached is None or self._cached[0] != group:
            self._cached = (group, self._inflate(*group))
        return self._cached[1]

    def _inflate(self, begin: int, last: int, plane: int) -> np.ndarray:
        """The rows of some tile rows in one plane, (rows, NAXIS1)."""
        places, tiles, inside = plane, [], []
        for length, tile in zip(self.shape[2:], self._tile[2:]):
            places, place = divmod(places, length)
            tiles.append(place // tile)
            inside.append(place % tile)
        tall, height = (self._tile[1], self.shape[1]) if len(self.shape) > 1 else (1, 1)
        sizes = [self.shape[0], min((last + 1) * tall, height) - begin * tall]
        sizes += [min(tile, length - n * tile) for n, tile, length in zip(tiles, self._tile[2:], self.shape[2:])]
        sizes = sizes[: len(self.shape)]
        if math.prod(sizes) * 4 > _MOST_INFLATED:
            raise FitsLimitError("a tile of the compressed image is too large", hdu=self._hdu.index)
        first = 0
        for n, grid in zip(reversed(tiles), reversed(self._grid[2:])):
            first = first * grid + n
        wide, high = self._grid[0], self._grid[1] if len(self._grid) > 1 else 1
        values = self._read_tiles((first * high + begin) * wide, (last - begin + 1) * wide, sizes)
        for place in reversed(inside):
            values = values[place]
        return values.reshape(-1, self.shape[0])

    def _read_tiles(self, first: int, count: int, sizes: list[int]) -> np.ndarray:
        start = self._file.start(self._hdu)
        raw = self._file.read(start + first * self._row_bytes, count * self._row_bytes)
        if len(raw) < count * self._row_bytes:
            raise FitsError("the file ends inside the compressed image", hdu=self._hdu.index)
        table = np.frombuffer(raw, np.uint8).reshape(count, self._row_bytes).copy()
        heap = self._heap(start, table)
        content = _small_file(self._hdu, self._row_bytes, count, sizes, table.tobytes() + heap, len(heap))
        return _inflated(content, self._hdu.index)

    def _heap(self, start: int, table: np.ndarray) -> bytes:
        """The heap's part that these rows point to; their descriptors are moved to it."""
        described = [c for c in self._columns if c.code in "PQ" and c.width]
        spans = [(column, *_descriptors(column, table, self._size(column))) for column in described]
        used = [(begin[size > 0], (begin + size)[size > 0]) for _, begin, size in spans]
        if not any(begin.size for begin, _ in used):
            return b""
        low = min(int(begin.min()) for begin, _ in used if begin.size)
        high = max(int(end.max()) for _, end in used if end.size)
        total = sum(int((end - begin).sum()) for begin, end in used)
        if low < 0 or high - low > max(4 * total, 2**20) or high - low > _MOST_INFLATED:
            raise FitsLimitError("the tiles of the compressed image lie too far apart", hdu=self._hdu.index)
        for column, begin, _ in spans:
            _move(column, table, begin - low)
        heap = self._hdu.header.integer("THEAP", self._row_bytes * self._rows)
        return self._file.read(start + heap + low, high - low)

    def _size(self, column: TableColumn) -> int:
        match = _HEAP_TYPE.match(str(self._hdu.header.get(f"TFORM{column.number}", "")))
        return _HEAP_BYTES.get(match[1].upper(), 1) if match else 1


def _cells(column: TableColumn, table: np.ndarray) -> np.ndarray:
    cells = np.ascontiguousarray(table[:, column.offset : column.offset + column.width])
    return cells.view(">i4" if column.code == "P" else ">i8")


def _descriptors(column: TableColumn, table: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each row's array begins in the heap, and its bytes."""
    cells = _cells(column, table).astype(np.int64)
    return cells[:, 1], np.clip(cells[:, 0], 0, 2**40) * size


def _move(column: TableColumn, table: np.ndarray, begin: np.ndarray) -> None:
    cells = _cells(column, table).copy()
    cells[:, 1] = np.where(cells[:, 0] > 0, begin, 0)
    table[:, column.offset : column.offset + column.width] = cells.view(np.uint8).reshape(len(table), -1)


def _small_file(hdu: HduReading, row_bytes: int, count: int, sizes: list[int], data: bytes, heap: int) -> bytes:
    own: dict[str, str | int | bool] = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": row_bytes, "NAXIS2": count, "PCOUNT": heap,
        "GCOUNT": 1,
    }  # fmt: skip
    image = {"ZNAXIS": len(sizes), **{f"ZNAXIS{n}": size for n, size in enumerate(sizes, start=1)}}
    primary = "".join(write_card(k, v) for k, v in (("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)))
    cards = "".join(write_card(k, v) for k, v in own.items()) + hdu.header.select(lambda k: bool(_KEPT.match(k)))
    cards += "".join(write_card(k, v) for k, v in image.items())
    return _header(primary) + _header(cards) + data + bytes(-len(data) % BLOCK)


def _header(cards: str) -> bytes:
    text = cards + "END".ljust(CARD)
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii", "replace")


def _inflated(content: bytes, index: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fits.open(io.BytesIO(content), memmap=False) as small:
                return np.asarray(small[1].data, np.float32)
        except Exception as error:  # noqa: BLE001  # astropy's and its codecs' errors have no common root
            raise FitsError(f"the compressed image cannot be inflated: {str(error)[:100]}", hdu=index) from error
