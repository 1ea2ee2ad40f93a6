"""PostgreSQL 15 with pgSphere: a cluster of our own; databases, owners and extension in whichever server is used."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from services.daemons import Daemon
from services.layout import (
    LOGS,
    LOOPBACK,
    SERVICES,
    ServiceError,
    claim_port,
    end_of,
    make_folders,
    password,
    port_of,
    remember,
    remembered,
)
from services.packages import install, need

VERSION = "15"
BINARIES = Path(f"/usr/lib/postgresql/{VERSION}/bin")
EXTENSIONS = Path(f"/usr/share/postgresql/{VERSION}/extension")
PACKAGES = [f"postgresql-{VERSION}", f"postgresql-{VERSION}-pgsphere"]
DAEMON = Daemon("postgresql")
ADMIN = "obscore_admin"
BROKEN, MENDED = "1.2.0", "1.2.0.1"
LEGACY_OPERATOR = re.compile(r"CREATE OPERATOR @ \([^;]*?RIGHTARG\s*=\s*smoc[^;]*;")
OPERATOR_LINKS = re.compile(r"^\s*(?:COMMUTATOR|NEGATOR)\s*=.*\n", re.MULTILINE)


def psql(uri: str, statements: Iterable[str]) -> str:
    """Run statements on a server, each by itself, and return the output.

    Raises
    ------
    ServiceError
        With the server's message.
    """
    command = [need("psql", ["postgresql-client"]), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        where = urlsplit(uri)
        raise ServiceError(f"PostgreSQL at {where.hostname}:{where.port}{where.path}: {done.stderr.strip()}")
    return done.stdout.strip()


def answers(uri: str) -> bool:
    """Tell whether a server takes a query."""
    try:
        return psql(uri, ["SELECT 1"]) == "1"
    except ServiceError:
        return False


def with_database(uri: str, database: str, user: str | None = None, secret: str | None = None) -> str:
    """Return a server's URI for another database, and optionally another account."""
    parts = urlsplit(uri)
    account = parts.netloc.rpartition("@")[0] if user is None else f"{user}:{quote(secret or '')}"
    host = parts.netloc.rpartition("@")[2]
    return f"postgresql://{account}@{host}/{database}"


def _account() -> str | None:
    """Return the account PostgreSQL runs as: another one than root's, which it refuses."""
    return "postgres" if os.geteuid() == 0 else None


def _folder() -> Path:
    """Return the cluster's folder: under var/services, or under /var/tmp where others may not pass through to it."""
    known = remembered().get("postgresql:folder")
    if known:
        return Path(known)
    folder = SERVICES / "postgresql"
    folder.mkdir(parents=True, exist_ok=True)
    account = _account()
    if account and not _may_pass(account, folder):
        # A new one each time: what a removed var/ left behind has a password that nobody knows any more.
        folder = Path(tempfile.mkdtemp(prefix="invenio-obscore-postgresql-", dir="/var/tmp"))
    if account:
        shutil.chown(folder, account, account)
    remember("postgresql:folder", str(folder))
    return folder


def _may_pass(account: str, folder: Path) -> bool:
    return _run_as(account, ["test", "-x", str(folder)]) == 0


def _make_cluster(folder: Path) -> Path:
    data = folder / "data"
    if _is_complete(data):
        return data
    secret = folder / "admin.secret"
    secret.touch(mode=0o600)
    secret.write_text(password(ADMIN))
    account = _account()
    if account:
        shutil.chown(secret, account, account)
    options = ["--username", ADMIN, "--pwfile", str(secret), "--auth", "scram-sha-256"]
    command = [str(BINARIES / "initdb"), "-D", str(data), "--encoding", "UTF8", "--locale", "C.UTF-8", *options]
    log_path = LOGS / "initdb.log"
    with log_path.open("ab") as log:
        code = _run_as(account, command, cwd=folder, output=log)
    secret.unlink()
    if code:
        raise ServiceError(f"initdb failed. {end_of(log_path)}")
    return data


