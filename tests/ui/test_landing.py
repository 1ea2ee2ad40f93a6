"""A reader on a record's page: products with pictures, the sky, coverage, headers, and programs on the desktop."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from astropy.samp import SAMPHubServer, SAMPIntegratedClient, WebProfileDialog
from observation_files import HOSTILE, write
from playwright.sync_api import BrowserContext, Page, expect

from services.demo.repository import Repository

SECONDS = 60_000


@pytest.fixture(scope="module")
def recid(researcher: Repository, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A published record with one file of each kind."""
    recid = researcher.create_draft("Observations of M 31", "Made by a test.", "Leavitt", "Henrietta")
    for path in write(tmp_path_factory.mktemp("files")):
        researcher.upload(recid, path)
    researcher.wait_for_extraction(recid, lambda _: None)
    researcher.publish(recid)
    return recid


@pytest.fixture
def sky(new_context: Callable[..., BrowserContext], recid: str) -> Page:
    """The record's page with Aladin Lite."""
    page = new_context(sky=True).new_page()
    page.goto(f"/records/{recid}")
    return page


@pytest.fixture
def landing(page: Page, recid: str) -> Iterator[Page]:
    """The record's page; no script on it may fail, and nothing out of a header may run."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("dialog", lambda dialog: failures.append(dialog.message))
    page.goto(f"/records/{recid}")
    yield page
    assert not failures


def product_row(page: Page, file: str) -> Any:
    return page.locator("[data-obscore-row]", has=page.get_by_role("link", name=file, exact=True))


def test_each_product_gets_its_picture_in_words_too(landing: Page) -> None:
    pictures = {
        "m31-image.fits": r"^Image of </script><img src=x onerror=alert\(1\)>: 120 × 120 pixels",
        "spectrum.fits": r"^Spectrum of Vega: flux \[Jy\] over wavelength \[nm\] from 400",
        "cube.fits": r"^Cube of M 31: 120 × 120 × 40 pixels",
        "light-curve.fits": r"^Light curve of Crab: RATE \[count/s\] over TIME",
        "events.fits": r"^Map of counts of M 82: 3000 events",
    }
    for file, words in pictures.items():
        picture = product_row(landing, file).get_by_role("img")
        picture.wait_for(timeout=SECONDS)
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_attribute("alt", re.compile(words))
        landing.wait_for_function("image => image.complete && image.naturalWidth > 20", arg=picture.element_handle())


def test_a_larger_picture_opens_over_the_page_by_keyboard_and_gives_the_focus_back(landing: Page) -> None:
    link = product_row(landing, "m31-image.fits").locator(".picture a")
    link.wait_for(timeout=SECONDS)
    link.focus()
    landing.keyboard.press("Enter")
    window = landing.get_by_role("dialog").or_(landing.locator(".obscore-window"))
    image = window.get_by_role("img")
    image.wait_for()
    landing.wait_for_function("image => image.complete && image.naturalWidth > 600", arg=image.element_handle())
    landing.keyboard.press("Escape")
    expect(landing.locator(".obscore-window")).to_have_count(0)
    assert link.evaluate("element => element === document.activeElement")


def test_header_text_is_shown_as_text(landing: Page) -> None:
    row = product_row(landing, "m31-image.fits")
    expect(row).to_contain_text(HOSTILE)
    row.get_by_role("button", name="Header").click()
    window = landing.locator(".obscore-window")
    window.get_by_label("Search the header").fill("OBJECT")
    expect(window.get_by_role("status")).to_have_text("1 card found")
    expect(window).to_contain_text("onerror=alert(1)")
    assert landing.locator("img[src='x']").count() == 0
    # What the sky and the strips say where the pointer rests.
    for mark in (".obscore-sky-chart .footprint title", ".obscore-coverage-strip .bar title"):
        expect(landing.locator(mark, has_text=HOSTILE).first).to_be_attached()


def test_the_sky_shows_the_footprints_and_selects_rows(sky: Page) -> None:
    landing = sky
    view = landing.locator(".obscore-sky-view")
    view.scroll_into_view_if_needed()
    view.get_by_role("button", name="Show as a chart").click(timeout=SECONDS)
    footprints = view.locator(".footprint")
    expect(footprints).to_have_count(5)
    footprints.first.focus()
    landing.keyboard.press("Enter")
    expect(landing.locator("tr.selected")).to_have_count(1)
    landing.keyboard.press("ArrowRight")
    expect(landing.locator("tr.selected")).to_have_count(1)
    bar = landing.locator(".obscore-coverage-strip .bar:not(.selected)").first
    bar.click(force=True)
    expect(landing.locator("tr.selected")).to_have_count(1)
    expect(landing.locator(".obscore-coverage-strip figcaption").first).to_contain_text("Wavelengths:")


def test_without_webgl_the_sky_is_a_chart(new_context: Callable[..., BrowserContext], recid: str) -> None:
    page = new_context().new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(f"/records/{recid}")
    view = page.locator(".obscore-sky-view")
    view.scroll_into_view_if_needed()
    expect(view.locator(".footprint")).to_have_count(5)
    expect(view.get_by_role("button", name="Show as a chart")).to_have_count(0)


def test_queries_are_copied_and_find_the_record(
    new_context: Callable[..., BrowserContext], recid: str, site: str
) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"/records/{recid}")
    page.get_by_role("button", name="Copy as ADQL").click()
    expect(page.locator(".tools [role=status]").last).to_have_text("Copied.")
    query = page.evaluate("navigator.clipboard.readText()")
    answer = requests.get(f"{site}/vo/tap/sync", {"LANG": "ADQL", "QUERY": query, "RESPONSEFORMAT": "csv"}, timeout=60)
    assert answer.status_code == 200 and len(answer.text.strip().splitlines()) == 6
    page.get_by_role("button", name="Copy as pyvo").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('TAPService'))")


class _Consenting(WebProfileDialog):
    """The user who lets every page in."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._stop = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            self.handle_queue()

    def show_dialog(self, samp_name: str, details: str, client: Any, origin: str) -> None:
        self.asked.append(samp_name)
        self.consent()

    def stop(self) -> None:
        self._stop.set()


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SAMPIntegratedClient]:
    """A real SAMP hub with its web profile, and a program on it."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")
    dialog = _Consenting()
    hub = SAMPHubServer(web_profile=True, web_profile_dialog=dialog, lockfile=str(tmp_path / "samp"))
    hub.start()
    client = SAMPIntegratedClient(name="Program")
    client.connect(hub)
    yield client
    client.disconnect()
    hub.stop()
    dialog.stop()


@pytest.mark.parametrize(
    ("button", "message", "answers"),
    [
        ("Send the list to TOPCAT or Aladin", "table.load.votable", b"<VOTABLE"),
        ("Open in TOPCAT, Aladin or DS9: m31-image.fits", "image.load.fits", b"SIMPLE  ="),
    ],
)
def test_a_program_on_the_desktop_gets_what_it_can_load(
    landing: Page, desktop: SAMPIntegratedClient, button: str, message: str, answers: bytes
) -> None:
    received: list[dict[str, Any]] = []
    there = threading.Event()

    def take(private_key: str, sender_id: str, mtype: str, parameters: dict[str, Any], extra: dict[str, Any]) -> None:
        received.append(parameters)
        there.set()

    desktop.bind_receive_notification(message, take)
    landing.get_by_role("button", name=button).click()
    assert there.wait(30)
    # Programs have no cookies.
    assert answers in requests.get(received[0]["url"], timeout=60).content[:2000]


def test_without_a_hub_the_page_says_what_to_do(landing: Page) -> None:
    landing.get_by_role("button", name="Send the list to TOPCAT or Aladin").click()
    expect(landing.get_by_text("No program answered.")).to_be_visible(timeout=SECONDS)


def test_the_file_box_shows_pictures_of_fits_files(landing: Page) -> None:
    frame = landing.frame_locator("iframe.preview-iframe").first
    expect(frame.locator(".obscore-previewer figure img")).to_be_visible(timeout=SECONDS)


def test_axe_finds_nothing_serious(landing: Page, assert_accessible: Callable[..., None]) -> None:
    product_row(landing, "cube.fits").get_by_role("img").wait_for(timeout=SECONDS)
    assert_accessible(landing, "#data-products")
    product_row(landing, "cube.fits").get_by_role("button", name="Header").click()
    landing.locator(".obscore-window summary").first.wait_for()
    assert_accessible(landing, ".obscore-window")


def test_axe_finds_nothing_serious_in_aladin(sky: Page, assert_accessible: Callable[..., None]) -> None:
    view = sky.locator(".obscore-sky-view")
    view.scroll_into_view_if_needed()
    view.get_by_role("button", name="Show as a chart").wait_for(timeout=SECONDS)
    assert_accessible(sky, ".obscore-sky-view")


def test_a_phone_needs_no_sideways_scrolling(new_context: Callable[..., BrowserContext], recid: str) -> None:
    page = new_context().new_page()
    page.set_viewport_size({"width": 380, "height": 800})
    page.goto(f"/records/{recid}")
    page.locator("#data-products table").wait_for()
    # InvenioRDM's own footer is wider, where it offers languages.
    assert page.locator("#data-products").evaluate("e => e.getBoundingClientRect().right") <= 380
    assert page.locator(".obscore-products .table-frame").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
