"""A sequence that grows without memory: its items beyond a number lie in a temporary file of their own."""

from __future__ import annotations

import pickle
import tempfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Generic, TypeVar, overload

T = TypeVar("T")


class Spool(Sequence[T], Generic[T]):
    """Items in order; the first ones in memory, the rest compressed in a file without a name.

    An item that was taken out and changed is put back with `replace`: beyond the first ones it is a copy.

    Parameters
    ----------
    in_memory
        How many items stay in memory.
    """

    def __init__(self, items: Iterable[T] = (), *, in_memory: int = 1000) -> None:
        self._first: list[T] = []
        self._in_memory = in_memory
        self._places = array("Q")
        self._file: IO[bytes] | None = None
        self.extend(items)

    def append(self, item: T) -> None:
        """Add an item at the end."""
        if len(self._first) < self._in_memory:
            self._first.append(item)
        else:
            self._places.append(self._write(item))

    def extend(self, items: Iterable[T]) -> None:
        """Add items at the end."""
        for item in items:
            self.append(item)

    def replace(self, index: int, item: T) -> None:
        """Put an item in the place of another."""
        if index < len(self._first):
            self._first[index] = item
        else:
            self._places[index - len(self._first)] = self._write(item)

    def _write(self, item: T) -> int:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="obscore-")  # noqa: SIM115  # lives as long as the spool
        place = self._file.seek(0, 2)
        data = zlib.compress(pickle.dumps(item, pickle.HIGHEST_PROTOCOL), 1)
        self._file.write(len(data).to_bytes(4, "big") + data)
        return place

    def _read(self, place: int) -> T:
        assert self._file is not None  # something was written
        self._file.seek(place)
        size = int.from_bytes(self._file.read(4), "big")
        item: T = pickle.loads(zlib.decompress(self._file.read(size)))  # noqa: S301  # our own file, without a name
        return item

    def __len__(self) -> int:
        return len(self._first) + len(self._places)

    def __iter__(self) -> Iterator[T]:
        yield from self._first
        for place in self._places:
            yield self._read(place)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        number = index if index >= 0 else len(self) + index
        if not 0 <= number < len(self):
            raise IndexError(index)
        return self._first[number] if number < len(self._first) else self._read(self._places[number - len(self._first)])

    def __iadd__(self, items: Iterable[T]) -> Spool[T]:
        self.extend(items)
        return self
