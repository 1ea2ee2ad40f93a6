"""What records and communities say of a collection of data products, for its record in the VO Registry.

Only of records that have rows in ``ivoa.obscore``, and so are public; and only of public communities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commonmeta import dict_to_spdx
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service
from marshmallow_utils.html import strip_html

from ..registry.facts import Named
from .visibility import record_is_public

_SPDX = "https://spdx.org/licenses/{}.html"
_LONGEST = 4000


@dataclass(frozen=True)
class Said:
    """What a record or a community says; empty where it says nothing."""

    title: str = ""
    description: str = ""
    url: str = ""
    alternates: tuple[str, ...] = ()
    creators: tuple[Named, ...] = ()
    contributors: tuple[Named, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    version: str = ""
    rights: tuple[tuple[str, str], ...] = ()


def of_record(parent_uuid: UUID, site_url: str) -> Said:
    """What the latest public version of a record says."""
    record = next(_public_versions(parent_uuid), None)
    if record is None:
        return Said()
    metadata = record.get("metadata") or {}
    return Said(
        title=str(metadata.get("title") or ""),
        description=plain(metadata.get("description")),
        url=f"{site_url}/records/{record.pid.pid_value}",
        alternates=tuple(dict.fromkeys(_dois(record))),
        creators=tuple(map(_person, metadata.get("creators") or ())),
        contributors=tuple(map(_person, metadata.get("contributors") or ())),
        dates=tuple(_dates(record, metadata)),
        version=str(metadata.get("version") or ""),
        rights=tuple(_rights(record)),
    )


def of_community(name: str, parents: Sequence[UUID], site_url: str) -> Said:
    """What the public community of this name says: the default community of one of these records."""
    cls = current_rdm_records_service.record_cls.parent_record_cls
    for parent_uuid in parents:
        model = db.session.get(cls.model_cls, parent_uuid)
        if model is None:
            continue  # rows that no record has: `invenio obscore reconcile` says so
        community = cls(model.data, model=model).communities.default
        if community is None or community.deletion_status.is_deleted or community.access.visibility != "public":
            continue
        metadata = community.metadata or {}
        if str(metadata.get("title") or community.slug) == name:
            text = plain(metadata.get("page")) or plain(metadata.get("description"))
            return Said(
                title=name,
                description=text,
                url=f"{site_url}/communities/{community.slug}",
                creators=tuple(
                    Named(str(one["name"])) for one in metadata.get("organizations") or () if one.get("name")
                ),
            )
    return Said()


def _public_versions(parent_uuid: UUID) -> Iterator[Any]:
    """Newest first."""
    cls = current_rdm_records_service.record_cls
    for model in cls.model_cls.query.filter_by(parent_id=parent_uuid).order_by(cls.model_cls.index.desc()):
        record = cls(model.data, model=model) if model.data else None
        if record is not None and record_is_public(record):
            # Rights and the like carry their titles only once they are looked up in the vocabularies.
            record.relations.dereference()
            yield record


def plain(html: object) -> str:
    """Text without mark-up, in one line."""
    return " ".join(strip_html(str(html or "")).split())[:_LONGEST]


def _dois(record: Any) -> Iterator[str]:  # noqa: ANN401 - an RDMRecord
    for pids in (record.pids, record.parent.pids):
        doi = (pids.get("doi") or {}).get("identifier")
        if doi:
            yield f"doi:{doi}"


def _person(entry: Mapping[str, Any]) -> Named:
    who = entry.get("person_or_org") or {}
    identifiers = {one.get("scheme"): str(one.get("identifier")) for one in who.get("identifiers") or ()}
    for scheme, prefix in (("orcid", "https://orcid.org/"), ("ror", "https://ror.org/")):
        if scheme in identifiers:
            return Named(str(who.get("name") or ""), prefix + identifiers[scheme].rpartition("/")[2])
    return Named(str(who.get("name") or ""))


def _dates(record: Any, metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    published = str(metadata.get("publication_date") or "").partition("/")[0]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", published):
        yield published, "Issued"
    yield f"{record.updated:%Y-%m-%d}", "Updated"


def _rights(record: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for right in (record.get("metadata") or {}).get("rights") or ():
        title = right.get("title") or {}
        name = str(title.get("en") or next(iter(title.values()), "") or right.get("id") or "")
        identifier = str(right.get("id") or "")
        known = dict_to_spdx({"id": identifier}) if identifier else {}
        uri = str(right.get("link") or (right.get("props") or {}).get("url") or "")
        # The registry wants SPDX's own address of a licence, which has its identifier's capitals.
        if known.get("url"):
            uri = _SPDX.format(known["id"])
        if name or uri:
            yield name or uri, uri
