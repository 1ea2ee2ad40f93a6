"""A database of its own with the published tables and a few rows; a real server and a real worker on it."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psycopg
import pytest

from invenio_obscore.db import ddl
from invenio_obscore.db.pool import plain_uri

ROWS = Path(__file__).with_name("rows.sql")


@dataclass(frozen=True)
class Database:
    """Addresses of the owner and of the role that reads, and that role's name."""

    owner: str
    reader: str
    role: str


def _with(uri: str, *, login: str | None = None, name: str | None = None) -> str:
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{login}@{host}" if login else parts.netloc
    return urlunsplit((parts.scheme, netloc, f"/{name}" if name else parts.path, parts.query, ""))


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    uri = os.environ.get("SQLALCHEMY_DATABASE_URI", "")
    if not uri.startswith("postgres"):
        pytest.skip("no PostgreSQL: SQLALCHEMY_DATABASE_URI is not set (python3 -m services start)")
    server = plain_uri(uri)
    # Roles belong to the whole server, where other runs of these tests may be under way.
    name = role = f"obscore_vo_{os.getpid()}_{secrets.token_hex(3)}"
    password = secrets.token_hex(8)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    owner = _with(server, name=name)
    try:
        with psycopg.connect(owner) as connection:
            for statement in ddl.statements(ddl.DdlSettings(reader=role, reader_password=password)):
                connection.execute(statement)
            connection.execute(ROWS.read_text())
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE ivoa.obscore")
        yield Database(owner, _with(owner, login=f"{role}:{password}"), role)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            # Only a member of a role may end its connections.
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            if known:
                connection.execute(f'GRANT "{role}" TO CURRENT_USER')
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.execute(f'DROP ROLE IF EXISTS "{role}"')


@pytest.fixture(scope="session")
def settings(database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of the server and the worker; asynchronous queries only where there is a broker."""
    found = {
        "OBSCORE_TAP_DATABASE_URI": database.reader,
        "OBSCORE_UWS_DATABASE_URI": database.owner,
        "OBSCORE_TAP_MAXREC_LIMIT": "2000000",
        "OBSCORE_TAP_TIMEOUT": "20",
        "OBSCORE_TAP_WRITE_TIMEOUT": "3",
        "SITE_UI_URL": "https://repository.example",
        "OBSCORE_AUTHORITY": "test.example",
    }
    redis = os.environ.get("OBSCORE_TEST_REDIS_URL")
    if redis:
        found["BROKER_URL"] = f"{redis}/14"
        found["OBSCORE_QUEUE"] = f"obscore-vo-{os.getpid()}"
        found["OBSCORE_UWS_RESULTS"] = tmp_path_factory.mktemp("uws").as_uri()
    return found


@pytest.fixture(scope="session")
def app(settings: dict[str, str]):
    from invenio_obscore.vo.wsgi import create_app

    return create_app(settings)


@pytest.fixture
def client(app):
    return app.test_client()


@contextlib.contextmanager
def process(arguments: list[str], settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **settings, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds: float = 120.0, step: float = 0.1):
    """Wait for a condition and return its value; fail when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s")


@contextlib.contextmanager
def server(settings: dict[str, str], log: Path) -> Iterator[str]:
    """Run a TAP service as a real server; its address."""
    port = free_port()
    command = ["gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}", "invenio_obscore.vo.wsgi:create_app()"]
    url = f"http://127.0.0.1:{port}/tap"

    def answers() -> bool:
        try:
            with urlopen(f"{url}/availability", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    with process(command, settings, log):
        until(answers)
        yield url


@pytest.fixture(scope="session")
def tap_url(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a TAP service that a real server runs."""
    with server(settings, tmp_path_factory.mktemp("server") / "gunicorn.log") as url:
        yield url


@pytest.fixture(scope="session")
def start_worker(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory):
    """Return a context manager that runs a Celery worker."""
    if "BROKER_URL" not in settings:
        pytest.skip("no Redis: OBSCORE_TEST_REDIS_URL is not set (python3 -m services start)")
    folder = tmp_path_factory.mktemp("worker")

    def start():
        log = folder / f"{secrets.token_hex(4)}.log"
        command = ["celery", "-A", "invenio_obscore.vo.worker", "worker", "-c", "1", "-Q", settings["OBSCORE_QUEUE"]]
        return process(command, settings, log)

    return start


@pytest.fixture(scope="module")
def worker(start_worker):
    with start_worker() as child:
        yield child
