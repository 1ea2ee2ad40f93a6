"""The other end of `fits.child`: a process under limits that answers its parent's requests, one after another."""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Callable
from typing import Any

from ..errors import ObsCoreError
from .limits import Limits
from .wire import Parent, RemoteFile

#: What a program of the child does: the request, its bytes, the parent (for a file's bytes) and the limits.
Answer = Callable[[Parent, dict[str, Any], bytes, Limits], bytes]

_BUFFER = 2**16


def remote_file(parent: Parent, size: int, buffer: int = _BUFFER) -> io.BufferedReader:
    """The parent's file as a stream that seeks."""
    return io.BufferedReader(RemoteFile(parent, size), buffer)


def serve(arguments: list[str], answer: Answer) -> None:
    """Serve requests on standard input until it ends."""
    limits = Limits(**json.loads(arguments[0])) if arguments else Limits()
    _limit(limits)
    parent = Parent(sys.stdin.buffer, sys.stdout.buffer)
    sys.stdout = sys.stderr  # nothing but frames may reach the pipe
    while True:
        try:
            request, payload = parent.receive()
        except EOFError:
            return
        _limit_processor(limits)
        try:
            result = answer(parent, request, payload, limits)
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001  # the boundary of the process: every error goes to the parent
            parent.send({"error": _described(error)})
        else:
            parent.send({"result": True}, result)


def _limit(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor(limits: Limits) -> None:
    """Processor time of one more file, counted from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + limits.cpu_seconds, resource.RLIM_INFINITY)
    )


def _described(error: Exception) -> dict[str, Any]:
    if isinstance(error, ObsCoreError):
        kept = {k: getattr(error, k, None) for k in ("hdu", "line", "column", "remedy")}
        return {"type": type(error).__name__, "message": error.message, **kept}
    if isinstance(error, MemoryError):
        return {"type": "FitsLimitError", "message": "reading the file takes too much memory"}
    return {"type": "FitsError", "message": f"the file cannot be read: {type(error).__name__}: {str(error)[:200]}"}
