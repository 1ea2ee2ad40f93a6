"""Pictures of the deposit form for the documentation: ``var/venv/bin/python -m services.pictures``.

The demonstration must run (``./run-demo.sh``); only its own files are shown. The draft is discarded afterwards.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, sync_playwright

from services.demo import samples
from services.demo.repository import Repository
from services.instance import DEMO
from services.layout import ROOT, SERVICES, ServiceError, password

IMAGES = ROOT / "docs" / "images"
RESEARCHER = "researcher@example.org"
MAPPING = """# What the headers leave out
facility_name: 'VLT'
obs_title: concat('Field ', target_name)
em_min: 480 nm
em_max: 930 nm
"""
GRAPHICS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


@contextmanager
def _page() -> Iterator[Page]:
    """A page of the researcher, logged in."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise ServiceError("Chromium is not installed (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *GRAPHICS])
        page = browser.new_page(base_url=DEMO.address, viewport={"width": 1400, "height": 1000})
        page.goto("/login/")
        page.fill("input[name=email]", RESEARCHER)
        page.fill("input[name=password]", password(RESEARCHER))
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        yield page
        browser.close()


def _take(what: Locator | Page, name: str) -> None:
    what.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def _draft(repository: Repository) -> str:
    """A draft with the demonstration's files, all read."""
    samples.fetch()
    recid = repository.create_draft("Pictures of the deposit form", "Made for the documentation.", "Payne", "Cecilia")
    for deposit in samples.DEPOSITS:
        for sample in deposit.samples:
            repository.upload(recid, sample.local)
    repository.wait_for_extraction(recid, lambda text: None)
    return recid


def deposit_form(page: Page, recid: str) -> None:
    """The panel, an open row, the header viewer and the mapping editor."""
    page.goto(f"/uploads/{recid}")
    panel = page.locator("#obscore-panel")
    panel.locator("table.products tbody tr").first.wait_for()
    page.wait_for_timeout(8000)  # the sky view loads
    _take(panel, "deposit-panel")
    panel.get_by_role("button", name="Open HST-HDFS.fits").click()
    row = page.locator(".obscore-product")
    row.wait_for()
    row.locator("[data-column=em_min]").get_by_role("button", name="Edit").click()
    row.locator("[data-column=em_min] input").fill("550 nm")
    _take(row, "deposit-row")
    row.get_by_role("button", name="Whole header").click()
    page.locator(".obscore-header-viewer pre").first.wait_for()
    page.wait_for_timeout(500)
    _take(page, "deposit-header")
    page.keyboard.press("Escape")
    panel.get_by_role("button", name="Close HST-HDFS.fits").click()
    panel.get_by_text("Mapping: what all files have in common").click()
    panel.locator(".cm-content").click()
    page.keyboard.insert_text(MAPPING)
    panel.get_by_text("Of a sample of").wait_for()
    _take(panel.locator(".obscore-mapping"), "deposit-mapping")


def main() -> int:
    """Take all pictures."""
    repository = Repository(DEMO.address, (SERVICES / "token-researcher").read_text())
    recid = _draft(repository)
    try:
        with _page() as page:
            deposit_form(page, recid)
    finally:
        repository.call("DELETE", f"/records/{recid}/draft")
    return 0


if __name__ == "__main__":
    sys.exit(main())
