"""DataLink 1.1: what there is about a published data product beside its row, at ``/datalink/links``.

Only products that stand in ``ivoa.obscore`` have links; all other identifiers are answered alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response
from psycopg.rows import dict_row

from ..dali.capabilities import endpoints_document
from ..dali.documents import availability
from ..dali.parameters import Parameters
from ..errors import ParameterError
from ..formats import Info, MemorySource, Meta, for_responseformat
from ..formats.datalink import CONTENT_TYPE, FIELDS, RESPONSE_FORMATS, STANDARD_ID, Link, not_found
from . import http
from .did import DID
from .service import TapService
from .settings import VoSettings

#: Identifiers of one request that are answered; OVERFLOW tells a client to ask again for the others.
MOST_IDS = 1000
_COLUMNS = "obs_publisher_did, access_url, access_format, data_rights, dataproduct_type, recid"
_SQL = f"SELECT {_COLUMNS} FROM ivoa.obscore WHERE lower(obs_publisher_did) = ANY(%s)"  # noqa: S608 - no user's text
#: Kinds of products that no picture is drawn of.
_WITHOUT_PICTURE = frozenset({None, "visibility", "measurements"})
_PNG = "image/png"


def add_routes(blueprint: Blueprint, service: TapService, base_url: Callable[[], str]) -> None:
    """Add ``/datalink/links`` and what describes it.

    Parameters
    ----------
    base_url
        Gives the public address above ``/datalink``.
    """

    @blueprint.route("/datalink/links", methods=["GET", "POST"])
    def links() -> Response:
        body = _table(service, http.parameters())
        return Response(body, content_type=CONTENT_TYPE)

    @blueprint.get("/datalink/capabilities")
    def links_capabilities() -> Response:
        base = f"{base_url()}/datalink"
        return Response(endpoints_document(_endpoints(base)), content_type="text/xml")

    @blueprint.get("/datalink/availability")
    def links_availability() -> Response:
        reason = service.available()
        document = availability(available=not reason, up_since=service.up_since, note=reason)
        return Response(document, content_type="text/xml")


def _endpoints(base: str) -> dict[str, str]:
    return {
        "ivo://ivoa.net/std/VOSI#capabilities": f"{base}/capabilities",
        "ivo://ivoa.net/std/VOSI#availability": f"{base}/availability",
        STANDARD_ID: f"{base}/links",
    }


def _table(service: TapService, asked: Parameters) -> bytes:
    """The answer; every identifier has its rows one after another, in the order of the request."""
    wanted = asked.one("RESPONSEFORMAT") or ""
    if wanted.partition(";")[0].strip().lower() not in RESPONSE_FORMATS:
        raise ParameterError("links are given as VOTable only", parameter="RESPONSEFORMAT", remedy="leave it out")
    every = list(dict.fromkeys(asked.all("ID")))
    identifiers = every[:MOST_IDS]
    rows = _rows(service, identifiers)
    found = (link.cells for one in identifiers for link in _links(one, rows.get(one.lower()), service.settings))
    source = MemorySource(FIELDS, found, overflow=len(every) > MOST_IDS)
    meta = Meta((Info("standardID", STANDARD_ID),), name="links")
    return b"".join(for_responseformat("votable/td").stream(source, meta))


def _rows(service: TapService, identifiers: list[str]) -> dict[str, dict[str, Any]]:
    """Published rows by their identifiers in lower case; identifiers have no case."""
    ours = [identifier.lower() for identifier in identifiers if DID.fullmatch(identifier)]
    if not ours:
        return {}
    with service.queries.connections.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {row["obs_publisher_did"].lower(): row for row in cursor.execute(_SQL, [ours])}


def _links(identifier: str, row: Mapping[str, Any] | None, settings: VoSettings) -> Iterator[Link]:
    if row is None:
        yield not_found(identifier)
        return
    public = row["data_rights"] in (None, "public")
    auth, kind = "false" if public else "true", row["dataproduct_type"]
    if row["access_url"]:
        yield Link(
            identifier, row["access_url"], description="The data", content_type=row["access_format"],
            content_qualifier=kind and f"#{kind}", link_auth=auth, link_authorized=public,
        )  # fmt: skip
    if row["recid"] and settings.site_url:
        yield from _about(identifier, row, settings, with_files=public)


def _about(identifier: str, row: Mapping[str, Any], settings: VoSettings, *, with_files: bool) -> Iterator[Link]:
    """The record's page; what is drawn and read of the file, where everybody may have the file itself."""
    recid = quote(row["recid"], safe="")
    open_to_all: dict[str, Any] = {"link_auth": "false", "link_authorized": True}
    page, products = f"{settings.site_url}/records/{recid}", f"{settings.api_url}/records/{recid}/obscore"
    did = quote(row["obs_publisher_did"], safe="")
    if with_files and settings.previews and row["dataproduct_type"] not in _WITHOUT_PICTURE:
        for semantics, size, words in (
            ("#preview", "large", "A picture of the data with its axes"),
            ("#thumbnail", "thumbnail", "A small picture of the data"),
        ):
            address = f"{products}/preview?did={did}&size={size}"
            yield Link(identifier, address, description=words, semantics=semantics, content_type=_PNG, **open_to_all)
    if with_files:
        address, words = f"{products}/header?did={did}", "The FITS headers as JSON"
        yield Link(
            identifier, address, description=words, semantics="#detached-header",
            content_type="application/json", **open_to_all,
        )  # fmt: skip
    words = "The record's page: description, licence, how to cite it, all its files"
    yield Link(identifier, page, description=words, semantics="#documentation", content_type="text/html", **open_to_all)
