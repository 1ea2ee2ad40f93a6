"""``invenio obscore deposit``: a directory becomes drafts, each file once, however often it is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from instance import Instance
from researcher import Researcher
from sample_files import image

DESCRIPTION = """title: Fields of the survey
creators: ["Leavitt, Henrietta"]
"""

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def deposit(app: Any, researcher: Researcher, tmp_path: Path) -> Run:
    """Runs ``invenio obscore deposit DIR …`` for the researcher: exit status and what was printed."""
    about = tmp_path / "about.yaml"
    about.write_text(DESCRIPTION)

    def run(directory: Path, *more: str, metadata: bool = True) -> tuple[int, str]:
        from invenio_obscore.rdm.cli import obscore

        arguments = ["deposit", str(directory), "--user", "researcher@example.org", *more]
        arguments += ["--metadata", str(about)] if metadata else []
        result = app.test_cli_runner().invoke(obscore, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    return run


@pytest.fixture
def settings(app: Any) -> Any:
    """Settings that a test may change."""
    before = dict(app.config)
    yield app.config
    app.config.clear()
    app.config.update(before)


def _catalogue(directory: Path, count: int, first: int = 0) -> dict[str, bytes]:
    files = {f"field-{n:03}.fits": image(OBJECT=f"Field {n}", ra=n + 0.5) for n in range(first, first + count)}
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return files


def _recids(output: str) -> list[str]:
    return re.findall(r"/uploads/([\w-]+)", output)


def _files(researcher: Researcher, recid: str) -> dict[str, int]:
    entries = researcher.request("GET", f"/records/{recid}/draft/files", status=200).json["entries"]
    return {entry["key"]: entry["size"] for entry in entries}


def _products(researcher: Researcher, recid: str) -> list[str]:
    query = {"size": 100, "sort": "target_name"}
    found = researcher.request("GET", f"/records/{recid}/draft/obscore/products", query_string=query, status=200).json
    return [f"{each['file']} {each['member']} {each['row']['target_name']}" for each in found["products"]]


def test_a_directory_becomes_a_draft_that_can_be_published(
    deposit: Run, researcher: Researcher, read_queued: Callable[[], int], tmp_path: Path
) -> None:
    files = _catalogue(tmp_path / "survey", 3)
    mapping = tmp_path / "survey.map"
    mapping.write_text("obs_title: 'The survey'\n")
    status, output = deposit(tmp_path / "survey", "--mapping", str(mapping))
    assert status == 0, output
    (recid,) = _recids(output)
    assert _files(researcher, recid) == {name: len(content) for name, content in files.items()}
    read_queued()
    assert _products(researcher, recid) == [f"field-{n:03}.fits  Field {n}" for n in range(3)]
    researcher.publish(recid)
    rows = researcher.rows(recid)
    assert {row["target_name"] for row in rows} == {"Field 0", "Field 1", "Field 2"}
    assert {row["obs_title"] for row in rows} == {"The survey"}
    status, output = deposit(tmp_path / "survey")
    assert status == 1, output
    assert f"published as record {recid}" in output
    researcher.edit(recid)
    assert f"published as record {recid}" in deposit(tmp_path / "survey")[1]
    status, output = deposit(tmp_path / "survey", "--new")
    assert status == 0, output
    assert _recids(output) != [recid]


def test_running_it_again_adds_what_is_new_and_nothing_twice(
    deposit: Run, researcher: Researcher, tmp_path: Path
) -> None:
    _catalogue(tmp_path / "survey", 2)
    (recid,) = _recids(deposit(tmp_path / "survey")[1])
    before = _files(researcher, recid)
    _catalogue(tmp_path / "survey", 1, first=2)
    (tmp_path / "survey/field-000.fits").write_bytes(b"else")
    status, output = deposit(tmp_path / "survey", metadata=False)
    assert _recids(output) == [recid]
    assert status == 1, output
    assert "field-000.fits: It changed since it was deposited" in output
    assert "1 file(s) deposited, 2 were there before, 1 left out." in output
    after = _files(researcher, recid)
    researcher.discard(recid)
    assert _recids(deposit(tmp_path / "survey")[1])[0] != recid
    assert after.keys() - before.keys() == {"field-002.fits"}
    assert before.items() <= after.items()


def test_many_files_go_into_containers_and_several_drafts(
    deposit: Run, researcher: Researcher, read_queued: Callable[[], int], settings: Any, tmp_path: Path
) -> None:
    settings.update(OBSCORE_INTAKE_FILES=5, OBSCORE_INTAKE_CONTAINER_MEMBERS=3, OBSCORE_INTAKE_DRAFT_MEMBERS=7)
    _catalogue(tmp_path / "survey", 8)
    (tmp_path / "survey/ReadMe").write_text("nothing")
    status, output = deposit(tmp_path / "survey")
    assert status == 0, output
    first, second = _recids(output)
    assert set(_files(researcher, first)) == {"ReadMe", "survey-0001.zip", "survey-0002.zip"}
    assert set(_files(researcher, second)) == {"survey-0003.zip"}
    read_queued()
    products = _products(researcher, first) + _products(researcher, second)
    assert products == [f"survey-{n // 3 + 1:04}.zip field-{n:03}.fits Field {n}" for n in range(8)]
    drafts = [researcher.request("GET", f"/records/{recid}/draft", status=200).json for recid in (first, second)]
    related = [draft["metadata"]["related_identifiers"] for draft in drafts]
    assert [(each[0]["relation_type"]["id"], each[0]["identifier"]) for each in related] == [
        ("haspart", drafts[1]["links"]["record_html"]),
        ("ispartof", drafts[0]["links"]["record_html"]),
    ]
    assert drafts[1]["metadata"]["title"] == "Fields of the survey (part 2)"
    _catalogue(tmp_path / "survey", 1, first=8)
    status, output = deposit(tmp_path / "survey")
    assert "1 file(s) deposited, 9 were there before, 0 left out." in output
    assert _recids(output) == [first, second]
    assert set(_files(researcher, second)) == {"survey-0003.zip", "survey-0004.zip"}


def test_unreadable_and_vanished_files_end_in_the_report(
    deposit: Run, researcher: Researcher, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the container is being written, one file goes and another one grows."""
    from invenio_obscore.rdm.catalogues import scan

    settings.update(OBSCORE_INTAKE_FILES=2)
    _catalogue(tmp_path / "survey", 4)
    (tmp_path / "survey/link.fits").symlink_to("/etc/passwd")
    as_it_is = scan.Entry.open

    def disturb(entry: scan.Entry) -> Any:
        stream = as_it_is(entry)
        if entry.name == "field-000.fits":
            (tmp_path / "survey/field-001.fits").unlink(missing_ok=True)
        if entry.name == "field-002.fits":
            with open(entry.path, "ab") as growing:
                growing.write(b"more")
        return stream

    report = tmp_path / "left.txt"
    found = scan.scan(str(tmp_path / "survey"))
    monkeypatch.setattr("invenio_obscore.rdm.catalogues.intake.scan", lambda directory: found)
    monkeypatch.setattr(scan.Entry, "open", disturb)
    status, output = deposit(tmp_path / "survey", "--report", str(report))
    assert status == 1, output
    (recid,) = _recids(output)
    assert report.read_text().splitlines() == [
        "field-001.fits: No such file or directory",
        "field-002.fits: It changed while it was read (5760 bytes, then 5764)",
        "link.fits: It is a link; links are not followed",
    ]
    assert set(_files(researcher, recid)) == {"survey-0001.zip"}
    assert "2 file(s) deposited, 0 were there before, 3 left out." in output


