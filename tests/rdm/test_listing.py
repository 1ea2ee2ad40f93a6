"""A draft's products a page at a time: sorted, filtered, searched, corrected one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sample_files
from researcher import Researcher
from werkzeug.test import TestResponse


def _listed(researcher: Researcher, recid: str, **query: Any) -> Any:
    return researcher.request("GET", f"/records/{recid}/draft/obscore/products", query_string=query, status=200).json


def _correct(
    researcher: Researcher, recid: str, file: str, product: str, etag: str, *, status: int = 200, **body: Any
) -> TestResponse:
    return researcher.request(
        "PATCH",
        f"/records/{recid}/draft/obscore/product",
        query_string={"file": file, "product": product},
        data=json.dumps(body),
        headers={"If-Match": etag, "Content-Type": "application/json"},
        status=status,
    )


@pytest.fixture
def recid(researcher: Researcher, read_queued: Callable[[], int]) -> str:
    """A draft of three images, a file that is broken and one that is none."""
    files = {
        "b.fits": sample_files.image(ra=20.0, OBJECT="Beta", DATE_OBS="2020-01-02T00:00:00"),
        "a.fits": sample_files.image(ra=30.0, OBJECT="Alpha", DATE_OBS="2020-01-01T00:00:00"),
        "c.zip": sample_files.archive(
            {
                "x/1.fits": sample_files.image(ra=10.0, OBJECT="Gamma"),
                "x/2.fits": b"SIMPLE  =                    T".ljust(80) + b"cut",
            }
        ),
        "cut.fits": sample_files.image()[:1000],
        "notes.txt": b"nothing",
    }
    draft = researcher.draft(files)
    read_queued()
    return draft


def _names(listed: Any) -> list[tuple[str, str]]:
    return [(one["file"], one["product"]) for one in listed["products"]]


def test_the_worst_come_first(researcher: Researcher, recid: str) -> None:
    listed = _listed(researcher, recid)
    assert set(_names(listed)[:2]) == {("c.zip", "x/2.fits#"), ("cut.fits", "")}
    assert all(one["failed"] and one["problems"] for one in listed["products"][:2])
    attention = [one["attention"] for one in listed["products"][2:]]
    assert attention == sorted(attention, reverse=True)
    assert listed["counts"] == {"products": 3, "attention": listed["counts"]["attention"], "failed": 2}
    assert listed["files"] == {"queued": 0, "running": 0, "done": 3, "failed": 1, "ignored": 1}
    assert listed["total"] == 5
    assert listed["progress"] == []


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("file", "Alpha"),
        ("target_name", "Alpha"),
        ("-target_name", "Gamma"),
        ("s_ra", "Gamma"),
        ("-s_ra", "Alpha"),
        ("t_min", "Alpha"),
    ],
)
def test_sorting(researcher: Researcher, recid: str, sort: str, first: str) -> None:
    listed = _listed(researcher, recid, sort=sort)
    assert listed["products"][0]["row"]["target_name"] == first


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "ALPHA"}, [("a.fits", "")]),
        ({"q": "zip gamma"}, [("c.zip", "x/1.fits#")]),
        ({"q": "100%"}, []),
        ({"file": "c.zip", "show": "failed"}, [("c.zip", "x/2.fits#")]),
        ({"file": "no.fits"}, []),
        ({"problem": "t_min-missing"}, [("c.zip", "x/1.fits#")]),
        ({"problem": "t_max-missing"}, []),
        ({"sort": "file", "size": 1, "page": 2}, [("b.fits", "")]),
        ({"page": 900}, []),
    ],
)
def test_filters_and_pages(researcher: Researcher, recid: str, query: Any, names: list[Any]) -> None:
    assert _names(_listed(researcher, recid, **query)) == names


@pytest.mark.parametrize(
    "query", [{"sort": "secret"}, {"show": "x"}, {"size": 0}, {"size": 1000}, {"q": "a\0b"}, {"problem": "a'b"}]
)
def test_other_queries_are_refused(researcher: Researcher, recid: str, query: Any) -> None:
    answer = researcher.request("GET", f"/records/{recid}/draft/obscore/products", query_string=query)
    assert answer.status_code == 400


def _outlines(who: Researcher, address: str, **query: Any) -> tuple[Any, list[dict[str, Any]]]:
    answer = who.request("GET", f"/records/{address}/outlines", query_string=query, status=200).json
    return answer, [dict(zip(answer["columns"], one, strict=True)) for one in answer["products"]]


def test_outlines_have_the_places_of_the_listing(
    researcher: Researcher, recid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _correct(researcher, recid, "a.fits", "", '"0"', corrections={"s_ra": 40.0})
    listed = _listed(researcher, recid)
    answer, drawn = _outlines(researcher, f"{recid}/draft/obscore")
    assert answer["total"] == listed["total"] == 5
    assert [(one["file"], one["product"]) for one in drawn] == [_names(listed)[one["place"]] for one in drawn]
    assert {one["target_name"]: one["s_ra"] for one in drawn} == {"Alpha": 40.0, "Beta": 20.0, "Gamma": 10.0}
    assert all(one["s_region"].startswith("Polygon ICRS") for one in drawn if one["target_name"] != "Alpha")
    _, some = _outlines(researcher, f"{recid}/draft/obscore", q="beta")
    assert [(one["place"], one["file"]) for one in some] == [(0, "b.fits")]
    monkeypatch.setattr("invenio_obscore.rdm.outlines.MOST", 3)
    answer, drawn = _outlines(researcher, f"{recid}/draft/obscore")
    assert (answer["total"], answer["most"], len(drawn)) == (5, 3, 1)


def test_one_product_is_corrected(researcher: Researcher, recid: str) -> None:
    path = f"/records/{recid}/draft/obscore/product"
    seen = researcher.request("GET", path, query_string={"file": "c.zip", "product": "x/1.fits#"}, status=200)
    assert seen.json["evidence"]["s_ra"]["source"] == "wcs"
    assert seen.json["corrections"] == {}
    values = {"em_min": "550 nm", "em_max": "600 nm", "target_name": "Omega"}
    answer = _correct(researcher, recid, "c.zip", "x/1.fits#", seen.headers["ETag"], corrections=values)
    assert answer.json["row"]["em_min"] == pytest.approx(550e-9)
    assert answer.json["evidence"]["target_name"]["source"] == "depositor"
    assert answer.json["corrections"]["target_name"] == "Omega"
    assert _names(_listed(researcher, recid, q="omega")) == [("c.zip", "x/1.fits#")]
    assert _listed(researcher, recid, sort="-target_name")["products"][0]["row"]["target_name"] == "Omega"
    again = _correct(researcher, recid, "c.zip", "x/1.fits#", answer.headers["ETag"], reset=["target_name"])
    assert again.json["row"]["target_name"] == "Gamma"
    assert _names(_listed(researcher, recid, q="omega")) == []
    assert researcher.found(recid)["corrections"]["c.zip"]["x/1.fits#"].keys() == {"em_min", "em_max"}


def test_what_is_typed_is_told_before_it_is_saved(researcher: Researcher, recid: str, stranger: Researcher) -> None:
    def told(who: Researcher, **typed: Any) -> TestResponse:
        path = f"/records/{recid}/draft/obscore/typed"
        where = {"file": "a.fits", "product": ""}
        return who.request("POST", path, query_string=where, json={"corrections": typed})

    answer = told(researcher, em_min="1721.13 Angstrom", em_max="1749.91", s_ra="02:00:00 +10:00:00", t_exptime="3 kg")
    assert answer.json["read"] == {
        "em_min": {"em_min": pytest.approx(1.72113e-7)},
        "em_max": {"em_max": 1749.91},
        "s_ra": {"s_ra": 30.0, "s_dec": 10.0},
    }
    assert "cannot be converted" in answer.json["mistakes"]["t_exptime"]
    doubtful = {(one["column"], one["code"]) for one in answer.json["problems"]}
    assert ("em_max", "em-implausible") in doubtful and ("em_min", "missing") not in doubtful
    assert _listed(researcher, recid)["revision"] == 0
    assert told(stranger, em_min="1").status_code == 403
    assert told(researcher, access_url="http://x/").status_code == 400
    # Saved all the same, it is doubtful, and the list finds it by that.
    _correct(researcher, recid, "a.fits", "", '"0"', corrections={"em_min": "1721.13 Angstrom", "em_max": "1749.91"})
    assert _names(_listed(researcher, recid, problem="em_max-em-implausible")) == [("a.fits", "")]
    _correct(researcher, recid, "a.fits", "", '"1"', corrections={"em_max": "1749.91 Angstrom"})
    assert _names(_listed(researcher, recid, problem="em_max-em-implausible")) == []


def test_a_correction_counts_in_attention(researcher: Researcher, recid: str) -> None:
    etag = f'"{_listed(researcher, recid)["revision"]}"'
    before = _listed(researcher, recid)["counts"]["attention"]
    _correct(researcher, recid, "a.fits", "", etag, corrections={"s_ra": None, "s_dec": None, "target_name": None})
    researcher.verify(recid, 1, corrections={"a.fits": {"": {"target_name": "A"}, "gone#": {"s_ra": 1}}})
    listed = _listed(researcher, recid)
    assert listed["counts"]["attention"] == before + 1
    (product,) = (one for one in listed["products"] if one["file"] == "a.fits")
    assert "correction-orphaned" in {problem["code"] for problem in product["problems"]}


def test_wrong_corrections_name_their_column(researcher: Researcher, recid: str) -> None:
    for values in ({"s_dec": "100"}, {"em_min": "3 kg"}, {"access_url": "http://x/"}, {"nonsense": 1}, {"s_ra": [1]}):
        answer = _correct(researcher, recid, "a.fits", "", '"0"', status=400, corrections=values)
        assert next(iter(values)) in json.dumps(answer.json["errors"])
    _correct(researcher, recid, "a.fits", "nothing#", '"0"', status=404, corrections={"s_dec": 1})
    _correct(researcher, recid, "z.fits", "", '"0"', status=404, corrections={"s_dec": 1})


def test_conditions_of_corrections(researcher: Researcher, recid: str) -> None:
    body = {"corrections": {"s_dec": 1}}
    _correct(researcher, recid, "a.fits", "", '"0"', **body)
    _correct(researcher, recid, "a.fits", "", '"0"', status=412, **body)
    _correct(researcher, recid, "a.fits", "", 'W/"1"', status=412, **body)
    _correct(researcher, recid, "a.fits", "", '"9", "1"', **body)
    assert _correct(researcher, recid, "a.fits", "", "*", **body).json["revision"] == 3


def test_corrections_of_files_that_are_not_there_are_refused(researcher: Researcher, recid: str) -> None:
    answer = researcher.verify(recid, 0, corrections={"none.fits": {"": {"s_dec": 1}}}, status=400)
    assert "none.fits" in json.dumps(answer.json)
    researcher.verify(recid, 0, corrections={"b.fits": {"": {"s_dec": 1.0}}})
    researcher.delete_file(recid, "b.fits")
    researcher.verify(recid, 1, corrections={"b.fits": {"": {"s_dec": 2.0}}})


def test_strangers_see_nothing(researcher: Researcher, stranger: Researcher, visitor: Researcher, recid: str) -> None:
    for user in (stranger, visitor):
        for path in ("products", "outlines", "product?file=a.fits"):
            assert user.request("GET", f"/records/{recid}/draft/obscore/{path}").status_code == 403
    for condition in ('"0"', "*", '"0", "1"'):
        _correct(stranger, recid, "a.fits", "", condition, status=403, corrections={"s_dec": 1})
    assert stranger.request("POST", f"/records/{recid}/draft/obscore/retry?file=cut.fits").status_code == 403


def test_a_depositor_asks_to_read_a_failed_file_again(
    researcher: Researcher, recid: str, read_queued: Callable[[], int]
) -> None:
    path = f"/records/{recid}/draft/obscore/retry"
    researcher.request("POST", f"{path}?file=cut.fits", status=202)
    assert _listed(researcher, recid)["files"]["queued"] == 1
    read_queued()
    assert _listed(researcher, recid)["files"]["failed"] == 1
    assert researcher.request("POST", f"{path}?file=cut.fits").status_code == 429
    assert researcher.request("POST", f"{path}?file=a.fits").status_code == 412
    assert researcher.request("POST", f"{path}?file=none.fits").status_code == 404


def test_published_products(researcher: Researcher, visitor: Researcher, recid: str) -> None:
    researcher.publish(recid)
    path = f"/records/{recid}/obscore/products"
    listed = visitor.request("GET", path, query_string={"sort": "target_name"}, status=200).json
    assert _names(listed) == [("a.fits", ""), ("b.fits", ""), ("c.zip", "x/1.fits#")]
    assert listed["products"][2]["row"]["access_url"].endswith("/files/c.zip/container/x/1.fits")
    assert listed["counts"]["products"] == listed["total"] == 3
    assert _names(visitor.request("GET", path, query_string={"q": "gamma"}, status=200).json) == [
        ("c.zip", "x/1.fits#")
    ]
    _, drawn = _outlines(visitor, f"{recid}/obscore", sort="target_name")
    assert [(one["place"], one["file"], one["product"]) for one in drawn] == [
        (place, *name) for place, name in enumerate(_names(listed))
    ]
    assert [one["s_ra"] for one in drawn] == [30.0, 20.0, 10.0]


def test_restricted_files_have_no_outlines(researcher: Researcher, visitor: Researcher, recid: str) -> None:
    researcher.save(recid, access={"record": "public", "files": "restricted"})
    researcher.publish(recid)
    assert _outlines(visitor, f"{recid}/obscore")[0]["products"] == []
