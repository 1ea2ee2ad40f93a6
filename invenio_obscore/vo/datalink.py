"""DataLink 1.1: what there is about a published data product beside its row, at ``/datalink/links``.

Only products that stand in ``ivoa.obscore`` have links; all other identifiers are answered alike. An identifier without
its last part (``ivo://authority/path?<recid>``) is that of a record, and has the data of all its products.
"""

from __future__ import annotations

from collections import defaultdict
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
from ..formats.datalink import CONTENT_TYPE, FIELDS, RESPONSE_FORMATS, STANDARD_ID, Link, not_found, too_many
from . import http
from .did import DID
from .service import TapService
from .settings import VoSettings

#: Identifiers of one request that are answered; OVERFLOW tells a client to ask again for the others.
MOST_IDS = 1000
#: Products of all the records of one request that are listed.
MOST_PRODUCTS = 10_000
_COLUMNS = "obs_publisher_did, access_url, access_format, access_bytes, data_rights, dataproduct_type, recid"
_SQL = f"SELECT {_COLUMNS} FROM ivoa.obscore WHERE "  # noqa: S608 - no user's text
_PRODUCTS = f"{_SQL} lower(obs_publisher_did) = ANY(%s)"
_RECORDS = f"{_SQL} recid = ANY(%s) ORDER BY recid, access_url, obs_publisher_did LIMIT {MOST_PRODUCTS + 1}"
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
    found = (link.cells for one in identifiers for link in _links(one, rows.get(one.lower(), []), service.settings))
    source = MemorySource(FIELDS, found, overflow=len(every) > MOST_IDS)
    meta = Meta((Info("standardID", STANDARD_ID),), name="links")
    return b"".join(for_responseformat("votable/td").stream(source, meta))


_Rows = list[dict[str, Any]]


def _rows(service: TapService, identifiers: list[str]) -> dict[str, _Rows | None]:
    """Published rows by identifiers in lower case, which have no case; None for records with too many."""
    given = {one.lower(): match for one in identifiers if (match := DID.fullmatch(one))}
    products = [one for one, match in given.items() if match["product"]]
    resource = service.settings.did_resource.lower()
    records = {
        match["recid"].lower(): one
        for one, match in given.items()
        if not match["product"] and match["resource"].lower() == resource
    }
    if not given:
        return {}
    found: dict[str, _Rows] = defaultdict(list)
    with service.queries.connections.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        if products:
            found |= {row["obs_publisher_did"].lower(): [row] for row in cursor.execute(_PRODUCTS, [products])}
        listed = cursor.execute(_RECORDS, [list(records)]).fetchall() if records else []
    for row in listed:
        found[records[row["recid"]]].append(row)
    return {**found, **dict.fromkeys(records.values())} if len(listed) > MOST_PRODUCTS else {**found}


def _links(identifier: str, rows: _Rows | None, settings: VoSettings) -> Iterator[Link]:
    if not rows:
        yield not_found(identifier) if rows is not None else too_many(identifier)
        return
    for row in rows:
        public = _is_public(row)
        kind = row["dataproduct_type"]
        if row["access_url"]:
            yield Link(
                identifier, row["access_url"], description="The data", content_type=row["access_format"],
                content_length=row["access_bytes"], content_qualifier=kind and f"#{kind}",
                link_auth="false" if public else "true", link_authorized=public,
            )  # fmt: skip
    row = rows[0]
    if row["recid"] and settings.site_url:
        with_files = len(rows) == 1 and _is_public(row)
        yield from _about(identifier, row, settings, with_files=with_files)


def _is_public(row: Mapping[str, Any]) -> bool:
    return row["data_rights"] in (None, "public")


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
