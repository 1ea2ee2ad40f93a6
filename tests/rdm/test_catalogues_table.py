"""A draft's table as a file: out and back without a change, and every way in which it can come back wrong."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.errors import InputError
from invenio_obscore.formats import MemorySource, Meta, for_responseformat
from invenio_obscore.formats.spreadsheets import for_people
from invenio_obscore.rdm.catalogues import table
from invenio_obscore.rdm.catalogues.table import TableError

ROWS: list[table.Row] = [
    ("a.fits", "", {"target_name": "M 31", "s_ra": 10.684712345678901, "em_min": 5e-7, "calib_level": 2}),
    ("b.zip", "x/1.fits#", {"target_name": "=1+1", "s_ra": 1 / 3, "t_exptime": 0.1, "dataproduct_type": "image"}),
    ("b.zip", "x/2.fits#", {"target_name": "a\nb, \"c\" 'd'", "s_region": "CIRCLE ICRS 1 2 0.5", "t_min": 58604.125}),
]


def _written(name: str, rows: list[table.Row]) -> bytes:
    chosen = for_responseformat(name)
    source = MemorySource(table.FIELDS, for_people(chosen.suffix, table.cells(rows)))
    return b"".join(chosen.stream(source, Meta(name="obscore")))


def _lines(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def _as_csv(lines: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def _mistakes(data: bytes) -> list[tuple[int, str]]:
    with pytest.raises(TableError) as caught:
        table.compare(ROWS, table.parse(data))
    return [(mistake.line, mistake.message) for mistake in caught.value.mistakes]


@pytest.mark.parametrize("name", ["csv", "votable", "votable/td", "votable/b2"])
def test_a_table_comes_back_without_a_difference(name: str) -> None:
    assert table.compare(ROWS, table.parse(_written(name, ROWS))).changes == {}


_TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)
_ANY_ROW = st.fixed_dictionaries(
    {},
    optional={
        "target_name": _TEXTS,
        "s_ra": st.floats(0, 359, allow_nan=False),
        "t_exptime": st.floats(0, 1e6, width=32),
        "em_min": st.floats(1e-12, 1, allow_nan=False),
    },
)


@given(st.lists(_ANY_ROW, min_size=1, max_size=5), st.sampled_from(["csv", "votable"]))
def test_whatever_rows_hold_comes_back_without_a_difference(rows: list[dict[str, Any]], name: str) -> None:
    present: list[table.Row] = [("f.zip", f"{number}#", row) for number, row in enumerate(rows)]
    assert table.compare(present, table.parse(_written(name, present))).changes == {}


def test_what_was_changed_is_found_with_units_and_emptied_cells() -> None:
    lines = _lines(_written("csv", ROWS))
    lines[0] |= {"em_min": "550 nm", "target_name": "NGC 224"}
    lines[1] |= {"t_exptime": "", "target_name": "'=1+2"}
    found = table.compare(ROWS, table.parse(_as_csv(lines)))
    assert found.changes == {
        ("a.fits", ""): {"em_min": (5e-7, pytest.approx(5.5e-7)), "target_name": ("M 31", "NGC 224")},
        ("b.zip", "x/1.fits#"): {"t_exptime": (0.1, None), "target_name": ("=1+1", "=1+2")},
    }
    assert (found.cells, found.columns) == (4, {"em_min": 1, "target_name": 2, "t_exptime": 1})


def test_only_some_columns_may_come_in_any_order() -> None:
    lines = [{"em_max": "6e-7", "product": p, "file": f} for f, p, _ in reversed(ROWS)]
    assert table.compare(ROWS, table.parse(_as_csv(lines))).columns == {"em_max": 3}


def test_wrong_columns_are_all_named() -> None:
    lines = [{"file": "a.fits", "emin": "1", "obs_publisher_did": "x"}]
    assert _mistakes(_as_csv(lines)) == [
        (1, "The column product is missing, which says which row it is"),
        (1, "There is no column 'emin'"),
        (1, "The server sets the column obs_publisher_did: leave it out"),
    ]
    assert _mistakes(b"file,product,s_ra,s_ra\r\n") == [(1, "The column 's_ra' stands 2 times")]


def test_wrong_cells_rows_and_duplicates_have_their_lines() -> None:
    lines = _lines(_written("csv", ROWS))
    lines[0] |= {"s_ra": "north", "calib_level": "7"}
    lines[2] = {**lines[1], "s_ra": "400"}
    lines.append({**lines[1], "file": "other.fits"})
    found = _mistakes(_as_csv(lines))
    assert [line for line, _ in found] == [2, 2, 4, 5, 0]
    assert {message[:30] for _, message in found[:2]} == {
        "calib_level: 7 is none of 0, 1",
        "s_ra: 'north' cannot be read; ",
    }
    assert found[2][1] == "The same row stands in line 3"
    assert "no product 'x/1.fits#' in a file 'other.fits'" in found[3][1]
    assert found[4][1] == "1 row(s) of the deposit are not in the table: b.zip x/2.fits#"


def test_half_a_table_is_refused() -> None:
    data = _written("csv", ROWS)
    assert _mistakes(_as_csv(_lines(data)[:1]))[0][1].startswith("2 row(s) of the deposit are not in the table")
    cut = data[: len(data) - 80]
    assert [line for line, message in _mistakes(cut)] != []
    with pytest.raises(InputError):
        table.parse(_written("votable/td", ROWS)[:-200])


def test_wrong_units_and_types_of_a_votable_are_named() -> None:
    data = _written("votable/td", ROWS).decode()
    before = data.partition('name="em_min"')
    at = before[2].index('unit="m"')
    changed = before[0] + before[1] + before[2][:at] + 'unit="nm"' + before[2][at + len('unit="m"') :]
    assert _mistakes(changed.encode()) == [(0, "em_min is in m, the table has nm")]
    document = (
        '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="file" datatype="char" arraysize="*"/>'
        '<FIELD name="product" datatype="char" arraysize="*"/><FIELD name="target_name" datatype="int"/>'
        "<DATA><TABLEDATA><TR><TD>a.fits</TD><TD/><TD>3</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    assert _mistakes(document.encode()) == [(0, "target_name is a text, the table has int")]


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        table.compare(ROWS, table.parse(data))
    except InputError as error:
        assert str(error)
    else:
        raise AssertionError("that was no table of these rows")
