"""The search for data products in a browser: by place, type and time, without JavaScript, in agreement with TAP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import pyvo
from astropy.io import fits
from playwright.sync_api import BrowserContext, Page, expect

from services.demo.repository import Repository

PLACES = {"north.fits": (150.1, 2.2), "south.fits": (150.1, -42.2), "html<b>.fits": (210.0, 54.3)}


def image(path: Path, ra: float, dec: float) -> Path:
    header = fits.Header()
    header.update(
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec, "CRPIX1": 8.5, "CRPIX2": 8.5}
    )
    header.update({"CDELT1": -0.001, "CDELT2": 0.001, "CUNIT1": "deg", "CUNIT2": "deg"})
    header.update({"OBJECT": "<script>alert(1)</script>", "TELESCOP": "Search Test", "INSTRUME": "CAM"})
    header.update({"DATE-OBS": "2019-05-01T03:00:00", "EXPTIME": 30.0})
    fits.PrimaryHDU(np.zeros((16, 16), "f4"), header).writeto(path)
    return path


@pytest.fixture(scope="module")
def record(researcher: Repository, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("observations")
    recid = researcher.create_draft("Images to be searched", "Made by a browser test", "Leavitt", "Henrietta")
    for name, place in PLACES.items():
        researcher.upload(recid, image(folder / name, *place))
    researcher.wait_for_extraction(recid, lambda _text: None)
    researcher.publish(recid)
    return recid


@pytest.mark.usefixtures("record")
def test_a_place_finds_what_lies_there_and_the_address_is_the_search(page: Page) -> None:
    page.goto("/observations")
    page.get_by_label("Object or position (ICRS)").fill("10:00:24 +02:12:00")
    page.get_by_label("Radius").fill("5 arcmin")
    page.get_by_role("button", name="Find observations").click()
    rows = page.locator("tbody tr")
    expect(rows.filter(has_text="north.fits").first).to_be_visible()
    expect(rows.filter(has_text="south.fits")).to_have_count(0)
    assert parse_qs(urlsplit(page.url).query) == {"target": ["10:00:24 +02:12:00"], "radius": ["5 arcmin"]}
    page.reload()
    expect(rows.filter(has_text="north.fits").first).to_be_visible()


def test_the_page_and_tap_agree(page: Page, site: str, record: str) -> None:
    page.goto("/observations?facility=Search+Test&time=2019-05&type=image&size=100")
    shown = page.locator("tbody tr[data-product]").evaluate_all("rows => rows.map(row => row.dataset.product)")
    query = page.locator("#obscore-adql").text_content()
    assert query
    found = pyvo.dal.TAPService(f"{site}/vo/tap").search(query)
    assert sorted(found["obs_publisher_did"]) == sorted(shown)
    assert sum(f"?{record}/" in did for did in shown) == len(PLACES)


@pytest.mark.usefixtures("record")
def test_text_of_headers_is_text(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto("/observations?facility=Search+Test")
    expect(page.locator("tbody").get_by_text("<script>alert(1)</script>").first).to_be_visible()
    expect(page.locator("#obscore-observations-sky svg, #obscore-observations-sky canvas").first).to_be_attached()


@pytest.mark.usefixtures("record")
def test_counts_lead_to_a_narrower_search(page: Page) -> None:
    page.goto("/observations?type=image")
    page.locator("#obscore-counts").get_by_role("link", name="Search Test").click()
    page.wait_for_url("**facility=Search*")
    expect(page.locator("tbody tr").first).to_contain_text("Search Test")


@pytest.mark.usefixtures("record")
def test_it_works_without_javascript(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/observations?target=150.1+-42.2&radius=0.1")
    expect(page.locator("tbody")).to_contain_text("south.fits")
    page.goto("/observations?facility=Search+Test&counts=1")
    expect(page.locator("#obscore-counts")).to_contain_text("CAM")


@pytest.mark.usefixtures("record")
def test_adql_is_answered_and_its_mistakes_are_shown_at_the_field(page: Page) -> None:
    page.goto("/observations")
    page.get_by_text("ADQL instead of the fields").click()
    query = page.get_by_label("Query")
    query.fill("SELECT TOP 3 target_name, access_url FROM ivoa.obscor")
    query.press("Tab")
    page.get_by_role("button", name="Find observations").press("Enter")
    expect(page.locator("#adql-problem")).to_contain_text("ivoa.obscore")
    page.get_by_label("Query").fill("SELECT COUNT(*) AS n FROM ivoa.obscore WHERE facility_name = 'Search Test'")
    page.get_by_role("button", name="Find observations").press("Enter")
    expect(page.locator("tbody td").first).not_to_be_empty()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("wavelength=red", "wavelength"),
        ("time=2019-13", "time"),
        ("target=10+200", "target"),
        ("type=picture", "type"),
        ("radius=-3", "radius"),
        ("target=10+20&radius=7+kg", "radius"),
        ("sort=secret", "sort"),
        ("page=0", "page"),
        ("type=image&page=300", "page"),
        ("size=7", "size"),
        ("adql=SELECT%00", "adql"),
    ],
)
def test_a_mistake_has_its_message_at_its_field(page: Page, arguments: str, field: str) -> None:
    answer = page.goto(f"/observations?{arguments}")
    assert answer is not None
    assert answer.status == 400
    expect(page.locator(f"#{field}-problem")).to_be_visible()


@pytest.mark.usefixtures("record")
def test_nothing_keeps_people_out(page: Page, assert_accessible: Callable[..., None]) -> None:
    page.goto("/observations?facility=Search+Test")
    page.locator("#obscore-counts ul").first.wait_for()
    assert_accessible(page, ".obscore-observations")


@pytest.mark.usefixtures("record")
def test_a_header_opens_over_the_page(page: Page) -> None:
    page.goto("/observations?target=150.1+2.2&radius=0.1")
    page.locator("tr", has_text="north.fits").first.get_by_role("link", name="Header").press("Enter")
    window = page.get_by_role("dialog")
    expect(window).to_contain_text("TELESCOP")
    window.get_by_role("button", name="Close").click()
    expect(window).to_have_count(0)


def test_an_address_that_a_query_made_up_is_no_link(page: Page) -> None:
    page.goto("/observations?adql=SELECT+TOP+1+'javascript:alert(1)'+AS+access_url+FROM+ivoa.obscore")
    expect(page.locator("tbody")).to_contain_text("javascript:alert(1)")
    expect(page.locator("a[href^='javascript']")).to_have_count(0)


@pytest.mark.usefixtures("record")
def test_the_table_for_spreadsheets_has_all_rows(page: Page) -> None:
    answer = page.request.get("/observations/table.csv?facility=Search+Test")
    lines = answer.text().splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert "obs_publisher_did" in lines[0]
    assert len(lines) > len(PLACES)
    assert page.request.get("/observations/table.csv?adql=SELECT+nothing").status == 400
