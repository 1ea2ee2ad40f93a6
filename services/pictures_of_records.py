"""Picture of a record's page for the documentation: ``var/venv/bin/python -m services.pictures_of_records``.

The demonstration must run (``./run-demo.sh``); only its own files are shown.
"""

from __future__ import annotations

import json
import shutil
import sys

from playwright.sync_api import Page, expect, sync_playwright

from services.demo.samples import DEPOSITS, FOLDER
from services.instance import DEMO
from services.layout import ROOT, ServiceError

IMAGES = ROOT / "docs" / "images"
GRAPHICS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
SECONDS = 120_000


def record_page(page: Page, recid: str) -> None:
    """The data products with all their pictures, and one of these larger."""
    page.goto(f"/records/{recid}")
    products = page.locator("#data-products")
    page.locator(".aladin-holder canvas").first.wait_for()
    expect(page.locator("[data-obscore-waiting]")).to_have_count(0, timeout=SECONDS)
    for picture in products.locator(".picture img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_timeout(3000)  # Aladin Lite draws
    products.screenshot(path=IMAGES / "landing-page.png")
    products.locator(".picture a").first.click()
    window = page.locator(".obscore-window")
    window.locator("img").wait_for(timeout=SECONDS)
    page.wait_for_timeout(1500)
    window.screenshot(path=IMAGES / "landing-picture.png")


def main() -> int:
    """Take the pictures."""
    memory = FOLDER / f"records-{DEMO.address.rpartition(':')[2]}.json"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not memory.exists() or chromium is None:
        raise ServiceError("the demonstration has not run here (./run-demo.sh), or Chromium is not installed")
    recid = json.loads(memory.read_text())[DEPOSITS[0].name]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *GRAPHICS])
        page = browser.new_page(base_url=DEMO.address, viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(SECONDS)
        record_page(page, recid)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
