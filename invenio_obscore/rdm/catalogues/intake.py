"""A directory of the server becomes a draft, or several: every file once, interrupted as often as may be.

Up to some hundred files go in as they are. Of more, ZIP containers are made as they are sent; nothing is written to a
disk but the stored file itself. Running the same intake again puts in what is not there yet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import current_app
from flask_principal import Identity
from invenio_db import db
from invenio_files_rest.errors import FileSizeError
from opensearchpy.exceptions import OpenSearchException
from sqlalchemy.exc import OperationalError

from ...errors import ConflictError, InputError, ServiceError
from ...fits.archives import ARCHIVE_NAME
from ...fits.files import is_fits_name
from .. import corrections
from ..queue import send_prepare
from . import containers, drafts
from .containers import Container, EmptyContainerError, Pieces, counted
from .drafts import Draft
from .scan import LONGEST_NAME, Entry, Left, Scan, SourceError, scan

#: Documents and archives beside the containers, at most; where there are more, they go into containers too.
_MOST_DOCUMENTS = 100
_TOO_LARGE = "It is larger than the repository takes"


class Progress(Protocol):
    """Who is told of bytes as they are taken."""

    def begin(self, total: int, done: int) -> None:
        """So many bytes in all, of which so many were there before."""

    def advance(self, count: int) -> None:
        """So many more, or fewer where a container is begun again."""


@dataclass
class Report:
    """What came of an intake."""

    drafts: list[Draft] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    stored: int = 0
    before: int = 0
    left: list[Left] = field(default_factory=list)

    @property
    def lost(self) -> list[Left]:
        """What should be there and is not."""
        return [each for each in self.left if not each.harmless]


@dataclass(frozen=True)
class Wishes:
    """What the operator asked for: ``describe`` makes the document of a first draft from what lies there."""

    directory: str
    describe: Callable[[Sequence[Entry]], dict[str, Any]]
    mapping: str = ""
    community: str = ""
    new: bool = False


def deposit(identity: Identity, wishes: Wishes, progress: Progress) -> Report:
    """Bring a directory into drafts of the identity, all but what is there already.

    Raises
    ------
    InputError
        Nothing lies there, or nobody says title and authors, or the description is wrong.
    ConflictError
        Another intake of the directory runs, or its draft was published.
    ServiceError
        The file store, the database or the search server fails; what came before stays, and the same call goes on.
    """
    with _alone(identity, wishes.directory):
        if wishes.new:
            drafts.forget(identity, wishes.directory)
        try:
            return _Intake(identity, wishes, progress).run()
        except (OpenSearchException, OperationalError) as error:
            remedy = "mend it, then run the same command again: it goes on"
            raise ServiceError(f"A service of the repository does not answer: {error}", remedy=remedy) from error


@contextmanager
def _alone(identity: Identity, directory: str) -> Iterator[None]:
    """Hold a lock that ends with its connection, however this process ends."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # closed when it is done with, not kept in the pool with its lock
        if not drafts.try_lock(connection, directory, int(identity.id)):
            raise ConflictError(f"Another intake of {directory} runs", remedy="wait until it is done")
        yield


