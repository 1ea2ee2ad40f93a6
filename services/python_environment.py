"""The Python environment under var/venv: made by uv from the committed lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from services.layout import LOGS, ROOT, VAR, ServiceError, end_of, make_folders
from services.packages import install, need_library

VENV = VAR / "venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".requirements"
TOOLS = VAR / "tools" / "python"
COMPATIBLE = ["--config-settings", "editable_mode=compat"]
"""A plain path in place of an import hook, so that files added later are seen, too."""
REQUIRED = (3, 11)


def _run(command: Sequence[str | Path], reason: str) -> None:
    make_folders()
    log_path = LOGS / "python.log"
    with log_path.open("ab") as log:
        parts = [str(part) for part in command]
        done = subprocess.run(parts, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, check=False)
    if done.returncode:
        raise ServiceError(f"{reason} failed. {end_of(log_path)}")


def uv() -> list[str]:
    """Return the command of uv, installing it into a small environment of its own when it is missing."""
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return [found]
    own = TOOLS / "bin" / "uv"
    if not own.exists():
        if subprocess.run(
            [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
        ).returncode:
            install(["python3-venv"], "Python's venv module")
        _run([sys.executable, "-m", "venv", TOOLS], "making an environment for uv")
        _run([TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"], "installing uv")
    return [str(own)]


def fingerprint() -> str:
    """Return what the installed packages depend on, as a hash."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "setup.cfg"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether the environment holds what the lock file says."""
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def make() -> None:
    """Make the environment and install the locked packages and the project itself, unless it is current."""
    need_library("libcairo.so.2", ["libcairo2"])  # InvenioRDM's badges
    if is_current():
        return
    if sys.version_info[:2] < REQUIRED:
        raise ServiceError(f"Python {'.'.join(map(str, REQUIRED))} is needed, this is {sys.version.split()[0]}")
    program = uv()
    if not PYTHON.exists():
        _run([*program, "venv", "--python", sys.executable, VENV], "making the Python environment")
    target = ["--python", str(PYTHON)]
    hardlinks = os.environ.get("UV_LINK_MODE", "clone" if sys.platform == "darwin" else "hardlink")
    _run([*program, "pip", "install", *target, "--link-mode", hardlinks, "-r", LOCK], "installing the locked packages")
    _run([*program, "pip", "install", *target, "--no-deps", *COMPATIBLE, "-e", ROOT], "installing invenio-obscore")
    STAMP.write_text(fingerprint())
