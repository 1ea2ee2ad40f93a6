"""InvenioRDM's REST API as a researcher's script uses it: with a personal access token, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from services.layout import ServiceError

SECONDS_TO_EXTRACT = 300
PENDING = ("queued", "running")


class Repository:
    """An InvenioRDM instance and one user's token."""

    def __init__(self, site: str, token: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Call the API and return the JSON answer.

        Raises
        ------
        ServiceError
            With the answer's text, for any status of 400 or more.
        """
        response = self.session.request(method, f"{self.site}/api{path}", timeout=300, **options)
        if response.status_code >= 400:
            raise ServiceError(f"{method} {path}: HTTP {response.status_code} {response.text[:1500]}")
        return response.json() if response.content and "json" in response.headers["Content-Type"] else None

    def create_draft(self, title: str, description: str, family_name: str, given_name: str) -> str:
        """Create a draft of a public dataset and return its id."""
        person = {"type": "personal", "family_name": family_name, "given_name": given_name}
        metadata = {
            "title": title,
            "description": description,
            "publisher": "Observatory Archive",
            "publication_date": time.strftime("%Y-%m-%d"),
            "resource_type": {"id": "dataset"},
            "creators": [{"person_or_org": person}],
            "rights": [{"id": "cc-by-4.0"}],
        }
        access = {"record": "public", "files": "public"}
        return str(self.call("POST", "/records", json={"access": access, "metadata": metadata})["id"])

    def upload(self, recid: str, path: Path) -> None:
        """Upload one file and commit it."""
        base = f"/records/{recid}/draft/files"
        self.call("POST", base, json=[{"key": path.name}])
        address = f"{base}/{quote(path.name, safe='')}"
        with path.open("rb") as stream:
            headers = {"Content-Type": "application/octet-stream"}
            self.call("PUT", f"{address}/content", data=stream, headers=headers)
        self.call("POST", f"{address}/commit")

    def wait_for_extraction(self, recid: str, show: Callable[[str], None]) -> dict[str, int]:
        """Wait until no file of the draft is queued or running; return the files' states and their numbers."""
        end = time.monotonic() + SECONDS_TO_EXTRACT
        last = ""
        while True:
            counts: dict[str, int] = self.call("GET", f"/records/{recid}/draft/obscore", params={"size": 1})["counts"]
            text = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
            if text != last:
                show(text)
                last = text
            if not any(counts.get(state) for state in PENDING):
                return counts
            if time.monotonic() > end:
                raise ServiceError(f"files of {recid} still wait after {SECONDS_TO_EXTRACT} s: is the worker running?")
            time.sleep(0.5)

    def publish(self, recid: str) -> dict[str, Any]:
        """Publish the draft and return the record."""
        return dict(self.call("POST", f"/records/{recid}/draft/actions/publish"))

    def record(self, recid: str) -> dict[str, Any] | None:
        """Return a published record, None where there is none."""
        response = self.session.get(f"{self.site}/api/records/{recid}", timeout=60)
        return dict(response.json()) if response.status_code == 200 else None
