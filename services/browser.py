"""Chromium without a window, for the browser tests and for the documentation's pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from services.layout import ServiceError, password

#: WebGL drawn by the processor: Aladin Lite needs it.
_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


def launch(playwright: Playwright, *, webgl: bool) -> Browser:
    """Start the system's Chromium.

    Raises
    ------
    ServiceError
        There is none.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise ServiceError("Chromium is not installed (Debian's package chromium)")
    options = ["--no-sandbox", "--disable-dev-shm-usage", *(_WEBGL if webgl else ("--disable-gpu",))]
    return playwright.chromium.launch(executable_path=chromium, args=options)


def log_in(page: Page, email: str) -> None:
    """Log one of the instance's accounts in by the form, as a person does."""
    page.goto("/login/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password(email))
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)


@contextmanager
def one_page(address: str, email: str = "") -> Iterator[Page]:
    """A page that can draw the sky, of a visitor or of an account."""
    with sync_playwright() as playwright:
        browser = launch(playwright, webgl=True)
        page = browser.new_page(base_url=address, viewport={"width": 1400, "height": 1000})
        if email:
            log_in(page, email)
        yield page
        browser.close()
