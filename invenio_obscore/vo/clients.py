"""How many synchronous queries one client has at a time, so that nobody takes all connections for themselves."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from ..errors import ServiceError


class ClientLimit:
    """Counts the queries of this process by client.

    Parameters
    ----------
    most
        Queries of one client that run at the same time; 0 for any number.
    wait
        Seconds that a further one waits for its turn.
    """

    def __init__(self, most: int, wait: float = 2.0) -> None:
        self._most = most
        self._wait = wait
        self._running: Counter[str] = Counter()
        self._changed = threading.Condition()

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place; what is returned gives it back, once, however often it is called.

        Raises
        ------
        ServiceError
            The client has its share already.
        """
        if self._most:
            with self._changed:
                if not self._changed.wait_for(lambda: self._running[client] < self._most, self._wait):
                    raise ServiceError(
                        f"you have {self._most} queries running", remedy="wait for one to end, or use /async"
                    )
                self._running[client] += 1
        left = threading.Lock()

        def leave() -> None:
            if self._most and left.acquire(blocking=False):
                with self._changed:
                    self._running[client] -= 1
                    if not self._running[client]:
                        del self._running[client]
                    self._changed.notify_all()

        return leave
