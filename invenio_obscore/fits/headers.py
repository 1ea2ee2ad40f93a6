"""Header blocks of every HDU of a file, found by seeking over the data (FITS 4.0, sections 3 and 4.4.1).

Only header bytes are read. What real files do against the standard is tolerated where the structure stays clear, each
time with a `Problem`; where it does not, reading ends there and keeps what it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import FitsError, FitsLimitError, NotFitsError, TruncatedFitsError
from .cards import CARD, Header
from .limits import Deadline, Limits
from .problems import Problem, Severity
from .streams import HeaderStream

BLOCK = 2880
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|head|body|votable)", re.I)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass
class RawHdu:
    """One HDU as it lies in the file: header text, and where its data are (bytes from the file's beginning)."""

    index: int
    cards: str
    data_start: int
    data_size: int
    problems: list[Problem] = field(default_factory=list)

    @property
    def data_end(self) -> int:
        """First byte after the data and their padding."""
        return self.data_start + -(-self.data_size // BLOCK) * BLOCK


class HeaderScanner:
    """Walks the HDUs of one stream.

    ``problems`` holds what was met outside any HDU: where reading ended early, and why.
    """

    def __init__(self, stream: HeaderStream, limits: Limits, deadline: Deadline) -> None:
        self._stream, self._limits, self._deadline = stream, limits, deadline
        self.problems: list[Problem] = []
        self._header_bytes = 0

    def __iter__(self) -> Iterator[RawHdu]:
        """HDUs in order; between two of them the caller may read forward inside the data.

        Raises
        ------
        FitsError
            The primary header cannot be read.
        """
        index, position = 0, 0
        while True:
            if index >= self._limits.hdus:
                self._stop("hdu-limit", f"only the first {index} HDUs are read", index)
                return
            try:
                hdu = self._read_hdu(index, position)
            except FitsError as error:
                if index == 0:
                    raise
                self._stop(_code(error), f"HDU {index} and what follows is not read: {error.message}", index)
                return
            if hdu is None:
                return
            yield hdu
            position = hdu.data_end
            if not self._advance(hdu):
                return
            index += 1

    def _stop(self, code: str, message: str, index: int, severity: Severity = "attention") -> None:
        self.problems.append(Problem(severity, code, message, hdu=index))

    def _advance(self, hdu: RawHdu) -> bool:
        """Go behind the data; False where the file ends."""
        if hdu.data_size < 0:
            self._stop("structure", f"the data size of HDU {hdu.index} is unknown; what follows is not read", hdu.index)
            return False
        if not self._stream.reachable(hdu.data_end):
            self._stop(
                "inflate-limit", f"what follows HDU {hdu.index} lies beyond the limit and is not read", hdu.index
            )
            return False
        try:
            if self._stream.go_to(hdu.data_end):
                return True
            complete = hdu.data_size == 0 or self._holds(hdu)
        except FitsError as error:
            self._stop(_code(error), f"what follows HDU {hdu.index} is not read: {error.message}", hdu.index)
            return False
        if not complete:
            self._stop("truncated", f"the file ends inside the data of HDU {hdu.index}", hdu.index)
        return False

    def _holds(self, hdu: RawHdu) -> bool:
        """Whether only the padding behind the data is missing."""
        size: int = getattr(self._stream, "size", getattr(self._stream, "position", 0))
        return size >= hdu.data_start + hdu.data_size

    def _read_hdu(self, index: int, position: int) -> RawHdu | None:
        first = self._stream.read(BLOCK)
        problems: list[Problem] = []
        if index == 0:
            _check_primary(first, problems)
        elif not first.strip(b"\x00 \n\r"):
            return None
        elif first[:8].upper() != b"XTENSION":
            self._stop("trailing-bytes", f"bytes after HDU {index - 1} are no extension", index - 1, "advice")
            return None
        cards, length = self._read_header(first, index, problems)
        text = _clean("".join(cards), index, problems)
        header = Header(text)
        return RawHdu(index, text, position + length, data_size(header, index, problems), problems)

    def _read_header(self, block: bytes, index: int, problems: list[Problem]) -> tuple[list[str], int]:
        parts: list[str] = []
        length = 0
        while True:
            self._deadline.check()
            self._header_bytes += len(block)
            if length + len(block) > self._limits.header_bytes or self._header_bytes > self._limits.total_header_bytes:
                raise FitsLimitError(f"the header has more than {length} bytes", hdu=index)
            end = _find_end(block)
            length += BLOCK
            if end >= 0:
                parts.append(block[:end].decode("latin-1"))
                if len(block) < BLOCK:
                    problems.append(Problem("advice", "padding", "the header is not padded to 2880 bytes", hdu=index))
                return parts, length
            if len(block) < BLOCK:
                raise TruncatedFitsError(f"the file ends inside the header of HDU {index}", hdu=index)
            parts.append(block.decode("latin-1"))
            block = self._stream.read(BLOCK)


def _code(error: FitsError) -> str:
    return (
        "limit"
        if isinstance(error, FitsLimitError)
        else "truncated"
        if isinstance(error, TruncatedFitsError)
        else "structure"
    )


def _find_end(block: bytes) -> int:
    """Where the END card begins, or -1."""
    position = block.find(b"END")
    while position >= 0:
        if position % CARD == 0 and not block[position + 3 : position + 8].strip(b" \x00"):
            return position
        position = block.find(b"END", position + 1)
    return -1


def _check_primary(first: bytes, problems: list[Problem]) -> None:
    """Raise what a file that is no FITS file deserves."""
    if not first:
        raise TruncatedFitsError("the file is empty", remedy="upload it again")
    if _MARKUP.match(first):
        raise NotFitsError("the file is a web page or XML, not FITS", remedy="download the FITS file again")
    if first[:6].upper() != b"SIMPLE" or b"=" not in first[6:10]:
        raise NotFitsError("the file does not begin with 'SIMPLE  =' and is no FITS file")
    if b"\n" in first[:BLOCK] and b"\n" in first[40:170]:
        raise NotFitsError("the file is the text of a FITS header with line breaks, not a FITS file")
    if first[:10] != b"SIMPLE  = ":
        problems.append(Problem("advice", "simple-card", "the first card is not written as the standard asks", hdu=0))


def _clean(text: str, index: int, problems: list[Problem]) -> str:
    bad = _UNPRINTABLE.search(text)
    if bad is None:
        return text
    card = text[bad.start() // CARD * CARD :][:CARD]
    problems.append(
        Problem("advice", "non-ascii", f"card {card[:8].strip()!r} has characters that FITS does not allow", hdu=index)
    )
    cards = (text[start : start + CARD] for start in range(0, len(text), CARD))
    return "".join(card if card.isascii() else _as_utf8(card) for card in cards).replace("\x00", " ")


def _as_utf8(card: str) -> str:
    """A card as its writer meant it: in UTF-8 where its bytes are UTF-8, else in Latin-1; 80 characters either way."""
    try:
        return card.encode("latin-1").decode("utf-8").ljust(CARD)
    except UnicodeDecodeError:
        return card


def _count(header: Header, keyword: str, default: int, index: int, problems: list[Problem]) -> int:
    value = header.get(keyword)
    if value is None and default >= 0:
        return default
    number = header.number(keyword)
    if number is None or number != int(number) or abs(number) > 2**62:
        problems.append(
            Problem("attention", "structure", f"{keyword} is {value!r} where a whole number must stand", hdu=index)
        )
        return -1
    return int(number)


def data_size(header: Header, index: int, problems: list[Problem]) -> int:
    """Bytes of data behind a header (FITS 4.0, equations 1 and 2; random groups: 4), or -1 where it cannot be told."""

    def count(keyword: str, default: int = -1) -> int:
        return _count(header, keyword, default, index, problems)

    naxis = count("NAXIS", 0)
    if naxis == 0:
        return 0
    if not 0 < naxis < 1000:
        return -1
    bitpix = count("BITPIX")
    lengths = [count(f"NAXIS{n}") for n in range(1, naxis + 1)]
    groups = lengths[0] == 0 and len(lengths) > 1 and header.flag("GROUPS")
    if bitpix == -1 or any(n < 0 for n in lengths):
        return -1
    elements = _product(lengths[1:] if groups else lengths)
    extended = groups or index > 0
    size = abs(bitpix) // 8 * (count("GCOUNT", 1) * (count("PCOUNT", 0) + elements) if extended else elements)
    return size if 0 <= size < 2**62 else -1


def _product(numbers: list[int]) -> int:
    total = 1
    for number in numbers:
        total *= number
    return total
