"""OAI-PMH 2.0 as a publishing registry speaks it (RegistryInterfaces 1.1, section 3): requests in, documents out.

Lists are read in the order of datestamp and identifier; a resumption token says where the next part begins and holds
nothing else that anybody must keep. A list ends where its first part was asked for: what changes in between comes with
the next harvest. So nothing is missed, and nothing comes twice.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from ..dali.documents import text
from .voresource import instant

NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
MANAGED = "ivo_managed"
IVO_VOR, OAI_DC = "ivo_vor", "oai_dc"
#: Prefix → schema, namespace.
FORMATS = {
    IVO_VOR: ("http://www.ivoa.net/xml/RegistryInterface/v1.0", "http://www.ivoa.net/xml/RegistryInterface/v1.0"),
    OAI_DC: ("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LISTED = frozenset({"metadataPrefix", "from", "until", "set", "resumptionToken"})
#: Verb → arguments that it may have, and those that it must have.
_ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset({"identifier"}), frozenset()),
    "ListSets": (frozenset({"resumptionToken"}), frozenset()),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset({"identifier", "metadataPrefix"})),
    "ListIdentifiers": (_LISTED, frozenset({"metadataPrefix"})),
    "ListRecords": (_LISTED, frozenset({"metadataPrefix"})),
}


class OaiError(Exception):
    """An error condition of OAI-PMH (section 3.6): it is part of an answer, whose status is 200."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Record:
    """One entry of the registry; without a document it was deleted."""

    identifier: str
    datestamp: datetime
    document: str | None


@dataclass(frozen=True)
class Request:
    """A request that is legal.

    Attributes
    ----------
    begin, end
        Of the datestamps that are asked for; ``end`` is excluded. None where the request says nothing.
    after
        Datestamp and identifier of the last entry that the harvester has.
    done, total
        How many entries the harvester has, and how many the list has (0: not counted yet).
    """

    verb: str
    prefix: str = ""
    identifier: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    after: tuple[datetime, str] | None = None
    done: int = 0
    total: int = 0


# ------------------------------------------------------------------------------------------------------------ requests
def legal(arguments: Sequence[tuple[str, str]], prefixes: Container[str]) -> dict[str, str]:
    """The arguments of a request by name, if the protocol allows them (sections 2.5, 3.1.1 and 4).

    Parameters
    ----------
    prefixes
        Names of the metadata formats that there are.

    Raises
    ------
    OaiError
        With OAI-PMH's code.
    """
    given = dict(arguments)
    verb = given.get("verb", "")
    if verb not in _ARGUMENTS or sum(name == "verb" for name, _ in arguments) != 1:
        raise OaiError("badVerb", f"verb must be one of {', '.join(_ARGUMENTS)}, once")
    if len(arguments) != len(given):
        raise OaiError("badArgument", "an argument is repeated")
    allowed, required = _ARGUMENTS[verb]
    names = set(given) - {"verb"}
    if unknown := names - allowed:
        raise OaiError("badArgument", f"{verb} has no argument {sorted(unknown)[0][:40]!r}")
    if "resumptionToken" in names:
        if len(names) > 1:
            raise OaiError("badArgument", "resumptionToken stands alone")
        return given
    if missing := required - names:
        raise OaiError("badArgument", f"{verb} needs {sorted(missing)[0]}")
    if given.get("metadataPrefix", "") not in prefixes and "metadataPrefix" in names:
        raise OaiError("cannotDisseminateFormat", "there is no such metadataPrefix: ask ListMetadataFormats")
    if "\0" in given.get("identifier", ""):
        raise OaiError("idDoesNotExist", "no identifier has such a character")
    span(given)
    return given


