"""schema.org metadata that tell of the data products (Dataset: variableMeasured, coverages, distribution).

The same document is the exporter, the REST representation and the script in the record's page, where search engines
look for it. It reads the record's ``obscore:*`` fields, and so nothing that is not public.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, current_app
from flask_resources import BaseListSchema, MarshmallowSerializer, ResponseHandler
from flask_resources.serializers import JSONSerializer
from invenio_rdm_records.contrib.journal.processors import JournalSchemaorgDumper
from invenio_rdm_records.resources.serializers import SchemaorgJSONLDSerializer
from invenio_rdm_records.resources.serializers.schemaorg.schema import SchemaorgSchema
from invenio_records_resources.resources.records.headers import etag_headers
from markupsafe import Markup
from marshmallow import fields, missing

from ..registry import uat, words
from .custom_fields import facts_of
from .datacite import tap_url

Facts = Mapping[str, Any]
#: Facts that are limits of a quantity: what it is, the facts, the unit (UN/CEFACT's code and in words).
_QUANTITIES = (
    ("wavelength in a vacuum", "em_min", "em_max", "MTR", "m"),
    ("time of observation (MJD, UTC)", "t_min", "t_max", "DAY", "d"),
)
#: What a script element must not hold: the end of it, a comment, and what old JavaScript takes for line ends.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'\u2028\u2029"}


class ObsCoreSchemaorgSchema(SchemaorgSchema):
    """InvenioRDM's schema with what the public data products tell."""

    variableMeasured = fields.Method("get_variables")  # noqa: N815 - schema.org's name
    spatialCoverage = fields.Method("get_spatial_coverage")  # noqa: N815
    temporalCoverage = fields.Method("get_temporal_coverage")  # noqa: N815
    about = fields.Method("get_about")

    def get_keywords(self, obj: Any) -> Any:  # noqa: ANN401
        """Targets, instruments, facilities and bands after the depositor's keywords."""
        given = super().get_keywords(obj)
        facts = facts_of(obj)
        more = [word for name in ("target", "facility", "instrument", "band") for word in facts.get(name) or ()]
        known = [] if given is missing else str(given).split(", ")
        return ", ".join(dict.fromkeys([*known, *more])) or missing

    def get_format(self, obj: Any) -> Any:  # noqa: ANN401
        """Media types of the products, where the depositor gives none."""
        given = super().get_format(obj)
        return given if given is not missing else (list(facts_of(obj).get("format") or ()) or missing)

    def get_variables(self, obj: Any) -> Any:  # noqa: ANN401
        """Kinds of products, and the quantities whose limits are known."""
        return list(_variables(facts_of(obj))) or missing

    def get_spatial_coverage(self, obj: Any) -> Any:  # noqa: ANN401
        """Where on the sky, in words: schema.org's shapes are for the Earth."""
        return facts_of(obj).get("position") or missing

    def get_temporal_coverage(self, obj: Any) -> Any:  # noqa: ANN401
        """Days of observation (ISO 8601)."""
        facts = facts_of(obj)
        days = words.interval_of_days(facts.get("t_min"), facts.get("t_max"))
        return "/".join(days) if days else missing

    def get_about(self, obj: Any) -> Any:  # noqa: ANN401
        """Concepts of the Unified Astronomy Thesaurus."""
        facts = facts_of(obj)
        concepts = uat.concepts(facts.get("band") or (), facts.get("product_type") or ())
        return [
            {"@type": "DefinedTerm", "@id": concept.uri, "name": concept.label, "inDefinedTermSet": uat.SCHEME_URI}
            for concept in concepts
        ] or missing

    def get_distribution(self, obj: Any) -> Any:  # noqa: ANN401
        """The files, then the table of the products and the service that answers queries."""
        given = super().get_distribution(obj)
        files = [] if given is missing else list(given)
        return files + list(_distribution(str(obj.get("id", "")), facts_of(obj))) or missing


def _variables(facts: Facts) -> Iterator[dict[str, Any]]:
    for kind in facts.get("product_type") or ():
        yield {"@type": "PropertyValue", "name": kind, "propertyID": f"http://www.ivoa.net/rdf/product-type#{kind}"}
    for name, low, high, code, unit in _QUANTITIES:
        if facts.get(low) is not None and facts.get(high) is not None:
            yield {
                "@type": "PropertyValue",
                "name": name,
                "minValue": facts[low],
                "maxValue": facts[high],
                "unitCode": code,
                "unitText": unit,
            }


def _distribution(recid: str, facts: Facts) -> Iterator[dict[str, Any]]:
    if not facts.get("products") or not recid:
        return
    site = str(current_app.config["SITE_UI_URL"]).rstrip("/")
    yield {
        "@type": "DataDownload",
        "name": "Table of the data products (ObsCore)",
        "contentUrl": f"{site}/records/{recid}/export/obscore-votable",
        "encodingFormat": "application/x-votable+xml",
    }
    yield {
        "@type": "WebAPI",
        "name": "TAP service with the table ivoa.obscore",
        "url": tap_url(),
        "documentation": "https://www.ivoa.net/documents/TAP/",
    }


class ObsCoreJSONLDSerializer(MarshmallowSerializer):
    """schema.org JSON-LD with data products."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            format_serializer_cls=JSONSerializer,
            object_schema_cls=ObsCoreSchemaorgSchema,
            list_schema_cls=BaseListSchema,
            schema_kwargs={"dumpers": [JournalSchemaorgDumper()]},
            **options,
        )


def script(record: Mapping[str, Any]) -> Markup:
    """The element for the record's page (template global ``obscore_json_ld``).

    Parameters
    ----------
    record
        As InvenioRDM's REST API gives it (``record_ui`` of the page).
    """
    document = ObsCoreJSONLDSerializer().dump_obj(dict(record))
    text = json.dumps(document, default=str, ensure_ascii=False).translate(_ESCAPED)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(text))  # noqa: S704 - escaped above


_THEIRS = "invenio_rdm_records.resources.serializers:SchemaorgJSONLDSerializer"


def configure(app: Flask) -> None:
    """Put ours where InvenioRDM's own serializer stands, and the script into pages."""
    from invenio_app_rdm import config as defaults
    from invenio_rdm_records.resources.config import record_serializers

    present = app.config.get("APP_RDM_RECORD_EXPORTERS") or defaults.APP_RDM_RECORD_EXPORTERS
    ours = f"{__name__}:{ObsCoreJSONLDSerializer.__name__}"
    app.config["APP_RDM_RECORD_EXPORTERS"] = {
        name: {**entry, "serializer": ours if entry["serializer"] == _THEIRS else entry["serializer"]}
        for name, entry in present.items()
    }
    handlers = app.config.get("RDM_RECORDS_SERIALIZERS") or record_serializers
    app.config["RDM_RECORDS_SERIALIZERS"] = {name: _handler(handler) for name, handler in handlers.items()}
    app.add_template_global(script, "obscore_json_ld")


def _handler(handler: Any) -> Any:  # noqa: ANN401
    theirs = type(getattr(handler, "serializer", None)) is SchemaorgJSONLDSerializer
    return ResponseHandler(ObsCoreJSONLDSerializer(), headers=etag_headers) if theirs else handler
