"""The HTTP side: paths, credentials, media type and JSON:API documents of the DataCite REST API."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import socket
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from services.datacite_standin.faults import KINDS, Fault
from services.datacite_standin.registry import Registry
from services.datacite_standin.rules import Refused, error

MEDIA_TYPE = "application/vnd.api+json"
MOST_BYTES = 10 * 2**20


class Server(ThreadingHTTPServer):
    """One repository account with one prefix."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], registry: Registry, username: str, password: str) -> None:
        self.registry = registry
        self.username = username
        self.password = password
        self.fault = Fault()
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Read one DOI, the list of them, the heartbeat or the stand-in's own journal."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Create a DOI, or switch a fault on or off."""
        self._answer(self._post)

    def do_PUT(self) -> None:
        """Change a DOI."""
        self._answer(self._put)

    def do_DELETE(self) -> None:
        """Remove a draft."""
        self._answer(self._delete)

    @property
    def _path(self) -> str:
        return unquote(urlsplit(self.path).path).rstrip("/")

    def _get(self, body: bytes) -> tuple[int, object]:
        path = self._path
        if path == "/heartbeat":
            return 200, "OK"
        if path == "/standin/journal":
            return 200, self.server.registry.journal()
        if path == "/dois":
            return 200, {"data": [_document(found) for found in self.server.registry.all()]}
        found = self.server.registry.get(self._doi())
        if found["state"] != "findable":
            self._authorise()
        return 200, {"data": _document(found)}

    def _post(self, body: bytes) -> tuple[int, object]:
        if self._path == "/standin/fault":
            return self._set_fault(body)
        if self._path != "/dois":
            raise Refused(404, error("The resource you are looking for doesn't exist.", status=404))
        self._authorise()
        return 201, {"data": _document(self.server.registry.create(self._attributes(body)))}

    def _put(self, body: bytes) -> tuple[int, object]:
        self._authorise()
        doi = self._doi()
        return 200, {"data": _document(self.server.registry.update(doi, self._attributes(body)))}

    def _delete(self, body: bytes) -> tuple[int, object]:
        self._authorise()
        self.server.registry.delete(self._doi())
        return 204, None

    def _doi(self) -> str:
        if not self._path.startswith("/dois/"):
            raise Refused(404, error("The resource you are looking for doesn't exist.", status=404))
        return self._path.removeprefix("/dois/")

    def _authorise(self) -> None:
        """Check HTTP Basic credentials in constant time."""
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
        except binascii.Error:
            given = b""
        expected = f"{self.server.username}:{self.server.password}".encode()
        if not hmac.compare_digest(given, expected):
            raise Refused(401, error("Bad credentials.", status=401))

    def _attributes(self, body: bytes) -> dict[str, Any]:
        if self.headers.get_content_type() != MEDIA_TYPE:
            raise Refused(415, error(f"Content-Type must be {MEDIA_TYPE}", status=415))
        try:
            attributes = json.loads(body)["data"]["attributes"]
        except (ValueError, KeyError, TypeError):
            raise Refused(400, error("You need to provide a payload following the JSONAPI spec", status=400)) from None
        if not isinstance(attributes, dict):
            raise Refused(400, error("You need to provide a payload following the JSONAPI spec", status=400))
        return attributes

    def _set_fault(self, body: bytes) -> tuple[int, object]:
        wanted = json.loads(body)
        if wanted.get("kind") not in KINDS:
            raise Refused(422, error(f"kind is one of {', '.join(KINDS)}", "kind"))
        seconds, remaining = float(wanted.get("seconds", 0)), int(wanted.get("remaining", -1))
        self.server.fault = Fault(wanted["kind"], seconds, remaining)
        return 200, wanted

    def _answer(self, action: Any) -> None:  # noqa: ANN401 - a bound method of this class
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))
        kind = "none" if self._path.startswith("/standin/") else self.server.fault.strike()
        if self._struck(kind):
            return
        try:
            status, document = action(body)
        except Refused as refusal:
            status, document = refusal.status, {"errors": refusal.errors}
        if kind == "lost":
            self._cut()
        else:
            self._send(status, document)

    def _cut(self) -> None:
        with suppress(OSError):  # the client has gone already
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _struck(self, kind: str) -> bool:
        """Misbehave as asked; tell whether the request is over."""
        if kind == "slow":
            time.sleep(self.server.fault.seconds)
        elif kind == "error":
            self._send(500, {"errors": [error("Internal server error", status=500)]})
        elif kind == "throttled":
            self._send(429, {"errors": [error("Too many requests", status=429)]}, {"Retry-After": "1"})
        elif kind == "refused":
            self._send(422, {"errors": [error("is refused on purpose", "titles")]})
        elif kind == "garbage":
            # 201 is what a client takes for a registration, 200 for a change.
            status = 201 if self.command == "POST" else 200
            self._send_bytes(status, b"<html>maintenance", "text/html")
        elif kind == "reset":
            self._cut()
        return kind not in ("none", "slow", "lost")

    def _send(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        if isinstance(document, str):
            self._send_bytes(status, document.encode(), "text/plain", headers)
        else:
            content = b"" if document is None else json.dumps(document).encode()
            self._send_bytes(status, content, f"{MEDIA_TYPE}; charset=utf-8", headers)

    def _send_bytes(self, status: int, content: bytes, media_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has gone: there is nobody to tell
            self.end_headers()
            self.wfile.write(content)


def _document(attributes: dict[str, Any]) -> dict[str, Any]:
    doi = attributes["doi"]
    prefix, _, suffix = doi.partition("/")
    shown = {**attributes, "prefix": prefix, "suffix": suffix, "isActive": attributes["state"] == "findable"}
    return {"id": doi, "type": "dois", "attributes": shown, "relationships": {"media": {"data": []}}}
