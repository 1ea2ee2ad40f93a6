"""Keeps the VO Registry's documents of collections up to date with what is published.

A task folds the marks that publications leave (:mod:`..db.registry`) into the collections, and writes a collection's
document anew where it changed. It sees public rows, and records that have some.
"""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from celery import shared_task
from flask import Flask, current_app
from invenio_db import db
from sqlalchemy import Connection

from ..db import registry as stored
from ..db.registry import Collection, StoredResource
from ..registry import uat, voresource, words
from ..registry.coverage import is_panic
from ..registry.facts import Named, Relationship, Resource, Site, site
from . import oai_pmh, registry_facts
from .datacite import tap_url
from .datacite_parts import reference_type
from .registry_facts import Said

_log = logging.getLogger(__name__)

_AT_ONCE = 200
_MOST_NAMES = 50
#: VOResource wants whole seconds; a document that differs in its date only is the same document.
_UPDATED = re.compile(r' updated="[^"]*"')


@shared_task(ignore_result=True)
def update_registry() -> None:
    """Fold all marks; whoever else does it already goes on instead."""
    update()


def update() -> int:
    """Fold the marks that there are, some at a time, each time in a transaction of its own.

    A record that cannot be folded holds up no other one: it is logged, and comes again in the next update.

    Returns
    -------
    int
        How many collections changed.
    """
    newest = stored.newest_mark(db.session.connection())
    changed = 0
    while True:
        try:
            made = _round(newest, _fold)
        except BaseException as error:
            db.session.rollback()
            if _stops(error):
                raise
            _log.warning("marks of the registry cannot be folded together, each is folded alone now: %s", error)
            made = _round(newest, _fold_each)
        if made is None:
            return changed
        changed += made


def _stops(error: BaseException) -> bool:
    return not isinstance(error, Exception) and not is_panic(error)


def _round(newest: int, fold: Callable[[Connection, Sequence[UUID]], int]) -> int | None:
    """Fold the oldest marks and commit; how many collections changed, None where there was nothing to fold."""
    connection = db.session.connection()
    marked = stored.take_marks(connection, _AT_ONCE, newest)
    changed = fold(connection, marked) if marked else None
    db.session.commit()
    return changed


def _fold_each(connection: Connection, marked: Sequence[UUID]) -> int:
    """Fold records one by one; one that fails goes behind the others, and states nothing any more if it has no rows."""
    changed = 0
    for parent_uuid in marked:
        try:
            with db.session.begin_nested():
                # The session makes the savepoint only when it is asked for its connection again.
                changed += _fold(db.session.connection(), [parent_uuid])
        except BaseException as error:
            if _stops(error):
                raise
            _log.exception("the registry cannot take in the record %s", parent_uuid)
            stored.mark(connection, parent_uuid)
            changed += stored.withdraw(connection, parent_uuid, datetime.now(UTC).replace(microsecond=0))
    return changed


def rebuild() -> int:
    """Look at every record with rows again; how many collections changed."""
    stored.mark_all(db.session.connection())
    db.session.commit()
    return update()


def _fold(connection: Connection, marked: Sequence[UUID]) -> int:
    per_record = current_app.config["OBSCORE_REGISTRY_COLLECTIONS"] == "record"
    changed = stored.refresh(connection, marked, stored.by_record if per_record else stored.by_name)
    # What a record says of itself may have changed without its rows.
    touched = changed | stored.collections_of(connection, marked)
    facts = site(current_app.config)
    made = [_resource(connection, name, facts, per_record=per_record) for name in sorted(touched)]
    # The datestamp comes last, so that it is seconds old at most when others can see it.
    now = datetime.now(UTC).replace(microsecond=0)
    changed_ones = [one for one in made if _write(connection, *one, now)]
    if not per_record:
        for present, document, _ in changed_ones:
            if document is not None:
                oai_pmh.ensure_collection_set(present.collection)
    return len(changed_ones)


_Made = tuple[StoredResource, str | None, int]


