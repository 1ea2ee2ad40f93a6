"""Nothing typed is lost: two tabs, a lost connection in mid-save, a reload; and everything works by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from deposit_form import SECOND, DepositForm
from playwright.sync_api import BrowserContext, Page, Route, expect

import sample_files  # isort: skip  # deposit_form knows where it is
from services.demo.repository import Repository

RESEARCHER = "researcher@example.org"


@pytest.fixture
def recid(researcher: Repository) -> str:
    """A draft with one file that was read."""
    recid = researcher.create_draft("Browser test of conflicts", "Made by a browser test.", "Payne", "Cecilia")
    base = f"/records/{recid}/draft/files"
    researcher.call("POST", base, json=[{"key": "m31.fits"}])
    octets = {"Content-Type": "application/octet-stream"}
    researcher.call("PUT", f"{base}/m31.fits/content", data=sample_files.image(), headers=octets)
    researcher.call("POST", f"{base}/m31.fits/commit")
    researcher.wait_for_extraction(recid, lambda text: None)
    return recid


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """The researcher's browser."""
    return new_context(RESEARCHER)


def _opened(page: Page, recid: str) -> DepositForm:
    form = DepositForm(page, recid).open()
    form.wait_for(1)
    form.open_row("m31.fits")
    return form


def _row(researcher: Repository, recid: str) -> dict[str, object]:
    params = {"file": "m31.fits", "product": ""}
    row: dict[str, object] = researcher.call("GET", f"/records/{recid}/draft/obscore/product", params=params)["row"]
    return row


def test_two_tabs_that_change_different_columns_both_succeed(
    context: BrowserContext, researcher: Repository, recid: str
) -> None:
    one, two = (_opened(context.new_page(), recid) for _ in range(2))
    one.edit("target_name", "NGC 224")
    two.edit("facility_name", "Lick Observatory")
    one.save()
    one.expect_saved()
    two.save()
    two.expect_saved()
    row = _row(researcher, recid)
    assert (row["target_name"], row["facility_name"]) == ("NGC 224", "Lick Observatory")


def test_two_tabs_that_change_the_same_column_lose_nothing(
    context: BrowserContext, researcher: Repository, recid: str
) -> None:
    one, two = (_opened(context.new_page(), recid) for _ in range(2))
    one.edit("target_name", "NGC 224")
    two.edit("target_name", "Andromeda")
    one.save()
    one.expect_saved()
    two.save()
    expect(two.row.locator(".said")).to_contain_text("changed target_name meanwhile")
    expect(two.cell("target_name").locator("input")).to_have_value("Andromeda")
    assert _row(researcher, recid)["target_name"] == "NGC 224", "nobody was overwritten unasked"
    two.save()
    two.expect_saved()
    assert _row(researcher, recid)["target_name"] == "Andromeda"


def test_a_connection_that_is_lost_in_mid_save_keeps_what_was_typed(
    context: BrowserContext, researcher: Repository, recid: str
) -> None:
    form = _opened(context.new_page(), recid)
    form.edit("target_name", "NGC 224")

    def lose(route: Route) -> None:
        if route.request.method == "PATCH":
            route.abort("connectionreset")
        else:
            route.continue_()

    form.page.route("**/obscore/product?*", lose)
    form.save()
    expect(form.row.locator(".said")).to_contain_text("cannot be reached")
    expect(form.cell("target_name").locator("input")).to_have_value("NGC 224")
    form.page.unroute("**/obscore/product?*")
    form.save()
    form.expect_saved()
    assert _row(researcher, recid)["target_name"] == "NGC 224"


def test_a_save_that_arrived_although_the_answer_was_lost_is_no_conflict(
    context: BrowserContext, researcher: Repository, recid: str
) -> None:
    form = _opened(context.new_page(), recid)
    form.edit("target_name", "NGC 224")

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "PATCH":
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    form.page.route("**/obscore/product?*", lose_the_answer)
    form.save()
    expect(form.row.locator(".said")).to_contain_text("cannot be reached")
    form.page.unroute("**/obscore/product?*")
    form.save()
    form.expect_saved()
    assert _row(researcher, recid)["target_name"] == "NGC 224"


def test_a_reload_keeps_what_was_typed(context: BrowserContext, recid: str) -> None:
    form = _opened(context.new_page(), recid)
    form.page.on("dialog", lambda dialog: dialog.accept())
    form.edit("target_name", "NGC 224")
    form.page.reload()
    form.wait_for(1)
    expect(form.line("m31.fits")).to_contain_text("not saved")
    form.open_row("m31.fits")
    expect(form.cell("target_name").locator("input")).to_have_value("NGC 224")


def test_the_panel_works_by_keyboard_only(context: BrowserContext, researcher: Repository, recid: str) -> None:
    page = context.new_page()
    form = DepositForm(page, recid).open()
    form.wait_for(1)
    _tab_to(page, "Open m31.fits")
    page.keyboard.press("Enter")
    form.row.wait_for()
    _tab_to(page, "Edit target_name")
    page.keyboard.press("Enter")
    expect(form.cell("target_name").locator("input")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("NGC 224")
    page.keyboard.press("Enter")
    form.expect_saved()
    assert _row(researcher, recid)["target_name"] == "NGC 224"


def _tab_to(page: Page, name: str, most: int = 150) -> None:
    """Press Tab until the element of this name has the focus."""
    focused = "document.activeElement && (document.activeElement.getAttribute('aria-label') || '')"
    for _ in range(most):
        if page.evaluate(focused) == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name!r} is not reached with Tab")


def test_it_fits_a_phone(new_context: Callable[..., BrowserContext], recid: str) -> None:
    page = new_context(RESEARCHER).new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    form = _opened(page, recid)
    expect(form.cell("s_ra")).to_be_visible(timeout=10 * SECOND)
    wide = "Math.max(...[...document.querySelectorAll('#obscore-panel *')].map(e => e.getBoundingClientRect().right))"
    inside = "[...document.querySelectorAll('#obscore-panel .cell')].every(e => e.getBoundingClientRect().right <= 391)"
    assert page.evaluate(inside), page.evaluate(wide)
