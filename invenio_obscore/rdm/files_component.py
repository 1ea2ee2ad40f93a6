"""Where InvenioRDM's files become ours: every way in which a draft gets, shares or loses a file.

A file is read once per ``file_id``: committing it queues that; importing files into a new version and editing a record
share stored bytes and queue only what was never read. What a draft loses is forgotten unless something else holds it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_principal import Identity
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_records_resources.services.files.components import FileServiceComponent

from . import sheets, verification
from .models import Stage
from .queue import ReadFilesOp
from .reading import drop_unreferenced
from .stored_files import NOT_STORED, file_ids


class ObsCoreFilesComponent(FileServiceComponent):
    """Queues the reading of committed files (``RDM_DRAFT_FILES_SERVICE_COMPONENTS``, after the defaults)."""

    def commit_file(self, identity: Identity, id_: str, file_key: str, record: Any) -> None:  # noqa: ANN401
        """Queue the file, whichever way it came; a remote file is not ours to read."""
        file_record = record.files.get(file_key)
        if file_record is None or file_record.file is None or file_record.transfer.transfer_type in NOT_STORED:
            return
        self.uow.register(ReadFilesOp([file_record.file.file_id]))

    def delete_file(self, identity: Identity, id_: str, file_key: str, record: Any, deleted_file: Any) -> None:  # noqa: ANN401
        """Forget what was read from the file."""
        sheets.forget_counts(record.id)
        _forget([deleted_file])

    def delete_all_files(self, identity: Identity, id_: str, record: Any, results: list[Any]) -> None:
        """Forget what was read from the files."""
        sheets.forget_counts(record.id)
        _forget(results)


class ObsCoreDraftComponent(ServiceComponent):
    """Follows a record's drafts (``RDM_RECORDS_SERVICE_COMPONENTS``, after the defaults)."""

    def edit(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Start from what is published."""
        verification.copy(record.id, Stage.PUBLISHED, draft.id, Stage.DRAFT)
        sheets.forget_counts(draft.id)
        self._read_new_files(draft.id)

    def new_version(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Start from what is published in the version before; its files come by `import_files` or anew."""
        verification.copy(record.id, Stage.PUBLISHED, draft.id, Stage.DRAFT)

    def import_files(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Read what was never read: files that were published before the module came."""
        self._read_new_files(draft.id)

    def publish(self, identity: Identity, draft: Any = None, record: Any = None) -> None:  # noqa: ANN401
        """Read what no hook ever saw (a draft that is older than the module); its rows come when that is done."""
        self.uow.register(ReadFilesOp(file_ids(record.id, Stage.PUBLISHED, unread=True)))

    def delete_draft(self, identity: Identity, draft: Any = None, record: Any = None, force: bool = False) -> None:  # noqa: ANN401
        """Drop a discarded draft's corrections; the files that only it held are forgotten by a periodic task."""
        verification.forget_work(draft.id)
        if force:
            verification.discard(draft.id)

    def _read_new_files(self, draft_uuid: UUID) -> None:
        self.uow.register(ReadFilesOp(file_ids(draft_uuid, Stage.DRAFT, unread=True)))


def _forget(files: list[Any]) -> None:
    stored = [file.object_version.file_id for file in files if file.object_version is not None]
    drop_unreferenced(file_id for file_id in stored if file_id is not None)
