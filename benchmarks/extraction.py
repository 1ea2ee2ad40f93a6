"""How fast `extract` is, against the plain astropy chain and the raw header read, in one run on the same files.

::

    python benchmarks/extraction.py DIR [--jobs 2] [--rounds 3] [--truth TRUTH.csv --score SCORE.py] [--profile]
    python benchmarks/extraction.py --many 100000 [--out csv]

The chain is what a script would do: open, parse every card, ``WCS(header)`` and footprint of each image. Only files
that both open are timed, every way in turn in each round, so that a busy machine slows them all; the ratios are what
counts. On one core means one: the process that collects and its worker share it. What is timed is complete: rows with
evidence, written as a table, which is the one that is scored.
``--many`` shows that memory stays flat. A file of 10 GB is timed beside one of 10 kB.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import platform
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.wcs import WCS

from invenio_obscore import extract
from invenio_obscore.errors import FitsError
from invenio_obscore.fits.headers import HeaderScanner
from invenio_obscore.fits.limits import Deadline, Limits
from invenio_obscore.fits.sources import find
from invenio_obscore.fits.streams import open_stream
from invenio_obscore.pipeline import _FileWork


def raw(path: Path) -> None:
    """Header blocks of every HDU, nothing parsed but what seeking needs."""
    limits, deadline = Limits(), Deadline(60)
    with path.open("rb") as file:
        stream, _ = open_stream(file, limits, deadline)
        for _ in HeaderScanner(stream, limits, deadline):
            pass


def chain(path: Path) -> None:
    """Open, parse every card, WCS and footprint of each image, with astropy alone."""
    with fits.open(path, memmap=True) as hdus:
        for hdu in hdus:
            header = hdu.header
            for card in header.cards:
                try:
                    _ = card.value
                except (ValueError, fits.VerifyError):
                    continue
            if header.get("CTYPE1") and (hdu.is_image or "ZIMAGE" in header) and header.get("NAXIS", 0) >= 2:
                _footprint(header)


def _footprint(header: fits.Header) -> None:
    try:
        wcs = WCS(header)
        if wcs.has_celestial:
            shape = (header.get("ZNAXIS1", header["NAXIS1"]), header.get("ZNAXIS2", header["NAXIS2"]))
            wcs.celestial.calc_footprint(axes=shape)
    except Exception:  # noqa: BLE001  # what astropy cannot do costs it no time here; it is timed, not judged
        return


def openable(directory: Path) -> list[Path]:
    """The files that both ways open."""
    found = []
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        try:
            chain(path)
            raw(path)
        except (OSError, ValueError, FitsError, KeyError, TypeError, fits.VerifyError):
            continue
        found.append(path)
    return found


def timed(work: Callable[[], object], rounds: int, files: int) -> dict[str, float]:
    """Median of some rounds."""
    return _summary([_seconds(work) for _ in range(rounds)], files)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _summary(seconds: Sequence[float], files: int) -> dict[str, float]:
    median = statistics.median(seconds)
    spread = (max(seconds) - min(seconds)) / median
    return {"seconds": round(median, 3), "files_per_s": round(files / median, 1), "spread": round(spread, 2)}


def in_turn(ways: dict[str, Callable[[], object]], rounds: int, files: int) -> dict[str, dict[str, float]]:
    """Medians of ways that are timed one after another in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            seconds[name].append(_seconds(work))
    return {name: _summary(found, files) for name, found in seconds.items()}


def complete(names: Sequence[str], table: Path, jobs: int = 1) -> None:
    """What a user does: rows with evidence, as a table."""
    extract(names, jobs=jobs).write(table)


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Only so many of this machine's cores, for what is done and the processes that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def on_cores(jobs: int, names: Sequence[str], table: Path) -> None:
    """`complete` with as many cores as jobs."""
    with cores(jobs):
        complete(names, table, jobs)


def cpu(jobs: int, names: Sequence[str], table: Path) -> dict[str, float]:
    """Milliseconds of processor a file: of the process that collects and writes, and of its workers."""

    def used() -> tuple[float, ...]:
        usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return tuple(u.ru_utime + u.ru_stime for u in usage)

    before = used()
    complete(names, table, jobs)
    own, children = ((b - a) / len(names) * 1e3 for a, b in zip(before, used(), strict=True))
    return {"own": round(own, 2), "workers": round(children, 2)}


