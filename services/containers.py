"""The same services in containers, where a container engine answers (compose.yaml)."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from services.layout import LOGS, LOOPBACK, ServiceError, claim_port, end_of, listens, password, port_of

COMPOSE_FILE = Path(__file__).with_name("compose.yaml")
PROJECT = "invenio-obscore"
ENGINES = ("docker", "podman")
PORT_NAMES = ("postgresql", "opensearch", "redis", "rabbitmq")
START_SECONDS = 300


def working_engine() -> list[str] | None:
    """Return the compose command of the first engine that answers, None without one."""
    if os.environ.get("OBSCORE_SERVICES_CONTAINERS", "").lower() in ("0", "no", "false"):
        return None
    for engine in ENGINES:
        if shutil.which(engine) and _succeeds([engine, "info"]) and _succeeds([engine, "compose", "version"]):
            return [engine, "compose", "-p", PROJECT, "-f", str(COMPOSE_FILE)]
    return None


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _addresses() -> dict[str, str]:
    secret = password("containers")
    return {
        "postgresql": f"postgresql://obscore_admin:{secret}@{LOOPBACK}:{port_of('postgresql')}/postgres",
        "opensearch": f"{LOOPBACK}:{port_of('opensearch')}",
        "redis": f"redis://:{secret}@{LOOPBACK}:{port_of('redis')}",
        "rabbitmq": f"amqp://obscore:{secret}@{LOOPBACK}:{port_of('rabbitmq')}//",
    }


def _environment() -> dict[str, str]:
    ports = {f"OBSCORE_PORT_{name.upper()}": str(port_of(name)) for name in PORT_NAMES}
    return {**os.environ, **ports, "OBSCORE_CONTAINER_SECRET": password("containers")}


def _compose(engine: list[str], *arguments: str) -> None:
    log_path = LOGS / "containers.log"
    with log_path.open("ab") as log:
        done = subprocess.run(
            [*engine, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            check=False,
        )
    if done.returncode:
        raise ServiceError(f"`{' '.join([*engine, *arguments])}` failed. {end_of(log_path)}")


def start(engine: list[str], name: str, answers: Callable[[str], bool]) -> str:
    """Start one service's container, wait until it answers, and return its address."""
    if not answers(_addresses()[name]):
        claim_port(name)
        _compose(engine, "up", "--detach", "--wait", name)
    address = _addresses()[name]
    end = time.monotonic() + START_SECONDS
    while not answers(address):
        if time.monotonic() > end:
            raise ServiceError(f"{name}'s container does not answer. See: {' '.join(engine)} logs {name}")
        time.sleep(1)
    return address


def stop() -> None:
    """Stop the containers; their volumes stay."""
    engine = working_engine()
    if engine:
        _compose(engine, "stop")


def broker_answers(uri: str) -> bool:
    """Tell whether something listens at a broker's address."""
    parts = urlsplit(uri)
    return listens(parts.port or 5672, parts.hostname or LOOPBACK)
