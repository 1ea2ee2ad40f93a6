"""DataCite metadata that tell of the data products (DataCite Metadata Schema 4.5), in every place that gives them.

InvenioRDM writes DataCite in five places: the DOI, the concept DOI, the exporters, the REST API and OAI-PMH. All of
them get the same schema class here. It reads the record's ``obscore:*`` fields and nothing else, so restricted files
show in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from datacite import schema45
from flask import Flask, current_app
from flask_resources import BaseListSchema, MarshmallowSerializer, ResponseHandler
from flask_resources.serializers import JSONSerializer, SimpleSerializer
from invenio_rdm_records.contrib.journal.processors import JournalDataciteDumper
from invenio_rdm_records.resources.serializers import DataCite45JSONSerializer, DataCite45XMLSerializer
from invenio_rdm_records.resources.serializers.datacite.schema import DataCite45Schema
from invenio_records_resources.resources.records.headers import etag_headers
from lxml import etree
from marshmallow import fields, missing, post_dump

from .custom_fields import value_of

_MJD_EPOCH = datetime(1858, 11, 17)
#: Our fields whose values become subjects, and the scheme that says what they are.
SUBJECTS = (
    ("target", "Astronomical object"),
    ("facility", "Facility"),
    ("instrument", "Instrument"),
    ("band", "IVOA spectral band"),
)
_MOST_SUBJECTS = 25
OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def _present(value: Any) -> list[Any]:  # noqa: ANN401 - marshmallow's missing or a list
    return [] if value is missing or not value else list(value)


def day_of(mjd: float) -> str | None:
    """The UTC date of a Modified Julian Date, None outside of the calendar's years."""
    try:
        return (_MJD_EPOCH + timedelta(days=mjd)).date().isoformat()
    except OverflowError:
        return None


def collected(t_min: float | None, t_max: float | None) -> str | None:
    """The interval of observation as DataCite has it (RKMS-ISO8601), None where nothing is known."""
    known = [day for day in (day_of(t) for t in (t_min, t_max) if t is not None) if day]
    if not known:
        return None
    return known[0] if known[0] == known[-1] else f"{known[0]}/{known[-1]}"


class ObsCoreDataCiteSchema(DataCite45Schema):
    """InvenioRDM's schema, with formats, sizes, dates and subjects of the public data products."""

    formats = fields.Method("get_formats")
    sizes = fields.Method("get_sizes")

    def get_formats(self, obj: Any) -> Any:  # noqa: ANN401
        """Media types of the products after what the depositor wrote."""
        given = list(obj["metadata"].get("formats") or [])
        return given + [f for f in value_of(obj, "format") or [] if f not in given] or missing

    def get_sizes(self, obj: Any) -> Any:  # noqa: ANN401
        """How many products there are, after what the depositor wrote."""
        given = list(obj["metadata"].get("sizes") or [])
        count = value_of(obj, "products")
        if count:
            given.append(f"{count} data product" + ("s" if count != 1 else ""))
        return given or missing

    def get_dates(self, obj: Any) -> Any:  # noqa: ANN401
        """When the data were taken (dateType Collected), unless the depositor says it."""
        dates = _present(super().get_dates(obj))
        interval = collected(value_of(obj, "t_min"), value_of(obj, "t_max"))
        if interval and not any(date.get("dateType") == "Collected" for date in dates):
            dates.append({"date": interval, "dateType": "Collected"})
        return dates or missing

    def get_subjects(self, obj: Any) -> Any:  # noqa: ANN401
        """Targets, facilities, instruments and spectral bands after the depositor's subjects."""
        subjects = _present(super().get_subjects(obj))
        known = {str(entry.get("subject", "")).lower() for entry in subjects}
        for name, scheme in SUBJECTS:
            for value in (value_of(obj, name) or [])[:_MOST_SUBJECTS]:
                if value.lower() not in known:
                    known.add(value.lower())
                    subjects.append({"subject": value, "subjectScheme": scheme})
        return subjects or missing


#: What our schema adds values to.
_OURS = ("formats", "sizes", "dates", "subjects")


