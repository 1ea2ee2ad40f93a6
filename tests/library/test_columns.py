"""The column table agrees with itself, with the standard's list, and with the facts kept beside the project."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from invenio_obscore.obscore.columns import ALL_COLUMNS, OBSCORE, OBSCORE_HEA, OBSCORE_RADIO, SYSTEM_COLUMNS

# As validators (stilts) read ObsCore 1.1; the list of facts has "meta.bib".
VALIDATED_UCDS = {"bib_reference": "meta.bib.bibcode"}
FACTS = Path(__file__).parents[3] / "shared" / "obscore_columns.csv"


def test_thirty_mandatory_columns_come_first_in_the_standards_order() -> None:
    names = list(OBSCORE)
    assert [OBSCORE[n].mandatory for n in names] == [True] * 30 + [False] * (len(names) - 30)
    assert names[:5] == ["dataproduct_type", "calib_level", "obs_collection", "obs_id", "obs_publisher_did"]


def test_only_four_columns_must_have_a_value() -> None:
    assert {n for n, c in OBSCORE.items() if not c.nullable} == {
        "calib_level",
        "obs_collection",
        "obs_id",
        "obs_publisher_did",
    }


@pytest.mark.parametrize("extension", [OBSCORE_RADIO, OBSCORE_HEA])
def test_an_extension_shares_the_did_only_so_that_a_natural_join_works(extension: dict[str, object]) -> None:
    assert set(extension) & set(OBSCORE) == {"obs_publisher_did"}


def test_the_server_alone_sets_access_identity_and_rights() -> None:
    assert set(SYSTEM_COLUMNS) == {
        "obs_publisher_did",
        "publisher_id",
        "access_url",
        "access_format",
        "access_estsize",
        "data_rights",
        "obs_release_date",
    }


def test_every_column_is_described() -> None:
    assert [n for n, c in ALL_COLUMNS.items() if not c.description] == []


@pytest.mark.skipif(not FACTS.exists(), reason="../shared/obscore_columns.csv is not here")
def test_units_ucds_and_utypes_are_the_standards() -> None:
    with FACTS.open(newline="") as stream:
        facts = {r["name"]: r for r in csv.DictReader(stream) if r["table"] == "ivoa.ObsCore"}
    for name, column in OBSCORE.items():
        fact = facts[name]
        unit = "" if fact["unit"] == "o_unit" else fact["unit"]
        ucd = VALIDATED_UCDS.get(name, fact["ucd"])
        assert (column.unit, column.ucd, column.utype) == (unit, ucd, fact["utype"]), name
        assert column.mandatory == (fact["mandatory"] == "yes"), name
    assert set(facts) - set(OBSCORE) == {"s_resolution_min", "s_resolution_max"}
