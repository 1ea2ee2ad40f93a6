"""Take a picture of a page with Chromium: ``python3 -m services.screenshot <address> <file.png> [width height]``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from services.layout import ServiceError
from services.packages import need


def take(address: str, target: str, width: int = 1280, height: int = 1500) -> None:
    """Render a page without a window and write it as PNG.

    Raises
    ------
    ServiceError
        When Chromium gives no picture.
    """
    chromium = need("chromium", ["chromium"])
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless=new", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        options += [f"--window-size={width},{height}", "--virtual-time-budget=15000", f"--screenshot={target}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        command = [chromium, *options, address]
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False
        )
    if done.returncode or not os.path.exists(target):
        raise ServiceError(f"no picture of {address}: {done.stderr[-500:]}")


def main(arguments: Sequence[str]) -> int:
    """Take one picture."""
    address, target, *size = arguments
    take(address, os.path.abspath(target), *map(int, size))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
