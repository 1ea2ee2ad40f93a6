"""Identifiers, addresses and what pages say: functions of names and values alone, no services."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.rdm import identity
from invenio_obscore.registry.wavebands import wavebands
from invenio_obscore.registry.words import interval_of_days
from invenio_obscore.ui import presentation

_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(_NAMES, _NAMES, _NAMES, st.text(max_size=4))
def test_a_product_hash_is_short_lower_case_and_of_its_names_only(key: str, member: str, name: str, salt: str) -> None:
    made = identity.product_hash(key, member, name, salt)
    assert made == identity.product_hash(key, member, name, salt)
    assert made == made.lower()
    assert len(made) == 16
    assert made.isalnum()


def test_hashes_tell_parts_and_cases_apart() -> None:
    names = [("ab", "", ""), ("a", "b", ""), ("a", "", "b"), ("AB", "", ""), ("", "ab", "")]
    assert len({identity.product_hash(*name) for name in names}) == len(names)
    assert identity.product_hash("a", "", "", salt="x") != identity.product_hash("a", "", "x")


def test_an_identifier_has_the_standards_form() -> None:
    did = identity.obs_publisher_did("example.org", "obscore", "abcde-12345", "x7")
    assert did == "ivo://example.org/obscore?abcde-12345/x7"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("m31.fits", "m31"),
        ("night 1/M31.FITS.gz", "M31"),
        ("a.b.fts", "a.b"),
        ("x.tar.gz", "x"),
        (".fits", ".fits"),
        ("noise", "noise"),
    ],
)
def test_stems(name: str, stem: str) -> None:
    assert identity.file_stem(name) == stem


@given(_NAMES.filter(lambda name: name.strip("/") == name and name not in ("", ".", "..") and "//" not in name))
def test_any_key_comes_back_out_of_its_address(key: str) -> None:
    address = urlsplit(identity.access_url("https://example.org/", "abcde-12345", key, ""))
    assert unquote(address.path) == f"/records/abcde-12345/files/{key}"
    assert address.query == "download=1"


def test_a_member_has_an_address_of_its_own() -> None:
    address = identity.access_url("https://example.org", "abcde-12345", "all files.zip", "night 1/a.fits")
    assert address == "https://example.org/records/abcde-12345/files/all%20files.zip/container/night%201/a.fits"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("f.fits", ""), ("f.fits.gz", ""), True),
        (("a/f.fits", ""), ("a/f_hdr.fits", ""), False),
        (("a/f.fits", ""), ("b/f.fits", ""), False),
        (("all.zip", "f.fits"), ("all.zip", "f.fits.fz"), True),
        (("all.zip", "a/f.fits"), ("all.zip", "b/f.fits"), False),
        (("one.zip", "f.fits"), ("two.zip", "f.fits"), False),
        (("f.fits", ""), ("all.zip", "f.fits"), False),
    ],
)
def test_files_share_an_observation_only_in_one_folder(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (identity.obs_id("abcde", *one) == identity.obs_id("abcde", *other)) is same


@pytest.mark.parametrize(
    ("member", "works"),
    [
        ("a.fits", True),
        ("night 1/ü?#%.fits", True),
        ("./a.fits", False),
        ("a//b.fits", False),
        ("a/../b.fits", False),
        ("Ω.fits", False),
        ('"a".fits', False),
        ("a\nb.fits", False),
        ("a\\b.fits", False),
    ],
)
def test_only_paths_that_http_leaves_alone_are_delivered(member: str, works: bool) -> None:
    assert identity.is_deliverable(member) is works


@pytest.mark.parametrize(
    ("related", "reference"),
    [
        ([], "doi:10.1/own"),
        (
            [{"relation_type": {"id": "issupplementto"}, "scheme": "doi", "identifier": "10.1/article"}],
            "doi:10.1/article",
        ),
        ([{"relation_type": {"id": "issupplementto"}, "scheme": "ads", "identifier": "2024A&A...1"}], "2024A&A...1"),
        ([{"relation_type": {"id": "iscitedby"}, "scheme": "doi", "identifier": "10.1/other"}], "doi:10.1/own"),
        ([{"relation_type": {"id": "issupplementto"}, "scheme": "url", "identifier": "https://x"}], "doi:10.1/own"),
    ],
)
def test_the_article_comes_before_the_record(related: list[dict[str, object]], reference: str) -> None:
    assert identity.bib_reference({"related_identifiers": related}, "10.1/own") == reference


def test_without_article_and_doi_there_is_no_reference() -> None:
    assert identity.bib_reference({}, None) is None


@pytest.mark.parametrize(
    ("low", "high", "bands"),
    [
        (None, None, []),
        (5e-7, 6e-7, ["Optical"]),
        (5e-7, None, ["Optical"]),
        (3e-7, 3e-7, ["Optical"]),
        (2e-7, 2e-6, ["UV", "Optical", "Infrared"]),
        (0.2, 0.22, ["Radio"]),
        (1e-13, 1e-12, ["Gamma-ray"]),
    ],
)
def test_wavebands(low: float | None, high: float | None, bands: list[str]) -> None:
    assert list(wavebands(low, high)) == bands


@pytest.mark.parametrize(
    ("begin", "end", "interval"),
    [
        (None, None, None),
        (60436.3, 60436.4, ("2024-05-06", "2024-05-06")),
        (60436.3, 60437.4, ("2024-05-06", "2024-05-07")),
        (1e300, None, None),
        (-1e9, 60436.0, ("2024-05-06", "2024-05-06")),
    ],
)
def test_the_days_of_observation(begin: float | None, end: float | None, interval: tuple[str, str] | None) -> None:
    assert interval_of_days(begin, end) == interval


def test_values_for_people() -> None:
    assert presentation.position({"s_ra": 10.6847, "s_dec": -41.2687}) == "10.6847\u00a0−41.2687"
    assert presentation.position({"s_ra": None, "s_dec": 1.0}) == ""
    assert presentation.field_of_view({"s_fov": 0.5}) == "30′"
    assert presentation.spectral_coverage({"em_min": 4e-7, "em_max": 7e-7}) == "400–700\u202fnm"
    assert presentation.spectral_coverage({"em_min": 0.21, "em_max": 0.21}) == "21\u202fcm"
    assert presentation.spectral_coverage({"em_min": 1.24e-18, "em_max": 1.24e-17}) == "99.99–999.9\u202fGeV"
    assert presentation.time_coverage({"t_min": 60436.3, "t_max": 60437.4}) == "2024-05-06 – 2024-05-07"


_ROWS = st.dictionaries(
    st.sampled_from(["s_ra", "s_dec", "s_fov", "em_min", "em_max", "t_min", "t_max"]),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(_ROWS)
def test_no_number_breaks_a_page(row: dict[str, float | None]) -> None:
    shown = (
        presentation.position,
        presentation.field_of_view,
        presentation.spectral_coverage,
        presentation.time_coverage,
    )
    assert all(isinstance(show(row), str) for show in shown)
    assert len(list(wavebands(row.get("em_min"), row.get("em_max")))) <= 8
