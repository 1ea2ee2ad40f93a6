"""The drafts of one directory: finding them again, what they hold, making further ones, putting files into them.

What an intake has done is only what its drafts hold: each file comes with one transaction, so that a killed intake
leaves whole files or none.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from flask_principal import Identity
from invenio_communities.proxies import current_communities
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_files_rest.models import Bucket
from invenio_pidstore.errors import PersistentIdentifierError, PIDDoesNotExistError
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_records_resources.services.errors import PermissionDeniedError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import NoResultFound

from ...errors import ConflictError, InputError, NotFoundError, ServiceError
from .. import verification
from ..models import ObsCoreIntake, Stage
from ..verification import Verification
from . import containers

_CONTAINER = re.compile(r".*-\d{4,}\.zip$")


class Stream(Protocol):
    """What is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes."""


@dataclass
class Draft:
    """One draft of the directory.

    Attributes
    ----------
    held
        Files of the directory that it has, by name, with their bytes: its own files and the members of containers.
    keys
        Names of its own files.
    """

    recid: str
    uuid: UUID
    number: int
    held: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def bucket(self) -> Bucket:
        """Where its files lie."""
        return _resolve(self.recid).bucket

    def has_room(self, count: int, size: int, most: int) -> bool:
        """Whether so many further files with so many bytes fit in."""
        left = self.bucket().quota_left
        return len(self.held) + count <= most and (left is None or size <= left)

    def takes(self, size: int) -> bool:
        """Whether a file of so many bytes could ever be in such a draft."""
        bucket = self.bucket()
        return all(limit is None or size <= limit for limit in (bucket.quota_size, bucket.max_file_size))


def _resolve(recid: str) -> Any:  # noqa: ANN401 - the instance's own draft class
    return current_rdm_records_service.draft_cls.pid.resolve(recid, registered_only=False)


def find(identity: Identity, directory: str) -> list[Draft]:
    """The drafts that this user made of the directory, in their order; those that were discarded are forgotten.

    Raises
    ------
    ConflictError
        One was published.
    """
    mine = (ObsCoreIntake.directory == directory, ObsCoreIntake.user_id == int(identity.id))
    known = db.session.scalars(select(ObsCoreIntake).where(*mine).order_by(ObsCoreIntake.number)).all()
    found = []
    for intake in known:
        record = _resolve_or_none(current_rdm_records_service.draft_cls, intake.recid)
        if _resolve_or_none(current_rdm_records_service.record_cls, intake.recid) is not None:
            raise ConflictError(
                f"The directory was deposited and is published as record {intake.recid}",
                remedy="--new makes another draft of it",
            )
        if record is None:
            db.session.delete(intake)
        else:
            found.append(_look_into(record, intake))
    db.session.commit()
    return found


def _resolve_or_none(record_cls: Any, recid: str) -> Any:  # noqa: ANN401
    try:
        return record_cls.pid.resolve(recid, registered_only=False)
    except (NoResultFound, PersistentIdentifierError):
        return None


def _look_into(record: Any, intake: ObsCoreIntake) -> Draft:  # noqa: ANN401
    draft = Draft(intake.recid, intake.record_uuid, intake.number)
    for key, file in record.files.items():
        if file.file is None:
            continue
        draft.keys.add(key)
        inside = {}
        if _CONTAINER.match(key):
            with file.open_stream("rb") as stream:
                inside = containers.contents(stream)
        draft.held |= inside or {key: file.file.size}
    return draft


def forget(identity: Identity, directory: str) -> None:
    """Begin anew: the drafts stay, but nothing more comes to them."""
    mine = (ObsCoreIntake.directory == directory, ObsCoreIntake.user_id == int(identity.id))
    db.session.execute(delete(ObsCoreIntake).where(*mine))
    db.session.commit()


def create(
    identity: Identity, directory: str, number: int, document: dict[str, Any], *, mapping: str, community: str
) -> Draft:
    """Make a draft, with mapping and review request, all or nothing.

    Raises
    ------
    InputError
        InvenioRDM does not take the document or the community; each mistake in a line of its own.
    """
    receiver = _community(identity, community) if community else ""
    with UnitOfWork(db.session) as uow:
        item = current_rdm_records_service.create(identity, document, uow=uow)
        if item.errors:
            lines = (f"{each.get('field', '')}: {' '.join(map(str, each['messages']))}" for each in item.errors)
            raise InputError("The description of the deposit is wrong:\n  " + "\n  ".join(lines))
        uuid = item._record.id
        db.session.add(
            ObsCoreIntake(record_uuid=uuid, recid=item.id, directory=directory, user_id=int(identity.id), number=number)
        )
        if mapping:
            verification.store(uuid, Verification(mapping))
        if receiver:
            request = {"type": "community-submission", "receiver": {"community": receiver}}
            current_rdm_records_service.review.update(identity, item.id, request, uow=uow)
        uow.commit()
    return Draft(item.id, uuid, number)


def _community(identity: Identity, name: str) -> str:
    try:
        return str(current_communities.service.read(identity, name).id)
    except (NoResultFound, PIDDoesNotExistError, PermissionDeniedError) as error:
        raise NotFoundError(f"There is no community {name!r} for this user") from error


def store(identity: Identity, draft: Draft, key: str, stream: Stream) -> None:
    """Put a file into a draft, in one transaction with all that follows from it.

    Raises
    ------
    ServiceError
        The repository's file store fails.
    """
    files = current_rdm_records_service.draft_files
    with UnitOfWork(db.session) as uow:
        files.init_files(identity, draft.recid, [{"key": key}], uow=uow)
        stored = files.set_file_content(identity, draft.recid, key, stream, uow=uow)
        if stored.errors:
            raise ServiceError(
                "The repository's file store failed", remedy="its cause is in the log; then run the same command again"
            )
        files.commit_file(identity, draft.recid, key, uow=uow)
        uow.commit()
    draft.keys.add(key)


def document_of(identity: Identity, draft: Draft) -> dict[str, Any]:
    """Title, authors and access of a draft, to make the next one of."""
    data = current_rdm_records_service.read_draft(identity, draft.recid).to_dict()
    return {name: deepcopy(data[name]) for name in ("access", "metadata", "files", "custom_fields") if name in data}


def links(identity: Identity, draft: Draft) -> dict[str, str]:
    """Where a person finds it."""
    found: dict[str, str] = current_rdm_records_service.read_draft(identity, draft.recid).to_dict()["links"]
    return found


def connect(identity: Identity, drafts: list[Draft]) -> None:
    """Have the first draft name its parts, and these the first."""
    first, *others = drafts
    address = {draft.recid: links(identity, draft)["record_html"] for draft in drafts}
    _relate(identity, first, "haspart", [address[draft.recid] for draft in others])
    for draft in others:
        _relate(identity, draft, "ispartof", [address[first.recid]])


def _relate(identity: Identity, draft: Draft, relation: str, addresses: list[str]) -> None:
    data = current_rdm_records_service.read_draft(identity, draft.recid).to_dict()
    related = data["metadata"].setdefault("related_identifiers", [])
    present = {each["identifier"] for each in related}
    missing = [address for address in addresses if address not in present]
    if not missing:
        return
    kind = {"scheme": "url", "relation_type": {"id": relation}}
    related.extend({"identifier": address, **kind} for address in missing)
    current_rdm_records_service.update_draft(identity, draft.recid, data)


def mapping_of(draft: Draft) -> Verification:
    """Its mapping, and the revision of that."""
    return verification.current(draft.uuid, Stage.DRAFT)


def try_lock(connection: Any, directory: str, user_id: int) -> bool:  # noqa: ANN401 - SQLAlchemy's connection
    """Keep a second intake of the directory away as long as the connection lives."""
    name = func.hashtextextended(f"obscore intake {user_id} {directory}", 0)
    return bool(connection.scalar(select(func.pg_try_advisory_lock(name))))
