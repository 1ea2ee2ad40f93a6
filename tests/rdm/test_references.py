"""Publications that cite a record: looked up by a task, kept, shown; and what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from citations_standin import Citations
from researcher import Researcher
from sample_files import image

HOSTILE = "</a><script>alert(1)</script>"
_LONG = timedelta(days=1000)


@pytest.fixture
def services() -> Iterator[Citations]:
    with Citations() as standin:
        yield standin


@pytest.fixture
def configured(app: Any, services: Citations, monkeypatch: pytest.MonkeyPatch) -> Citations:
    """Both sources are configured."""
    for name, value in services.settings.items():
        monkeypatch.setitem(app.config, name, value)
    return services


@pytest.fixture(autouse=True)
def others(app: Any) -> None:
    """DOIs of other tests' records are not due for a long time."""
    from invenio_db import db
    from sqlalchemy import func, update

    from invenio_obscore.rdm import references

    with app.app_context():
        references._take_up()
        db.session.execute(update(references.ObsCoreReferences).values(next_check=func.now() + _LONG))
        db.session.commit()


@pytest.fixture
def record(researcher: Researcher, publish: Callable[[str], Any], others: None) -> Any:
    return publish(researcher.draft({"a.fits": image()}))


@pytest.fixture
def look_up(app: Any, configured: Citations) -> Callable[[], int]:
    """Makes every DOI of this test due, and runs the task's work."""

    def run() -> int:
        from invenio_db import db
        from sqlalchemy import func, update

        from invenio_obscore.rdm import references

        with app.app_context():
            row = references.ObsCoreReferences
            mine = row.next_check < func.now() + _LONG / 2
            db.session.execute(update(row).where(mine).values(next_check=func.now()))
            db.session.commit()
            return references.update()

    return run


def doi_of(record: Any, *, concept: bool = False) -> str:
    return str((record["parent"] if concept else record)["pids"]["doi"]["identifier"])


def page(visitor: Researcher, record: Any) -> str:
    """The page's part about references."""
    text = visitor.client.get(f"/records/{record['id']}").get_data(as_text=True)
    return text.partition('id="references"')[2].partition("</section>")[0]


def entry(app: Any, doi: str) -> Any:
    from invenio_db import db

    from invenio_obscore.rdm.references import ObsCoreReferences

    with app.app_context():
        found = db.session.get(ObsCoreReferences, doi.lower())
        db.session.expunge_all()
        return found


def test_without_a_source_the_page_says_so_and_nobody_is_asked(
    app: Any, visitor: Researcher, record: Any, services: Citations
) -> None:
    from invenio_obscore.rdm import references

    with app.app_context():
        assert references.update() == 0
    assert "None configured" in page(visitor, record)
    assert services.asked == []


def test_publications_are_found_by_doi_and_concept_doi_and_shown_once(
    visitor: Researcher, record: Any, configured: Citations, look_up: Callable[[], int]
) -> None:
    assert "Not looked up yet" in page(visitor, record)
    own, concept = doi_of(record), doi_of(record, concept=True)
    configured.events += [
        ("10.1051/0004-6361/A1", "references", own.upper()),
        (concept, "is-cited-by", "10.1093/mnras/b2"),
        # Said by the record's own metadata, or of usage: no citations.
        (own, "is-supplement-to", "10.1093/mnras/c3"),
        ("10.1093/mnras/d4", "total-dataset-requests-regular", own),
    ]
    titled = {"bibcode": "2024A&A...681A...1X", "title": ["On stars"], "year": "2024", "doi": ["10.1051/0004-6361/a1"]}
    only_ads = {"bibcode": "2025MNRAS.500...42Y", "title": [HOSTILE], "year": "2025"}
    configured.papers[own] = [titled, only_ads, {"bibcode": "2023zndo...1234567Z", "doi": [own]}]
    look_up()
    shown = page(visitor, record)
    assert shown.count("<li>") == 3
    assert shown.index("2025") < shown.index("On stars")
    assert 'href="https://doi.org/10.1051/0004-6361/a1"' in shown
    assert 'href="https://doi.org/10.1093/mnras/b2"' in shown
    assert 'href="https://ui.adsabs.harvard.edu/abs/2025MNRAS.500...42Y"' in shown
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "c3" not in shown and "d4" not in shown


