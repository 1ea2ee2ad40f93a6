"""DataCite Event Data and ADS as far as looking for citations needs them, with faults on request."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-of-the-tests"
_MOST_ROWS = 2000


class Citations(ThreadingHTTPServer):
    """``/events`` and ``/v1/search/query``.

    Attributes
    ----------
    events
        Subject, relation type, object: all as bare DOIs.
    papers
        Documents of ADS that cite a DOI.
    fault
        ``""``, or ``error`` (500), ``throttled`` (429), ``garbage`` (no JSON), ``nonsense`` (other JSON), ``slow``.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []
        self.papers: dict[str, list[dict[str, Any]]] = {}
        self.fault: dict[str, str] = {}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def __enter__(self) -> Citations:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """What points an instance here."""
        root = f"http://127.0.0.1:{self.server_port}"
        return {
            "OBSCORE_REFERENCES_EVENT_DATA": f"{root}/events",
            "OBSCORE_REFERENCES_ADS_URL": f"{root}/v1/search/query",
            "OBSCORE_REFERENCES_ADS_TOKEN": TOKEN,
        }


class _Handler(BaseHTTPRequestHandler):
    server: Citations

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = "events" if parts.path == "/events" else "ads"
        self.server.asked.append(f"{name} {query.get('doi') or query.get('q')}")
        fault = self.server.fault.get(name, "")
        if fault == "slow":
            time.sleep(3)
        statuses = {"error": 500, "throttled": 429}
        if fault in statuses:
            return self._send(statuses[fault], b'{"errors": [{"status": "500"}]}')
        if fault in ("garbage", "nonsense"):
            return self._send(200, b"<html>" if fault == "garbage" else b'{"data": {"x": [1]}, "response": 7}')
        return self._events(query) if name == "events" else self._papers(query)

    def _events(self, query: dict[str, str]) -> None:
        types = set(query["relation-type-id"].split(","))
        found = [
            {
                "id": f"event-{number}",
                "type": "events",
                "attributes": {
                    "subj-id": f"https://doi.org/{subject}",
                    "obj-id": f"https://doi.org/{object_}",
                    "source-id": "crossref",
                    "relation-type-id": relation,
                    "total": 1,
                    "occurred-at": "2024-03-01T00:00:00.000Z",
                },
            }
            for number, (subject, relation, object_) in enumerate(self.server.events)
            if query["doi"] in (subject.lower(), object_.lower()) and relation in types
        ][: int(query["page[size]"])]
        meta = {"total": len(found), "total-pages": 1, "page": 1}
        self._send(200, json.dumps({"data": found, "meta": meta}).encode())

    def _papers(self, query: dict[str, str]) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._send(401, b'{"error": "Unauthorized"}')
        docs = [doc for doi, found in self.server.papers.items() if doi.lower() in query["q"] for doc in found]
        shown = docs[: min(int(query["rows"]), _MOST_ROWS)]
        answer = {"responseHeader": {"status": 0}, "response": {"numFound": len(docs), "start": 0, "docs": shown}}
        return self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "86400")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""
