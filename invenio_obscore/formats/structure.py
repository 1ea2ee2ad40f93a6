"""What a VOTable is made of, looked at before any reader opens it: in one pass, with nothing kept.

Refused are document types (their entities can grow without end or name files), data that are elsewhere (astropy would
open any address, files too) or compressed, more than the limits allow, and binary data that are cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from ..errors import InputError
from .binary_check import check_rows

#: Elements beside rows and cells.
_MOST_OTHERS = 100_000


@dataclass(frozen=True)
class ReadingLimits:
    """The most that a document may have; a row without cells counts as one."""

    columns: int = 1000
    cells: int = 5_000_000


def check(data: bytes, limits: ReadingLimits) -> None:
    """Look at a document's first table.

    Raises
    ------
    InputError
        It is not well-formed, has no table, passes a limit, or points elsewhere.
    """
    seen = _Structure(limits)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = seen.document_type
    seen.parser = parser
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise InputError(f"the upload is no well-formed XML that is taken here: {error}") from error
    if not seen.fields:
        raise InputError("the upload has no table with columns")


@dataclass
class _Structure:
    limits: ReadingLimits
    fields: list[dict[str, str]] = field(default_factory=list)
    parser: expat.XMLParserType | None = None
    _tables: int = 0
    _cells: int = 0
    _rows: int = 0
    _others: int = 0
    _masked: bool = False
    _text: list[str] = field(default_factory=list)

    def document_type(self, *_: object) -> None:
        raise InputError("the upload is no well-formed XML that is taken here: document types are not")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "TD":
            self._cells += 1
        elif name == "TR":
            self._rows += 1
        else:
            self._others += 1
            self._other(name, attributes)
        limits = self.limits
        if len(self.fields) > limits.columns or self._cells > limits.cells or self._rows > limits.cells:
            raise InputError(f"an upload may have {limits.columns} columns and {limits.cells} cells at most")
        if self._others > _MOST_OTHERS:
            raise InputError(f"an upload may have {_MOST_OTHERS} elements beside its rows")

    def _other(self, name: str, attributes: dict[str, str]) -> None:
        if name == "TABLE":
            self._tables += 1
        elif name == "FIELD" and self._tables <= 1:
            self.fields.append(attributes)
        elif name in ("BINARY", "BINARY2"):
            self._masked = name == "BINARY2"
        elif name == "STREAM":
            if "href" in attributes or attributes.get("encoding", "base64") != "base64":
                raise InputError("an upload must hold its data itself, as TABLEDATA or in base64")
            if self._tables == 1 and self.parser is not None:
                self._text = []
                self.parser.CharacterDataHandler = self._text.append

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] == "STREAM" and self.parser is not None and self.parser.CharacterDataHandler:
            self.parser.CharacterDataHandler = None
            check_rows(self.fields, "".join(self._text), masked=self._masked)
