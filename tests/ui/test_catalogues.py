"""A documentalist's whole way: a directory becomes a draft, its rows are curated as a spreadsheet, and published."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import observation_files
import pytest
from deposit_form import SECOND, DepositForm
from playwright.sync_api import BrowserContext, Page, expect
from spreadsheet import DOCUMENTALIST, Spreadsheet, deposit, make_documentalist

from services.demo.repository import Repository

ADMIN, RESEARCHER = "admin@example.org", "researcher@example.org"
TITLE = "Catalogue of a browser test"
ABOUT = f"""title: {TITLE}
creators:
  - Leavitt, Henrietta
description: Five real files.
"""
#: Order of the files by name, as the table has them at first.
CUBE, EVENTS, LIGHT_CURVE, IMAGE, SPECTRUM = range(5)
COLUMNS = ("target_name", "em_min", "obs_collection", "obs_title")


@pytest.fixture(scope="module")
def documentalist(site: str) -> str:
    """Account of a documentalist."""
    make_documentalist()
    return DOCUMENTALIST


@pytest.fixture(scope="module")
def taken_in(documentalist: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A draft of the administrator's, made of a directory by the command."""
    about, folder = tmp_path_factory.mktemp("about") / "about.yaml", tmp_path_factory.mktemp("catalogue")
    about.write_text(ABOUT)
    observation_files.write(folder)
    return deposit(folder, ADMIN, "--metadata", str(about))


@pytest.fixture
def recid(researcher: Repository, tmp_path: Path) -> str:
    """A draft of the researcher's with the same files."""
    recid = researcher.create_draft(TITLE, "Made by a browser test.", "Payne", "Cecilia")
    for path in observation_files.write(tmp_path):
        researcher.upload(recid, path)
    researcher.wait_for_extraction(recid, lambda text: None)
    return recid


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], documentalist: str) -> Iterator[Page]:
    """The documentalist's page; what goes wrong in its scripts is a failure."""
    page = new_context(documentalist).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    assert not [error for error in errors if "/catalogues" in error.partition(": ")[0]]


@pytest.fixture
def sheet(page: Page, recid: str) -> Spreadsheet:
    """The draft's rows with the columns of these tests."""
    opened = Spreadsheet(page, recid).open(5)
    opened.choose_columns(*COLUMNS)
    return opened


def test_from_a_directory_to_published_rows(page: Page, taken_in: str, assert_accessible: Callable[..., None]) -> None:
    page.goto("/administration/obscore-catalogues")
    page.get_by_label("Search the catalogues").fill(taken_in)
    line = page.locator(f"[data-catalogue='{taken_in}']")
    expect(line).to_contain_text("draft")
    assert_accessible(page, "#obscore-catalogues")
    line.get_by_role("link", name=TITLE).click()
    sheet = Spreadsheet(page, taken_in)
    sheet.expect_rows(5)
    sheet.choose_columns(*COLUMNS)
    assert_accessible(page, "#obscore-sheet")

    sheet.filter("file", "~", "m31")
    sheet.expect_rows(1)
    sheet.set_in_all("obs_title", "Andromeda")
    sheet.expect_said("Saved: 1 cell in 1 row.")
    page.get_by_role("button", name="Remove the condition").click()
    sheet.expect_rows(5)
    expect(sheet.cell(IMAGE, "obs_title")).to_have_text("Andromeda (corrected)")
    expect(sheet.cell(CUBE, "obs_title")).to_have_text("")

    sheet.type(CUBE, "obs_collection", "M31 survey")
    expect(sheet.cell(CUBE, "obs_collection")).to_have_text("M31 survey (corrected)")
    sheet.go(CUBE, "obs_collection")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    sheet.expect_said("Saved: 4 cells in 4 rows.")
    expect(sheet.cell(SPECTRUM, "obs_collection")).to_have_text("M31 survey (corrected)")

    run = sheet.unfold("Run again with another mapping")
    run.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("obs_creator_name: 'Leavitt'")
    run.get_by_role("button", name="Run again and show the difference").click()
    expect(run.locator(".summary")).to_contain_text("Rows changed: 5 (cells: 5)", timeout=60 * SECOND)
    expect(run.locator("table.differences")).to_contain_text("Leavitt")
    run.get_by_role("button", name="Accept the difference").click()
    expect(run.get_by_role("button", name="Run again and show the difference")).to_be_visible()

    form = DepositForm(page, taken_in)
    page.get_by_role("link", name="Form: metadata, files, publishing").click()
    form.panel.wait_for()
    expect(form.panel.get_by_role("link", name="Open as a spreadsheet")).to_have_attribute(
        "href", f"/catalogues/{taken_in}"
    )
    form.publish()
    rows = page.request.get(f"/api/records/{taken_in}/obscore/products").json()["products"]
    assert {row["row"]["obs_collection"] for row in rows} == {"M31 survey"}
    assert {row["row"]["obs_creator_name"] for row in rows} == {"Leavitt"}

    page.goto("/catalogues")
    page.get_by_label("Search the catalogues").fill(taken_in)
    expect(line).to_contain_text("published")
    line.get_by_role("button", name="Open a draft of").click()
    sheet.expect_rows(5)
    sheet.type(EVENTS, "target_name", "M 82 X-1")
    sheet.expect_said("Saved: 1 cell in 1 row.")
    expect(sheet.cell(EVENTS, "target_name")).to_have_text("M 82 X-1 (other than published, corrected)")
    differing = sheet.unfold("Differences against the published rows")
    expect(differing.locator(".summary")).to_contain_text("Rows changed: 1 (cells: 1)")


