"""Each transition of a record's life, looked at from every way out (design: public means public)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from datacite_standin import DataCite
from instance import applications
from researcher import METADATA, Researcher
from sample_files import image
from ways_out import EVERYWHERE, NOWHERE, WaysOut

_NUMBERS = count(1)
RESTRICTED = {"record": "restricted", "files": "restricted"}
FILES_RESTRICTED = {"record": "public", "files": "restricted"}


@pytest.fixture
def ways_out(app: Any, visitor: Researcher, datacite: DataCite) -> WaysOut:
    """What a visitor sees."""
    return WaysOut(app, visitor, datacite)


@pytest.fixture
def marker() -> str:
    """A name that stands in one file of this test only."""
    return f"MARKER{next(_NUMBERS):04d}X"


@pytest.fixture
def published(researcher: Researcher, publish: Callable[..., Any], marker: str) -> str:
    """A public record with one file."""
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    publish(recid)
    return recid


def test_a_public_record_is_found_everywhere(published: str, ways_out: WaysOut, marker: str) -> None:
    assert ways_out.showing(published, marker) == EVERYWHERE


def test_a_draft_is_found_nowhere(
    researcher: Researcher, ways_out: WaysOut, marker: str, read_queued: Callable[[], int]
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    read_queued()
    researcher.save(recid)
    assert ways_out.showing(recid, marker) == NOWHERE


@pytest.mark.parametrize("access", [RESTRICTED, FILES_RESTRICTED])
def test_what_is_restricted_is_found_nowhere(
    researcher: Researcher, publish: Callable[..., Any], ways_out: WaysOut, marker: str, access: dict[str, str]
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, access=access)
    record = publish(recid)
    assert ways_out.showing(recid, marker) == NOWHERE
    assert not [name for name in record["custom_fields"] if name.startswith("obscore:")]


def test_a_restricted_record_has_no_doi(
    researcher: Researcher, publish: Callable[..., Any], datacite: DataCite, marker: str
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, access=RESTRICTED)
    assert "doi" not in publish(recid)["pids"]
    assert datacite.attributes(recid) == {}


@pytest.mark.parametrize("access", [RESTRICTED, FILES_RESTRICTED])
def test_restricting_takes_everything_back(
    researcher: Researcher,
    publish: Callable[..., Any],
    published: str,
    ways_out: WaysOut,
    marker: str,
    access: dict[str, str],
) -> None:
    researcher.edit(published)
    researcher.save(published, access=access)
    publish(published)
    assert ways_out.showing(published, marker) == NOWHERE
    researcher.edit(published)
    researcher.save(published)
    publish(published)
    assert ways_out.showing(published, marker) == EVERYWHERE


def test_an_edit_takes_over_a_correction_and_keeps_the_identifier(
    researcher: Researcher, publish: Callable[..., Any], published: str, ways_out: WaysOut, marker: str
) -> None:
    before = researcher.rows(published)[0]
    researcher.edit(published)
    found = researcher.found(published)
    researcher.verify(
        published, found["revision"], mapping="", corrections={"a.fits": {"": {"instrument_name": f"{marker}NEW"}}}
    )
    assert ways_out.showing(published, f"{marker}NEW") == NOWHERE
    publish(published)
    after = researcher.rows(published)[0]
    assert after["instrument_name"] == f"{marker}NEW"
    assert after["obs_publisher_did"] == before["obs_publisher_did"]
    assert ways_out.showing(published, f"{marker}NEW") == EVERYWHERE


def test_a_new_version_replaces_the_old_one_and_deleting_it_brings_that_back(
    researcher: Researcher,
    administrator: Researcher,
    publish: Callable[..., Any],
    run_tasks: Callable[[], int],
    published: str,
    ways_out: WaysOut,
    marker: str,
) -> None:
    kept = researcher.rows(published)[0]
    second = researcher.new_version(published, import_files=True)
    researcher.upload(second, "b.fits", image(INSTRUME=f"{marker}B"))
    publish(second)
    rows = {row["instrument_name"]: row for row in researcher.rows(second)}
    assert set(rows) == {marker, f"{marker}B"}
    assert rows[marker]["obs_publisher_did"] == kept["obs_publisher_did"]
    assert f"/{second}/" in rows[marker]["access_url"]
    assert researcher.rows(published) == []
    assert ways_out.showing(second, marker) == EVERYWHERE
    assert ways_out.showing(published, f"{marker}B") <= {"tap", "facet", "doi"}  # these are about all records

    administrator.delete(second)
    run_tasks()
    assert ways_out.showing(second, f"{marker}B") == NOWHERE
    assert ways_out.showing(published, marker) == EVERYWHERE
    assert researcher.rows(published) == [kept]


def test_bytes_that_are_uploaded_once_more_keep_their_identifier(
    researcher: Researcher, publish: Callable[..., Any], published: str, marker: str
) -> None:
    kept = researcher.rows(published)[0]["obs_publisher_did"]
    second = researcher.new_version(published)
    researcher.upload(second, "a.fits", image(INSTRUME=marker))
    publish(second)
    assert [row["obs_publisher_did"] for row in researcher.rows(second)] == [kept]


def test_other_bytes_get_another_identifier(
    researcher: Researcher, publish: Callable[..., Any], published: str, marker: str
) -> None:
    given = researcher.rows(published)[0]["obs_publisher_did"]
    second = researcher.new_version(published)
    researcher.upload(second, "a.fits", image(INSTRUME=marker, ra=20.0))
    publish(second)
    new = researcher.rows(second)[0]["obs_publisher_did"]
    assert new != given
    assert f"?{second}/" in new


def test_a_deleted_record_leaves_nothing_and_a_restored_one_returns(
    researcher: Researcher,
    administrator: Researcher,
    run_tasks: Callable[[], int],
    published: str,
    ways_out: WaysOut,
    marker: str,
) -> None:
    before = researcher.rows(published)
    administrator.delete(published)
    run_tasks()
    assert ways_out.showing(published, marker) == NOWHERE
    administrator.restore(published)
    run_tasks()
    assert researcher.rows(published) == before
    assert ways_out.showing(published, marker) == EVERYWHERE


def test_an_embargo_hides_and_lifting_it_shows(
    app: Any,
    researcher: Researcher,
    publish: Callable[..., Any],
    run_tasks: Callable[[], int],
    ways_out: WaysOut,
    marker: str,
) -> None:
    embargo = {"active": True, "until": "2100-01-01", "reason": "a paper is in preparation"}
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, access={**FILES_RESTRICTED, "embargo": embargo})
    publish(recid)
    assert ways_out.showing(recid, marker) == NOWHERE
    _end_embargo(app, recid)
    run_tasks()
    assert ways_out.showing(recid, marker) == EVERYWHERE
    row = researcher.rows(recid)[0]
    assert row["data_rights"] == "public"
    assert row["bib_reference"] == f"doi:10.5072/{recid}"


def _end_embargo(app: Any, recid: str) -> None:
    """Let the day come, then do what InvenioRDM's periodic task does."""
    from invenio_access.permissions import system_identity
    from invenio_db import db
    from invenio_rdm_records.proxies import current_rdm_records_service as service

    with app.app_context():
        record = service.record_cls.pid.resolve(recid)
        record["access"]["embargo"]["until"] = "2020-01-01"
        record.access.refresh_from_dict(record["access"])
        record.commit()
        db.session.commit()
        service.lift_embargo(system_identity, recid)


