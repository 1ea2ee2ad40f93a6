"""The program of the reader process (`fits.child`): reads headers and makes products, under limits, for its parent."""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any

from . import mapping, pipeline
from .errors import ObsCoreError
from .fits.limits import Limits
from .fits.reading import Reading
from .fits.wire import Parent, RemoteFile

_BUFFER = 2**16


def _read(parent: Parent, request: dict[str, Any], limits: Limits) -> bytes:
    file = io.BufferedReader(RemoteFile(parent, request["size"]), _BUFFER)
    return pipeline.read(file, name=request["name"], size=request["size"], limits=limits).to_bytes()


def _products(payload: bytes, request: dict[str, Any]) -> bytes:
    reading = Reading.from_bytes(payload)
    reading.name = request["name"] or reading.name
    members = len(reading.members)
    reading.members = reading.members[request["from"] : request["from"] + request["count"]]
    text = request["mapping"]
    parsed = mapping.safe_for_web(mapping.parse(text, functions=mapping.installed())) if text.strip() else None
    found = pipeline.products(reading, mapping=parsed)
    return json.dumps({"products": [product.to_dict() for product in found], "members": members}).encode("ascii")


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


def main(arguments: list[str]) -> None:
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
            answer = _read(parent, request, limits) if request["do"] == "read" else _products(payload, request)
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001  # the boundary of the process: every error goes to the parent
            parent.send({"error": _described(error)})
        else:
            parent.send({"result": True}, answer)


if __name__ == "__main__":
    main(sys.argv[1:])