class ObsCoreDataCiteUpdateSchema(ObsCoreDataCiteSchema):
    """The same for DataCite's REST API, which keeps what an update leaves out: so what is empty is said to be."""

    @post_dump
    def empty(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Name what has no value."""
        return {**{name: [] for name in _OURS}, **data}


class ObsCoreDataCiteUpdateSerializer(MarshmallowSerializer):
    """What the DOI provider sends; ``is_parent`` for the concept DOI."""

    def __init__(self, is_parent: bool = False, **options: Any) -> None:
        super().__init__(
            format_serializer_cls=JSONSerializer,
            object_schema_cls=ObsCoreDataCiteUpdateSchema,
            list_schema_cls=BaseListSchema,
            schema_kwargs={"dumpers": [JournalDataciteDumper()], "is_parent": is_parent},
            **options,
        )


class ObsCoreDataCiteJSONSerializer(MarshmallowSerializer):
    """DataCite JSON with data products; ``is_parent`` for the concept DOI."""

    def __init__(self, is_parent: bool = False, **options: Any) -> None:
        super().__init__(
            format_serializer_cls=JSONSerializer,
            object_schema_cls=ObsCoreDataCiteSchema,
            list_schema_cls=BaseListSchema,
            schema_kwargs={"dumpers": [JournalDataciteDumper()], "is_parent": is_parent},
            **options,
        )


class ObsCoreDataCiteXMLSerializer(MarshmallowSerializer):
    """The same as DataCite XML."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            format_serializer_cls=SimpleSerializer,
            object_schema_cls=ObsCoreDataCiteSchema,
            list_schema_cls=BaseListSchema,
            schema_kwargs={"dumpers": [JournalDataciteDumper()]},
            encoder=options.get("encoder", schema45.tostring),
        )


def datacite_etree(pid: Any, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - lxml has no types
    """DataCite XML of a search result, for OAI-PMH."""
    return schema45.dump_etree(ObsCoreDataCiteXMLSerializer().dump_obj(record["_source"]))


def oai_datacite_etree(pid: Any, record: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The same in DataCite's envelope for OAI-PMH (oai_datacite 1.1)."""
    root = etree.Element(f"{{{OAI_DATACITE}}}oai_datacite", nsmap={None: OAI_DATACITE, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI_DATACITE} {OAI_DATACITE}oai.xsd")
    etree.SubElement(root, f"{{{OAI_DATACITE}}}schemaVersion").text = "4.5"
    symbol = etree.SubElement(root, f"{{{OAI_DATACITE}}}datacentreSymbol")
    symbol.text = current_app.config.get("DATACITE_DATACENTER_SYMBOL")
    etree.SubElement(root, f"{{{OAI_DATACITE}}}payload").append(datacite_etree(pid, record))
    return root


#: Import paths of InvenioRDM's DataCite serializers and of ours.
_EXPORTERS = {
    "invenio_rdm_records.resources.serializers:DataCite45JSONSerializer": f"{__name__}:ObsCoreDataCiteJSONSerializer",
    "invenio_rdm_records.resources.serializers:DataCite45XMLSerializer": f"{__name__}:ObsCoreDataCiteXMLSerializer",
}
_OAI = {
    "invenio_rdm_records.oai:datacite_etree": f"{__name__}:datacite_etree",
    "invenio_rdm_records.oai:oai_datacite_etree": f"{__name__}:oai_datacite_etree",
}
_REST: dict[type, type] = {
    DataCite45JSONSerializer: ObsCoreDataCiteJSONSerializer,
    DataCite45XMLSerializer: ObsCoreDataCiteXMLSerializer,
}


def configure(app: Flask) -> None:
    """Put our serializers where InvenioRDM's own DataCite serializers stand; an operator's stay."""
    from invenio_app_rdm import config as app_defaults
    from invenio_rdm_records.resources.config import record_serializers

    for key, ours in (("APP_RDM_RECORD_EXPORTERS", _EXPORTERS), ("OAISERVER_METADATA_FORMATS", _OAI)):
        present = app.config.get(key) or getattr(app_defaults, key)
        app.config[key] = {
            name: {**entry, "serializer": ours.get(entry["serializer"], entry["serializer"])}
            for name, entry in present.items()
        }
    handlers = app.config.get("RDM_RECORDS_SERIALIZERS") or record_serializers
    app.config["RDM_RECORDS_SERIALIZERS"] = {name: _handler(handler) for name, handler in handlers.items()}


def _handler(handler: Any) -> Any:  # noqa: ANN401 - a flask_resources.ResponseHandler
    ours = _REST.get(type(getattr(handler, "serializer", None)))
    return ResponseHandler(ours(), headers=etag_headers) if ours else handler