def test_restricted_files_have_rows_where_the_operator_says_so(
    app: Any, researcher: Researcher, publish: Callable[..., Any], marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in applications(app):
        monkeypatch.setitem(each.config, "OBSCORE_PUBLISH_RESTRICTED_METADATA", True)
    embargo = {"active": True, "until": "2100-01-01", "reason": ""}
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, access={**FILES_RESTRICTED, "embargo": embargo})
    publish(recid)
    (row,) = researcher.rows(recid)
    assert row["data_rights"] == "proprietary"
    assert row["obs_release_date"].startswith("2100-01-01")
    hidden = researcher.draft({"a.fits": image(INSTRUME=marker)}, access=RESTRICTED)
    publish(hidden)
    assert researcher.rows(hidden) == []


def test_what_users_write_into_our_fields_is_discarded(
    researcher: Researcher, publish: Callable[..., Any], ways_out: WaysOut, marker: str
) -> None:
    lie = {"obscore:instrument": [f"{marker}LIE"], "obscore:products": 99}
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)}, custom_fields=lie)
    assert researcher.save(recid, custom_fields=lie)["custom_fields"] == {}
    record = publish(recid)
    assert record["custom_fields"]["obscore:instrument"] == [marker]
    assert record["custom_fields"]["obscore:products"] == 1
    assert ways_out.showing(recid, f"{marker}LIE") == NOWHERE


