"""What happens to files that a draft gets, shares and loses; tasks are attended to in this process, at chosen times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sample_files
from researcher import Researcher


def _file(found: Any, key: str) -> Any:
    return next(file for file in found["files"] if file["key"] == key)


def test_an_upload_is_queued_and_then_read(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    queued = researcher.found(recid)
    assert _file(queued, "m31.fits")["status"] == "queued"
    assert queued["counts"]["queued"] == queued["total"] == 1
    read_queued()
    found = researcher.found(recid)
    (product,) = _file(found, "m31.fits")["products"]
    assert product["row"]["dataproduct_type"] == "image"
    assert product["row"]["s_ra"] == pytest.approx(10.6847, abs=1e-3)
    assert product["row"]["target_name"] == "M 31"
    assert product["evidence"]["target_name"]["detail"] == "OBJECT"
    assert found["counts"] == {"queued": 0, "running": 0, "done": 1, "failed": 0, "ignored": 0}


def test_what_is_no_fits_file_is_left_alone_whatever_its_name(
    researcher: Researcher, read_queued: Callable[[], int]
) -> None:
    recid = researcher.draft({"page.fits": b"<!DOCTYPE html><html></html>", "notes.txt": b"notes"})
    researcher.upload(recid, "image.dat", sample_files.image())
    read_queued()
    found = researcher.found(recid)
    assert _file(found, "image.dat")["status"] == "done"
    for key, words in (("page.fits", "web page"), ("notes.txt", "no FITS file")):
        file = _file(found, key)
        assert file["status"] == "ignored"
        assert words in file["reason"]
        assert file["products"] == []


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", "failed", "empty"),
        (sample_files.image()[:1000], "failed", ""),
        (sample_files.image()[:-3000], "done", "truncated"),
        (sample_files.gzip_bomb(), "ignored", "no FITS file"),
        (sample_files.gzip_bomb(sample_files.image()), "done", ""),
    ],
    ids=["empty", "cut in the header", "cut in the data", "gzip bomb", "gzip bomb behind an image"],
)
def test_a_bad_file_ends_readably_and_hurts_no_other(
    researcher: Researcher, read_queued: Callable[[], int], content: bytes, status: str, words: str
) -> None:
    recid = researcher.draft({"bad.fits": content, "good.fits": sample_files.image()})
    read_queued()
    found = researcher.found(recid)
    assert _file(found, "good.fits")["status"] == "done"
    bad = _file(found, "bad.fits")
    assert bad["status"] == status
    said = bad["reason"] + " ".join(p["code"] for product in bad["products"] for p in product["problems"])
    assert words in said
    assert said or status == "done"


def test_members_of_an_archive_are_products(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    members = {f"night/{name}.fits": sample_files.image(OBJECT=name) for name in ("M 31", "M 33")}
    recid = researcher.draft({"night.zip": sample_files.archive({**members, "README": b"text"})})
    read_queued()
    products = _file(researcher.found(recid), "night.zip")["products"]
    assert [product["member"] for product in products] == list(members)
    correction = {"night/M 31.fits#": {"target_name": "NGC 224"}}
    researcher.verify(recid, 0, corrections={"night.zip": correction})
    researcher.publish(recid)
    rows = visitor.rows(recid)
    assert sorted(row["target_name"] for row in rows) == ["M 33", "NGC 224"]
    assert len({row["obs_publisher_did"] for row in rows}) == 2


def test_hostile_headers_end_readably_and_can_be_published(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    files = {
        "extensions.fits": sample_files.many_extensions(),
        "cards.fits": sample_files.odd_cards(),
        "wcs.fits": sample_files.broken_wcs(),
        "good.fits": sample_files.image(),
    }
    recid = researcher.draft(files)
    read_queued()
    found = researcher.found(recid)
    assert found["counts"]["done"] == len(files)
    for key in ("cards.fits", "wcs.fits"):
        assert [problem for product in _file(found, key)["products"] for problem in product["problems"]], key
    researcher.publish(recid)
    addresses = {row["access_url"] for row in visitor.rows(recid)}
    assert len(addresses) == len(files)


@pytest.mark.parametrize("key", ["M 31 'b'.fits", 'quote".fits', "über/ß 星.fits", "a&b=c%20d.fits", "percent%.fits"])
def test_odd_names(researcher: Researcher, read_queued: Callable[[], int], key: str) -> None:
    recid = researcher.draft({key: sample_files.image()})
    read_queued()
    assert _file(researcher.found(recid), key)["status"] == "done"


def test_a_replaced_file_is_read_anew(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    first = _file(researcher.found(recid), "m31.fits")
    researcher.delete_file(recid, "m31.fits")
    assert researcher.found(recid)["files"] == []
    researcher.upload(recid, "m31.fits", sample_files.image(OBJECT="M 33"))
    read_queued()
    second = _file(researcher.found(recid), "m31.fits")
    assert second["file_id"] != first["file_id"]
    assert second["products"][0]["row"]["target_name"] == "M 33"


def test_what_was_read_from_a_deleted_file_is_forgotten(
    researcher: Researcher, read_queued: Callable[[], int], appctx: Any
) -> None:
    from invenio_obscore.rdm.models import ObsCoreExtraction, ObsCoreReading

    recid = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    file_id = _file(researcher.found(recid), "m31.fits")["file_id"]
    researcher.delete_file(recid, "m31.fits")
    assert ObsCoreReading.query.filter_by(file_id=file_id).count() == 0
    assert ObsCoreExtraction.query.filter_by(file_id=file_id).count() == 0


def test_all_files_deleted_at_once(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"a.fits": sample_files.image(), "b.fits": sample_files.image()})
    read_queued()
    researcher.request("DELETE", f"/records/{recid}/draft/files", status=204)
    assert researcher.found(recid)["total"] == 0


def test_a_draft_without_files_shows_none(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"a.fits": sample_files.image()})
    read_queued()
    researcher.delete_file(recid, "a.fits")
    researcher.save(recid, files={"enabled": False})
    assert researcher.found(recid)["total"] == 0


def test_multipart_transfer(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    content = sample_files.image()
    half = len(content) // 2
    recid = researcher.draft()
    base = f"/records/{recid}/draft/files"
    transfer = {"type": "M", "parts": 2, "part_size": half}
    researcher.request("POST", base, json=[{"key": "m.fits", "size": len(content), "transfer": transfer}], status=201)
    assert researcher.found(recid)["total"] == 0, "a file that is not committed is not there yet"
    for part, piece in ((1, content[:half]), (2, content[half:])):
        researcher.request("PUT", f"{base}/m.fits/content/{part}", data=piece, status=200)
    researcher.request("POST", f"{base}/m.fits/commit", status=200)
    read_queued()
    assert _file(researcher.found(recid), "m.fits")["status"] == "done"


def test_pages(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({f"{n}.txt": b"text" for n in range(5)})
    read_queued()
    first = researcher.found(recid, page=1, size=2)
    last = researcher.found(recid, page=3, size=2)
    assert [file["key"] for file in first["files"]] == ["0.txt", "1.txt"]
    assert [file["key"] for file in last["files"]] == ["4.txt"]
    assert first["total"] == last["total"] == last["counts"]["ignored"] == 5
    assert "next" in first["links"] and "prev" not in first["links"]
    assert "prev" in last["links"] and "next" not in last["links"]
    researcher.request("GET", f"/records/{recid}/draft/obscore?page=0", status=400)


def test_a_file_is_read_once_for_all_versions(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    first = _file(researcher.found(recid), "m31.fits")
    researcher.publish(recid)
    researcher.edit(recid)
    assert _file(researcher.found(recid), "m31.fits")["file_id"] == first["file_id"]
    new = researcher.new_version(recid, import_files=True)
    shared = _file(researcher.found(new), "m31.fits")
    assert (shared["file_id"], shared["status"]) == (first["file_id"], "done")
    assert read_queued() == 0
    researcher.delete_file(new, "m31.fits")
    assert _file(researcher.found(recid), "m31.fits")["status"] == "done", "the published record still holds it"


def test_who_may_look(researcher: Researcher, stranger: Researcher, visitor: Researcher) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    assert stranger.request("GET", f"/records/{recid}/draft/obscore").status_code == 403
    assert visitor.request("GET", f"/records/{recid}/draft/obscore").status_code == 403
    assert stranger.verify(recid, 0, status=None, mapping="").status_code == 403
    assert researcher.request("GET", "/records/nothing-here/draft/obscore").status_code == 404
