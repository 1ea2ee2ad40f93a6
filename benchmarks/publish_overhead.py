"""What publishing costs with the module and without it: the same record of 1, 100 and 300 FITS files.

    python benchmarks/publish_overhead.py [--files 1 100 300] [--repeat 3]

Needs the services (``python3 -m services start``); it makes an instance of its own and removes it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from measured_instance import application
from researcher import METADATA
from sample_files import image


@dataclass(frozen=True)
class Cost:
    """One publication."""

    seconds: float
    statements: int


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, nargs="+", default=[1, 100, 300])
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with application() as app:
        _measure_all(app, arguments.files, arguments.repeat)
    return 0


def _measure_all(app: Any, sizes: list[int], repeat: int) -> None:
    print(f"{'files':>5} {'':>10} {'seconds':>9} {'statements':>11}")
    _publish(app, 1, module=True)  # the first one warms caches up
    for files in sizes:
        # Alternating, so that a machine that grows slower or faster does not favour one side.
        runs = [(_publish(app, files, module=False), _publish(app, files, module=True)) for _ in range(repeat)]
        without, with_module = (_median([pair[side] for pair in runs]) for side in (0, 1))
        print(f"{files:>5} {'without':>10} {without.seconds:>9.3f} {without.statements:>11}")
        print(f"{files:>5} {'with':>10} {with_module.seconds:>9.3f} {with_module.statements:>11}")
        time_share = with_module.seconds / without.seconds - 1
        statement_share = with_module.statements / without.statements - 1
        print(f"{files:>5} {'more':>10} {time_share:>9.1%} {statement_share:>11.1%}", flush=True)


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.seconds for c in costs), int(statistics.median(c.statements for c in costs)))


def _publish(app: Any, files: int, *, module: bool) -> Cost:
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    with _module(app, on=module), app.app_context():
        recid = _deposit(files)
        if module:
            _read_files()
    with _module(app, on=module), app.app_context(), _counted() as counted:
        begin = time.perf_counter()
        service.publish(system_identity, recid)
        return Cost(time.perf_counter() - begin, counted[0])


@contextmanager
def _module(app: Any, *, on: bool) -> Iterator[None]:
    """Without: InvenioRDM's own components only."""
    lists = ("RDM_RECORDS_SERVICE_COMPONENTS", "RDM_DRAFT_FILES_SERVICE_COMPONENTS")
    present = {name: app.config[name] for name in lists}
    if not on:
        for name in lists:
            app.config[name] = [c for c in present[name] if not c.__module__.startswith("invenio_obscore")]
    try:
        yield
    finally:
        app.config.update(present)


def _deposit(files: int) -> str:
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    recid = str(service.create(system_identity, METADATA).id)
    drafts = service.draft_files
    keys = [f"field-{number:03d}.fits" for number in range(files)]
    drafts.init_files(system_identity, recid, data=[{"key": key} for key in keys])
    for number, key in enumerate(keys):
        content = image(ra=number % 360, OBJECT=f"Field {number}", EXPTIME=30.0, DATE_OBS="2024-05-06T07:08:09")
        drafts.set_file_content(system_identity, recid, key, BytesIO(content))
        drafts.commit_file(system_identity, recid, key)
    return recid


def _read_files() -> None:
    from invenio_db import db
    from sqlalchemy import select

    from invenio_obscore.rdm.models import ObsCoreReading, Status
    from invenio_obscore.rdm.worker import attend

    for file_id in list(db.session.scalars(select(ObsCoreReading.file_id).filter_by(status=Status.QUEUED))):
        attend(file_id)


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Count the statements that the database gets."""
    from invenio_db import db
    from sqlalchemy import event

    count = [0]

    def note(*arguments: Any) -> None:
        count[0] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield count
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


if __name__ == "__main__":
    sys.exit(main())