def test_what_is_typed_wrongly_has_its_message_and_is_not_lost(sheet: Spreadsheet, page: Page) -> None:
    sheet.type(IMAGE, "em_min", "5 parsnips")
    message = sheet.part.get_by_role("alert").first
    expect(message).to_contain_text("'parsnips' is no unit")
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5 parsnips (not understood)")
    page.reload()
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5 parsnips (not saved)")
    sheet.type(IMAGE, "em_min", "550 nm")
    sheet.expect_said("Saved: 1 cell in 1 row.")
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5.5e-7 (corrected)")
    undo = sheet.part.get_by_role("button", name="Undo")
    expect(undo).to_be_enabled()
    undo.click()
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5.02e-7")
    sheet.expect_said(re.compile(r"^Undone: .+ \(1 cell in 1 row\)\.$"))
    sheet.part.get_by_role("button", name="Redo").click()
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5.5e-7 (corrected)")
    sheet.go(IMAGE, "em_min")
    sheet.part.get_by_role("button", name="Reset", exact=True).click()
    expect(sheet.cell(IMAGE, "em_min")).to_have_text("5.02e-7")


def test_the_editor_stays_with_its_cell_while_rows_change_their_places(sheet: Spreadsheet, page: Page) -> None:
    for row, title in enumerate("abcde"):
        sheet.type(row, "obs_title", title)
        expect(sheet.cell(row, "obs_title")).to_have_text(f"{title} (corrected)")
    sheet.part.get_by_label("Order", exact=True).select_option("obs_title")
    sheet.go(0, "obs_title")
    page.keyboard.type("z")
    page.keyboard.press("Enter")  # the row goes to the end as soon as it is saved
    page.keyboard.press("Enter")
    editor = page.locator("#portal #obscore-cell")
    expect(editor).to_have_value("b")
    expect(sheet.cell(0, "obs_title")).to_have_text("b (corrected)")
    canvas, box = sheet.grid.locator("canvas").first.bounding_box(), editor.bounding_box()
    assert canvas and box
    assert canvas["y"] + 34 <= box["y"] + box["height"] / 2 <= canvas["y"] + 34 + 30
    page.mouse.wheel(0, 60)
    editor.fill("bee")
    editor.press("Enter")
    expect(sheet.cell(0, "obs_title")).to_have_text("bee (corrected)")
    expect(sheet.cell(1, "obs_title")).to_have_text("c (corrected)")
    expect(editor).to_have_count(0)


def test_each_cell_says_where_its_value_is_from_and_text_of_headers_is_text(sheet: Spreadsheet) -> None:
    sheet.go(IMAGE, "target_name")
    inspector = sheet.part.locator(".inspector")
    expect(inspector.locator(".value").nth(1)).to_have_text(observation_files.HOSTILE)
    inspector.get_by_role("button", name=re.compile("keyword OBJECT")).click()
    expect(sheet.page.locator(".obscore-header-viewer pre").first).to_contain_text("OBJECT")
    sheet.page.keyboard.press("Escape")


