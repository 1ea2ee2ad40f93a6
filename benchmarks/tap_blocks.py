"""What ``benchmarks/tap.py`` measures: one function a block, each gives lines of the table."""

from __future__ import annotations

import io
import random
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

import adql
from tap_services import Database, Service

TABLE = "ivoa.obscore"
MOST = 20_000_000


@dataclass(frozen=True)
class Line:
    """One number: ours, the peer's and the limit's, and the goals: as the largest or smallest ratio, and for ours."""

    what: str
    unit: str
    ours: float
    peer: float | None = None
    limit: float | None = None
    peer_goal: str = ""
    limit_goal: str = ""
    note: str = ""
    goal: str = ""


@dataclass(frozen=True)
class Bench:
    """What all blocks need."""

    ours: Service
    peer: Service | None
    database: Database
    places: list[tuple[float, float]]
    rows: int
    jobs: bool = False
    inside: Service | None = None

    @property
    def services(self) -> list[Service]:
        """Ours, and the peer where there is one."""
        return [self.ours, *([self.peer] if self.peer else [])]


def cone(place: tuple[float, float], radius: float = 0.1) -> str:
    """A cone search."""
    ra, dec = place
    circle = f"CIRCLE('ICRS', {ra:.5f}, {dec:.5f}, {radius})"
    return f"SELECT TOP 1000 * FROM {TABLE} WHERE 1=CONTAINS(POINT('ICRS', s_ra, s_dec), {circle})"


Query = Callable[[tuple[float, float]], str]
_SMALL: dict[str, Query] = {"TOP 1": lambda _: f"SELECT TOP 1 * FROM {TABLE}", "cone 0.1°": cone}
_INDEXED: dict[str, Query] = {
    "point in s_region": lambda p: (
        f"SELECT TOP 1000 * FROM {TABLE} WHERE 1=CONTAINS(POINT('ICRS', {p[0]:.5f}, {p[1]:.5f}), s_region)"
    ),
    "s_region overlaps a circle of 0.5°": lambda p: (
        f"SELECT TOP 1000 * FROM {TABLE} WHERE 1=INTERSECTS(s_region, CIRCLE('ICRS', {p[0]:.5f}, {p[1]:.5f}, 0.5))"
    ),
    "time and energy": lambda p: (
        f"SELECT TOP 1000 * FROM {TABLE} WHERE t_min > {52000 + p[0] * 20:.1f} AND t_max < "
        f"{52060 + p[0] * 20:.1f} AND em_min < 7e-7 AND em_max > 5e-7 AND calib_level >= 2"
    ),
    "obs_publisher_did": lambda p: (
        f"SELECT * FROM {TABLE} WHERE obs_publisher_did = 'ivo://bench.invalid/c01?obs-{int(p[0] * 2700):09d}'"
    ),
}


def _interleaved(actions: list[Callable[[int], float]], times: int) -> list[float]:
    """Medians in milliseconds of actions that take turns, so that a busy moment meets all of them."""
    found: list[list[float]] = [[] for _ in actions]
    for number in range(times):
        for seconds, action in zip(found, actions):
            seconds.append(action(number))
    return [statistics.median(seconds) * 1e3 for seconds in found]


def _latency(bench: Bench, make: Query, times: int, *, bare: bool) -> tuple[float, float | None, float | None]:
    queries = [make(place) for place in bench.places[:times]]
    statements = [bench.database.translated(query) for query in queries]
    actions: list[Callable[[int], float]] = [
        lambda n, service=service: service.query(queries[n % len(queries)]).seconds  # type: ignore[misc]
        for service in bench.services
    ]
    if bare:
        actions.append(lambda n: bench.database.bare(statements[n % len(statements)]))
    for action in actions:
        action(0)
    found = _interleaved(actions, times)
    return found[0], found[1] if bench.peer else None, found[-1] if bare else None


def small(bench: Bench) -> Iterator[Line]:
    """One client: a row, a cone."""
    for name, make in _SMALL.items():
        ours, peer, bare = _latency(bench, make, 100, bare=True)
        yield Line(f"{name}, one client, p50", "ms", ours, peer, bare, "≤ 0.083", "+ ≤ 3")


#: Milliseconds; what is nested 320 times must be linear or refused (compare with 40 times).
_LANGUAGE = {"TOP 1": "≤ 2", "cone": "≤ 2", "complex": "≤ 5"}


