"""What is said before publishing: to the author, as the draft is now, and to a community's reviewers; in French too."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from deposit_form import SECOND, DepositForm
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

import sample_files  # isort: skip  # deposit_form knows where it is
from services.demo.repository import Repository

RESEARCHER = "researcher@example.org"
NO_DATA = sample_files.no_data()


@pytest.fixture
def form(researcher_page: Page, researcher: Repository) -> DepositForm:
    """A draft without files."""
    return DepositForm.begin(researcher_page, researcher, "Browser test of checks")


def _findings(form: DepositForm) -> Locator:
    checks = form.panel.locator("details.checks")
    checks.wait_for()
    if checks.get_attribute("open") is None:
        checks.locator("summary").click()
    return checks


def test_the_author_is_told_what_clients_would_miss_as_the_draft_is_now(
    form: DepositForm, assert_accessible: Callable[..., None]
) -> None:
    form.upload({"m31.fits": sample_files.image(FILTER="V")})
    form.wait_for(1)
    expect(form.page.locator("#obscore-at-a-glance")).to_contain_text("Observation metadata (ObsCore)")
    findings = _findings(form)
    expect(findings).to_contain_text("1 of 1 data products: t_min is missing")
    findings.get_by_role("button", name="Show them: 1 of 1 data products: t_min is missing").click()
    expect(form.panel.locator(".notice")).to_contain_text("t_min is missing")
    form.wait_for(1)
    assert_accessible(form.page, "#obscore-panel")
    form.open_row("m31.fits")
    form.edit("t_min", "2019-05-01T03:00")
    form.edit("t_max", "2019-05-01T04:00")
    form.save()
    form.expect_saved()
    expect(findings).not_to_contain_text("t_min")
    form.panel.get_by_role("button", name="Order and filter again").click()
    expect(form.panel).to_contain_text("No data product matches.")
    form.panel.get_by_role("button", name="Show all").click()
    form.wait_for(1)


def test_values_out_of_range_and_impossible_dates_have_their_message_at_the_field(form: DepositForm) -> None:
    form.upload({"m31.fits": sample_files.image()})
    form.wait_for(1)
    form.open_row("m31.fits")
    form.edit("s_dec", "95")
    form.edit("t_min", "2019-13-01")
    form.edit("target_name", "NGC 224")
    form.save()
    expect(form.cell("s_dec").get_by_role("alert")).to_contain_text("not between -90 and 90")
    expect(form.cell("t_min").get_by_role("alert")).to_contain_text("no date of the calendar")
    expect(form.cell("target_name").locator("input")).to_have_value("NGC 224")
    expect(form.cell("target_name").get_by_role("alert")).to_have_count(0)


def test_products_have_pictures_or_the_reason_why_not(form: DepositForm) -> None:
    form.upload({"m31.fits": sample_files.image(), "nothing.fits": NO_DATA})
    form.wait_for(2)
    form.panel.locator("table.products").scroll_into_view_if_needed()
    picture = form.line("m31.fits").get_by_role("img", name="Image of M 31")
    picture.wait_for(timeout=60 * SECOND)
    form.page.wait_for_function("image => image.complete && image.naturalWidth > 20", arg=picture.element_handle())
    expect(form.line("nothing.fits").locator(".thumbnail.none")).to_contain_text("no data", timeout=60 * SECOND)


def test_a_footprint_and_a_bar_open_the_row(form: DepositForm) -> None:
    form.upload({"m31.fits": sample_files.image(DATE_OBS="2019-05-01T03:00:00", EXPTIME=60.0)})
    form.wait_for(1)
    form.panel.locator(".obscore-sky-chart .footprint").first.press("Enter")
    expect(form.row).to_be_visible()
    form.panel.get_by_role("button", name="Close m31.fits").click()
    expect(form.row).to_have_count(0)
    form.panel.locator(".obscore-coverage-strip .bar").first.click(force=True)
    expect(form.row).to_be_visible()


def test_an_upload_that_was_aborted_leaves_no_row(form: DepositForm) -> None:
    def lose(route: Route) -> None:
        route.abort("connectionreset")

    form.page.route("**/draft/files/lost.fits/content", lose)
    form.upload({"lost.fits": sample_files.image(), "m31.fits": sample_files.image()})
    form.wait_for(1)
    expect(form.line("m31.fits")).to_be_visible()
    form.open()
    form.wait_for(1)
    expect(form.panel).not_to_contain_text("lost.fits")


def test_files_without_products_are_named_with_the_reason(form: DepositForm) -> None:
    form.upload({"notes.txt": b"no FITS", "m31.fits": sample_files.image()})
    form.wait_for(1)
    form.panel.get_by_text("Files without data products").click()
    expect(form.panel.locator(".status")).to_contain_text("notes.txt: the file does not begin with")


@pytest.fixture
def community(researcher: Repository) -> str:
    """A community of the researcher's, by its identifier."""
    slug = f"reviews-{time.time_ns():x}"
    access = {"visibility": "public", "review_policy": "closed"}
    body = {"slug": slug, "access": access, "metadata": {"title": "A community that reviews"}}
    return str(researcher.call("POST", "/communities", json=body)["id"])


