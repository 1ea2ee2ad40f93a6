"""A whole InvenioRDM instance for the tests: database, search indices, queue and file store of its own, real services.

Nothing is shared with another run: every name carries the process id, and `destroy` removes what `create` made.
"""

from __future__ import annotations

import json
import os
import pprint
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from opensearchpy import OpenSearch

NEEDED = ("SQLALCHEMY_DATABASE_URI", "SEARCH_HOSTS", "BROKER_URL", "CACHE_REDIS_URL")
_NAME = f"obscore_t{os.getpid()}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


#: Where files may be fetched from.
FETCH_PORT = _free_port()
FETCH_HOST = f"127.0.0.1:{FETCH_PORT}"

# Pages are rendered without the built assets: each bundle is a name.
_CONFIG = """from invenio_app.config import APP_DEFAULT_SECURE_HEADERS as _HEADERS
from flask_webpackext.manifest import JinjaManifest as _JinjaManifest, JinjaManifestEntry as _Entry
from flask_webpackext.manifest import JinjaManifestLoader as _Loader

class _Manifest(_JinjaManifest):
    def __getitem__(self, key):
        return _Entry(key, [key])
    def __getattr__(self, name):
        return _Entry(name, [name])

class _Assets(_Loader):
    def load(self, filepath):
        return _Manifest()

WEBPACKEXT_MANIFEST_LOADER = _Assets
APP_DEFAULT_SECURE_HEADERS = _HEADERS | {"force_https": False, "session_cookie_secure": False}
"""


def missing_services() -> str:
    """What keeps an instance from starting, or an empty text."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    return f"no services: {', '.join(missing)} not set (python3 -m services start)" if missing else ""


def applications(app: Any) -> list[Any]:
    """The application of the pages, and that of the REST API below it: each has settings of its own."""
    dispatcher = app.wsgi_app
    while not hasattr(dispatcher, "mounts"):
        dispatcher = dispatcher.app
    return [app, *dispatcher.mounts.values()]


class Instance:
    """One instance: its configuration in a file that this process and the worker processes both read."""

    def __init__(self, **settings: Any) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="obscore-test-"))
        self.settings: dict[str, Any] = {**_settings(self.path), **settings}
        self.workers: list[subprocess.Popen[bytes]] = []

    def create(self) -> Any:
        """Make the database and start the application in this process."""
        with _server() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{_NAME}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{_NAME}"')
        settings = "\n".join(f"{name} = {pprint.pformat(value)}" for name, value in self.settings.items())
        (self.path / "invenio.cfg").write_text(_CONFIG + settings)
        os.environ["INVENIO_INSTANCE_PATH"] = str(self.path)
        from invenio_app.factory import create_app

        return create_app()

    def start_worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a real Celery worker process (with beat) and wait until it is ready."""
        log = self.path / f"worker-{len(self.workers)}.log"
        command = [
            *(sys.executable, "-m", "celery", "-A", "invenio_app.celery", "worker", "--beat", "-c", "1", "-l", "INFO"),
            *("-Q", self.settings["CELERY_TASK_DEFAULT_QUEUE"], "-s", str(self.path / "beat"), *arguments),
        ]
        with log.open("wb") as output:
            # A session of its own: killing the worker's group kills its pool as `kill -9` of a machine does.
            worker = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, cwd=self.path)
        self.workers.append(worker)
        self._wait_ready(worker, log)
        return worker

    @staticmethod
    def _wait_ready(worker: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + 120
        while b" ready." not in log.read_bytes():
            if worker.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker did not start:\n{log.read_text()[-4000:]}")
            time.sleep(0.2)

    def forget_messages(self) -> None:
        """Drop what waits in the queue: tests without a worker leave messages, and some of them are long work."""
        redis.from_url(self.settings["BROKER_URL"]).delete(self.settings["CELERY_TASK_DEFAULT_QUEUE"])

    @property
    def has_worker(self) -> bool:
        """Whether a worker runs."""
        return any(worker.poll() is None for worker in self.workers)

    def stop_workers(self) -> None:
        """End the workers that still run."""
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, 15)
                try:
                    worker.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(worker.pid, 9)
                    worker.wait()
        self.workers.clear()

    def destroy(self) -> None:
        """Remove everything that this instance made."""
        self.stop_workers()
        self.forget_messages()
        with _server() as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (f"{_NAME}_reader",)).rowcount:
                # Only a member may end the reader's connections.
                connection.execute(f'GRANT "{_NAME}_reader" TO CURRENT_USER')
            connection.execute(f'DROP DATABASE IF EXISTS "{_NAME}" WITH (FORCE)')
            connection.execute(f'DROP ROLE IF EXISTS "{_NAME}_reader"')
        _delete_indices(self.settings["SEARCH_HOSTS"], self.settings["SEARCH_INDEX_PREFIX"])
        shutil.rmtree(self.path, ignore_errors=True)


