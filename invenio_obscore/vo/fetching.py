"""Fetching what a client names by its address, without letting it look into the server's own network."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.error
import urllib.request
from typing import Any

from ..errors import InputError

_TIMEOUT = 20.0


def fetch(address: str, *, most_bytes: int, private: bool = False) -> bytes:
    """Return what an ``http`` or ``https`` address delivers; each redirect is looked at like the first address.

    Parameters
    ----------
    most_bytes
        The most that is taken.
    private
        Whether addresses of private networks and of this machine are fine.

    Raises
    ------
    InputError
        It cannot be fetched, is too large, or is not public.
    """
    opener = urllib.request.OpenerDirector()
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HttpHandler(private),
        _HttpsHandler(private),
    ]
    for handler in handlers:
        opener.add_handler(handler)
    try:
        with opener.open(address, timeout=_TIMEOUT) as answer:
            data: bytes = answer.read(most_bytes + 1)
    except (OSError, ValueError, http.client.HTTPException, AttributeError) as error:
        # AttributeError: the opener found no handler for a scheme, such as that of a redirect to a file.
        raise InputError(f"the address {address[:100]!r} of an upload cannot be fetched") from error
    if len(data) > most_bytes:
        raise InputError(f"an upload may have {most_bytes} bytes at most")
    return data


def _connect(target: tuple[str, int], timeout: float, private: bool) -> socket.socket:
    """Connect to the first public address of a host: the one that is looked at is the one that is used."""
    failure: OSError = OSError("the host has no public address")
    for family, kind, protocol, _, place in socket.getaddrinfo(*target, type=socket.SOCK_STREAM):
        if not private and not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global:
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(place)
            return connection
        except OSError as error:
            connection.close()
            failure = error
    raise failure


class _HttpConnection(http.client.HTTPConnection):
    def __init__(self, host: str, *, private: bool = False, **options: Any) -> None:  # noqa: ANN401
        super().__init__(host, **options)
        self._private = private

    def connect(self) -> None:
        self.sock = _connect((self.host, self.port), _TIMEOUT, self._private)


class _HttpsConnection(http.client.HTTPSConnection):
    def __init__(self, host: str, *, private: bool = False, **options: Any) -> None:  # noqa: ANN401
        super().__init__(host, **options)
        self._private = private

    def connect(self) -> None:
        plain = _connect((self.host, self.port), _TIMEOUT, self._private)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


class _HttpHandler(urllib.request.HTTPHandler):
    def __init__(self, private: bool) -> None:
        super().__init__()
        self._private = private

    def http_open(self, request: urllib.request.Request) -> Any:  # noqa: ANN401
        return self.do_open(_HttpConnection, request, private=self._private)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, private: bool) -> None:
        super().__init__()
        self._private = private

    def https_open(self, request: urllib.request.Request) -> Any:  # noqa: ANN401
        return self.do_open(_HttpsConnection, request, private=self._private)
