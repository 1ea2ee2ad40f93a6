"""Pictures of products by REST and on pages: drawn by a task, for those who may read the files, gone with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import sample_files
from instance import applications
from researcher import Researcher
from werkzeug.test import TestResponse

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    from invenio_obscore.rdm import previews

    previews.close()


def ask(who: Researcher, recid: str, part: str = "", status: int | None = None, **query: str) -> TestResponse:
    query = {"file": "m31.fits", **query}
    return who.request("GET", f"/records/{recid}{part}/obscore/preview", query_string=query, status=status)


@pytest.fixture
def published(
    researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int]
) -> Callable[..., str]:
    def publish(content: bytes = b"", key: str = "m31.fits", **changes: Any) -> str:
        recid = researcher.draft({key: content or sample_files.image()}, **changes)
        read_queued()
        researcher.publish(recid)
        run_tasks()
        return recid

    return publish


def test_a_picture_is_drawn_once_and_then_served(
    researcher: Researcher, visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]
) -> None:
    recid = published()
    waiting = ask(visitor, recid, status=202)
    assert waiting.json["state"] == "queued" and waiting.headers["Retry-After"]
    ask(visitor, recid, status=202)
    assert run_tasks() == 1
    for size in ("thumbnail", "large"):
        picture = ask(visitor, recid, status=200, size=size)
        assert picture.mimetype == "image/png" and picture.data.startswith(PNG)
        assert picture.headers["Cache-Control"] == "private, no-cache"
    again = ask(visitor, recid, size="large").headers["ETag"]
    path = f"/records/{recid}/obscore/preview?file=m31.fits&size=large"
    visitor.request("GET", path, headers={"If-None-Match": again}, status=304)
    words = visitor.request("GET", path, headers={"Accept": "application/json"}, status=200).json
    assert words["state"] == "done" and words["alt"].startswith("Image of M 31: 32 × 32 pixels")
    assert run_tasks() == 0


def test_a_draft_has_its_own_address(
    researcher: Researcher, stranger: Researcher, visitor: Researcher, read_queued: Callable[[], int],
    run_tasks: Callable[[], int],
) -> None:  # fmt: skip
    recid = researcher.draft({"m31.fits": sample_files.image()})
    read_queued()
    ask(researcher, recid, "/draft", 202)
    run_tasks()
    assert ask(researcher, recid, "/draft", 200).data.startswith(PNG)
    for who in (stranger, visitor):
        assert ask(who, recid, "/draft").status_code in (401, 403)
        assert ask(who, recid).status_code == 404


def test_restricted_files_show_nothing_to_others(
    researcher: Researcher, stranger: Researcher, visitor: Researcher, published: Callable[..., str],
    run_tasks: Callable[[], int],
) -> None:  # fmt: skip
    for access in ({"record": "public", "files": "restricted"}, {"record": "restricted", "files": "restricted"}):
        recid = published(access=access)
        ask(researcher, recid, status=202)
        run_tasks()
        picture = ask(researcher, recid, status=200)
        for who in (stranger, visitor):
            for headers in ({}, {"Accept": "application/json"}, {"If-None-Match": picture.headers["ETag"]}):
                path = f"/records/{recid}/obscore/preview?file=m31.fits"
                answer = who.request("GET", path, headers=headers)
                assert answer.status_code in (401, 403)
                assert b"M 31" not in answer.data and PNG not in answer.data


def test_a_file_that_becomes_restricted_hides_its_picture(
    researcher: Researcher, visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]
) -> None:
    recid = published()
    ask(visitor, recid, status=202)
    run_tasks()
    ask(visitor, recid, status=200)
    researcher.edit(recid)
    researcher.save(recid, access={"record": "public", "files": "restricted"})
    researcher.publish(recid)
    assert ask(visitor, recid).status_code in (401, 403)
    run_tasks()


def test_what_cannot_be_drawn_says_why(
    visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]
) -> None:
    content = sample_files.image()
    recid = published(content[:2880])  # the header is there, the data are not
    ask(visitor, recid, status=202)
    run_tasks()
    answer = ask(visitor, recid, status=404)
    assert answer.mimetype == "application/json" and "no numbers" in answer.json["message"]


def test_names_that_do_not_exist_leave_nothing(
    visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int], appctx: Any
) -> None:
    from invenio_db import db
    from sqlalchemy import func, select

    from invenio_obscore.rdm.models import ObsCorePreview

    recid = published()
    before = db.session.scalar(select(func.count()).select_from(ObsCorePreview))
    ask(visitor, recid, status=404, product="#nothing")
    ask(visitor, recid, status=404, file="other.fits")
    ask(visitor, recid, status=400, size="huge")
    ask(visitor, recid, status=400, product="#\0")
    ask(visitor, recid, status=400, file="m31.fits\0")
    assert visitor.request("GET", f"/records/{recid}/obscore/preview").status_code == 400
    assert db.session.scalar(select(func.count()).select_from(ObsCorePreview)) == before
    assert run_tasks() == 0


def test_members_of_archives(visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("a/b.fits", sample_files.image(OBJECT="B"))
    recid = published(packed.getvalue(), "all.zip")
    ask(visitor, recid, status=202, file="all.zip", product="a/b.fits#")
    run_tasks()
    path = f"/records/{recid}/obscore/preview?file=all.zip&product=a/b.fits%23"
    assert "of B:" in visitor.request("GET", path, headers={"Accept": "application/json"}).json["alt"]


def test_pictures_go_with_their_file(
    researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int], appctx: Any
) -> None:
    from uuid import UUID

    from invenio_db import db
    from sqlalchemy import select

    from invenio_obscore.rdm.models import ObsCorePreview

    recid = researcher.draft({"m31.fits": sample_files.image(OBJECT="soon gone")})
    read_queued()
    file_id = UUID(researcher.found(recid)["files"][0]["file_id"])
    ask(researcher, recid, "/draft", 202)
    run_tasks()
    kept = select(ObsCorePreview.status).filter_by(file_id=file_id)
    assert db.session.scalars(kept).all() == ["done"]
    db.session.rollback()
    ask(researcher, recid, "/draft", 200)
    researcher.delete_file(recid, "m31.fits")
    assert db.session.scalars(kept).all() == []


def test_a_drawing_that_never_ended_is_begun_again_and_given_up(
    visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int], appctx: Any
) -> None:
    from datetime import timedelta

    from invenio_db import db
    from sqlalchemy import func, update

    from invenio_obscore.rdm.models import ObsCorePreview

    recid = published()
    ask(visitor, recid, status=202)
    long_ago = {"status": "drawing", "asked_at": func.now() - timedelta(minutes=10)}
    db.session.execute(update(ObsCorePreview).filter_by(status="queued").values(**long_ago, attempts=1))
    db.session.commit()
    ask(visitor, recid, status=202)
    db.session.execute(update(ObsCorePreview).filter_by(status="queued").values(attempts=3))
    db.session.commit()
    run_tasks()
    assert "never ended" in ask(visitor, recid, status=404).json["message"]


@pytest.fixture
def nothing_waits(app: Any) -> None:
    """Pictures that other tests asked for wait no more."""
    from invenio_db import db
    from sqlalchemy import delete

    from invenio_obscore.rdm.models import ObsCorePreview

    with app.app_context():
        db.session.execute(delete(ObsCorePreview))
        db.session.commit()


@pytest.mark.usefixtures("nothing_waits")
def test_no_more_wait_than_the_operator_lets(
    visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int], instance_app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for app in applications(instance_app):
        monkeypatch.setitem(app.config, "OBSCORE_PREVIEWS_WAITING", 1)
    first, second = published(), published(sample_files.image(OBJECT="second"))
    ask(visitor, first, status=202)
    assert ask(visitor, second, status=202).json["state"] == "queued"
    assert run_tasks() == 1
    ask(visitor, first, status=200)
    ask(visitor, second, status=202)
    assert run_tasks() == 1
    ask(visitor, second, status=200)


def test_pictures_may_have_a_queue_of_their_own(
    visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int], instance_app: Any,
    instance: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own = f"{instance.settings['CELERY_TASK_DEFAULT_QUEUE']}-pictures"
    recid = published()
    with monkeypatch.context() as changed:
        for app in applications(instance_app):
            changed.setitem(app.config, "OBSCORE_PREVIEW_QUEUE", own)
        ask(visitor, recid, status=202)
    assert run_tasks() == 0
    with monkeypatch.context() as changed:
        changed.setitem(instance.settings, "CELERY_TASK_DEFAULT_QUEUE", own)
        assert run_tasks() == 1
    ask(visitor, recid, status=200)


def test_the_file_box_shows_the_picture_and_the_header(
    researcher: Researcher, visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]
) -> None:
    recid = published(sample_files.image(OBJECT="</script><script>alert(1)</script>"))
    page = visitor.client.get(f"/records/{recid}/preview/m31.fits")
    assert page.status_code == 200 and b"is being drawn" in page.data and b'http-equiv="refresh"' in page.data
    run_tasks()
    text = visitor.client.get(f"/records/{recid}/preview/m31.fits").get_data(as_text=True)
    assert "obscore/preview?file=m31.fits" in text and "size=large" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    broken = published(b"SIMPLE  = this is no FITS file at all")
    answer = visitor.client.get(f"/records/{broken}/preview/m31.fits")
    assert answer.status_code == 200


def test_the_page_of_a_record_names_pictures_and_hides_those_of_others(
    researcher: Researcher, visitor: Researcher, published: Callable[..., str], run_tasks: Callable[[], int]
) -> None:
    recid = published(sample_files.image(OBJECT="</script><b>x"))
    page = visitor.client.get(f"/records/{recid}").get_data(as_text=True)
    assert "data-obscore-waiting" in page and "<b>x" not in page
    run_tasks()
    page = visitor.client.get(f"/records/{recid}").get_data(as_text=True)
    assert 'alt="Image of &lt;/script&gt;&lt;b&gt;x: 32' in page
    hidden = published(access={"record": "public", "files": "restricted"})
    page = visitor.client.get(f"/records/{hidden}").get_data(as_text=True)
    assert "are restricted" in page and "m31.fits" not in page and "M 31:" not in page
    embargo = {"active": True, "until": "2126-01-31", "reason": "paper"}
    later = published(access={"record": "public", "files": "restricted", "embargo": embargo})
    page = visitor.client.get(f"/records/{later}").get_data(as_text=True)
    assert "under embargo until 2126-01-31" in page and "obscore/preview" not in page


def test_pages_with_a_sky_view_may_run_it(visitor: Researcher, published: Callable[..., str]) -> None:
    recid = published()
    policy = visitor.client.get(f"/records/{recid}").headers["Content-Security-Policy"]
    script = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert "'wasm-unsafe-eval'" in script and "'self'" in script
    assert "http://localhost:21012" in policy
    assert "wasm-unsafe-eval" not in visitor.client.get("/search").headers["Content-Security-Policy"]
