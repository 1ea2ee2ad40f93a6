"""The mapping file: a small language that fills columns and mends headers.

May import ``errors``, ``obscore``, ``fits`` and ``extraction.evidence``; nothing of it imports a web framework.
"""

from __future__ import annotations

from .functions import BUILT_IN, Function, Functions, from_file, installed
from .mapping import Mapping
from .text import check, parse, safe_for_web

__all__ = (
    "BUILT_IN",
    "Function",
    "Functions",
    "Mapping",
    "check",
    "from_file",
    "installed",
    "parse",
    "safe_for_web",
)