def test_duplicates_are_named_and_harmless(deposit: Run, researcher: Researcher, tmp_path: Path) -> None:
    _catalogue(tmp_path / "survey", 1)
    (tmp_path / "survey/copy").mkdir()
    (tmp_path / "survey/copy/field.fits").write_bytes((tmp_path / "survey/field-000.fits").read_bytes())
    status, output = deposit(tmp_path / "survey")
    assert status == 0, output
    assert "field-000.fits: It has the same bytes as copy/field.fits" in output
    assert list(_files(researcher, _recids(output)[0])) == ["copy/field.fits"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "nobody@example.org"], "There is no active user 'nobody@example.org'"),
        (["--community", "no-such"], "There is no community 'no-such'"),
    ],
)
def test_wrong_arguments_make_nothing(
    deposit: Run, sql: Any, tmp_path: Path, arguments: list[str], message: str
) -> None:
    _catalogue(tmp_path / "survey", 1)
    status, output = deposit(tmp_path / "survey", *arguments)
    assert status == 1, output
    assert message in output
    assert sql("SELECT FROM obscore_intake WHERE directory = :directory", directory=str(tmp_path / "survey")) == []


@pytest.fixture
def sql(app: Any) -> Callable[..., list[Any]]:
    """Runs one statement as the application's own user."""

    def run(statement: str, **values: Any) -> list[Any]:
        from invenio_db import db
        from sqlalchemy import text

        with app.app_context(), db.engine.begin() as connection:
            return list(connection.execute(text(statement), values))

    return run


def test_a_wrong_mapping_or_description_makes_nothing(deposit: Run, sql: Any, tmp_path: Path) -> None:
    _catalogue(tmp_path / "survey", 1)
    mapping = tmp_path / "wrong.map"
    mapping.write_text("em_min 500 nm\n")
    assert "line 1, column 8" in deposit(tmp_path / "survey", "--mapping", str(mapping))[1]
    about = tmp_path / "wrong.yaml"
    about.write_text("title: x\npublication_date: yesterday\n")
    status, output = deposit(tmp_path / "survey", "--metadata", str(about), metadata=False)
    assert status == 1, output
    assert "metadata.publication_date" in output
    assert "metadata.creators" in output
    assert "--metadata:\n\ntitle:" in deposit(tmp_path / "survey", metadata=False)[1]
    assert sql("SELECT FROM obscore_intake WHERE directory = :directory", directory=str(tmp_path / "survey")) == []


def test_a_killed_intake_goes_on_without_losing_or_doubling_a_file(
    deposit: Run, instance: Instance, researcher: Researcher, sql: Any, tmp_path: Path
) -> None:
    files = _catalogue(tmp_path / "survey", 30)
    command = [sys.executable, "-m", "flask", "--app", "invenio_app.wsgi", "obscore", "deposit"]
    command += [
        str(tmp_path / "survey"),
        "--user",
        "researcher@example.org",
        "--metadata",
        str(tmp_path / "about.yaml"),
    ]
    environment = {**os.environ, "INVENIO_INSTANCE_PATH": str(instance.path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        stored = (
            "SELECT count(*) FROM rdm_drafts_files f JOIN obscore_intake i ON i.record_uuid = f.record_id"
            " WHERE i.directory = :directory"
        )
        deadline = time.monotonic() + 240
        while sql(stored, directory=str(tmp_path / "survey"))[0][0] < 3:
            assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    status, output = deposit(tmp_path / "survey")
    assert status == 0, output
    before = int(re.findall(r"(\d+) were there before", output)[0])
    assert 3 <= before < 30
    (recid,) = _recids(output)
    assert _files(researcher, recid) == {name: len(content) for name, content in files.items()}
    assert f"{30 - before} file(s) deposited" in output
