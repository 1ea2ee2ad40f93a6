"""The one place where our errors become HTTP answers, in the form that InvenioRDM gives its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_resources import HTTPJSONException, create_error_handler
from invenio_rdm_records.resources.config import error_handlers as rdm_error_handlers

from ..errors import (
    ColumnError,
    ConflictError,
    InputError,
    MappingError,
    NotFoundError,
    ObsCoreError,
    ServiceError,
)
from ..mapping.typed import TypedError
from .wording import in_words

#: The most derived class that fits decides; anything else of ours is our fault (500).
_STATUS: dict[type[ObsCoreError], int] = {
    InputError: 400,
    NotFoundError: 404,
    ConflictError: 412,
    ServiceError: 503,
    ObsCoreError: 500,
}


def _details(error: ObsCoreError) -> list[dict[str, Any]] | None:
    """Where the mistake is, as InvenioRDM's forms read it."""
    if isinstance(error, MappingError):
        return [{"field": "mapping", "messages": [in_words(str(error))], "line": error.line, "column": error.column}]
    if isinstance(error, TypedError):
        return [{"field": column, "messages": [in_words(message)]} for column, message in error.messages.items()]
    if isinstance(error, ColumnError):
        return [{"field": error.column, "messages": [in_words(str(error))]}]
    return None


class _NotNow(HTTPJSONException):
    """What is refused now and may go later (RFC 9110, section 10.2.3)."""

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:  # noqa: ANN401 - werkzeug's
        """With the seconds to wait."""
        return [*super().get_headers(environ, scope), ("Retry-After", "5")]


def to_http(error: ObsCoreError) -> HTTPJSONException:
    """The answer to an error of ours."""
    status = next(_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS)
    answer = _NotNow if status == _STATUS[ServiceError] else HTTPJSONException
    return answer(code=status, description=in_words(str(error)), errors=_details(error))


#: For `flask_resources.ResourceConfig.error_handlers`: InvenioRDM's, and ours.
ERROR_HANDLERS: dict[Any, Callable[[Any], Any]] = {
    **rdm_error_handlers,
    **{cls: create_error_handler(to_http) for cls in _STATUS},
}