def _resource(connection: Connection, name: str, facts: Site, *, per_record: bool) -> _Made:
    """The stored resource of a collection (or a new one), its document as it should be, and its rows."""
    collection = stored.read_collection(connection, name)
    present = stored.resource_of(connection, name)
    if present is None:
        now = datetime.now(UTC).replace(microsecond=0)
        present = StoredResource(_identifier(connection, facts, name, per_record=per_record), name, None, now, now)
    if not collection.rows:
        return present, None, 0
    said = (
        registry_facts.of_record(UUID(name), facts.url)
        if per_record
        else registry_facts.of_community(name, collection.parents, facts.url)
    )
    resource = described(present, collection, said, facts)
    document = voresource.collection(
        resource,
        collection.coverage,
        tap_url(),
        collection.terms.get("facility", ())[:_MOST_NAMES],
        collection.terms.get("instrument", ())[:_MOST_NAMES],
    )
    return present, voresource.serialize(document), collection.rows


def _write(connection: Connection, present: StoredResource, document: str | None, rows: int, now: datetime) -> bool:
    if _without_date(document) == _without_date(present.document):
        return False
    dated = None if document is None else _UPDATED.sub(f' updated="{voresource.instant(now)}"', document, count=1)
    written = StoredResource(present.identifier, present.collection, dated, present.created, now)
    stored.write_resource(connection, written, rows)
    return True


def _without_date(document: str | None) -> str | None:
    return None if document is None else _UPDATED.sub("", document, count=1)


def _identifier(connection: Connection, facts: Site, name: str, *, per_record: bool) -> str:
    """An identifier that nobody has: readable, lower case, for ever."""
    path = "record" if per_record else "collection"
    slug = re.sub(r"[^a-z0-9]+", "-", _ascii(name).lower()).strip("-")[:60]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    for ending in ("", f"-{digest[:8]}", f"-{digest}"):
        identifier = f"{facts.authority_id}/{path}/{slug or digest[:16]}{ending}"
        if not stored.identifier_is_taken(connection, identifier):
            return identifier
    raise AssertionError("two names with one SHA-256")


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def described(present: StoredResource, collection: Collection, said: Said, facts: Site) -> Resource:
    """The facts of a collection: what its record or community says, else what its rows tell."""
    terms = collection.terms
    title = said.title or collection.name
    sentence = words.sentence(_words(collection))
    bibcodes = [one for reference in terms.get("bibliography", ()) for one in _bibcodes(reference)]
    concepts = uat.concepts(collection.coverage.bands, terms.get("product_type", ()))
    return Resource(
        identifier=present.identifier,
        title=title,
        short_name=title,
        description=" ".join(filter(None, (said.description, sentence))) or title,
        reference_url=said.url or f"{facts.url}/search",
        publisher=facts.publisher,
        contact=facts.contact,
        created=present.created,
        updated=present.updated,
        alternates=said.alternates,
        creators=said.creators or tuple(map(Named, terms.get("creator", ())[:_MOST_NAMES])),
        contributors=said.contributors,
        dates=said.dates,
        version=said.version,
        subjects=tuple(concept.ivoa_term for concept in concepts) or (uat.OBSERVATIONAL.ivoa_term,),
        source=bibcodes[0] if len(bibcodes) == 1 else "",
        types=("Archive",),
        relationships=(Relationship("IsServedBy", (Named(f"{facts.name} TAP service", facts.service_id),)),),
        rights=said.rights,
    )


def _bibcodes(reference: str) -> list[str]:
    identifier, kind = reference_type(reference)
    return [identifier] if kind == "bibcode" else []


def _words(collection: Collection) -> Mapping[str, object]:
    """Facts for a sentence; the limits of times and wavelengths stand in the coverage itself."""
    kinds = {name: list(values) for name, values in collection.terms.items() if name in ("product_type", "instrument")}
    return {"products": collection.rows, "facility": list(collection.terms.get("facility", ())), **kinds}


def configure(app: Flask) -> None:
    """Let beat fold marks."""
    seconds = app.config["OBSCORE_REGISTRY_SECONDS"]
    if seconds:
        queue = {"queue": app.config["OBSCORE_QUEUE"]} if app.config["OBSCORE_QUEUE"] else {}
        ours = {
            "task": "invenio_obscore.rdm.registry_update.update_registry",
            "schedule": timedelta(seconds=seconds),
            "options": {"expires": seconds, **queue},
        }
        app.config["CELERY_BEAT_SCHEDULE"] = {
            "obscore-registry": ours,
            **(app.config.get("CELERY_BEAT_SCHEDULE") or {}),
        }
