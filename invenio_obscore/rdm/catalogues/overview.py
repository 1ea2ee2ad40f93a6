"""The catalogues that somebody may curate: drafts and records with FITS files, their states and problems, in pages."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from flask_principal import Identity
from invenio_accounts.models import User
from invenio_communities.communities.records.models import CommunityMetadata
from invenio_communities.proxies import current_roles
from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_rdm_records.records.models import RDMParentCommunity
from invenio_requests.records.models import RequestMetadata
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from ...extraction import EXTRACTOR_VERSION
from .. import access, listing, permissions
from ..models import ObsCorePublished, ObsCoreReading, ObsCoreSheet, ObsCoreVerification, Stage, Status
from ..stored_files import file_model

#: What the list may be sorted by.
SORTS = ("updated", "title", "products", "attention", "files")
STATES = ("all", "draft", "review", "published")
#: Seconds that a page counts products; the rest is counted with a later one.
_PATIENCE = 0.5
#: Files that are, or may be, FITS.
_MAY_BE_FITS = ObsCoreReading.status != Status.IGNORED.value
#: Requests that give a community's curators a right to a deposit.
_ASKED = "submitted"


@dataclass(frozen=True)
class Wanted:
    """Which catalogues a page shows, and in which order."""

    q: str = ""
    state: str = "all"
    attention: bool = False
    page: int = 1
    size: int = 25
    sort: str = "updated"


def read(identity: Identity, wanted: Wanted) -> dict[str, Any]:
    """A page of the catalogues that the identity may curate, as JSON has it.

    Raises
    ------
    PermissionDeniedError
        The identity is a visitor's.
    """
    access.require_account(identity)
    every = permissions.may_curate_all(identity)
    sort = wanted.sort.removeprefix("-")
    found = (_catalogues(stage, identity, every, sort) for stage in Stage)
    listed = union_all(*found).subquery("catalogues")
    conditions = list(_conditions(listed, wanted))
    total = db.session.scalar(select(func.count()).select_from(listed).where(*conditions)) or 0
    ordered = select(listed).where(*conditions).order_by(*_order(listed, wanted.sort))
    rows = db.session.execute(ordered.offset((wanted.page - 1) * wanted.size).limit(wanted.size)).mappings().all()
    amounts = _amounts([row["uuid"] for row in rows])
    if _count([uuid for uuid, amount in amounts.items() if not amount["counted"]]):
        amounts = _amounts([row["uuid"] for row in rows])
    return {
        "catalogues": [_shown({**row, **amounts[row["uuid"]]}) for row in rows],
        "total": total,
        "page": wanted.page,
        "size": wanted.size,
        "may": {"all": every},
    }


def _count(draft_uuids: Iterable[UUID]) -> bool:
    """Count what changed since it was counted, as far as there is time; whether there was anything."""
    end, began = time.monotonic() + _PATIENCE, False
    for draft_uuid in draft_uuids:
        if time.monotonic() < end:
            listing.count(draft_uuid)
            began = True
    return began


def _model(stage: Stage) -> Any:  # noqa: ANN401 - a model class
    service = current_rdm_records_service
    return (service.draft_cls if stage is Stage.DRAFT else service.record_cls).model_cls


def _catalogues(stage: Stage, identity: Identity, every: bool, sort: str) -> Select[Any]:
    """Drafts, or records whose latest version has no draft, that hold files which were read or are to be.

    Nothing is counted here but what the list is sorted by: there may be many more catalogues than a page shows.
    """
    service = current_rdm_records_service
    is_draft, model = stage is Stage.DRAFT, _model(stage)
    parent = service.record_cls.parent_record_cls.model_cls
    request, community, receiver = RequestMetadata, aliased(CommunityMetadata), aliased(CommunityMetadata)
    review = func.coalesce(parent.json["review"]["id"].as_string(), model.json["review"]["id"].as_string())
    # As text: the repository's own process may own a deposit, too.
    owner = parent.json["access"]["owned_by"]["user"].as_string()
    # Others' names are for those who may see every deposit, unless the account says that anybody may.
    is_open = or_(literal(every), User._preferences["visibility"].as_string() == "public")
    name = case((is_open, User._user_profile["full_name"].as_string()), else_="")
    status = request.json["status"].as_string()
    in_review = and_(literal(is_draft), status == _ASKED)
    statement = (
        select(
            model.id.label("uuid"),
            model.json["id"].as_string().label("id"),
            func.coalesce(model.json["metadata"]["title"].as_string(), "").label("title"),
            case((in_review, "review"), else_="draft" if is_draft else "published").label("state"),
            _is_published(model, is_draft).label("published"),
            owner.label("owner_id"),
            func.coalesce(func.nullif(name, ""), User.username, "").label("owner"),
            func.coalesce(community.slug, receiver.slug).label("community"),
            func.coalesce(
                community.json["metadata"]["title"].as_string(), receiver.json["metadata"]["title"].as_string()
            ).label("community_title"),
            (func.coalesce(ObsCoreSheet.attention, 0) if is_draft else literal(0)).label("attention"),
            _amount(model, stage, sort).label("amount"),
            func.greatest(model.updated, ObsCoreVerification.updated_at).label("updated"),
        )
        .join(parent, parent.id == model.parent_id)
        .outerjoin(User, cast(User.id, String) == owner)
        .outerjoin(request, cast(request.id, Text) == review)
        .outerjoin(receiver, cast(receiver.id, Text) == request.json["receiver"]["community"].as_string())
        .outerjoin(community, cast(community.id, Text) == parent.json["communities"]["default"].as_string())
        .outerjoin(
            ObsCoreVerification,
            and_(ObsCoreVerification.record_uuid == model.id, ObsCoreVerification.stage == stage.value),
        )
        .where(*_alive(model, is_draft), _files(model, stage).where(_MAY_BE_FITS).exists())
    )
    if is_draft:
        statement = statement.outerjoin(ObsCoreSheet, ObsCoreSheet.record_uuid == model.id)
    return statement if every else statement.where(_may_curate(identity, parent, owner, request, status))


def _is_published(model: Any, is_draft: bool) -> Any:  # noqa: ANN401
    record = current_rdm_records_service.record_cls.model_cls
    return select(record.id).where(record.id == model.id).exists() if is_draft else literal(True)


def _alive(model: Any, is_draft: bool) -> list[ColumnElement[bool]]:  # noqa: ANN401 - a model class
    service = current_rdm_records_service
    if is_draft:
        return [model.json.is_not(None), model.is_deleted.is_(False)]
    versions, draft = service.record_cls.versions_model_cls, service.draft_cls.model_cls
    latest = select(versions.latest_id).where(versions.latest_id == model.id).exists()
    edited = select(draft.id).where(draft.id == model.id, draft.json.is_not(None), draft.is_deleted.is_(False)).exists()
    return [model.json.is_not(None), model.deletion_status == "P", latest, ~edited]


def _files(model: Any, stage: Stage) -> Select[Any]:  # noqa: ANN401 - a model class
    """The readings of a catalogue's files."""
    file = file_model(stage)
    return (
        select(ObsCoreReading.file_id)
        .select_from(file)
        .join(ObjectVersion, ObjectVersion.version_id == file.object_version_id)
        .join(ObsCoreReading, ObsCoreReading.file_id == ObjectVersion.file_id)
        .where(file.record_id == model.id, file.json.is_not(None))
    )


