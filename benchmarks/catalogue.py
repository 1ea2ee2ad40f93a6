"""What each action of the documentalists' spreadsheet costs on the server, in a draft with 100,000 products.

    python benchmarks/catalogue.py [--files 100] [--members 1000] [--repeat 5]

Products are filled in where extraction would put them: so many ZIP containers of so many members. Needs the services
(``python3 -m services start``); it makes an instance of its own and removes it.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from archive import _identity, _timed
from measured_instance import application
from researcher import METADATA
from sample_files import archive, image

SET_ALL = {"action": "set", "column": "obs_title", "value": "A title", "selection": {"matching": {}}}


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    with application() as app:
        _measure(app, arguments.files, arguments.members, arguments.repeat)
    return 0


def _measure(app: Any, files: int, members: int, repeat: int) -> None:
    with app.app_context():
        recid = _draft(files)
        _timed(f"filling in {files * members} products", lambda: _fill(recid, members))
    identity = _identity()
    for name, action in _looks(identity, recid).items():
        _repeated(app, name, action, repeat)
    for name, action in _edits(identity, recid).items():
        _repeated(app, name, action, repeat, lambda: _work_in(identity, recid))
    with app.app_context():
        _work_in(identity, recid)
        _timed("set for all (the task)", lambda: _edit_all(identity, recid))
    for name, action in {**_looks(identity, recid), **_edits(identity, recid)}.items():
        _repeated(app, f"all corrected: {name}", action, repeat, lambda: _work_in(identity, recid))
    with app.app_context():
        _timed("rerun with another mapping: counting", lambda: _count_rerun(identity, recid))
    _publish(app, identity, recid, repeat)


def _draft(files: int) -> str:
    """A draft with that many containers of one member, read."""
    from io import BytesIO

    from invenio_rdm_records.proxies import current_rdm_records_service as service

    from invenio_obscore.rdm.worker import attend

    identity = _identity()
    recid = str(service.create(identity, METADATA).id)
    drafts = service.draft_files
    content = archive({"m/00000.fits": image(OBJECT="Field 0", EXPTIME=30.0, DATE_OBS="2024-05-06T07:08:09")})
    for number in range(files):
        name = f"catalogue-{number:04}.zip"
        drafts.init_files(identity, recid, data=[{"key": name}])
        drafts.set_file_content(identity, recid, name, BytesIO(content))
        attend(drafts.commit_file(identity, recid, name)._file.file.file_id)
    return recid


def _fill(recid: str, members: int) -> None:
    """Products beside the one of each container."""
    from invenio_db import db
    from sqlalchemy import text, update

    from invenio_obscore.db.inserting import insert_rows
    from invenio_obscore.rdm import access, extractions
    from invenio_obscore.rdm.models import ObsCoreExtracted, ObsCoreExtraction, ObsCoreReading, Stage
    from invenio_obscore.rdm.stored_files import list_files

    draft = access.draft_to_read(_identity(), recid)
    for offset, file in enumerate(list_files(draft.id, Stage.DRAFT)):
        key = (file.file_id, extractions.key_of(file.key, ""))
        ((first, size),) = extractions.documents([key])[key]
        made = [_product(first, offset * members + number, number) for number in range(1, members)]
        rows = [
            {
                "file_id": key[0],
                "key": key[1],
                "number": number,
                "product": extractions.name_of(document),
                "failed": False,
                "size": size,
                "document": document,
                **extractions.sortable(document, extractions.name_of(document)),
            }
            for number, document in enumerate(made, 1)
        ]
        insert_rows(db.session.connection(), ObsCoreExtracted.__table__, rows)
        db.session.execute(update(ObsCoreExtraction).filter_by(file_id=key[0], key=key[1]).values(rows=members))
        db.session.execute(update(ObsCoreReading).filter_by(file_id=key[0]).values(done_count=members))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE obscore_extracted"))


def _product(first: dict[str, Any], place: int, number: int) -> dict[str, Any]:
    document = copy.deepcopy(first)
    document["member"] = f"m/{number:05}.fits"
    document["row"] |= {"target_name": f"Field {place * 7919 % 100_000}", "s_ra": place * 7919 % 360_000 / 1000}
    document["row"] |= {"t_min": 55_000 + place / 10, "em_min": 1e-7 * (1 + place % 50), "obs_id": f"id{place}"}
    return document


def _looks(identity: Any, recid: str) -> dict[str, Callable[[], Any]]:
    from invenio_obscore.rdm import filters, listing
    from invenio_obscore.rdm.catalogues import differences, edits, exchange, overview
    from invenio_obscore.rdm.catalogues.edit_schemas import load_edit
    from invenio_obscore.rdm.entries import Query

    def page(*texts: str, **query: Any) -> Callable[[], Any]:
        return lambda: listing.read(identity, recid, Query(size=200, filters=filters.parse(texts), **query))

    return {
        "list of catalogues": lambda: overview.read(identity, overview.Wanted(attention=False)),
        "first page": page(),
        "page 400 by obs_id": page(page=400, sort="obs_id"),
        "by s_ra, backwards": page(sort="-s_ra"),
        "filter by number": page("s_ra>100", "t_min<60000", sort="em_min"),
        "filter by text": page("target_name~d 7", sort="target_name"),
        "search": page(q="field 77"),
        "empty cells": page("obs_title:empty", sort="t_min"),
        "differences": lambda: differences.read(identity, recid, page=1, size=25),
        "differences, page 400": lambda: differences.read(identity, recid, page=400, size=25),
        "set for all: the answer": lambda: edits.make(identity, recid, _revision(identity, recid), load_edit(SET_ALL)),
        "first row of the table": lambda: next(exchange.export(identity, recid)),
    }


def _edits(identity: Any, recid: str) -> dict[str, Callable[[], Any]]:
    from invenio_obscore.rdm.catalogues import edits, history
    from invenio_obscore.rdm.catalogues.edit_schemas import load_edit

    def edit(body: dict[str, Any]) -> Callable[[], Any]:
        def make() -> None:
            changed = {**body, "value": f"Title {uuid4()}"} if body["action"] == "set" else body
            edits.make(identity, recid, _revision(identity, recid), load_edit(changed))

        return make

    some = [{"file": "catalogue-0003.zip", "product": f"m/{number:05}.fits#"} for number in range(1, 201)]
    cell = {"action": "set", "column": "obs_title", "selection": {"products": some[:1]}}
    return {
        "one cell": edit(cell),
        "set 200": edit({**cell, "selection": {"products": some}}),
        "fill 200 down": edit({"action": "fill", "columns": ["target_name"], "selection": {"products": some}}),
        "set what matches (500)": edit({**cell, "selection": {"matching": {"filter": ["s_ra<1.8"]}}}),
        "undo": lambda: history.repeat(identity, recid, _revision(identity, recid), back=True),
        "redo": lambda: history.repeat(identity, recid, _revision(identity, recid), back=False),
    }


def _revision(identity: Any, recid: str) -> int:
    from invenio_obscore.rdm import corrections

    return corrections.mapping_of(identity, recid).revision


def _draft_uuid(identity: Any, recid: str) -> UUID:
    from invenio_obscore.rdm import access

    return UUID(str(access.draft_to_read(identity, recid).id))


def _edit_all(identity: Any, recid: str) -> None:
    from invenio_obscore.rdm import works
    from invenio_obscore.rdm.catalogues import edits, tasks
    from invenio_obscore.rdm.catalogues.edit_schemas import load_edit

    body = {"edit": SET_ALL, "revision": _revision(identity, recid)}
    total = edits.reach(_draft_uuid(identity, recid), load_edit(SET_ALL))
    work = works.begin(_draft_uuid(identity, recid), identity, "edit", body, total=total)
    tasks.attend(str(work))
    print(" ", works.find(_draft_uuid(identity, recid), "edit", str(work)).message or "done")


def _work_in(identity: Any, recid: str) -> None:
    """What the task does that follows an edit of more than a page."""
    from invenio_obscore.rdm import products

    products.prepare(_draft_uuid(identity, recid))


def _count_rerun(identity: Any, recid: str) -> None:
    """The comparison of a rerun with the same mapping: as many rows on either side."""
    from invenio_obscore.rdm import listing
    from invenio_obscore.rdm.catalogues.differences import Comparison, extracted

    sheet = listing.open_sheet(_draft_uuid(identity, recid))
    compared = Comparison(extracted(sheet.draft_uuid, sheet.keys), extracted(uuid4(), sheet.keys))
    found = compared.differing()
    print(" ", found.counts.to_dict())
    compared.shown(found.names[:25])


def _publish(app: Any, identity: Any, recid: str, repeat: int) -> None:
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    with app.app_context():
        _timed("publish", lambda: service.publish(identity, recid))
    with app.app_context():
        _timed("edit", lambda: service.edit(identity, recid))
    _repeated(app, "published: differences", _looks(identity, recid)["differences"], repeat)
    _repeated(app, "published: one cell", _edits(identity, recid)["one cell"], 1)
    for name in ("differences", "differences, page 400"):
        _repeated(app, f"then: {name}", _looks(identity, recid)[name], repeat)


def _repeated(
    app: Any, name: str, action: Callable[[], Any], repeat: int, before: Callable[[], Any] = lambda: None
) -> None:
    taken, busy = [], []
    for _ in range(repeat):
        with app.app_context():
            before()
        with app.app_context():
            begin, processor = time.perf_counter(), time.process_time()
            action()
            taken.append(time.perf_counter() - begin)
            busy.append(time.process_time() - processor)
    print(
        f"{name:48} median {1000 * statistics.median(taken):6.0f} ms   worst {1000 * max(taken):6.0f} ms"
        f"   (Python {1000 * statistics.median(busy):5.0f} ms)",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
