"""What is doubtful about a file or a value: it travels with readings and rows, and stops nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "attention", "advice"]


@dataclass(frozen=True)
class Problem:
    """Something a person should look at; it never stops anything.

    ``severity``: *error* the product cannot be described, *attention* a value is missing or implausible, *advice*.
    ``code`` is stable and machine-readable (``truncated``, ``wcs-failed``, ``unit-missing`` …).
    """

    severity: Severity
    code: str
    message: str
    column: str = ""
    hdu: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {k: v for k, v in vars(self).items() if v not in ("", None)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Problem:
        """What `to_dict` wrote."""
        return cls(**data)
