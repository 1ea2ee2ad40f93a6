"""What differs from the published rows, what another mapping would change before it counts, and the log of all that."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import sample_files
from instance import applications
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[..., int]) -> str:
    files = {
        "a.fits": sample_files.image(ra=10.0, OBJECT="Alpha"),
        "c.zip": sample_files.archive({"x/1.fits": sample_files.image(ra=30.0, OBJECT="Gamma")}),
    }
    draft = researcher.draft(files)
    read_queued()
    run_tasks("none")
    return draft


def edit(who: Researcher, recid: str, revision: int, **body: Any) -> Any:
    headers = {"If-Match": f'"{revision}"'}
    path = f"/records/{recid}/draft/obscore/edits"
    return who.request("POST", path, json=body, headers=headers, status=200).json


def get(who: Researcher, recid: str, path: str, status: int = 200, **query: Any) -> Any:
    return who.request("GET", f"/records/{recid}/draft/obscore/{path}", query_string=query, status=status).json


ONE = {"products": [{"file": "a.fits", "product": ""}]}


@pytest.mark.parametrize("many", [5000, 0], ids=["all compared", "those whose corrections differ"])
def test_differences_from_what_is_published(
    researcher: Researcher, recid: str, publish: Callable[[str], Any], many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.differences._MANY", many)
    assert get(researcher, recid, "differences")["published"] is False
    publish(recid)
    researcher.edit(recid)
    same = get(researcher, recid, "differences")
    assert (same["published"], same["total"], same["products"]) == (True, 0, [])
    edit(researcher, recid, same["revision"], action="set", column="obs_title", value="T", selection={"matching": {}})
    now = edit(researcher, recid, same["revision"] + 1, action="set", column="s_ra", value=None, selection=ONE)
    shown = get(researcher, recid, "differences", size=1)
    assert (shown["revision"], shown["total"]) == (now["revision"], 2)
    assert shown["counts"] == {
        "changed": 2,
        "added": 0,
        "gone": 0,
        "cells": 3,
        "columns": {"obs_title": 2, "s_ra": 1},
    }
    (first,) = shown["products"]
    assert (first["file"], first["product"], first["kind"]) == ("a.fits", "", "changed")
    assert first["columns"] == {"obs_title": {"was": None, "is": "T"}, "s_ra": {"was": 10.0, "is": None}}
    assert [p["file"] for p in get(researcher, recid, "differences", size=1, page=2)["products"]] == ["c.zip"]


def test_differences_of_very_many_are_found_by_a_task(
    researcher: Researcher,
    recid: str,
    publish: Callable[[str], Any],
    run_tasks: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(recid)
    researcher.edit(recid)
    revision = get(researcher, recid, "differences")["revision"]
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.differences._MANY", 0)
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.differences._MANY_BY_NAME", 1)
    run_tasks("none")
    edit(researcher, recid, revision, action="set", column="obs_title", value="T", selection={"matching": {}})
    for _ in range(2):
        shown = get(researcher, recid, "differences")
        assert (shown["published"], shown["pending"], shown["total"]) == (True, True, 0)
    assert run_tasks() >= 1
    shown = get(researcher, recid, "differences")
    assert (shown["pending"], shown["total"], shown["counts"]["columns"]) == (False, 2, {"obs_title": 2})
    assert [p["file"] for p in shown["products"]] == ["a.fits", "c.zip"]


def test_of_two_members_of_one_name_the_first_is_compared(
    researcher: Researcher, publish: Callable[[str], Any], run_tasks: Callable[..., int]
) -> None:
    twice = BytesIO()
    with zipfile.ZipFile(twice, "w") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        for ra in (30.0, 40.0, 50.0):
            opened.writestr("x/1.fits", sample_files.image(ra=ra))
    draft = researcher.draft({"c.zip": twice.getvalue()})
    publish(draft)
    researcher.edit(draft)
    same = get(researcher, draft, "differences")
    assert (same["published"], same["total"]) == (True, 0)
    one = {"products": [{"file": "c.zip", "product": "x/1.fits#"}]}
    edit(researcher, draft, same["revision"], action="set", column="obs_title", value="T", selection=one)
    shown = get(researcher, draft, "differences")
    assert (shown["total"], shown["counts"]["columns"]) == (1, {"obs_title": 1})
    assert [p["columns"] for p in shown["products"]] == [{"obs_title": {"was": None, "is": "T"}}]


def test_a_new_version_is_compared_with_the_one_before(
    researcher: Researcher, recid: str, publish: Callable[[str], Any], read_queued: Callable[[], int]
) -> None:
    publish(recid)
    new = researcher.new_version(recid, import_files=True)
    researcher.delete_file(new, "a.fits")
    researcher.upload(new, "b.fits", sample_files.image(ra=50.0))
    read_queued()
    shown = get(researcher, new, "differences")
    assert {(p["file"], p["kind"]) for p in shown["products"]} == {("a.fits", "gone"), ("b.fits", "added")}
    assert (shown["counts"]["added"], shown["counts"]["gone"], shown["counts"]["changed"]) == (1, 1, 0)


def test_another_mapping_is_seen_before_it_counts(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int]
) -> None:
    revision = edit(researcher, recid, 0, action="set", column="target_name", value="Mine", selection=ONE)["revision"]
    run_tasks()
    before = get(researcher, recid, "products", sort="file")["products"]
    base = f"/records/{recid}/draft/obscore/reruns"
    body = {"mapping": "obs_title: concat('Image of ', OBJECT)\ntarget_name := 'Mapped'", "extractor": "present"}
    name = researcher.request("POST", base, json=body, status=202).json["id"]
    assert get(researcher, recid, f"reruns/{name}")["state"] == "running"
    headers = {"If-Match": f'"{revision}"'}
    researcher.request("POST", f"{base}/{name}/accept", headers=headers, status=412)
    run_tasks()
    shown = get(researcher, recid, f"reruns/{name}")
    assert (shown["state"], shown["done"], shown["total"], shown["total_products"]) == ("done", 2, 2, 2)
    assert shown["counts"]["columns"] == {"obs_title": 2, "target_name": 1}
    assert shown["products"][0]["columns"] == {"obs_title": {"was": None, "is": "Image of Alpha"}}, "corrections win"
    assert get(researcher, recid, "products", sort="file")["products"] == before, "nothing changed yet"
    assert [each["id"] for each in get(researcher, recid, "reruns")["reruns"]] == [name]
    accepted = researcher.request("POST", f"{base}/{name}/accept", headers=headers, status=200).json
    assert accepted["revision"] == revision + 1
    found = researcher.found(recid)
    assert found["mapping"] == body["mapping"]
    listed = get(researcher, recid, "products", sort="file", columns="target_name,obs_title")
    assert [p["row"] for p in listed["products"]] == [
        {"target_name": "Mine", "obs_title": "Image of Alpha"},
        {"target_name": "Mapped", "obs_title": "Image of Gamma"},
    ]
    get(researcher, recid, f"reruns/{name}", 404)


def test_a_rerun_of_rows_that_were_changed_since_is_not_taken_over(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int]
) -> None:
    base = f"/records/{recid}/draft/obscore/reruns"
    name = researcher.request("POST", base, json={"mapping": "obs_title: 'T'"}, status=202).json["id"]
    run_tasks()
    now = edit(researcher, recid, 0, action="set", column="target_name", value="N", selection=ONE)["revision"]
    assert get(researcher, recid, f"reruns/{name}")["state"] == "stale"
    researcher.request("POST", f"{base}/{name}/accept", headers={"If-Match": f'"{now}"'}, status=412)
    researcher.request("POST", f"{base}/{name}/accept", status=428)
    researcher.request("DELETE", f"{base}/{name}", status=204)
    get(researcher, recid, f"reruns/{name}", 404)
    assert researcher.found(recid)["mapping"] == ""


@pytest.mark.parametrize("body", [[], {"mapping": 3}, {"extractor": "old"}, {"more": 1}, {"mapping": "a\0b"}])
def test_what_means_nothing_is_refused(researcher: Researcher, recid: str, body: Any) -> None:
    assert researcher.request("POST", f"/records/{recid}/draft/obscore/reruns", json=body).status_code == 400


def test_a_wrong_mapping_is_not_run(researcher: Researcher, recid: str) -> None:
    body = {"mapping": "obs_title: 'x'\nnothing: 1"}
    answer = researcher.request("POST", f"/records/{recid}/draft/obscore/reruns", json=body, status=400).json
    assert (answer["errors"][0]["field"], answer["errors"][0]["line"]) == ("mapping", 2)
    for name in ("zzz", "00000000-0000-0000-0000-000000000000"):
        get(researcher, recid, f"reruns/{name}", 404)


def test_a_dead_workers_rerun_is_taken_up_by_another(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], app: Any
) -> None:
    base = f"/records/{recid}/draft/obscore/reruns"
    name = researcher.request("POST", base, json={"mapping": "obs_title: 'T'"}, status=202).json["id"]
    run_tasks("none")  # the message is lost with its worker, which had taken it up
    with app.app_context():
        from datetime import UTC, datetime, timedelta
        from uuid import UUID

        from invenio_db import db
        from sqlalchemy import update

        from invenio_obscore.rdm import works
        from invenio_obscore.rdm.models import ObsCoreWork

        assert works.claim(UUID(name)) is not None
        assert works.claim(UUID(name)) is None, "somebody works at it"
        long_ago = datetime.now(UTC) - timedelta(minutes=10)
        db.session.execute(update(ObsCoreWork).filter_by(id=UUID(name)).values(touched_at=long_ago))
        db.session.commit()
        works.sweep()
    run_tasks("invenio_obscore.rdm.catalogues.tasks.attend")
    assert get(researcher, recid, f"reruns/{name}")["state"] == "done"


@pytest.fixture
def audited(app: Any) -> Iterator[None]:
    """The audit log is switched on."""
    for each in applications(app):
        each.config["AUDIT_LOGS_ENABLED"] = True
    yield
    for each in applications(app):
        each.config["AUDIT_LOGS_ENABLED"] = False


def test_each_change_is_in_the_audit_log(
    researcher: Researcher, recid: str, run_tasks: Callable[..., int], audited: None, app: Any
) -> None:
    edit(researcher, recid, 0, action="set", column="obs_title", value="T", selection={"matching": {}})
    path = f"/records/{recid}/draft/obscore"
    researcher.request("POST", f"{path}/edits/undo", headers={"If-Match": '"1"'}, status=200)
    researcher.request("POST", f"{path}/edits/redo", headers={"If-Match": '"2"'}, status=200)
    table = researcher.request("GET", f"{path}/table", status=200).data.replace(b"Gamma", b"Omega")
    researcher.request("PUT", f"{path}/table", data=table, headers={"If-Match": '"3"'}, status=200)
    mapping = {"mapping": "proposal_id: 'P'"}
    researcher.request("PUT", f"{path}/mapping", json=mapping, headers={"If-Match": '"4"'}, status=200)
    run_tasks()
    name = researcher.request("POST", f"{path}/reruns", json={"mapping": ""}, status=202).json["id"]
    run_tasks()
    researcher.request("POST", f"{path}/reruns/{name}/accept", headers={"If-Match": '"5"'}, status=200)
    where = {"file": "a.fits"}
    body = {"corrections": {"target_name": "A"}}
    researcher.request("PATCH", f"{path}/product", query_string=where, json=body, headers={"If-Match": "*"}, status=200)
    with app.app_context():
        from invenio_audit_logs.records.models import AuditLog

        found = AuditLog.query.order_by(AuditLog.created).all()
        entries = [
            (log.action, log.json["metadata"]["cells"], log.json["metadata"]["columns"])
            for log in found
            if log.action.startswith("obscore.") and log.json["resource"]["id"] == recid
        ]
        assert all(log.user_id for log in found)
    assert entries == [
        ("obscore.edit", 2, "obs_title"),
        ("obscore.undo", 2, "obs_title"),
        ("obscore.redo", 2, "obs_title"),
        ("obscore.import", 1, "target_name"),
        ("obscore.mapping", 0, ""),
        ("obscore.rerun", 2, "proposal_id"),
        ("obscore.edit", 1, "target_name"),
    ]