def scored(table: Path, truth: Path, score: Path) -> str:
    """The scorer's last line."""
    done = subprocess.run([sys.executable, score, truth, table], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def profiled(names: Sequence[str]) -> None:
    """Where the time goes, to standard error."""
    profile = cProfile.Profile()
    work = _FileWork(None, Limits())
    profile.runcall(lambda: [work((source, None)) for source in find(names)])
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(60)


def speed(options: argparse.Namespace) -> dict[str, object]:
    """Every way to open the files of a directory, in the same rounds."""
    files = openable(options.directory)
    names = [str(f) for f in files]
    result: dict[str, object] = {"files": len(files)}
    with tempfile.TemporaryDirectory() as directory:
        table = Path(directory) / "obscore.csv"
        if options.profile:
            profiled(names)
        complete(names, table)
        jobs, times = options.jobs, 8
        ways: dict[str, Callable[[], object]] = {
            "raw headers": lambda: [raw(f) for f in files],
            "astropy chain": lambda: [chain(f) for f in files],
            "extract, jobs=1": lambda: complete(names, table),
        }
        with cores(1):
            result |= (found := in_turn(ways, options.rounds, len(files)))
        per_second = {name: way["files_per_s"] for name, way in found.items()}
        result["jobs=1 / chain"] = round(per_second["extract, jobs=1"] / per_second["astropy chain"], 2)
        # Eight times the files, on as many cores as there are jobs.
        longer = {f"{times} times, jobs={n}": lambda n=n: on_cores(n, names * times, table) for n in (1, jobs)}
        result |= (found := in_turn(longer, options.rounds, len(files) * times))
        one, several = (way["files_per_s"] for way in found.values())
        result[f"jobs={jobs} / jobs=1"] = round(several / one, 2)
        result["processor, ms a file"] = {f"jobs={n}": cpu(n, names * times, table) for n in (1, jobs)}
        if options.truth and options.score:
            complete(names, table)
            result["score"] = scored(table, options.truth, options.score)
    result["one file"] = huge(max(9, options.rounds))
    return result


def resident(field: str = "VmRSS") -> float:
    """Memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split(f"{field}:")[1].split()[0]) / 1024, 1)


def memory(count: int, out: str) -> dict[str, float]:
    """Resident memory after a tenth, half and all of so many files, and its peak when their table is written, too."""
    with tempfile.TemporaryDirectory() as directory:
        first = [_small(Path(directory) / f"0{n}.fits", n) for n in range(10)]
        for number in range(count - len(first)):
            os.link(first[number % len(first)], Path(directory) / f"f{number:07}.fits")
        marks = {count // 10, count // 2, count}
        found: dict[str, float] = {}
        done = 0

        def step(_: object) -> None:
            nonlocal done
            done += 1
            if done in marks:
                found[f"MB after {done} files"] = resident()

        begin = time.perf_counter()
        response = extract(directory, progress=step)
        found["files_per_s"] = round(count / (time.perf_counter() - begin), 1)
        found["peak MB"] = resident("VmHWM")
        target = Path(directory) / f"obscore.{out}"
        response.write(target)
        found[f"peak MB with {target.name}"] = resident("VmHWM")
        found["rows"] = len(response)
    return found


def _small(path: Path, number: int) -> Path:
    cards: dict[str, object] = {"OBJECT": f"Field {number}", "TELESCOP": "T", "DATE-OBS": "2020-01-01T00:00:00"}
    cards |= {"EXPTIME": 30.0, "NAXIS": 2, "NAXIS1": 20, "NAXIS2": 20, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    cards |= {"CRVAL1": 10.0 + number, "CRVAL2": 41.0, "CRPIX1": 10.0, "CRPIX2": 10.0, "CDELT1": -1e-3, "CDELT2": 1e-3}
    header = fits.Header({"SIMPLE": True, "BITPIX": 8, **cards}).tostring().encode()
    path.write_bytes(header + bytes(2880))
    return path


def huge(rounds: int) -> dict[str, float]:
    """Milliseconds for a file of 10 kB and for one of 10 GB (a hole) of the same header."""
    with tempfile.TemporaryDirectory() as directory:
        files = {"10 kB": (50, 50), "10 GB": (50_000, 50_000)}
        for name, (width, height) in files.items():
            header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": width, "NAXIS2": height})
            path = Path(directory) / f"{name}.fits"
            path.write_bytes(header.tostring().encode())
            os.truncate(path, 2880 + -(-(width * height * 4) // 2880) * 2880)
        extract(str(path))
        return {
            f"{name}, ms": round(
                timed(lambda name=name: extract(f"{directory}/{name}.fits"), rounds, 1)["seconds"] * 1e3, 2
            )
            for name in files
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--score", type=Path)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--out", default="csv")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    result: dict[str, object] = {"machine": machine, "load": os.getloadavg()[0]}
    if options.directory:
        result |= speed(options)
    if options.many:
        result["many files"] = memory(options.many, options.out)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
