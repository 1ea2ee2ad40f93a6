"""Measure our TAP service, beside another one with the same rows and beside PostgreSQL alone, in one run.

::

    python benchmarks/tap.py --database postgresql://owner@host/database [--rows 1000000]
        [--rows-from rows.csv] [--peer http://127.0.0.1:8090/tap --peer-pid 123] [--broker redis://host/db]
        [--inside https://127.0.0.1:5000/vo/tap]

An empty database is filled: with the rows of a CSV file whose first line names columns of ``ivoa.obscore``, else with
synthetic ones. Its owner may create roles. A stand-alone server is started on it, and a worker where there is a broker.
Everything that is compared takes turns; the table at the end has the ratios and the goals.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import sys
import time
from pathlib import Path

from tap_blocks import BLOCKS, Bench, Line
from tap_services import Database, Service, own_service


def _ratio(goal: str, ours: float, other: float | None) -> tuple[str, str]:
    """The ratio to another number (or what is above it), and whether the goal is met."""
    if other is None or not other:
        return "", ""
    if goal.startswith("+"):
        bound = float(goal.split()[-1])
        return f"+{ours - other:.1f} (goal {goal})", "yes" if ours - other <= bound else "no"
    ratio = ours / other
    if not goal:
        return f"{ratio:.3g}", ""
    sign, bound = goal.split()
    met = ratio >= float(bound) if sign == "≥" else ratio <= float(bound)
    return f"{ratio:.3g} (goal {goal})", "yes" if met else "no"


def _own(goal: str, ours: float) -> str:
    """Whether a goal of ours alone is met."""
    return "" if not goal else "yes" if ours <= float(goal.split()[-1]) else "no"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def table(lines: list[Line]) -> str:
    """The results as Markdown."""
    found = ["| what | ours | peer | limit | to peer | to limit | met |", "|---|---|---|---|---|---|---|"]
    for line in lines:
        peer, peer_met = _ratio(line.peer_goal, line.ours, line.peer)
        limit, limit_met = _ratio(line.limit_goal, line.ours, line.limit)
        verdicts = " ".join(filter(None, (_own(line.goal, line.ours), peer_met, limit_met)))
        what = f"{line.what} ({line.note})" if line.note else line.what
        ours = f"{_number(line.ours)} {line.unit}{line.goal and f' (goal {line.goal})'}"
        cells = [what, ours, _number(line.peer), _number(line.limit), peer, limit]
        found.append(f"| {' | '.join([*cells, verdicts])} |")
    return "\n".join(found)


def main() -> None:
    """Run the blocks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rows-from", type=Path)
    parser.add_argument("--peer", help="address of another TAP service with ivoa.obscore")
    parser.add_argument("--peer-pid", type=int, help="its process, for its memory")
    parser.add_argument("--broker", default="", help="Redis for asynchronous jobs")
    parser.add_argument("--inside", help="address of our service inside InvenioRDM, on the same database")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--only", default=",".join(block.__name__ for block in BLOCKS))
    parser.add_argument("--out", type=Path, help="also write the lines as JSON")
    arguments = parser.parse_args()
    # The services that were started end with this program, whoever ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    database = Database(arguments.database, arguments.rows, arguments.rows_from)
    peer = Service(arguments.peer, arguments.peer_pid) if arguments.peer else None
    sql = "SELECT s_ra, s_dec FROM ivoa.obscore TABLESAMPLE SYSTEM (1) REPEATABLE (7) WHERE s_ra IS NOT NULL LIMIT 2000"
    places = database.connection.execute(sql).fetchall()
    choose = random.Random(1)
    # Half of them where the rows are, half anywhere.
    places += [(choose.uniform(0, 360), choose.uniform(-85, 85)) for _ in places]
    choose.shuffle(places)
    lines: list[Line] = []
    begun = time.perf_counter()
    with own_service(
        database, workers=arguments.workers, threads=arguments.threads, broker=arguments.broker
    ) as service:
        inside = Service(arguments.inside) if arguments.inside else None
        rows = min(arguments.rows, database.rows)
        bench = Bench(service, peer, database, places[:200], rows, bool(arguments.broker), inside)
        # What a process loads once is not what a stream takes.
        for name in ("votable", "csv", "parquet", "fits") * 3:
            service.query("SELECT TOP 3000 * FROM ivoa.obscore", RESPONSEFORMAT=name)
        for block in BLOCKS:
            if block.__name__ in arguments.only.split(","):
                for line in block(bench):
                    lines.append(line)
                    print(table([line]).splitlines()[-1], flush=True)
    seconds = time.perf_counter() - begun
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{database.rows:,} rows, {os.cpu_count()} cores, load {load}, {platform.platform()}, {seconds:.0f} s\n")
    print(table(lines))
    if arguments.out:
        arguments.out.write_text(json.dumps([vars(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
