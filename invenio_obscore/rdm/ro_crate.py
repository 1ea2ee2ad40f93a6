"""A record as a Research Object Crate (RO-Crate): its metadata document, with the files at their addresses.

All of it is what the record's schema.org metadata say; `rocrate` puts it into a crate's form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from rocrate.rocrate import ROCrate

from .jsonld import ObsCoreJSONLDSerializer

#: Properties of the root that stand elsewhere in a crate.
_ELSEWHERE = frozenset({"@context", "@id", "@type", "creator", "distribution", "hasPart"})


class ROCrateSerializer:
    """The exporter ``ro-crate``."""

    def serialize_object(self, record: Mapping[str, Any]) -> str:
        """The crate's ``ro-crate-metadata.json``."""
        return json.dumps(crate(record), indent=2, ensure_ascii=False, default=str)


def crate(record: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata document of a record in the form of InvenioRDM's REST API."""
    described: dict[str, Any] = ObsCoreJSONLDSerializer().dump_obj(dict(record))
    made = ROCrate()
    root = made.root_dataset
    for name, value in described.items():
        if name not in _ELSEWHERE:
            root[name] = _linked(made, value)
    # A crate must be described in words.
    root["description"] = described.get("description") or described.get("name", "")
    for entry in described.get("distribution") or ():
        address = entry.get("contentUrl")
        properties = {key: _linked(made, value) for key, value in entry.items() if not key.startswith("@")}
        if address:
            made.add_file(address, fetch_remote=False, properties=properties)
        else:
            root.append_to("subjectOf", _linked(made, entry))
    document: dict[str, Any] = made.metadata.generate()
    return document


def _linked(made: ROCrate, value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with every thing as an entity of the crate, which names it by its identifier."""
    if isinstance(value, list | tuple):
        return [_linked(made, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    plain = json.dumps(value, sort_keys=True, default=str)
    identifier = str(value.get("@id") or value.get("url") or f"#{hashlib.sha256(plain.encode()).hexdigest()[:12]}")
    if made.get(identifier) is None:
        kind = str(value.get("@type") or "Thing").rpartition("/")[2]
        inner = {key: _linked(made, one) for key, one in value.items() if not key.startswith("@")}
        made.add_jsonld({"@id": identifier, "@type": kind, **inner})
    return {"@id": identifier}
