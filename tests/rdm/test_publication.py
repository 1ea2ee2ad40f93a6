"""Rows at their limits: what the database refuses, long names, several products, all versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from researcher import Researcher
from sample_files import catalogue, image


@pytest.fixture
def publish(researcher: Researcher, read_queued: Callable[[], int]) -> Callable[..., str]:
    """Deposits, corrects and publishes."""

    def publish(files: dict[str, bytes], corrections: dict[str, Any] | None = None) -> str:
        recid = researcher.draft(files)
        read_queued()
        if corrections:
            revision = researcher.found(recid)["revision"]
            researcher.verify(recid, revision, mapping="", corrections={k: {"": v} for k, v in corrections.items()})
        researcher.publish(recid)
        return recid

    return publish


def test_a_row_that_the_database_refuses_costs_only_itself(
    app: Any, researcher: Researcher, publish: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    from invenio_db import db
    from sqlalchemy import text

    with app.app_context(), db.engine.begin() as connection:
        connection.execute(
            text("ALTER TABLE ivoa.obscore ADD CONSTRAINT odd CHECK (target_name <> 'refused') NOT VALID")
        )
    try:
        recid = publish({"a.fits": image(OBJECT="refused"), "b.fits": image(OBJECT="taken")})
        assert [row["target_name"] for row in researcher.rows(recid)] == ["taken"]
        assert "refuses the row" in caplog.text
    finally:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE ivoa.obscore DROP CONSTRAINT odd"))


def test_of_many_rows_only_those_are_refused_that_must_be(
    app: Any, researcher: Researcher, publish: Callable[..., str]
) -> None:
    from invenio_db import db
    from sqlalchemy import text

    refused = ("Field 00007", "Field 00042")
    condition = " AND ".join(f"target_name <> '{name}'" for name in refused)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE ivoa.obscore ADD CONSTRAINT odd CHECK ({condition}) NOT VALID"))
    try:
        recid = publish({"all.zip": catalogue(60)})
        query = {"size": 100}
        rows = researcher.request("GET", f"/records/{recid}/obscore", query_string=query, status=200).json["rows"]
        assert {row["target_name"] for row in rows} == {f"Field {n:05}" for n in range(60)} - set(refused)
    finally:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE ivoa.obscore DROP CONSTRAINT odd"))


@pytest.mark.parametrize(
    "cells",
    [
        {"target_name": "Ä" * 5000},
        {"s_region": "Circle ICRS 10 20 180"},
        {"s_region": "Circle ICRS 10 20 120"},
        {"s_region": "Polygon ICRS 0 0 1 0 1 1 0 1"},
        {"s_region": "Union ICRS (Circle 10 20 1 Polygon 20 20 21 20 21 21)"},
        {"s_ra": 359.999999, "s_dec": 89.99999},
        {"t_min": -80000.0, "t_max": 80000.0},
        {"em_min": 5e-324, "em_max": 1.7e308},
        {"obs_creation_date": "2024-02-29T12:00:00.5Z"},
        {"s_xel1": 2**53},
        {"obs_id": None, "obs_collection": None, "calib_level": None},
    ],
)
def test_extreme_corrections_are_published(
    app: Any, researcher: Researcher, publish: Callable[..., str], cells: dict[str, Any]
) -> None:
    recid = publish({"a.fits": image()}, {"a.fits": cells})
    (row,) = researcher.rows(recid)
    assert row["obs_id"]
    assert row["obs_collection"] == "Tests"
    for name, value in cells.items():
        if isinstance(value, int | float):
            assert row[name] == value


def test_radio_and_high_energy_columns_have_tables_of_their_own(
    app: Any, researcher: Researcher, publish: Callable[..., str]
) -> None:
    recid = publish({"a.fits": image()}, {"a.fits": {"ev_xel": 12, "s_ref_energy": 0.1, "f_resolution": 1.5}})
    did = researcher.rows(recid)[0]["obs_publisher_did"]
    assert _extension(app, "obscore_hea", "ev_xel", did) == [12]
    assert _extension(app, "obscore_radio", "f_resolution", did) == [1.5]
    from invenio_obscore.rdm.cli import obscore

    # Another test leaves a row that the database refused then and takes now.
    app.test_cli_runner().invoke(obscore, ["reconcile"])
    drift = app.test_cli_runner().invoke(obscore, ["reconcile", "--dry-run"]).output
    assert "0 record(s) would be mended" in drift
    researcher.edit(recid)
    revision = researcher.found(recid)["revision"]
    researcher.verify(recid, revision, mapping="", corrections={"a.fits": {"": {"f_resolution": 2.5}}})
    researcher.publish(recid)
    assert _extension(app, "obscore_hea", "ev_xel", did) == []
    assert _extension(app, "obscore_radio", "f_resolution", did) == [2.5]


def _extension(app: Any, table: str, column: str, did: str) -> list[Any]:
    from invenio_db import db
    from sqlalchemy import text

    with app.app_context():
        statement = text(f"SELECT {column} FROM ivoa.{table} WHERE obs_publisher_did = :did")
        return list(db.session.scalars(statement, {"did": did}))


def test_all_versions_where_the_operator_wants_them(
    app: Any,
    researcher: Researcher,
    publish: Callable[..., str],
    read_queued: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from test_lifecycle import applications

    for each in applications(app):
        monkeypatch.setitem(each.config, "OBSCORE_ALL_VERSIONS", True)
    first = publish({"a.fits": image(OBJECT="old")})
    second = researcher.new_version(first)
    researcher.upload(second, "a.fits", image(OBJECT="new"))
    read_queued()
    researcher.publish(second)
    assert [row["target_name"] for row in researcher.rows(first)] == ["old"]
    assert [row["target_name"] for row in researcher.rows(second)] == ["new"]
    monkeypatch.undo()
    from invenio_obscore.rdm.cli import obscore

    assert app.test_cli_runner().invoke(obscore, ["reconcile"]).exit_code == 0
    assert researcher.rows(first) == []
