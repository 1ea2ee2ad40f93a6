"""Whose query it is: behind proxies, and on the page for people."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from invenio_obscore.errors import ConfigurationError, ServiceError
from invenio_obscore.vo.application import tap_service
from invenio_obscore.vo.clients import ClientLimit

QUERY = {"LANG": "ADQL", "QUERY": "SELECT TOP 1 target_name FROM ivoa.obscore"}
ONE_EACH = {"OBSCORE_TAP_QUERIES_PER_CLIENT": "1"}


@pytest.fixture
def make_app(settings):
    from invenio_obscore.vo.wsgi import create_app

    return lambda **more: create_app({**settings, **ONE_EACH, **more})


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server somewhere, and the addresses that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def behind(app, addresses: str, path: str = "/tap/sync", **headers: str):
    return app.test_client().post(path, data=QUERY, headers={"X-Forwarded-For": addresses, **headers})


def test_each_client_of_a_proxy_has_a_share_of_its_own(make_app):
    app = make_app(OBSCORE_TAP_PROXIES="1")
    leave = tap_service(app).clients.enter("192.0.2.1")
    assert behind(app, "192.0.2.2").status_code == 200
    # What a client says of itself stands before what the proxy says, and is not believed.
    assert behind(app, "192.0.2.2, 192.0.2.1").status_code == 503
    leave()
    assert behind(app, "192.0.2.1").status_code == 200


def test_nobody_is_believed_without_a_proxy(make_app):
    app = make_app()
    leave = tap_service(app).clients.enter("127.0.0.1")
    assert behind(app, "192.0.2.2").status_code == 503
    leave()


_TAKE = (
    "import sys; from invenio_obscore.vo.clients import ClientLimit; ClientLimit(1, 'a test', 0.2).enter(sys.argv[1])"
)


def test_all_processes_of_a_host_count_together():
    def elsewhere(client: str) -> str:
        command = [sys.executable, "-c", _TAKE, client]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr

    limit = ClientLimit(1, "a test", 0.2)
    leave = limit.enter("192.0.2.1")
    assert "you have 1 queries running" in elsewhere("192.0.2.1")
    assert elsewhere("192.0.2.2") == ""
    with pytest.raises(ServiceError):
        limit.enter("192.0.2.1")
    limit.enter("192.0.2.2")()  # a process that ended has left
    assert ClientLimit(1, "another service").enter("192.0.2.1")
    leave()
    leave()
    assert elsewhere("192.0.2.1") == ""


def test_addresses_are_those_that_the_proxy_has(make_app):
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "archive.example"}
    answer = behind(make_app(OBSCORE_TAP_PROXIES="1"), "192.0.2.2", "/tap", **told)
    assert answer.headers["Location"] == "https://archive.example/tap/sync"


@pytest.mark.parametrize("value", ["-1", "yes", "1.5"])
def test_a_number_of_proxies_that_is_none_is_refused(make_app, value):
    with pytest.raises(ConfigurationError, match="OBSCORE_TAP_PROXIES"):
        make_app(OBSCORE_TAP_PROXIES=value)


def test_the_page_is_one_of_a_clients_queries(make_app):
    app = make_app()
    leave = tap_service(app).clients.enter("127.0.0.1")
    assert app.test_client().post("/tap", data=QUERY).status_code == 503
    leave()
    for _ in range(3):
        assert app.test_client().post("/tap", data=QUERY).status_code == 307
    assert app.test_client().post("/tap", data={**QUERY, "QUERY": "SELECT"}).status_code == 400
    assert app.test_client().post("/tap", data=QUERY).status_code == 307


def test_the_page_fetches_nothing(make_app, elsewhere):
    address, asked = elsewhere
    app = make_app(OBSCORE_TAP_UPLOAD_PRIVATE="1")
    data = {**QUERY, "QUERY": "SELECT * FROM TAP_UPLOAD.t", "UPLOAD": f"t,{address}/table.vot"}
    assert app.test_client().post("/tap", data=data).status_code == 307
    assert asked == []
    assert app.test_client().post("/tap/sync", data=data).status_code == 400
    assert asked == ["/table.vot"]
