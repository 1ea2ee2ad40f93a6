"""Headers of stored files for those who may read the files."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import sample_files
from researcher import Researcher


def _zipped(**members: bytes) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.fits", content)
    return packed.getvalue()


def _header(who: Researcher, recid: str, part: str = "/draft", status: int = 200, **query: str) -> dict:
    return who.request("GET", f"/records/{recid}{part}/obscore/header", query_string=query, status=status).json


def test_cards_of_each_hdu_are_shown_as_they_stand(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image(OBJECT="<script>alert(1)</script>")})
    read_queued()
    (hdu,) = _header(researcher, recid, file="m31.fits")["hdus"]
    assert (hdu["index"], hdu["name"], hdu["left_out"]) == (0, "PRIMARY", 0)
    assert hdu["cards"][0].startswith("SIMPLE  =")
    assert any(card.startswith("OBJECT  = '<script>alert(1)</script>'") for card in hdu["cards"])
    assert all(len(card) <= 80 for card in hdu["cards"])


def test_a_member_of_an_archive_has_its_own(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    content = _zipped(a=sample_files.image(OBJECT="A"), b=sample_files.image(OBJECT="B"))
    recid = researcher.draft({"all.zip": content})
    read_queued()
    (hdu,) = _header(researcher, recid, file="all.zip", product="b.fits#")["hdus"]
    assert any(card.startswith("OBJECT  = 'B") for card in hdu["cards"])
    _header(researcher, recid, status=404, file="all.zip", product="c.fits#")
    _header(researcher, recid, status=404, file="all.zip", product="b.fits#", hdu="7")


def test_what_is_not_there_is_404(researcher: Researcher, read_queued: Callable[[], int]) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    _header(researcher, recid, status=404, file="m31.fits")
    read_queued()
    _header(researcher, recid, status=404, file="other.fits")
    _header(researcher, recid, status=400)
    for wrong in ({"file": "m31.fits", "product": "#\0"}, {"file": "m31.fits\0"}):
        _header(researcher, recid, status=400, **wrong)
        body = {"products": [wrong]}
        researcher.request("POST", f"/records/{recid}/draft/obscore/lookup", json=body, status=400)
    _header(researcher, "aaaaa-aaaaa", status=404, file="m31.fits")


def test_only_who_may_read_the_files_sees_headers(
    researcher: Researcher, stranger: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    access = {"record": "public", "files": "restricted"}
    recid = researcher.draft({"m31.fits": sample_files.image()}, access=access)
    read_queued()
    for who in (stranger, visitor):
        assert who.request("GET", f"/records/{recid}/draft/obscore/header?file=m31.fits").status_code in (401, 403)
    researcher.publish(recid)
    for who in (stranger, visitor):
        assert who.request("GET", f"/records/{recid}/obscore/header?file=m31.fits").status_code in (401, 403)
    assert _header(researcher, recid, part="", file="m31.fits")["hdus"]


def test_anyone_sees_the_headers_of_public_files(
    researcher: Researcher, visitor: Researcher, read_queued: Callable[[], int]
) -> None:
    recid = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    researcher.publish(recid)
    assert _header(visitor, recid, part="", file="m31.fits")["hdus"]
