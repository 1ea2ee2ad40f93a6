"""The InvenioRDM instance: its folder under var/, and its web, worker and scheduler processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services import environment, python_environment
from services.daemons import Daemon
from services.layout import (
    LOGS,
    LOOPBACK,
    ROOT,
    SERVICES,
    VAR,
    ServiceError,
    end_of,
    is_free,
    make_folders,
    password,
    port_of,
)

FOLDER = VAR / "instance"
LINKED = ("invenio.cfg", "app_data", "templates")
SECONDS_TO_START = 300

WEB = Daemon("web")
WORKER = Daemon("worker")
BEAT = Daemon("beat")
DATACITE = Daemon("datacite")
WEB_PROCESSES, WEB_THREADS, WORKER_PROCESSES = "2", "4", "2"
CELERY = ["-A", "invenio_app.celery"]


def make_folder() -> None:
    """Make the instance folder with links to the repository's files; it is never the repository itself."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        link = FOLDER / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)


def variables() -> dict[str, str]:
    """Return the environment of every process of the instance."""
    addresses = environment.read("demo")
    path = f"{VAR / 'tools' / 'node_modules' / '.bin'}:{python_environment.VENV / 'bin'}:{os.environ['PATH']}"
    return {**addresses, "INVENIO_INSTANCE_PATH": str(FOLDER), "PATH": path, "PYTHONUNBUFFERED": "1", "CI": "true"}


def run(name: str, command: Sequence[str | Path], extra: Mapping[str, str] | None = None) -> None:
    """Run a step of the set-up to its end, its output in var/logs/<name>.log.

    Raises
    ------
    ServiceError
        With the log's end when the step fails.
    """
    make_folders()
    log_path = LOGS / f"{name}.log"
    with log_path.open("wb") as log:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables(), **(extra or {})},
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        raise ServiceError(f"{name} failed (exit code {done.returncode}). {end_of(log_path, 25)}")


def setup(step: str) -> None:
    """Run one step of services/instance_setup.py in the instance's Python."""
    run(f"setup-{step}", [python_environment.PYTHON, "-m", "services.instance_setup", step])


def install_pnpm(version: str = "10") -> None:
    """Install pnpm beside the instance, not on the machine."""
    tools = VAR / "tools"
    if (tools / "node_modules" / ".bin" / "pnpm").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise ServiceError("npm is missing: install Node.js 20 (https://nodejs.org) and start again")
    tools.mkdir(parents=True, exist_ok=True)
    run("pnpm", [npm, "install", "--prefix", tools, "--no-fund", "--no-audit", f"pnpm@{version}"])


def make() -> None:
    """Make folder, database, indices and pages, or bring them up to date; needs the services."""
    make_folder()
    install_pnpm()
    with ThreadPoolExecutor() as pool:  # neither needs the other, and each keeps a processor busy
        for done in [pool.submit(setup, step) for step in ("database", "assets")]:
            done.result()


def start() -> str:
    """Start web, worker and scheduler and return the site's address, once it answers."""
    make_folder()
    binaries, settings = python_environment.VENV / "bin", variables()
    start_datacite()
    if WEB.pid() is None:
        server = ["--workers", WEB_PROCESSES, "--worker-class", "gthread", "--threads", WEB_THREADS]
        limits = ["--timeout", "120", "--graceful-timeout", "20", "--access-logfile", str(LOGS / "access.log")]
        bind = ["--bind", f"{LOOPBACK}:{_own_port('web')}"]
        command = [str(binaries / "gunicorn"), *server, *limits, *bind, "invenio_app.wsgi:application"]
        WEB.start(command, env=settings, cwd=FOLDER)
    site = site_addresses()["INVENIO_SITE_UI_URL"]
    WEB.wait_until(lambda: answers(f"{site}/ping"), SECONDS_TO_START)
    _start_celery(settings)  # after the pages, so that they need not share the processors while they start
    return site


def start_datacite() -> None:
    """Start the stand-in of the DataCite REST API on the port that the instance was told."""
    port = _own_port("datacite") if DATACITE.pid() is None else port_of("datacite")
    command = [str(python_environment.PYTHON), "-m", "services.datacite_standin", "--port", str(port)]
    command += ["--store", str(SERVICES / "datacite.sqlite")]
    DATACITE.start(command, env={"DATACITE_STANDIN_PASSWORD": password("datacite")}, cwd=ROOT)
    DATACITE.wait_until(lambda: answers(f"http://{LOOPBACK}:{port}/heartbeat"), 90)


def _own_port(name: str) -> int:
    """Return the claimed port; another program that took it meanwhile would answer in our place."""
    port = port_of(name)
    if not is_free(port):
        raise ServiceError(f"port {port} was taken by another program just now; start again: another one is chosen")
    return port


def _start_celery(settings: Mapping[str, str]) -> None:
    celery = python_environment.VENV / "bin" / "celery"
    options = ["--loglevel", "INFO", "--concurrency", WORKER_PROCESSES, "--queues", "celery,low"]
    WORKER.start([str(celery), *CELERY, "worker", *options], env=settings, cwd=FOLDER)
    schedule = SERVICES / "celerybeat-schedule"
    beat = ["--loglevel", "INFO", "--schedule", str(schedule), "--pidfile", ""]
    BEAT.start([str(celery), *CELERY, "beat", *beat], env=settings, cwd=FOLDER)


def site_addresses() -> dict[str, str]:
    """Return the site's addresses with the port that was claimed."""
    site = f"http://{LOOPBACK}:{port_of('web')}"
    return {"INVENIO_SITE_UI_URL": site, "INVENIO_SITE_API_URL": f"{site}/api"}


def answers(url: str) -> bool:
    """Tell whether a page answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def reload() -> str:
    """Let web, worker and scheduler take in changed code."""
    stop()
    return start()


def stop() -> list[str]:
    """Stop the processes; return the names of those that ran."""
    return [daemon.name for daemon in (BEAT, WORKER, WEB, DATACITE) if daemon.stop(signal.SIGTERM, timeout=40)]
