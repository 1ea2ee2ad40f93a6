"""Which records and files anyone may see: the one place that decides what gets a row.

InvenioRDM's own permission policy has the last word, so an operator's stricter policy counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import current_app
from flask_principal import AnonymousIdentity, Identity
from invenio_access.permissions import any_user
from invenio_rdm_records.proxies import current_rdm_records_service

PUBLIC = "public"


def anyone() -> Identity:
    """The identity of a visitor who is not logged in."""
    identity = AnonymousIdentity()
    identity.provides.add(any_user)
    return identity


def record_is_public(record: Any) -> bool:  # noqa: ANN401 - an RDMRecord
    """Whether anyone may read the record's metadata: published, not deleted, not restricted, not embargoed.

    ``record.access.protection`` and not ``record["access"]``: the latter is not there yet when a record is first
    published, and stale while an embargo is lifted.
    """
    return bool(
        not record.is_draft
        and not record.deletion_status.is_deleted
        and record.access.protection.record == PUBLIC
        and current_rdm_records_service.check_permission(anyone(), "read", record=record)
    )


def files_are_public(record: Any) -> bool:  # noqa: ANN401
    """Whether the record's files are meant for anyone (a single file's permission may still say no)."""
    return bool(record.access.protection.files == PUBLIC)


def public_keys(record: Any, keys: Iterable[str]) -> set[str]:  # noqa: ANN401
    """Those of the record's files that anyone may download and see listed."""
    identity = anyone()
    check = current_rdm_records_service.files.check_permission
    return {
        key
        for key in keys
        if not record.files[key].access.hidden and check(identity, "get_content_files", record=record, file_key=key)
    }


def published_keys(record: Any, keys: Iterable[str]) -> set[str]:  # noqa: ANN401
    """Those of the record's files whose products get a row (design of ``OBSCORE_PUBLISH_RESTRICTED_METADATA``)."""
    wanted = list(keys)
    if not wanted or not record.files.enabled or not record_is_public(record):
        return set()
    if files_are_public(record):
        return public_keys(record, wanted)
    return set(wanted) if current_app.config["OBSCORE_PUBLISH_RESTRICTED_METADATA"] else set()


def data_rights(record: Any) -> str:  # noqa: ANN401
    """Curation.rights (ObsCore 1.1, section 4.7): proprietary data become public one day, secure ones do not."""
    if files_are_public(record):
        return PUBLIC
    return "proprietary" if record.access.embargo.active else "secure"
