"""The catalogues that somebody may curate: drafts and records with FITS files, their states and problems, in pages."""

from __future__ import annotations

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
from .. import access, permissions
from ..models import ObsCorePublished, ObsCoreReading, ObsCoreSheet, ObsCoreVerification, Stage, Status
from ..stored_files import file_model

#: What the list may be sorted by.
SORTS = ("updated", "title", "products", "attention", "files")
STATES = ("all", "draft", "review", "published")
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
    found = union_all(_catalogues(Stage.DRAFT, identity, every), _catalogues(Stage.PUBLISHED, identity, every))
    listed = found.subquery("catalogues")
    conditions = list(_conditions(listed, wanted))
    total = db.session.scalar(select(func.count()).select_from(listed).where(*conditions)) or 0
    ordered = select(listed).where(*conditions).order_by(*_order(listed, wanted.sort))
    rows = db.session.execute(ordered.offset((wanted.page - 1) * wanted.size).limit(wanted.size)).mappings().all()
    return {
        "catalogues": [_shown(row) for row in rows],
        "total": total,
        "page": wanted.page,
        "size": wanted.size,
        "may": {"all": every},
    }


def _catalogues(stage: Stage, identity: Identity, every: bool) -> Select[Any]:
    """Drafts, or records whose latest version has no draft, that hold files which were read or are to be."""
    service = current_rdm_records_service
    is_draft = stage is Stage.DRAFT
    model = (service.draft_cls if is_draft else service.record_cls).model_cls
    parent = service.record_cls.parent_record_cls.model_cls
    request, community, receiver = RequestMetadata, aliased(CommunityMetadata), aliased(CommunityMetadata)
    review = func.coalesce(parent.json["review"]["id"].as_string(), model.json["review"]["id"].as_string())
    # As text: the repository's own process may own a deposit, too.
    owner = parent.json["access"]["owned_by"]["user"].as_string()
    files = _files(model, stage)
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
            *files,
            *_counted(model, stage),
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
        .where(*_alive(model, is_draft), files[-1] > 0)
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


def _files(model: Any, stage: Stage) -> list[Any]:  # noqa: ANN401 - a model class
    """Files by status; the last one counts those that are, or may be, FITS."""
    file = file_model(stage)
    reading = ObsCoreReading
    joined = (
        select(func.jsonb_build_object(*(each for status in Status for each in (status.value, _having(status)))))
        .select_from(file)
        .join(ObjectVersion, ObjectVersion.version_id == file.object_version_id)
        .join(reading, reading.file_id == ObjectVersion.file_id)
        .where(file.record_id == model.id, file.json.is_not(None))
    )
    fits = joined.with_only_columns(func.count().filter(reading.status != Status.IGNORED.value))
    return [joined.scalar_subquery().label("files"), fits.scalar_subquery().label("file_count")]


def _having(status: Status) -> Any:  # noqa: ANN401
    return func.count().filter(ObsCoreReading.status == status.value)


def _counted(model: Any, stage: Stage) -> list[Any]:  # noqa: ANN401 - a model class
    """Products, those that need attention, whether that is known, and the extractor that made them."""
    if stage is Stage.DRAFT:
        sheet = ObsCoreSheet
        return [
            func.coalesce(sheet.products, 0).label("products"),
            func.coalesce(sheet.attention, 0).label("attention"),
            func.coalesce(sheet.counted, "").label("counted"),
            literal(EXTRACTOR_VERSION).label("extractor"),
        ]
    said = select(func.count()).where(ObsCorePublished.record_uuid == model.id).scalar_subquery()
    version = select(func.min(ObsCorePublished.extractor_version)).where(ObsCorePublished.record_uuid == model.id)
    return [
        said.label("products"),
        literal(0).label("attention"),
        literal("published").label("counted"),
        func.coalesce(version.scalar_subquery(), "").label("extractor"),
    ]


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
    chosen = listed.c["file_count" if name == "files" else name]
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
