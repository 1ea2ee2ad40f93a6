"""Pictures of the pages for the documentation: ``var/venv/bin/python -m services.pictures [NAME …]``.

The demonstration must run (``./run-demo.sh``); only its own files are shown. A draft made for them is discarded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from services.browser import one_page
from services.demo import samples
from services.demo.repository import Repository
from services.instance import DEMO
from services.layout import ROOT, SERVICES, ServiceError

IMAGES = ROOT / "docs" / "images"
RESEARCHER = "researcher@example.org"
#: Pictures of many files are made while one waits.
MILLISECONDS = 120_000
MAPPING = """# What the headers leave out
facility_name: 'VLT'
obs_title: concat('Field ', target_name)
em_min: 480 nm
em_max: 930 nm
"""


def _take(what: Locator | Page, name: str) -> None:
    what.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def _draft(repository: Repository, title: str) -> str:
    """A draft with the demonstration's files, all read."""
    samples.fetch()
    recid = repository.create_draft(title, "Made for the documentation.", "Payne", "Cecilia")
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
    panel.locator(".obscore-sky-view").scroll_into_view_if_needed()
    panel.locator(".aladin-holder canvas").first.wait_for()
    for line in panel.locator("table.products tbody tr").all():
        line.scroll_into_view_if_needed()
    expect(panel.get_by_text("The picture is being drawn.")).to_have_count(0, timeout=MILLISECONDS)
    page.wait_for_timeout(3000)  # Aladin Lite draws
    _take(panel, "deposit-panel")
    panel.locator("details.checks summary").click()
    _take(panel.locator("details.checks"), "deposit-check")
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


def record_page(page: Page, recid: str) -> None:
    """The data products with all their pictures, and one of these larger."""
    page.goto(f"/records/{recid}")
    products = page.locator("#data-products")
    page.locator(".aladin-holder canvas").first.wait_for()
    expect(page.locator("[data-obscore-waiting]")).to_have_count(0, timeout=MILLISECONDS)
    for picture in products.locator(".picture img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_timeout(3000)  # Aladin Lite draws
    _take(products, "landing-page")
    products.locator(".picture a").first.click()
    window = page.locator(".obscore-window")
    window.locator("img").wait_for(timeout=MILLISECONDS)
    page.wait_for_timeout(1500)
    _take(window, "landing-picture")
    page.keyboard.press("Escape")
    box = page.frame_locator("iframe.preview-iframe").first
    box.locator("figure img").first.wait_for(timeout=MILLISECONDS)
    _take(page.locator("iframe.preview-iframe").first, "landing-file-box")


def search(page: Page) -> None:
    """The search for data products, around the Hubble Deep Field South."""
    ra, dec, radius = samples.CONE
    page.goto(f"/observations?target={ra}+{dec}&radius={radius}")
    page.locator(".aladin-holder canvas").first.wait_for()
    page.wait_for_timeout(3000)  # Aladin Lite draws
    _take(page.locator(".obscore-observations"), "search")


def spreadsheet(page: Page, recid: str) -> None:
    """The list of catalogues, one of them as a spreadsheet, and what another mapping would change."""
    page.goto("/catalogues")
    page.get_by_label("Search the catalogues").fill("and")
    page.locator(f"[data-catalogue='{recid}']").wait_for()
    page.wait_for_timeout(3000)  # what is found replaces what was there
    _take(page.locator("#obscore-catalogues"), "catalogues-list")
    page.goto(f"/catalogues/{recid}")
    sheet = page.locator("#obscore-sheet")
    sheet.locator(".obscore-grid canvas").first.wait_for()
    sheet.locator("#obscore-set-column").select_option("obs_collection")
    sheet.locator("#obscore-set-value").fill("Examples")
    sheet.locator("#obscore-set-where").select_option("matching")
    sheet.get_by_role("button", name="Set the value").click()
    sheet.get_by_text("Saved:").wait_for()
    page.wait_for_timeout(1500)
    sheet.locator(".obscore-grid canvas").first.focus()
    for key in ("Control+Home", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    sheet.locator(".inspector .cell").wait_for()
    page.wait_for_timeout(1500)
    _take(sheet, "catalogues-sheet")
    sheet.get_by_text("Run again with another mapping").click()
    run = sheet.locator(".rerun")
    run.locator(".cm-content").click()
    page.keyboard.insert_text(MAPPING)
    run.get_by_role("button", name="Run again and show the difference").click()
    run.get_by_role("button", name="Accept the difference").wait_for()
    _take(run, "catalogues-rerun")


def _with_draft(title: str, show: Callable[[Page, str], None]) -> None:
    """Show a draft that is made for it, to its owner."""
    repository = Repository(DEMO.address, (SERVICES / "token-researcher").read_text())
    recid = _draft(repository, title)
    try:
        with one_page(DEMO.address, RESEARCHER) as page:
            page.set_default_timeout(MILLISECONDS)
            show(page, recid)
    finally:
        repository.call("DELETE", f"/records/{recid}/draft")


def deposit() -> None:
    """The deposit form with a draft of its own."""
    _with_draft("Pictures of the deposit form", deposit_form)


def catalogues() -> None:
    """The documentalists' pages with a draft of their own."""
    _with_draft("Images and spectra of many telescopes", spreadsheet)


def record() -> None:
    """A record's page as a visitor sees it."""
    memory = samples.FOLDER / f"records-{DEMO.address.rpartition(':')[2]}.json"
    if not memory.exists():
        raise ServiceError("the demonstration has not run here (./run-demo.sh)")
    recid = json.loads(memory.read_text())[samples.DEPOSITS[0].name]
    with one_page(DEMO.address) as page:
        page.set_default_timeout(MILLISECONDS)
        record_page(page, recid)


def observations() -> None:
    """The search for data products as a visitor sees it."""
    with one_page(DEMO.address) as page:
        page.set_default_timeout(MILLISECONDS)
        search(page)


PAGES = {"deposit": deposit, "record": record, "observations": observations, "catalogues": catalogues}


def main() -> int:
    """Take the pictures of all pages, or of those that are named."""
    for name in sys.argv[1:] or PAGES:
        PAGES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
