"""A record's data products as files: what the record's page offers under "Export" beside BibTeX and DataCite.

The rows come from ``ivoa.obscore`` and go through the same formats as TAP's answers; so only public rows leave, whoever
asks, and a draft's preview exports what is published of the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from flask_resources import BaseListSchema, MarshmallowSerializer
from flask_resources.serializers import SimpleSerializer
from invenio_i18n import lazy_gettext as _
from invenio_rdm_records.resources.serializers.bibtex.schema import BibTexSchema
from marshmallow import post_dump

from ..formats import for_responseformat
from .custom_fields import facts_of
from .datacite_parts import reference_type
from .published_rows import table

#: Exporter's name in addresses → label, our format, content type, file name.
EXPORTERS = {
    "obscore-votable": (_("ObsCore (VOTable)"), "votable/td", "application/x-votable+xml", "{id}-obscore.vot"),
    "obscore-csv": (_("ObsCore (CSV)"), "csv", "text/csv", "{id}-obscore.csv"),
    "obscore-json": (_("ObsCore (JSON)"), "json", "application/json", "{id}-obscore.json"),
}


class ObsCoreSerializer:
    """Writes the public rows of one record; InvenioRDM makes one per request."""

    def __init__(self, responseformat: str) -> None:
        self._format = for_responseformat(responseformat)

    def serialize_object(self, record: Mapping[str, Any]) -> Iterator[bytes]:
        """The rows of the record with this ``id``; a table without rows where nothing of it is public.

        InvenioRDM hands to Flask what it gets, and Flask sends an iterator piece by piece.
        """
        recid = str(record["id"])
        title = (record.get("metadata") or {}).get("title", "")
        return table(recid, self._format, f"Data products of record {recid}: {title}")


class ObsCoreBibTexSchema(BibTexSchema):
    """InvenioRDM's BibTeX with the bibcodes of the articles that the data supplement."""

    @post_dump(pass_original=True)
    def with_bibcode(self, data: Any, original: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Add the field that ADS and its tools know, before the entry's last brace."""
        bibcodes = list(dict.fromkeys(_bibcodes(original)))
        if not isinstance(data, str) or not bibcodes:
            return data
        body = data.rstrip().removesuffix("}").rstrip().removesuffix(",")
        return f"{body},\n  bibcode      = {{{', '.join(bibcodes)}}},\n}}"


def _bibcodes(record: Mapping[str, Any]) -> Iterator[str]:
    related = (record.get("metadata") or {}).get("related_identifiers") or ()
    given = (str(one.get("identifier")) for one in related if one.get("scheme") == "ads")
    for reference in (*given, *(facts_of(record).get("bibliography") or ())):
        identifier, kind = reference_type(reference)
        if kind == "bibcode":
            yield identifier


class ObsCoreBibtexSerializer(MarshmallowSerializer):
    """BibTeX with bibcodes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            format_serializer_cls=SimpleSerializer,
            object_schema_cls=ObsCoreBibTexSchema,
            list_schema_cls=BaseListSchema,
            encoder=str,
            **options,
        )


_THEIR_BIBTEX = "invenio_rdm_records.resources.serializers:BibtexSerializer"


def configure(app: Flask) -> None:
    """Offer the exporters after InvenioRDM's and the operator's own."""
    from invenio_app_rdm import config as defaults

    present = app.config.get("APP_RDM_RECORD_EXPORTERS") or defaults.APP_RDM_RECORD_EXPORTERS
    bibtex = f"{__name__}:{ObsCoreBibtexSerializer.__name__}"
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
    ours["ro-crate"] = {
        "name": _("RO-Crate metadata"),
        "serializer": "invenio_obscore.rdm.ro_crate:ROCrateSerializer",
        "params": {},
        "content-type": "application/ld+json",
        "filename": "{id}-ro-crate-metadata.json",
    }
    ours["madmp"] = {
        "name": _("Data management plan (maDMP)"),
        "serializer": "invenio_obscore.rdm.dmp:MaDMPSerializer",
        "params": {},
        "content-type": "application/json",
        "filename": "{id}-dmp.json",
    }
    app.config["APP_RDM_RECORD_EXPORTERS"] = {
        **{
            name: {**entry, "serializer": bibtex if entry["serializer"] == _THEIR_BIBTEX else entry["serializer"]}
            for name, entry in present.items()
        },
        **ours,
    }
