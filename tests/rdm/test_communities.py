"""The default community names the collection; a name that nobody may see any more leaves the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from researcher import Researcher
from sample_files import image


def test_the_collection_follows_the_community(
    app: Any, researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[..., int]
) -> None:
    recid = researcher.draft({"a.fits": image()})
    read_queued()
    researcher.publish(recid)
    run_tasks()
    assert researcher.rows(recid)[0]["obs_collection"] == "Tests"
    community = _create(app, "Survey of M 31")
    _join(app, recid, community)
    run_tasks("invenio_obscore")  # mails about the request are not of interest
    assert researcher.rows(recid)[0]["obs_collection"] == "Survey of M 31"
    _change(app, community, title="Andromeda survey")
    run_tasks()
    assert researcher.rows(recid)[0]["obs_collection"] == "Andromeda survey"
    _delete(app, community)
    run_tasks()
    assert researcher.rows(recid)[0]["obs_collection"] == "Tests"
    fields = researcher.request("GET", f"/records/{recid}").json["custom_fields"]
    assert fields["obscore:collection"] == ["Tests"]


def _data(title: str) -> dict[str, Any]:
    return {"access": {"visibility": "public"}, "slug": "survey-of-m31", "metadata": {"title": title}}


def _create(app: Any, title: str) -> str:
    from invenio_access.permissions import system_identity
    from invenio_communities.proxies import current_communities

    with app.app_context():
        return str(current_communities.service.create(system_identity, _data(title)).id)


def _change(app: Any, community: str, *, title: str) -> None:
    from invenio_access.permissions import system_identity
    from invenio_communities.proxies import current_communities

    with app.app_context():
        current_communities.service.update(system_identity, community, _data(title))


def _delete(app: Any, community: str) -> None:
    from invenio_access.permissions import system_identity
    from invenio_communities.proxies import current_communities

    with app.app_context():
        current_communities.service.delete_community(system_identity, community, data={})


def _join(app: Any, recid: str, community: str) -> None:
    """A curator asks for the record, and the request is accepted."""
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_record_communities_service as communities
    from invenio_requests.proxies import current_requests_service as requests

    with app.app_context():
        asked = {"communities": [{"id": community, "require_review": True}]}
        processed, errors = communities.add(system_identity, recid, asked)
        assert not errors
        requests.execute_action(system_identity, processed[0]["request_id"], "accept")