def _having(status: Status) -> Any:  # noqa: ANN401
    return func.count().filter(ObsCoreReading.status == status.value)


def _amount(model: Any, stage: Stage, sort: str) -> ColumnElement[Any]:  # noqa: ANN401 - a model class
    """The number that a list is sorted by; 0 where it is sorted by none."""
    if sort == "files":
        return _files(model, stage).where(_MAY_BE_FITS).with_only_columns(func.count()).scalar_subquery()
    if sort not in ("products", "attention"):
        return literal(0)
    if stage is Stage.DRAFT:
        return func.coalesce(getattr(ObsCoreSheet, sort), 0)
    return _published(model)[0] if sort == "products" else literal(0)


def _published(model: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - a model class
    """How many products a version has, and the oldest extractor that made one."""
    mine = ObsCorePublished.record_uuid == model.id
    version = select(func.min(ObsCorePublished.extractor_version)).where(mine).scalar_subquery()
    return [
        select(func.count()).where(mine).scalar_subquery().label("products"),
        func.coalesce(version, "").label("extractor"),
    ]


def _amounts(uuids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Files by status, products, whether those are counted, and their extractor, of the catalogues of a page."""
    by_status = [each for status in Status for each in (status.value, _having(status))]
    found: dict[UUID, dict[str, Any]] = {}
    # What is both published and has a draft is listed as its draft.
    for stage in (Stage.PUBLISHED, Stage.DRAFT):
        model, sheet = _model(stage), ObsCoreSheet
        files = _files(model, stage).with_only_columns(func.jsonb_build_object(*by_status)).scalar_subquery()
        statement = select(model.id, files.label("files")).where(model.id.in_(uuids))
        if stage is Stage.PUBLISHED:
            statement = statement.add_columns(*_published(model), literal("published").label("counted"))
        else:
            statement = statement.where(*_alive(model, True)).outerjoin(sheet, sheet.record_uuid == model.id)
            statement = statement.add_columns(
                literal(EXTRACTOR_VERSION).label("extractor"),
                *(func.coalesce(getattr(sheet, name), 0).label(name) for name in ("products", "attention")),
                func.coalesce(sheet.counted, "").label("counted"),
            )
        found |= {row["id"]: dict(row) for row in db.session.execute(statement).mappings()}
    for each in found.values():
        del each["id"]
    return found


def _may_curate(
    identity: Identity,
    parent: Any,  # noqa: ANN401 - a model class
    owner: ColumnElement[Any],
    request: Any,  # noqa: ANN401 - a model class
    status: ColumnElement[Any],
) -> ColumnElement[bool]:
    """The owner, and curators of a community that the deposit is in or was sent to."""
    roles = {role.name for role in current_roles.can("curate")}
    communities = [str(need.value) for need in identity.provides if need.method == "community" and need.role in roles]
    mine = select(RDMParentCommunity.record_id).where(
        RDMParentCommunity.record_id == parent.id, RDMParentCommunity.community_id.in_([UUID(c) for c in communities])
    )
    sent = and_(status == _ASKED, request.json["receiver"]["community"].as_string().in_(communities))
    return or_(owner == str(identity.id), mine.exists(), sent)


def _conditions(listed: Any, wanted: Wanted) -> Iterable[ColumnElement[bool]]:  # noqa: ANN401 - a subquery
    columns = listed.c
    if wanted.state != "all":
        yield columns.state == wanted.state
    if wanted.attention:
        yield columns.attention > 0
    searched = func.lower(
        func.concat_ws(" ", columns.id, columns.title, columns.owner, columns.community, columns.community_title)
    )
    for word in wanted.q.lower().split():
        yield searched.contains(word, autoescape=True)


def _order(listed: Any, sort: str) -> Sequence[ColumnElement[Any]]:  # noqa: ANN401 - a subquery
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    chosen = listed.c[name if name in ("updated", "title") else "amount"]
    upwards = (name == "title") != turned  # all others begin with the most, or the newest
    return [chosen.asc() if upwards else chosen.desc(), listed.c.id]


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    recid, is_draft = row["id"], row["state"] != "published"
    site, api = current_app.config["SITE_UI_URL"], current_app.config["SITE_API_URL"]
    record = f"{api}/records/{recid}"
    return {
        "id": recid,
        "state": row["state"],
        "published": row["published"],
        "title": row["title"],
        "owner": {"id": row["owner_id"], "name": row["owner"] or f"User {row['owner_id']}"},
        "community": {"slug": row["community"], "title": row["community_title"]} if row["community"] else None,
        "products": row["products"],
        "attention": row["attention"],
        "counted": bool(row["counted"]),
        "files": row["files"],
        "extractor": {
            "version": row["extractor"],
            "outdated": bool(row["extractor"]) and row["extractor"] != EXTRACTOR_VERSION,
        },
        "updated": row["updated"].isoformat(),
        "links": {
            "form": f"{site}/uploads/{recid}",
            "record": f"{site}/records/{recid}" if row["published"] else None,
            "rows": f"{record}/draft/obscore/products" if is_draft else f"{record}/obscore/products",
            "edit": None if is_draft else f"{record}/draft",
        },
    }
