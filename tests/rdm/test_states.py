"""The states of reading a file in the database: who may take it, what a death leaves behind, who waits for whom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sample_files
from researcher import Researcher


@pytest.fixture
def queued(researcher: Researcher, appctx: Any) -> Iterator[UUID]:
    """A file of a draft that waits to be read."""
    from invenio_db import db

    from invenio_obscore.rdm.models import ObsCoreReading

    recid = researcher.draft({"m31.fits": sample_files.image()})
    yield UUID(researcher.found(recid)["files"][0]["file_id"])
    db.session.rollback()
    ObsCoreReading.query.delete()
    db.session.commit()


def _row(file_id: UUID) -> Any:
    from invenio_db import db

    from invenio_obscore.rdm.models import ObsCoreReading

    db.session.rollback()
    return db.session.get(ObsCoreReading, file_id, populate_existing=True)


def _age(file_id: UUID, **ages: timedelta) -> None:
    """Move instants of a reading into the past."""
    from invenio_db import db
    from sqlalchemy import func, update

    from invenio_obscore.rdm.models import ObsCoreReading

    values = {name: func.now() - age for name, age in ages.items()}
    db.session.execute(update(ObsCoreReading).filter_by(file_id=file_id).values(**values))
    db.session.commit()


def test_only_one_worker_takes_a_file(queued: UUID) -> None:
    from invenio_obscore.rdm import reading

    held = reading.claim(queued)
    assert held is not None
    assert reading.claim(queued) is None
    assert _row(queued).status == "running"


def test_who_lost_the_lease_writes_nothing(queued: UUID) -> None:
    from invenio_obscore.rdm import reading, sweep
    from invenio_obscore.rdm.models import Status
    from invenio_obscore.rdm.reading import Outcome

    slow = reading.claim(queued)
    assert slow is not None
    _age(queued, lease_until=timedelta(seconds=1))
    sweep.sweep()
    second = reading.claim(queued)
    assert second is not None
    assert not reading.finish(slow, Outcome(Status.DONE, data=b"late"))
    assert reading.finish(second, Outcome(Status.DONE, data=b"right"))
    assert _row(queued).data == b"right"


def test_a_file_that_is_deleted_while_it_is_read_leaves_nothing(researcher: Researcher, appctx: Any) -> None:
    from invenio_obscore.rdm import reading
    from invenio_obscore.rdm.models import Status
    from invenio_obscore.rdm.reading import Outcome

    recid = researcher.draft({"m31.fits": sample_files.image()})
    file_id = UUID(researcher.found(recid)["files"][0]["file_id"])
    held = reading.claim(file_id)
    assert held is not None
    researcher.delete_file(recid, "m31.fits")
    assert not reading.finish(held, Outcome(Status.DONE, data=b"read"))
    assert _row(file_id) is None


def test_a_lease_is_renewed_while_the_worker_lives(queued: UUID, appctx: Any) -> None:
    from invenio_obscore.rdm import reading

    held = reading.claim(queued)
    assert held is not None
    _age(queued, lease_until=timedelta(seconds=1))
    with reading.kept(held):
        threading.Event().wait(appctx.config["OBSCORE_LEASE_SECONDS"] / 3 + 1)
    row = _row(queued)
    assert row.lease_until.timestamp() > row.queued_at.timestamp() + 1


def test_the_third_death_is_the_last(queued: UUID) -> None:
    from invenio_obscore.rdm import reading, sweep

    for attempt in (1, 2, 3):
        held = reading.claim(queued)
        assert held is not None and held.attempts == attempt
        _age(queued, lease_until=timedelta(seconds=1))
        swept = sweep.sweep()
        assert (queued in swept.sent) == (attempt < 3)
    row = _row(queued)
    assert row.status == "failed"
    assert "3 times" in row.reason
    assert reading.claim(queued) is None


def test_an_operator_lets_a_failed_file_be_read_again(queued: UUID, appctx: Any) -> None:
    from invenio_obscore.rdm import reading
    from invenio_obscore.rdm.cli import obscore
    from invenio_obscore.rdm.models import Status
    from invenio_obscore.rdm.reading import Outcome

    held = reading.claim(queued)
    assert held is not None
    reading.finish(held, Outcome(Status.FAILED, "mended since"))
    result = appctx.test_cli_runner().invoke(obscore, ["retry", str(queued)])
    assert "1 file(s)" in result.output
    row = _row(queued)
    assert (row.status, row.attempts, row.reason) == ("queued", 0, "")
    assert "0 file(s)" in appctx.test_cli_runner().invoke(obscore, ["retry"]).output


def test_a_lost_message_is_sent_again_but_not_at_once(queued: UUID) -> None:
    from invenio_obscore.rdm import sweep

    assert queued not in sweep.sweep().sent
    _age(queued, queued_at=timedelta(minutes=1))
    assert queued in sweep.sweep().sent
    assert queued not in sweep.sweep().sent, "each sweep would fill the queue"


def test_while_files_are_being_finished_the_others_only_wait(
    queued: UUID, researcher: Researcher, read_queued: Callable[[], int]
) -> None:
    from invenio_obscore.rdm import sweep

    read_queued()
    recid = researcher.draft({"other.fits": sample_files.image()})
    other = UUID(researcher.found(recid)["files"][0]["file_id"])
    _age(other, queued_at=timedelta(minutes=1))
    assert other not in sweep.sweep().sent
    _age(other, queued_at=timedelta(hours=1))
    assert other in sweep.sweep().sent


def test_a_store_that_does_not_answer_costs_no_attempt(queued: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    from invenio_files_rest.storage import PyFSFileStorage

    from invenio_obscore.rdm.worker import attend

    def unreachable(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route to the store")

    monkeypatch.setattr(PyFSFileStorage, "open", unreachable)
    attend(queued)
    row = _row(queued)
    assert (row.status, row.attempts) == ("queued", 0)
    assert "does not answer" in row.reason
    monkeypatch.undo()
    attend(queued)
    assert _row(queued).status == "done"


def test_a_file_that_vanished_from_the_store_is_failed(queued: UUID) -> None:
    from invenio_files_rest.models import FileInstance

    from invenio_obscore.rdm.worker import attend

    FileInstance.get(queued).storage().delete()
    attend(queued)
    row = _row(queued)
    assert row.status == "failed"
    assert "missing" in row.reason


def test_tasks_of_unknown_files_do_nothing(appctx: Any) -> None:
    from invenio_obscore.rdm.worker import attend

    attend(uuid4())


def test_finishing_waits_for_a_publication_that_looked_before(queued: UUID, appctx: Any) -> None:
    """Else neither would see the other: the record would never get the file's rows."""
    from invenio_db import db

    from invenio_obscore.rdm import reading
    from invenio_obscore.rdm.models import Status
    from invenio_obscore.rdm.reading import Outcome

    held = reading.claim(queued)
    assert held is not None
    finished = threading.Event()

    def finish() -> None:
        with appctx.app_context():
            reading.finish(held, Outcome(Status.DONE, data=b"read"))
            finished.set()

    assert reading.lock_unfinished([queued]) == [queued]
    thread = threading.Thread(target=finish)
    thread.start()
    assert not finished.wait(1), "the publication has not committed yet"
    db.session.commit()
    assert finished.wait(10)
    thread.join()


def test_what_nobody_holds_is_forgotten(queued: UUID, researcher: Researcher) -> None:
    from invenio_db import db

    from invenio_obscore.rdm import sweep
    from invenio_obscore.rdm.models import ObsCoreReading

    orphan = uuid4()
    db.session.add(ObsCoreReading(file_id=orphan))
    db.session.commit()
    for file_id in (orphan, queued):
        _age(file_id, queued_at=timedelta(hours=2))
    sweep.forget()
    assert _row(orphan) is None
    assert _row(queued) is not None


def test_a_late_file_with_the_bytes_of_another_is_a_product_of_its_own(
    researcher: Researcher, read_queued: Callable[[], int]
) -> None:
    recid = researcher.draft({"first.fits": sample_files.image()})
    read_queued()
    researcher.upload(recid, "late.fits", sample_files.image())
    researcher.publish(recid)
    assert len(researcher.rows(recid)) == 1
    read_queued()
    assert len({row["obs_publisher_did"] for row in researcher.rows(recid)}) == 2
