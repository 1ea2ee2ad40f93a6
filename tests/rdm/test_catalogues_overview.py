"""The list of catalogues: who sees which, states and problems, and that nobody else reaches the tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import sample_files
from researcher import Researcher


def listed(who: Researcher, status: int = 200, **query: Any) -> Any:
    return who.request("GET", "/obscore/catalogues", query_string={"size": 100, **query}, status=status).json


def ids(who: Researcher, **query: Any) -> list[str]:
    return [each["id"] for each in listed(who, **query)["catalogues"]]


def entry(who: Researcher, recid: str) -> Any:
    return next(each for each in listed(who)["catalogues"] if each["id"] == recid)


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    draft = researcher.draft({"a.fits": sample_files.image(), "cut.fits": sample_files.image()[:1000], "b.txt": b"no"})
    read_queued()
    return draft


def test_a_draft_with_its_state_and_problems(researcher: Researcher, documentalist: Researcher, recid: str) -> None:
    researcher.request("GET", f"/records/{recid}/draft/obscore/products", status=200)
    for who in (researcher, documentalist):
        shown = entry(who, recid)
        assert (shown["state"], shown["published"], shown["title"]) == ("draft", False, "Observations of M 31")
        assert shown["files"] == {"queued": 0, "running": 0, "done": 1, "failed": 1, "ignored": 1}
        assert (shown["products"], shown["counted"]) == (1, True)
        assert shown["attention"] >= 1  # the file that was cut off
        assert shown["extractor"]["outdated"] is False
        assert shown["links"]["form"].endswith(f"/uploads/{recid}")
        assert shown["links"]["record"] is None
    assert listed(researcher)["may"] == {"all": False}
    assert listed(documentalist)["may"] == {"all": True}


def test_numbers_follow_what_happens_to_a_draft(
    researcher: Researcher, recid: str, read_queued: Callable[[], int]
) -> None:
    def numbers() -> tuple[int, int, bool]:
        shown = entry(researcher, recid)
        return shown["products"], shown["attention"], shown["counted"]

    assert numbers() == (1, 1, True), "nobody has looked into it yet"
    researcher.delete_file(recid, "cut.fits")
    assert numbers() == (1, 0, True)
    researcher.upload(recid, "c.fits", sample_files.image())
    assert numbers()[2] is True, "what is read is not counted before it is"
    read_queued()
    assert numbers() == (2, 0, True)
    researcher.verify(recid, 0, corrections={"c.fits": {"": {"t_min": 58604.2, "t_max": 58604.1}}})
    assert numbers() == (2, 1, True), "the exposure ends before it begins"


def test_states_search_order_and_pages(
    researcher: Researcher, documentalist: Researcher, recid: str, publish: Callable[[str], Any]
) -> None:
    word = f"w{uuid4().hex}"
    metadata = {"title": f"Zeta {word}", "publication_date": "2026-11-21", "publisher": "P"}
    metadata |= {"resource_type": {"id": "dataset"}}
    person = {"type": "personal", "family_name": "Leavitt", "given_name": "Henrietta"}
    metadata["creators"] = [{"person_or_org": person}]
    drafts = [
        researcher.draft({"a.fits": sample_files.image()}, metadata={**metadata, "title": f"{name} {word}"})
        for name in ("Beta", "Alpha")
    ]
    publish(drafts[0])
    assert ids(documentalist, q=word, sort="title") == [drafts[1], drafts[0]]
    assert ids(documentalist, q=word, sort="-title") == drafts
    assert ids(documentalist, q=word, state="published") == [drafts[0]]
    assert ids(documentalist, q=f"ALPHA {word}") == [drafts[1]]
    page = listed(documentalist, q=word, size=1, page=2, sort="title")
    assert ([each["id"] for each in page["catalogues"]], page["total"]) == ([drafts[0]], 2)
    shown = entry(documentalist, drafts[0])
    assert (shown["products"], shown["state"], shown["links"]["edit"][-6:]) == (1, "published", "/draft")
    researcher.edit(drafts[0])
    shown = entry(documentalist, drafts[0])
    assert (shown["state"], shown["published"], shown["links"]["edit"]) == ("draft", True, None)
    assert recid in ids(documentalist)
    empty = researcher.draft({})
    assert empty not in ids(documentalist)


@pytest.mark.parametrize(
    "query", [{"state": "secret"}, {"sort": "owner"}, {"size": 0}, {"page": "x"}, {"attention": "maybe"}, {"q": "a\0b"}]
)
def test_other_parameters_are_refused(documentalist: Researcher, query: Any) -> None:
    assert documentalist.request("GET", "/obscore/catalogues", query_string=query).status_code == 400


def test_nobody_else_reaches_the_tool(
    researcher: Researcher, stranger: Researcher, visitor: Researcher, recid: str
) -> None:
    assert visitor.request("GET", "/obscore/catalogues").status_code in (401, 403)
    assert recid not in ids(stranger)
    body = {"action": "set", "column": "obs_title", "value": "x", "selection": {"matching": {}}}
    name = str(uuid4())
    calls = (
        ("POST", "edits", {"json": body, "headers": {"If-Match": '"0"'}}),
        ("POST", "edits", {"json": body, "headers": {"If-Match": "*"}}),
        ("GET", "edits", {}),
        ("GET", f"edits/{name}", {}),
        ("POST", "edits/undo", {}),
        ("POST", "edits/redo", {}),
        ("GET", "differences", {}),
        ("POST", "reruns", {"json": {}}),
        ("GET", "reruns", {}),
        ("GET", f"reruns/{name}", {}),
        ("POST", f"reruns/{name}/accept", {"headers": {"If-Match": '"0"'}}),
        ("DELETE", f"reruns/{name}", {}),
    )
    for method, path, options in calls:
        answers = {}
        for draft in (recid, "zzzzz-zzz99"):
            answer = stranger.request(method, f"/records/{draft}/draft/obscore/{path}", **options)
            answers[draft] = (answer.status_code, answer.json)
        assert answers[recid][0] == 403, path
        assert len({str(answer) for answer in answers.values()}) == 1, (
            "who may not see it does not learn that it is there"
        )
        # A visitor's browser without a token against forged requests is refused before anything else: 400.
        assert visitor.request(method, f"/records/{recid}/draft/obscore/{path}", **options).status_code in (
            400,
            401,
            403,
        )
    assert researcher.request("GET", f"/records/{recid}/draft/obscore/products", status=200).json["revision"] == 0


def test_a_documentalist_curates_what_others_own(
    researcher: Researcher, documentalist: Researcher, recid: str, publish: Callable[[str], Any]
) -> None:
    body = {"action": "set", "column": "obs_title", "value": "By a documentalist", "selection": {"matching": {}}}
    path = f"/records/{recid}/draft/obscore/edits"
    documentalist.request("POST", path, json=body, headers={"If-Match": '"0"'}, status=200)
    researcher.delete_file(recid, "cut.fits")
    publish(recid)
    assert {row["obs_title"] for row in researcher.rows(recid)} == {"By a documentalist"}
    documentalist.request("POST", f"/records/{recid}/draft", status=201)
    assert documentalist.request("GET", "/records/zzzzz-zzz99/draft/obscore/differences").status_code == 404


@pytest.fixture
def community(
    researcher: Researcher, make_researcher: Callable[..., Researcher], appctx: Any
) -> tuple[str, Researcher]:
    """A community, and a curator of it."""
    from flask_principal import Identity
    from invenio_access.permissions import system_identity
    from invenio_accounts.proxies import current_datastore
    from invenio_communities.members.records.api import Member
    from invenio_communities.proxies import current_communities
    from invenio_communities.utils import on_user_membership_change
    from invenio_db import db

    name = f"c{uuid4().hex[:10]}"
    curator = make_researcher(f"curator-{name}@example.org")
    user = current_datastore.get_user(f"curator-{name}@example.org")
    data = {"slug": name, "metadata": {"title": f"Community {name}"}, "access": {"visibility": "public"}}
    made = current_communities.service.create(system_identity, data)
    Member.create({}, community_id=made.id, user_id=user.id, role="curator", visible=True, active=True)
    db.session.commit()
    on_user_membership_change(Identity(user.id))  # what is cached of an account of this number in another database
    return str(made.id), curator


def test_a_communitys_curators_see_its_deposits(
    researcher: Researcher, recid: str, community: tuple[str, Researcher]
) -> None:
    community_id, curator = community
    assert recid not in ids(curator)
    request = {"receiver": {"community": community_id}, "type": "community-submission"}
    researcher.request("PUT", f"/records/{recid}/draft/review", json=request, status=200)
    assert recid not in ids(curator), "chosen in the form, but not sent yet"
    researcher.request("POST", f"/records/{recid}/draft/actions/submit-review", json={}, status=202)
    shown = entry(curator, recid)
    assert (shown["state"], shown["community"]["title"][:9]) == ("review", "Community")
    assert ids(curator, state="review") == [recid]
    body = {"action": "set", "column": "obs_title", "value": "Curated", "selection": {"matching": {}}}
    path = f"/records/{recid}/draft/obscore/edits"
    curator.request("POST", path, json=body, headers={"If-Match": '"0"'}, status=200)
