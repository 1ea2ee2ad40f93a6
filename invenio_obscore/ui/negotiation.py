"""Content negotiation at the address that a DOI leads to: programs get the record's metadata, people its page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, after_this_request, current_app, redirect, request

_VIEW = "invenio_app_rdm_records.record_detail"
_PAGE = "text/html"


def finalize(app: Flask) -> None:
    """Ask what is wanted before the page of a record is made."""
    view = app.view_functions.get(_VIEW)
    if view is not None:
        app.view_functions[_VIEW] = _negotiated(view)


def _negotiated(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def answer(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - a view's answer
        after_this_request(_varies)
        offered = (_PAGE, *current_app.config["RDM_RECORDS_SERIALIZERS"])
        wanted = request.accept_mimetypes.best_match(offered, default=_PAGE)
        if wanted == _PAGE or "preview" in request.args:
            return view(*arguments, **options)
        # The REST API negotiates by the same header, and asks for the same permissions.
        address = f"{current_app.config['SITE_API_URL']}/records/{quote(str(options['pid_value']), safe='')}"
        token = {"token": request.args["token"]} if "token" in request.args else {}
        return redirect(f"{address}?{urlencode(token)}" if token else address, 303)

    return answer


def _varies(response: Response) -> Response:
    response.vary.add("Accept")
    return response
