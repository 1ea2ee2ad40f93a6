"""Archives in a deposit: members are products of their own, thousands of them, whatever some of them hold."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import time
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import sample_files
from instance import Instance
from researcher import Researcher

MANY = 5000
#: For a machine that is busy with other things.
PATIENCE = 600.0


def _listed(who: Researcher, recid: str, part: str = "/draft", **query: Any) -> Any:
    return who.request("GET", f"/records/{recid}{part}/obscore/products", query_string=query, status=200).json


def _fetch(who: Researcher, address: str) -> Any:
    parts = urlsplit(address)
    return who.client.get(f"{unquote(parts.path)}?{parts.query}")


def _published(researcher: Researcher, read_queued: Callable[[], int], key: str, content: bytes) -> str:
    recid = researcher.draft({key: content})
    read_queued()
    researcher.publish(recid)
    return recid


def test_each_member_of_a_zip_has_an_address_of_its_own(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    members = {f"night 1/{name}.fits": sample_files.image(OBJECT=name) for name in ("A", "B")}
    recid = _published(researcher, read_queued, "all.zip", sample_files.archive({**members, "README": b"text"}))
    rows = {row["target_name"]: row for row in visitor.rows(recid)}
    for name in ("A", "B"):
        answer = _fetch(visitor, rows[name]["access_url"])
        assert answer.status_code == 200
        assert answer.data == members[f"night 1/{name}.fits"]
        assert rows[name]["access_estsize"] == -(-len(answer.data) // 1000)
        assert rows[name]["access_format"] == "image/fits"
    assert rows["A"]["obs_publisher_did"] != rows["B"]["obs_publisher_did"]
    assert rows["A"]["obs_id"] != rows["B"]["obs_id"]


def test_members_of_restricted_files_are_nobodys(
    researcher: Researcher, visitor: Researcher, stranger: Researcher, read_queued: Callable[[], int]
) -> None:
    content = sample_files.archive({"a.fits": sample_files.image()})
    recid = _published(researcher, read_queued, "all.zip", content)
    (row,) = visitor.rows(recid)
    researcher.edit(recid)
    researcher.save(recid, access={"record": "public", "files": "restricted"})
    researcher.publish(recid)
    assert visitor.rows(recid) == []
    assert _listed(visitor, recid, part="")["products"] == []
    assert _fetch(visitor, row["access_url"]).status_code in (302, 401, 403)
    for who in (visitor, stranger):
        assert who.request("GET", f"/records/{recid}/files/all.zip/container/a.fits").status_code == 403


@pytest.mark.parametrize("name", ["all.tar", "all.tar.gz"])
def test_members_of_other_archives_have_the_archives_address(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int], name: str
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz" if name.endswith("gz") else "w") as archive:
        for member in ("x/a.fits", "x/b.fits"):
            content = sample_files.image(OBJECT=member)
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    recid = _published(researcher, read_queued, name, packed.getvalue())
    rows = visitor.rows(recid)
    assert {row["target_name"] for row in rows} == {"x/a.fits", "x/b.fits"}
    assert {row["access_estsize"] for row in rows} == {-(-len(packed.getvalue()) // 1000)}
    assert _fetch(visitor, rows[0]["access_url"]).data == packed.getvalue()


def _hostile() -> bytes:
    """Members that no reader likes, between two that are good."""
    good = sample_files.image(OBJECT="good")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.fits", good)
        archive.writestr("../outside.fits", good)
        archive.writestr("/etc/absolute.fits", good)
        archive.writestr("bomb.fits.gz", sample_files.gzip_bomb(good[:2880]))
        archive.writestr("damaged.fits", os.urandom(5000) + good)
        archive.writestr("html.fits", b"<html>")
        archive.writestr('Ωmega "x".fits', good)
        archive.writestr("encrypted.fits", good)
        archive.writestr("z.fits", good)
    content = bytearray(packed.getvalue())
    for info in zipfile.ZipFile(packed).infolist():
        if info.filename == "damaged.fits":
            start = info.header_offset + 30 + len(info.filename)
            content[start : start + 4000] = b"\xff" * 4000
        if info.filename == "encrypted.fits":  # the flag, in the directory
            at = content.rindex(b"encrypted.fits") - 46
            content[at + 8] |= 1
    return bytes(content)


def test_hostile_members_cost_no_other_one_anything(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    recid = researcher.draft({"mixed.zip": _hostile()})
    read_queued()
    listed = _listed(researcher, recid, size=100)
    good = {one["member"] for one in listed["products"] if not one["failed"] and one["row"]}
    assert {"a.fits", "z.fits", 'Ωmega "x".fits'} <= good
    failed = {one["member"]: one["problems"][0]["message"] for one in listed["products"] if one["failed"]}
    assert failed.keys() >= {"../outside.fits", "/etc/absolute.fits", "damaged.fits", "html.fits", "encrypted.fits"}
    assert "leads out" in failed["../outside.fits"]
    assert "encrypted" in failed["encrypted.fits"]
    assert listed["files"]["done"] == 1
    researcher.publish(recid)
    rows = visitor.rows(recid)
    assert {row["target_name"] for row in rows} == {"good"}
    for row in rows:
        # InvenioRDM may refuse to open such an archive: then its own address is given.
        assert _fetch(visitor, row["access_url"]).status_code == 200


def test_an_archive_without_fits_and_a_broken_one(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    cut = sample_files.archive({"a.fits": sample_files.image()})[:-30]
    recid = researcher.draft({"text.zip": sample_files.archive({"README": b"text"}), "cut.zip": cut})
    read_queued()
    states = {file["key"]: file["status"] for file in researcher.found(recid)["files"]}
    assert states["text.zip"] == "ignored"
    listed = _listed(researcher, recid)
    assert listed["counts"]["products"] == 0
    assert any("directory is missing" in one["problems"][0]["message"] for one in listed["products"])


def test_the_same_bytes_under_another_name_keep_their_identifier(
    researcher: Researcher, read_queued: Callable[[], int]
) -> None:
    first, second = sample_files.image(OBJECT="one"), sample_files.image(OBJECT="two")
    recid = researcher.draft({"a.fits": first, "b.fits": second, "c.fits": first})
    read_queued()
    researcher.publish(recid)
    before = {row["access_url"].rpartition("/")[2]: row["obs_publisher_did"] for row in researcher.rows(recid)}
    new = researcher.new_version(recid)
    for name, content in {"renamed.fits": second, "c.fits": first, "extra.fits": first, "more.fits": first}.items():
        researcher.upload(new, name, content)
    read_queued()
    researcher.publish(new)
    after = {row["access_url"].rpartition("/")[2]: row["obs_publisher_did"] for row in researcher.rows(new)}
    kept = {name.partition("?")[0]: did for name, did in before.items()}
    now = {name.partition("?")[0]: did for name, did in after.items()}
    assert now["renamed.fits"] == kept["b.fits"]
    assert now["c.fits"] == kept["c.fits"]
    assert len(set(now.values())) == 4
    assert kept["a.fits"] in (now["extra.fits"], now["more.fits"])


def test_an_older_version_says_where_the_products_are(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    old = _published(researcher, read_queued, "a.fits", sample_files.image())
    new = researcher.new_version(old, import_files=True)
    researcher.publish(new)
    assert _listed(visitor, old, part="")["versions"] == [new]
    page = visitor.client.get(f"/records/{old}").get_data(as_text=True)
    assert f'href="/records/{new}#data-products"' in page


def test_a_mapping_that_is_not_computed_yet_is_told_after_publication(
    researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[..., int]
) -> None:
    recid = researcher.draft({"all.zip": sample_files.catalogue(3)})
    read_queued()
    researcher.verify(recid, 0, mapping="obs_title := 'Late'")
    researcher.publish(recid)
    run_tasks("invenio_obscore")
    assert [row["obs_title"] for row in researcher.rows(recid)] == ["Late"] * 3


@pytest.mark.usefixtures("module_of_workers")
def test_a_worker_killed_in_the_middle_of_an_archive_goes_on(
    instance: Instance, researcher: Researcher, app: Any
) -> None:
    instance.stop_workers()
    worker = instance.start_worker()
    recid = researcher.draft({"catalogue.zip": sample_files.catalogue(1500)})
    end = time.monotonic() + PATIENCE
    while not (kept := _parts(app)):
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    kept = _parts(app)
    instance.start_worker()
    while _listed(researcher, recid)["counts"]["products"] < 1500:
        assert time.monotonic() < end
        time.sleep(0.5)
    assert _parts(app)[: len(kept)] == kept, "what was read is not read again"
    instance.stop_workers()


def _parts(app: Any) -> list[Any]:
    """The pieces of the newest archive, each with the transaction that wrote it."""
    from invenio_db import db
    from sqlalchemy import text

    newest = "SELECT file_id FROM obscore_reading ORDER BY queued_at DESC, file_id LIMIT 1"
    with app.app_context():
        found = db.session.execute(
            text(f"SELECT part, xmin::text FROM obscore_reading_part WHERE file_id = ({newest}) ORDER BY part")
        )
        return [tuple(row) for row in found]


def test_a_zip_of_thousands(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int], app: Any
) -> None:
    recid = researcher.draft({"catalogue.zip": sample_files.catalogue(MANY)})
    read_queued()
    listed = _listed(researcher, recid, sort="-target_name")
    assert listed["counts"]["products"] == MANY
    assert listed["products"][0]["row"]["target_name"] == f"Field {MANY - 1:05}"
    whole = researcher.found(recid, products_page=50, products_size=100)
    assert len(whole["files"][0]["products"]) == 100
    assert whole["files"][0]["products_total"] == MANY
    with _counted(app) as statements:
        researcher.publish(recid)
    assert len(statements) < 300, "the cost in statements does not grow with the members"
    assert visitor.request("GET", f"/records/{recid}/obscore", status=200).json["total"] == MANY
    found = _listed(visitor, recid, part="", q="field/04321.fits")["products"]
    assert [one["product"] for one in found] == ["field/04321.fits#"]
    assert _fetch(visitor, found[0]["row"]["access_url"]).status_code == 200
    page = visitor.client.get(f"/records/{recid}")
    assert page.status_code == 200
    assert len(page.data) < 2_000_000


class _counted:
    """Collects the statements that the database gets."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __enter__(self) -> list[str]:
        from invenio_db import db
        from sqlalchemy import event

        self.statements: list[str] = []
        with self._app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *error: object) -> None:
        from sqlalchemy import event

        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        self.statements.append(statement)
