"""Hypothesis's profile, and where the tests find the services.

That is: addresses in the environment, else what ``python3 -m services start`` wrote.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from hypothesis import settings

ENV_FILE = Path(__file__).resolve().parent.parent / "var" / "services" / "env-tests"


def _load_addresses() -> None:
    """Put the launcher's addresses into the environment unless the caller gave a database of its own."""
    if "SQLALCHEMY_DATABASE_URI" in os.environ or not ENV_FILE.exists():
        return
    for line in ENV_FILE.read_text().splitlines():
        name, _, value = shlex.split(line)[0].partition("=")
        os.environ.setdefault(name, value)


_load_addresses()

# The suite tries the same cases each time: a change is not refused for what another one brought in. Long runs
# (OBSCORE_FUZZ_CASES) look for new ones.
settings.register_profile("suite", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("search" if os.environ.get("OBSCORE_FUZZ_CASES") else "suite")
