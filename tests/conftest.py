"""Where the tests find the services: addresses in the environment, else what ``python3 -m services start`` wrote."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

ENV_FILE = Path(__file__).resolve().parent.parent / "var" / "services" / "env-tests"


def _load_addresses() -> None:
    """Put the launcher's addresses into the environment unless the caller gave a database of its own."""
    if "SQLALCHEMY_DATABASE_URI" in os.environ or not ENV_FILE.exists():
        return
    for line in ENV_FILE.read_text().splitlines():
        name, _, value = shlex.split(line)[0].partition("=")
        os.environ.setdefault(name, value)


_load_addresses()
