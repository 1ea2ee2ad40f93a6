"""How many synchronous queries one client has at a time, so that nobody takes all connections for themselves.

All processes of a host count together. A place of a client is one byte of a file that stays empty: whoever has locked
the byte has the place. The system gives the lock back when the file is closed, also that of a process that died.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import struct
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from ..errors import ConfigurationError, ServiceError

_PAUSE = 0.01
# struct flock of fcntl(2): type, whence, start, length, process (0 for locks of an open file).
_LOCK = "hhqqi0q"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


class ClientLimit:
    """Counts the queries of this host's processes by client.

    Parameters
    ----------
    most
        Queries of one client that run at the same time; 0 for any number.
    service
        What distinguishes this service from others of the same user on the host.
    wait
        Seconds that a further one waits for its turn.
    """

    def __init__(self, most: int, service: str = "", wait: float = 2.0) -> None:
        self._most = most
        self._wait = wait
        self._name = f"tap-clients-{hashlib.blake2b(service.encode(), digest_size=8).hexdigest()}"

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place; what is returned gives it back, once, however often it is called.

        Raises
        ------
        ServiceError
            The client has its share already.
        """
        if not self._most:
            return lambda: None
        file = self._open()
        try:
            self._lock_one(file, client)
        except BaseException:
            os.close(file)
            raise
        open_files = [file]

        def leave() -> None:
            with contextlib.suppress(IndexError):  # somebody else has closed it
                os.close(open_files.pop())

        return leave

    @cached_property
    def _path(self) -> Path:
        return _folder() / self._name

    def _open(self) -> int:
        """The file, opened once more: locks belong to what was opened."""
        try:
            return os.open(self._path, _FLAGS, 0o600)
        except FileNotFoundError:  # somebody has tidied up the temporary files
            return os.open(_folder() / self._name, _FLAGS, 0o600)

    def _lock_one(self, file: int, client: str) -> None:
        first = int.from_bytes(hashlib.blake2b(client.encode(), digest_size=5).digest(), "big") * self._most
        end = time.monotonic() + self._wait
        while not any(_locked(file, first + place) for place in range(self._most)):
            if time.monotonic() > end:
                raise ServiceError(
                    f"you have {self._most} queries running", remedy="wait for one to end, or use /async"
                )
            time.sleep(_PAUSE)


def _locked(file: int, place: int) -> bool:
    """Lock a byte for this open file, if nobody has it."""
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True


def _folder() -> Path:
    """A folder of this user's own among the temporary files."""
    folder = Path(tempfile.gettempdir()) / f"invenio-obscore-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConfigurationError(f"{folder} belongs to somebody else", remedy="set TMPDIR to another folder")
    return folder
