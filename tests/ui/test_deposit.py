"""Deposit in the browser: upload, verify, correct, publish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.io import fits
from deposit_form import SECOND, DepositForm
from playwright.sync_api import Page, expect

import sample_files  # isort: skip  # deposit_form knows where it is
from services.demo.repository import Repository

HOSTILE = "<img src=x onerror=alert(1)>\u202e</script>"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Mixed files: complete, incomplete, an archive, no FITS at all, damaged."""
    times = {"DATE_OBS": "2019-05-01T03:00:00", "EXPTIME": 60.0, "FILTER": "V"}
    return {
        "m31.fits": sample_files.image(**times),
        "nameless.fits": sample_files.image(OBJECT="", INSTRUME="", TELESCOP=""),
        "pair.zip": sample_files.archive({"a.fits": sample_files.image(OBJECT="A"), "b.fits": sample_files.image()}),
        "notes.txt": b"no FITS",
        "broken.fits": b"SIMPLE  =                    T" + b" " * 50,
    }


@pytest.fixture
def form(researcher_page: Page, researcher: Repository) -> DepositForm:
    """A draft without files."""
    return DepositForm.begin(researcher_page, researcher, "Browser test")


def test_what_is_found_appears_by_itself_worst_first(
    form: DepositForm, files: dict[str, bytes], assert_accessible: Callable[..., None]
) -> None:
    expect(form.panel).to_contain_text("No data products were found yet.")
    form.upload(files)
    form.wait_for(5)
    expect(form.panel.locator(".summary")).to_contain_text("need attention")
    expect(form.panel.locator("table.products tbody tr").first).to_contain_text("could not be read")
    expect(form.line("m31.fits")).to_contain_text("M 31")
    expect(form.line("m31.fits")).to_contain_text("10.6847\u00a0+41.2687")
    expect(form.line("m31.fits")).to_contain_text("2019-05-01")
    expect(form.line("pair.zip / a.fits")).to_be_visible()
    expect(form.panel.locator(".obscore-sky-view, svg").first).to_be_visible()
    form.open_row("m31.fits")
    assert_accessible(form.page, "#obscore-panel")


def test_a_value_says_where_it_came_from_and_shows_its_header(form: DepositForm, files: dict[str, bytes]) -> None:
    form.upload({"m31.fits": files["m31.fits"]})
    form.wait_for(1)
    form.open_row("m31.fits")
    expect(form.cell("s_ra")).to_contain_text("00:42:44")
    expect(form.cell("s_ra")).to_contain_text("WCS of HDU 0")
    expect(form.cell("t_min")).to_contain_text("2019-05-01 03:00:00")
    form.cell("t_exptime").get_by_role("button", name="show the header").click()
    header = form.page.locator(".obscore-header-viewer")
    expect(header.locator("pre").first).to_contain_text("EXPTIME")
    expect(header.get_by_label("Search the header")).to_have_value("EXPTIME")
    header.get_by_label("Search the header").fill("")
    expect(header.locator("pre").first).to_contain_text("SIMPLE")
    form.page.keyboard.press("Escape")
    expect(header).to_have_count(0)


def test_values_are_corrected_in_the_units_that_people_use(form: DepositForm, files: dict[str, bytes]) -> None:
    form.upload({"m31.fits": files["m31.fits"]})
    form.wait_for(1)
    form.open_row("m31.fits")
    form.edit("s_ra", "05:34:31.9 +22:00:52")
    form.edit("em_min", "550 nm")
    expect(form.cell("em_min").locator(".understood")).to_have_text("= 5.5e-7 m (550\u202fnm)")
    form.edit("em_max", "1749.91")
    expect(form.cell("em_max").locator(".understood")).to_contain_text("= 1749.91 m")
    expect(form.cell("em_max").locator(".understood .problem")).to_contain_text("no wavelength that telescopes see")
    form.edit("em_max", "1.4 kg")
    expect(form.cell("em_max").locator(".understood")).to_contain_text("cannot be converted")
    form.save()
    message = form.cell("em_max").get_by_role("alert")
    expect(message).to_contain_text("cannot be converted")
    assert form.cell("em_max").locator("input").get_attribute("aria-invalid") == "true"
    form.edit("em_max", "0.6 um")
    form.save()
    form.expect_saved()
    expect(form.cell("s_ra")).to_contain_text("83.63")
    expect(form.cell("s_dec")).to_contain_text("22.014")
    expect(form.cell("em_min")).to_contain_text("550\u202fnm")
    expect(form.cell("em_min")).to_contain_text("you")
    form.cell("s_dec").get_by_role("button", name="Reset s_dec").click()
    expect(form.cell("s_dec")).to_contain_text("41.2687")