def span(given: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The datestamps that are asked for; the second one is the first moment after them. None where nothing is said.

    Raises
    ------
    OaiError
        One is no date, they differ in granularity, or they are the wrong way round.
    """
    begin, end = given.get("from"), given.get("until")
    if begin and end and len(begin) != len(end):
        raise OaiError("badArgument", "from and until must have the same granularity")
    moments = _moment(begin)[0] if begin is not None else None, _end(end)
    if moments[0] and moments[1] and moments[0] >= moments[1]:
        raise OaiError("badArgument", "from is later than until")
    return moments


def parse(arguments: Sequence[tuple[str, str]]) -> Request:
    """Check the arguments of a request to the publishing registry.

    Raises
    ------
    OaiError
        With OAI-PMH's code.
    """
    given = legal(arguments, FORMATS)
    verb = given["verb"]
    if "resumptionToken" in given:
        return _resumed(verb, given["resumptionToken"])
    if given.get("set", MANAGED) != MANAGED:
        raise OaiError("noRecordsMatch", f"the only set is {MANAGED}")
    begin, end = span(given)
    return Request(verb, given.get("metadataPrefix", ""), given.get("identifier", ""), begin=begin, end=end)


def _end(stamp: str | None) -> datetime | None:
    """The first moment after ``until``, which includes its whole day or second."""
    if stamp is None:
        return None
    moment, length = _moment(stamp)
    return moment + length


def _moment(stamp: str) -> tuple[datetime, timedelta]:
    """A datestamp, and how long it lasts."""
    for pattern, format_, length in (
        (_DAY, "%Y-%m-%d", timedelta(days=1)),
        (_SECOND, "%Y-%m-%dT%H:%M:%SZ", timedelta(seconds=1)),
    ):
        if pattern.fullmatch(stamp):
            try:
                return datetime.strptime(stamp, format_).replace(tzinfo=UTC), length
            except ValueError:
                break
    raise OaiError("badArgument", f"{stamp[:40]!r} is no date of the form YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def token(request: Request) -> str:
    """Everything about a list that goes on."""
    after = [request.after[0].isoformat(), request.after[1]] if request.after else None
    values = [
        request.prefix,
        request.begin.isoformat() if request.begin else None,
        request.end.isoformat() if request.end else None,
        after,
        request.done,
        request.total,
    ]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def _resumed(verb: str, given: str) -> Request:
    try:
        prefix, begin, end, after, done, total = json.loads(base64.urlsafe_b64decode(given.encode("ascii", "strict")))
        request = Request(
            verb,
            _plain(prefix),
            begin=datetime.fromisoformat(begin) if begin else None,
            end=datetime.fromisoformat(end),
            after=(datetime.fromisoformat(after[0]), _plain(after[1])),
            done=int(done),
            total=int(total),
        )
        aware = all(m is None or m.tzinfo for m in (request.begin, request.end, request.after and request.after[0]))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, binascii.Error, OverflowError):
        aware, request = False, Request(verb)
    if not aware or request.prefix not in FORMATS or verb not in ("ListRecords", "ListIdentifiers"):
        raise OaiError("badResumptionToken", "this is no token of this registry")
    return request


def _plain(value: object) -> str:
    """A text that a database takes, of a token that anybody may have written."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text, or one with NUL")
    value.encode()  # no lone surrogates either: UnicodeEncodeError is a ValueError
    return value


def following(request: Request, page: Sequence[Record], total: int) -> Request:
    """The request for what comes after a page."""
    last = page[-1]
    return replace(request, after=(last.datestamp, last.identifier), done=request.done + len(page), total=total)


def ending(request: Request, end: datetime) -> Request:
    """The request with the end of its list."""
    return replace(request, end=end)


def from_the_start(request: Request) -> Request:
    """The request for the whole list."""
    return replace(request, after=None)


# ----------------------------------------------------------------------------------------------------------- documents
def envelope(url: str, now: datetime, arguments: Mapping[str, str], body: str) -> bytes:
    """The document around an answer; ``arguments`` are empty where the request was not legal (section 3.2)."""
    attributes = "".join(f" {name}={quoteattr(text(value))}" for name, value in arguments.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<OAI-PMH xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{NAMESPACE} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">'
        f"<responseDate>{instant(now)}</responseDate>"
        f"<request{attributes}>{escape(url)}</request>{body}</OAI-PMH>\n"
    ).encode()


