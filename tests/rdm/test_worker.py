"""With a real worker process: tasks over the real broker, and what its death does to files and records."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sample_files
from instance import FETCH_HOST, FETCH_PORT, Instance
from researcher import Researcher

#: Far beyond what anything takes, for a machine that is busy with other things.
PATIENCE = 180.0


def _until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds:g} s"
        time.sleep(0.05)


def _status(researcher: Researcher, recid: str) -> str:
    return str(researcher.found(recid)["files"][0]["status"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a web server on this machine that has a FITS file."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "m31.fits").write_bytes(sample_files.image())
    with ThreadingHTTPServer(("127.0.0.1", FETCH_PORT), partial(SimpleHTTPRequestHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{FETCH_HOST}"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("module_of_workers")
def test_a_worker_killed_in_mid_extraction_loses_nothing(instance: Instance, researcher: Researcher) -> None:
    instance.stop_workers()
    first = instance.start_worker()
    recid = researcher.draft({"m31.fits": sample_files.image()})
    # The first file of a worker waits for its reader process to start: there is time to kill it in between.
    _until(lambda: _status(researcher, recid) == "running")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert _status(researcher, recid) == "running"
    instance.start_worker()
    _until(lambda: _status(researcher, recid) == "done")


def _kill_readers(group: int, stop: threading.Event) -> None:
    """Kill each reader process of a worker as soon as it appears, as a file that crashes it would."""
    while not stop.wait(0.02):
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                reads = b"invenio_obscore.reader_main" in (process / "cmdline").read_bytes()
                if reads and os.getpgid(int(process.name)) == group:
                    os.kill(int(process.name), signal.SIGKILL)


def test_a_file_that_kills_its_reader_three_times_is_failed(worker: Instance, researcher: Researcher) -> None:
    stop = threading.Event()
    killer = threading.Thread(target=_kill_readers, args=(worker.workers[-1].pid, stop))
    killer.start()
    try:
        bad = researcher.draft({"bad.fits": sample_files.image()})
        _until(lambda: _status(researcher, bad) == "failed")
    finally:
        stop.set()
        killer.join()
    reason = researcher.found(bad)["files"][0]["reason"]
    assert "signal 9" in reason and "3 times" in reason
    good = researcher.draft({"good.fits": sample_files.image()})
    _until(lambda: _status(researcher, good) == "done")


@pytest.mark.usefixtures("module_of_workers")
def test_a_record_published_before_its_file_was_read_gets_its_rows(instance: Instance, researcher: Researcher) -> None:
    instance.stop_workers()
    recid = researcher.draft({"m31.fits": sample_files.image()})
    researcher.publish(recid)
    assert researcher.rows(recid) == []
    instance.start_worker()
    _until(lambda: len(researcher.rows(recid)) == 1)


def test_publishing_in_the_middle_of_reading(worker: Instance, researcher: Researcher) -> None:
    for number in range(5):
        recid = researcher.draft({f"{number}-{part}.fits": sample_files.image() for part in range(3)})
        researcher.publish(recid)
        published: Callable[[], Any] = lambda recid=recid: len(researcher.rows(recid)) == 3  # noqa: E731
        _until(published)


def test_a_fetched_file_is_read(worker: Instance, researcher: Researcher, served: str, appctx: Any) -> None:
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    recid = researcher.draft()
    transfer = {"type": "F", "url": f"{served}/m31.fits"}
    # By default only the system may ask for a fetch (an importer, say).
    service.draft_files.init_files(system_identity, recid, [{"key": "m31.fits", "transfer": transfer}])
    _until(lambda: researcher.found(recid)["counts"]["done"] == 1)


def test_a_new_mapping_is_computed_ahead(worker: Instance, researcher: Researcher, appctx: Any) -> None:
    from invenio_obscore.rdm.models import ObsCoreExtraction

    recid = researcher.draft({"m31.fits": sample_files.image()})
    _until(lambda: _status(researcher, recid) == "done")
    file_id = researcher.found(recid)["files"][0]["file_id"]
    researcher.verify(recid, 0, mapping="obs_title: 'Ahead'")
    _until(lambda: ObsCoreExtraction.query.filter_by(file_id=file_id).count() == 2)