def _delete_indices(hosts: list[str], prefix: str) -> None:
    """Indices are never few, and a search server takes a thousand."""
    search = OpenSearch(hosts)
    search.indices.delete(index=f"{prefix}*", ignore=[404])
    search.indices.delete_index_template(name=f"{prefix}*", ignore=[404])
    search.indices.delete_template(name=f"{prefix}*", ignore=[404])


def _settings(path: Path) -> dict[str, Any]:
    environment = os.environ
    return {
        "SQLALCHEMY_DATABASE_URI": database_uri(_NAME),
        "SEARCH_HOSTS": json.loads(environment["SEARCH_HOSTS"]),
        "SEARCH_INDEX_PREFIX": f"{_NAME}-",
        "BROKER_URL": environment["BROKER_URL"],
        "CELERY_BROKER_URL": environment["BROKER_URL"],
        "CELERY_RESULT_BACKEND": environment["BROKER_URL"],
        "CELERY_TASK_DEFAULT_QUEUE": _NAME,
        "CACHE_REDIS_URL": environment["CACHE_REDIS_URL"],
        "CACHE_KEY_PREFIX": f"{_NAME}::",
        "ACCOUNTS_SESSION_REDIS_URL": environment["CACHE_REDIS_URL"],
        "COMMUNITIES_IDENTITIES_CACHE_REDIS_URL": environment["CACHE_REDIS_URL"],
        "RATELIMIT_ENABLED": False,
        "SECRET_KEY": "test",
        "SECURITY_PASSWORD_SALT": "test",
        "SITE_UI_URL": "http://localhost",
        "SITE_API_URL": "http://localhost/api",
        "TRUSTED_HOSTS": ["localhost"],
        "SESSION_COOKIE_SECURE": False,
        "MAIL_SUPPRESS_SEND": True,
        "FILES_REST_ALLOW_RANGE_REQUESTS": True,
        "RDM_RECORDS_MAX_FILES_COUNT": 300,
        "RECORDS_RESOURCES_FILES_ALLOWED_DOMAINS": [FETCH_HOST],
        "OBSCORE_AUTHORITY": "test.obscore",
        "OBSCORE_DEFAULT_COLLECTION": "Tests",
        "OBSCORE_READER_ROLE": f"{_NAME}_reader",
        "OBSCORE_READER_PASSWORD": "reader",
        # A lost worker is noticed fast, and the sweep of beat follows soon.
        "OBSCORE_LEASE_SECONDS": 6,
        "OBSCORE_SWEEP_SECONDS": 3,
        "DATADIR": str(path / "data"),
    }


def database_uri(name: str) -> str:
    """The test server's address with another database."""
    return urlunsplit(urlsplit(os.environ["SQLALCHEMY_DATABASE_URI"])._replace(path=f"/{name}"))


def _server() -> psycopg.Connection[Any]:
    uri = database_uri("postgres").replace("postgresql+psycopg2://", "postgresql://")
    return psycopg.connect(uri, autocommit=True)
