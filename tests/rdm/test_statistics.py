"""Access statistics: queries are counted without addresses, robots are not, and the pages show it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from researcher import Researcher
from sample_files import image

QUERY = {"LANG": "ADQL", "QUERY": "SELECT TOP 1 obs_id FROM ivoa.obscore", "FORMAT": "csv"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@pytest.fixture
def count_events(app: Any) -> Callable[[], None]:
    """Does what beat and workers do with events."""

    def count() -> None:
        from invenio_queues.proxies import current_queues
        from invenio_search import current_search_client
        from invenio_stats.tasks import aggregate_events, process_events

        def refresh() -> None:
            current_search_client.indices.refresh(index=f"{app.config['SEARCH_INDEX_PREFIX']}*")

        app.extensions["obscore-statistics"].send()
        with app.app_context():
            current_queues.declare()
            process_events(["tap-query", "record-view", "file-download"])
            refresh()
            aggregate_events(["tap-query-agg", "record-view-agg", "file-download-agg"])
            refresh()

    return count


@pytest.fixture(scope="module", autouse=True)
def _templates(instance_app: Any) -> None:
    from invenio_queues.proxies import current_queues

    with instance_app.app_context():
        current_queues.declare()


def test_queries_are_counted_and_robots_are_not(
    app: Any, visitor: Researcher, count_events: Callable[[], None]
) -> None:
    from invenio_search import current_search_client

    from invenio_obscore.rdm import statistics

    for agent in (BROWSER, BROWSER, "Googlebot/2.1 (+http://www.google.com/bot.html)"):
        answer = visitor.client.post("/vo/tap/sync", data=QUERY, headers={"User-Agent": agent})
        assert answer.status_code == 200
    count_events()
    with app.app_context():
        (month,) = statistics.by_month("queries")
        assert (month.count, month.unique) == (2, 1)
        index = f"{app.config['SEARCH_INDEX_PREFIX']}events-stats-tap-query"
        stored = json.dumps(current_search_client.search(index=index, body={"size": 100}))
    assert "127.0.0.1" not in stored
    assert "Firefox" not in stored
    assert "ip_address" not in stored


def test_the_pages_show_what_was_counted(
    app: Any,
    researcher: Researcher,
    visitor: Researcher,
    read_queued: Callable[[], int],
    count_events: Callable[[], None],
) -> None:
    from invenio_accounts.testutils import login_user_via_session
    from invenio_search import current_search_client

    recid = researcher.draft({"counted.fits": image()})
    read_queued()
    researcher.publish(recid)
    headers = {"User-Agent": BROWSER}
    assert visitor.client.get(f"/records/{recid}", headers=headers).status_code == 200
    assert visitor.client.get(f"/records/{recid}/files/counted.fits?download=1", headers=headers).status_code == 200
    count_events()
    with app.app_context():
        current_search_client.indices.refresh(index=f"{app.config['SEARCH_INDEX_PREFIX']}*")
    depositor, operator = app.test_client(), app.test_client()
    with app.app_context():
        login_user_via_session(depositor, email="researcher@example.org")
    page = depositor.get("/me/statistics").get_data(as_text=True)
    assert f'/records/{recid}"' in page
    assert "counted.fits: 1" in page
    for number in ("400", "401", "9" * 30, "-1"):
        assert depositor.get(f"/me/statistics?page={number}").status_code == 200, number
    assert visitor.client.get("/me/statistics").status_code in (302, 401)
    assert operator.get("/administration/obscore-statistics").status_code in (302, 401, 403)


def test_the_operator_sees_all(app: Any, administrator: Researcher) -> None:
    from invenio_accounts.testutils import login_user_via_session

    client = app.test_client()
    with app.app_context():
        login_user_via_session(client, email="admin@example.org")
    page = client.get("/administration/obscore-statistics")
    assert page.status_code == 200
    assert "Queries (TAP)" in page.get_data(as_text=True)


def test_a_broker_that_is_down_costs_no_query(app: Any, visitor: Researcher, monkeypatch: pytest.MonkeyPatch) -> None:
    from invenio_stats import proxies

    def fail(*args: Any) -> None:
        raise OSError("no broker")

    with app.app_context():
        monkeypatch.setattr(type(proxies.current_stats._get_current_object()), "publish", fail)
    assert visitor.client.post("/vo/tap/sync", data=QUERY, headers={"User-Agent": BROWSER}).status_code == 200
    assert app.extensions["obscore-statistics"].send() >= 1
