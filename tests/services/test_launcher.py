"""The launcher: what it remembers, whom it ends, how it mends pgSphere's script."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services import daemons, layout, postgresql
from services.daemons import Daemon


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (layout, daemons):
        monkeypatch.setattr(module, "SERVICES", tmp_path)
        monkeypatch.setattr(module, "LOGS", tmp_path)
    monkeypatch.setattr(layout, "STATE", tmp_path / "state.json")


def test_a_taken_port_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((layout.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("OBSCORE_PORT_REDIS", str(port))
        chosen = layout.claim_port("redis")
        assert port < chosen < port + 200
    monkeypatch.delenv("OBSCORE_PORT_REDIS")
    assert layout.port_of("redis") == chosen


def test_passwords_are_kept_and_private() -> None:
    first = layout.password("somebody")
    assert layout.password("somebody") == first
    assert layout.password("other") != first
    assert layout.STATE.stat().st_mode & 0o077 == 0


def test_processes_that_make_a_password_at_once_have_the_same(tmp_path: Path) -> None:
    code = "from services.layout import password; print(*(password(str(n)) for n in range(20)))"
    environment = {**os.environ, "OBSCORE_VAR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, cwd=layout.ROOT)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
    assert all(process.returncode == 0 for process in started)


def test_daemon_starts_once_and_stops() -> None:
    daemon = Daemon("sleeper")
    pid = daemon.start([sys.executable, "-c", "import time; time.sleep(60)"])
    assert daemon.start(["false"]) == pid
    assert daemon.stop()
    assert daemon.pid() is None
    assert not daemon.stop()


def test_a_pid_of_another_process_is_never_ended() -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        daemon = Daemon("gone")
        daemon.pid_file.write_text(f"{bystander.pid} 1\n")
        assert not daemon.stop()
        assert bystander.poll() is None
        os.kill(bystander.pid, 0)
    finally:
        bystander.kill()
        bystander.wait()


def test_a_failing_start_shows_the_log() -> None:
    daemon = Daemon("broken")
    daemon.start([sys.executable, "-c", "print('the reason')"])
    with pytest.raises(layout.ServiceError, match="the reason"):
        daemon.wait_until(lambda: False, 10)


def operator(name: str, left: str, right: str) -> str:
    links = "   COMMUTATOR = '@>',\n   NEGATOR    = '!<@',\n"
    return f"CREATE OPERATOR {name} (\n   LEFTARG = {left},\n   RIGHTARG = {right},\n{links}   JOIN = contjoinsel\n);\n"


def test_pgsphere_is_mended_at_the_two_legacy_operators_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = operator("<@", "spoint", "smoc") + operator("@", "spoint", "scircle")
    legacy = operator("@", "bigint", "smoc") + operator("@", "spoint", "smoc")
    (tmp_path / "pg_sphere--1.2.0.sql").write_text(sound + legacy)
    monkeypatch.setattr(postgresql, "EXTENSIONS", tmp_path)
    postgresql.mend_pgsphere()
    mended = (tmp_path / "pg_sphere--1.2.0.1.sql").read_text()
    assert mended.startswith(sound)
    assert mended.count("CREATE OPERATOR @ (") == 3
    assert mended.removeprefix(sound).count("COMMUTATOR") == mended.removeprefix(sound).count("NEGATOR") == 0
