"""Tables of rows: written in every format and read back, and mappings on tables."""

import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from invenio_obscore import apply_mapping, load_table
from invenio_obscore.errors import ColumnError, InputError, MappingError
from invenio_obscore.mapping import parse
from invenio_obscore.obscore.columns import ALL_COLUMNS, OBSCORE
from invenio_obscore.obscore.row import ObsCoreRow
from invenio_obscore.tables import rows_of, table_of, write

ROWS = [
    ObsCoreRow(
        {
            "dataproduct_type": "image",
            "calib_level": 2,
            "obs_id": "0012",
            "target_name": "M 31, \"Andromeda\" 'x'\ny",
            "s_ra": 10.684708333333333,
            "s_dec": 41.26875,
            "s_region": "Circle ICRS 10.68 41.26 0.5",
            "s_xel1": 4096,
            "em_min": 6.123456789012345e-07,
            "access_url": "file:///data/night%201/m31.fits",
            "access_estsize": 123456,
            "obs_creation_date": "2020-01-02T03:04:05",
        }
    ),
    ObsCoreRow({"obs_id": "x", "ev_xel": 5_000_000_000}),
    ObsCoreRow(),
]
FORMATS = ["csv", "tsv", "vot", "xml", "fits", "ecsv", "json", "parquet"]


def test_a_table_has_every_column_with_unit_ucd_utype_and_description() -> None:
    table = table_of(ROWS)
    assert table.colnames == [*OBSCORE, "ev_xel"]
    for name in table.colnames:
        column = ALL_COLUMNS[name]
        assert str(table[name].unit or "") == str(u.Unit(column.unit) if column.unit else "")
        assert table[name].description == column.description
        assert table[name].meta.get("ucd", "") == column.ucd and table[name].meta.get("utype", "") == column.utype
    assert table["s_ra"].unit == u.deg and table["em_min"][0] == 6.123456789012345e-07
    assert table["s_ra"].mask.tolist() == [False, True, True]


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"obs core.{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(table_of(ROWS), path)
        back = load_table(path)
    expected = [row.to_dict() for row in ROWS]
    if ending == "tsv":  # it has no way to write a line break
        expected[0]["target_name"] = str(expected[0]["target_name"]).replace("\n", " ")
    assert [row.to_dict() for row in rows_of(back)] == expected
    assert back["em_min"].unit == u.m and back["em_min"].meta["ucd"] == ALL_COLUMNS["em_min"].ucd
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_without_rows(tmp_path: Path, ending: str) -> None:
    write(table_of([]), tmp_path / f"t.{ending}")
    assert len(load_table(tmp_path / f"t.{ending}")) == 0


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
def test_stilts_finds_no_fault_in_the_votable(tmp_path: Path) -> None:
    write(table_of(ROWS), tmp_path / "t.vot")
    done = subprocess.run(
        ["stilts", "votlint", f"votable={tmp_path / 't.vot'}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and not [line for line in done.stdout.splitlines() if line.startswith("ERROR")]


def test_other_units_are_converted_and_other_columns_kept(tmp_path: Path) -> None:
    table = Table({"em_min": [500.0] * u.nm, "OBJECT": ["M 31"], "s_fov": [30.0] * u.arcmin, "obs_id": [12]})
    table.write(tmp_path / "t.ecsv")
    back = load_table(tmp_path / "t.ecsv")
    assert back["em_min"][0] == pytest.approx(5e-7) and back["s_fov"][0] == 0.5
    assert back["obs_id"][0] == "12" and back["OBJECT"][0] == "M 31"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "obs_id,s_ra\nx,abc\n", "row 1: s_ra"),
        ("a.csv", "obs_id\nx,y,z\n", "3 cells"),
        ("a.csv", "obs_id\n\xff\n", "cannot be read"),
        ("a.json", "{", "cannot be read"),
        ("a.json", "[1]", "cannot be read"),
        ("a.fits", "SIMPLE", "cannot be read"),
        ("a.vot", "<html>", "cannot be read"),
        ("a.parquet", "PAR", "cannot be read"),
        ("a.ecsv", "x", "cannot be read"),
        ("a.doc", "x", "no format"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises((InputError, ColumnError), match=words):
        load_table(tmp_path / name)


def test_endings_and_files_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.tsv"):
        write(table_of([]), tmp_path / "x.doc")
    (tmp_path / "x.csv").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        write(table_of([]), tmp_path / "x.csv", overwrite=False)
    assert (tmp_path / "x.csv").read_text() == "mine"
    with pytest.raises(InputError, match="no such file"):
        load_table(tmp_path / "nosuch.csv")


# -- mappings --------------------------------------------------------------------------------------------------------
def test_a_mapping_on_a_table(tmp_path: Path) -> None:
    mapping = tmp_path / "catalogue.map"
    mapping.write_text(
        "facility_name: 'LAMOST'\nobs_id := concat($DIRNAME, '/', $STEM)\nem_max: em_min * 2\ntarget_name := OBJECT\n"
        "[m33*]\nobs_title: 'Triangulum'\n"
    )
    table = Table({"access_url": ["file:///data/night%201/m31.fits", "zip:file:///data/a.zip!/n2/m33.fits"]})
    table["em_min"] = [500.0, np.nan] * u.nm
    table["OBJECT"] = ["M 31", ""]
    problems = apply_mapping(table, mapping)
    assert list(table["facility_name"]) == ["LAMOST", "LAMOST"]
    assert list(table["obs_id"]) == ["night 1/m31", "n2/m33"]
    assert table["em_max"][0] == pytest.approx(1e-6) and table["em_max"].mask[1]
    assert table["target_name"][0] == "M 31"
    assert table["obs_title"].mask.tolist() == [True, False]
    assert table["em_min"].unit == u.nm
    assert [p.message for p in problems if p.column == "target_name"] == [
        "row 2: mapping, line 4: the file has no value for OBJECT"
    ]


def test_filling_keeps_what_is_there_and_forcing_does_not() -> None:
    table = Table({"target_name": ["M 31", ""], "obs_id": ["a", "b"]})
    apply_mapping(table, parse("target_name: 'x'\nobs_id := 'y'"))
    assert list(table["target_name"]) == ["M 31", "x"] and list(table["obs_id"]) == ["y", "y"]


def test_keyword_lines_do_nothing_on_a_table_and_say_so() -> None:
    problems = apply_mapping(Table({"obs_id": ["a"]}), parse("CUNIT1: 'nm'"))
    assert [p.code for p in problems] == ["mapping-no-header"]


def test_a_mapping_file_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nosuch\.map"):
        apply_mapping(Table(), tmp_path / "nosuch.map")
    (tmp_path / "bad.map").write_text("obs_id: 'x'\nfoo: 1")
    with pytest.raises(MappingError, match=r"line 2, column 1: .*bad\.map"):
        apply_mapping(Table(), tmp_path / "bad.map")
