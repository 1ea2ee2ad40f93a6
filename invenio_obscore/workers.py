"""Processes that work through files: a file that crashes a C library (wcslib) ends one of these and not the caller.

A worker is forked from a process that runs one thread, and is there at once; from any other (a notebook, a server) it
is a new interpreter, which takes a second or two to import. Tasks go in through one pipe, answers come back through
another, each a pickle behind its length, in order. A worker ends when its pipe does: none is left behind by a caller
that was killed.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">Q")
_PROGRAM = "from invenio_obscore.workers import main; main()"
#: Bytes that fit into a pipe whether anybody reads or not: more goes only to a worker that has nothing else to do.
_PIPE_BYTES = 16_384

Task = Callable[[Any], Any]


class Worker:
    """One process and the items that it was given.

    Parameters
    ----------
    task
        What is done with an item. It is pickled where the worker cannot be forked.
    others
        Workers that are there already; a forked one must not hold their pipes open.
    """

    def __init__(self, task: Task, others: Sequence[Worker] = ()) -> None:
        self.given: deque[Any] = deque()
        self._waiting = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._buffer = bytearray()
        self.since = time.monotonic()
        if can_fork():
            self._fork(task, others)
        else:
            self._spawn(task)

    def fileno(self) -> int:
        """Where answers come from, for `select`."""
        return self._answers

    def accepts(self, data: bytes, depth: int) -> bool:
        """Whether an item can be given now without waiting for the worker."""
        if not self.given:
            return True
        return len(self.given) < depth and self._waiting + len(data) < _PIPE_BYTES

    def give(self, item: Any, data: bytes) -> bool:  # noqa: ANN401  # whatever the caller's task takes
        """Send an item, which is already pickled; whether the worker is still there to take it."""
        if not self.given:
            self.since, self._waiting = time.monotonic(), 0
        self.given.append(item)
        self._waiting += len(data)
        try:
            _write(self._tasks, data)
        except BrokenPipeError:
            return False
        return True

    def answers(self) -> list[tuple[Any, Any]] | None:
        """Items with their answers that are there by now; None where the worker is gone and nothing is left."""
        part = os.read(self._answers, 2**20)
        self._buffer += part
        found = []
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            found.append((self.given.popleft(), pickle.loads(self._buffer[_LENGTH.size : end])))  # noqa: S301  # ours
            del self._buffer[:end]
            self.since, self._waiting = time.monotonic(), self._waiting if self.given else 0
        return found if part or found else None

    def close(self) -> None:
        """Let the worker end."""
        for end in (self._tasks, self._answers):
            with contextlib.suppress(OSError):
                os.close(end)

    def wait(self) -> None:
        """Wait until it has ended; after `close`."""
        if self._process is not None:
            self._process.wait()
        elif self._pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid if self._process else self._pid, signal.SIGKILL)
        self.close()
        self.wait()

    def _fork(self, task: Task, others: Sequence[Worker]) -> None:
        theirs_in, self._tasks = os.pipe()
        self._answers, theirs_out = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        self._pid = os.fork()
        if self._pid == 0:
            for worker in (self, *others):
                worker.close()
            _serve(task, os.fdopen(theirs_in, "rb"), theirs_out)
            os._exit(0)
        os.close(theirs_in)
        os.close(theirs_out)

    def _spawn(self, task: Task) -> None:
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and program
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # both are pipes
        # Descriptors of our own: Popen's would be closed a second time when it is collected.
        self._tasks, self._answers = os.dup(self._process.stdin.fileno()), os.dup(self._process.stdout.fileno())
        self._process.stdin.close()
        self._process.stdout.close()
        _write(self._tasks, framed(data))


def can_fork() -> bool:
    """Whether this process may be copied: another thread could hold a lock for ever in the copy."""
    return sys.platform == "linux" and threading.active_count() == 1


def framed(data: bytes) -> bytes:
    """Data behind their length."""
    return _LENGTH.pack(len(data)) + data


def _write(end: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(end, view) :]


def _read(stream: BinaryIO) -> bytes | None:
    """One frame; None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    data = stream.read(size)
    return data if len(data) == size else None


def _serve(task: Task, tasks: BinaryIO, answers: int) -> None:
    """Do tasks until there are no more; whoever interrupts the caller is answered by the caller."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while (data := _read(tasks)) is not None:
            try:
                answer = task(pickle.loads(data))  # noqa: S301  # from the process that started this one
            except Exception as error:  # noqa: BLE001  # the caller raises it
                answer = Raised(error)
            _write(answers, framed(_pickled(answer)))
    except (BrokenPipeError, KeyboardInterrupt):
        return


class Raised:
    """What a task raised, for the caller to raise."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _pickled(answer: Any) -> bytes:  # noqa: ANN401  # whatever the task gives
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  # an exception with something in it that cannot travel
        return pickle.dumps(Raised(RuntimeError(f"{type(answer).__name__}: {error}")), pickle.HIGHEST_PROTOCOL)


def main() -> None:
    """The program of a worker that was not forked."""
    tasks, answers = sys.stdin.buffer, os.dup(1)
    os.dup2(2, 1)  # whatever prints must not print into the answers
    data = _read(tasks)
    if data is not None:
        _serve(pickle.loads(data), tasks, answers)  # noqa: S301  # from the process that started this one
