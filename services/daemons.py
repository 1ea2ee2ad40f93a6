"""Processes that stay: started with a pid file and a log, stopped by their own id only."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.layout import LOGS, SERVICES, ServiceError, end_of, make_folders


def _start_time(pid: int) -> str | None:
    """Return the kernel's start time of a process (proc(5), stat field 22), None if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


@dataclass(frozen=True)
class Daemon:
    """One background process; pid and start time together identify it, so that a reused pid is never ended."""

    name: str

    @property
    def pid_file(self) -> Path:
        """The file that holds pid and start time."""
        return SERVICES / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """The file that takes standard output and error."""
        return LOGS / f"{self.name}.log"

    def pid(self) -> int | None:
        """Return the id of the running process, None if it does not run."""
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if _start_time(int(pid)) == started else None

    def start(
        self,
        command: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> int:
        """Start the command in a session of its own, unless it runs already."""
        running = self.pid()
        if running is not None:
            return running
        make_folders()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                group=user and _group_of(user),
                extra_groups=[] if user else None,
                start_new_session=True,
            )
        self.pid_file.write_text(f"{process.pid} {_start_time(process.pid)}\n")
        return process.pid

    def stop(self, signal_: int = signal.SIGTERM, timeout: float = 60.0) -> bool:
        """Ask the process to end, insist after the time-out; tell whether it was running."""
        pid = self.pid()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        os.kill(pid, signal_)
        if not _wait(lambda: self.pid() is None, timeout):
            os.killpg(pid, signal.SIGKILL)
            _wait(lambda: self.pid() is None, 10)
        self.pid_file.unlink(missing_ok=True)
        return True

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until a check passes.

        Raises
        ------
        ServiceError
            With the end of the log, when the process ends or the time-out passes.
        """
        end = time.monotonic() + timeout
        while not ready():
            if self.pid() is None:
                raise ServiceError(f"{self.name} ended while starting. {end_of(self.log)}")
            if time.monotonic() > end:
                raise ServiceError(f"{self.name} did not answer in {timeout:.0f} s. {end_of(self.log)}")
            time.sleep(0.2)


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _wait(check: Callable[[], bool], timeout: float) -> bool:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        _reap()
        if check():
            return True
        time.sleep(0.1)
    return False


def _reap() -> None:
    """Collect ended children, which would otherwise look alive until this process ends."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return
