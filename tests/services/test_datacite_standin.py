"""The DataCite stand-in as the real `datacite` client meets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from datacite import DataCiteRESTClient
from datacite.errors import (
    DataCiteError,
    DataCiteForbiddenError,
    DataCiteNotFoundError,
    DataCiteServerError,
    DataCiteUnauthorizedError,
    HttpError,
)

from services.datacite_standin.registry import Registry
from services.datacite_standin.server import Server

PREFIX, USER, PASSWORD = "10.5072", "DEMO.OBSCORE", "k1"
DOI = f"{PREFIX}/abcde-12345"
PAGE = "http://127.0.0.1:5000/records/abcde-12345"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Registry(":memory:", PREFIX), USER, PASSWORD) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def client(url: str) -> DataCiteRESTClient:
    return DataCiteRESTClient(USER, PASSWORD, PREFIX, url=url, timeout=60)


def metadata(**changes: Any) -> dict[str, Any]:
    return {
        "creators": [{"name": "Leavitt, Henrietta"}],
        "titles": [{"title": "Variables"}],
        "publisher": {"name": "Observatory Archive"},
        "publicationYear": "2026",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": ""},
        **changes,
    }


def test_states(client: DataCiteRESTClient) -> None:
    assert client.draft_doi(doi=DOI) == DOI
    assert client.get_metadata(DOI)["state"] == "draft"
    published = client.update_doi(DOI, metadata=metadata(event="publish"), url=PAGE)
    assert published["state"] == "findable"
    assert client.hide_doi(DOI)["state"] == "registered"
    assert client.show_doi(DOI)["state"] == "findable"
    assert client.get_doi(DOI) == PAGE


def test_only_drafts_can_be_deleted(client: DataCiteRESTClient) -> None:
    client.draft_doi(doi=DOI)
    client.delete_doi(DOI)
    with pytest.raises(DataCiteNotFoundError):
        client.get_metadata(DOI)
    client.public_doi(metadata(), PAGE, doi=DOI)
    with pytest.raises(DataCiteError, match="Method not allowed"):
        client.delete_doi(DOI)
    assert client.get_metadata(DOI)["state"] == "findable"


def test_a_doi_is_taken_once_whatever_its_case(client: DataCiteRESTClient) -> None:
    client.public_doi(metadata(), PAGE, doi=DOI)
    with pytest.raises(DataCiteServerError, match="already been taken"):
        client.public_doi(metadata(), PAGE, doi=DOI.upper())


@pytest.mark.parametrize("missing", ["creators", "titles", "publisher", "publicationYear", "types"])
def test_required_properties(client: DataCiteRESTClient, missing: str) -> None:
    with pytest.raises(DataCiteServerError, match=missing):
        client.public_doi({k: v for k, v in metadata().items() if k != missing}, PAGE, doi=DOI)
    with pytest.raises(DataCiteNotFoundError):
        client.get_metadata(DOI)


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"types": {"resourceTypeGeneral": "Spectrogram", "resourceType": ""}}, "types"),
        ({"dates": [{"date": "2026-01-01", "dateType": "Yesterday"}]}, "dates"),
        ({"creators": [{"givenName": "no name"}]}, "creators"),
    ],
)
def test_metadata_schema(client: DataCiteRESTClient, changes: dict[str, Any], source: str) -> None:
    with pytest.raises(DataCiteServerError, match=source):
        client.public_doi(metadata(**changes), PAGE, doi=DOI)


def test_address_must_be_one(client: DataCiteRESTClient) -> None:
    with pytest.raises(DataCiteServerError, match="not a valid URL"):
        client.public_doi(metadata(), "no address", doi=DOI)


def test_credentials_and_prefix(url: str) -> None:
    with pytest.raises(DataCiteUnauthorizedError):
        DataCiteRESTClient(USER, "wrong", PREFIX, url=url).public_doi(metadata(), PAGE, doi=DOI)
    with pytest.raises(DataCiteForbiddenError):
        DataCiteRESTClient(USER, PASSWORD, "10.9999", url=url).public_doi(metadata(), PAGE, doi="10.9999/x")


def test_media_type_and_malformed_bodies(url: str) -> None:
    def post(body: str, media_type: str) -> int:
        headers = {"Content-Type": media_type}
        return requests.post(f"{url}/dois", data=body, headers=headers, auth=(USER, PASSWORD), timeout=60).status_code

    assert post("{}", "application/json") == 415
    for body in ("", "[]", "{", '{"data": 1}', '{"data": {"attributes": []}}'):
        assert post(body, "application/vnd.api+json") == 400


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", DataCiteServerError),
        ("throttled", DataCiteServerError),
        ("reset", HttpError),
        ("garbage", requests.exceptions.JSONDecodeError),
        ("slow", HttpError),
    ],
)
def test_faults_strike_as_often_as_asked(
    client: DataCiteRESTClient, url: str, kind: str, error: type[Exception]
) -> None:
    fault = {"kind": kind, "remaining": 1, "seconds": 3}
    assert requests.post(f"{url}/standin/fault", json=fault, timeout=60).status_code == 200
    hasty = DataCiteRESTClient(USER, PASSWORD, PREFIX, url=url, timeout=1 if kind == "slow" else 60)
    with pytest.raises(error):
        hasty.public_doi(metadata(), PAGE, doi=DOI)
    client.update_doi(DOI, metadata=metadata(event="publish"), url=PAGE)
    assert client.get_metadata(DOI)["state"] == "findable"


def test_journal_survives_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "dois.sqlite"
    Registry(path, PREFIX).create({"doi": DOI})
    again = Registry(path, PREFIX)
    assert again.get(DOI)["state"] == "draft"
    assert [entry["method"] for entry in again.journal()] == ["POST"]
