"""VOTable 1.4, streamed: TABLEDATA, BINARY and BINARY2.

The first error of a query is raised before anything is written; a later one, and rows left out, stand in an INFO
``QUERY_STATUS`` after the table (DALI 1.1, section 4.4).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

import pybase64

from ..errors import ObsCoreError
from ..obscore.fields import Field
from .binary import null_value
from .encoders import xml_text
from .meta import Info, Meta, Service
from .source import Buffer, Source, Wire, primed

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"
VERSION = "1.4"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_SERIALIZATIONS = {Wire.BINARY2: "BINARY2", Wire.BINARY: "BINARY"}
_POSITIONS = re.compile(r"obscore:Char\.SpatialAxis\.Coverage\.(Location|Support)")
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TIMES = re.compile(r"obscore:Char\.TimeAxis\.Coverage\.Bounds\.Limits")
# ObsCore 1.1, sections B.6.1 and B.6.2: positions are ICRS, t_min and t_max are MJD; whose clock is not said.
_FRAMES = {
    "COOSYS": {"ID": "ICRS", "system": "ICRS"},
    "TIMESYS": {"ID": "MJD", "timeorigin": "MJD-origin", "timescale": "UTC", "refposition": "UNKNOWN"},
}


class _Xml:
    """Well-formed XML as text, piece by piece."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._xml = XMLGenerator(self._text, "utf-8", short_empty_elements=True)

    def declaration(self) -> None:
        self._xml.startDocument()

    def start(self, name: str, /, **attributes: str) -> None:
        """Attributes without a value are left out, but for ``value`` itself, which may be empty."""
        self._xml.startElement(
            name, AttributesImpl({k: xml_text(v) for k, v in attributes.items() if v or k == "value"})
        )

    def end(self, name: str) -> None:
        self._xml.endElement(name)

    def element(self, name: str, text: str = "", /, **attributes: str) -> None:
        self.start(name, **attributes)
        if text:
            self._xml.characters(xml_text(text))
        self.end(name)

    def newline(self) -> None:
        self._xml.ignorableWhitespace("\n")

    def take(self) -> str:
        """Return what was written since the last call (a start tag is complete once something follows it)."""
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text


def frame_of(field: Field) -> str:
    """The coordinate or time system that a column belongs to: ``COOSYS``, ``TIMESYS`` or empty."""
    if _POSITIONS.match(field.utype):
        return "COOSYS"
    return "TIMESYS" if _TIMES.match(field.utype) else ""


def stream(source: Source, meta: Meta, wire: Wire) -> Iterator[bytes]:
    """Write a result; ``wire`` chooses the serialisation.

    Raises
    ------
    ObsCoreError
        The query failed before its first batch of rows.
    """
    batches = primed(source.encoded(wire))
    columns = _columns(tuple(source.fields), wire)
    yield _head(columns, meta, wire).encode()
    failure: ObsCoreError | None = None
    try:
        yield from _base64(batches) if wire in _SERIALIZATIONS else map(bytes, batches)
    except ObsCoreError as error:
        failure = error
    yield _tail(columns, meta, wire, source.overflow, failure).encode()


def _base64(batches: Iterator[Buffer]) -> Iterator[bytes]:
    """Three bytes become four letters: what is left of a batch goes before the next one."""
    rest = b""
    for batch in batches:
        missing = -len(rest) % 3
        head = rest + batch[:missing]
        data = memoryview(batch)[missing:]
        whole = len(data) - len(data) % 3
        if len(head) % 3:
            rest = head
            continue
        rest = bytes(data[whole:])
        if head:
            yield pybase64.b64encode(head)
        yield pybase64.b64encode(data[:whole])
    if rest:
        yield pybase64.b64encode(rest)


@dataclass(frozen=True)
class _Columns:
    """What a document says of its columns: before the table, in it, and the ID of the first one with each utype."""

    opening: str
    fields: str
    idents: Mapping[str, str]


@lru_cache(maxsize=64)
def _columns(fields: tuple[Field, ...], wire: Wire) -> _Columns:
    xml = _Xml()
    open_document(xml)
    for frame in dict.fromkeys(frame for frame in map(frame_of, fields) if frame):
        xml.element(frame, **_FRAMES[frame])
    opening = xml.take()
    idents = _idents(fields)
    for field, ident in zip(fields, idents):
        _field(xml, field, ident, wire)
    first = {field.utype: ident for field, ident in reversed(list(zip(fields, idents))) if ident}
    return _Columns(opening, xml.take(), first)


