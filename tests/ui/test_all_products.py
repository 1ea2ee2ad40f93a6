"""Sky and strips of more products than a page of the list has: all are drawn, and whichever is chosen is shown."""

from __future__ import annotations

from collections.abc import Callable

from deposit_form import DepositForm
from playwright.sync_api import BrowserContext, expect

import sample_files  # isort: skip  # deposit_form knows where it is
from services.demo.repository import Repository

COUNT = 30
#: Of the last one, on the second page.
LAST = "field/00029.fits"


def _fields() -> bytes:
    members = {
        f"field/{number:05}.fits": sample_files.image(
            ra=10.0 + number * 0.1, OBJECT=f"Field {number:02}", DATE_OBS=f"2024-05-{number + 1:02}T01:00:00"
        )
        for number in range(COUNT)
    }
    return sample_files.archive(members)


def test_all_products_are_drawn_and_lead_to_their_rows(
    new_context: Callable[..., BrowserContext], researcher: Repository
) -> None:
    form = DepositForm.begin(new_context("researcher@example.org").new_page(), researcher, "Thirty fields")
    form.upload({"fields.zip": _fields()})
    form.wait_for(25)
    footprints = form.panel.locator(".obscore-sky-chart .footprint")
    expect(footprints).to_have_count(COUNT)
    expect(form.panel.locator(".obscore-coverage-strip .bar")).to_have_count(COUNT)
    form.panel.locator(".footprint[aria-label*='Field 29']").dispatch_event("click")
    expect(form.panel.locator("tr.active")).to_contain_text(LAST)
    expect(form.panel.get_by_text("26 to 30 of 30")).to_be_visible()
    # Who looks for something else sees where that is.
    form.panel.get_by_placeholder("Search file, target, instrument").fill("00007")
    expect(footprints).to_have_count(1)

    researcher.publish(form.recid)
    reader = new_context().new_page()
    reader.goto(f"/records/{form.recid}")
    expect(reader.locator(".obscore-sky-chart .footprint")).to_have_count(COUNT)
    reader.locator(".footprint[aria-label*='Field 29']").dispatch_event("click")
    reader.get_by_role("link", name="Show it in the table").click()
    expect(reader.locator("tr.selected")).to_contain_text("Field 29")
