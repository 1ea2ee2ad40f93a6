"""What people see of being found: citations and exports on a record's page, statistics, the backlog of DOIs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from observation_files import write
from playwright.sync_api import Page, expect

from services.demo.repository import Repository


@pytest.fixture(scope="module")
def recid(researcher: Repository, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A published record with one file."""
    recid = researcher.create_draft("A record to be found", "Made by a test.", "Leavitt", "Henrietta")
    (file,) = [path for path in write(tmp_path_factory.mktemp("files")) if path.name == "spectrum.fits"]
    researcher.upload(recid, file)
    researcher.wait_for_extraction(recid, lambda _: None)
    researcher.publish(recid)
    return recid


def test_the_page_tells_of_citations_and_offers_exports(
    page: Page, recid: str, assert_accessible: Callable[..., None], tmp_path: Path
) -> None:
    page.goto(f"/records/{recid}")
    expect(page.locator("#references")).to_contain_text("None configured")
    assert_accessible(page, "#references")
    for name in ("ro-crate", "madmp", "datacite-json", "obscore-votable"):
        with page.expect_download() as download:
            page.evaluate("address => { window.location.href = address }", f"/records/{recid}/export/{name}")
        assert download.value.path().stat().st_size > 500


def test_depositors_see_the_use_of_their_records(
    researcher_page: Page, recid: str, assert_accessible: Callable[..., None]
) -> None:
    researcher_page.goto("/me/statistics")
    expect(researcher_page.get_by_role("heading", name="Use of your records")).to_be_visible()
    expect(researcher_page.get_by_role("link", name="A record to be found").first).to_be_visible()
    assert_accessible(researcher_page, "main")


@pytest.mark.parametrize(
    ("path", "heading"),
    [("obscore-statistics", "Access statistics"), ("obscore-dois", "DOI backlog")],
)
def test_operators_see_statistics_and_the_backlog(
    admin_page: Page, recid: str, assert_accessible: Callable[..., None], path: str, heading: str
) -> None:
    admin_page.goto(f"/administration/{path}")
    expect(admin_page.get_by_role("heading", name=heading)).to_be_visible()
    assert_accessible(admin_page, ".admin-container, main, #main")
