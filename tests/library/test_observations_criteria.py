"""The search for data products: what people type, and the ADQL that it becomes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.adql import parse
from invenio_obscore.errors import InputError, NotFoundError
from invenio_obscore.ui.observations import questions
from invenio_obscore.ui.observations.criteria import Criteria, days, positions, read_criteria, wavelengths
from invenio_obscore.ui.observations.search import Origin, origin

M31 = (10.6847, 41.26875)
KEYS = (
    "target",
    "radius",
    "band",
    "wavelength",
    "time",
    "collection",
    "identifier",
    "type",
    "facility",
    "sort",
    "page",
)


class Arguments:
    def __init__(self, given: dict[str, list[str]]) -> None:
        self.given = given

    def get(self, key: str, default: str = "") -> str:
        return next(iter(self.getlist(key)), default)

    def getlist(self, key: str) -> list[str]:
        return self.given.get(key, [])


def resolve(name: str) -> tuple[float, float]:
    if name == "M 31":
        return M31
    raise NotFoundError(f"No object is known as {name!r}")


def read(**arguments: str | list[str]) -> Criteria:
    return read_criteria(Arguments({k: v if isinstance(v, list) else [v] for k, v in arguments.items()}), resolve)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("10.68 +41.27", (10.68, 41.27)),
        ("10.68, 41.27", (10.68, 41.27)),
        ("05:34:31.9 +22:00:52", (83.632917, 22.014444)),
        ("05h34m31.9s -22d00m52s", (83.632917, -22.014444)),
        ("M 31", None),
        ("3C 273", None),
        ("47 Tuc", None),
        ("150 2", (150.0, 2.0)),
        ("150, -2", (150.0, -2.0)),
    ],
)
def test_a_position_is_told_from_a_name(typed: str, expected: tuple[float, float] | None) -> None:
    found = positions(typed)
    assert found == (expected and pytest.approx(expected, abs=1e-5))


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [
        ("550 nm", 5.5e-7, 5.5e-7),
        ("500..600 nm", 5e-7, 6e-7),
        ("500-600 nm", 5e-7, 6e-7),
        ("0.5 to 7 keV", 1.7712029e-10, 2.4796840e-9),
        ("1.4 GHz", 0.21413747, 0.21413747),
        ("5000 Angstrom .. 1 um", 5e-7, 1e-6),
    ],
)
def test_wavelengths(typed: str, low: float, high: float) -> None:
    found = wavelengths(typed)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6)


@pytest.mark.parametrize("typed", ["550", "550 apples", "nm", "1..2..3 nm", "-5 nm", "..", "red"])
def test_what_is_no_wavelength_is_refused(typed: str) -> None:
    with pytest.raises(InputError):
        wavelengths(typed)


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [
        ("2019", 58484, 58849),
        ("2019-12", 58818, 58849),
        ("2019-05-01", 58604, 58605),
        ("2019-05-01 .. 2019-05-03", 58604, 58607),
        ("58604.5", 58604.5, 58604.5),
        ("2019-05-01T03:00", 58604.125, 58604.125),
    ],
)
def test_times(typed: str, low: float, high: float) -> None:
    found = days(typed)
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize("typed", ["2019-13", "yesterday", "2021 .. 2019", "2019-02-30"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match=r"^Time: "):
        days(typed)


def test_who_writes_no_time_is_told_every_form() -> None:
    with pytest.raises(InputError) as refused:
        days("yesterday")
    forms = re.findall(r"\(([^()]+)\)", refused.value.remedy)
    assert len(forms) == 6
    for form in forms:
        days(form)


def test_every_mistake_has_a_message_at_its_field() -> None:
    found = read(target="Nowhere", radius="-1", wavelength="red", time="then", band="violet", type="picture", page="0")
    assert set(found.errors) == {"target", "radius", "wavelength", "time", "band", "type", "page"}


def test_a_name_becomes_a_place() -> None:
    found = read(target="M 31", radius="10 arcmin")
    assert found.place == "M 31"
    assert found.circle is not None
    assert (found.circle.ra, found.circle.dec, found.circle.radius) == pytest.approx((*M31, 1 / 6))


def test_everything_asked_for_stands_in_the_query() -> None:
    found = read(
        target="10 +20", band="Radio", wavelength="21 cm", time="2019", collection="O'Neil*", identifier="a'b",
        type=["image", "cube"], facility="VLA", sort="t_min", order="desc", page="3",
    )  # fmt: skip
    query = questions.rows_query(found)
    parse(query)
    wanted = ["CIRCLE(10.0, 20.0, 0.1)", "em_max > 0.01", "t_min <= 58849.0", "ILIKE 'O''Neil%'", "obs_id = 'a''b'"]
    wanted += ["dataproduct_type IN ('image', 'cube')", "facility_name = 'VLA'", "ORDER BY t_min DESC", "OFFSET 50"]
    for part in wanted:
        assert part in query


def test_a_doi_finds_what_refers_to_it_and_the_record_that_has_it() -> None:
    query = questions.rows_query(read(collection="https://doi.org/10.5072/abc"), "https://site/records/x/files/")
    assert "'doi:10.5072/abc'" in query
    assert "access_url LIKE 'https://site/records/x/files/%'" in query


@given(st.dictionaries(st.sampled_from(KEYS), st.lists(st.text(max_size=40), min_size=1, max_size=3)))
def test_any_arguments_give_messages_or_a_query_that_is_adql(arguments: dict[str, list[str]]) -> None:
    found = read_criteria(Arguments(arguments), resolve)
    for make in (questions.rows_query, questions.count_query, questions.facets_query, questions.whole_query):
        parse(make(found))


def test_a_file_knows_its_record() -> None:
    site = "https://example.org"
    assert origin(f"{site}/records/ab-1/files/m%2031.fits?download=1", site) == Origin("ab-1", "m 31.fits", "")
    assert origin(f"{site}/records/ab-1/files/a.zip/container/x/b.fits", site) == Origin("ab-1", "a.zip", "x/b.fits")
    assert origin("https://elsewhere.org/records/ab-1/files/x", site) == Origin()
