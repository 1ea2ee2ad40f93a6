"""What record versions said of their products when they were published, and the identifiers that products keep.

Both tables grow only: a product that is public no more keeps its identifier, so that nothing else ever gets it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from invenio_db import db
from invenio_files_rest.models import FileInstance
from sqlalchemy import delete, select, update

from ..db.inserting import insert_rows
from ..extraction import EXTRACTOR_VERSION
from . import identity
from .cells import COLUMNS, cells_of
from .models import ObsCoreProduct, ObsCorePublished
from .products import FileDocuments
from .rows import authority

logger = logging.getLogger(__name__)

#: Products that a record has published so far, with the checksums of their files.
_Given = Sequence[tuple[ObsCoreProduct, str | None]]
#: A product as JSON has it.
_Document = Mapping[str, Any]
#: What names a product for ever: stored bytes, file key, member, key.
_Name = tuple[UUID, str, str, str]


@dataclass(frozen=True)
class Said:
    """One product as one record version describes it, without the server's columns."""

    obs_publisher_did: str
    file_id: UUID
    file_key: str
    member: str
    row: Mapping[str, Any]
    extractor_version: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Version:
    """The record version that publishes."""

    parent_uuid: UUID
    record_uuid: UUID
    recid: str


def load(record_uuid: UUID) -> list[Said]:
    """What a record version said, in the order of its files."""
    statement = (
        select(ObsCorePublished, ObsCoreProduct.member)
        .join(ObsCoreProduct, ObsCoreProduct.obs_publisher_did == ObsCorePublished.obs_publisher_did)
        .where(ObsCorePublished.record_uuid == record_uuid)
        .order_by(ObsCorePublished.file_key, ObsCoreProduct.member, ObsCoreProduct.key)
    )
    return [
        Said(said.obs_publisher_did, said.file_id, said.file_key, member, said.row, said.extractor_version, said.size)
        for said, member in db.session.execute(statement)
    ]


def evidence(record_uuid: UUID) -> dict[str, Any]:
    """Evidence of a version's published rows by ``obs_publisher_did`` (for those who may read its files)."""
    statement = select(ObsCorePublished.obs_publisher_did, ObsCorePublished.evidence)
    return dict(db.session.execute(statement.filter_by(record_uuid=record_uuid)).tuples())


def replace(version: Version, found: Sequence[FileDocuments], *, only: Iterable[UUID] | None = None) -> list[Said]:
    """Store what a version says of its products, in place of what it said before, and return it.

    Parameters
    ----------
    found
        Files and their products.
    only
        Leave what is stored of all files but these as it is.
    """
    given = _given(version.parent_uuid)
    if given:
        stale = delete(ObsCorePublished).where(ObsCorePublished.record_uuid == version.record_uuid)
        if only is not None:
            stale = stale.where(ObsCorePublished.file_id.in_(list(only)))
        db.session.execute(stale)
    named = _named(found)
    dids = _identify(version, list(named), given, _held(version.record_uuid) if given else set())
    rows = [_published(version, dids[name], name, *found_) for name, found_ in named.items()]
    insert_rows(db.session.connection(), ObsCorePublished.__table__, rows)
    return [
        Said(row["obs_publisher_did"], *name[:3], row["row"], EXTRACTOR_VERSION, row["size"])
        for name, row in zip(named, rows)
    ]


def _published(version: Version, did: str, name: _Name, document: _Document, size: int | None) -> dict[str, Any]:
    return {
        "record_uuid": version.record_uuid,
        "obs_publisher_did": did,
        "file_id": name[0],
        "file_key": name[1],
        "row": {column: value for column, value in document["row"].items() if column in COLUMNS},
        "evidence": document["evidence"],
        "extractor_version": EXTRACTOR_VERSION,
        "size": size if name[2] else None,
        **cells_of(document["row"]),
    }


def drop_files(record_uuid: UUID, kept: Iterable[UUID]) -> int:
    """Forget what a version said of files that it no longer holds; how many products these were."""
    statement = delete(ObsCorePublished).where(
        ObsCorePublished.record_uuid == record_uuid, ObsCorePublished.file_id.not_in(list(kept))
    )
    return int(db.session.execute(statement).rowcount)


def _named(found: Sequence[FileDocuments]) -> dict[_Name, tuple[_Document, int | None]]:
    """The products by name, with the bytes of their files; of two with one name the first counts."""
    named: dict[_Name, tuple[_Document, int | None]] = {}
    for of_file in found:
        file = of_file.file
        for document, size in of_file.documents:
            name = (file.file_id, file.key, document["member"], document["key"])
            if name in named:
                logger.warning("%s holds two products named %r: the second is left out", file.key, name[2:])
                continue
            named[name] = (document, size)
    return named


