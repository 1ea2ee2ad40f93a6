"""Records that were public once and are restricted now: harvesters of OAI-PMH have them, and must learn that they went.

Such a record keeps two fields: when it went, and the sets it was in then. They tell nothing that was not public before:
neither what the record says now, nor whether anybody works on it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from invenio_oaiserver.percolator import sets_search_all
from invenio_oaiserver.utils import datetime_to_datestamp
from invenio_search import current_search_client
from invenio_search.utils import build_alias_name
from opensearchpy.exceptions import OpenSearchException

from .custom_fields import NAMESPACE, value_of
from .visibility import PUBLIC

logger = logging.getLogger(__name__)

WHEN, SETS = f"{NAMESPACE}:withdrawn", f"{NAMESPACE}:withdrawn_sets"


def fields_of(record: Any) -> dict[str, Any]:  # noqa: ANN401 - an RDMRecord
    """The fields of a record that is in memory; none while it is public, or if it never was."""
    if record.access.protection.record == PUBLIC or not current_app.config["OBSCORE_CUSTOM_FIELDS"]:
        return {}
    stored = record.model.json or {}
    fields = stored.get("custom_fields") or {}
    if WHEN in fields:
        return {name: fields[name] for name in (WHEN, SETS) if name in fields}
    if (stored.get("access") or {}).get("record") != PUBLIC:
        return {}
    sets = _sets(record)
    return {WHEN: datetime_to_datestamp(datetime.now(UTC)), **({SETS: sets} if sets else {})}


def _sets(record: Any) -> list[str]:  # noqa: ANN401
    """Sets of the document that the search still has, which is the public one."""
    try:
        found = current_search_client.get(index=build_alias_name(record.index._name), id=str(record.id))
        return sorted(sets_search_all([found["_source"]])[0])
    except OpenSearchException as error:
        # A record can be restricted whether the search answers or not; who harvests a set alone is told nothing then.
        logger.warning("the sets of %s cannot be looked up: %s", record.id, error)
        return []


def told(source: Mapping[str, Any]) -> tuple[datetime, list[str]] | None:
    """When a record was withdrawn, and from which sets; None where it was not."""
    stamp = value_of(source, "withdrawn")
    return (datetime.fromisoformat(stamp), list(value_of(source, "withdrawn_sets") or ())) if stamp else None
