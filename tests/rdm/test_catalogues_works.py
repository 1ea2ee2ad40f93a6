"""Tasks for documentalists while others go on: nothing stale is taken over, nothing is done twice or kept for good."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sample_files
from invenio_db import db
from researcher import Researcher
from sqlalchemy import update

from invenio_obscore.rdm import products, verification, works
from invenio_obscore.rdm.models import ObsCoreOverlay, ObsCoreWork

ONE = {"products": [{"file": "a.fits", "product": ""}]}
TITLES = {"mapping": "obs_title: concat('Image of ', OBJECT)"}


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[..., int]) -> str:
    """A draft with two images, of which the first one's target is corrected."""
    draft = researcher.draft({f"{name}.fits": sample_files.image(OBJECT=name) for name in "ab"})
    read_queued()
    edit(researcher, draft, 0, action="set", column="target_name", value="CORRECTED", selection=ONE)
    run_tasks("none")
    return draft


def edit(who: Researcher, recid: str, revision: int, status: int = 200, **body: Any) -> Any:
    headers = {"If-Match": f'"{revision}"'}
    return who.request("POST", f"/records/{recid}/draft/obscore/edits", json=body, headers=headers, status=status).json


def get(who: Researcher, recid: str, path: str, status: int = 200, **query: Any) -> Any:
    return who.request("GET", f"/records/{recid}/draft/obscore/{path}", query_string=query, status=status).json


def rerun(who: Researcher, recid: str, **body: Any) -> str:
    path = f"/records/{recid}/draft/obscore/reruns"
    return str(who.request("POST", path, json={**TITLES, **body}, status=202).json["id"])


def accept(who: Researcher, recid: str, name: str, revision: int, status: int = 200) -> Any:
    headers = {"If-Match": f'"{revision}"'}
    path = f"/records/{recid}/draft/obscore/reruns/{name}/accept"
    return who.request("POST", path, headers=headers, status=status).json