def test_a_file_that_is_read_late_gets_its_row_and_the_page_says_so(
    researcher: Researcher,
    visitor: Researcher,
    read_queued: Callable[[], int],
    run_tasks: Callable[[], int],
    ways_out: WaysOut,
    marker: str,
) -> None:
    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    researcher.publish(recid)
    assert ways_out.showing(recid, marker) == NOWHERE
    assert "1 file is still being read" in visitor.client.get(f"/records/{recid}").get_data(as_text=True)
    read_queued()
    run_tasks()
    assert ways_out.showing(recid, marker) == EVERYWHERE
    assert "still being read" not in visitor.client.get(f"/records/{recid}").get_data(as_text=True)


def test_a_record_that_cannot_be_written_is_not_published(
    app: Any, researcher: Researcher, read_queued: Callable[[], int], marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and record stand in one transaction: where one fails, the other does."""
    from invenio_obscore.db import publication

    recid = researcher.draft({"a.fits": image(INSTRUME=marker)})
    read_queued()

    def fail(*args: Any) -> None:
        raise RuntimeError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(publication, "write", fail)
        assert researcher.request("POST", f"/records/{recid}/draft/actions/publish").status_code == 500
    assert researcher.request("GET", f"/records/{recid}").status_code == 404
    researcher.publish(recid)
    assert [row["instrument_name"] for row in researcher.rows(recid)] == [marker]


def test_columns_that_the_record_gives(researcher: Researcher, publish: Callable[..., Any], marker: str) -> None:
    metadata = {
        **METADATA["metadata"],
        "related_identifiers": [
            {
                "identifier": "2024A&A...681A...1X",
                "scheme": "ads",
                "relation_type": {"id": "issupplementto"},
            }
        ],
    }
    recid = researcher.draft({"Night 1/a b#é.fits.gz": b"", "c.fits": image(INSTRUME=marker)}, metadata=metadata)
    publish(recid)
    (row,) = researcher.rows(recid)
    assert row["bib_reference"] == "2024A&A...681A...1X"
    assert row["obs_collection"] == "Tests"
    assert row["obs_id"].endswith("/c")
    assert row["obs_creator_name"] == "Leavitt, Henrietta"
    assert row["publisher_id"] == "ivo://test.obscore"


@pytest.mark.parametrize("key", ["a b.fits", "quote'\".fits", "100%#?.fits", "Ångström é.fits"])
def test_the_address_answers_with_the_file_and_with_byte_ranges(
    researcher: Researcher, visitor: Researcher, publish: Callable[..., Any], key: str
) -> None:
    content = image()
    recid = researcher.draft({key: content})
    publish(recid)
    (row,) = researcher.rows(recid)
    address = row["access_url"].removeprefix("http://localhost")
    assert visitor.client.get(address).data == content
    part = visitor.client.get(address, headers={"Range": "bytes=0-79"})
    assert (part.status_code, part.data) == (206, content[:80])
    assert row["access_format"] == "image/fits"
    assert row["access_estsize"] == -(-len(content) // 1000)