def test_nothing_known_is_said_with_the_day(visitor: Researcher, record: Any, look_up: Callable[[], int]) -> None:
    look_up()
    assert "None known on 20" in page(visitor, record)


@pytest.mark.parametrize("fault", ["error", "throttled", "garbage", "nonsense"])
def test_what_fails_waits_longer_each_time_and_keeps_what_was_known(
    app: Any, visitor: Researcher, record: Any, configured: Citations, look_up: Callable[[], int], fault: str
) -> None:
    doi = doi_of(record)
    configured.events.append(("10.1051/0004-6361/a1", "references", doi))
    look_up()
    configured.fault = {"events": fault, "ads": fault}
    waits = []
    for attempt in (1, 2):
        # The first DOI that nobody answers for ends the run: the others are tried next time.
        while entry(app, doi).attempts < attempt:
            look_up()
        found = entry(app, doi)
        waits.append((found.next_check - found.checked).total_seconds())
        assert found.reason
    assert waits[1] > waits[0] + 500
    assert "10.1051/0004-6361/a1" in page(visitor, record)
    configured.fault = {}
    look_up()
    assert (entry(app, doi).attempts, entry(app, doi).reason) == (0, "")


def test_one_source_answers_while_the_other_is_down(
    app: Any, visitor: Researcher, record: Any, configured: Citations, look_up: Callable[[], int]
) -> None:
    configured.events.append(("10.1051/0004-6361/a1", "cites", doi_of(record)))
    configured.fault = {"ads": "error"}
    look_up()
    assert "10.1051/0004-6361/a1" in page(visitor, record)
    assert "ADS does not answer" in entry(app, doi_of(record)).reason


def test_only_who_was_asked_in_vain_waits_longer(
    app: Any, record: Any, configured: Citations, look_up: Callable[[], int]
) -> None:
    look_up()
    configured.fault = {"ads": "error"}
    look_up()
    found = [entry(app, doi_of(record)), entry(app, doi_of(record, concept=True))]
    assert all("ADS does not answer" in one.reason for one in found)
    assert sorted(one.attempts for one in found) in ([0, 0], [0, 1]), "asked once in a run"


def test_nothing_is_locked_while_a_source_is_asked(
    app: Any, record: Any, look_up: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from invenio_db import db
    from sqlalchemy import text

    from invenio_obscore.rdm.citations import Source

    free = []

    def citing(source: Source, doi: str) -> list[Any]:
        with db.engine.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '1s'"))
            rows = other.execute(text("SELECT doi FROM obscore_references FOR UPDATE SKIP LOCKED")).rowcount
            free.append(rows == other.execute(text("SELECT doi FROM obscore_references")).rowcount)
        return []

    monkeypatch.setattr(Source, "citing", citing)
    look_up()
    assert free and all(free)


def test_what_is_not_due_is_not_asked_for(app: Any, record: Any, configured: Citations) -> None:
    from invenio_obscore.rdm.tasks import update_references

    with app.app_context():
        update_references()
    assert any(doi_of(record) in one for one in configured.asked)
    configured.asked.clear()
    with app.app_context():
        update_references()
    assert configured.asked == []


def test_a_wrong_token_is_a_reason(
    app: Any, record: Any, configured: Citations, look_up: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "OBSCORE_REFERENCES_ADS_TOKEN", "another")
    look_up()
    assert "status 401" in entry(app, doi_of(record)).reason


def test_more_than_anybody_reads_is_cut(
    visitor: Researcher, record: Any, configured: Citations, look_up: Callable[[], int]
) -> None:
    configured.events += [(f"10.1051/many/{number}", "cites", doi_of(record)) for number in range(900)]
    look_up()
    assert page(visitor, record).count("<li>") == 500
