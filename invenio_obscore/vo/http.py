"""Between HTTP and the protocols: parameters of a request, answers, and errors in one place."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
from collections.abc import Iterator
from itertools import chain

from flask import Blueprint, Response, request, session
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..dali.documents import error_document
from ..dali.parameters import Parameters
from ..db.query import Result
from ..errors import ConflictError, InputError, NotFoundError, ObsCoreError, ServiceError
from ..formats import Format, Meta
from .watch import HangUpWatch

_log = logging.getLogger(__name__)
VOTABLE = "application/x-votable+xml"
#: What a browser on another site may do (Fetch standard): read anything, as everything here is public.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Range",
    "Access-Control-Expose-Headers": "Location, Content-Disposition",
}
#: The first class that fits gives the status (DALI 1.1, section 4.4.2).
_STATUS: tuple[tuple[type[ObsCoreError], int], ...] = (
    (NotFoundError, 404),
    # UWS 1.1, section 2.2.3: what a job's phase does not allow.
    (ConflictError, 403),
    (InputError, 400),
    (ServiceError, 503),
    (ObsCoreError, 500),
)
_watch = HangUpWatch()
_SOCKETS = ("gunicorn.socket", "werkzeug.socket")


def prepare(blueprint: Blueprint, *, max_bytes: int) -> None:
    """Give a blueprint its error documents, limits and headers."""
    blueprint.register_error_handler(ObsCoreError, answer_error)
    blueprint.register_error_handler(HTTPException, _answer_http_error)
    blueprint.register_error_handler(Exception, _answer_unexpected)
    blueprint.after_request(_finish)

    def limit() -> None:
        request.max_content_length = max_bytes
        request.max_form_memory_size = max_bytes

    blueprint.before_request(limit)


def parameters() -> Parameters:
    """The parameters of the request, from its address and its form."""
    return Parameters(chain(request.args.items(multi=True), request.form.items(multi=True)))


def parts() -> dict[str, bytes]:
    """The files of a multipart request by the names of their parts."""
    return {name: file.read() for name, file in request.files.items()}


def answer_error(error: ObsCoreError) -> Response:
    """Turn an error into its document and status: the one place where errors become HTTP."""
    status = next(status for class_, status in _STATUS if isinstance(error, class_))
    response = Response(error_document(error), status, content_type=VOTABLE)
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response


def _answer_http_error(error: HTTPException) -> Response:
    """Werkzeug's errors (a request that is too large, a malformed form) and redirects."""
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    response = answer_error(InputError(error.description or error.name))
    response.status_code = error.code
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _answer_unexpected(error: Exception) -> Response:
    """An error of ours that nobody foresaw: recorded, and told without its text."""
    number = secrets.token_hex(4)
    _log.error("unexpected error %s", number, exc_info=error)
    return answer_error(ObsCoreError(f"internal error {number}", remedy="tell the operator this number"))


def _finish(response: Response) -> Response:
    response.headers.update(_CORS)
    # A session store would keep one session for each request of each client otherwise; no session is read here.
    session.modified = False
    return response


def stream(result: Result, format_: Format, meta: Meta, *, write_timeout: float) -> Response:
    """Answer with a result; the first error of the query is raised here, before anything is sent."""
    connection = _client_socket()
    try:
        pieces = format_.stream(result, meta)
        with _watch.watching(connection, result.cancel):
            first = next(pieces, b"")
            if result.few:
                # They are all here: one piece of a known length leaves quicker than several.
                first = b"".join([first, *pieces])
                result.close()
    except BaseException:
        result.close()
        raise
    if connection is not None:
        # A client that takes nothing would hold its query's connection for ever.
        with contextlib.suppress(OSError):
            connection.settimeout(write_timeout)
    body = [first] if result.few else _body(first, pieces)
    response = Response(body, content_type=format_.media_type)
    response.call_on_close(result.close)
    return response


def _body(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _client_socket() -> socket.socket | None:
    """The connection to the client, where the server hands it out (gunicorn and Werkzeug do)."""
    return next((request.environ[name] for name in _SOCKETS if name in request.environ), None)
