"""Functions that choose between values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..values import NULL, operate, truth
from .registry import Group

GROUP = Group("Choices")
Later = Callable[[], Any]


@GROUP.add("if(1 < 2, 'yes', 'no')", "yes", name="if", lazy=True)
def if_(condition: Later, then: Later, otherwise: Later = lambda: None) -> Any:  # noqa: ANN401
    """The second value where the condition holds, else the third (or no value)."""
    return then() if truth(condition()) else otherwise()


@GROUP.add("first(NOSUCH, 'M 31')", "M 31", lazy=True)
def first(*values: Later) -> Any:  # noqa: ANN401
    """The first value that there is; an empty text is none."""
    for value in values:
        result = value()
        if result is not None and not (isinstance(result, str) and not result.strip()):
            return result
    return None


@GROUP.add("case('V', 'B', 440 nm, 'V', 550 nm)", "550.0 nm", lazy=True)
def case(value: Later, *pairs: Later) -> Any:  # noqa: ANN401
    """The result whose key equals the value, from pairs of key and result; a last single value is for all others."""
    key = value()
    for i in range(0, len(pairs) - 1, 2):
        if operate("==", key, pairs[i]()):
            return pairs[i + 1]()
    return pairs[-1]() if len(pairs) % 2 else None


@GROUP.add("oneof('dark', 'bias', 'dark', 'flat')", "true", sees_nothing=True)
def oneof(value: object, *others: object) -> bool:
    """Whether a value equals one of the others; no value equals none."""
    return value is not None and any(operate("==", value, other) for other in others if other is not None)


@GROUP.add("exists(NOSUCH)", "false", sees_nothing=True)
def exists(value: object) -> bool:
    """Whether there is a value: the header has the keyword, the column is filled."""
    return value is not None and value is not NULL
