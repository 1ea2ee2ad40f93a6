"""Functions that look into the headers of the file."""

from __future__ import annotations

from typing import Any, Protocol

from .registry import Group

GROUP = Group("Headers")


class Headers(Protocol):
    """What a scope offers to these functions."""

    def keyword(self, name: str, hdu: str = "") -> Any:  # noqa: ANN401
        """The value of a keyword."""

    def keyword_values(self, name: str) -> list[Any]:
        """The values of a keyword in all HDUs that have it."""


@GROUP.add("keyword('ESO INS FILT1 NAME')", "", scope=True)
def keyword(scope: Headers, name: str, hdu: str = "") -> Any:  # noqa: ANN401
    """The value of a keyword whose name is computed; ``keyword(name, 'SCI')`` looks into that HDU only."""
    return scope.keyword(name.strip().upper().removeprefix("HIERARCH "), hdu)


@GROUP.add("length(values('NOSUCH'))", "0", scope=True)
def values(scope: Headers, name: str) -> list[Any]:
    """The values of a keyword in all HDUs that have it: ``sum(values('EXPTIME'))``."""
    return scope.keyword_values(name.strip().upper().removeprefix("HIERARCH "))