def _head(columns: _Columns, meta: Meta, wire: Wire) -> str:
    xml = _Xml()
    xml.start("RESOURCE", type="results")
    if meta.description:
        xml.element("DESCRIPTION", meta.description)
    for info in (Info("QUERY_STATUS", "OK"), *meta.infos):
        _info(xml, info)
    xml.start("TABLE", name=meta.name)
    xml.newline()
    return columns.opening + xml.take() + columns.fields + _data_start(wire)


def open_document(xml: _Xml) -> None:
    """Write the declaration and the root's start tag."""
    xml.declaration()
    attributes = {
        "version": VERSION,
        "xmlns": NAMESPACE,
        "xmlns:xsi": _SCHEMA,
        "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}",
    }
    xml.start("VOTABLE", **attributes)
    xml.newline()


def _info(xml: _Xml, info: Info) -> None:
    # An empty value is legal, but an attribute that is left out is not.
    xml.element("INFO", info.text, name=info.name, value=info.value or " ")
    xml.newline()


def _idents(fields: Sequence[Field]) -> list[str]:
    """The ID of each column; empty where it has none."""
    taken = {attributes["ID"] for attributes in _FRAMES.values()}
    idents: list[str] = []
    for field in fields:
        # Readers take an ID for the column's name where there is one, so it is that name or nothing.
        idents.append(field.name if _XML_NAME.fullmatch(field.name) and field.name not in taken else "")
        taken.add(idents[-1])
    return idents


def _field(xml: _Xml, field: Field, ident: str, wire: Wire) -> None:
    frame = frame_of(field)
    xml.start(
        "FIELD",
        ID=ident,
        name=field.name,
        datatype=field.datatype,
        arraysize=(field.arraysize if field.arraysize.endswith("*") else "*") if field.is_text else field.arraysize,
        xtype=field.xtype,
        unit=field.unit,
        ucd=field.ucd,
        utype=field.utype,
        ref=_FRAMES[frame]["ID"] if frame else "",
    )
    if field.description:
        xml.element("DESCRIPTION", field.description)
    null = null_value(field)
    if wire is Wire.BINARY and null is not None:
        xml.element("VALUES", null=str(null))
    xml.end("FIELD")
    xml.newline()


def _data_start(wire: Wire) -> str:
    if wire is Wire.TABLEDATA:
        return "<DATA><TABLEDATA>\n"
    return f'<DATA><{_SERIALIZATIONS[wire]}><STREAM encoding="base64">\n'


def _tail(columns: _Columns, meta: Meta, wire: Wire, overflow: bool, failure: ObsCoreError | None) -> str:
    end = "</TABLEDATA>" if wire is Wire.TABLEDATA else f"</STREAM></{_SERIALIZATIONS[wire]}>"
    xml = _Xml()
    if failure is not None:
        _info(xml, Info("QUERY_STATUS", "ERROR", str(failure)))
    elif overflow:
        _info(xml, Info("QUERY_STATUS", "OVERFLOW", "There are more rows than MAXREC let through"))
    services = "".join(
        _service(service, columns.idents[service.utype]) for service in meta.services if service.utype in columns.idents
    )
    return f"{end}</DATA></TABLE>\n{xml.take()}</RESOURCE>\n{services}</VOTABLE>\n"


@lru_cache(maxsize=64)
def _service(service: Service, column: str) -> str:
    """The descriptor of a service (DataLink 1.1, section 4.1) for the first column that holds its parameter."""
    xml = _Xml()
    xml.start("RESOURCE", type="meta", utype="adhoc:service", name=service.name)
    for name, value in (
        ("standardID", service.standard_id),
        ("accessURL", service.access_url),
        ("contentType", service.content_type),
    ):
        xml.element("PARAM", name=name, datatype="char", arraysize="*", value=value)
    xml.start("GROUP", name="inputParams")
    xml.element("PARAM", name=service.parameter, datatype="char", arraysize="*", value="", ref=column)
    xml.end("GROUP")
    xml.end("RESOURCE")
    xml.newline()
    return xml.take()
