"""What ``./run-tests.sh`` does: lint, format, types, documentation, then all tests, those without services first.

``--library`` stops after the library's tests; other arguments go to pytest (``./run-tests.sh tests/vo -k tap``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from services import environment, python_environment, stack
from services.layout import GAVO, ROOT, VAR, ServiceError, remembered, trust_the_system
from services.packages import need, unpack
from services.python_environment import VENV

LINTED = ("invenio_obscore", "services", "tests", "benchmarks", "docs")
TYPED = ("invenio_obscore", "services")
SERVICE_VARIABLES = tuple(environment.TEST_VARIABLES)


def main(arguments: Sequence[str]) -> int:
    """Run everything, go on after a failure, and exit with 1 if anything failed."""
    trust_the_system()
    # Started in the background, a shell has us ignore Ctrl-C and so would every test's child process.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _say("Python packages (uv, requirements.lock)")
        python_environment.make()
        chosen = [argument for argument in arguments if argument != "--library"]
        if chosen:
            return _with_services(chosen)
        failed = [name for name, command in _checks() if _run(name, command)]
        if "--library" not in arguments and _with_services(["tests", "--ignore=tests/library"]):
            failed.append("tests with services")
    except ServiceError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    verdict = f"FAILED: {', '.join(failed)}" if failed else "PASSED: lint, format, types, documentation and all tests"
    print(f"\n{verdict}", flush=True)
    return 1 if failed else 0


def _checks() -> list[tuple[str, list[str]]]:
    binaries = VENV / "bin"
    linted = [name for name in LINTED if (ROOT / name).exists()]
    library = [str(binaries / "python"), "-m", "pytest", "tests/library"]
    return [
        ("lint", [str(binaries / "ruff"), "check", *linted]),
        ("format", [str(binaries / "ruff"), "format", "--check", *linted]),
        ("types", [str(binaries / "mypy"), *TYPED]),
        ("documentation", [str(binaries / "sphinx-build"), "-q", "-W", "--keep-going", "docs", str(VAR / "docs")]),
        ("library tests, without services", library),
    ]


def _with_services(selection: list[str]) -> int:
    was_running = any(remembered().get(f"way:{service.name}") for service in stack.SERVICES_IN_ORDER) and all(
        stack.status().values()
    )
    _say("services")
    need("stilts", ["stilts"])
    need("chromium", ["chromium"])
    if not unpack(GAVO.name, GAVO):
        _say("the schemas of the VO Registry cannot be had (Debian's python3-gavo): tests that need them are skipped")
    environment.write(stack.start(lambda text: print(f"      {text}", flush=True)))
    try:
        return _run("tests with services", [str(VENV / "bin" / "python"), "-m", "pytest", *selection])
    finally:
        if not was_running:
            stack.stop(lambda text: print(f"      {text}", flush=True))


def _run(name: str, command: list[str]) -> int:
    """Run one command with its output on ours and return its exit code."""
    _say(f"{name}: {' '.join(command[-3:] if len(command) > 6 else command)}")
    path = f"{VENV / 'bin'}:{os.environ['PATH']}"
    settings = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
    if "services" in name and "without" not in name:
        settings |= environment.read("tests")
    else:
        settings = {key: value for key, value in settings.items() if key not in SERVICE_VARIABLES}
    begun = time.monotonic()
    code = subprocess.run(command, env=settings, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    print(f"      {name}: {'FAILED' if code else 'passed'} in {time.monotonic() - begun:.0f} s", flush=True)
    return code


def _say(text: str) -> None:
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
