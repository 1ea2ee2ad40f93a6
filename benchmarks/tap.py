"""Measure the TAP side on rows that it makes itself, beside what PostgreSQL alone can do in the same run.

::

    python benchmarks/tap.py --rows 100000 --database postgresql://owner@host/empty_database

The database must be empty and its owner may create roles. A stand-alone server is started on it; each number is the
median of its repetitions. ``--only`` chooses blocks.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg

from invenio_obscore.db import ddl

READER = "obscore_benchmark_reader"
#: Published columns that the rows fill; the same ones are copied out for the limit.
ROWS = """
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
#: The published columns, for COPY.
NAMES = """
SELECT string_agg(quote_ident(column_name), ', ') FROM tap_schema.columns WHERE table_name = 'ivoa.obscore'
"""
POSITIONS = 200


class Server:
    """A stand-alone TAP server and its memory."""

    def __init__(self, reader: str, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--threads", "8", "--workers", str(workers)]
        command += ["--bind", f"127.0.0.1:{self.port}", "invenio_obscore.vo.wsgi:create_app()"]
        environment = {**os.environ, "OBSCORE_TAP_DATABASE_URI": reader}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(OSError):
                if self.query("SELECT TOP 1 obs_id FROM ivoa.obscore")[0] == 200:
                    return
            time.sleep(0.1)
        raise SystemExit("the server does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def query(self, adql: str, **parameters: object) -> tuple[int, int, float, float]:
        """Status, bytes, seconds to the first byte and to the last one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        body = urlencode({"LANG": "ADQL", "QUERY": adql, **parameters})
        begun = time.perf_counter()
        connection.request("POST", "/tap/sync", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        size = len(answer.read(1))
        first = time.perf_counter() - begun
        while piece := answer.read(1 << 20):
            size += len(piece)
        connection.close()
        return answer.status, size, first, time.perf_counter() - begun

    def memory(self) -> float:
        """Resident memory of the workers in MB."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        lines = [line for pid in children for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def cone(position: tuple[float, float]) -> str:
    ra, dec = position
    return f"SELECT TOP 1000 * FROM ivoa.obscore WHERE 1=CONTAINS(POINT(s_ra, s_dec), CIRCLE({ra:.5f}, {dec:.5f}, 0.1))"


def milliseconds(action: Callable[[], object], times: int = 100) -> float:
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        found.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(found)


def latency(server: Server, reader: str, places: list[tuple[float, float]], rows: int) -> Iterator[dict[str, object]]:
    """One client: TOP 1 and a cone, beside the same SQL without TAP."""
    from invenio_obscore.adql import compile as compile_adql
    from invenio_obscore.db import tap_schema

    with psycopg.connect(reader, autocommit=True) as connection:
        schema = tap_schema.load(connection)
        for name, queries in {"top 1": ["SELECT TOP 1 * FROM ivoa.obscore"], "cone": list(map(cone, places))}.items():
            choose = random.Random(1)
            statements = {query: compile_adql(query, schema, 20_000) for query in queries}

            def bare(choose: random.Random = choose, queries: list[str] = queries, known: dict = statements) -> None:
                statement = known[choose.choice(queries)]
                connection.execute(statement.sql, statement.parameters, binary=True).fetchall()

            def tap(choose: random.Random = choose, queries: list[str] = queries) -> None:
                server.query(choose.choice(queries))

            translate = milliseconds(lambda queries=queries: compile_adql(queries[0], schema, 20_000))
            yield {
                "what": name,
                "tap_ms": milliseconds(tap),
                "bare_sql_ms": milliseconds(bare),
                "parse_and_translate_ms": translate,
            }


def throughput(
    server: Server, reader: str, places: list[tuple[float, float]], rows: int
) -> Iterator[dict[str, object]]:
    """Cones a second, by the number of clients."""
    for clients in (1, 4, 16):
        end = time.perf_counter() + 6
        counts = [0] * clients

        def work(number: int, counts: list[int] = counts, end: float = end) -> None:
            choose = random.Random(number)
            while time.perf_counter() < end:
                if server.query(cone(choose.choice(places)))[0] == 200:
                    counts[number] += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        yield {"what": "cones a second", "clients": clients, "requests_per_s": sum(counts) / 6}


def copied(reader: str, kind: str) -> float:
    """Seconds that COPY takes for the published columns."""
    with psycopg.connect(reader, autocommit=True) as connection:
        (names,) = connection.execute(NAMES).fetchone() or ("",)
        begun = time.perf_counter()
        with connection.cursor().copy(f"COPY (SELECT {names} FROM ivoa.obscore) TO STDOUT (FORMAT {kind})") as copy:
            for _ in copy:
                pass
    return time.perf_counter() - begun


def stream(server: Server, reader: str, places: list[tuple[float, float]], rows: int) -> Iterator[dict[str, object]]:
    """All rows in each format, beside COPY; memory of the server meanwhile."""
    limits = {kind: statistics.median(copied(reader, kind) for _ in range(3)) for kind in ("binary", "csv")}
    for name in ("votable", "votable/b", "votable/td", "csv", "tsv", "json", "parquet", "fits"):
        rest = server.memory()
        more, runs = watched(
            server,
            lambda name=name: server.query("SELECT * FROM ivoa.obscore", RESPONSEFORMAT=name, MAXREC=rows),
            times=2,
        )
        limit = limits["csv" if name in ("csv", "tsv") else "binary"]
        seconds = min(run[3] for run in runs)
        yield {
            "what": name,
            "rows_per_s": rows / seconds,
            "of_copy": limit / seconds,
            "megabytes": runs[0][1] / 1e6,
            "first_byte_ms": min(run[2] for run in runs) * 1e3,
            "memory_at_rest_mb": rest,
            "memory_more_mb": more,
        }


def memory(server: Server, reader: str, places: list[tuple[float, float]], rows: int) -> Iterator[dict[str, object]]:
    """Memory of the server while ever more rows stream: the table again and again."""
    for name in ("votable", "csv"):
        for wanted in (rows, 10 * rows, 50 * rows):
            times = f"(SELECT TOP {wanted // rows} obs_id FROM ivoa.obscore) AS b"
            found = watched(server, lambda: server.query(QUERY.format(times), RESPONSEFORMAT=name, MAXREC=wanted))  # noqa: B023
            yield {"what": name, "rows": wanted, "memory_more_mb": found[0], "rows_per_s": wanted / found[1][0][3]}


QUERY = "SELECT a.* FROM ivoa.obscore AS a, {}"


def watched(server: Server, action: Callable[[], tuple], times: int = 1) -> tuple[float, list[tuple]]:
    """Run something and return how much memory of the server it took beyond what it had, and the results."""
    rest, peak, done = server.memory(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], server.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    runs = [action() for _ in range(times)]
    done.set()
    watcher.join()
    return max(peak[0] - rest, 0.0), runs


def mixed(server: Server, reader: str, places: list[tuple[float, float]], rows: int) -> Iterator[dict[str, object]]:
    """Cones while all rows stream."""
    idle = milliseconds(lambda: server.query(cone(random.choice(places))))
    streaming = threading.Event()

    def load() -> None:
        while not streaming.is_set():
            server.query("SELECT * FROM ivoa.obscore", MAXREC=rows)

    thread = threading.Thread(target=load)
    thread.start()
    busy = milliseconds(lambda: server.query(cone(random.choice(places))))
    streaming.set()
    thread.join()
    yield {"what": "cone while a large result streams", "idle_ms": idle, "busy_ms": busy, "ratio": busy / idle}


def gone(server: Server, reader: str, places: list[tuple[float, float]], rows: int) -> Iterator[dict[str, object]]:
    """How long a query lives after its client has gone."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'obscore-tap' AND state = 'active'"
    query = urlencode({"LANG": "ADQL", "QUERY": "SELECT a.* FROM ivoa.obscore a, ivoa.obscore b", "MAXREC": 20_000_000})
    with psycopg.connect(reader, autocommit=True) as connection:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(f"GET /tap/sync?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        client.recv(100_000)
        time.sleep(1)
        client.close()
        begun = time.perf_counter()
        while connection.execute(sql).fetchone() != (0,) and time.perf_counter() - begun < 60:
            time.sleep(0.01)
    yield {"what": "query freed after its client left", "seconds": time.perf_counter() - begun}


BLOCKS = {block.__name__: block for block in (latency, throughput, stream, memory, mixed, gone)}


def prepare(database: str, rows: int) -> str:
    """Make tables and rows where there are none; return the address for the role that reads."""
    password = secrets.token_hex(8)
    with psycopg.connect(database) as connection:
        for statement in ddl.statements(ddl.DdlSettings(reader=READER, reader_password=password)):
            connection.execute(statement)
        connection.commit()
        (present,) = connection.execute("SELECT count(*) FROM ivoa.obscore").fetchone() or (0,)
        for start in range(present + 1, rows + 1, 10_000):
            connection.execute(ROWS, [start, min(start + 9_999, rows)])
            connection.commit()
            print(f"\rrows: {start}", end="", file=sys.stderr, flush=True)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE ivoa.obscore")
    parts = urlsplit(database)
    return urlunsplit(parts._replace(netloc=f"{READER}:{password}@{parts.netloc.rpartition('@')[2]}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default=",".join(BLOCKS))
    arguments = parser.parse_args()
    reader = prepare(arguments.database, arguments.rows)
    with psycopg.connect(reader) as connection:
        sql = "SELECT s_ra, s_dec FROM ivoa.obscore WHERE s_ra IS NOT NULL LIMIT %s"
        places = connection.execute(sql, [POSITIONS]).fetchall()
    server = Server(reader, arguments.workers)
    try:
        print(json.dumps({"rows": arguments.rows, "cpus": os.cpu_count(), "load": os.getloadavg()}))
        for name in arguments.only.split(","):
            for line in BLOCKS[name](server, reader, places, arguments.rows):
                rounded = {k: round(v, 2) if isinstance(v, float) else v for k, v in line.items()}
                print(json.dumps({"block": name, **rounded}), flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