def _is_complete(data: Path) -> bool:
    return _run_as(_account(), ["test", "-s", str(data / "PG_VERSION")]) == 0


def _run_as(account: str | None, command: list[str], cwd: Path | None = None, output: IO[bytes] | None = None) -> int:
    """Run a command as another account and return its exit code."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd=cwd,
        user=account,
        group=account and pwd.getpwnam(account).pw_gid,
        extra_groups=[] if account else None,
        check=False,
    ).returncode


def start() -> str:
    """Start the cluster, making it first, and return its administrator's URI."""
    make_folders()
    if not (BINARIES / "initdb").exists() or not (EXTENSIONS / "pg_sphere.control").exists():
        install(PACKAGES, "PostgreSQL with pgSphere")
    uri = f"postgresql://{ADMIN}:{password(ADMIN)}@{LOOPBACK}:"
    if DAEMON.pid() is None:
        folder = _folder()
        data = _make_cluster(folder)
        settings = {
            "port": claim_port("postgresql"),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "256MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        DAEMON.start([BINARIES / "postgres", "-D", data, *options], cwd=folder, user=_account())
    uri = f"{uri}{port_of('postgresql')}/postgres"
    DAEMON.wait_until(lambda: answers(uri), 120)
    return uri


def stop() -> bool:
    """Stop the cluster ("fast": open transactions are rolled back)."""
    return DAEMON.stop(signal.SIGINT)


def mend_pgsphere() -> None:
    """Write a copy of pgSphere's script that PostgreSQL's newer point releases accept.

    They refuse the legacy operators ``@ (bigint, smoc)`` and ``@ (spoint, smoc)`` of the Debian package: each claims
    a commutator and a negator that already have another partner. Without those two links the operators are sound.
    """
    script = (EXTENSIONS / f"pg_sphere--{BROKEN}.sql").read_text()
    mended = LEGACY_OPERATOR.sub(lambda found: OPERATOR_LINKS.sub("", found[0]), script)
    target = EXTENSIONS / f"pg_sphere--{MENDED}.sql"
    if target.exists() and target.read_text() == mended:
        return
    try:
        target.write_text(mended)
    except OSError as error:
        message = f"pgSphere {BROKEN} needs a mended script in {EXTENSIONS}, which only root may write"
        raise ServiceError(f"{message}. Run `python3 -m services pgsphere` once as root ({error.strerror})") from None


def make_extension(uri: str) -> None:
    """Create pgSphere in a database, with the mended script where the plain one is refused."""
    try:
        psql(uri, ["CREATE EXTENSION IF NOT EXISTS pg_sphere"])
    except ServiceError as error:
        if "commutator" not in str(error):
            raise
        mend_pgsphere()
        psql(uri, [f"CREATE EXTENSION IF NOT EXISTS pg_sphere VERSION '{MENDED}'"])


def make_database(admin: str, database: str, role_options: str, membership: str = "") -> str:
    """Make a database with pgSphere and its owner, a normal role, where missing; return the owner's URI.

    Parameters
    ----------
    role_options
        Of the owner: ``CREATEROLE`` and the like.
    membership
        A role that the owner becomes a member of.
    """
    secret = password(database)
    server = with_database(admin, "postgres")
    known = psql(server, [f"SELECT 1 FROM pg_roles WHERE rolname = '{database}'"])
    verb = "ALTER" if known else "CREATE"
    psql(server, [f"{verb} ROLE {database} LOGIN NOSUPERUSER {role_options} PASSWORD '{secret}'"])
    if membership:
        psql(server, [f"GRANT {membership} TO {database}"])
    if not psql(server, [f"SELECT 1 FROM pg_database WHERE datname = '{database}'"]):
        psql(server, [f"CREATE DATABASE {database} OWNER {database}"])
    make_extension(with_database(admin, database))
    return with_database(admin, database, database, secret)
