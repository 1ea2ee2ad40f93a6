"""What an operator does: set up, look, mend, take in what was there before, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from researcher import Researcher
from sample_files import image


@pytest.fixture
def invenio(app: Any) -> Callable[..., tuple[int, str]]:
    """Runs ``invenio obscore …``: exit status and what was printed."""

    def run(*arguments: str) -> tuple[int, str]:
        from invenio_obscore.rdm.cli import obscore

        result = app.test_cli_runner().invoke(obscore, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    return run


@pytest.fixture
def sql(app: Any) -> Callable[..., list[Any]]:
    """Runs one statement as the application's own user."""

    def run(statement: str, **values: Any) -> list[Any]:
        from invenio_db import db
        from sqlalchemy import text

        with app.app_context(), db.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


@pytest.fixture
def published(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    """A public record with two files."""
    recid = researcher.draft({"a.fits": image(OBJECT="M 31"), "b.fits": image(OBJECT="M 33", ra=23.46, dec=30.66)})
    read_queued()
    researcher.publish(recid)
    return recid


def test_setting_up_again_changes_nothing(invenio: Callable[..., Any], sql: Callable[..., Any], published: str) -> None:
    before = sql("SELECT * FROM ivoa.obscore ORDER BY obs_publisher_did")
    status, output = invenio("setup")
    assert status == 0
    assert "nothing added to the mapping" in output
    assert sql("SELECT * FROM ivoa.obscore ORDER BY obs_publisher_did") == before


def test_the_printed_sql_makes_what_setup_makes(app: Any, invenio: Callable[..., Any]) -> None:
    """An administrator may run it; it changes nothing when it is only printed."""
    _, printed = invenio("setup", "--print-sql")
    assert 'CREATE TABLE IF NOT EXISTS "ivoa"."obscore"' in printed
    with app.app_context():
        from invenio_db import db

        with db.engine.begin() as connection:
            connection.exec_driver_sql(printed.replace("%", "%%"))
            owners = connection.exec_driver_sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'ivoa'")
            assert [owner for (owner,) in owners] == [db.engine.url.username]


def test_status_names_what_failed_and_alarms_for_what_an_operator_can_mend(
    invenio: Callable[..., Any], sql: Callable[..., Any], researcher: Researcher, read_queued: Any
) -> None:
    recid = researcher.draft({"cut.fits": b"SIMPLE  =                    T" + b" " * 50})
    read_queued()
    (file,) = researcher.found(recid)["files"]
    assert file["status"] == "failed"
    status, output = invenio("status", "--no-drift")
    assert status == 0, "a depositor's broken file is nothing that an operator can mend"
    assert f"{recid} cut.fits" in output
    assert file["reason"][:40] in output
    assert "set-up     complete" in output
    assert "by extractor" in output
    sql("UPDATE obscore_reading SET cause = 'reader' WHERE file_id = :id", id=file["file_id"])
    assert invenio("status", "--no-drift")[0] == 1
    sql("UPDATE obscore_reading SET cause = 'file' WHERE file_id = :id", id=file["file_id"])


def test_status_sees_functions_of_another_version_and_setup_replaces_a_changed_type(
    invenio: Callable[..., Any], sql: Callable[..., Any], published: str
) -> None:
    shapes = "SELECT obs_publisher_did, s_region_shape::text FROM ivoa.obscore ORDER BY 1"
    before = sql(shapes)
    sql("COMMENT ON SCHEMA adql IS 'invenio-obscore set-up of long ago'")
    sql("DROP TYPE adql.shape CASCADE")
    sql("CREATE TYPE adql.shape AS (bound scircle)")
    status, output = invenio("status", "--no-drift")
    assert (status, "another version's" in output) == (1, True)
    assert invenio("setup")[0] == 0
    assert sql(shapes) == before
    assert invenio("status", "--no-drift")[0] == 0


def test_reconcile_mends_what_was_lost_changed_or_left_over(
    invenio: Callable[..., Any], sql: Callable[..., Any], researcher: Researcher, published: str
) -> None:
    good = researcher.rows(published)
    first, second = (row["obs_publisher_did"] for row in good)
    sql("DELETE FROM ivoa.obscore WHERE obs_publisher_did = :did", did=first)
    sql("UPDATE ivoa.obscore SET target_name = 'wrong' WHERE obs_publisher_did = :did", did=second)
    sql(
        "INSERT INTO ivoa.obscore (obs_publisher_did, calib_level, obs_collection, obs_id, record_uuid, parent_uuid)"
        " VALUES ('ivo://left/over', 2, 'x', 'x', gen_random_uuid(), gen_random_uuid())"
    )
    _, seen = invenio("reconcile", "--dry-run")
    assert "1 row(s) were missing" in seen
    assert "1 row(s) were wrong" in seen
    assert "1 row(s) were too many" in seen
    assert len(researcher.rows(published)) == 1
    status, _ = invenio("reconcile")
    assert status == 0
    assert researcher.rows(published) == good
    assert sql("SELECT count(*) FROM ivoa.obscore WHERE obs_publisher_did = 'ivo://left/over'") == [(0,)]
    assert "0 record(s) mended" in invenio("reconcile")[1]


def test_reconcile_mends_the_search_fields(
    app: Any, invenio: Callable[..., Any], researcher: Researcher, published: str
) -> None:
    with app.app_context():
        from invenio_db import db
        from invenio_rdm_records.proxies import current_rdm_records_service as service

        record = service.record_cls.pid.resolve(published)
        record.custom_fields = {"obscore:target": ["something else"]}
        record.commit()
        db.session.commit()
    assert f"search fields were wrong in {published}" in invenio("reconcile")[1]
    fields = researcher.request("GET", f"/records/{published}").json["custom_fields"]
    assert fields["obscore:target"] == ["M 31", "M 33"]


def test_backfill_takes_in_what_was_published_before_the_module(
    invenio: Callable[..., Any],
    sql: Callable[..., Any],
    researcher: Researcher,
    published: str,
    read_queued: Callable[[], int],
) -> None:
    _forget_everything(sql, published)
    assert researcher.rows(published) == []
    assert "are to be read" not in invenio("reconcile")[1]
    assert "2 file(s) are to be read" in invenio("reconcile", "--backfill")[1]
    read_queued()
    assert [row["target_name"] for row in researcher.rows(published)] == ["M 31", "M 33"]


def _forget_everything(sql: Callable[..., Any], recid: str) -> None:
    """Bring the database to what it was without the module."""
    files = "SELECT file_id FROM obscore_product WHERE recid = :recid"
    for table in ("obscore_reading", "obscore_extraction", "obscore_published"):
        sql(f"DELETE FROM {table} WHERE file_id IN ({files})", recid=recid)
    sql("DELETE FROM obscore_product WHERE recid = :recid", recid=recid)
    sql("DELETE FROM ivoa.obscore WHERE recid = :recid", recid=recid)


def test_a_newer_extractor_changes_nothing_until_it_is_told_to(
    invenio: Callable[..., Any],
    sql: Callable[..., Any],
    researcher: Researcher,
    published: str,
) -> None:
    """What an older extractor said is stored; here the store says what an older one might have said."""
    did = researcher.rows(published)[0]["obs_publisher_did"]
    sql(
        "UPDATE obscore_published SET extractor_version = '0',"
        ' row = (row::jsonb || \'{"target_name": "Andromeda"}\')::json WHERE obs_publisher_did = :did',
        did=did,
    )
    invenio("reconcile")
    assert researcher.rows(published)[0]["target_name"] == "Andromeda"
    _, shown = invenio("reextract", "--dry-run", published)
    assert "target_name: Andromeda -> M 31" in shown
    assert researcher.rows(published)[0]["target_name"] == "Andromeda"
    _, done = invenio("reextract", published)
    assert "1 product(s) changed" in done
    after = researcher.rows(published)[0]
    assert (after["target_name"], after["obs_publisher_did"]) == ("M 31", did)


def test_uninstalling_leaves_valid_records_and_installing_again_brings_all_back(
    invenio: Callable[..., Any], sql: Callable[..., Any], researcher: Researcher, published: str
) -> None:
    good = researcher.rows(published)
    status, output = invenio("uninstall", "--yes-i-know")
    assert status == 0, output
    assert sql("SELECT to_regclass('ivoa.obscore'), to_regnamespace('adql')") == [(None, None)]
    assert sql("SELECT count(*) FROM rdm_records_metadata WHERE json::text LIKE '%obscore:%'") == [(0,)]
    record = researcher.request("GET", f"/records/{published}", status=200).json
    assert record["custom_fields"] == {}
    assert record["files"]["count"] == 2
    try:
        assert invenio("status")[0] == 1
    finally:
        assert invenio("setup")[0] == 0
    assert invenio("reconcile")[0] == 0
    assert researcher.rows(published) == good


def test_the_landing_page_shows_hostile_text_as_text_and_pages(
    app: Any,
    researcher: Researcher,
    visitor: Researcher,
    read_queued: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "OBSCORE_LANDING_PAGE_ROWS", 2)
    evil = "<script>alert(1)</script>"
    recid = researcher.draft({f"{number}.fits": image(OBJECT=f"{evil}{number}") for number in range(3)})
    read_queued()
    researcher.publish(recid)
    page = visitor.client.get(f"/records/{recid}").get_data(as_text=True)
    table = page[page.index('id="data-products"') :]
    assert "Data products 1 to 2 of 3" in table
    assert "&lt;script&gt;alert(1)&lt;/script&gt;0" in table
    assert evil not in table
    assert '<th scope="col">Target</th>' in table
    second = visitor.client.get(f"/records/{recid}?products_page=2").get_data(as_text=True)
    assert "Data products 3 to 3 of 3" in second
    for asked in ("0", "-5", "99", "x"):
        assert visitor.client.get(f"/records/{recid}?products_page={asked}").status_code == 200
