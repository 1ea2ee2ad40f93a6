"""InvenioRDM's OAI-PMH server as an incremental harvest needs it: nothing missed, nothing twice, deletions told.

InvenioRDM 14 leaves tombstones out of its lists and fails where one is asked for. Here both answer with a header whose
status is ``deleted`` (OAI-PMH 2.0, section 2.5.1), and so do records that were public and are restricted now
(:mod:`.withdrawal`). Of records that never were public nothing is told. Lists tell of some seconds ago, since a record
has its datestamp some moments before the search finds it, and whoever asked in between would miss it for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from flask import Flask, Response, current_app, request
from invenio_oaiserver import response
from invenio_oaiserver.errors import OAINoRecordsMatchError
from invenio_oaiserver.fetchers import set_records_query_fetcher
from invenio_oaiserver.percolator import sets_search_all
from invenio_oaiserver.provider import OAIIDProvider
from invenio_oaiserver.proxies import current_oaiserver
from invenio_oaiserver.query import get_records
from invenio_oaiserver.utils import about_serializer, datetime_to_datestamp, serializer
from invenio_oaiserver.verbs import make_request_validator
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_rdm_records.oai import getrecord_fetcher
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_rdm_records.services.errors import RecordDeletedException
from invenio_search import RecordsSearch
from invenio_search.engine import dsl
from itsdangerous import BadSignature
from lxml import etree
from marshmallow import ValidationError
from opensearchpy.exceptions import NotFoundError

from ..dali.documents import text
from ..registry import oai
from ..registry.oai import OaiError
from . import withdrawal
from .visibility import PUBLIC

Element = Any
#: The search's refresh interval, and some.
SETTLED_AFTER = timedelta(seconds=3)
_VIEW = "invenio_oaiserver.response"
_THEIR_SEARCH = "invenio_rdm_records.oai:OAIRecordSearch"
_THEIR_FETCHER = "invenio_rdm_records.oai:getrecord_fetcher"
_THEIR_SETS = "invenio_oaiserver.fetchers:set_records_query_fetcher"
_IS_PUBLIC = dsl.Q("term", **{"access.record": PUBLIC})
_WHEN, _SETS = f"custom_fields.{withdrawal.WHEN}", f"custom_fields.{withdrawal.SETS}"


class PublicRecordSearch(RecordsSearch):
    """Public records, the tombstones of such, and what was public (``OAISERVER_SEARCH_CLS``)."""

    class Meta:
        """InvenioRDM's filters but for the one that leaves tombstones out."""

        default_filter = (
            dsl.Q("exists", field="pids.oai.identifier"),
            _IS_PUBLIC | dsl.Q("exists", field=_WHEN),
        )

    def filter(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """A range of datestamps: what was withdrawn has that moment's, whatever becomes of it since."""
        span = kwargs.get(current_oaiserver.last_update_key) if args == ("range",) else None
        if span is None:
            return super().filter(*args, **kwargs)
        stamps = {limit: datetime_to_datestamp(moment) for limit, moment in span.items()}
        if "lte" in span:
            # Datestamps are whole seconds, the search's dates are finer: the last second belongs to the list.
            span = {**span, "lte": span["lte"] + timedelta(microseconds=999_999)}
        within = dsl.Q("range", **{current_oaiserver.last_update_key: span})
        return super().filter((within & _IS_PUBLIC) | dsl.Q("range", **{_WHEN: stamps}))


def set_query(spec: str) -> Any:  # noqa: ANN401
    """Records of a set (``OAISERVER_SET_RECORDS_QUERY_FETCHER``), and those that were in it when they were public."""
    return (set_records_query_fetcher(spec) & _IS_PUBLIC) | dsl.Q("term", **{_SETS: spec})


def fetch_record(record_uuid: Any) -> Any:  # noqa: ANN401
    """A record as the search has it (``OAISERVER_GETRECORD_FETCHER``), also a tombstone and what was public once.

    Raises
    ------
    PIDDoesNotExistError
        It is restricted, or was when it was deleted, and never was public.
    """
    try:
        return getrecord_fetcher(record_uuid)
    except RecordDeletedException as error:
        record = error.record
        told = record.access.protection.record == PUBLIC or withdrawal.told(record)
    except PIDDoesNotExistError:
        record = current_rdm_records_service.record_cls.get_record(record_uuid)
        told = withdrawal.told(record)
    if not told:
        raise PIDDoesNotExistError("oai", None)
    return record.dumps()


def configure(app: Flask) -> None:
    """Let the server see what is deleted, where search and fetchers are InvenioRDM's own."""
    from invenio_app_rdm import config as defaults

    for name, theirs, ours in (
        ("OAISERVER_SEARCH_CLS", _THEIR_SEARCH, PublicRecordSearch),
        ("OAISERVER_GETRECORD_FETCHER", _THEIR_FETCHER, fetch_record),
        ("OAISERVER_SET_RECORDS_QUERY_FETCHER", _THEIR_SETS, set_query),
    ):
        if app.config.get(name, getattr(defaults, name, theirs)) == theirs:
            app.config[name] = f"{__name__}:{ours.__name__}"


def finalize(app: Flask) -> None:
    """Answer at ``/oai2d`` in place of the server's own view."""
    if _VIEW in app.view_functions:
        app.view_functions[_VIEW] = _view


def _view() -> Response:
    """An answer, by GET or POST; errors are answers too (section 3.6): harvesters give up at a status of 422."""
    given = list(chain(request.args.items(multi=True), request.form.items(multi=True)))
    try:
        arguments = oai.legal(given, current_app.config["OAISERVER_METADATA_FORMATS"])
        tree = _tree(arguments)
    except OaiError as problem:
        arguments = {} if problem.code in ("badVerb", "badArgument") else dict(given)
        tree = response.error([(problem.code, str(problem))])
    asked = tree.getroot().find(f"{{{response.NS_OAIPMH}}}request")
    asked.attrib.clear()
    asked.attrib.update({name: text(value) for name, value in arguments.items()})
    document = etree.tostring(tree, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return current_app.response_class(document, content_type="text/xml")


#: What the server raises → OAI-PMH's code, and words.
_CODES: dict[type[Exception], tuple[str, str]] = {
    PIDDoesNotExistError: ("idDoesNotExist", "no record has this identifier"),
    OAINoRecordsMatchError: ("noRecordsMatch", "no record has such a datestamp or is in such a set"),
    # A token that is forged or too old, or whose snapshot the search has dropped since.
    BadSignature: ("badResumptionToken", "this is no token of this repository, or it has expired"),
    NotFoundError: ("badResumptionToken", "this is no token of this repository, or it has expired"),
    ValidationError: ("badArgument", "an argument has no such value"),
}


def _tree(given: dict[str, str]) -> Element:
    verb = given["verb"]
    try:
        arguments = make_request_validator(request).load(given)
        begin, end = oai.span(given)
        if begin:
            arguments["from"] = begin
        if end:
            arguments["until"] = end - timedelta(seconds=1)
        return _VERBS.get(verb, getattr(response, verb.lower()))(**arguments)
    except tuple(_CODES) as error:
        raise OaiError(*next(said for kind, said in _CODES.items() if isinstance(error, kind))) from error


def _identify(**arguments: Any) -> Element:  # noqa: ANN401
    # The site's name may be a text that is translated when it is needed, which the server cannot write.
    name = "OAISERVER_REPOSITORY_NAME"
    current_app.config[name] = str(current_app.config[name])
    tree = response.identify(**arguments)
    if current_oaiserver.search_cls is PublicRecordSearch:
        tree.getroot().find(f".//{{{response.NS_OAIPMH}}}deletedRecord").text = "transient"
    return tree


def _get_record(**arguments: Any) -> Element:  # noqa: ANN401
    write = _writer(arguments["metadataPrefix"])
    pid = OAIIDProvider.get(pid_value=arguments["identifier"]).pid
    source = current_oaiserver.record_fetcher(pid.object_uuid)
    tree, parent = response.verb(**arguments)
    sets = current_oaiserver.record_sets_fetcher(source)
    write(parent, pid, {"_source": source}, source["updated"], sets)
    return tree


def _list_records(**arguments: Any) -> Element:  # noqa: ANN401
    return _list(arguments, _writer((arguments.get("resumptionToken") or arguments)["metadataPrefix"]))


def _list_identifiers(**arguments: Any) -> Element:  # noqa: ANN401
    return _list(arguments, _header)


def _list(arguments: dict[str, Any], write: Callable[..., None]) -> Element:
    """A part of a list, each of its records written by ``write``."""
    now = (datetime.now(UTC) - SETTLED_AFTER).replace(microsecond=0)
    tree, parent = response.verb(**arguments)
    tree.getroot().find(f"{{{response.NS_OAIPMH}}}responseDate").text = datetime_to_datestamp(now)
    if "resumptionToken" not in arguments:
        # Without it a list goes on from the search's snapshot.
        arguments = {**arguments, "until": min(arguments.get("until", now), now)}
    found = get_records(**arguments)
    records = list(found.items)
    for record, sets in zip(records, sets_search_all([record["json"]["_source"] for record in records])):
        pid = current_oaiserver.oaiid_fetcher(record["id"], record["json"]["_source"])
        write(parent, pid, record["json"], record["updated"], sets)
    # The server's own rule adds an empty part behind a list that fills its last part.
    found.has_next = found.page * found.per_page < found.total
    response.resumption_token(parent, found, **arguments)
    return tree


def _header(parent: Element, pid: Any, found: Any, datestamp: Any, sets: Sequence[str]) -> None:  # noqa: ANN401
    left = withdrawal.told(found["_source"]) or (datestamp, sets)
    response.header(parent, pid.pid_value, *left, deleted=_is_deleted(found))


def _is_deleted(found: Any) -> bool:  # noqa: ANN401 - a hit of the search
    return bool(found["_source"].get("is_deleted") or withdrawal.told(found["_source"]))


def _writer(prefix: str) -> Callable[..., None]:
    """Writes records in a format."""
    serialize, about = serializer(prefix), about_serializer(prefix)

    def write(parent: Element, pid: Any, found: Any, datestamp: Any, sets: Sequence[str]) -> None:  # noqa: ANN401
        record = etree.SubElement(parent, f"{{{response.NS_OAIPMH}}}record")
        _header(record, pid, found, datestamp, sets)
        if _is_deleted(found):
            return
        parts = {"metadata": serialize(pid, found), "about": about(pid, found) if about else None}
        for name, content in parts.items():
            if content is not None:
                etree.SubElement(record, f"{{{response.NS_OAIPMH}}}{name}").append(content)

    return write


_VERBS: dict[str, Callable[..., Element]] = {
    "Identify": _identify,
    "GetRecord": _get_record,
    "ListRecords": _list_records,
    "ListIdentifiers": _list_identifiers,
}
