"""The part of a row that the record and the server say: identifiers, access, rights, what the deposit itself tells.

``row = f(what was read, mapping, corrections, record)``; this is the last argument. Nothing here is stored: when the
record's metadata change, the row follows at the next publication or reconciliation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask import current_app

from ..obscore import identifiers
from ..obscore.access import access_estsize, access_format
from ..obscore.columns import OBSCORE
from ..obscore.row import ObsCoreRow
from . import identity
from .stored_files import StoredFile
from .visibility import data_rights

#: ObsCore 1.1, section 3.3.2: calibrated data with the instrument's signature removed, what most deposits are.
_USUAL_CALIB_LEVEL = 2
#: Columns with an index over texts, and how many characters these may have (a third of a page of PostgreSQL's).
_NAMES = tuple(name for name, column in OBSCORE.items() if column.is_text and column.indexed and not column.system)
_LONGEST_NAME = 600


@dataclass(frozen=True)
class RecordFacts:
    """What one record version gives all its rows."""

    recid: str
    parent_recid: str
    site: str
    publisher_id: str
    data_rights: str
    obs_release_date: str | None
    defaults: Mapping[str, Any]


def authority() -> str:
    """``OBSCORE_AUTHORITY``, or the site's host name."""
    return identifiers.authority(current_app.config["OBSCORE_AUTHORITY"], current_app.config["SITE_UI_URL"])


def record_facts(record: Any) -> RecordFacts:  # noqa: ANN401 - an RDMRecord
    """Collect the facts of a record, in memory as it is now (it may be in the middle of being published)."""
    metadata = record.get("metadata") or {}
    doi = (record.pids.get("doi") or {}).get("identifier")
    return RecordFacts(
        recid=record.pid.pid_value,
        parent_recid=record.parent.pid.pid_value,
        site=current_app.config["SITE_UI_URL"],
        publisher_id=current_app.config["OBSCORE_PUBLISHER_ID"] or f"ivo://{authority()}",
        data_rights=data_rights(record),
        obs_release_date=_release_date(record),
        defaults={
            "obs_collection": _collection(record),
            "bib_reference": identity.bib_reference(metadata, doi),
            "obs_title": metadata.get("title"),
            "obs_creator_name": identity.creator_names(metadata),
            "calib_level": _USUAL_CALIB_LEVEL,
        },
    )


def complete(
    values: Mapping[str, Any], facts: RecordFacts, file: StoredFile, member: str, did: str, size: int | None = None
) -> ObsCoreRow:
    """A product's row with the record's and the server's columns.

    Parameters
    ----------
    values
        Columns from extraction, mapping and corrections; the server's columns among them are overwritten.
    member
        Path inside an archive, or "".
    did
        The product's ``obs_publisher_did``.
    size
        Bytes of the archive's member.
    """
    row = ObsCoreRow.restored(values)
    defaults = {**facts.defaults, "obs_id": identity.obs_id(facts.parent_recid, file.key, member)}
    for column, value in defaults.items():
        if row[column] is None:
            row[column] = value
    kind = row["dataproduct_type"]
    _shorten(row)
    row["obs_publisher_did"] = did
    row["publisher_id"] = facts.publisher_id
    delivered = _delivered(file, member)
    name = delivered or file.key
    row["access_url"] = identity.access_url(facts.site, facts.recid, file.key, delivered)
    row["access_format"] = access_format(name, kind if isinstance(kind, str) else None, str(row["access_format"] or ""))
    row["access_estsize"] = access_estsize(access_bytes(file, member, size) or file.size)
    row["data_rights"] = facts.data_rights
    row["obs_release_date"] = facts.obs_release_date
    return row


def access_bytes(file: StoredFile, member: str, size: int | None) -> int | None:
    """Bytes at a product's ``access_url``; None for a member of an archive whose size nobody knows."""
    return size if _delivered(file, member) else file.size


def _delivered(file: StoredFile, member: str) -> str:
    """The member that has an address of its own; empty where the address is the file's."""
    return member if member and _delivers_members(file) and identity.is_deliverable(member) else ""


def _delivers_members(file: StoredFile) -> bool:
    """Whether InvenioRDM delivers single members of this file: it goes by the name, and refuses what seems a bomb."""
    ending = PurePosixPath(file.key).suffix.lower()
    formats = {str(known).lower() for known in current_app.config["RECORDS_RESOURCES_ZIP_FORMATS"]}
    return ending in formats and not file.container_error


def _shorten(row: ObsCoreRow) -> None:
    """Cut names that are too long to be names: neither PostgreSQL's nor the search's indices take them."""
    for name in _NAMES:
        value = row[name]
        if isinstance(value, str) and len(value) > _LONGEST_NAME:
            row[name] = value[: _LONGEST_NAME - 1] + "…"


def _collection(record: Any) -> str:  # noqa: ANN401
    """The record's public community, else the operator's default (a restricted community's name stays inside)."""
    community = record.parent.communities.default
    visible = community is not None and not community.deletion_status.is_deleted
    if visible and community.access.visibility == "public":
        title = (community.metadata or {}).get("title") or community.slug
        if title:
            return str(title)
    config = current_app.config
    return str(config["OBSCORE_DEFAULT_COLLECTION"] or config.get("THEME_SITENAME") or config["SITE_UI_URL"])


def _release_date(record: Any) -> str | None:  # noqa: ANN401
    """End of an embargo, else when the record was published; None for data that nobody promised to release."""
    embargo = record.access.embargo
    if embargo.active:
        return f"{embargo.until:%Y-%m-%d}" if embargo.until else None
    if data_rights(record) != "public":
        return None
    return f"{record.created:%Y-%m-%d}" if record.created else None
