"""An instance of the module for a measurement: made, set up and removed, as the tests make theirs."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(_TESTS / "rdm"))
runpy.run_path(str(_TESTS / "conftest.py"))  # the services' addresses

import conftest  # noqa: E402
from datacite_standin import DataCite  # noqa: E402
from instance import Instance, missing_services  # noqa: E402


@contextmanager
def application(**settings: Any) -> Iterator[Any]:
    """The application of a new instance, with the stand-in of DataCite; ends the program where services are missing."""
    if reason := missing_services():
        sys.exit(reason)
    with DataCite() as datacite:
        instance = Instance(**datacite.settings, **settings)
        try:
            app = instance.create()
            with app.app_context():
                conftest._initialise(instance)
            yield app
        finally:
            instance.destroy()
