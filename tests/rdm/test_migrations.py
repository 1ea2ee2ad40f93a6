"""The module's Alembic branch on a database that was made without it; models and migrations agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from instance import Instance, database_uri

TABLES = [
    f"obscore_{name}"
    for name in (
        "correction",
        "doi_backlog",
        "edit",
        "extracted",
        "extraction",
        "intake",
        "overlay",
        "preview",
        "product",
        "published",
        "reading",
        "reading_part",
        "references",
        "sheet",
        "verification",
        "work",
    )
]


@pytest.fixture
def empty_database() -> Iterator[str]:
    """A database of its own."""
    name = f"obscore_m{os.getpid()}"
    server = database_uri("postgres").replace("+psycopg2", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield database_uri(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_branch_goes_up_and_down(instance: Instance, instance_app: Any, empty_database: str) -> None:
    environment = {
        **os.environ,
        "INVENIO_INSTANCE_PATH": str(instance.path),
        "INVENIO_SQLALCHEMY_DATABASE_URI": empty_database,
    }
    script = Path(__file__).with_name("migrate.py")
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    report = json.loads(done.stdout.rpartition("REPORT ")[2])
    assert report["without"] == []
    assert report["up"] == TABLES
    assert report["drift"] == []
    assert report["down"] == []
    assert report["again"] == TABLES
    assert report["cells"][0] == ["M ?", None, None], "what a header may hold and PostgreSQL's texts may not"
    assert report["cells"][1:] == [[f"M {n}", n / 8, 5] for n in range(2, 2501)]
    corrections = {(file, product): cells for file, product, cells in report["corrections"]}
    assert len(corrections) == 2501
    assert corrections[("b.fits", "")] == {"s_ra": None}
    gathered = report["gathered"][0][0]
    assert {(f, p): c for f, products in gathered.items() for p, c in products.items()} == corrections
