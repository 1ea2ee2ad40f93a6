"""What a deposit of one ZIP with 5,000 FITS files costs: reading, each action of the panel, publishing.

    python benchmarks/archive.py [--members 5000] [--repeat 5]

Needs the services (``python3 -m services start``); it makes an instance of its own and removes it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measured_instance import application
from researcher import METADATA
from sample_files import catalogue


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--members", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    with application() as app:
        _measure(app, arguments.members, arguments.repeat)
    return 0


def _measure(app: Any, members: int, repeat: int) -> None:
    content = catalogue(members)
    print(f"ZIP of {members} members, {len(content) / 1e6:.1f} MB")
    with app.app_context():
        recid, file_id = _deposit(content)
        _timed("reading and describing", lambda: _attend(file_id))
    identity = _identity()
    for name, action in _actions(identity, recid).items():
        _repeated(app, name, action, repeat)
    with app.app_context():
        _timed("correct all of them", lambda: _correct_all(identity, recid))
    for name, action in _actions(identity, recid).items():
        _repeated(app, f"corrected: {name}", action, repeat)
    with app.app_context():
        _timed("the task that follows", lambda: _prepare(identity, recid))
    for name, action in _actions(identity, recid).items():
        _repeated(app, f"then: {name}", action, repeat)
    _publish(app, identity, recid)
    for name, action in _published_actions(identity, recid).items():
        _repeated(app, name, action, repeat)


def _identity() -> Any:
    from invenio_access.permissions import system_identity

    return system_identity


def _deposit(content: bytes) -> tuple[str, Any]:
    from io import BytesIO

    from invenio_rdm_records.proxies import current_rdm_records_service as service

    identity = _identity()
    recid = str(service.create(identity, METADATA).id)
    drafts = service.draft_files
    drafts.init_files(identity, recid, data=[{"key": "catalogue.zip"}])
    drafts.set_file_content(identity, recid, "catalogue.zip", BytesIO(content))
    file = drafts.commit_file(identity, recid, "catalogue.zip")
    return recid, file._file.file.file_id


def _attend(file_id: Any) -> None:
    from invenio_obscore.rdm.worker import attend

    attend(file_id)


def _draft_uuid(identity: Any, recid: str) -> Any:
    from invenio_obscore.rdm import access

    return access.draft_to_read(identity, recid).id


def _correct_all(identity: Any, recid: str) -> None:
    """What ``POST …/draft/obscore/similar`` does."""
    from invenio_obscore.rdm import corrections, similar

    def alike(draft: Any) -> Any:
        found = similar.find(draft.id, "catalogue.zip", "field/00042.fits#").addresses
        return dict.fromkeys(found, {"instrument_name": "Test Camera", "em_min": 5.5e-7})

    revision = corrections.mapping_of(identity, recid).revision
    corrections.change(identity, recid, revision, alike, what="all that look alike")


def _prepare(identity: Any, recid: str) -> None:
    from invenio_obscore.rdm import products

    products.prepare(_draft_uuid(identity, recid))


def _actions(identity: Any, recid: str) -> dict[str, Callable[[], Any]]:
    from invenio_obscore.rdm import checks, deposits, header, listing, mapping_preview, outlines, similar
    from invenio_obscore.rdm.entries import Query
    from invenio_obscore.rdm.models import Stage

    def correct() -> None:
        revision, _ = listing.read_one(identity, recid, "catalogue.zip", "field/00042.fits#")
        name = f"Target {revision}"
        where = ("catalogue.zip", "field/00042.fits#")
        deposits.correct_product(identity, recid, where, {"target_name": name}, (), revision)

    return {
        "first page": lambda: listing.read(identity, recid, Query()),
        "page 100 by target": lambda: listing.read(identity, recid, Query(page=100, sort="target_name")),
        "search": lambda: listing.read(identity, recid, Query(q="field 00042")),
        "need attention": lambda: listing.read(identity, recid, Query(show="attention", sort="s_ra")),
        "outlines of all": lambda: outlines.of_draft(identity, recid, Query()),
        "check of all": lambda: checks.of_draft(identity, recid),
        "one product": lambda: listing.read_one(identity, recid, "catalogue.zip", "field/00042.fits#"),
        "look and correct": correct,
        "header": lambda: header.read(
            identity, recid, Stage.DRAFT, file_key="catalogue.zip", product="field/00042.fits#"
        ),
        "similar": lambda: similar.find(_draft_uuid(identity, recid), "catalogue.zip", "field/00042.fits#"),
        "mapping preview": lambda: mapping_preview.preview(identity, recid, "obs_title: 'Field'"),
        "GET draft/obscore": lambda: deposits.read_draft(identity, recid, page=1, size=25, window=range(100)),
    }


def _published_actions(identity: Any, recid: str) -> dict[str, Callable[[], Any]]:
    from invenio_obscore.rdm import outlines, published_listing
    from invenio_obscore.rdm.entries import Query

    return {
        "published, page 100": lambda: published_listing.read(identity, recid, Query(page=100, sort="file")),
        "published, outlines of all": lambda: outlines.of_record(identity, recid, Query(sort="file")),
        "published, search": lambda: published_listing.read(identity, recid, Query(q="00042", sort="s_ra")),
    }


def _publish(app: Any, identity: Any, recid: str) -> None:
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    from invenio_obscore.rdm import publication

    spent: list[tuple[float, float]] = []
    original = publication.publish

    def timed(record: Any, uow: Any) -> Any:
        begin, busy = time.perf_counter(), _processor_time()
        try:
            return original(record, uow)
        finally:
            spent.append((time.perf_counter() - begin, _processor_time() - busy))

    publication.publish = timed
    try:
        with app.app_context():
            begin = time.perf_counter()
            service.publish(identity, recid)
            print(f"{'publish, all':32} {time.perf_counter() - begin:8.3f} s")
            print(f"{'publish, the module':32} {spent[0][0]:8.3f} s, processor time {spent[0][1]:.3f} s")
    finally:
        publication.publish = original
    with app.app_context():
        _timed("edit", lambda: service.edit(identity, recid))
        _timed("publish again", lambda: service.publish(identity, recid))


def _processor_time() -> float:
    """Seconds of this process and of its database connection's, which other programs do not lengthen."""
    from invenio_db import db
    from sqlalchemy import text

    backend = db.session.scalar(text("SELECT pg_backend_pid()"))
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _repeated(app: Any, name: str, action: Callable[[], Any], repeat: int) -> None:
    taken = []
    for _ in range(repeat):
        with app.app_context():
            begin = time.perf_counter()
            action()
            taken.append(time.perf_counter() - begin)
    print(f"{name:32} median {1000 * statistics.median(taken):6.0f} ms   worst {1000 * max(taken):6.0f} ms", flush=True)


def _timed(name: str, action: Callable[[], Any]) -> None:
    begin = time.perf_counter()
    action()
    print(f"{name:32} {time.perf_counter() - begin:8.3f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
