"""Working through many files, in one or several processes, with a journal to go on after an interruption."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import select
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from .extraction import EXTRACTOR_VERSION
from .extraction.evidence import Problem, Product
from .fits.reading import Reading
from .fits.sources import Source
from .workers import Raised, Worker, framed

#: Files that are begun beyond the one that is waited for, by process; how many a worker holds; tries of a deadly one.
_AHEAD, _DEPTH, _TRIES = 16, 4, 1
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


class Work(Protocol):
    """What is done with one file, in two steps."""

    def read(self, source: Source) -> Reading | Outcome:
        """What is in the file, or why it cannot be read; runs in the caller's process where only that can open it."""

    def __call__(self, item: tuple[Source, Reading | None]) -> Outcome:
        """What comes of a file (with what was read of it, if it was); runs in a worker."""


def run(
    sources: Iterable[Source],
    work: Work,
    *,
    jobs: int = 1,
    patience: float = 600.0,
    journal: str | os.PathLike[str] | None = None,
    settings: str = "",
) -> Iterator[tuple[Source, Outcome]]:
    """Each source with its outcome, in the order of the sources.

    ``settings`` is what outcomes depend on beside the files (the mapping's text): the journal's entries of other
    settings do not count. Files are worked on in ``jobs`` processes beside this one. One that kills its process, or
    keeps it for longer than ``patience`` seconds, is tried once more; then that is its failure.
    """
    with _Journal(journal, settings) as done:
        yield from _Pool(work, max(1, jobs), patience, done).run(sources)


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


@dataclass
class _Task:
    """One source on its way: what a worker is sent of it, then what came of it."""

    source: Source
    outcome: Outcome | None = None
    data: bytes = b""
    tries: int = 0


class _Pool:
    """Processes that work on files; streams of the caller's are read here, and what was read goes to them.

    Parameters
    ----------
    patience
        Seconds for one file before its process is ended.
    """

    def __init__(self, work: Work, jobs: int, patience: float, done: _Journal) -> None:
        self._work, self._jobs, self._patience, self._done = work, jobs, patience, done
        self._workers: list[Worker] = []
        self._queue: deque[_Task] = deque()

    def run(self, sources: Iterable[Source]) -> Iterator[tuple[Source, Outcome]]:
        """See `batch.run`."""
        waiting: deque[_Task] = deque()
        try:
            for source in sources:
                waiting.append(self._begun(source))
                self._feed()
                if len(waiting) > self._jobs * _AHEAD:
                    yield self._finished(waiting.popleft())
            while waiting:
                yield self._finished(waiting.popleft())
        finally:
            self._close()

    def _begun(self, source: Source) -> _Task:
        task = _Task(source, self._done.get(source))
        if task.outcome is None:
            bare = Source(source.name, source.path, source.size, source.uri, source.member)
            item = (source, None) if source.portable else (bare, self._work.read(source))
            if isinstance(item[1], Outcome):
                self._keep(task, item[1])
            else:
                task.data = framed(pickle.dumps(item, pickle.HIGHEST_PROTOCOL))
                self._queue.append(task)
        return task

    def _finished(self, task: _Task) -> tuple[Source, Outcome]:
        while task.outcome is None:
            self._feed()
            self._collect()
        return task.source, task.outcome

    def _keep(self, task: _Task, outcome: Outcome) -> None:
        """What came of a file, also before its turn: it is not read again after an interruption."""
        task.outcome, task.data = outcome, b""
        self._done.add(task.source, outcome)

    def _feed(self) -> None:
        """Give workers what they can take; start them as they are needed."""
        while self._queue:
            if len(self._workers) < self._jobs and all(worker.given for worker in self._workers):
                self._workers.append(Worker(self._work, self._workers))
            worker = min(self._workers, key=lambda worker: len(worker.given))
            if not worker.accepts(self._queue[0].data, _DEPTH):
                return
            task = self._queue.popleft()
            if not worker.give(task, task.data):
                self._lost(worker)

    def _collect(self) -> None:
        """Wait for answers, and for workers that are gone or take too long."""
        busy = [worker for worker in self._workers if worker.given]
        ready, _, _ = select.select(busy, [], [], 1.0)
        for worker in ready:
            found = worker.answers()
            if found is None:
                self._lost(worker)
            for task, answer in found or ():
                if isinstance(answer, Raised):
                    raise answer.error
                self._keep(task, answer)
        now = time.monotonic()
        for worker in busy:
            if worker.given and worker in self._workers and now - worker.since > self._patience:
                self._lost(worker)

    def _lost(self, worker: Worker) -> None:
        """A worker that died or hangs: what it had comes back, the first, which it was at, for one more try alone."""
        worker.kill()
        self._workers.remove(worker)
        given: list[_Task] = list(worker.given)
        if given:
            given[0].tries += 1
            if given[0].tries > _TRIES:
                message = "the process that read the file died, or did not end"
                self._keep(given.pop(0), Outcome(failure=Problem("error", "reader-died", message)))
        self._queue.extendleft(reversed(given))

    def _close(self) -> None:
        for worker in self._workers:
            if worker.given:
                worker.kill()
            else:
                worker.close()
        for worker in self._workers:
            worker.wait()
        self._workers.clear()
