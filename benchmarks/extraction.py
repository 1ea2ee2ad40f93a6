"""How fast `extract` is, against the plain astropy chain and the raw header read, in one run on the same files.

::

    python benchmarks/extraction.py DIR [--jobs 2] [--rounds 3] [--truth TRUTH.csv --score SCORE.py] [--many 2000]

The chain is what a script would do: open, parse every card, ``WCS(header)`` and footprint of each image. Only files
that astropy opens are timed. With a truth table, what `extract` found is scored. ``--many`` shows that memory stays
flat and that a 10 GB file is as fast as a 10 kB one.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from astropy.io import fits
from astropy.wcs import WCS

from invenio_obscore import extract
from invenio_obscore.errors import FitsError
from invenio_obscore.fits.headers import HeaderScanner
from invenio_obscore.fits.limits import Deadline, Limits
from invenio_obscore.fits.streams import open_stream
from invenio_obscore.obscore.columns import OBSCORE


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
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds)
    return {"seconds": round(median, 3), "files_per_s": round(files / median, 1)}


def scored(files: Sequence[Path], truth: Path, score: Path) -> str:
    """The last line of the scorer on what `extract` finds."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(OBSCORE)
        writer.writerows([p.row.to_dict().get(c, "") for c in OBSCORE] for p in extract([str(f) for f in files]))
        table.flush()
        done = subprocess.run([sys.executable, score, truth, table.name], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def memory(count: int) -> dict[str, float]:
    """Peak memory after some files and after twenty times as many; and the time of a huge and of a small file."""
    with tempfile.TemporaryDirectory() as directory:
        small = Path(directory) / "small.fits"
        fits.PrimaryHDU(header=_cards()).writeto(small)
        for number in range(count):
            os.link(small, Path(directory) / f"f{number:06}.fits")
        paths = sorted(str(p) for p in Path(directory).glob("f*.fits"))
        extract(paths[: count // 20])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        extract(paths)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        huge = Path(directory) / "huge.fits"
        header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": 50_000, "NAXIS2": 50_000})
        huge.write_bytes(header.tostring().encode())
        os.truncate(huge, 2880 + -(-(50_000**2 * 4) // 2880) * 2880)
        times = [timed(lambda path=path: extract(str(path)), 9, 1)["seconds"] for path in (small, huge)]
    return {
        "kB_per_file": round((after - before) / (count * 0.95), 2),
        "small_file_ms": round(times[0] * 1e3, 1),
        "10_GB_file_ms": round(times[1] * 1e3, 1),
    }


def _cards() -> fits.Header:
    return fits.Header({"OBJECT": "M 31", "TELESCOP": "T", "DATE-OBS": "2020-01-01T00:00:00", "EXPTIME": 30.0})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--score", type=Path)
    parser.add_argument("--many", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    files = openable(options.directory)
    names = [str(f) for f in files]
    result: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "files": len(files),
    }
    result["raw headers"] = timed(lambda: [raw(f) for f in files], options.rounds, len(files))
    result["astropy chain"] = slow = timed(lambda: [chain(f) for f in files], options.rounds, len(files))
    result["extract"] = fast = timed(lambda: extract(names), options.rounds, len(files))
    result["extract / chain"] = round(fast["files_per_s"] / slow["files_per_s"], 2)
    many = names * 8
    one = timed(lambda: extract(many), 1, len(many))
    several = timed(lambda: extract(many, jobs=options.jobs), 1, len(many))
    result[f"extract, jobs={options.jobs}"] = several
    result[f"jobs={options.jobs} / jobs=1"] = round(several["files_per_s"] / one["files_per_s"], 2)
    if options.truth and options.score:
        result["score"] = scored(files, options.truth, options.score)
    if options.many:
        result["many files"] = memory(options.many)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