def test_a_table_goes_out_and_comes_back(sheet: Spreadsheet, page: Page, tmp_path: Path) -> None:
    exchange = sheet.unfold("Export and import the table")
    with page.expect_download() as download:
        exchange.get_by_role("link", name="Export as CSV").click()
    table = tmp_path / "table.csv"
    download.value.save_as(table)
    with table.open(newline="") as file:
        names, *lines = list(csv.reader(file))

    def bring_back(*changed: list[str]) -> None:
        with table.open("w", newline="") as file:
            csv.writer(file).writerows([names, *changed])
        exchange.locator("input[type=file]").set_input_files(table)

    lines[EVENTS][names.index("obs_title")] = "A supernova remnant"
    bring_back(*lines[:3])
    expect(exchange.get_by_role("alert")).to_contain_text("Nothing was changed")
    lines[CUBE][names.index("em_min")] = "5 parsnips"
    bring_back(*lines)
    expect(exchange.get_by_role("alert")).to_contain_text("line 2")
    lines[CUBE][names.index("em_min")] = "21 cm"
    bring_back(*lines)
    expect(exchange.locator(".summary")).to_contain_text("Rows changed: 2 (cells: 2)")
    exchange.get_by_role("button", name="Take the changes in").click()
    expect(exchange.locator(".said")).to_have_text("Saved: 2 cells in 2 rows.")
    expect(sheet.cell(EVENTS, "obs_title")).to_have_text("A supernova remnant (corrected)")
    expect(sheet.cell(CUBE, "em_min")).to_have_text("0.21 (corrected)")


def test_two_documentalists_at_once(sheet: Spreadsheet, recid: str, new_context: Callable[..., BrowserContext]) -> None:
    other = Spreadsheet(new_context(ADMIN).new_page(), recid).open(5)
    sheet.type(IMAGE, "obs_title", "Andromeda")
    sheet.expect_said("Saved: 1 cell in 1 row.")
    other.choose_columns(*COLUMNS)
    other.type(CUBE, "obs_title", "Cube")
    other.expect_said("Saved: 1 cell in 1 row.")
    sheet.type(CUBE, "target_name", "NGC 224")  # another cell: no conflict
    sheet.expect_said("Saved: 1 cell in 1 row.")
    other.type(SPECTRUM, "target_name", "Alpha Lyrae")
    other.expect_said("Saved: 1 cell in 1 row.")
    sheet.type(SPECTRUM, "target_name", "HR 7001")
    conflict = sheet.part.get_by_role("alert").first
    expect(conflict).to_contain_text("changed this meanwhile")
    expect(sheet.cell(SPECTRUM, "target_name")).to_have_text("HR 7001 (not saved, corrected)")
    conflict.get_by_role("button", name="Replace it by mine").click()
    expect(sheet.cell(SPECTRUM, "target_name")).to_have_text("HR 7001 (corrected)")


def test_by_keyboard_only(sheet: Spreadsheet, page: Page) -> None:
    focused = "document.activeElement.tagName"
    page.keyboard.press("Tab")
    sheet.part.get_by_label("Search the data products").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(focused) in ("CANVAS", "TD"):
            break
    else:
        pytest.fail("the table is not reached with Tab")
    expect(sheet.cell(CUBE, "target_name")).to_have_text("M 31")  # what is not loaded yet opens no editor
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#portal input")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("NGC 224")
    page.keyboard.press("Enter")
    expect(sheet.cell(CUBE, "target_name")).to_have_text("NGC 224 (corrected)")
    page.keyboard.press("Control+z")
    expect(sheet.cell(CUBE, "target_name")).to_have_text("M 31")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) not in ("CANVAS", "TD"), "Tab leaves the table"


def test_a_researcher_without_the_role_gets_nothing(new_context: Callable[..., BrowserContext], taken_in: str) -> None:
    page = new_context(RESEARCHER).new_page()
    page.goto("/catalogues")
    page.get_by_label("Search the catalogues").fill(taken_in)
    expect(page.locator("#obscore-catalogues")).to_contain_text("There is none here")
    for address in (f"/catalogues/{taken_in}", "/administration/obscore-catalogues"):
        answer = page.goto(address)
        assert answer and answer.status == 403, address
    assert page.request.get(f"/api/records/{taken_in}/draft/obscore/edits").status == 403
    visitor = new_context().new_page()
    visitor.goto(f"/catalogues/{taken_in}")
    assert "/login" in visitor.url
    assert visitor.request.get("/api/obscore/catalogues").status in (401, 403)
