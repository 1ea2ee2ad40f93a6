"""The publishing registry: ``/oai`` (RegistryInterfaces 1.1, OAI-PMH 2.0)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain

from flask import Blueprint, Response, current_app, request

from ..db.registry_harvest import RegistryStore
from ..registry import oai, obscore_xml
from ..registry.facts import Site, site
from ..registry.oai import OaiError, Record, Request
from .oai_records import PAGE_SIZE, Addresses, own_records, registry_document
from .service import TapService

#: A change has its datestamp some moments before anybody can see it: answers tell how things were this long ago.
SETTLED_AFTER = timedelta(seconds=3)


class Registry:
    """Answers requests from the table of resources and from the registry's own records."""

    def __init__(self, service: TapService, store: RegistryStore, facts: Site, addresses: Addresses) -> None:
        self._service = service
        self._store = store
        self._site = facts
        self._addresses = addresses

    def answer(self, asked: Request, now: datetime) -> str:
        """The element that answers a request.

        Raises
        ------
        OaiError
            As OAI-PMH says it.
        """
        return {
            "Identify": self._identify,
            "ListSets": lambda asked, now: oai.list_sets(),
            "ListMetadataFormats": self._formats,
            "GetRecord": self._record,
            "ListIdentifiers": self._list,
            "ListRecords": self._list,
        }[asked.verb](asked, now)

    def _identify(self, asked: Request, now: datetime) -> str:
        established = self._store.established()
        document = registry_document(self._site, established, self._addresses)
        return oai.identify(self._site.name, self._addresses.oai, self._site.email, established.created, document)

    def _formats(self, asked: Request, now: datetime) -> str:
        if asked.identifier:
            self._find(asked.identifier)
        return oai.list_formats()

    def _record(self, asked: Request, now: datetime) -> str:
        return oai.get_record(self._find(asked.identifier), asked.prefix)

    def _find(self, identifier: str) -> Record:
        if "\x00" in identifier:
            raise OaiError("idDoesNotExist", "no resource has this identifier")
        own = own_records(self._site, self._store.established(), self._service, self._addresses)
        wanted = identifier.lower()
        found = next((record for record in own if record.identifier.lower() == wanted), None)
        found = found or self._store.get(identifier)
        if found is None:
            raise OaiError("idDoesNotExist", "no resource has this identifier")
        return found

    def _list(self, asked: Request, now: datetime) -> str:
        # The first part decides where the list ends.
        end = min(asked.end, now) if asked.end else now
        asked = oai.ending(asked, end)
        documents = asked.verb == "ListRecords"
        own = self._own(asked, end, documents=documents)
        stored = self._store.page(asked.begin, end, asked.after, PAGE_SIZE + 1, documents=documents)
        page = oai.merged((own, stored), PAGE_SIZE + 1)
        if not page:
            raise OaiError("noRecordsMatch", "nothing has such a datestamp")
        more, page = len(page) > PAGE_SIZE, page[:PAGE_SIZE]
        return oai.list_records(asked, page, self._resumption(asked, page, end, more=more))

    def _own(self, asked: Request, end: datetime, *, documents: bool) -> list[Record]:
        records = own_records(
            self._site, self._store.established(), self._service, self._addresses, documents=documents
        )
        after = asked.after
        return [
            record
            for record in records
            if (asked.begin is None or record.datestamp >= asked.begin)
            and record.datestamp < end
            and (after is None or (record.datestamp, record.identifier) > after)
        ]

    def _resumption(self, asked: Request, page: list[Record], end: datetime, *, more: bool) -> str:
        if not more and not asked.done:
            return ""
        total = asked.total or self._store.count(asked.begin, end) + len(self._own_in_all(asked, end))
        following = oai.following(asked, page, total)
        return oai.resumption_token(asked, total, oai.token(following) if more else "")

    def _own_in_all(self, asked: Request, end: datetime) -> list[Record]:
        return self._own(oai.from_the_start(asked), end, documents=False)


def add_routes(blueprint: Blueprint, service: TapService, base_url: Callable[[], str]) -> None:
    """Add ``/oai``, for GET and for forms by POST; ``base_url`` gives the public address above it."""
    store = RegistryStore(service.queries.connections.connection)

    def addresses() -> Addresses:
        base = base_url()
        return Addresses(oai=f"{base}/oai", tap=f"{base}/tap")

    @blueprint.route("/oai", methods=["GET", "POST"])
    def publishing_registry() -> Response:
        here = addresses()
        registry = Registry(service, store, site(current_app.config), here)
        given = list(chain(request.args.items(multi=True), request.form.items(multi=True)))
        return _answer(registry.answer, given, here.oai)

    @blueprint.get("/obscore.xsd")
    def obscore_schema() -> Response:
        return Response(obscore_xml.schema(), content_type="application/xml")


def _answer(answer: Callable[[Request, datetime], str], given: list[tuple[str, str]], url: str) -> Response:
    now = (datetime.now(UTC) - SETTLED_AFTER).replace(microsecond=0)
    arguments = dict(given)
    try:
        body = answer(oai.parse(given), now)
    except OaiError as problem:
        body = oai.error(problem)
        if problem.code in ("badVerb", "badArgument"):
            arguments = {}
    return Response(oai.envelope(url, now, arguments, body), content_type="text/xml; charset=utf-8")
