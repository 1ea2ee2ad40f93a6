"""The check for invenio-checks: what clients of the VO would miss, for depositors and reviewers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sample_files
from instance import applications
from researcher import Researcher


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    members = {f"z{number}.fits": sample_files.image(DATE_OBS="2019-05-01T03:00:00") for number in range(3)}
    files = {"all.zip": sample_files.archive(members), "m31.fits": sample_files.image(), "broken.fits": b"no FITS"}
    draft = researcher.draft(files)
    read_queued()
    researcher.found(draft)
    return draft


def _run(app: Any, recid: str, severity: str = "INFO") -> Any:
    from invenio_checks.models import CheckConfig, Severity
    from invenio_rdm_records.proxies import current_rdm_records_service

    from invenio_obscore.rdm.checks import ObsCoreCheck

    with app.app_context():
        draft = current_rdm_records_service.draft_cls.pid.resolve(recid, registered_only=False)
        config = CheckConfig(check_id="obscore", params={}, severity=Severity[severity])
        return ObsCoreCheck().run(draft, config).to_dict()


def test_what_is_missing_is_counted_by_kind(app: Any, researcher: Researcher, recid: str) -> None:
    found = _run(app, recid)
    messages = [error["messages"][0] for error in found["errors"]]
    assert any("1 of 4 data products: t_min is missing" in message for message in messages)
    assert any("4 of 4 data products: em_min is missing" in message for message in messages)
    assert {error["severity"] for error in found["errors"]} == {"info"}
    assert found["success"]


def test_what_was_corrected_is_missing_no_more(app: Any, researcher: Researcher, recid: str) -> None:
    corrections = {"m31.fits": {"": {"t_min": 58604.125, "t_max": 58604.126}}}
    researcher.verify(recid, 0, corrections=corrections)
    messages = [error["messages"][0] for error in _run(app, recid)["errors"]]
    assert not any("t_min is missing" in message for message in messages)


def test_an_error_is_found_in_a_product_that_else_is_complete(
    app: Any, researcher: Researcher, recid: str, read_queued: Callable[[], int]
) -> None:
    researcher.verify(recid, 0, corrections={"m31.fits": {"": {"em_min": 5e-7, "em_max": 6e-7, "t_min": 58604.125}}})
    researcher.verify(recid, 1, corrections={"all.zip": {"z2.fits#": {"em_min": 6e-7, "em_max": 5e-7}}})
    (first, *_) = _run(app, recid, "FAIL")["errors"]
    assert first["messages"][0].startswith("1 of 4 data products, against the standard")


def test_it_waits_for_corrections_that_a_task_works_in(
    app: Any, researcher: Researcher, recid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    researcher.verify(recid, 0, corrections={"m31.fits": {"": {"t_min": 58604.125, "t_max": 58604.126}}})
    monkeypatch.setattr("invenio_obscore.rdm.products._MANY", 1)
    monkeypatch.setattr("invenio_obscore.rdm.sheets.is_laid", lambda *_: False)
    found = _run(app, recid, "FAIL")
    assert any("still being worked in" in error["messages"][0] for error in found["errors"])
    assert not found["success"]


def test_what_breaks_the_standard_blocks_where_the_operator_says_so(
    app: Any, researcher: Researcher, recid: str
) -> None:
    researcher.verify(recid, 0, mapping="s_ra := 400")
    assert researcher.found(recid)["mapping"]
    (first, *_) = _run(app, recid)["errors"]
    assert "against the standard" in first["messages"][0]
    assert first["severity"] == "info"
    found = _run(app, recid, "FAIL")
    assert found["errors"][0]["severity"] == "error"
    assert not found["success"]


def test_its_configuration_is_made_once(app: Any, instance_app: Any) -> None:
    from invenio_db import db

    from invenio_obscore.rdm.checks import ensure_config

    with app.app_context():
        assert ensure_config()
        assert not ensure_config()
        db.session.rollback()


def test_the_form_is_told_what_is_missing_as_the_draft_is_now(researcher: Researcher, recid: str) -> None:
    def messages() -> list[str]:
        answer = researcher.request("GET", f"/records/{recid}/draft/obscore/check", status=200).json
        return [finding["messages"][0] for finding in answer["findings"]]

    assert any("1 of 4 data products: t_min is missing" in message for message in messages())
    researcher.verify(recid, 0, corrections={"m31.fits": {"": {"t_min": 58604.125, "t_max": 58604.126}}})
    assert not any("t_min is missing" in message for message in messages())


def test_nobody_else_is_told(stranger: Researcher, visitor: Researcher, recid: str) -> None:
    assert stranger.request("GET", f"/records/{recid}/draft/obscore/check").status_code == 403
    assert visitor.request("GET", f"/records/{recid}/draft/obscore/check").status_code == 403


@pytest.fixture
def checked(instance_app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The check as an operator switches it on."""
    from invenio_checks.models import CheckConfig, CheckRun
    from invenio_db import db

    from invenio_obscore.rdm.checks import set_up

    for each in applications(instance_app):
        monkeypatch.setitem(each.config, "CHECKS_ENABLED", True)
    with instance_app.app_context():
        assert set_up()
    yield
    with instance_app.app_context():
        db.session.query(CheckRun).delete()
        db.session.query(CheckConfig).delete()
        db.session.commit()


@pytest.mark.usefixtures("checked")
def test_what_reviewers_see_follows_reading_and_corrections(
    instance_app: Any, researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[..., int]
) -> None:
    draft = researcher.draft({"m31.fits": sample_files.image(), "broken.fits": b"no FITS"})
    researcher.save(draft)
    assert any("still being read" in message for message in _kept(instance_app, draft))
    read_queued()
    found = _kept(instance_app, draft)
    assert not any("still being read" in message for message in found)
    assert any("t_min is missing" in message for message in found)
    researcher.verify(draft, 0, corrections={"m31.fits": {"": {"t_min": 58604.125, "t_max": 58604.126}}})
    run_tasks()
    assert not any("t_min is missing" in message for message in _kept(instance_app, draft))


def _kept(app: Any, recid: str) -> list[str]:
    """Messages of the run that invenio-checks keeps of a draft."""
    from invenio_checks.api import ChecksAPI
    from invenio_db import db
    from invenio_rdm_records.proxies import current_rdm_records_service

    with app.app_context():
        draft = current_rdm_records_service.draft_cls.pid.resolve(recid, registered_only=False)
        (run,) = ChecksAPI.get_runs(draft)
        messages = [error["messages"][0] for error in run.result["errors"]]
        db.session.rollback()
    return messages
