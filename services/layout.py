"""Where everything lives, which names and ports are used, and what this machine remembers of them."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("OBSCORE_VAR", ROOT / "var"))
SERVICES = VAR / "services"
LOGS = VAR / "logs"
STATE = SERVICES / "state.json"
LOOPBACK = "127.0.0.1"
GAVO = VAR / "tools" / "python3-gavo"
"""Debian's package of that name, unpacked and never run: it carries the official XML Schemas of the VO Registry."""

DEFAULT_PORTS = {
    "postgresql": 25432,
    "opensearch": 29200,
    "opensearch-transport": 29300,
    "redis": 26379,
    "rabbitmq": 25672,
    "datacite": 25080,
    "web": 5000,
    "web-browser": 5300,
}
"""Ports away from the packages' own defaults; ``OBSCORE_PORT_<NAME>`` chooses another."""


SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def trust_the_system() -> None:
    """Let uv and Node trust the certificates that the machine trusts: a site's own authority may be among them."""
    os.environ.setdefault("UV_SYSTEM_CERTS", "true")
    os.environ.setdefault("UV_NATIVE_TLS", "true")  # the same setting's earlier name
    if SYSTEM_CERTIFICATES.exists():
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))


class ServiceError(Exception):
    """A service cannot be had; the message says what failed, where its log is and what to do."""


def end_of(log: Path, lines: int = 15) -> str:
    """Return where a log is and its last lines, for the message of what failed."""
    last = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([f"Log: {log}", *(f"    {line}" for line in last)])


def make_folders() -> None:
    """Create the folders of services and logs."""
    for folder in (SERVICES, LOGS):
        folder.mkdir(parents=True, exist_ok=True)


def remembered() -> dict[str, str]:
    """Return what earlier starts chose: ports, generated passwords, folders."""
    return dict(json.loads(STATE.read_text())) if STATE.exists() else {}


def remember(key: str, value: str, *, first: bool = False) -> str:
    """Store one choice, readable by the owner only, and return it; with ``first`` an earlier one stays.

    Several processes may do so at once: database and pages are made side by side.
    """
    make_folders()
    with STATE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = remembered()
        if first and key in state:
            return state[key]
        partial = STATE.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(state | {key: value}, indent=1, sort_keys=True))
        partial.replace(STATE)
    return value


def password(name: str) -> str:
    """Return the generated password of an account, making it on first use; it never reads as a number."""
    key = f"password:{name}"
    return remembered().get(key) or remember(key, f"k{secrets.token_hex(16)}", first=True)


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listens(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether something accepts connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def port_of(name: str) -> int:
    """Return a service's port without looking whether it is free."""
    chosen = os.environ.get(f"OBSCORE_PORT_{name.upper().replace('-', '_')}")
    return int(chosen or remembered().get(f"port:{name}") or DEFAULT_PORTS[name])


def claim_port(name: str) -> int:
    """Return a free port for a service about to start and remember it.

    The configured, remembered or default port if it is free, else the next free one above it.
    """
    wanted = port_of(name)
    for port in range(wanted, wanted + 200):
        if is_free(port):
            remember(f"port:{name}", str(port))
            return port
    raise ServiceError(f"no free port for {name} in {wanted}-{wanted + 199}; set OBSCORE_PORT_{name.upper()}")