class _Intake:
    def __init__(self, identity: Identity, wishes: Wishes, progress: Progress) -> None:
        self._identity = identity
        self._wishes = wishes
        self._progress = progress
        self._report = Report()
        self._drafts: list[Draft] = []
        self._members = int(current_app.config["OBSCORE_INTAKE_DRAFT_MEMBERS"])

    def run(self) -> Report:
        """See `deposit`."""
        found = scan(self._wishes.directory)
        self._drafts = drafts.find(self._identity, self._wishes.directory)
        held = {name: size for draft in self._drafts for name, size in draft.held.items()}
        if not found.entries and not held:
            raise InputError(f"{self._wishes.directory} has no files to deposit")
        todo = self._todo(found, held)
        self._progress.begin(sum(entry.size for entry in found.entries), sum(held.values()))
        if not self._drafts:
            self._add_draft(self._wishes.describe(found.entries))
        single, packed = _sorted(todo, many=_are_many(found, self._drafts))
        for entry in single:
            self._store_file(entry)
        for part in self._parts(packed):
            self._store_container(part)
        self._finish(found.left)
        return self._report

    def _todo(self, found: Scan, held: dict[str, int]) -> list[Entry]:
        for entry in found.entries:
            if held.get(entry.name, entry.size) != entry.size:
                reason = f"It changed since it was deposited (then {held[entry.name]} bytes, now {entry.size})"
                self._leave(entry, f"{reason}: the draft has the former")
        self._report.before = sum(entry.name in held for entry in found.entries)
        return [entry for entry in found.entries if entry.name not in held]

    def _leave(self, entry: Entry, reason: str) -> None:
        self._report.left.append(Left(entry.name, reason))

    def _add_draft(self, document: dict[str, Any]) -> Draft:
        wishes, number = self._wishes, len(self._drafts) + 1
        made = drafts.create(
            self._identity, wishes.directory, number, document, mapping=wishes.mapping, community=wishes.community
        )
        self._drafts.append(made)
        return made

    def _room_for(self, count: int, size: int) -> Draft:
        """The last draft, or a further one where that is full."""
        last = self._drafts[-1]
        if not last.held or last.has_room(count, size, self._members):
            return last
        document = drafts.document_of(self._identity, self._drafts[0])
        title = document["metadata"].get("title", "")
        document["metadata"]["title"] = f"{title} (part {len(self._drafts) + 1})"
        return self._add_draft(document)

    def _store_file(self, entry: Entry) -> None:
        if len(entry.name) > LONGEST_NAME:
            self._leave(entry, f"Its name has more than {LONGEST_NAME} characters")
            return
        if not self._drafts[0].takes(entry.size):
            self._leave(entry, _TOO_LARGE)
            return
        tally = _Tally(self._progress)
        try:
            with entry.open() as stream:
                pieces = Pieces(counted(entry.chunks(stream), tally.count))
                drafts.store(self._identity, draft := self._room_for(1, entry.size), entry.name, pieces)
        except SourceError as error:
            tally.take_back()
            self._leave(entry, error.message)
        except FileSizeError:
            tally.take_back()
            self._leave(entry, _TOO_LARGE)
        else:
            draft.held[entry.name] = entry.size
            self._report.stored += 1

    def _parts(self, entries: Sequence[Entry]) -> Iterator[list[Entry]]:
        most_bytes = int(current_app.config["OBSCORE_INTAKE_CONTAINER_BYTES"])
        bucket = self._drafts[0].bucket()
        most_bytes = min(limit for limit in (most_bytes, bucket.quota_size, bucket.max_file_size) if limit)
        most = min(int(current_app.config["OBSCORE_INTAKE_CONTAINER_MEMBERS"]), self._members)
        return containers.split(entries, most=most, most_bytes=most_bytes)

    def _store_container(self, part: list[Entry]) -> None:
        """A file that fails on its way costs itself: the container is begun again without it."""
        size = containers.stored_size(part)
        if not self._drafts[0].takes(size):  # one file, larger than anything may be
            for entry in part:
                self._leave(entry, _TOO_LARGE)
            return
        while part:
            tally = _Tally(self._progress)
            container = Container(part, tally.count)
            try:
                draft = self._room_for(len(part), size)
                drafts.store(self._identity, draft, self._next_key(), container)
            except SourceError as error:
                tally.take_back()
                self._leave(error.entry, error.message)
                part = [entry for entry in part if entry is not error.entry]
                continue
            except EmptyContainerError:
                part = []
            except FileSizeError:
                tally.take_back()
                for entry in part:
                    self._leave(entry, _TOO_LARGE)
                return
            missing = {error.entry: error.message for error in container.missing}
            for entry, reason in missing.items():
                self._leave(entry, reason)
            draft.held |= {entry.name: entry.size for entry in part if entry not in missing}
            self._report.stored += len([entry for entry in part if entry not in missing])
            return

    def _next_key(self) -> str:
        stem = re.sub(r"[^\w.+-]", "_", os.path.basename(self._wishes.directory)) or "files"
        taken = {key for draft in self._drafts for key in draft.keys}
        taken |= {name for draft in self._drafts for name in draft.held}
        number = 1
        while (key := f"{stem[:200]}-{number:04}.zip") in taken:
            number += 1
        return key

    def _finish(self, left: list[Left]) -> None:
        """Bring the mapping to drafts that were there before, link the drafts, have the rows made."""
        for draft in self._drafts:
            decided = drafts.mapping_of(draft)
            if self._wishes.mapping and self._wishes.mapping != decided.mapping:
                corrections.change_mapping(self._identity, draft.recid, decided.revision, self._wishes.mapping)
            send_prepare(draft.uuid)
        if len(self._drafts) > 1:
            drafts.connect(self._identity, self._drafts)
        self._report.drafts = self._drafts
        self._report.links = [drafts.links(self._identity, draft)["self_html"] for draft in self._drafts]
        self._report.left = sorted([*left, *self._report.left], key=lambda each: each.name)


class _Tally:
    """Bytes of one stored file, which may be taken in vain."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._total = 0

    def count(self, count: int) -> None:
        """So many more were taken."""
        self._total += count
        self._progress.advance(count)

    def take_back(self) -> None:
        """They were taken in vain."""
        self._progress.advance(-self._total)
        self._total = 0


def _are_many(found: Scan, present: Sequence[Draft]) -> bool:
    """Whether containers are made: of many files, and wherever it was begun so."""
    begun = any(draft.held.keys() - draft.keys for draft in present)
    return begun or len(found.entries) > int(current_app.config["OBSCORE_INTAKE_FILES"])


def _sorted(entries: Sequence[Entry], *, many: bool) -> tuple[list[Entry], list[Entry]]:
    """Files that go in as they are (documents at the top, archives), and those for containers."""
    if not many:
        return list(entries), []
    single = [entry for entry in entries if _is_document(entry) and len(entry.name) <= LONGEST_NAME]
    if len(single) > _MOST_DOCUMENTS:
        single = [entry for entry in single if entry.name.lower().startswith("readme")]
    chosen = set(single)
    return single, [entry for entry in entries if entry not in chosen]


def _is_document(entry: Entry) -> bool:
    archive = bool(ARCHIVE_NAME.match(entry.name))
    return archive or ("/" not in entry.name and not is_fits_name(entry.name))
