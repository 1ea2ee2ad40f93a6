"""What the content security policy lets the pages with a sky view load, beside what it lets all pages load.

Aladin Lite compiles WebAssembly and works with blobs; a SAMP hub is a program of the reader's own at its well-known
port (SAMP 1.3, section 5.2.2); image surveys come from where ``OBSCORE_SKY_SURVEY`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

#: Pages with a sky view.
VIEWS = (
    "invenio_app_rdm_records.record_detail",
    "invenio_app_rdm_records.deposit_create",
    "invenio_app_rdm_records.deposit_edit",
    "invenio_obscore_observations.observations",
)
SAMP_HUBS = ("http://localhost:21012", "http://127.0.0.1:21012")
ADDITIONS: Mapping[str, tuple[str, ...]] = {
    "script-src": ("'wasm-unsafe-eval'",),
    "worker-src": ("blob:",),
    "connect-src": ("data:", "blob:", *SAMP_HUBS),
    "img-src": ("data:", "blob:"),
    "style-src": ("'unsafe-inline'",),
    "font-src": ("data:",),
}


def finalize_app(app: Flask) -> None:
    """Widen the policy of these pages (``invenio_base.finalize_app``); without a policy there is nothing to widen."""
    talisman = getattr(app.extensions.get("invenio-app"), "talisman", None)
    if talisman is None:
        return
    survey = urlsplit(app.config["OBSCORE_SKY_SURVEY"])
    outside = (f"{survey.scheme}://{survey.netloc}",) if survey.scheme and survey.netloc else ()
    for name in VIEWS:
        view: Any = app.view_functions.get(name)
        if view is None:
            continue
        options = dict(getattr(view, "talisman_view_options", {}))
        policy = options.get("content_security_policy", talisman.content_security_policy)
        if isinstance(policy, Mapping) and policy:
            view.talisman_view_options = {**options, "content_security_policy": widened(policy, outside)}


def widened(policy: Mapping[str, Any], outside: tuple[str, ...] = ()) -> dict[str, Any]:
    """A policy with what the sky view needs; a directive that was not there starts from ``default-src``."""
    wide = dict(policy)
    for directive, sources in ADDITIONS.items():
        more = (*sources, *(outside if directive in ("connect-src", "img-src") else ()))
        present = _listed(policy.get(directive, policy.get("default-src", "'self'")))
        wide[directive] = [*present, *(source for source in more if source not in present)]
    return wide


def _listed(sources: Any) -> list[str]:  # noqa: ANN401 - a text or a list
    return sources.split() if isinstance(sources, str) else [str(source) for source in sources]
