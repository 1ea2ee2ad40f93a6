"""Requests to an outside service: cached, spaced out, repeated with back-off; given up for the run when it is down."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
from diskcache import Cache, JSONDisk
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from .. import __version__
from ..errors import ServiceError
from .settings import Settings

logger = logging.getLogger(__name__)

_AGAIN = (429, 500, 502, 503, 504)
_MOST_BYTES = 64 * 2**20
_CHUNK = 2**16


class Service:
    """One outside service.

    Parameters
    ----------
    name
        What people call it, and its part of the cache.
    url
        Its address.
    settings
        Time-outs, pauses, the cache.
    """

    def __init__(self, name: str, url: str, settings: Settings) -> None:
        self.name, self.url, self.settings = name, url, settings
        #: Why it is not asked any more in this run; empty while it answers.
        self.down = ""
        self.session = self._new_session()
        self._cache = _open_cache(settings.cache)
        self._last = 0.0

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if self._cache is not None:
            self._cache.close()

    def _new_session(self) -> requests.Session:
        retry = Retry(
            self.settings.retries,
            backoff_factor=self.settings.backoff,
            status_forcelist=_AGAIN,
            allowed_methods=None,  # queries change nothing, POST included
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        session = _TimedSession(self.settings.timeout)
        session.headers["User-Agent"] = f"invenio-obscore/{__version__}"
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        return session

    # -- cache -------------------------------------------------------------------------------------------------------
    def known(self, key: str) -> tuple[bool, Any]:
        """Whether an answer is in the cache, and the answer (None: there is nothing to be found)."""
        if self._cache is None:
            return False, None
        entry = self._cache.get([self.name, self.url, key])
        return (True, entry["answer"]) if entry else (False, None)

    def keep(self, key: str, answer: Any) -> None:  # noqa: ANN401  # whatever JSON holds
        """Put an answer into the cache; None for "nothing found", which counts shorter."""
        if self._cache is not None:
            days = self.settings.cache_days * (0.1 if answer is None else 1.0)
            self._cache.set([self.name, self.url, key], {"answer": answer}, expire=days * 86400)

    # -- requests ----------------------------------------------------------------------------------------------------
    def wait(self) -> None:
        """Leave the pause between two requests.

        Raises
        ------
        ServiceError
            The service did not answer before in this run.
        """
        if self.down:
            raise ServiceError(self.down)
        time.sleep(max(0.0, self._last + self.settings.pause - time.monotonic()))
        self._last = time.monotonic()

    def failed(self, reason: object) -> ServiceError:
        """The error to raise; the service is not asked again in this run."""
        self.down = f"{self.name} does not answer: {_in_short(reason)}"
        return ServiceError(self.down, remedy="nothing was filled from it; run curation again later")

    def get(self, path: str = "", parameters: dict[str, str] | None = None, query: str = "") -> bytes:
        """The body of an answer.

        Raises
        ------
        ServiceError
            No answer after all repetitions, an error status, or an answer without end.
        """
        self.wait()
        url = self.url + path + (f"?{query}" if query else "")
        try:
            with self.session.get(url, params=parameters, stream=True) as response:
                response.raise_for_status()
                body = b""
                for part in response.iter_content(_CHUNK):
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise self.failed(f"an answer of more than {_MOST_BYTES} bytes")
                return body
        except requests.RequestException as error:
            raise self.failed(error) from error


def _open_cache(path: Path) -> Cache | None:
    """The cache of answers; none where its directory cannot be made, so that answers are asked for again."""
    if str(path) in ("", "."):
        return None
    try:
        return Cache(str(path), disk=JSONDisk)
    except (OSError, sqlite3.Error) as error:
        logger.warning("answers of outside services are not kept: %s: %s", path, error)
        return None


def _in_short(reason: object) -> str:
    """Why a service does not answer, in words for people."""
    cause = getattr(reason, "cause", None) or reason
    if isinstance(cause, requests.Timeout):
        return "no answer in time"
    if isinstance(cause, requests.ConnectionError):
        return "no connection"
    if isinstance(cause, requests.HTTPError) and cause.response is not None:
        return f"status {cause.response.status_code}"
    return (str(reason).splitlines() or [type(reason).__name__])[0][:150]


class _TimedSession(requests.Session):
    """A session whose every request has a time-out."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def request(self, *arguments: Any, **options: Any) -> requests.Response:  # noqa: ANN401
        """As `requests.Session.request`."""
        options.setdefault("timeout", self._seconds)
        return super().request(*arguments, **options)
