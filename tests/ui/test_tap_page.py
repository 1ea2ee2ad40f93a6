"""The TAP service's page for people: with a browser that runs scripts, and with one that does not."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

QUERY = (
    "SELECT TOP 2 table_name, 'https://example.org/a?b=1&c=\"<d>' AS place FROM tap_schema.tables ORDER BY table_name"
)


def ask(page: Page, query: str, button: str = "Run") -> None:
    page.get_by_label("Query in ADQL").fill(query)
    page.get_by_role("button", name=button).click()


def test_without_scripts(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/vo/tap")
    page.get_by_role("list").get_by_role("link").first.click()
    assert page.get_by_label("Query in ADQL").input_value().startswith("SELECT")
    ask(page, QUERY, "Show as Python")
    expect(page.locator("#script")).to_contain_text("pyvo.dal.TAPService(")
    ask(page, "SELECT nix FROM ivoa.obscore")
    expect(page.get_by_role("alert")).to_contain_text("there is no column nix")
    assert page.get_by_label("Query in ADQL").input_value() == "SELECT nix FROM ivoa.obscore"
    ask(page, QUERY)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.locator("tbody a").first.get_attribute("href") == 'https://example.org/a?b=1&c="<d>'
    page.goto("/vo/tap")
    page.locator("summary").first.click()
    page.get_by_role("link", name="Query this table").first.click()
    assert page.get_by_label("Query in ADQL").input_value().startswith("SELECT TOP 10 * FROM ")


def test_with_scripts(new_context: Callable[..., BrowserContext], assert_accessible: Callable[..., None]) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/vo/tap")
    page.get_by_label("Find a column").fill("em_min")
    page.get_by_label("Query in ADQL").fill("SELECT ")
    page.get_by_role("button", name="em_min", exact=True).first.click()
    assert page.get_by_label("Query in ADQL").input_value() == "SELECT em_min"
    assert_accessible(page)
    ask(page, QUERY, "Show as Python")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert copied == page.locator("#script").text_content()
    compile(copied, "copied", "exec")
    assert_accessible(page)
    ask(page, "SELECT nix FROM ivoa.obscore")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    ask(page, QUERY)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert_accessible(page)