def language(bench: Bench) -> Iterator[Line]:
    """ADQL to SQL, in processor time."""
    for name, query in adql.QUERIES.items():
        took, ending = adql.milliseconds(partial(bench.database.translated, query), 0.5)
        yield Line(f"parse and translate: {name}", "ms", took, note=ending.strip(), goal=_LANGUAGE.get(name, ""))


def throughput(bench: Bench) -> Iterator[Line]:
    """Sixteen clients at once."""
    for name, make in _SMALL.items():
        services = [*bench.services, *([bench.inside] if bench.inside else [])]
        found: dict[int, list[float]] = {id(service): [] for service in services}
        for _ in range(2):
            for service in services:
                found[id(service)].append(_per_second(bench, service, make))
        rates = [statistics.mean(rates) for rates in found.values()]
        peer = rates[1] if bench.peer else None
        yield Line(f"{name}, 16 clients", "requests/s", rates[0], peer, None, "≥ 30")
        if bench.inside:
            yield Line(f"{name}, 16 clients, inside InvenioRDM", "requests/s", rates[-1], peer, None, "≥ 15")


def _per_second(bench: Bench, service: Service, make: Query, seconds: float = 5, clients: int = 16) -> float:
    counts = [0] * clients
    begun = time.perf_counter()

    def work(number: int) -> None:
        choose = random.Random(number)
        while time.perf_counter() < begun + seconds:
            service.query(make(choose.choice(bench.places)))
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)


#: Format, what COPY writes beside it, the goals, and how many rows the peer is asked for (it is slow).
_STREAMS = (
    ("votable", "binary", "≥ 20", "≥ 0.5", 1_000_000),
    ("csv", "csv", "≥ 20", "≥ 0.8", 1_000_000),
    ("votable/td", "csv", "≥ 12", "", 100_000),
    ("fits", "binary", "≥ 12", "", 100_000),
    ("parquet", "binary", "", "≥ 1", 0),
)


def stream(bench: Bench) -> Iterator[Line]:
    """All rows with all columns, beside COPY of the same ones; the first byte; memory meanwhile."""
    rest, memory, csv_rate = bench.ours.memory(), 0.0, 0.0
    for name, kind, peer_goal, limit_goal, peer_rows in _STREAMS:
        query = f"SELECT TOP {bench.rows} * FROM {TABLE}"
        answers, copies = [], []
        # Reading a process' memory ten times a second slows it: only the first of two answers is watched.
        for watched in (bench.ours.watched(), nullcontext([0.0])):
            with watched as most:
                answers.append(bench.ours.query(query, RESPONSEFORMAT=name, MAXREC=bench.rows))
            memory = max(memory, most[0])
            copies.append(bench.database.copy(bench.database.columns, f"LIMIT {bench.rows}", kind))
        rate = bench.rows / min(answer.seconds for answer in answers)
        csv_rate = rate if name == "csv" else csv_rate
        peer = _peer_stream(bench, name, min(peer_rows, bench.rows))
        limit, note = bench.rows / min(copies), f"limit: COPY {kind}"
        if name == "parquet" and csv_rate:
            limit, note = csv_rate, "limit: our CSV"
        yield Line(f"{bench.rows:,} rows, {name}", "rows/s", rate, peer.rate, limit, peer_goal, limit_goal, note)
        if name == "votable":
            yield _first_byte(bench, query, peer.first)
            what = f"memory of the server, {bench.rows:,} rows"
            yield Line(what, "MB", memory, peer.memory, None, "≤ 0.1", note="with shared parts counted once")
    yield Line("memory above rest, the formats one after the other", "MB", memory - rest, goal="≤ 32")


@dataclass(frozen=True)
class _Peer:
    """What the peer did: rows a second, seconds to the first byte, most memory in MB."""

    rate: float | None = None
    first: float | None = None
    memory: float | None = None


def _peer_stream(bench: Bench, name: str, rows: int) -> _Peer:
    if bench.peer is None or not rows:
        return _Peer()
    with bench.peer.watched() as most:
        answer = bench.peer.query(f"SELECT TOP {rows} * FROM {TABLE}", RESPONSEFORMAT=name, MAXREC=rows)
    return _Peer(rows / answer.seconds, answer.first, most[0] or None)


