"""Reading and extracting hostile files in a child process, under limits of memory and time.

::

    parent (a worker)                          child (``python -m invenio_obscore.reader_main``)
      ReaderProcess.read(stream) ── request ──►  reads headers from a stream that asks the parent
                  ◄─ {"at": offset, "size": n} ─   for bytes as it needs them
                  ── bytes ──────────────────────►
                  ◄─ {"result": …} | {"error": …} ─

The child is started with `subprocess` (Celery's workers may have no `multiprocessing` children, and forking a process
with threads is unsafe). It is kept for the next file; it ends with its parent, since then its standard input ends. If
it dies or is late, the caller gets a typed error and the next call starts a new one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import subprocess
import sys
import threading
import time
from typing import Any, BinaryIO

from .. import errors
from ..errors import FitsError, FitsLimitError, ObsCoreError, ReaderDiedError
from .limits import Limits
from .wire import MOST_READ, frame, unframe

#: A new child imports astropy first: a few seconds that are not the file's.
STARTING_SECONDS = 15.0

#: Members of an archive whose products are made in one call: the limits are for each call.
_MEMBERS_AT_A_TIME = 250


class ReaderProcess:
    """A child process that reads files; one call at a time, from any thread.

    Parameters
    ----------
    limits
        Of each file; the child's memory and processor time as well.
    """

    #: The module that the child runs.
    program = "invenio_obscore.reader_main"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> ReaderProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the child, None where there is none now."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def read(self, stream: BinaryIO, *, name: str = "", size: int | None = None) -> bytes:
        """Read a seekable stream's headers; the stored form of the `Reading`.

        Raises
        ------
        FitsError
            As `fits.reading.read`; `FitsLimitError` where the child was too slow; `ReaderDiedError` where it died.
        """
        if size is None:
            size = stream.seek(0, io.SEEK_END)
        with self._lock:
            return self._call({"do": "read", "name": name, "size": size}, b"", stream)

    def products(self, reading: bytes, *, name: str = "", mapping: str = "") -> list[dict[str, Any]]:
        """The products of a stored reading under a mapping text (web-safe), as `Product.to_dict` gives them.

        Raises
        ------
        MappingError
            The text cannot be parsed.
        FitsError
            As `read`.
        """
        found: list[dict[str, Any]] = []
        done, members = 0, 1
        while done < members:
            request = {"do": "products", "name": name, "mapping": mapping, "from": done, "count": _MEMBERS_AT_A_TIME}
            with self._lock:
                answer = json.loads(self._call(request, reading, None))
            found += answer["products"]
            done, members = done + _MEMBERS_AT_A_TIME, answer["members"]
        return found

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _child(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", self.program, json.dumps(self._limits.to_dict())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                bufsize=0,
            )
            for pipe in (self._process.stdin, self._process.stdout):
                os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]
        return self._process

    def _call(self, request: dict[str, Any], payload: bytes, stream: BinaryIO | None) -> bytes:
        process = self._child()
        pipe = _Pipe(process, time.monotonic() + self._limits.seconds + STARTING_SECONDS)
        try:
            pipe.send(request, payload)
            while True:
                header, data = pipe.receive()
                if "at" in header and stream is not None:
                    pipe.send({}, _serve(stream, header))
                elif "error" in header:
                    raise _rebuilt(header["error"])
                else:
                    return data
        except _Late:
            self._end()
            raise FitsLimitError(f"reading took more than {self._limits.seconds:g} s and was stopped") from None
        except _Gone:
            raise ReaderDiedError(self._obituary()) from None
        except BaseException as error:
            # The child waits for bytes that will not come (the storage failed, the worker is stopped).
            if not isinstance(error, ObsCoreError):
                self._end()
            raise

    def _obituary(self) -> str:
        process = self._process
        code: int | None = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=5)
        self._end()
        if code is not None and code < 0:
            return f"The process that read the file was ended by signal {-code}{_SIGNALS.get(-code, '')}."
        return f"The process that read the file ended unexpectedly (status {code})."


_SIGNALS = {
    9: " (killed, or out of memory)", 11: " (a crash in the WCS library)", 24: " (too much processor time)",
    6: " (aborted)",
}  # fmt: skip


def _serve(stream: BinaryIO, asked: dict[str, int]) -> bytes:
    stream.seek(asked["at"])
    return stream.read(min(asked["size"], MOST_READ))


def _environment() -> dict[str, str]:
    """The environment of the child: how to find Python's modules, and no secrets of the server's."""
    kept = {
        k: os.environ[k]
        for k in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "VIRTUAL_ENV")
        if k in os.environ
    }
    kept["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p and os.path.isdir(p))
    return {**kept, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _rebuilt(described: dict[str, Any]) -> ObsCoreError:
    """The error that the child met, of its own class."""
    found = getattr(errors, described["type"], FitsError)
    if not (isinstance(found, type) and issubclass(found, ObsCoreError)):
        found = FitsError
    keywords = {k: described[k] for k in ("hdu", "line", "column", "remedy") if described.get(k) not in (None, "")}
    try:
        return found(described["message"], **keywords)
    except TypeError:
        return found(described["message"])


class _Late(Exception):
    """The child did not answer in time."""


class _Gone(Exception):
    """The child is no longer there."""


class _Pipe:
    """Frames to and from the child; never blocks longer than the deadline."""

    def __init__(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        assert process.stdin is not None and process.stdout is not None  # both are pipes
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._deadline = deadline

    def _wait(self, *, reading: bool) -> None:
        left = self._deadline - time.monotonic()
        incoming, outgoing = ([self._out], []) if reading else ([], [self._in])
        if left <= 0 or not any(select.select(incoming, outgoing, [], left)):
            raise _Late

    def send(self, header: dict[str, Any], payload: bytes) -> None:
        data = memoryview(frame(header, payload))
        while data:
            self._wait(reading=False)
            try:
                data = data[os.write(self._in, data) :]
            except BrokenPipeError:
                raise _Gone from None

    def receive(self) -> tuple[dict[str, Any], bytes]:
        return unframe(self._exactly)

    def _exactly(self, size: int) -> bytes:
        parts, left = [], size
        while left:
            self._wait(reading=True)
            part = os.read(self._out, min(left, 2**20))
            if not part:
                raise _Gone
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
