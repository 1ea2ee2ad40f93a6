"""A browser and an instance of its own: real services, the built pages, web server, worker and scheduler.

The instance is the one that ``python3 -m services instance start --for browser`` starts; it is made on first use, and
stopped afterwards unless it was running. Its records stay: each test makes its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState, ViewportSize, sync_playwright

from services import browser, instance
from services.demo.repository import Repository
from services.instance import BROWSER
from services.layout import SERVICES

_WITHOUT_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...more);
};
"""
#: What axe-core calls a violation that keeps people out.
_SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Address of the instance."""
    if not os.environ.get("SQLALCHEMY_DATABASE_URI"):
        pytest.skip("no services (python3 -m services start)")
    was_running = BROWSER.web.pid() is not None
    if not was_running:
        instance.make(BROWSER)
    yield instance.start(BROWSER)
    if not was_running:
        instance.stop(BROWSER)


class Browsers:
    """Debian's Chromium without a window, and a second one that draws WebGL in software."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._started: dict[bool, Browser] = {}

    def get(self, *, webgl: bool) -> Browser:
        """The browser of a kind; software that draws takes a processor of its own, so only who looks at it has it."""
        if webgl not in self._started:
            self._started[webgl] = browser.launch(self._playwright, webgl=webgl)
        return self._started[webgl]

    def close(self) -> None:
        """End both."""
        for started in self._started.values():
            started.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browsers]:
    """The browsers."""
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        yield browsers
        browsers.close()


@pytest.fixture(scope="session")
def logged_in(chromium: Browsers, site: str) -> Callable[[str], StorageState]:
    """Cookies of a user who logged in once: InvenioRDM allows few logins a minute, and means it."""

    @cache
    def state(email: str) -> StorageState:
        context = chromium.get(webgl=False).new_context(base_url=site)
        browser.log_in(context.new_page(), email)
        cookies = context.storage_state()
        context.close()
        return cookies

    return state


@pytest.fixture
def new_context(
    chromium: Browsers, site: str, logged_in: Callable[[str], StorageState]
) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser profiles: ``new_context()`` a visitor's, ``new_context("researcher@example.org")`` a user's.

    The sky is a chart unless ``sky`` is true: Aladin draws without end, and without a graphics card all else waits.
    """
    opened: list[BrowserContext] = []

    def make(email: str = "", *, sky: bool = False, **options: Any) -> BrowserContext:
        if email:
            options["storage_state"] = logged_in(email)
        view = ViewportSize(width=1280, height=900)
        context = chromium.get(webgl=sky).new_context(base_url=site, viewport=view, **options)
        if not sky:
            context.add_init_script(_WITHOUT_WEBGL)
        context.set_default_timeout(30_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A visitor's page."""
    return new_context().new_page()


@pytest.fixture
def researcher_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of the researcher, logged in."""
    return new_context("researcher@example.org").new_page()


@pytest.fixture
def admin_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of the administrator, logged in."""
    return new_context("admin@example.org").new_page()


@pytest.fixture(scope="session")
def researcher(site: str) -> Repository:
    """The researcher's access by REST, to make records without a browser."""
    return Repository(site, (SERVICES / "token-researcher-browser").read_text())


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[..., None]:
    """Check a page with axe-core: ``assert_accessible(page, "#part")``; nothing serious or critical may stand there."""
    axe = Axe()

    def check(page: Page, part: str | None = None) -> None:
        found = axe.run(page, context=part).response["violations"]
        serious = [
            f"{each['id']} ({each['impact']}): {each['help']}: {each['nodes'][0]['html'][:200]}"
            for each in found
            if each["impact"] in _SERIOUS
        ]
        assert not serious, "\n".join(serious)

    return check
