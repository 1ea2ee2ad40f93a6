"""The addresses under the names that InvenioRDM (``INVENIO_…``) and the tests (pytest-invenio's) read."""

from __future__ import annotations

import shlex
from pathlib import Path

from services import postgresql
from services.daemons import Daemon
from services.layout import LOOPBACK, SERVICES, claim_port, password, port_of

DATABASES = {"demo": "obscore_demo", "browser": "obscore_browser", "tests": "obscore_test"}
"""``browser`` is the instance that the browser tests use: like the demonstration's, and never the same."""
ROLE_OPTIONS = {"demo": "CREATEROLE", "browser": "CREATEROLE", "tests": "CREATEROLE CREATEDB"}
MEMBERSHIPS = {"demo": "", "browser": "", "tests": "pg_signal_backend"}
"""Tests cut connections of other roles, to see what happens then."""
REDIS_BASE = {"demo": 0, "browser": 5, "tests": 10}
"""Five Redis database numbers from here: cache, broker, Celery results, sessions and rate limits, identities."""


TEST_VARIABLES = (
    "SQLALCHEMY_DATABASE_URI",
    "SEARCH_HOSTS",
    "BROKER_URL",
    "CACHE_REDIS_URL",
    "OBSCORE_TEST_REDIS_URL",
    "OBSCORE_TEST_ADMIN_DATABASE_URI",
)
"""What tests read; without them the tests that need services skip."""


def file_for(purpose: str) -> Path:
    """Return the shell-sourceable file for the purpose ``demo``, ``browser`` or ``tests``."""
    return SERVICES / ("env" if purpose == "demo" else f"env-{purpose}")


def write(addresses: dict[str, str]) -> None:
    """Make both databases and write both files."""
    for name in ("web", "web-browser", "datacite"):
        if Daemon(name).pid() is None:
            claim_port(name)
    for purpose, database in DATABASES.items():
        owner = postgresql.make_database(addresses["postgresql"], database, ROLE_OPTIONS[purpose], MEMBERSHIPS[purpose])
        variables = _for_tests(addresses, owner) if purpose == "tests" else _for_site(purpose, addresses, owner)
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
        target = file_for(purpose)
        target.touch(mode=0o600)
        target.write_text("".join(lines))


def read(purpose: str) -> dict[str, str]:
    """Return the variables of a purpose."""
    pairs = (shlex.split(line)[0].partition("=") for line in file_for(purpose).read_text().splitlines())
    return {name: value for name, _, value in pairs}


def _sqlalchemy(uri: str) -> str:
    """Return the URI with the driver that InvenioRDM 14 works with; psycopg 3 breaks its logged-in pages."""
    return uri.replace("postgresql://", "postgresql+psycopg2://", 1)


def _broker(addresses: dict[str, str], number: int) -> str:
    uri = addresses["broker"]
    return f"{uri}/{number}" if uri.startswith("redis") else uri


def web_name(purpose: str) -> str:
    """Return the name of an instance's web server among ports and processes."""
    return "web" if purpose == "demo" else f"web-{purpose}"


def _for_site(purpose: str, addresses: dict[str, str], owner: str) -> dict[str, str]:
    base, redis = REDIS_BASE[purpose], addresses["redis"]
    datacite = f"http://{LOOPBACK}:{port_of('datacite')}"
    site = f"http://{LOOPBACK}:{port_of(web_name(purpose))}"
    reader = f"{DATABASES[purpose]}_reader"
    return {
        "INVENIO_SQLALCHEMY_DATABASE_URI": _sqlalchemy(owner),
        "INVENIO_SEARCH_HOSTS": f"['{addresses['opensearch']}']",
        "INVENIO_SEARCH_INDEX_PREFIX": f"obscore-{purpose}-",
        "INVENIO_CACHE_REDIS_URL": f"{redis}/{base}",
        "INVENIO_BROKER_URL": _broker(addresses, base + 1),
        "INVENIO_CELERY_BROKER_URL": _broker(addresses, base + 1),
        "INVENIO_CELERY_RESULT_BACKEND": f"{redis}/{base + 2}",
        "INVENIO_ACCOUNTS_SESSION_REDIS_URL": f"{redis}/{base + 3}",
        "INVENIO_RATELIMIT_STORAGE_URI": f"{redis}/{base + 3}",
        "INVENIO_COMMUNITIES_IDENTITIES_CACHE_REDIS_URL": f"{redis}/{base + 4}",
        "INVENIO_SECRET_KEY": password("secret-key"),
        "INVENIO_SITE_UI_URL": site,
        "INVENIO_SITE_API_URL": f"{site}/api",
        "INVENIO_DATACITE_API_URL": datacite,
        "INVENIO_DATACITE_PASSWORD": password("datacite"),
        "INVENIO_OBSCORE_READER_ROLE": reader,
        "INVENIO_OBSCORE_READER_PASSWORD": password(reader),
    }


def _for_tests(addresses: dict[str, str], owner: str) -> dict[str, str]:
    base, redis = REDIS_BASE["tests"], addresses["redis"]
    return {
        "SQLALCHEMY_DATABASE_URI": _sqlalchemy(owner),
        "SEARCH_HOSTS": f'["{addresses["opensearch"]}"]',
        "BROKER_URL": _broker(addresses, base + 1),
        "CACHE_REDIS_URL": f"{redis}/{base}",
        "OBSCORE_TEST_REDIS_URL": redis,
        "OBSCORE_TEST_ADMIN_DATABASE_URI": addresses["postgresql"],
    }
