"""The mapping editor: mistakes as one types, preview, full count, the library, saving; look-ups that are down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from deposit_form import SECOND, DepositForm
from playwright.sync_api import Page, expect

import sample_files  # isort: skip  # deposit_form knows where it is
from services.demo.repository import Repository


@pytest.fixture
def form(researcher_page: Page, researcher: Repository) -> DepositForm:
    """A draft with two files that were read, and the editor open."""
    made = DepositForm.begin(researcher_page, researcher, "Browser test of mappings")
    made.upload({"a.fits": sample_files.image(OBJECT="A"), "b.fits": sample_files.image(OBJECT="B")})
    made.wait_for(2)
    made.panel.get_by_text("Mapping: what all files have in common").click()
    made.panel.locator(".cm-content").wait_for()
    return made


def _type(form: DepositForm, text: str) -> None:
    form.panel.locator(".cm-content").click()
    form.page.keyboard.press("Control+A")
    form.page.keyboard.insert_text(text)


def test_mistakes_are_marked_as_one_types(form: DepositForm, assert_accessible: Callable[..., None]) -> None:
    _type(form, "obs_title: 'fine'\nem_mim: 550 nm")
    mistakes = form.panel.locator(".mistakes")
    expect(mistakes).to_contain_text("Line 2, column 1")
    expect(mistakes).to_contain_text("em_min")
    expect(form.panel.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(form.panel.get_by_role("button", name="Count in all products")).to_be_disabled()
    assert_accessible(form.page, "#obscore-panel")


def test_it_says_what_would_change_and_then_changes_it(form: DepositForm, researcher: Repository) -> None:
    _type(form, "obs_title: concat('Field ', OBJECT)\nem_min: 550 nm")
    expect(form.panel).to_contain_text("Of a sample of 2 products it changes 2.", timeout=20 * SECOND)
    expect(form.panel.get_by_role("region", name="What changes in the sample")).to_contain_text("Field A")
    form.panel.get_by_role("button", name="Count in all products").click()
    expect(form.panel).to_contain_text("2 of 2 products change", timeout=30 * SECOND)
    assert researcher.call("GET", f"/records/{form.recid}/draft/obscore/mapping")["mapping"] == ""
    form.panel.get_by_role("button", name="Save mapping").click()
    expect(form.panel).to_contain_text("The mapping is saved")
    expect(form.line("a.fits")).to_contain_text("550\u202fnm", timeout=30 * SECOND)
    form.open_row("a.fits")
    expect(form.cell("em_min")).to_contain_text("mapping line 2")


def test_a_mapping_that_matches_nothing_says_so(form: DepositForm) -> None:
    _type(form, "[*.spec.fits]\nobs_title: 'x'")
    expect(form.panel).to_contain_text("No line of it gives any of them a value.", timeout=20 * SECOND)
    form.panel.get_by_role("button", name="Count in all products").click()
    expect(form.panel).to_contain_text("The mapping matches nothing", timeout=30 * SECOND)


def test_a_mapping_of_an_earlier_deposit_is_taken_over(
    researcher_page: Page, researcher: Repository, form: DepositForm
) -> None:
    _type(form, "proposal_id: 'earlier'")
    form.panel.get_by_role("button", name="Save mapping").click()
    expect(form.panel).to_contain_text("The mapping is saved")
    later = DepositForm.begin(researcher_page, researcher, "A later deposit")
    later.upload({"c.fits": sample_files.image()})
    later.wait_for(1)
    later.panel.get_by_text("Mapping: what all files have in common").click()
    choice = later.panel.get_by_label("Start from")
    choice.focus()
    choice.locator("option", has_text="Browser test of mappings").first.wait_for(state="attached")
    choice.select_option(label="Browser test of mappings")
    expect(later.panel.locator(".cm-content")).to_contain_text("proposal_id: 'earlier'")


def test_two_tabs_with_two_mappings_choose(form: DepositForm, researcher: Repository) -> None:
    other = DepositForm(form.page.context.new_page(), form.recid).open()
    other.wait_for(2)
    other.panel.get_by_text("Mapping: what all files have in common").click()
    other.panel.locator(".cm-content").wait_for()
    _type(form, "obs_title: 'mine'")
    form.panel.get_by_role("button", name="Save mapping").click()
    expect(form.panel).to_contain_text("The mapping is saved")
    _type(other, "obs_title: 'theirs'")
    other.panel.get_by_role("button", name="Save mapping").click()
    expect(other.panel).to_contain_text("saved another mapping meanwhile")
    expect(other.panel).to_contain_text("obs_title: 'mine'")
    other.panel.get_by_role("button", name="Replace it by mine").click()
    expect(other.panel).to_contain_text("The mapping is saved")
    saved = researcher.call("GET", f"/records/{form.recid}/draft/obscore/mapping")["mapping"]
    assert saved == "obs_title: 'theirs'"
