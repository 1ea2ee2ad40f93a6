"""The functions of the mapping language; one module for each heading of their documentation."""

from __future__ import annotations

from . import header, logic, numbers, sky, text, times
from .registry import Function, Functions, from_file, installed

#: Every function that comes with the package.
BUILT_IN = Functions(tuple(f for m in (text, numbers, times, sky, logic, header) for f in m.GROUP.functions))

__all__ = ("BUILT_IN", "Function", "Functions", "from_file", "installed")
