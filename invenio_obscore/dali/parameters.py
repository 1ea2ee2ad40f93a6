"""Request parameters as DALI 1.1 has them (section 2.1.1): names without case, each with any number of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..errors import ParameterError

_WHOLE = re.compile(r"[+]?[0-9]{1,1000}", re.ASCII)
# What no database has as many rows or seconds of; a larger number means as many as there may be.
_LARGEST = 10**18
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Parameters:
    """The parameters of one request.

    Parameters
    ----------
    pairs
        Names and values in the order in which they came.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.upper(), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name.upper() in self._values

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, values in self._values.items() for value in values)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter, in their order."""
        return list(self._values.get(name.upper(), ()))

    def one(self, *names: str) -> str | None:
        """The value of a parameter that has one at most; further names mean the same parameter.

        Raises
        ------
        ParameterError
            It is repeated (with whatever values), or holds a character that no text may hold.
        """
        values = [value for name in names for value in self.all(name)]
        if len(values) > 1:
            raise ParameterError(f"{names[0]} is given {len(values)} times", parameter=names[0], remedy="give it once")
        if not values:
            return None
        if _CONTROL.search(values[0]):
            raise ParameterError(f"{names[0]} holds a control character", parameter=names[0])
        return values[0]

    def required(self, name: str) -> str:
        """The value of a parameter that must be there and not be blank.

        Raises
        ------
        ParameterError
            It is missing, blank or repeated.
        """
        value = self.one(name)
        if value is None or not value.strip():
            raise ParameterError(f"{name} is missing", parameter=name)
        return value

    def whole_number(self, name: str) -> int | None:
        """The value of a parameter that is a number of 0 or more, as MAXREC (DALI 1.1, section 3.4.4); at most 10**18.

        Raises
        ------
        ParameterError
            It is something else, or repeated.
        """
        value = self.one(name)
        if value is None or not value.strip():
            return None
        if not _WHOLE.fullmatch(value.strip()):
            raise ParameterError(f"{name} must be a whole number from 0, not {value[:40]!r}", parameter=name)
        return min(int(value), _LARGEST)
