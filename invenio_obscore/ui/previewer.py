"""FITS files in InvenioRDM's file box (entry point ``invenio_previewer.previewers``): pictures and headers.

InvenioRDM catches nothing that a previewer raises, so everything ends here: a page with the reason.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, render_template

from ..errors import NotFoundError, ObsCoreError
from ..fits.files import FITS_NAME
from ..rdm import header, previews
from ..rdm.models import PreviewStatus, Stage
from ..rdm.previews import Shown

logger = logging.getLogger(__name__)

NAME = "obscore_fits"
previewable_extensions = ["fits", "fit", "fts", "fz"]
#: Pictures of one file.
_MOST = 4


def configure(app: Flask) -> None:
    """Put the previewer before InvenioRDM's, unless the operator has placed it."""
    from invenio_app_rdm import config

    present = list(app.config.get("PREVIEWER_PREFERENCE") or config.PREVIEWER_PREFERENCE)
    app.config["PREVIEWER_PREFERENCE"] = present if NAME in present else [NAME, *present]


def can_preview(file: Any) -> bool:  # noqa: ANN401 - InvenioRDM's PreviewFile
    """Whether the file's name says that it is FITS."""
    return bool(FITS_NAME.match(str(file.filename))) and getattr(file, "record", None) is not None


def preview(file: Any) -> str:  # noqa: ANN401
    """The page in the file box."""
    pictures: list[dict[str, Any]] = []
    hdus: list[dict[str, Any]] = []
    reason = ""
    try:
        record = file.record._record
        stage = Stage.DRAFT if record.is_draft else Stage.PUBLISHED
        pictures = _pictures(str(record.pid.pid_value), stage, str(file.filename))
        hdus = _headers(str(record.pid.pid_value), stage, str(file.filename))
    except NotFoundError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - the boundary to InvenioRDM, which would answer 500 for the whole box
        logger.exception("the preview of %s failed", file.filename)
        reason = str(error) if isinstance(error, ObsCoreError) else "The preview failed."
    waiting = any(picture["shown"].status in (PreviewStatus.QUEUED, PreviewStatus.DRAWING) for picture in pictures)
    return render_template(
        "invenio_obscore/previewer.html",
        file=file,
        pictures=pictures,
        hdus=hdus,
        reason=reason,
        waiting=waiting,
        css_bundles=[],
        js_bundles=[],
    )


def _pictures(recid: str, stage: Stage, key: str) -> list[dict[str, Any]]:
    """The pictures of a file's products; permission is asked for each."""
    found: list[dict[str, Any]] = []
    for product in previews.products_of(g.identity, recid, stage, key)[:_MOST]:
        shown: Shown = previews.read(g.identity, recid, stage, file_key=key, product=product, size="thumbnail")
        path = f"/api/records/{recid}/{'draft/' if stage is Stage.DRAFT else ''}obscore/preview"
        address = f"{path}?{urlencode({'file': key, 'product': product, 'size': 'large'})}"
        found.append({"product": product, "shown": shown, "address": address if shown.content else ""})
    return found


def _headers(recid: str, stage: Stage, key: str) -> list[dict[str, Any]]:
    hdus: list[dict[str, Any]] = header.read(g.identity, recid, stage, file_key=key)["hdus"]
    return hdus
