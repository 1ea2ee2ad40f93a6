"""InvenioRDM's OAI-PMH server (``/oai2d``) with the format ``obscore``, sets of product types and collections."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app
from invenio_db import db
from invenio_oaiserver.models import OAISet
from invenio_search import current_search, current_search_client
from invenio_search.utils import build_index_name
from sqlalchemy import func, select

from ..db.publication import count_rows, read_rows
from ..obscore.vocabularies import DATAPRODUCT_TYPES
from ..registry import obscore_xml
from ..registry.facts import vo_url
from .custom_fields import FIELDS

#: Products of a record in one document; the attribute ``total`` tells of more.
_MOST_PRODUCTS = 1000
#: Each set is looked up for each record that is sent.
_MOST_SETS = 500
_SPEC = "obscore"


def obscore_etree(pid: Any, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - lxml has no types
    """The public rows of a search result (format ``obscore``)."""
    recid = str(record["_source"]["id"])
    connection = db.session.connection()
    rows = read_rows(connection, recid=recid, limit=_MOST_PRODUCTS)
    total = count_rows(connection, recid=recid) if len(rows) == _MOST_PRODUCTS else len(rows)
    return obscore_xml.document(recid, rows, total)


def configure(app: Flask) -> None:
    """Add the format beside InvenioRDM's and the operator's own."""
    from invenio_app_rdm import config as defaults

    ours = {
        "obscore": {
            "serializer": f"{__name__}:obscore_etree",
            "schema": f"{vo_url(app.config)}/obscore.xsd",
            "namespace": obscore_xml.NAMESPACE,
        }
    }
    present = app.config.get("OAISERVER_METADATA_FORMATS") or defaults.OAISERVER_METADATA_FORMATS
    app.config["OAISERVER_METADATA_FORMATS"] = {**ours, **present}


# ---------------------------------------------------------------------------------------------------------------- sets
def ensure_product_type_sets() -> list[str]:
    """Make the sets of product types that are missing; commits, and returns their names."""
    _map_fields()
    wanted = {f"{_SPEC}:{term}": (f"Data products: {term}", "product_type", term) for term in DATAPRODUCT_TYPES}
    made = [spec for spec, (name, field, value) in wanted.items() if _ensure(spec, name, field, value)]
    db.session.commit()
    return made


def _map_fields() -> None:
    """Map our fields where sets are matched with records: that index is not the records' own."""
    if not current_app.config["OBSCORE_CUSTOM_FIELDS"]:
        return
    fields = {f"custom_fields.{field.full_name}": field.custom_field().mapping for field in FIELDS}
    records = str(current_app.config["OAISERVER_RECORD_INDEX"])
    for name in current_search.mappings:
        if name.startswith(records):
            index = f"{build_index_name(name, suffix='')}-percolators"
            if not current_search_client.indices.exists(index=index):
                with open(current_search.mappings[name]) as mapping:
                    current_search_client.indices.create(index=index, body=json.load(mapping))
            current_search_client.indices.put_mapping(index=index, body={"properties": fields})


def ensure_collection_set(name: str) -> bool:
    """Make the set of a collection where it is missing; whether it was. The caller commits."""
    slug = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower())
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    spec = f"{_SPEC}-collection:{slug.strip('-')[:60] or 'collection'}-{digest}"
    return _ensure(spec, name[:200], "collection", name)


def _ensure(spec: str, name: str, field: str, value: str) -> bool:
    if not current_app.config["OBSCORE_CUSTOM_FIELDS"]:
        return False
    present = db.session.scalars(select(OAISet).filter_by(spec=spec)).one_or_none()
    if present is not None:
        return False
    if (db.session.scalar(select(func.count()).select_from(OAISet)) or 0) >= _MOST_SETS:
        return False
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    pattern = f'custom_fields.obscore\\:{field}:"{quoted}"'
    db.session.add(OAISet(spec=spec, name=name, search_pattern=pattern, system_created=True))
    db.session.flush()
    return True