def test_one_correction_for_all_that_look_the_same(form: DepositForm, files: dict[str, bytes]) -> None:
    form.upload({"m31.fits": files["m31.fits"], "pair.zip": files["pair.zip"]})
    form.wait_for(3)
    form.open_row("m31.fits")
    form.edit("instrument_name", "Test Camera")
    form.row.get_by_role("button", name="Apply to all that look the same").click()
    form.row.get_by_role("button", name="Apply to 3 products").click()
    form.expect_saved()
    for name in ("m31.fits", "pair.zip / a.fits", "pair.zip / b.fits"):
        expect(form.line(name)).to_contain_text("Test Camera", timeout=20 * SECOND)


def test_a_corrected_row_stays_where_it_is(form: DepositForm, files: dict[str, bytes]) -> None:
    form.upload({"m31.fits": files["m31.fits"], "nameless.fits": files["nameless.fits"], "pair.zip": files["pair.zip"]})
    form.wait_for(4)
    form.panel.get_by_label("Order").select_option("target_name")
    lines = form.panel.locator("table.products tbody tr.line")
    expect(lines.nth(0)).to_contain_text("pair.zip / a.fits")
    expect(lines.nth(3)).to_contain_text("nameless.fits")
    lines.nth(0).locator("td").nth(4).click()  # anywhere on the line
    form.row.wait_for()
    form.edit("target_name", "Z")
    form.save()
    form.expect_saved()
    expect(lines.nth(0)).to_contain_text("Z")
    expect(form.cell("target_name")).to_contain_text("Z")
    form.panel.get_by_role("button", name="Order and filter again").click()
    expect(lines.nth(2)).to_contain_text("Z")


def test_search_and_filters(form: DepositForm, files: dict[str, bytes]) -> None:
    form.upload({"m31.fits": files["m31.fits"], "pair.zip": files["pair.zip"], "broken.fits": files["broken.fits"]})
    form.wait_for(4)
    form.panel.get_by_label("Search the data products").fill("pair")
    form.wait_for(2)
    form.panel.get_by_label("Search the data products").fill("nothing like it")
    expect(form.panel).to_contain_text("No data product matches.")
    form.panel.get_by_label("Search the data products").fill("")
    form.panel.get_by_label("Show", exact=True).select_option("failed")
    form.wait_for(1)
    expect(form.panel.locator("table.products")).to_contain_text("broken.fits")


def test_hostile_header_text_is_text(form: DepositForm) -> None:
    form.page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    form.upload({"odd.fits": sample_files.image(INSTRUME=HOSTILE[:28]), "\u202eodd.fits": sample_files.odd_cards()})
    form.wait_for(2)
    expect(form.line("odd.fits")).to_contain_text(HOSTILE[:28])
    form.open_row("odd.fits")
    expect(form.cell("instrument_name")).to_contain_text(HOSTILE[:28])
    assert form.panel.locator("img").count() == 0


def test_published_rows_are_those_that_were_verified(
    form: DepositForm, files: dict[str, bytes], researcher: Repository
) -> None:
    form.upload({"m31.fits": files["m31.fits"]})
    form.wait_for(1)
    form.open_row("m31.fits")
    form.edit("target_name", "NGC 224")
    form.save()
    form.expect_saved()
    form.publish()
    (row,) = researcher.call("GET", f"/records/{form.recid}/obscore")["rows"]
    assert (row["target_name"], row["s_ra"]) == ("NGC 224", pytest.approx(10.6847))


def test_a_file_of_more_than_100_mib_is_taken(researcher: Repository, tmp_path: Path) -> None:
    large = tmp_path / "large.fits"
    with large.open("wb") as stream:
        stream.write(
            fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 1), ("NAXIS1", 2880 * 36500)]).tostring().encode()
        )
        stream.truncate(2880 * 36501)
    recid = researcher.create_draft("A large file", "More than InvenioRDM takes unasked.", "Curie", "Marie")
    researcher.upload(recid, large)
    assert researcher.wait_for_extraction(recid, str)["done"] == 1
