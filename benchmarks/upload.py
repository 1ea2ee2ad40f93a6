"""From the commit of an upload to its rows being visible, on a running instance with a real worker.

    python benchmarks/upload.py http://127.0.0.1:5000 --token-file var/services/token-researcher --files 50

Each file is uploaded alone and waited for; the first one, for which the worker's reader starts, is reported apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import requests
from astropy.io import fits
from astropy.wcs import WCS

METADATA = {
    "access": {"record": "public", "files": "public"},
    "files": {"enabled": True},
    "metadata": {
        "title": "Benchmark of uploads",
        "publication_date": "2026-01-01",
        "publisher": "Benchmark",
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Benchmark"}}],
    },
}


def image(number: int) -> bytes:
    """A small image, each at another place."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [number % 360, 20.0]
    wcs.wcs.cdelt = [-1 / 3600, 1 / 3600]
    buffer = BytesIO()
    fits.PrimaryHDU(np.zeros((64, 64), dtype="int16"), wcs.to_header()).writeto(buffer)
    return buffer.getvalue()


class Deposit:
    """A draft of the benchmark's."""

    def __init__(self, site: str, token: str) -> None:
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.base = f"{site}/api/records"
        self.base = f"{self.base}/{self.call('POST', '', json=METADATA)['id']}/draft"

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Call the API; its answer as JSON."""
        answer = self.session.request(method, self.base + path, timeout=60, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def seconds_to_rows(self, number: int) -> tuple[float, float]:
        """Upload one file: seconds that the commit took, and seconds from its answer until the rows are there."""
        key = f"{number:05}.fits"
        self.call("POST", "/files", json=[{"key": key}])
        self.call("PUT", f"/files/{key}/content", data=image(number))
        begin = time.perf_counter()
        self.call("POST", f"/files/{key}/commit")
        committed = time.perf_counter()
        while self.call("GET", "/obscore?size=1")["counts"]["done"] <= number:
            time.sleep(0.01)
        return committed - begin, time.perf_counter() - committed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("site", help="address of the instance")
    parser.add_argument("--token-file", type=Path, required=True, help="file with a researcher's token")
    parser.add_argument("--files", type=int, default=50)
    arguments = parser.parse_args()
    deposit = Deposit(arguments.site.rstrip("/"), arguments.token_file.read_text().strip())
    measured = [deposit.seconds_to_rows(number) for number in range(arguments.files)]
    deposit.call("DELETE", "")
    commits, waits = ([1000 * pair[i] for pair in measured] for i in (0, 1))
    print(f"files {len(measured)}, first file's rows after {waits[0]:.0f} ms")
    for name, values in (("commit", commits[1:]), ("rows visible after", waits[1:])):
        quantiles = statistics.quantiles(values, n=20)
        print(f"{name:20} median {statistics.median(values):6.0f} ms   95 % below {quantiles[18]:6.0f} ms")


if __name__ == "__main__":
    main()
