"""Where the results of jobs are kept: a folder at any address that fsspec knows (``OBSCORE_UWS_RESULTS``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import fsspec

from ..errors import NotFoundError

_PIECE = 1 << 18


class ResultFolder:
    """Files named by jobs.

    Parameters
    ----------
    address
        Such as ``file:///var/lib/obscore/uws`` or ``s3://bucket/uws``.
    """

    def __init__(self, address: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(address)

    def write(self, job_id: str, pieces: Iterable[bytes]) -> int:
        """Store a result; it has its name only when it is whole. Returns its size in bytes."""
        self._files.makedirs(self._root, exist_ok=True)
        partial = f"{self._path(job_id)}.partial"
        size = 0
        try:
            with self._files.open(partial, "wb") as file:
                for piece in pieces:
                    size += len(piece)
                    file.write(piece)
            self._files.mv(partial, self._path(job_id))
        except BaseException:
            self._remove(partial)
            raise
        return size

    def read(self, job_id: str) -> Iterator[bytes]:
        """Return a result piece by piece.

        Raises
        ------
        NotFoundError
            It is gone.
        """
        try:
            file = self._files.open(self._path(job_id), "rb")
        except FileNotFoundError as error:
            raise NotFoundError("the result is gone") from error

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(_PIECE):
                    yield piece

        return pieces()

    def delete(self, job_id: str) -> None:
        """Remove a result; one that is not there is fine."""
        self._remove(self._path(job_id))

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._files.rm(path)

    def _path(self, job_id: str) -> str:
        return f"{self._root}/{job_id}"
