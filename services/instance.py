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
from dataclasses import dataclass
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

LINKED = ("invenio.cfg", "app_data", "templates")
BUILT = ("assets", "static")
"""Made by the build of the pages, once for all instances."""
SECONDS_TO_START = 300

DATACITE = Daemon("datacite")
WEB_PROCESSES, WEB_THREADS, WORKER_PROCESSES = "2", "4", "2"
CELERY = ["-A", "invenio_app.celery"]


@dataclass(frozen=True)
class Site:
    """One instance: the demonstration's, or the browser tests' beside it with data of its own."""

    purpose: str

    def _named(self, name: str) -> str:
        return name if self.purpose == "demo" else f"{name}-{self.purpose}"

    @property
    def folder(self) -> Path:
        """The instance folder."""
        return VAR / self._named("instance")

    @property
    def web(self) -> Daemon:
        """The web server."""
        return Daemon(environment.web_name(self.purpose))

    @property
    def worker(self) -> Daemon:
        """The Celery worker."""
        return Daemon(self._named("worker"))

    @property
    def beat(self) -> Daemon:
        """The scheduler."""
        return Daemon(self._named("beat"))

    @property
    def address(self) -> str:
        """The site's address with the port that was claimed."""
        return f"http://{LOOPBACK}:{port_of(self.web.name)}"

    def variables(self) -> dict[str, str]:
        """Return the environment of every process of the instance."""
        path = f"{VAR / 'tools' / 'node_modules' / '.bin'}:{python_environment.VENV / 'bin'}:{os.environ['PATH']}"
        own = environment.read(self.purpose)
        # Started from tests, a process would take their broker for its own: Celery reads BROKER_URL, too.
        plain = {name: own[f"INVENIO_{name}"] for name in environment.TEST_VARIABLES if f"INVENIO_{name}" in own}
        return {
            **own,
            **plain,
            "INVENIO_INSTANCE_PATH": str(self.folder),
            "OBSCORE_SITE": self.purpose,
            "PATH": path,
            "PYTHONUNBUFFERED": "1",
            "CI": "true",
        }


DEMO = Site("demo")
BROWSER = Site("browser")


def make_folder(site: Site = DEMO) -> None:
    """Make the instance folder with links to the repository's files; it is never the repository itself."""
    site.folder.mkdir(parents=True, exist_ok=True)
    links = {name: ROOT / name for name in LINKED}
    if site != DEMO:
        links |= {name: DEMO.folder / name for name in BUILT}
    for name, target in links.items():
        link = site.folder / name
        if not link.is_symlink():
            link.symlink_to(target)


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
            env={**os.environ, **(extra or DEMO.variables())},
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        raise ServiceError(f"{name} failed (exit code {done.returncode}). {end_of(log_path, 25)}")


def setup(step: str, site: Site = DEMO) -> None:
    """Run one step of services/instance_setup.py in the instance's Python."""
    name = f"setup-{step}" if site == DEMO else f"setup-{step}-{site.purpose}"
    run(name, [python_environment.PYTHON, "-m", "services.instance_setup", step], site.variables())


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


def make(site: Site = DEMO) -> None:
    """Make folder, database, indices and pages, or bring them up to date; needs the services."""
    for each in {DEMO, site}:
        make_folder(each)
    install_pnpm()
    with ThreadPoolExecutor() as pool:  # neither needs the other, and each keeps a processor busy
        for done in [pool.submit(setup, "database", site), pool.submit(setup, "assets")]:
            done.result()


def start(site: Site = DEMO) -> str:
    """Start web, worker and scheduler and return the site's address, once it answers."""
    make_folder(site)
    binaries, settings = python_environment.VENV / "bin", site.variables()
    start_datacite()
    if site.web.pid() is None:
        server = ["--workers", WEB_PROCESSES, "--worker-class", "gthread", "--threads", WEB_THREADS]
        log = LOGS / ("access.log" if site == DEMO else f"access-{site.purpose}.log")
        limits = ["--timeout", "120", "--graceful-timeout", "20", "--access-logfile", str(log)]
        bind = ["--bind", f"{LOOPBACK}:{_own_port(site.web.name)}"]
        command = [str(binaries / "gunicorn"), *server, *limits, *bind, "invenio_app.wsgi:application"]
        site.web.start(command, env=settings, cwd=site.folder)
    site.web.wait_until(lambda: answers(f"{site.address}/ping"), SECONDS_TO_START)
    _start_celery(site, settings)  # after the pages, so that they need not share the processors while they start
    return site.address


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


def _start_celery(site: Site, settings: Mapping[str, str]) -> None:
    celery = python_environment.VENV / "bin" / "celery"
    options = ["--loglevel", "INFO", "--concurrency", WORKER_PROCESSES, "--queues", "celery,low"]
    site.worker.start([str(celery), *CELERY, "worker", *options], env=settings, cwd=site.folder)
    schedule = SERVICES / ("celerybeat-schedule" if site == DEMO else f"celerybeat-schedule-{site.purpose}")
    beat = ["--loglevel", "INFO", "--schedule", str(schedule), "--pidfile", ""]
    site.beat.start([str(celery), *CELERY, "beat", *beat], env=settings, cwd=site.folder)


def answers(url: str) -> bool:
    """Tell whether a page answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def reload(site: Site = DEMO) -> str:
    """Let web, worker and scheduler take in changed code."""
    stop(site)
    return start(site)


def stop(site: Site = DEMO) -> list[str]:
    """Stop the processes; return the names of those that ran."""
    daemons = [site.beat, site.worker, site.web]
    if not any(other.web.pid() for other in (DEMO, BROWSER) if other != site):
        daemons.append(DATACITE)
    return [daemon.name for daemon in daemons if daemon.stop(signal.SIGTERM, timeout=40)]
