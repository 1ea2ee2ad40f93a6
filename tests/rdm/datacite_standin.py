"""The project's stand-in of the DataCite REST API, in a thread of the test session."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from services.datacite_standin.registry import Registry  # noqa: E402 - found by the line above
from services.datacite_standin.rules import Refused  # noqa: E402
from services.datacite_standin.server import Server  # noqa: E402

_PREFIX, _USER, _PASSWORD = "10.5072", "TESTS.OBSCORE", "secret"


class DataCite:
    """What is registered, and the settings that point an instance to it."""

    def __init__(self) -> None:
        self.registry = Registry(":memory:", _PREFIX)
        self.server = Server(("127.0.0.1", 0), self.registry, _USER, _PASSWORD)
        self.settings: dict[str, Any] = {
            "DATACITE_ENABLED": True,
            "DATACITE_API_URL": f"http://127.0.0.1:{self.server.server_port}",
            "DATACITE_PREFIX": _PREFIX,
            "DATACITE_USERNAME": _USER,
            "DATACITE_PASSWORD": _PASSWORD,
        }

    def __enter__(self) -> DataCite:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def attributes(self, recid: str) -> dict[str, Any]:
        """What DataCite knows of a record's DOI; empty where nobody registered it."""
        try:
            return self.registry.get(f"{_PREFIX}/{recid}")
        except Refused:
            return {}

    def findable(self) -> list[dict[str, Any]]:
        """What anyone may see at DataCite: all findable DOIs, concept DOIs too."""
        return [found for found in self.registry.all() if found.get("state") == "findable"]
