"""DataCite down, slow, refusing, or answering twice: the real client against the stand-in on a bad day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from datacite_standin import DataCite
from researcher import METADATA, Researcher
from sample_files import image

from services.datacite_standin.faults import Fault

FAULTS = ("error", "throttled", "refused", "reset", "garbage", "lost", "slow")


@pytest.fixture(autouse=True)
def _impatient(app: Any, datacite: DataCite, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give DataCite a second, and make it well again afterwards; what other tests left is no concern of these."""
    from invenio_db import db
    from sqlalchemy import delete

    from invenio_obscore.rdm.doi_backlog import ObsCoreDoiBacklog

    with app.app_context():
        db.session.execute(delete(ObsCoreDoiBacklog))
        db.session.commit()
    monkeypatch.setitem(app.config, "DATACITE_TIMEOUT", 1)
    for provider in _providers(app):
        provider.client.__dict__.pop("_api", None)
    yield
    datacite.server.fault = Fault()
    for provider in _providers(app):
        provider.client.__dict__.pop("_api", None)


def _providers(app: Any) -> list[Any]:
    names = ("RDM_PERSISTENT_IDENTIFIER_PROVIDERS", "RDM_PARENT_PERSISTENT_IDENTIFIER_PROVIDERS")
    return [one for name in names for one in app.config[name] if one.name == "datacite"]


def _backlog(app: Any) -> dict[str, tuple[int, str]]:
    from invenio_obscore.rdm import doi_backlog

    with app.app_context():
        return {entry.doi: (entry.attempts, entry.reason) for entry in doi_backlog.entries()}


def _retry(app: Any) -> None:
    from invenio_obscore.rdm import doi_backlog

    with app.app_context():
        doi_backlog.make_due()
        doi_backlog.retry()


def _dois(record: dict[str, Any]) -> set[str]:
    return {record["pids"]["doi"]["identifier"], record["parent"]["pids"]["doi"]["identifier"]}


@pytest.fixture
def publish(researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int]) -> Callable[[], Any]:
    """Publishes a record and runs the tasks that register its DOIs."""

    def publish() -> Any:
        recid = researcher.draft({"a.fits": image(INSTRUME="DOICAM")})
        read_queued()
        run_tasks()
        record = researcher.publish(recid)
        run_tasks()
        return record

    return publish


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_day_delays_the_doi_and_not_the_publication(
    app: Any, datacite: DataCite, researcher: Researcher, publish: Callable[[], Any], kind: str
) -> None:
    datacite.server.fault = Fault(kind, seconds=1.5)
    record = publish()
    assert researcher.request("GET", f"/records/{record['id']}", status=200).json["pids"]["doi"]["identifier"]
    waiting = _backlog(app)
    assert _dois(record) <= set(waiting)
    assert all(waiting[doi][0] == 1 and waiting[doi][1] for doi in _dois(record))

    _retry(app)
    assert all(_backlog(app)[doi][0] == 2 for doi in _dois(record))

    datacite.server.fault = Fault()
    _retry(app)
    assert not _dois(record) & set(_backlog(app))
    for doi in _dois(record):
        assert datacite.attributes(doi.partition("/")[2])["state"] == "findable"


@pytest.mark.parametrize("kind", ["lost", "slow"])
def test_nothing_is_registered_twice(app: Any, datacite: DataCite, publish: Callable[[], Any], kind: str) -> None:
    datacite.server.fault = Fault(kind, seconds=1.5, remaining=2)
    record = publish()
    _retry(app)
    created = [entry["doi"] for entry in datacite.registry.journal() if entry["method"] == "POST"]
    for doi in _dois(record):
        assert created.count(doi.lower()) <= 1
        assert datacite.attributes(doi.partition("/")[2])["state"] == "findable"


def test_a_doi_that_datacite_has_already_is_updated(
    app: Any, datacite: DataCite, researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int]
) -> None:
    """The registration got there, our transaction did not."""
    recid = researcher.draft({"a.fits": image(INSTRUME="DOICAM")})
    read_queued()
    datacite.registry.create({"doi": f"10.5072/{recid}"})
    researcher.publish(recid)
    run_tasks()
    assert datacite.attributes(recid)["state"] == "findable"
    assert f"10.5072/{recid}" not in _backlog(app)


def test_waits_grow_up_to_a_limit(app: Any) -> None:
    from invenio_obscore.rdm import doi_backlog

    with app.app_context():
        waits = [doi_backlog.wait(attempts).total_seconds() for attempts in (1, 2, 3, 40)]
    assert waits == [60, 120, 240, 6 * 3600]


def test_what_is_not_due_waits(app: Any, datacite: DataCite, publish: Callable[[], Any]) -> None:
    from invenio_obscore.rdm.doi import retry_dois

    datacite.server.fault = Fault("error")
    record = publish()
    datacite.server.fault = Fault()
    with app.app_context():
        retry_dois()
    assert _dois(record) <= set(_backlog(app))
    _retry(app)


