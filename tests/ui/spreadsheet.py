"""The documentalists' pages, as somebody in front of them uses them; and an account with their role."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from deposit_form import SECOND
from playwright.sync_api import Locator, Page, expect

from services import python_environment
from services.instance import BROWSER
from services.layout import password

DOCUMENTALIST = "documentalist@example.org"
#: Makes the account where it is not there, and gives it the role that ``invenio obscore setup`` made.
_ACCOUNT = """
import os
from datetime import datetime, timezone
from flask_security.utils import hash_password
from invenio_accounts.proxies import current_datastore
from invenio_app.factory import create_app
from invenio_db import db

email = os.environ["OBSCORE_EMAIL"]
with create_app().app_context():
    user = current_datastore.get_user(email)
    if user is None:
        user = current_datastore.create_user(
            email=email, password=hash_password(os.environ["OBSCORE_PASSWORD"]), active=True,
            confirmed_at=datetime.now(timezone.utc),
        )
    current_datastore.add_role_to_user(user, current_datastore.find_role("documentalist"))
    db.session.commit()
"""


def make_documentalist() -> None:
    """Make sure that the account is there and has the role."""
    account = {"OBSCORE_EMAIL": DOCUMENTALIST, "OBSCORE_PASSWORD": password(DOCUMENTALIST)}
    _run([str(python_environment.PYTHON), "-c", _ACCOUNT], account)


def deposit(folder: Path, owner: str, *options: str) -> str:
    """Make a draft of a directory by the command; its identifier."""
    command = ["obscore", "deposit", str(folder), "--user", owner, *options]
    said = _run([str(python_environment.VENV / "bin" / "invenio"), *command])
    found = re.search(r"/uploads/([\w-]+)", said)
    assert found, said
    return found[1]


def _run(command: list[str], more: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env=BROWSER.variables() | (more or {}),
        cwd=BROWSER.folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


class Spreadsheet:
    """One draft's rows in one page (tab). The cells are read as a screen reader reads them."""

    def __init__(self, page: Page, recid: str) -> None:
        self.page, self.recid = page, recid
        self.part = page.locator("#obscore-sheet")
        self.grid = self.part.locator(".obscore-grid")

    def open(self, rows: int) -> Spreadsheet:
        """Load the page, and wait until it has so many rows."""
        self.page.goto(f"/catalogues/{self.recid}")
        self.expect_rows(rows)
        return self

    def expect_rows(self, count: int) -> None:
        """The table has so many rows (and one of headings)."""
        expect(self.grid.locator("[role=grid]")).to_have_attribute("aria-rowcount", str(count + 1), timeout=90 * SECOND)

    def cell(self, row: int, column: str) -> Locator:
        """A cell by its number from 0 and its column."""
        titles = self.grid.locator("[role=columnheader]")
        titles.filter(has_text=column).first.wait_for(state="attached")
        shown = [re.split(r"[ \[]", title.lstrip("▲▼ "))[0] for title in titles.all_text_contents()]
        return self.grid.locator(f"[id=glide-cell-{shown.index(column) + 1}-{row}]")

    def choose_columns(self, *names: str) -> None:
        """Show these columns and no others."""
        chooser = self.part.locator(".columns-to-choose")
        chooser.locator("summary").click()
        for name in names:
            chooser.get_by_label(name, exact=True).check()
        shown = chooser.locator("label", has=self.page.locator("input:checked")).all_inner_texts()
        for name in {each.strip() for each in shown} - set(names):
            chooser.get_by_label(name, exact=True).uncheck()
        chooser.locator("summary").click()

    def go(self, row: int, column: str) -> None:
        """Put the focus on a cell, by keyboard."""
        self.grid.locator("canvas").first.focus()
        self.page.keyboard.press("Control+Home")
        target = self.cell(row, column)
        steps = int((target.get_attribute("id") or "").split("-")[2]) - 1
        for key in ["ArrowDown"] * row + ["ArrowRight"] * steps:
            self.page.keyboard.press(key)
        expect(target).to_have_attribute("aria-selected", "true")

    def type(self, row: int, column: str, text: str) -> None:
        """Type a value into a cell."""
        self.go(row, column)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def filter(self, column: str, condition: str, value: str) -> None:
        """Add a condition."""
        self.part.get_by_label("Only rows where").select_option(column)
        self.part.get_by_label("condition", exact=True).select_option(condition)
        self.part.get_by_label("Value of the condition").fill(value)
        self.part.get_by_role("button", name="Add the condition").click()

    def set_in_all(self, column: str, text: str) -> None:
        """Set a value in all rows that match."""
        form = self.part.get_by_role("form", name="Set a value in many rows")
        form.get_by_label("Set", exact=True).select_option(column)
        form.locator("#obscore-set-value").fill(text)
        form.get_by_label("in", exact=True).select_option("matching")
        form.get_by_role("button", name="Set the value").click()

    def expect_said(self, text: str | re.Pattern[str]) -> None:
        """What became of the last change."""
        expect(self.part.locator("p.said").first).to_have_text(text)

    def unfold(self, title: str) -> Locator:
        """A part below the table."""
        part = self.part.locator("details.part").filter(has_text=title)
        part.locator("summary").first.click()
        return part
