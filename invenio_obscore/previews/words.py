"""Texts of pictures: out of headers, so cut, without control characters, and never read as markup."""

from __future__ import annotations

import math
import unicodedata

from ..extraction.scope import Scope

_MOST = 60


def clean(text: object) -> str:
    """A text for a label: printable, in the order in which it stands, not too long."""
    kept = "".join(c for c in str(text) if unicodedata.category(c)[0] not in "CZ" or c == " ")
    kept = " ".join(kept.split())
    return kept if len(kept) <= _MOST else kept[: _MOST - 1] + "…"


def with_unit(name: str, unit: str) -> str:
    """``name [unit]``, or the name alone."""
    return f"{clean(name)} [{clean(unit)}]" if unit.strip() else clean(name)


def number(value: float) -> str:
    """A number in four digits."""
    return f"{value:.4g}" if math.isfinite(value) else "nothing"


def of_target(scope: Scope) -> str:
    """`` of <target>`` where the header names one."""
    target = clean(scope.text("OBJECT", "TARGNAME", "TARGET"))
    return f" of {target}" if target else ""
