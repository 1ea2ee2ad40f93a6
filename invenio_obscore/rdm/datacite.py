"""DataCite metadata that tell of the data products (DataCite Metadata Schema 4.5), in every place that gives them.

InvenioRDM writes DataCite in five places: the DOI, the concept DOI, the exporters, the REST API and OAI-PMH. All of
them get the same schema class here. It reads the record's ``obscore:*`` fields and nothing else, so restricted files
show in none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from datacite import schema45
from flask import Flask, current_app
from flask_resources import BaseListSchema, MarshmallowSerializer, ResponseHandler
from flask_resources.serializers import JSONSerializer, SimpleSerializer
from invenio_rdm_records.contrib.journal.processors import JournalDataciteDumper
from invenio_rdm_records.resources.serializers import DataCite45JSONSerializer, DataCite45XMLSerializer
from invenio_rdm_records.resources.serializers.datacite.schema import ContributorSchema4, DataCite45Schema
from invenio_records_resources.resources.records.headers import etag_headers
from lxml import etree
from marshmallow import fields, missing, post_dump

from ..registry.facts import vo_url
from . import datacite_parts as parts
from .custom_fields import facts_of
from .datacite_valid import mended

OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - marshmallow's missing or a list
    return [] if value is missing or not value else list(value)


def _added(given: list[Any], more: Iterable[Any], key: Callable[[Any], object]) -> Any:  # noqa: ANN401
    """What the depositor gave, then what is not among it; marshmallow's missing where both are empty."""
    known = {key(entry) for entry in given}
    for entry in more:
        if key(entry) not in known:
            known.add(key(entry))
            given.append(entry)
    return given or missing


def _by(name: str) -> Callable[[Any], object]:
    return lambda entry: str(entry.get(name, "")).lower()


class ObsCoreDataCiteSchema(DataCite45Schema):
    """InvenioRDM's schema, with what the public data products tell; the depositor's own entries come first."""

    formats = fields.Method("get_formats")
    sizes = fields.Method("get_sizes")
    contributors = fields.Method("get_contributors")
    relatedItems = fields.Method("get_related_items")  # noqa: N815 - DataCite's name

    def get_type(self, obj: Any) -> Any:  # noqa: ANN401
        """Say in words what kind of data a dataset holds."""
        found = super().get_type(obj)
        if found is missing or found.get("resourceTypeGeneral") != "Dataset":
            return found
        return {**found, "resourceType": found.get("resourceType") or parts.kind(facts_of(obj)) or "Dataset"}

    def get_formats(self, obj: Any) -> Any:  # noqa: ANN401
        """Media types of the products."""
        given = list(obj["metadata"].get("formats") or [])
        return _added(given, facts_of(obj).get("format") or (), str)

    def get_sizes(self, obj: Any) -> Any:  # noqa: ANN401
        """How many products there are, and how large."""
        return _added(list(obj["metadata"].get("sizes") or []), parts.sizes(facts_of(obj)), str)

    def get_dates(self, obj: Any) -> Any:  # noqa: ANN401
        """When the data were taken and since when they are free."""
        return _added(_list(super().get_dates(obj)), parts.dates(facts_of(obj)), _by("dateType"))

    def get_subjects(self, obj: Any) -> Any:  # noqa: ANN401
        """Concepts, targets, facilities, instruments and spectral bands."""
        return _added(_list(super().get_subjects(obj)), parts.subjects(facts_of(obj)), _by("subject"))

    def get_contributors(self, obj: Any) -> Any:  # noqa: ANN401
        """The facilities that collected the data."""
        given = ContributorSchema4(many=True).dump(obj["metadata"].get("contributors") or [])
        return _added(given, parts.contributors(facts_of(obj)), _by("name"))

    def get_descriptions(self, obj: Any) -> Any:  # noqa: ANN401
        """The coverage in words."""
        return _added(_list(super().get_descriptions(obj)), parts.descriptions(facts_of(obj)), _by("description"))

    def get_alternate_identifiers(self, obj: Any) -> Any:  # noqa: ANN401
        """IVOA identifiers of the products."""
        given = _list(super().get_alternate_identifiers(obj))
        return _added(given, parts.alternate_identifiers(facts_of(obj)), _by("alternateIdentifier"))

    def get_related_identifiers(self, obj: Any) -> Any:  # noqa: ANN401
        """Articles, and where the products' metadata are."""
        given = _list(super().get_related_identifiers(obj))
        # A concept DOI's record is chained to its latest version, which has the products.
        recid = str((getattr(obj, "_child", None) or obj).get("id", ""))
        more = parts.related_identifiers(facts_of(obj), _own_dois(obj), vo_url(current_app.config), recid)
        return _added(given, more, _by("relatedIdentifier"))

    def get_related_items(self, obj: Any) -> Any:  # noqa: ANN401
        """The instruments."""
        return list(parts.related_items(facts_of(obj), current_app.config["OBSCORE_INSTRUMENT_PIDS"])) or missing

    @post_dump
    def mend(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Make it valid where InvenioRDM's own part is not."""
        return mended(data)


def _own_dois(obj: Any) -> Iterator[str]:  # noqa: ANN401
    # A concept DOI's record is chained to its latest version, whose rows may name that version's DOI.
    for pids in (obj.get("pids") or {}, getattr(getattr(obj, "_child", None), "pids", None) or {}):
        doi = (pids.get("doi") or {}).get("identifier")
        if doi:
            yield str(doi)


def tap_url() -> str:
    """Public address of the TAP service."""
    return f"{vo_url(current_app.config)}/tap"


#: What our schema adds values to.
_OURS = (
    *("formats", "sizes", "dates", "subjects", "contributors", "descriptions"),
    *("alternateIdentifiers", "relatedIdentifiers", "relatedItems"),
)


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
