"""A researcher at the REST API: what a deposit by hand or by script does, and nothing behind its back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from werkzeug.test import Client, TestResponse

METADATA: dict[str, Any] = {
    "access": {"record": "public", "files": "public"},
    "files": {"enabled": True},
    "metadata": {
        "title": "Observations of M 31",
        "publication_date": "2026-11-21",
        "publisher": "Observatory Archive",
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Leavitt", "given_name": "Henrietta"}}],
    },
}


class Researcher:
    """A user with a token (or a visitor without one)."""

    def __init__(self, client: Client, token: str = "") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, *, status: int | None = None, **options: Any) -> TestResponse:
        """Call the API; with ``status``, insist on it."""
        headers = {**self.headers, **options.pop("headers", {})}
        answer = self.client.open(f"/api{path}", method=method, headers=headers, **options)
        if status is not None:
            assert answer.status_code == status, (
                f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}"
            )
        return answer

    def draft(self, files: Mapping[str, bytes] | None = None, **changes: Any) -> str:
        """Create a draft with these files and return its id."""
        data = {**deepcopy(METADATA), **changes}
        recid = str(self.request("POST", "/records", json=data, status=201).json["id"])
        for key, content in (files or {}).items():
            self.upload(recid, key, content)
        return recid

    def upload(self, recid: str, key: str, content: bytes) -> None:
        """Upload one file in one go."""
        base = f"/records/{recid}/draft/files"
        self.request("POST", base, json=[{"key": key}], status=201)
        address = f"{base}/{quote(key)}"
        self.request("PUT", f"{address}/content", data=content, content_type="application/octet-stream", status=200)
        self.request("POST", f"{address}/commit", status=200)

    def delete_file(self, recid: str, key: str) -> None:
        """Delete one file of a draft."""
        self.request("DELETE", f"/records/{recid}/draft/files/{quote(key)}", status=204)

    def save(self, recid: str, **changes: Any) -> Any:
        """Save the draft's metadata."""
        return self.request("PUT", f"/records/{recid}/draft", json={**deepcopy(METADATA), **changes}, status=200).json

    def publish(self, recid: str) -> Any:
        """Publish the draft."""
        return self.request("POST", f"/records/{recid}/draft/actions/publish", status=202).json

    def edit(self, recid: str) -> None:
        """Open a draft of a published record."""
        self.request("POST", f"/records/{recid}/draft", status=201)

    def discard(self, recid: str) -> None:
        """Discard a draft."""
        self.request("DELETE", f"/records/{recid}/draft", status=204)

    def delete(self, recid: str) -> None:
        """Delete a published record, leaving a tombstone (administrators)."""
        self.request("DELETE", f"/records/{recid}/delete", json={"removal_reason": {"id": "test-record"}}, status=204)

    def restore(self, recid: str) -> None:
        """Take a tombstone back (administrators)."""
        self.request("POST", f"/records/{recid}/restore", status=200)

    def new_version(self, recid: str, *, import_files: bool = False, **changes: Any) -> str:
        """Open a draft of a new version and return its id."""
        new = str(self.request("POST", f"/records/{recid}/versions", status=201).json["id"])
        if import_files:
            self.request("POST", f"/records/{new}/draft/actions/files-import", status=201)
        self.save(new, **changes)
        return new

    def found(self, recid: str, **query: Any) -> Any:
        """What was found in the draft's files."""
        return self.request("GET", f"/records/{recid}/draft/obscore", query_string=query, status=200).json

    def verify(self, recid: str, revision: int, *, status: int | None = 200, **body: Any) -> TestResponse:
        """Send mapping and corrections that build on a revision."""
        headers = {"If-Match": f'"{revision}"', "Content-Type": "application/json"}
        return self.request(
            "PUT", f"/records/{recid}/draft/obscore", data=json.dumps(body), headers=headers, status=status
        )

    def rows(self, recid: str) -> list[dict[str, Any]]:
        """The published rows."""
        answer: list[dict[str, Any]] = self.request("GET", f"/records/{recid}/obscore", status=200).json["rows"]
        return answer
