"""What ``./run-demo.sh`` does: everything from nothing to published data that the Virtual Observatory finds."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from services import environment, instance, postgresql, python_environment, stack
from services.layout import ROOT, VAR, ServiceError, remembered, trust_the_system
from services.packages import need
from services.progress import Steps

STAMP = instance.DEMO.folder / ".set-up"
SOURCES = ("invenio.cfg", "setup.cfg", "requirements.lock", "app_data", "assets", "templates", "invenio_obscore")


def main() -> int:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="./run-demo.sh", description=__doc__)
    parser.add_argument("--check", action="store_true", help="run everything, verify every result, stop; exit 0 or 1")
    parser.add_argument("--stop", action="store_true", help="stop the instance and the services")
    arguments = parser.parse_args()
    trust_the_system()
    if arguments.stop:
        stop()
        return 0
    if not arguments.check:
        run(Steps(6))
        return demo("show")
    try:
        return check()
    finally:
        stop()


def check() -> int:
    """Run everything and verify every result."""
    steps = Steps(7)
    run(steps)
    demo("show")
    failed = 0
    with steps.step("checking every result"):
        failed = demo("check")
    print(f"\n{'FAILED' if failed else 'PASSED'}: ./run-demo.sh --check in {steps.elapsed():.0f} s", flush=True)
    return failed


def run(steps: Steps) -> None:
    """Bring everything up and make the records that are not there."""
    with steps.step("Python packages (uv, requirements.lock)"):
        python_environment.make()
    with steps.step("services: PostgreSQL with pgSphere, OpenSearch, Redis"):
        environment.write(stack.start(lambda text: print(f"      {text}", flush=True)))
    with steps.step("InvenioRDM instance: database, indices, vocabularies, pages"):
        _set_up()
    with steps.step("web, worker and scheduler"):
        print(f"      {instance.start()}", flush=True)
    with steps.step("validators (stilts)"):
        need("stilts", ["stilts"])
    with steps.step("deposit, extraction, publication"):
        if demo("deposit"):
            raise ServiceError(f"the deposit did not end well; see above and {instance.DEMO.worker.log}")


def _set_up() -> None:
    """Set the instance up, unless neither its sources nor its database changed since the last time."""
    current = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == current:
        return
    instance.stop()
    instance.make()
    STAMP.write_text(current)


def _fingerprint() -> str:
    digest = hashlib.sha256(_database_id().encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        path = ROOT / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (file for file in found if file.is_file() and file.suffix != ".pyc")


def _database_id() -> str:
    """Return what tells this database from another one of the same name."""
    name = environment.DATABASES["demo"]
    query = f"SELECT oid FROM pg_database WHERE datname = '{name}'"
    return postgresql.psql(remembered()["address:postgresql"], [query])


def demo(action: str) -> int:
    """Run an action of services/demo in the instance's Python, its output on ours."""
    command = [str(python_environment.PYTHON), "-m", "services.demo", action]
    settings = {**os.environ, **instance.DEMO.variables(), "OBSCORE_UV": python_environment.uv()[0]}
    return subprocess.run(command, env=settings, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def stop() -> None:
    """Stop the instance and the services that were started here."""
    for name in instance.stop():
        print(f"      {name} stopped", flush=True)
    stack.stop(lambda text: print(f"      {text}", flush=True))
    database = remembered().get("postgresql:folder", "")
    elsewhere = f" and {database}" if database and not database.startswith(str(VAR)) else ""
    print(f"      data stay; remove {VAR}{elsewhere} to start from nothing", flush=True)


if __name__ == "__main__":
    sys.exit(main())