def _first_byte(bench: Bench, query: str, peer: float | None) -> Line:
    statement = bench.database.translated(query, bench.rows)
    actions: list[Callable[[int], float]] = [
        lambda _: bench.ours.query(query, RESPONSEFORMAT="votable", MAXREC=bench.rows).first,
        lambda _: bench.database.first_row(statement),
    ]
    ours, bare = _interleaved(actions, 3)
    return Line(f"first byte of {bench.rows:,} rows", "ms", ours, peer and peer * 1e3, bare, "≤ 0.001", "+ ≤ 20")


def more_rows(bench: Bench) -> Iterator[Line]:
    """Ten times the rows, as a join with ten others: the memory must not follow."""
    query = f"SELECT a.* FROM {TABLE} AS a, (SELECT TOP 10 obs_id FROM {TABLE}) AS b"
    rest = bench.ours.memory()
    with bench.ours.watched() as most:
        bench.ours.query(query, RESPONSEFORMAT="votable", MAXREC=10 * bench.rows)
    yield Line(f"memory above rest, {10 * bench.rows:,} rows, votable", "MB", most[0] - rest, goal="≤ 32")


def mixed(bench: Bench) -> Iterator[Line]:
    """Cones while all rows stream to somebody else."""
    for name, make in _SMALL.items():
        ratios = []
        for service in bench.services:
            idle, busy = _idle_and_busy(bench, service, make)
            ratios.append((idle, busy))
        ours, peer = ratios[0], ratios[1] if bench.peer else None
        yield Line(
            f"{name} while {bench.rows:,} rows stream, p50",
            "ms",
            ours[1],
            peer[1] if peer else None,
            ours[0],
            "≤ 0.1",
            "≤ 3",
            "limit: idle",
        )


def _idle_and_busy(bench: Bench, service: Service, make: Query) -> tuple[float, float]:
    def ask(number: int) -> float:
        return service.query(make(bench.places[number])).seconds

    own = service is bench.ours
    (idle,) = _interleaved([ask], 60 if own else 20)
    gone = socket.create_connection((urlsplit(service.url).hostname, urlsplit(service.url).port))
    _send(gone, service, f"SELECT TOP {bench.rows} * FROM {TABLE}", bench.rows)
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if not gone.recv(1 << 18):
                _send_again()

    def _send_again() -> None:
        nonlocal gone
        gone.close()
        gone = socket.create_connection((urlsplit(service.url).hostname, urlsplit(service.url).port))
        _send(gone, service, f"SELECT TOP {bench.rows} * FROM {TABLE}", bench.rows)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.3)
    (busy,) = _interleaved([ask], 60 if own else 12)
    stop.set()
    gone.shutdown(socket.SHUT_RDWR)
    reader.join()
    gone.close()
    return idle, busy


def _send(connection: socket.socket, service: Service, adql: str, maxrec: int) -> None:
    form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql, "MAXREC": maxrec}
    address = urlsplit(service.url)
    head = f"GET {address.path}/sync?{urlencode(form)} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode())


