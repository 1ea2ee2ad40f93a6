"""Makes what InvenioRDM writes valid by DataCite's schema 4.5, where it is not, and fit for XML.

InvenioRDM 14 names ``valueURI`` and ``awardURI`` what the schema calls ``valueUri`` and ``awardUri``, and leaves out
types that the schema requires; DataCite drops or refuses such entries.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Property → entry's name in InvenioRDM → in the schema.
_RENAMED = {"subjects": {"valueURI": "valueUri"}, "fundingReferences": {"awardURI": "awardUri"}}
#: Property → what an entry must have, and what stands for it where it is not there (None: the entry goes).
_REQUIRED: dict[str, dict[str, str | None]] = {
    "subjects": {"subject": None},
    "contributors": {"name": None, "contributorType": "Other"},
    "descriptions": {"description": None, "descriptionType": "Other"},
    "relatedIdentifiers": {"relatedIdentifier": None, "relationType": None, "relatedIdentifierType": None},
    "alternateIdentifiers": {"alternateIdentifier": None, "alternateIdentifierType": None},
    "dates": {"date": None, "dateType": "Other"},
}


def mended(document: dict[str, Any]) -> dict[str, Any]:
    """The document with entries renamed, completed, each once; without characters that XML cannot hold."""
    clean: dict[str, Any] = _without_controls(document)
    for name, value in clean.items():
        if isinstance(value, list):
            entries = [_completed(name, entry) if isinstance(entry, dict) else entry for entry in value]
            clean[name] = _each_once([entry for entry in entries if entry])
    return clean


def _completed(name: str, entry: dict[str, Any]) -> dict[str, Any] | None:
    renamed = _RENAMED.get(name, {})
    full = {renamed.get(key, key): value for key, value in entry.items() if value not in (None, "")}
    for key, default in _REQUIRED.get(name, {}).items():
        if not full.get(key):
            if default is None:
                return None
            full[key] = default
    return full


def _each_once(entries: list[Any]) -> list[Any]:
    return list({json.dumps(entry, sort_keys=True, default=str): entry for entry in entries}.values())


def _without_controls(value: Any) -> Any:  # noqa: ANN401 - a JSON document
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, dict):
        return {key: _without_controls(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_controls(inner) for inner in value]
    return value
