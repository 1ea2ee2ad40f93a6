"""OpenSearch 2.19 from its own jars on Maven Central (pom.xml), started by SearchNode.java."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from services.daemons import Daemon
from services.layout import LOGS, LOOPBACK, SERVICES, ServiceError, claim_port, end_of, make_folders, port_of
from services.packages import need

HERE = Path(__file__).parent
FOLDER = SERVICES / "opensearch"
JARS = FOLDER / "jars"
DAEMON = Daemon("opensearch")
OPENS = ("java.base/java.lang=ALL-UNNAMED", "java.base/java.nio=ALL-UNNAMED")


def answers(address: str) -> bool:
    """Tell whether an OpenSearch at ``host:port`` is ready to index."""
    try:
        with urllib.request.urlopen(f"http://{address}/_cluster/health", timeout=3) as response:
            return json.load(response)["status"] in ("green", "yellow")
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return False


def _fetch_jars() -> None:
    stamp = JARS / ".pom.xml"
    pom = (HERE / "pom.xml").read_text()
    if stamp.exists() and stamp.read_text() == pom:
        return
    make_folders()
    log_path = LOGS / "maven.log"
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
    with log_path.open("wb") as log:
        command = [need("mvn", ["maven"]), "-B", "-q", "-Dstyle.color=never", "-f", str(HERE / "pom.xml"), *goal]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if done.returncode:
        raise ServiceError(f"OpenSearch's jars could not be fetched from Maven Central. {end_of(log_path)}")
    stamp.write_text(pom)


def _compile() -> Path:
    classes = FOLDER / "classes"
    source = HERE / "SearchNode.java"
    compiled = classes / "SearchNode.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        javac = need("javac", ["openjdk-17-jdk-headless"])
        command = [javac, "-cp", f"{JARS}/*", "-d", str(classes), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceError(f"{source} does not compile: {done.stderr}")
    return classes


def start() -> str:
    """Start the node and return its ``host:port``."""
    if DAEMON.pid() is None:
        java = need("java", ["openjdk-17-jdk-headless"])
        _fetch_jars()
        classes = _compile()
        port, transport = claim_port("opensearch"), claim_port("opensearch-transport")
        options = [option for package in OPENS for option in ("--add-opens", package)]
        DAEMON.start(
            [java, "-Xms512m", "-Xmx1g", *options, "-cp", f"{classes}:{JARS}/*", "SearchNode"]
            + [str(FOLDER / "node"), str(port), str(transport)],
            cwd=FOLDER,
        )
    address = f"{LOOPBACK}:{port_of('opensearch')}"
    DAEMON.wait_until(lambda: answers(address), 300)
    return address


def stop() -> bool:
    """Stop the node."""
    return DAEMON.stop()
