"""How much of a file may be read, and a clock that says when to stop."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import FitsLimitError


@dataclass(frozen=True)
class Limits:
    """Bounds of one reading.

    Attributes
    ----------
    header_bytes, total_header_bytes
        Of one HDU's header, and of all headers together.
    hdus
        Number of HDUs that are read; the rest is reported.
    table_bytes
        Data bytes that may be read for the few table values that rules need, per file.
    inflated_bytes
        Bytes that a stream-compressed file may give.
    seconds
        Time for one file, by the clock on the wall.
    memory_bytes, cpu_seconds
        What the child process may use (`fits.child`).
    """

    header_bytes: int = 8 * 2**20
    total_header_bytes: int = 64 * 2**20
    hdus: int = 1000
    table_bytes: int = 16 * 2**20
    inflated_bytes: int = 512 * 2**20
    seconds: float = 60.0
    memory_bytes: int = 2 * 2**30
    cpu_seconds: int = 60

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass
class Deadline:
    """When reading one file must end."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def check(self) -> None:
        """Raise `FitsLimitError` when the time is over."""
        if time.monotonic() > self._end:
            raise FitsLimitError(f"reading took more than {self.seconds:g} s")
