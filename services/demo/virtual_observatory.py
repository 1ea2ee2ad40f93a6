"""The other side: what Virtual Observatory clients get (pyvo, and stilts' validators)."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyvo

from services.layout import ServiceError

TAPLINT_STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO OBS"
CONE_QUERY = """SELECT dataproduct_type, target_name, s_ra, s_dec, instrument_name, access_url
FROM ivoa.obscore WHERE 1=CONTAINS(POINT(s_ra, s_dec), CIRCLE({0}, {1}, {2}))
ORDER BY s_ra"""


def search(site: str, query: str) -> Any:  # noqa: ANN401 - an astropy Table
    """Run an ADQL query with pyvo and return the table."""
    return pyvo.dal.TAPService(f"{site}/vo/tap").search(query).to_table()


def _stilts(arguments: Iterable[str], log: Path) -> tuple[int, str]:
    program = shutil.which("stilts")
    if program is None:
        raise ServiceError("stilts is missing: apt-get install stilts")
    command = [program, "-Djava.awt.headless=true", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, check=False)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.returncode, done.stdout


def tapquery(site: str, query: str, target: Path, log: Path) -> int:
    """Run a query with stilts into a VOTable file and return stilts' exit code."""
    options = [f"tapurl={site}/vo/tap", f"adql={query}", "sync=true", f"out={target}", "ofmt=votable"]
    return _stilts(["tapquery", *options], log)[0]


def votlint(target: Path, log: Path) -> list[str]:
    """Return the lines in which votlint finds an error."""
    output = _stilts(["votlint", f"votable={target}"], log)[1]
    return [line for line in output.splitlines() if line.startswith("ERROR")]


def taplint(site: str, log: Path) -> tuple[list[str], Counter[str]]:
    """Run the validator's stages; return its error lines and the number of lines by kind (it always exits with 0)."""
    code, output = _stilts(["taplint", f"tapurl={site}/vo/tap", f"stages={TAPLINT_STAGES}"], log)
    if code:
        raise ServiceError(f"taplint ended with exit code {code}. Log: {log}")
    kinds = Counter(line[0] for line in output.splitlines() if line[1:2] == "-")
    return [line for line in output.splitlines() if line.startswith("E-")], kinds