def _held(record_uuid: UUID) -> set[str]:
    """Identifiers of those products of a version that stay as they are: two files may hold the same bytes."""
    return set(db.session.scalars(select(ObsCorePublished.obs_publisher_did).filter_by(record_uuid=record_uuid)))


def _identify(version: Version, wanted: Sequence[_Name], given: _Given, held: set[str]) -> dict[_Name, str]:
    """The DID of each product: the one that the same bytes have already, else a new one."""
    if not wanted:
        return {}
    dids = _known([(product, checksum) for product, checksum in given if product.obs_publisher_did not in held], wanted)
    if dids:
        kept = update(ObsCoreProduct).where(ObsCoreProduct.obs_publisher_did.in_(list(dids.values())))
        stale = kept.where(ObsCoreProduct.record_uuid != version.record_uuid)
        db.session.execute(stale.values(record_uuid=version.record_uuid))
    taken = {product.obs_publisher_did for product, _ in given}
    return dids | _give(version, [name for name in wanted if name not in dids], taken)


def _given(parent_uuid: UUID) -> _Given:
    """What this record's versions have published so far, newest first, with the checksums of the files."""
    statement = (
        select(ObsCoreProduct, FileInstance.checksum)
        .outerjoin(FileInstance, FileInstance.id == ObsCoreProduct.file_id)
        .where(ObsCoreProduct.parent_uuid == parent_uuid)
        .order_by(ObsCoreProduct.first_published_at.desc())
    )
    return db.session.execute(statement).tuples().all()


def _known(given: _Given, wanted: Sequence[_Name]) -> dict[_Name, str]:
    """Those of the products that were published already: what has the same bytes is the same product.

    A file that was uploaded once more, or under another name, keeps its identifier, if no other file of the version
    has a better right to it: first come the same stored bytes under the same name, then the same checksum under the
    same name, then the same bytes under another one.
    """
    if not given:
        return {}
    checksums = _checksums({name[0] for name in wanted})
    likeness: tuple[Callable[[_Name, str | None], Any], ...] = (
        lambda name, checksum: name,
        lambda name, checksum: checksum and (checksum, *name[1:]),
        lambda name, checksum: checksum and (checksum, *name[2:]),
    )
    found: dict[_Name, str] = {}
    free = dict.fromkeys(product.obs_publisher_did for product, _ in given)
    for alike in likeness:
        candidates: dict[Any, list[str]] = {}
        for product, checksum in given:
            if product.obs_publisher_did in free:
                trait = alike((product.file_id, product.file_key, product.member, product.key), checksum)
                candidates.setdefault(trait, []).append(product.obs_publisher_did)
        for name in wanted:
            trait = alike(name, checksums.get(name[0]))
            if trait and name not in found and candidates.get(trait):
                # Of several the one that was given first: it stands in the oldest version.
                found[name] = candidates[trait].pop()
                free.pop(found[name])
    return found


def _checksums(file_ids: set[UUID]) -> dict[UUID, str]:
    statement = select(FileInstance.id, FileInstance.checksum).where(FileInstance.id.in_(file_ids))
    return {file_id: checksum for file_id, checksum in db.session.execute(statement) if checksum}


def _give(version: Version, names: Sequence[_Name], taken: set[str]) -> dict[_Name, str]:
    """Give new products their identifiers; one that was ever given is not given again."""
    path = current_app.config["OBSCORE_DID_PATH"]
    dids: dict[_Name, str] = {}
    for name in names:
        did = identity.obs_publisher_did(authority(), path, version.recid, identity.product_hash(*name[1:]))
        if did in taken:
            # The same name in the same version, but other bytes: a file that was replaced after publication.
            salted = identity.product_hash(*name[1:], salt=str(name[0]))
            did = identity.obs_publisher_did(authority(), path, version.recid, salted)
        dids[name] = did
    rows = [_product(version, name, did) for name, did in dids.items()]
    insert_rows(db.session.connection(), ObsCoreProduct.__table__, rows)
    return dids


def _product(version: Version, name: _Name, did: str) -> dict[str, Any]:
    file_id, file_key, member, key = name
    return {
        "obs_publisher_did": did,
        "parent_uuid": version.parent_uuid,
        "record_uuid": version.record_uuid,
        "recid": version.recid,
        "file_id": file_id,
        "file_key": file_key,
        "member": member,
        "key": key,
    }