def error(problem: OaiError) -> str:
    """The element of an error."""
    return f'<error code="{problem.code}">{escape(text(str(problem)))}</error>'


def identify(name: str, url: str, email: str, earliest: datetime, registry_document: str) -> str:
    """Identify, with the registry's own record (RegistryInterfaces 1.1, section 3.1.5)."""
    return (
        f"<Identify><repositoryName>{escape(name)}</repositoryName><baseURL>{escape(url)}</baseURL>"
        f"<protocolVersion>2.0</protocolVersion><adminEmail>{escape(email)}</adminEmail>"
        f"<earliestDatestamp>{instant(earliest)}</earliestDatestamp><deletedRecord>persistent</deletedRecord>"
        f"<granularity>YYYY-MM-DDThh:mm:ssZ</granularity><description>{registry_document}</description></Identify>"
    )


def list_sets() -> str:
    """The one set."""
    return (
        f"<ListSets><set><setSpec>{MANAGED}</setSpec>"
        "<setName>Resources whose authority this registry manages</setName></set></ListSets>"
    )


def list_formats() -> str:
    """The formats, which every record has."""
    formats = "".join(
        f"<metadataFormat><metadataPrefix>{prefix}</metadataPrefix><schema>{schema}</schema>"
        f"<metadataNamespace>{namespace}</metadataNamespace></metadataFormat>"
        for prefix, (schema, namespace) in FORMATS.items()
    )
    return f"<ListMetadataFormats>{formats}</ListMetadataFormats>"


def get_record(record: Record, prefix: str) -> str:
    """One record."""
    return f"<GetRecord>{_record(record, prefix)}</GetRecord>"


def list_records(request: Request, page: Sequence[Record], resumption: str) -> str:
    """A part of a list; ``resumption`` is an element or empty."""
    if request.verb == "ListIdentifiers":
        inner = "".join(_header(record) for record in page)
    else:
        inner = "".join(_record(record, request.prefix) for record in page)
    return f"<{request.verb}>{inner}{resumption}</{request.verb}>"


def resumption_token(request: Request, total: int, value: str) -> str:
    """The element; its text is empty in the last part."""
    return f'<resumptionToken completeListSize="{total}" cursor="{request.done}">{escape(value)}</resumptionToken>'


def _header(record: Record) -> str:
    status = ' status="deleted"' if record.document is None else ""
    return (
        f"<header{status}><identifier>{escape(record.identifier)}</identifier>"
        f"<datestamp>{instant(record.datestamp)}</datestamp><setSpec>{MANAGED}</setSpec></header>"
    )


def _record(record: Record, prefix: str) -> str:
    if record.document is None:
        return f"<record>{_header(record)}</record>"
    document = record.document if prefix == IVO_VOR else dublin_core(record.document)
    return f"<record>{_header(record)}<metadata>{document}</metadata></record>"


#: Element of Dublin Core → paths in VOResource.
_DUBLIN_CORE = (
    ("title", ("title",)),
    ("creator", ("curation/creator/name",)),
    ("subject", ("content/subject",)),
    ("description", ("content/description",)),
    ("publisher", ("curation/publisher",)),
    ("contributor", ("curation/contributor",)),
    ("date", ("curation/date",)),
    ("type", ("content/type",)),
    ("identifier", ("identifier", "altIdentifier", "content/referenceURL")),
    ("source", ("content/source",)),
    ("rights", ("rights",)),
)


def dublin_core(document: str) -> str:
    """The same resource as simple Dublin Core."""
    root = etree.fromstring(document)
    parts = "".join(
        f"<dc:{name}>{escape(element.text or '')}</dc:{name}>"
        for name, paths in _DUBLIN_CORE
        for path in paths
        for element in root.iterfind(path)
    )
    return (
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{parts}</oai_dc:dc>'
    )


def merged(pages: Iterable[Sequence[Record]], limit: int) -> list[Record]:
    """The first records of several lists in the order of datestamp and identifier."""
    together = [record for page in pages for record in page]
    return sorted(together, key=lambda record: (record.datestamp, record.identifier))[:limit]