def gone(bench: Bench) -> Iterator[Line]:
    """How long a query lives after its client has gone."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'obscore-tap' AND state = 'active'"
    found = []
    for _ in range(3):
        client = socket.create_connection((urlsplit(bench.ours.url).hostname, urlsplit(bench.ours.url).port))
        _send(client, bench.ours, f"SELECT a.* FROM {TABLE} a, {TABLE} b", MOST)
        client.recv(100_000)
        time.sleep(1)
        client.close()
        begun = time.perf_counter()
        while bench.database.connection.execute(sql).fetchone() != (0,) and time.perf_counter() - begun < 60:
            time.sleep(0.01)
        found.append(time.perf_counter() - begun)
    yield Line("query freed after its client left in mid-stream", "s", max(found), goal="≤ 2")


def indexed(bench: Bench) -> Iterator[Line]:
    """Queries that an index must answer."""
    for name, make in _INDEXED.items():
        ours, peer, bare = _latency(bench, make, 20, bare=True)
        yield Line(f"{name}, p50", "ms", ours, peer, bare, "≤ 0.33" if name.startswith("time") else "≤ 1")


def columns(bench: Bench) -> Iterator[Line]:
    """Eight columns in random order, with a WHERE and an ORDER BY."""
    names = [field for field in bench.database.columns.split(", ") if field != "s_region"]
    chosen = ", ".join(random.Random(8).sample(names[:28], 8))
    condition = "WHERE calib_level >= 2 ORDER BY obs_publisher_did"
    statement = bench.database.translated(f"SELECT {chosen} FROM {TABLE} {condition}", MOST)
    rows = (
        bench.database.connection.execute(f"SELECT count(*) FROM {TABLE} WHERE calib_level >= 2").fetchone() or (1,)
    )[0]
    for name, kind in (("votable", "binary"), ("csv", "csv")):
        answers, copies = [], []
        for _ in range(2):
            answers.append(
                bench.ours.query(f"SELECT {chosen} FROM {TABLE} {condition}", RESPONSEFORMAT=name, MAXREC=MOST).seconds
            )
            copies.append(bench.database.copy(chosen, condition, kind))
        limit = rows / min(copies)
        yield Line(
            f"8 columns, WHERE, ORDER BY: {rows:,} rows, {name}",
            "rows/s",
            rows / min(answers),
            None,
            limit,
            "",
            "",
            f"{len(statement.fields)} columns",
        )


def jobs(bench: Bench) -> Iterator[Line]:
    """A trivial asynchronous query from creation to result."""
    if not bench.jobs:
        return
    found = [_job_milliseconds(bench, service) for service in bench.services]
    if found[0] is None:
        raise SystemExit("a job of ours does not end")
    peer = found[1] if bench.peer else None
    yield Line("asynchronous cone, create to result", "ms", found[0], peer, None, "≤ 0.167", goal="≤ 200")


def _job_milliseconds(bench: Bench, service: Service) -> float | None:
    found = []
    for number in range(8):
        begun = time.perf_counter()
        if not _run_job(service, cone(bench.places[number])):
            return None
        found.append(time.perf_counter() - begun)
    return statistics.median(found[1:]) * 1e3


def _run_job(service: Service, adql: str) -> bool:
    """Create, run, poll, fetch; False where the job does not end within a minute."""
    _, location = service.request("async", {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql})
    path = urlsplit(location).path
    service.request(f"{path}/phase", {"PHASE": "RUN"})
    end = time.monotonic() + 60
    while (phase := service.request(f"{path}/phase")[0].body.strip()) != b"COMPLETED":
        if phase in (b"ERROR", b"ABORTED") or time.monotonic() > end:
            return False
        time.sleep(0.02)
    answer, location = service.request(f"{path}/results/result")
    if answer.status == 303:
        answer, _ = service.request(urlsplit(location).path)
    return answer.status == 200


def rows(bench: Bench) -> Iterator[Line]:
    """Rows of each format are decoded and compared with the database's."""
    import numpy as np
    from astropy.table import Table

    query = f"SELECT TOP 5000 * FROM {TABLE} WHERE calib_level >= 1 ORDER BY obs_publisher_did"
    statement = bench.database.translated(query)
    expected = bench.database.connection.execute(statement.sql, statement.parameters, binary=True).fetchall()
    names = [field.name for field in statement.fields]
    known = {"votable": "votable", "votable/b": "votable", "votable/td": "votable", "fits": "fits", "parquet": ""}
    for name, reader in known.items():
        body = io.BytesIO(bench.ours.query(query, keep=True, RESPONSEFORMAT=name).body)
        if reader:
            table = Table.read(body, format=reader)
        else:
            import pyarrow.parquet as pq

            table = Table(pq.read_table(body).to_pydict())
        wrong = sum(
            not _same(row[number], table[column][line])
            for number, column in enumerate(names)
            for line, row in enumerate(expected)
        )
        assert np.size(table) == len(expected), name
        yield Line(f"cells of {len(expected)} rows that differ, {name}", "", wrong, goal="≤ 0")


def _same(value: object, read: object) -> bool:
    if value is None:
        return bool(getattr(read, "mask", False)) or read is None or str(read) in ("", "nan", "--", str(-(2**63)))
    if isinstance(value, str):
        return re.sub(r"[^\x01-\x7f]", "?", str(read)) == re.sub(r"[^\x01-\x7f]", "?", value)
    return float(value) == float(read)  # type: ignore[arg-type]


BLOCKS = (small, language, throughput, indexed, stream, more_rows, mixed, gone, columns, jobs, rows)
