"""The DOIs of the stand-in: attributes and state, kept in SQLite, every accepted request in a journal."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.datacite_standin.rules import Refused, check_doi, check_findable, error

EVENTS = {
    "draft": {"publish": "findable", "register": "registered"},
    "registered": {"publish": "findable", "register": "registered", "hide": "registered"},
    "findable": {"publish": "findable", "register": "findable", "hide": "registered"},
}
"""State → event → next state (DataCite's DOI states); an event that a state does not know leaves it as it is."""

TABLES = """
CREATE TABLE IF NOT EXISTS doi (doi TEXT PRIMARY KEY, state TEXT NOT NULL, attributes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL, doi TEXT NOT NULL, attributes TEXT NOT NULL
);
"""
NOT_FOUND = "The resource you are looking for doesn't exist."


def now() -> str:
    """Return the current time as DataCite writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Registry:
    """What is registered under one prefix; DOIs compare case-insensitively."""

    def __init__(self, path: Path | str, prefix: str) -> None:
        self.prefix = prefix
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(TABLES)

    def get(self, doi: str) -> dict[str, Any]:
        """Return the attributes of a DOI, its state among them.

        Raises
        ------
        Refused
            404 for a DOI that nobody created.
        """
        found = self._read(doi)
        if found is None:
            raise Refused(404, error(NOT_FOUND, status=404))
        return found

    def create(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Create a DOI, inventing a suffix where none is given (POST /dois)."""
        doi = str(attributes.get("doi") or f"{self.prefix}/{secrets.token_hex(4)}")
        check_doi(doi, self.prefix)
        with self._lock:
            if self._read(doi):
                raise Refused(422, error("This DOI has already been taken", "doi"))
            return self._write("POST", doi, "draft", {"created": now()}, attributes)

    def update(self, doi: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Change a DOI, or create it where it is not there (PUT /dois/<doi>)."""
        check_doi(doi, self.prefix)
        with self._lock:
            present = self._read(doi) or {"state": "draft", "created": now()}
            return self._write("PUT", doi, str(present["state"]), present, attributes)

    def delete(self, doi: str) -> None:
        """Remove a draft; what was ever registered stays for ever (405)."""
        with self._lock:
            if self.get(doi)["state"] != "draft":
                raise Refused(405, error("Method not allowed", status=405))
            self._record("DELETE", doi, {})
            self._database.execute("DELETE FROM doi WHERE doi = ?", (doi.lower(),))
            self._database.commit()

    def all(self) -> list[dict[str, Any]]:
        """Return every DOI's attributes."""
        rows = self._database.execute("SELECT doi FROM doi ORDER BY doi").fetchall()
        return [self.get(doi) for (doi,) in rows]

    def journal(self) -> list[dict[str, Any]]:
        """Return every accepted change in its order."""
        rows = self._database.execute("SELECT at, method, doi, attributes FROM journal ORDER BY id").fetchall()
        names = ("at", "method", "doi")
        return [{**dict(zip(names, row)), "attributes": json.loads(row[3])} for row in rows]

    def _read(self, doi: str) -> dict[str, Any] | None:
        query = "SELECT state, attributes FROM doi WHERE doi = ?"
        row = self._database.execute(query, (doi.lower(),)).fetchone()
        return None if row is None else {**json.loads(row[1]), "doi": doi.lower(), "state": row[0]}

    def _write(
        self, method: str, doi: str, state: str, present: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        event = str(changes.get("event") or "")
        following = EVENTS[state].get(event, state)
        kept = {name: value for name, value in changes.items() if name not in ("event", "prefix", "doi")}
        merged = {**present, **kept, "doi": doi.lower(), "updated": now()}
        if following != "draft" and event != "hide":
            check_findable(merged)
        merged["state"] = following
        self._record(method, doi, changes)
        statement = "INSERT INTO doi VALUES (?, ?, ?) ON CONFLICT (doi) DO UPDATE SET state = ?, attributes = ?"
        text = json.dumps(merged)
        self._database.execute(statement, (doi.lower(), following, text, following, text))
        self._database.commit()
        return merged

    def _record(self, method: str, doi: str, attributes: Mapping[str, Any]) -> None:
        values = (now(), method, doi, json.dumps(dict(attributes)))
        self._database.execute("INSERT INTO journal (at, method, doi, attributes) VALUES (?, ?, ?, ?)", values)
