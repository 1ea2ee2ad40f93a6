"""Names of objects in queries: looked up at Simbad and Sesame, refused with the service's name when those are away."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_sync import error_of, rows_of, sync

sys.path.append(str(Path(__file__).parents[1] / "library"))

from curation_stand_in import StandIn  # noqa: E402  # it stands beside the library's tests

CONE = "SELECT target_name FROM ivoa.obscore WHERE DISTANCE(POINT(s_ra, s_dec), {}_simbadpoint('{}')) < 0.5 ORDER BY 1"


@pytest.fixture
def services() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def asking(services: StandIn, settings, tmp_path):
    from invenio_obscore.vo.wsgi import create_app

    addresses = {f"OBSCORE_CURATION_{name.upper()}_URL": services.url(name) for name in ("simbad", "sesame")}
    return create_app({**settings, **addresses, "OBSCORE_CURATION_CACHE": str(tmp_path / "names")}).test_client()


@pytest.mark.parametrize("prefix", ["ivo", "gavo"])
def test_a_cone_around_a_name(asking, services, prefix):
    query = CONE.format(prefix, "m31")
    for _ in range(2):
        assert rows_of(sync(asking, query, RESPONSEFORMAT="csv")) == [["target_name"], ["M31"], ["NGC 1"]]
    assert services.requests["simbad"] == 1, "the second time the cache knows"


def test_a_name_that_only_sesame_knows(asking):
    rows = rows_of(
        sync(asking, "SELECT TOP 1 ivo_simbadpoint('Abell 85') AS p FROM ivoa.obscore", RESPONSEFORMAT="csv")
    )
    assert [float(n) for n in rows[1][0].split()] == [10.4075, -9.3425]


def test_a_name_that_nobody_knows(asking):
    response = sync(asking, CONE.format("ivo", "no such object"))
    assert response.status_code == 400
    assert "no such object" in error_of(response) and "Simbad" in error_of(response)


def test_a_query_may_not_ask_for_many(asking):
    points = ", ".join(f"ivo_simbadpoint('HD {n}')" for n in range(20))
    response = sync(asking, f"SELECT {points} FROM ivoa.obscore")
    assert response.status_code == 400


def test_a_service_that_is_away_is_named(settings, tmp_path):
    from invenio_obscore.vo.wsgi import create_app

    away = {f"OBSCORE_CURATION_{name}_URL": "http://127.0.0.1:1/x" for name in ("SIMBAD", "SESAME")}
    client = create_app({**settings, **away, "OBSCORE_CURATION_CACHE": str(tmp_path)}).test_client()
    response = sync(client, CONE.format("ivo", "M 31"))
    assert response.status_code == 503
    assert "Simbad" in error_of(response) and "M 31" in error_of(response)


def test_an_operator_may_forbid_it(settings):
    from invenio_obscore.vo.wsgi import create_app

    client = create_app({**settings, "OBSCORE_TAP_OBJECT_NAMES": "false"}).test_client()
    assert sync(client, CONE.format("ivo", "M 31")).status_code == 400
    forms = [form.text for form in ET.fromstring(client.get("/tap/capabilities").data).iter("form")]
    assert not any("simbadpoint" in form for form in forms) and "ivo_hasword" in " ".join(forms)


def test_it_is_declared(client):
    forms = [form.text for form in ET.fromstring(client.get("/tap/capabilities").data).iter("form")]
    assert "ivo_simbadpoint(identifier VARCHAR) -> POINT" in forms
