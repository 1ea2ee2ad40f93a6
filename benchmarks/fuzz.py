"""Mutated headers by the hundred thousand: a row or a problem, never an exception, never over a second.

::

    python benchmarks/fuzz.py [DIR] [--cases 100000] [--seed 1] [--keep FAILURES]

The headers of the FITS files of DIR (or a few of our own) are mutated: cards lost, doubled, swapped, taken from another
file; values of another kind, extreme numbers, damaged bytes, a file cut. Each case is read, kept, taken from what was
kept, and extracted; what counts is processor time. A case that fails is written to ``--keep`` and can be run again:
``python benchmarks/fuzz.py --again FILE``. Exit status 1 when a case failed.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from astropy.io import fits

from invenio_obscore.errors import FitsError
from invenio_obscore.extraction import extract
from invenio_obscore.fits.headers import HeaderScanner
from invenio_obscore.fits.limits import Deadline, Limits
from invenio_obscore.fits.reading import Reading, read
from invenio_obscore.fits.streams import open_stream

BLOCK, CARD = 2880, 80
#: Data bytes that are kept of each HDU of a seed: enough for the table values that rules read.
KEPT_DATA = 4 * BLOCK
#: Memory that no case may add to the process's peak.
MOST_MEGABYTES = 100
NUMBERS = (
    "0 1 -1 2 3 16 -32 -64 2880 65535 2147483648 -9223372036854775808 1E-320 1E308 -1E308 1D400 NaN Inf 90.0 -90.0001 "
    "180.0 360.0 720.5 51544.5 2451545.0 1E-9 5E-7 5000. 1420405751.8 299792458 +5 007 .5 5. 1,5 0x10"
).split()
TEXTS = (
    "'RA---TAN' 'DEC--TAN' 'RA---TPV' 'RA---SIP' 'GLON-CAR' 'ELON-ZEA' 'HPLN-TAN' 'RA---TAB' 'RA---XYZ' 'WAVE' "
    "'WAVE-LOG' 'AWAV-GRI' 'FREQ' 'VELO-LSR' 'VRAD' 'STOKES' 'TIME' 'LINEAR' 'MULTISPE' 'deg' 'Angstrom' 'nm' "
    "'10**-20' 'erg/s/cm2/A' 'm**2**2**2' 'J2000.0' 'FK4' 'FK5' 'UTC' 'TT' 'TDB' '2020-02-30T25:61:00' '31/12/99' "
    "'0000-00-00' '99999-01-01' '12:30:45.5' '-00:00:01' '25:99:99' '' ' ' 'F606W' 'EVENTS' '1PD(9999)' '65535E' "
    "'(1,2,3)' T F"
).split(" ")


class Seed:
    """The HDUs of a file: the cards of each, and the first of its data."""

    def __init__(self, hdus: list[tuple[list[str], bytes]]) -> None:
        self.hdus = hdus

    @classmethod
    def of(cls, data: io.BufferedIOBase) -> Seed:
        limits, deadline = Limits(), Deadline(30)
        stream, _ = open_stream(data, limits, deadline)  # type: ignore[arg-type]
        hdus = []
        for hdu in HeaderScanner(stream, limits, deadline):
            cards = [hdu.cards[i : i + CARD] for i in range(0, len(hdu.cards), CARD)]
            body = stream.read(min(hdu.data_size, KEPT_DATA)) if hdu.data_size > 0 else b""
            hdus.append((cards[:600], body))
            if len(hdus) == 4:
                break
        return cls(hdus)


def seeds(directory: Path | None) -> list[Seed]:
    """Of every file that can be read."""
    found = []
    for path in sorted(directory.rglob("*")) if directory else []:
        if path.is_file():
            try:
                with path.open("rb") as file:
                    found.append(Seed.of(file))
            except (FitsError, OSError, ValueError):
                continue
    return found or [Seed.of(io.BytesIO(_own()))]


def _own() -> bytes:
    sky = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 41.0, "CDELT1": -1e-3, "CDELT2": 1e-3}
    facts = {"OBJECT": "M 31", "DATE-OBS": "2020-01-01T00:00:00", "EXPTIME": 30.0, "FILTER": "V", "TELESCOP": "T"}
    image = fits.PrimaryHDU(header=fits.Header({**sky, **facts}), data=[[0.0] * 20] * 20)
    columns = [fits.Column(name, "D", unit=unit, array=[1.0, 2.0]) for name, unit in (("WAVE", "nm"), ("FLUX", "Jy"))]
    stream = io.BytesIO()
    fits.HDUList([image, fits.BinTableHDU.from_columns(columns)]).writeto(stream)
    return stream.getvalue()


def _value(chance: random.Random, everything: Sequence[Seed]) -> str:
    kind = chance.random()
    if kind < 0.35:
        return chance.choice(NUMBERS).rjust(20)
    if kind < 0.7:
        return chance.choice(TEXTS)
    if kind < 0.9:
        return _any_card(chance, everything)[10:]
    return "".join(chr(chance.randrange(256)) for _ in range(chance.randrange(70)))


def _any_card(chance: random.Random, everything: Sequence[Seed]) -> str:
    cards = chance.choice(chance.choice(everything).hdus)[0]
    return chance.choice(cards) if cards else " " * CARD


def _other_value(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    cards[at] = f"{cards[at][:8]}= {_value(chance, everything)}"


def _lost(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    del cards[at]


def _doubled(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    cards.insert(chance.randrange(len(cards) + 1), cards[at])


def _swapped(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    other = chance.randrange(len(cards))
    cards[at], cards[other] = cards[other], cards[at]


def _taken(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    cards.insert(at, _any_card(chance, everything))


def _damaged(cards: list[str], at: int, chance: random.Random, everything: Sequence[Seed]) -> None:
    card = list(cards[at].ljust(CARD))
    for _ in range(chance.randrange(1, 5)):
        card[chance.randrange(CARD)] = chr(chance.randrange(256))
    cards[at] = "".join(card)


MUTATIONS: tuple[Callable[[list[str], int, random.Random, Sequence[Seed]], None], ...] = (
    _other_value, _other_value, _other_value, _lost, _doubled, _swapped, _taken, _taken, _damaged,
)  # fmt: skip


def case(everything: Sequence[Seed], chance: random.Random) -> bytes:
    """A file: a seed with some mutations."""
    parts = []
    hdus = [(list(cards), body) for cards, body in chance.choice(everything).hdus]
    for _ in range(chance.choice((1, 1, 2, 3, 5, 10, 30))):
        cards, _ = chance.choice(hdus)
        if cards:
            chance.choice(MUTATIONS)(cards, chance.randrange(len(cards)), chance, everything)
    for cards, body in hdus:
        text = "".join(card[:CARD].ljust(CARD) for card in [*cards, "END"]).encode("latin-1", "replace")
        parts += [text.ljust(-(-len(text) // BLOCK) * BLOCK), body.ljust(-(-len(body) // BLOCK) * BLOCK, b"\0")]
    data = b"".join(parts)
    return data[: chance.randrange(len(data))] if chance.random() < 0.03 else data


def outcome(data: bytes) -> str:
    """An empty text, or what is wrong with what came of a case."""
    begin, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        reading = read(io.BytesIO(data), name="fuzz.fits", limits=Limits(seconds=10.0))
        found = extract(Reading.from_bytes(reading.to_bytes()))
    except FitsError:
        found = []
    except Exception:  # noqa: BLE001  # what is looked for
        return traceback.format_exc(limit=-6)
    seconds = time.process_time() - begin
    mistakes = [p.message for one in found for p in one.problems if p.code in ("rule-failed", "extraction-failed")]
    if mistakes:
        return "\n".join(mistakes)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) // 1024
    if grown > MOST_MEGABYTES:
        return f"{grown} MB more"
    return f"{seconds:.2f} s" if seconds > 1.0 else ""


def run(everything: Sequence[Seed], numbers: range, seed: int, keep: Path | None) -> int:
    """How many of the cases failed; each is made of the seed and its number alone."""
    failed, slowest, begin = 0, 0.0, time.perf_counter()
    for number in numbers:
        data = case(everything, random.Random(f"{seed}/{number}"))
        started = time.process_time()
        wrong = outcome(data)
        slowest = max(slowest, time.process_time() - started)
        if wrong:
            failed += 1
            print(f"case {seed}/{number}: {wrong}", file=sys.stderr, flush=True)
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.fits").write_bytes(data)
    seconds = time.perf_counter() - begin
    facts = {"seeds": len(everything), "cases": len(numbers), "failed": failed, "slowest_s": round(slowest, 3)}
    print(json.dumps({**facts, "cases_per_s": round(len(numbers) / seconds, 1)}))
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--again", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    everything = seeds(options.directory)
    outcome(case(everything, random.Random(0)))  # the imports of the first one are nobody's time
    if options.again:
        print(wrong := outcome(options.again.read_bytes()))
        sys.exit(bool(wrong))
    numbers = range(options.first, options.first + options.cases)
    sys.exit(bool(run(everything, numbers, options.seed, options.keep)))


if __name__ == "__main__":
    main()