def test_reviewers_see_what_is_missing_now(
    researcher_page: Page, researcher: Repository, community: str, tmp_path: Path
) -> None:
    recid = researcher.create_draft("To be reviewed", "Made by a browser test.", "Payne", "Cecilia")
    (tmp_path / "m31.fits").write_bytes(sample_files.image())
    researcher.upload(recid, tmp_path / "m31.fits")
    draft = f"/records/{recid}/draft"
    review = {"receiver": {"community": community}, "type": "community-submission"}
    request = researcher.call("PUT", f"{draft}/review", json=review)["id"]
    researcher.call("POST", f"{draft}/actions/submit-review")
    researcher.wait_for_extraction(recid, lambda _: None)
    page = researcher_page
    _wait_for_finding(page, request, "t_min is missing")
    page.locator("#checks-tab").click()
    expect(page.locator("#checks-tab-panel")).to_contain_text("Observation metadata")
    expect(page.locator("#checks-tab-panel").get_by_text("t_min is missing")).to_be_visible()
    product = {"file": "m31.fits", "product": ""}
    times = {"t_min": "2019-05-01T03:00", "t_max": "2019-05-01T04:00"}
    revision = researcher.call("GET", f"{draft}/obscore")["revision"]
    researcher.call(
        *("PATCH", f"{draft}/obscore/product"),
        params=product,
        json={"corrections": times},
        headers={"If-Match": f'"{revision}"'},
    )
    _wait_for_finding(page, request, "t_min is missing", gone=True)


def _wait_for_finding(page: Page, request: str, text: str, *, gone: bool = False) -> None:
    """Look at the request's page again until the community is indexed and a task has brought the checks up to date."""
    end = time.monotonic() + 60
    panel = page.locator("#checks-tab-panel")
    while True:
        page.goto(f"/me/requests/{request}")
        if panel.count() and (text in (panel.text_content() or "")) != gone:
            return
        assert time.monotonic() < end, f"{text!r} {'stays' if gone else 'does not come'}"


def test_french_readers_and_authors_read_french(
    new_context: Callable[..., BrowserContext], researcher: Repository, tmp_path: Path
) -> None:
    form = DepositForm.begin(new_context(RESEARCHER, locale="fr-FR").new_page(), researcher, "Essai")
    expect(form.panel).to_contain_text("Aucun produit de données n’a encore été trouvé.")
    form.upload({"m31.fits": sample_files.image()})
    form.wait_for(1)
    expect(form.panel.locator(".summary")).to_have_text("1 produit de données ; rien à vérifier.")
    (tmp_path / "m31.fits").write_bytes(sample_files.image())
    recid = researcher.create_draft("Essai", "Made by a browser test.", "Payne", "Cecilia")
    researcher.upload(recid, tmp_path / "m31.fits")
    researcher.wait_for_extraction(recid, lambda _: None)
    researcher.publish(recid)
    form.page.goto(f"/records/{recid}")
    expect(form.page.locator("#data-products-heading")).to_have_text("Produits de données")
    expect(form.page.get_by_role("button", name="Copier en ADQL")).to_be_visible()
