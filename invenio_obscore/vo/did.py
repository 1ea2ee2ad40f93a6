"""Where an ``obs_publisher_did`` leads: to the product while it is published, else to its record's page.

The page stays when the product goes (a tombstone, a restricted record) and says what there is to say.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request

from ..errors import NotFoundError
from . import http
from .service import TapService

#: Of a product, or without the last part of the record.
DID = re.compile(r"ivo://(?P<resource>[^?#\s]+)\?(?P<recid>[a-z0-9-]+)(/(?P<product>[a-z0-9]+))?", re.IGNORECASE)


def add_routes(blueprint: Blueprint, service: TapService) -> None:
    """Add ``/did?<identifier>`` and ``/did?ID=<identifier>``."""

    @blueprint.get("/did")
    def resolve() -> Response:
        identifier = http.parameters().one("ID") or request.query_string.decode("utf-8", "replace")
        match = DID.fullmatch(identifier.strip())
        if match is None:
            raise NotFoundError("this is no identifier of a data product", remedy="ask for /did?ivo://authority/path?…")
        address = service.access_url(identifier.strip()) or _page(service, match["resource"], match["recid"])
        return redirect(address, 303)  # type: ignore[return-value]


def _page(service: TapService, resource: str, recid: str) -> str:
    ours = service.settings.did_resource.lower()
    if not service.settings.site_url or resource.lower() != ours:
        raise NotFoundError("no published product has this identifier")
    return f"{service.settings.site_url}/records/{quote(recid.lower(), safe='')}"
