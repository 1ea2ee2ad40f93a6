"""The services that ``benchmarks/tap.py`` measures: a server of ours that it starts, any other by its address, and
PostgreSQL itself as the limit.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.schema import Schema
from invenio_obscore.adql.statement import Statement
from invenio_obscore.db import ddl, tap_schema
from invenio_obscore.db.query import reading_session

READER = "obscore_benchmark_reader"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Other services call some formats differently: the first name that a service takes is used.
_NAMES = {
    "votable": ("application/x-votable+xml;serialization=BINARY2", "votable/b2", "votable"),
    "votable/td": ("application/x-votable+xml;serialization=TABLEDATA", "votable/td"),
}


@dataclass(frozen=True)
class Answer:
    """One answer: seconds to the first byte and to the last one, and the bytes if they were kept."""

    status: int
    size: int
    first: float
    seconds: float
    body: bytes = b""


class Service:
    """A TAP service at an address; its memory where the process is known."""

    def __init__(self, url: str, pid: int | None = None) -> None:
        self.url = url.rstrip("/")
        self.pid = pid
        self._parts = urlsplit(self.url)
        self._formats: dict[str, str] = {}

    def request(self, path: str, form: dict[str, object] | None = None, *, keep: bool = True) -> tuple[Answer, str]:
        """Send a request (POST with a form, else GET); the answer and its Location."""
        connection = http.client.HTTPConnection(self._parts.netloc, timeout=900)
        begun = time.perf_counter()
        address = path if path.startswith("/") else f"{self._parts.path}/{path}"
        if form is None:
            connection.request("GET", address)
        else:
            connection.request("POST", address, urlencode(form), _FORM)
        answer = connection.getresponse()
        pieces = [answer.read(1)]
        first = time.perf_counter() - begun
        size = len(pieces[0])
        while piece := answer.read(1 << 20):
            size += len(piece)
            if keep:
                pieces.append(piece)
        connection.close()
        body = b"".join(pieces) if keep else b""
        return Answer(answer.status, size, first, time.perf_counter() - begun, body), answer.headers.get("Location", "")

    def query(self, adql: str, *, keep: bool = False, **parameters: object) -> Answer:
        """Ask synchronously; a service that refuses ends the run."""
        if "RESPONSEFORMAT" in parameters:
            parameters["RESPONSEFORMAT"] = self._format(str(parameters["RESPONSEFORMAT"]))
        form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql, **parameters}
        answer, _ = self.request("sync", form, keep=keep)
        if answer.status != 200:
            raise SystemExit(f"{self.url} answers {answer.status} to {adql[:300]}")
        return answer

    def _format(self, name: str) -> str:
        if name not in self._formats:
            for known in _NAMES.get(name, (name,)):
                form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": "SELECT TOP 1 obs_id FROM ivoa.obscore"}
                if self.request("sync", {**form, "RESPONSEFORMAT": known})[0].status == 200:
                    self._formats[name] = known
                    break
        return self._formats.get(name, name)

    def memory(self) -> float:
        """Resident memory (without what processes share twice) of the process and its children in MB."""
        if self.pid is None:
            return 0.0
        return sum(_proportional(pid) for pid in _tree(self.pid))

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Fill the list with the most memory that was taken meanwhile."""
        found, done = [self.memory()], threading.Event()

        def watch() -> None:
            while not done.wait(0.1):
                found[0] = max(found[0], self.memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield found
        finally:
            done.set()
            watcher.join()


def _tree(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(other for child in children for other in _tree(int(child)))]
    return []


def _proportional(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextlib.contextmanager
def own_service(database: Database, *, workers: int, threads: int, broker: str) -> Iterator[Service]:
    """Run a stand-alone server of ours as ``docs/operate/tap.md`` says, and a worker where there is a broker."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as results:
        environment = {**os.environ, "OBSCORE_TAP_DATABASE_URI": database.reader, "SITE_UI_URL": "http://127.0.0.1"}
        gunicorn = f"gunicorn --preload --timeout 300 --workers {workers} --threads {threads} --bind 127.0.0.1:{port}"
        commands = [[*gunicorn.split(), "invenio_obscore.vo.wsgi:create_app()"]]
        if broker:
            queue = f"benchmark-{secrets.token_hex(4)}"
            environment |= {"BROKER_URL": broker, "OBSCORE_QUEUE": queue, "OBSCORE_UWS_DATABASE_URI": database.owner}
            environment |= {"OBSCORE_UWS_RESULTS": Path(results).as_uri()}
            commands.append(["celery", "-A", "invenio_obscore.vo.worker", "worker", "-c", "2", "-Q", queue])
        quiet = subprocess.DEVNULL
        processes = [
            subprocess.Popen([sys.executable, "-m", *c], env=environment, stdout=quiet, stderr=quiet) for c in commands
        ]
        try:
            yield _answering(Service(f"http://127.0.0.1:{port}/tap", processes[0].pid))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answering(service: Service) -> Service:
    for _ in range(1200):
        with contextlib.suppress(OSError):
            if service.request("availability")[0].status == 200:
                return service
        time.sleep(0.1)
    raise SystemExit("the server does not answer")


class Database:
    """PostgreSQL with the published tables, asked without TAP."""

    def __init__(self, owner: str, rows: int, rows_from: Path | None) -> None:
        self.owner = owner
        self.reader = _prepare(owner, rows, rows_from)
        self.connection = psycopg.connect(self.reader, autocommit=True, prepare_threshold=None)
        for name, value in reading_session(900).items():
            self.connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        self.schema: Schema = tap_schema.load(self.connection)
        self.rows: int = (self.connection.execute("SELECT count(*) FROM ivoa.obscore").fetchone() or (0,))[0]

    def translated(self, adql: str, maxrec: int | None = 20_000) -> Statement:
        """The SQL of a query."""
        return compile_adql(adql, self.schema, maxrec)

    def bare(self, statement: Statement) -> float:
        """Seconds that PostgreSQL takes for a translated query."""
        begun = time.perf_counter()
        self.connection.execute(statement.sql, statement.parameters, binary=True).fetchall()
        return time.perf_counter() - begun

    def first_row(self, statement: Statement) -> float:
        """Seconds until PostgreSQL's first row."""
        begun = time.perf_counter()
        with (
            self.connection.cursor() as cursor,
            contextlib.closing(cursor.stream(statement.sql, statement.parameters, binary=True)) as rows,
        ):
            next(rows, None)
            return time.perf_counter() - begun

    def copy(self, columns: str, condition: str, kind: str) -> float:
        """Seconds that COPY takes for the same columns and rows."""
        sql = f"COPY (SELECT {columns} FROM ivoa.obscore {condition}) TO STDOUT (FORMAT {kind})"
        begun = time.perf_counter()
        with self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            for _ in copy:
                pass
        return time.perf_counter() - begun

    @property
    def columns(self) -> str:
        """The published columns of ``ivoa.obscore``."""
        return ", ".join(field.name for field in self.translated("SELECT * FROM ivoa.obscore").fields)


def _prepare(owner: str, rows: int, rows_from: Path | None) -> str:
    """Make tables and rows where there are none; return the address for the role that reads."""
    password = secrets.token_hex(8)
    with psycopg.connect(owner) as connection:
        for statement in ddl.statements(ddl.DdlSettings(reader=READER, reader_password=password)):
            connection.execute(statement)
    with psycopg.connect(owner, autocommit=True) as connection:
        (present,) = connection.execute("SELECT count(*) FROM ivoa.obscore").fetchone() or (0,)
        if present < rows:
            if present:
                raise SystemExit(f"the database has {present} rows: give an empty one")
            _without_indices(connection, _from_file(rows_from, rows) if rows_from else _synthetic(rows))
    parts = urlsplit(owner)
    return urlunsplit(parts._replace(netloc=f"{READER}:{password}@{parts.netloc.rpartition('@')[2]}"))


def _without_indices(connection: psycopg.Connection, load: Callable[[psycopg.Connection], None]) -> None:
    """Load rows, then make the indices: a tenth of the time."""
    sql = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'ivoa' AND tablename = 'obscore'"
        " AND indexname <> 'obscore_pkey'"
    )
    indices = connection.execute(sql).fetchall()
    for name, _ in indices:
        connection.execute(f'DROP INDEX ivoa."{name}"')
    begun = time.perf_counter()
    load(connection)
    print(f"rows loaded in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    connection.execute("SET maintenance_work_mem = '512MB'")
    for name, definition in indices:
        begun = time.perf_counter()
        connection.execute(definition)
        print(f"{name} made in {time.perf_counter() - begun:.1f} s", file=sys.stderr)
    connection.execute("VACUUM ANALYZE ivoa.obscore")


def _from_file(path: Path, rows: int) -> Callable[[psycopg.Connection], None]:
    def load(connection: psycopg.Connection) -> None:
        with path.open() as file:
            names = file.readline().strip()
            with connection.cursor().copy(f"COPY ivoa.obscore ({names}) FROM STDIN (FORMAT csv)") as copy:
                for _, line in zip(range(rows), file):
                    copy.write(line)

    return load


_ROWS = """
INSERT INTO ivoa.obscore (dataproduct_type, calib_level, obs_collection, obs_id, obs_publisher_did, access_url,
    access_format, access_estsize, target_name, s_ra, s_dec, s_fov, s_region, s_resolution, s_xel1, s_xel2,
    t_min, t_max, t_exptime, em_min, em_max, em_xel, o_ucd, pol_states, pol_xel, facility_name, instrument_name,
    obs_title)
SELECT (ARRAY['image', 'spectrum', 'cube', 'event'])[1 + n %% 4], 2, 'Survey ' || n %% 11, 'obs-' || n,
    'ivo://benchmark.example/obscore?rec' || n || '/p',
    'https://repository.example/records/rec' || n || '/files/f.fits', 'image/fits', n %% 100000, 'NGC ' || n %% 7840,
    ra, "dec", 0.2,
    concat_ws(' ', 'Polygon ICRS', ra, "dec", ra + 0.1, "dec", ra + 0.1, "dec" + 0.1, ra, "dec" + 0.1),
    0.8, 2048, 2048, 50000 + n * 0.001, 50000.1 + n * 0.001, 1800, 4e-7, 7e-7, 1, 'phot.count', '/I/', 1,
    'VST', 'OmegaCAM', 'VST image, field ' || n
FROM (SELECT n, round((random() * 359)::numeric, 6)::float8 AS ra,
        round(degrees(asin(random() * 1.9 - 0.95))::numeric, 6)::float8 AS "dec"
      FROM generate_series(%s::int, %s::int) AS n) AS source
"""


def _synthetic(rows: int) -> Callable[[psycopg.Connection], None]:
    def load(connection: psycopg.Connection) -> None:
        for start in range(1, rows + 1, 10_000):
            connection.execute(_ROWS, [start, min(start + 9_999, rows)])

    return load
