"""A reader process that some members are too much for: reading ``kill…`` and describing ``crash…`` end it."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from invenio_obscore import pipeline, reader_main
from invenio_obscore.fits import parts

_read, _products = parts.read_member, pipeline.products


def _deadly_read(member: Any, limits: Any) -> Any:
    if "kill" in member.member:
        os.kill(os.getpid(), signal.SIGKILL)
    return _read(member, limits)


def _deadly_products(reading: Any, **options: Any) -> Any:
    if any("crash" in member.member for member in reading.members):
        os.kill(os.getpid(), signal.SIGSEGV)
    return _products(reading, **options)


if __name__ == "__main__":
    parts.read_member = _deadly_read
    pipeline.products = _deadly_products
    reader_main.main(sys.argv[1:])
