"""Steps with their names, times and, while a long one runs, the last line of its log."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.layout import LOGS, ServiceError

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
QUIET_SECONDS = 15
"""After so long without a line, say what the newest log says."""


BACKGROUND = frozenset({"web", "worker", "beat", "access", "datacite", "opensearch", "redis", "postgresql"})
"""Logs of what always runs, which say nothing about a step."""


def newest_log_line(since: float) -> str:
    """Return the last line of the log that was written last after a moment (seconds since 1970)."""
    written = [(path.stat().st_mtime, path) for path in LOGS.glob("*.log") if path.stem not in BACKGROUND]
    at, log = max(written, default=(0.0, LOGS))
    line = _last_line(log) if at >= since else ""
    return f", {log.name}: {line[:110]}" if line else ""


def _last_line(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4096))
        text = COLOURS.sub("", stream.read().decode(errors="replace"))
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "")


class Steps:
    """Numbered steps of a run."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step from its begin to its end; a failing one says so and what to do."""
        self.number += 1
        begun = time.monotonic()
        done = threading.Event()
        print(f"[{self.number}/{self.total}] {title} …", flush=True)
        watcher = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watcher.start()
        try:
            yield
        except ServiceError as error:
            print(f"\nFAILED in step {self.number} ({title}): {error}\n", file=sys.stderr)
            print(f"Logs: {LOGS}. When the cause is mended, start again: what is done is kept.", file=sys.stderr)
            raise SystemExit(1) from None
        finally:
            done.set()
            watcher.join()
        print(f"      done in {time.monotonic() - begun:.0f} s", flush=True)

    def elapsed(self) -> float:
        """Return the seconds since the first step."""
        return time.monotonic() - self.started

    @staticmethod
    def _watch(done: threading.Event) -> None:
        waited, begun = 0, time.time()
        while not done.wait(QUIET_SECONDS):
            waited += QUIET_SECONDS
            print(f"      … {waited} s{newest_log_line(begun)}", flush=True)
