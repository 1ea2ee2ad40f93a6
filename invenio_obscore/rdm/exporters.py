"""A record's data products as files: what the record's page offers under "Export" beside BibTeX and DataCite.

The rows come from ``ivoa.obscore`` and go through the same formats as TAP's answers; so only public rows leave, whoever
asks, and a draft's preview exports what is published of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from invenio_db import db
from invenio_i18n import lazy_gettext as _

from ..db.publication import read_rows
from ..formats import MemorySource, Meta, for_responseformat
from ..obscore.columns import OBSCORE

#: Exporter's name in addresses → label, our format, content type, file name.
EXPORTERS = {
    "obscore-votable": (_("ObsCore (VOTable)"), "votable/td", "application/x-votable+xml", "{id}-obscore.vot"),
    "obscore-csv": (_("ObsCore (CSV)"), "csv", "text/csv", "{id}-obscore.csv"),
}


class ObsCoreSerializer:
    """Writes the public rows of one record; InvenioRDM makes one per request."""

    def __init__(self, responseformat: str) -> None:
        self._format = for_responseformat(responseformat)

    def serialize_object(self, record: Mapping[str, Any]) -> bytes:
        """The rows of the record with this ``id``; a table without rows where nothing of it is public."""
        recid = str(record["id"])
        rows = read_rows(db.session.connection(), recid=recid)
        source = MemorySource(OBSCORE.values(), ([row[name] for name in OBSCORE] for row in rows))
        title = (record.get("metadata") or {}).get("title", "")
        meta = Meta(name="obscore", description=f"Data products of record {recid}: {title}")
        return b"".join(self._format.stream(source, meta))


def configure(app: Flask) -> None:
    """Offer the exporters after InvenioRDM's and the operator's own."""
    from invenio_app_rdm import config as defaults

    ours = {
        key: {
            "name": label,
            "serializer": f"{__name__}:ObsCoreSerializer",
            "params": {"responseformat": responseformat},
            "content-type": content_type,
            "filename": filename,
        }
        for key, (label, responseformat, content_type, filename) in EXPORTERS.items()
    }
    app.config["APP_RDM_RECORD_EXPORTERS"] = {
        **(app.config.get("APP_RDM_RECORD_EXPORTERS") or defaults.APP_RDM_RECORD_EXPORTERS),
        **ours,
    }