def _lose_tasks(app: Any, instance: Any, record: Any) -> None:
    """The broker forgets its messages, and time passes."""
    from invenio_db import db
    from sqlalchemy import text

    instance.forget_messages()
    assert not _dois(record) & set(_backlog(app))
    with app.app_context():
        late = text("UPDATE obscore_doi_backlog SET next_attempt = now() WHERE doi = ANY(:dois)")
        assert db.session.execute(late, {"dois": sorted(_dois(record))}).rowcount == 2
        db.session.commit()
    waiting = _backlog(app)
    assert all(waiting[doi] == (0, "the task that tells DataCite was lost") for doi in _dois(record))


def test_a_registration_whose_task_was_lost_is_made_later(
    app: Any, datacite: DataCite, researcher: Researcher, read_queued: Callable[[], int], instance: Any
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME="DOICAM")})
    read_queued()
    record = researcher.publish(recid)
    _lose_tasks(app, instance, record)
    assert datacite.attributes(recid) == {}
    _retry(app)
    assert datacite.attributes(recid)["state"] == "findable"
    assert not _dois(record) & set(_backlog(app))


def test_an_update_whose_task_was_lost_is_made_later_and_registers_nothing_twice(
    app: Any, datacite: DataCite, researcher: Researcher, publish: Callable[[], Any], instance: Any
) -> None:
    record = publish()
    researcher.edit(record["id"])
    researcher.save(record["id"], metadata={**METADATA["metadata"], "title": "Another title"})
    researcher.publish(record["id"])
    _lose_tasks(app, instance, record)
    assert datacite.attributes(record["id"])["titles"][0]["title"] != "Another title"
    _retry(app)
    assert datacite.attributes(record["id"])["titles"][0]["title"] == "Another title"
    assert not _dois(record) & set(_backlog(app))
    created = [entry["doi"] for entry in datacite.registry.journal() if entry["method"] == "POST"]
    assert all(created.count(doi.lower()) == 1 for doi in _dois(record))


def test_an_older_task_does_not_end_what_a_newer_change_is_due(
    app: Any,
    datacite: DataCite,
    researcher: Researcher,
    publish: Callable[[], Any],
    run_tasks: Callable[[], int],
    instance: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A record changes once more while DataCite is told of its last change, and the newest message is lost."""
    from invenio_obscore.rdm.doi import PatientDataCiteProvider

    record = publish()
    titles = ["Newest", "Newer"]
    change = PatientDataCiteProvider._change

    def published_with_another_title() -> None:
        researcher.edit(record["id"])
        researcher.save(record["id"], metadata={**METADATA["metadata"], "title": titles.pop()})
        researcher.publish(record["id"])

    def slowly(*arguments: Any) -> None:
        change(*arguments)
        if titles:
            published_with_another_title()
            instance.forget_messages()

    monkeypatch.setattr(PatientDataCiteProvider, "_change", slowly)
    published_with_another_title()
    run_tasks()
    assert datacite.attributes(record["id"])["titles"][0]["title"] == "Newer"
    _lose_tasks(app, instance, record)
    _retry(app)
    for doi in _dois(record):
        assert datacite.attributes(doi.partition("/")[2])["titles"][0]["title"] == "Newest"
    assert not _dois(record) & set(_backlog(app))


def test_what_is_restricted_meanwhile_leaves_the_backlog(
    app: Any, datacite: DataCite, researcher: Researcher, read_queued: Callable[[], int], instance: Any
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME="DOICAM")})
    read_queued()
    record = researcher.publish(recid)
    researcher.edit(recid)
    researcher.save(recid, access={"record": "restricted", "files": "restricted"})
    researcher.publish(recid)
    _lose_tasks(app, instance, record)
    _retry(app)
    assert datacite.attributes(recid).get("state") != "findable"
    assert not _dois(record) & set(_backlog(app))


def test_a_record_is_deleted_while_datacite_is_down_and_its_doi_is_hidden_later(
    app: Any, datacite: DataCite, administrator: Researcher, run_tasks: Callable[[], int], publish: Callable[[], Any]
) -> None:
    record = publish()
    datacite.server.fault = Fault("reset")
    administrator.delete(record["id"])
    run_tasks()
    assert datacite.attributes(record["id"])["state"] == "findable"
    datacite.server.fault = Fault()
    _retry(app)
    assert datacite.attributes(record["id"])["state"] == "registered"
    assert not _dois(record) & set(_backlog(app))


def test_the_operator_sees_the_backlog_and_the_reason(
    app: Any, datacite: DataCite, publish: Callable[[], Any], administrator: Researcher, visitor: Researcher
) -> None:
    from invenio_accounts.testutils import login_user_via_session

    datacite.server.fault = Fault("refused")
    record = publish()
    client = app.test_client()
    with app.app_context():
        login_user_via_session(client, email="admin@example.org")
    page = client.get("/administration/obscore-dois")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert record["pids"]["doi"]["identifier"] in text
    assert "titles: is refused on purpose" in text
    assert visitor.client.get("/administration/obscore-dois").status_code in (302, 401, 403)
    datacite.server.fault = Fault()
    _retry(app)
