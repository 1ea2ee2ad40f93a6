"""Redis 7 from the Debian package: cache, sessions, rate limits and, locally, the message broker."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from services.daemons import Daemon
from services.layout import LOOPBACK, SERVICES, claim_port, make_folders, password, port_of
from services.packages import need

FOLDER = SERVICES / "redis"
DAEMON = Daemon("redis")


def answers(uri: str) -> bool:
    """Tell whether a Redis at ``redis://:password@host:port`` takes a PING."""
    parts = urlsplit(uri)
    try:
        with socket.create_connection((parts.hostname or LOOPBACK, parts.port or 6379), timeout=3) as link:
            if parts.password:
                link.sendall(f"AUTH {parts.password}\r\n".encode())
                link.recv(128)
            link.sendall(b"PING\r\n")
            return link.recv(128).startswith(b"+PONG")
    except OSError:
        return False


def start() -> str:
    """Start the server and return its URI without a database number."""
    secret = password("redis")
    if DAEMON.pid() is None:
        server = need("redis-server", ["redis-server"])
        make_folders()
        FOLDER.mkdir(exist_ok=True)
        port = claim_port("redis")
        settings = (
            f"bind {LOOPBACK}\nport {port}\ndir {FOLDER}\nrequirepass {secret}\ndatabases 64\n"
            "daemonize no\nsave 60 1\nappendonly no\nmaxmemory-policy noeviction\n"
        )
        config = FOLDER / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(settings)
        DAEMON.start([server, config])
    uri = f"redis://:{secret}@{LOOPBACK}:{port_of('redis')}"
    DAEMON.wait_until(lambda: answers(uri), 90)
    return uri


def stop() -> bool:
    """Stop the server."""
    return DAEMON.stop()
