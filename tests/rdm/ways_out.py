"""Every way in which what a file says may leave the repository, seen by a visitor who is not logged in."""

from __future__ import annotations

import json
from typing import Any

from datacite_standin import DataCite
from researcher import Researcher

EVERYWHERE = frozenset(
    {"obscore", "api", "tap", "page", "votable", "csv", "record", "search", "facet", "oai", "export", "doi"}
)
NOWHERE: frozenset[str] = frozenset()
#: Metadata of the newest version stand for the record; an older version that nobody sees any more leaves no trace.
OAI_PREFIX = "oai:oai:invenio-app-rdm.org::"


class WaysOut:
    """Looks for a marker (an instrument's name that stands in one file only)."""

    def __init__(self, app: Any, visitor: Researcher, datacite: DataCite) -> None:
        self.app = app
        self.visitor = visitor
        self.datacite = datacite

    def showing(self, recid: str, marker: str) -> frozenset[str]:
        """The ways that show the marker when asked about this record."""
        self._refresh()
        shown = {
            "obscore": self._obscore(recid),
            "api": self._api(f"/records/{recid}/obscore"),
            "tap": self._tap(marker),
            "page": self._page(f"/records/{recid}"),
            "votable": self._page(f"/records/{recid}/export/obscore-votable"),
            "csv": self._page(f"/records/{recid}/export/obscore-csv"),
            "export": self._page(f"/records/{recid}/export/datacite-xml"),
            "record": self._api(f"/records/{recid}"),
            "search": self._hits(recid),
            "facet": self._facets(marker),
            "oai": self._page(f"/oai2d?verb=GetRecord&metadataPrefix=oai_datacite&identifier={OAI_PREFIX}{recid}"),
            "doi": json.dumps(self.datacite.findable()),
        }
        return frozenset(name for name, text in shown.items() if marker in text)

    def _refresh(self) -> None:
        from invenio_search import current_search_client

        with self.app.app_context():
            current_search_client.indices.refresh(index=f"{self.app.config['SEARCH_INDEX_PREFIX']}*")

    def _obscore(self, recid: str) -> str:
        from invenio_db import db
        from sqlalchemy import text

        with self.app.app_context():
            statement = text("SELECT instrument_name FROM ivoa.obscore WHERE recid = :recid")
            return repr(list(db.session.scalars(statement, {"recid": recid})))

    def _tap(self, marker: str) -> str:
        query = f"SELECT instrument_name FROM ivoa.obscore WHERE instrument_name = '{marker}'"
        answer = self.visitor.client.post("/vo/tap/sync", data={"LANG": "ADQL", "QUERY": query, "FORMAT": "csv"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def _api(self, path: str) -> str:
        answer = self.visitor.request("GET", path)
        assert answer.status_code < 500, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def _page(self, path: str) -> str:
        answer = self.visitor.client.get(path, follow_redirects=True)
        # InvenioRDM's OAI server fails on a tombstone (500), with or without this module.
        assert answer.status_code < 500 or path.startswith("/oai2d"), answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def _hits(self, recid: str) -> str:
        answer = self.visitor.request("GET", "/records?size=100&allversions=true", status=200)
        return json.dumps([hit for hit in answer.json["hits"]["hits"] if hit["id"] == recid])

    def _facets(self, marker: str) -> str:
        query = {"q": f'custom_fields.obscore\\:instrument:"{marker}"'}
        answer = self.visitor.request("GET", "/records", query_string=query, status=200)
        return json.dumps(answer.json["aggregations"])
