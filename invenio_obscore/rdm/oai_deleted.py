"""InvenioRDM's OAI-PMH server as an incremental harvest needs it: nothing missed, nothing twice, deletions told.

InvenioRDM 14 leaves tombstones out of its lists and fails where one is asked for. Here both answer with a header whose
status is ``deleted`` (OAI-PMH 2.0, section 2.5.1). Tombstones of records that were restricted are not told of, and
neither are records that were restricted later: hence ``transient``. Lists tell of some seconds ago, since a record has
its datestamp some moments before the search finds it, and whoever asked in between would miss it for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, current_app
from invenio_oaiserver import response
from invenio_oaiserver.percolator import sets_search_all
from invenio_oaiserver.provider import OAIIDProvider
from invenio_oaiserver.proxies import current_oaiserver
from invenio_oaiserver.query import get_records
from invenio_oaiserver.utils import about_serializer, datetime_to_datestamp, serializer
from invenio_oaiserver.verbs import make_request_validator
from invenio_oaiserver.views.server import use_args
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_rdm_records.oai import getrecord_fetcher
from invenio_rdm_records.services.errors import RecordDeletedException
from invenio_search import RecordsSearch
from invenio_search.engine import dsl
from lxml import etree

from .visibility import PUBLIC

Element = Any
#: The search's refresh interval, and some.
SETTLED_AFTER = timedelta(seconds=3)
_VIEW = "invenio_oaiserver.response"
_THEIR_SEARCH = "invenio_rdm_records.oai:OAIRecordSearch"
_THEIR_FETCHER = "invenio_rdm_records.oai:getrecord_fetcher"


class PublicRecordSearch(RecordsSearch):
    """Public records and the tombstones of such (``OAISERVER_SEARCH_CLS``)."""

    class Meta:
        """InvenioRDM's filters but for the one that leaves tombstones out."""

        default_filter = (
            dsl.Q("exists", field="pids.oai.identifier"),
            dsl.Q("term", **{"access.record": PUBLIC}),
        )


def fetch_record(record_uuid: Any) -> Any:  # noqa: ANN401
    """A record as the search has it (``OAISERVER_GETRECORD_FETCHER``), a tombstone too.

    Raises
    ------
    PIDDoesNotExistError
        It is restricted, or was when it was deleted.
    """
    try:
        return getrecord_fetcher(record_uuid)
    except RecordDeletedException as error:
        if error.record.access.protection.record != PUBLIC:
            raise PIDDoesNotExistError("oai", None) from error
        return error.record.dumps()


def configure(app: Flask) -> None:
    """Let the server see tombstones, where search and fetcher are InvenioRDM's own."""
    from invenio_app_rdm import config as defaults

    for name, theirs, ours in (
        ("OAISERVER_SEARCH_CLS", _THEIR_SEARCH, PublicRecordSearch),
        ("OAISERVER_GETRECORD_FETCHER", _THEIR_FETCHER, fetch_record),
    ):
        if app.config.get(name, getattr(defaults, name)) == theirs:
            app.config[name] = f"{__name__}:{ours.__name__}"


def finalize(app: Flask) -> None:
    """Answer at ``/oai2d`` in place of the server's own view; its errors and arguments stay."""
    if _VIEW in app.view_functions:
        app.view_functions[_VIEW] = use_args(make_request_validator)(_answer)
        app.after_request_funcs.setdefault(_VIEW.partition(".")[0], []).append(_told)


def _told(answer: Response) -> Response:
    """An error of OAI-PMH is an answer (section 3.6); harvesters give up at the server's own status 422."""
    if answer.status_code == 422 and answer.mimetype == "text/xml":
        answer.status_code = 200
    return answer


def _answer(arguments: dict[str, Any]) -> Response:
    verb = arguments["verb"]
    tree = _VERBS.get(verb, getattr(response, verb.lower()))(**arguments)
    document = etree.tostring(tree, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return current_app.response_class(document, content_type="text/xml")


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
        arguments = {**arguments, "until": min(_aware(arguments.get("until", now)), now)}
    found = get_records(**arguments)
    records = list(found.items)
    for record, sets in zip(records, sets_search_all([record["json"]["_source"] for record in records])):
        pid = current_oaiserver.oaiid_fetcher(record["id"], record["json"]["_source"])
        write(parent, pid, record["json"], record["updated"], sets)
    # The server's own rule adds an empty part behind a list that fills its last part.
    found.has_next = found.page * found.per_page < found.total
    response.resumption_token(parent, found, **arguments)
    return tree


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _header(parent: Element, pid: Any, found: Any, datestamp: Any, sets: Sequence[str]) -> None:  # noqa: ANN401
    response.header(parent, pid.pid_value, datestamp, sets, deleted=_is_tombstone(found))


def _is_tombstone(found: Any) -> bool:  # noqa: ANN401 - a hit of the search
    return bool(found["_source"].get("is_deleted"))


def _writer(prefix: str) -> Callable[..., None]:
    """Writes records in a format."""
    serialize, about = serializer(prefix), about_serializer(prefix)

    def write(parent: Element, pid: Any, found: Any, datestamp: Any, sets: Sequence[str]) -> None:  # noqa: ANN401
        record = etree.SubElement(parent, f"{{{response.NS_OAIPMH}}}record")
        _header(record, pid, found, datestamp, sets)
        if _is_tombstone(found):
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
