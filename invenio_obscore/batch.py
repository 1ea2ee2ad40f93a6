"""Working through many files, in one or several processes, with a journal to go on after an interruption."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import IO, Any

from .extraction import EXTRACTOR_VERSION
from .extraction.evidence import Problem, Product
from .fits.sources import Source

_AHEAD = 16
#: Failures that may be over the next time (a disk, a file server), by their codes.
_PASSING = frozenset({"unreadable", "reader-died"})


@dataclass
class Outcome:
    """What came of one file: its products, or why there are none."""

    products: list[Product] = field(default_factory=list)
    failure: Problem | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the journal has it."""
        failure = self.failure.to_dict() if self.failure else None
        return {"products": [p.to_dict() for p in self.products], "failure": failure}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """What `to_dict` wrote."""
        failure = Problem.from_dict(data["failure"]) if data["failure"] else None
        return cls([Product.from_dict(p) for p in data["products"]], failure)


Work = Callable[[Source], Outcome]


def run(
    sources: Iterable[Source],
    work: Work,
    *,
    jobs: int = 1,
    journal: str | os.PathLike[str] | None = None,
    settings: str = "",
) -> Iterator[tuple[Source, Outcome]]:
    """Each source with its outcome, in the order of the sources.

    ``settings`` is what outcomes depend on beside the files (the mapping's text): the journal's entries of other
    settings do not count. A file that kills its process (``jobs`` > 1) is tried once more alone; then that is its
    failure.
    """
    with _Journal(journal, settings) as done:
        todo = _single(sources, work, done) if jobs <= 1 else _Pool(work, jobs).run(sources, done)
        yield from todo


class _Journal:
    """Finished files, one JSON line each; only their places are in memory.

    A line that an interruption cut short (a ``kill -9``, a full disk) is taken off when the journal is opened again.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: str = "") -> None:
        self._path = path
        self._settings = hashlib.sha256(settings.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._places: dict[bytes, int] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Journal:
        if self._path is not None:
            self._file = open(self._path, "a+b")
            self._load(self._file)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def _load(self, file: IO[bytes]) -> None:
        file.seek(0)
        place = 0
        for line in file:
            if not line.endswith(b"\n"):
                file.truncate(place)
                break
            entry = _entry(line)
            if entry:
                self._places[_digest(entry["file"])] = place
            place += len(line)

    def _key(self, source: Source) -> str:
        """A file is the same while its address, size, time, the settings and the extractor are."""
        try:
            changed = os.stat(source.path).st_mtime_ns
        except OSError:
            changed = 0
        return json.dumps(
            [source.uri or source.path, source.member, source.size, changed, self._settings, EXTRACTOR_VERSION]
        )

    def get(self, source: Source) -> Outcome | None:
        """What came of a file before."""
        if self._file is None or not self._places:
            return None
        key = self._key(source)
        place = self._places.get(_digest(key))
        if place is None:
            return None
        self._file.seek(place)
        entry = _entry(self._file.readline())
        return Outcome.from_dict(entry["outcome"]) if entry and entry["file"] == key else None

    def add(self, source: Source, outcome: Outcome) -> None:
        """Keep what came of a file, unless another try may end better."""
        if self._file is None or (outcome.failure and outcome.failure.code in _PASSING):
            return
        line = json.dumps({"file": self._key(source), "outcome": outcome.to_dict()}) + "\n"
        self._file.write(line.encode("ascii"))
        self._file.flush()


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    kinds = {"file": str, "outcome": dict}
    whole = isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in kinds.items())
    return entry if whole else None


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _single(sources: Iterable[Source], work: Work, done: _Journal) -> Iterator[tuple[Source, Outcome]]:
    for source in sources:
        outcome = done.get(source)
        if outcome is None:
            outcome = work(source)
            done.add(source, outcome)
        yield source, outcome


_work: Work | None = None


def _start(work: Work) -> None:
    global _work  # noqa: PLW0603  # once per process: what every task of it needs
    _work = work


def _one(source: Source) -> Outcome:
    assert _work is not None  # _start ran first
    return _work(source)


class _Pool:
    """Several processes; files on disk and their members go to them, open streams stay here."""

    def __init__(self, work: Work, jobs: int) -> None:
        self._work, self._jobs = work, jobs
        self._executor = self._new(jobs)

    def _new(self, jobs: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(self._work,))

    def run(self, sources: Iterable[Source], done: _Journal) -> Iterator[tuple[Source, Outcome]]:
        """See `batch.run`."""
        waiting: deque[tuple[Source, Future[Outcome] | Outcome]] = deque()
        try:
            for source in sources:
                known = done.get(source)
                waiting.append((source, known or self._begin(source, done)))
                if len(waiting) > self._jobs * _AHEAD:
                    yield self._finish(*waiting.popleft(), done)
            while waiting:
                yield self._finish(*waiting.popleft(), done)
        finally:
            self._executor.shutdown(cancel_futures=True)

    def _begin(self, source: Source, done: _Journal) -> Future[Outcome] | Outcome:
        if not source.portable:
            outcome = self._work(source)
            done.add(source, outcome)
            return outcome
        try:
            return self._executor.submit(_one, source)
        except BrokenProcessPool:
            self._executor = self._new(self._jobs)
            return self._executor.submit(_one, source)

    def _finish(self, source: Source, begun: Future[Outcome] | Outcome, done: _Journal) -> tuple[Source, Outcome]:
        if isinstance(begun, Outcome):
            return source, begun
        try:
            outcome = begun.result()
        except BrokenProcessPool:
            outcome = self._alone(source)
        done.add(source, outcome)
        return source, outcome

    def _alone(self, source: Source) -> Outcome:
        """A file whose process died, or that was waiting when another's did."""
        with self._new(1) as executor:
            try:
                return executor.submit(_one, source).result()
            except BrokenProcessPool:
                return Outcome(failure=Problem("error", "reader-died", "the process that read the file died"))
