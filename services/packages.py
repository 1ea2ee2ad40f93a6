"""Debian packages that a step needs: installed when we may, else a clear message."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from services.layout import LOGS, ServiceError, end_of, make_folders

POLICY = Path("/usr/sbin/policy-rc.d")
CREATECLUSTER = Path("/etc/postgresql-common/createcluster.d/invenio-obscore.conf")


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Keep packages from starting services (invoke-rc.d asks policy-rc.d) and PostgreSQL from making a cluster."""
    made = []
    if not POLICY.exists():
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
        made.append(POLICY)
    if not CREATECLUSTER.parent.exists() and not Path("/etc/postgresql").exists():
        CREATECLUSTER.parent.mkdir(parents=True)
        CREATECLUSTER.write_text("create_main_cluster = false\n")
        made.append(CREATECLUSTER)
    try:
        yield
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def install(packages: Sequence[str], reason: str) -> None:
    """Install Debian packages.

    Raises
    ------
    ServiceError
        Without root, without apt-get, or when apt-get fails.
    """
    command = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServiceError(f"{reason} is missing. As root: {command}")
    make_folders()
    log_path = LOGS / "apt.log"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages],
    )
    with _nothing_starts(), log_path.open("ab") as log:
        for step in steps:
            done = subprocess.run(step, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, check=False)
    if done.returncode:
        raise ServiceError(f"{reason}: `{command}` failed. {end_of(log_path)}")


def need_library(name: str, packages: Sequence[str]) -> None:
    """Install the packages of a shared library that Python packages load but do not bring."""
    try:
        ctypes.CDLL(name)
    except OSError:
        install(packages, name)


def need(program: str, packages: Sequence[str]) -> str:
    """Return the path of a program, installing its packages when it is missing."""
    found = shutil.which(program)
    if found is None:
        install(packages, program)
        found = shutil.which(program)
    if found is None:
        raise ServiceError(f"{program} is still missing after installing {' '.join(packages)}")
    return found


def unpack(package: str, target: Path) -> bool:
    """Unpack a Debian package into a folder, without installing it or what it depends on; tell whether it is there."""
    if target.exists():
        return True
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    make_folders()
    with tempfile.TemporaryDirectory() as folder, (LOGS / "apt.log").open("ab") as log:
        os.chmod(folder, 0o755)  # apt drops its privileges to download
        options = ["-q", "-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else ["-q"]
        download = ["apt-get", *options, "download", package]
        fetched = subprocess.run(download, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        found = next(Path(folder).glob("*.deb"), None)
        if fetched.returncode or found is None:
            return False
        partial = target.with_name(f"{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "-x", str(found), str(partial)], check=True)
        partial.rename(target)
    return True
