"""The deposit form with our panel, as somebody in front of it uses it."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from services.demo.repository import Repository

sys.path.append(str(Path(__file__).parents[1] / "rdm"))

SECOND = 1000
# A busy machine answers late, which is no failure.
expect.set_options(timeout=20 * SECOND)


class DepositForm:
    """One draft in one page (tab)."""

    def __init__(self, page: Page, recid: str) -> None:
        self.page, self.recid = page, recid
        self.panel = page.locator("#obscore-panel")
        self.row = page.locator(".obscore-product")

    @classmethod
    def begin(cls, page: Page, researcher: Repository, title: str) -> DepositForm:
        """A draft with complete metadata and no file, made by REST, in the form."""
        recid = researcher.create_draft(title, "Made by a browser test.", "Payne", "Cecilia")
        return cls(page, recid).open()

    def open(self) -> DepositForm:
        """Load the form."""
        self.page.goto(f"/uploads/{self.recid}")
        self.panel.wait_for()
        return self

    def upload(self, files: dict[str, bytes]) -> None:
        """Choose files, as the dialog of the browser does."""
        payload = [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files.items()
        ]
        self.page.locator("input[type=file]").first.set_input_files(payload)  # type: ignore[arg-type]

    def line(self, name: str) -> Locator:
        """The line of a product."""
        return self.panel.locator("table.products tbody tr").filter(has=self.page.get_by_text(name, exact=True))

    def wait_for(self, count: int) -> None:
        """Wait until so many products are listed."""
        lines = self.panel.locator("table.products tbody tr:not(.opened)")
        expect(lines).to_have_count(count, timeout=90 * SECOND)

    def open_row(self, name: str) -> Locator:
        """Open a product's row."""
        self.panel.get_by_role("button", name=f"Open {name}", exact=True).click()
        self.row.wait_for()
        return self.row

    def cell(self, column: str) -> Locator:
        """One column of the open row."""
        return self.row.locator(f"[data-column={column}]")

    def edit(self, column: str, text: str) -> None:
        """Type a value."""
        cell = self.cell(column)
        if not cell.locator("input").count():
            cell.get_by_role("button", name=f"Edit {column}", exact=True).click()
        cell.locator("input").fill(text)

    def save(self) -> None:
        """Save what was typed."""
        self.row.get_by_role("button", name="Save corrections").click()

    def expect_saved(self) -> None:
        """It says that it was saved."""
        expect(self.row.locator(".said")).to_have_text("Saved.", timeout=20 * SECOND)

    def publish(self) -> None:
        """Publish by the form's button and its question."""
        self.page.get_by_role("button", name="Publish", exact=True).first.click()
        self.page.locator(".ui.modal.visible").get_by_role("button", name="Publish").click()
        self.page.wait_for_url(f"**/records/{self.recid}*", timeout=60 * SECOND)