def meanwhile(call: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Somebody else does this, in a transaction of their own, and is done."""
    other = threading.Thread(target=call, args=arguments, kwargs=options)
    other.start()
    other.join(60)
    assert not other.is_alive()


def computed_for(name: str) -> int:
    """Products that were computed for a rerun."""
    return ObsCoreOverlay.query.filter_by(record_uuid=UUID(name)).count()


def column(who: Researcher, recid: str, name: str) -> dict[str, Any]:
    shown = get(who, recid, "products", columns=name, sort="file", show="all")
    assert shown["complete"] is True
    return {p["file"]: p["row"].get(name) for p in shown["products"]}


def test_a_rerun_of_a_file_that_was_replaced_since_is_not_taken_over(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], read_queued: Callable[[], int]
) -> None:
    name = rerun(researcher, recid)
    run_tasks()
    assert get(researcher, recid, f"reruns/{name}")["state"] == "done"
    researcher.delete_file(recid, "a.fits")
    researcher.upload(recid, "a.fits", sample_files.image(OBJECT="NEWFILE"))
    read_queued()
    assert get(researcher, recid, f"reruns/{name}")["state"] == "stale"
    accept(researcher, recid, name, 1, 412)
    name = rerun(researcher, recid)
    run_tasks()
    assert accept(researcher, recid, name, 1)["revision"] == 2
    assert column(researcher, recid, "target_name") == {"a.fits": "CORRECTED", "b.fits": "b"}
    assert column(researcher, recid, "obs_title") == {"a.fits": "Image of NEWFILE", "b.fits": "Image of b"}


def test_a_page_that_is_overtaken_by_an_edit_shows_nothing_stale_later(
    researcher: Researcher, read_queued: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = sample_files.archive({f"{name}.fits": sample_files.image(OBJECT=name) for name in "xy"})
    recid = researcher.draft({"c.zip": archive})
    read_queued()
    second = {"file": "c.zip", "product": "y.fits#"}
    body = {"action": "set", "column": "target_name", "selection": {"products": [second]}}
    edit(researcher, recid, 0, value="CORRECTED", **body)
    assert column(researcher, recid, "target_name") == {"c.zip": "CORRECTED"}
    read_corrections, values = verification.corrections_of, ["AGAIN"]

    def overtaken(*arguments: Any) -> Any:
        found = read_corrections(*arguments)
        if values:  # between what the page reads first and what it reads next
            meanwhile(edit, researcher, recid, 1, value=values.pop(), **body)
        return found

    monkeypatch.setattr(verification, "corrections_of", overtaken)
    get(researcher, recid, "product", **second)
    assert get(researcher, recid, "products")["revision"] == 2
    assert column(researcher, recid, "target_name") == {"c.zip": "AGAIN"}


@pytest.mark.parametrize(("module", "step"), [(products, "compute_all"), (verification, "corrections")])
def test_a_rerun_that_is_dropped_while_it_runs_leaves_nothing(
    researcher: Researcher,
    recid: str,
    run_tasks: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    app: Any,
    module: Any,
    step: str,
) -> None:
    name, calls, do = rerun(researcher, recid), [], getattr(module, step)

    def dropped(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            path = f"/records/{recid}/draft/obscore/reruns/{name}"
            meanwhile(researcher.request, "DELETE", path, status=204)
        return do(*arguments, **options)

    monkeypatch.setattr(module, step, dropped)
    run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    assert len(calls) == 1, "it ends at once"
    get(researcher, recid, f"reruns/{name}", 404)
    with app.app_context():
        assert computed_for(name) == 0


def test_few_reruns_are_kept_and_none_of_what_is_published(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], publish: Callable[[str], Any], app: Any
) -> None:
    names = []
    for number in range(4):
        names.append(rerun(researcher, recid, mapping=f"obs_title: '{number}'"))
        run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    waiting, last = rerun(researcher, recid), rerun(researcher, recid)
    shown = get(researcher, recid, "reruns")["reruns"]
    assert [(each["id"], each["state"]) for each in shown] == [
        (last, "running"),
        (names[3], "done"),
        (names[2], "done"),
    ], "the one that was still waiting, too, makes room"
    get(researcher, recid, f"reruns/{waiting}", 404)
    run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    with app.app_context():
        assert [computed_for(each) for each in (names[0], names[3], last)] == [0, 1, 1]
    publish(recid)
    with app.app_context():
        assert [computed_for(each) for each in (names[3], last)] == [0, 0]
    researcher.edit(recid)
    assert get(researcher, recid, "reruns")["reruns"] == []


@pytest.mark.parametrize("is_published", [False, True])
def test_a_discarded_draft_takes_its_reruns_along(
    researcher: Researcher,
    recid: str,
    run_tasks: Callable[..., int],
    publish: Callable[[str], Any],
    app: Any,
    is_published: bool,
) -> None:
    if is_published:
        publish(recid)
        researcher.edit(recid)
    name = rerun(researcher, recid)
    run_tasks()
    with app.app_context():
        assert computed_for(name) == 1
    researcher.discard(recid)
    with app.app_context():
        assert computed_for(name) == 0


def silent_since_long(name: str, attempts: int) -> None:
    """As if nobody had said anything about the work for ten minutes."""
    values = {"touched_at": datetime.now(UTC) - timedelta(minutes=10), "attempts": attempts}
    db.session.execute(update(ObsCoreWork).filter_by(id=UUID(name)).values(**values))
    db.session.commit()


def test_work_at_which_somebody_is_for_long_is_left_to_them(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], app: Any
) -> None:
    name = rerun(researcher, recid)
    run_tasks("none")
    claimed = []

    def come_by() -> None:
        with app.app_context():
            claimed.append(works.claim(UUID(name)))
            works.sweep()

    with app.app_context():
        silent_since_long(name, attempts=3)
        assert works.is_wanted(UUID(name))  # as in the transaction of a long edit
        meanwhile(come_by)
        db.session.rollback()
    assert claimed == [None]
    assert get(researcher, recid, f"reruns/{name}")["state"] == "running"
    assert run_tasks() == 0, "it is not sent to another one"
    with app.app_context():
        works.sweep()
    shown = get(researcher, recid, f"reruns/{name}")
    assert (shown["state"], "stopped 3 times" in shown["message"]) == ("failed", True), "now nobody is"


def test_work_that_waits_its_turn_is_not_sent_by_each_sweep(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], app: Any
) -> None:
    name = rerun(researcher, recid)
    run_tasks("none")
    with app.app_context():
        silent_since_long(name, attempts=0)
        works.sweep()
        works.sweep()
    assert run_tasks("invenio_obscore.rdm.catalogues.tasks.attend") == 1
    assert get(researcher, recid, f"reruns/{name}")["state"] == "done"


def test_what_nobody_foresaw_is_said_and_logged(
    researcher: Researcher,
    recid: str,
    run_tasks: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("password of the database")

    name = rerun(researcher, recid)
    monkeypatch.setattr(products, "compute_all", broken)
    run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    shown = get(researcher, recid, f"reruns/{name}")
    assert shown["state"] == "failed"
    assert "in the log" in shown["message"]
    assert "password" not in shown["message"]
    assert "password of the database" in caplog.text


def test_all_that_matches_is_refused_as_long_as_files_are_read(
    researcher: Researcher, recid: str, read_queued: Callable[[], int]
) -> None:
    every = {"action": "set", "column": "obs_title", "value": "T", "selection": {"matching": {}}}
    researcher.upload(recid, "c.fits", sample_files.image())
    assert "Files are still being read" in edit(researcher, recid, 1, 503, **every)["message"]
    edit(researcher, recid, 1, action="set", column="obs_title", value="One", selection=ONE)
    researcher.upload(recid, "broken.fits", sample_files.image()[:1000])
    read_queued()
    assert edit(researcher, recid, 2, **every)["cells"] == 3, "what cannot be read is not waited for"


def test_a_task_changes_no_more_rows_than_were_chosen(
    researcher: Researcher,
    recid: str,
    run_tasks: Callable[..., int],
    read_queued: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.history.AT_ONCE", 1)
    every = {"action": "set", "column": "obs_title", "value": "T", "selection": {"matching": {}}}
    begun = edit(researcher, recid, 1, 202, **every)
    researcher.upload(recid, "c.fits", sample_files.image())
    read_queued()
    run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    shown = get(researcher, recid, f"edits/{begun['task']}")
    assert (shown["state"], "Other rows match now" in shown["message"]) == ("failed", True)
    assert column(researcher, recid, "obs_title") == {"a.fits": None, "b.fits": None, "c.fits": None}


def test_pages_that_come_by_ask_a_task_once(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.products._MANY", 1)  # so many that no request lays them over
    researcher.verify(recid, 1, **TITLES, corrections={"a.fits": {"": {"target_name": "CORRECTED"}}})
    run_tasks("none")
    for _ in range(3):
        assert get(researcher, recid, "products")["complete"] is False
    assert run_tasks("invenio_obscore.rdm.tasks.prepare_draft") == 1
    assert column(researcher, recid, "target_name") == {"a.fits": "CORRECTED", "b.fits": "b"}
