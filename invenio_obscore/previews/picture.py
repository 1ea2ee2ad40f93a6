"""What a preview is: one product's picture in two sizes, and the same in words."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

#: Rises when the same file gives other pictures.
DRAWER_VERSION = "1"

#: Longest side in pixels.
THUMBNAIL, LARGE = 160, 800

_LENGTHS = struct.Struct(">III")


@dataclass(frozen=True)
class Picture:
    """A product's picture.

    Attributes
    ----------
    kind
        What was drawn: ``image``, ``spectrum``, ``cube``, ``light curve``, ``events``.
    alt
        The picture in words, for those who do not see it; it may hold text out of headers.
    thumbnail, large
        PNG, at most `THUMBNAIL` and `LARGE` pixels wide and high.
    """

    kind: str
    alt: str
    thumbnail: bytes
    large: bytes

    def to_bytes(self) -> bytes:
        """For the way between processes."""
        said = json.dumps({"kind": self.kind, "alt": self.alt}).encode("ascii")
        return _LENGTHS.pack(len(said), len(self.thumbnail), len(self.large)) + said + self.thumbnail + self.large

    @classmethod
    def from_bytes(cls, data: bytes) -> Picture:
        """What `to_bytes` wrote."""
        first, second, third = _LENGTHS.unpack_from(data)
        start = _LENGTHS.size
        said = json.loads(data[start : start + first])
        thumbnail = data[start + first : start + first + second]
        return cls(said["kind"], said["alt"], thumbnail, data[start + first + second :][:third])
