"""The module's scripts arrive in InvenioRDM's pages."""

from __future__ import annotations

from playwright.sync_api import Page


def test_the_deposit_form_loads_with_our_script(researcher_page: Page) -> None:
    failures: list[str] = []
    researcher_page.on("pageerror", lambda error: failures.append(str(error)))
    researcher_page.goto("/uploads/new")
    researcher_page.get_by_role("button", name="Save draft").wait_for()
    assert researcher_page.locator("script[src*='invenio-obscore-deposit']").count() == 1
    assert not failures
