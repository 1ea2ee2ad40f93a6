"""Notices clients that go away while their query still computes and nothing can be sent to them yet."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator

#: How often the connections are looked at, in seconds.
INTERVAL = 0.5
# Linux tells the other side's end apart from data (a next request on the same connection) that waits to be read.
_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR | select.POLLNVAL


class HangUpWatch:
    """One thread that watches the connections of all requests that wait for their first rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[object, tuple[socket.socket, Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watching(self, connection: socket.socket | None, gone: Callable[[], None]) -> Iterator[None]:
        """Call ``gone`` once if the other side hangs up meanwhile; without a connection nothing is watched."""
        if connection is None:
            yield
            return
        key = object()
        with self._lock:
            self._watched[key] = (connection, gone)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="obscore-hang-up", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(key, None)

    def _watch(self) -> None:
        """Look until there is nothing left to watch."""
        pause = threading.Event()
        while True:
            pause.wait(INTERVAL)
            with self._lock:
                if not self._watched:
                    self._thread = None
                    return
                gone = [key for key, (connection, _) in self._watched.items() if _has_gone(connection)]
                calls = [self._watched.pop(key)[1] for key in gone]
            for call in calls:
                call()


def _has_gone(connection: socket.socket) -> bool:
    poll = select.poll()
    try:
        poll.register(connection, _GONE)
    except (OSError, ValueError):
        return True
    return bool(poll.poll(0))
