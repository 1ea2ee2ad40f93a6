"""The front door: rules of one's own, corrections, files that cannot be read."""

from pathlib import Path

import pytest
from fits_files import SKY, image

from invenio_obscore import extract
from invenio_obscore.errors import ColumnError, ConfigurationError
from invenio_obscore.fits.reading import read
from invenio_obscore.mapping import parse
from invenio_obscore.obscore.columns import SYSTEM_COLUMNS
from invenio_obscore.pipeline import address, products

_OWN = """
from astropy import units as u
from invenio_obscore.extraction.rules import Constant, Instrument, Keyword, written

INSTRUMENTS = Instrument(
    "My telescope",
    written(TELESCOP="MT-1"),
    (Constant("facility_name", "My Telescope"), Keyword("t_exptime", ("SHUTTER",), unit=u.min)),
)
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    top = tmp_path / "files"
    top.mkdir()
    (top / "a.fits").write_bytes(image(TELESCOP="MT-1", SHUTTER=2.0, **SKY))
    (top / "b.fits").write_bytes(b"<html></html>")
    return top


@pytest.mark.parametrize("jobs", [1, 2])
def test_rules_of_ones_own(files: Path, tmp_path: Path, jobs: int) -> None:
    own = tmp_path / "own.py"
    own.write_text(_OWN)
    response = extract(files, instruments=own, jobs=jobs)
    [product] = response
    assert product.row["facility_name"] == "My Telescope"
    assert product.row["t_exptime"] == 120.0
    assert product.evidence["t_exptime"].detail == "My telescope: SHUTTER"
    assert [str(p.problem.code) for p in response.problems][:1] == ["not-fits"]


def test_a_file_without_instruments_is_a_mistake_of_the_user(files: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("x = 1")
    with pytest.raises(ConfigurationError, match="INSTRUMENTS"):
        extract(files, instruments=own)


def test_a_file_that_cannot_be_read_is_a_failure_of_its_own(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("invenio_obscore.pipeline.read", broken)
    response = extract(files / "a.fits")
    assert [problem.code for _, problem in response.failures] == ["unreadable"]


def test_corrections_have_the_last_word(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    [product] = products(reading, corrections={"": {"target_name": "M 31", "s_ra": None, "t_exptime": "30"}})
    assert product.row["target_name"] == "M 31"
    assert product.row["s_ra"] is None
    assert product.row["t_exptime"] == 30.0
    assert product.evidence["s_ra"].source == "depositor"
    assert address(product) == ""


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"em_min": 1.72e-7, "em_max": 17.5}, "em-range"),
        ({"em_min": 1.72e-7, "em_max": 1749.91}, "em-implausible"),
        ({"em_min": 1.72e-7, "em_max": None}, "incomplete"),
        ({"s_ra": 200.0, "s_dec": -80.0}, "position-outside"),
        ({"em_min": 1e-20, "em_max": 1e-11}, ""),
        ({"em_min": 1e-7, "em_max": 1.0, "dataproduct_type": "sed"}, ""),
    ],
)
def test_values_that_somebody_set_may_be_doubtful_too(files: Path, values: dict[str, object], code: str) -> None:
    reading = read((files / "a.fits").open("rb"))
    [product] = products(reading, corrections={"": values})
    assert [p.code for p in product.problems if p.column in values] == ([code] if code else [])
    lines = "".join(f"{name} := {value!r}\n" for name, value in values.items() if value is not None)
    [mapped] = products(reading, mapping=parse(lines))
    assert code in {"", *(p.code for p in mapped.problems)}


@pytest.mark.parametrize(("column", "value"), [("no_column", 1), ("access_url", "x"), ("s_ra", "north")])
def test_corrections_that_cannot_be(files: Path, column: str, value: object) -> None:
    reading = read((files / "a.fits").open("rb"))
    with pytest.raises(ColumnError) as caught:
        products(reading, corrections={"": {column: value}}, system=SYSTEM_COLUMNS)
    assert caught.value.column == column


def test_a_correction_of_a_product_that_is_gone_is_a_problem(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    [product] = products(reading, corrections={"#spectrum": {"target_name": "x"}})
    assert "correction-orphaned" in {p.code for p in product.problems}


def test_what_breaks_the_standard_is_left_out_and_said(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    wrong = {"s_dec": -91, "calib_level": 99, "t_min": 60001.0, "t_max": 60000.0, "obs_title": "kept"}
    [product] = products(reading, corrections={"": wrong})
    for column in ("s_dec", "calib_level", "t_min", "t_max"):
        assert product.row[column] is None
        assert column not in product.evidence
        assert [p.code for p in product.problems if p.column == column] == ["against-standard"]
    assert product.row["obs_title"] == "kept"


def test_a_mapping_cannot_force_what_breaks_the_standard(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    [product] = products(reading, mapping=parse(b"s_ra := 400\n"))
    assert product.row["s_ra"] is None
    assert "against-standard" in {p.code for p in product.problems if p.column == "s_ra"}


def test_an_accepted_proposal_fills_an_empty_cell_only(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    proposal = {"value": "Galaxy", "source": "simbad", "detail": "M 31 in Simbad", "raw": "M31"}
    [product] = products(reading, corrections={"": {"target_class": proposal}})
    assert product.row["target_class"] == "Galaxy"
    assert product.evidence["target_class"].to_dict() == {
        "column": "target_class",
        "source": "simbad",
        "detail": "M 31 in Simbad",
        "raw": "M31",
    }
    [product] = products(reading, mapping=parse(b"target_class: 'Star'"), corrections={"": {"target_class": proposal}})
    assert product.row["target_class"] == "Star"


def test_a_proposal_of_nobody_is_refused(files: Path) -> None:
    reading = read((files / "a.fits").open("rb"))
    with pytest.raises(ColumnError):
        products(reading, corrections={"": {"target_class": {"value": "x", "source": "wcs"}}})
