"""Drawing in a child process under limits: headers and data are hostile, and matplotlib needs a while to be loaded."""

from __future__ import annotations

import io
import sys
from typing import Any, BinaryIO

from ..fits.child import ReaderProcess
from ..fits.limits import Limits
from ..fits.serving import remote_file, serve
from ..fits.wire import Parent
from .picture import Picture

#: Of one picture; the most that it may take of memory counts libraries and their address space, too.
LIMITS = Limits(seconds=120.0, cpu_seconds=40)

_BUFFER = 2**13


class DrawingProcess(ReaderProcess):
    """A child process that draws products; one call at a time, from any thread."""

    program = "invenio_obscore.previews.process"

    def __init__(self, limits: Limits = LIMITS) -> None:
        super().__init__(limits)

    def draw(self, stream: BinaryIO, *, name: str = "", member: str = "", key: str = "") -> Picture:
        """See `drawing.draw`.

        Raises
        ------
        FitsError, NotFoundError
            As `drawing.draw`; `FitsLimitError` where it took too long; `ReaderDiedError` where the child died.
        """
        size = stream.seek(0, io.SEEK_END)
        request = {"do": "draw", "name": name, "member": member, "key": key, "size": size}
        with self._lock:
            return Picture.from_bytes(self._call(request, b"", stream))


def _answer(parent: Parent, request: dict[str, Any], payload: bytes, limits: Limits) -> bytes:
    from .drawing import draw

    file = remote_file(parent, request["size"], _BUFFER)
    picture = draw(file, name=request["name"], member=request["member"], key=request["key"], limits=limits)
    return picture.to_bytes()


if __name__ == "__main__":
    serve(sys.argv[1:], _answer)
