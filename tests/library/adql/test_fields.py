"""What describes result columns: names, types, units."""

from __future__ import annotations

import pytest

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.schema import Column, Schema, Table
from invenio_obscore.adql.words import RESERVED
from invenio_obscore.errors import AdqlTypeError
from invenio_obscore.obscore.columns import OBSCORE
from invenio_obscore.obscore.fields import Field

OBSCORE_SCHEMA = Schema((Table("ivoa.obscore", tuple(Column(c) for c in OBSCORE.values())),))


def fields(schema: Schema, items: str, rest: str = "") -> tuple[Field, ...]:
    return compile_adql(f"SELECT {items} FROM {schema.tables[0].name} {rest}", schema).fields


def test_a_plain_column_keeps_everything() -> None:
    (field,) = fields(OBSCORE_SCHEMA, "s_ra")
    column = OBSCORE["s_ra"]
    assert (field.unit, field.ucd, field.utype, field.description) == (
        column.unit,
        column.ucd,
        column.utype,
        column.description,
    )


def test_all_columns_in_their_order() -> None:
    assert [f.name for f in fields(OBSCORE_SCHEMA, "*")] == list(OBSCORE)
    assert [f.xtype for f in fields(OBSCORE_SCHEMA, "s_region, obs_release_date")] == ["adql:REGION", "timestamp"]


def test_an_alias_renames_and_keeps_its_case() -> None:
    found = fields(OBSCORE_SCHEMA, 's_ra AS Ra, s_dec AS "The ""Dec"""')
    assert [f.name for f in found] == ["Ra", 'The "Dec"']
    assert found[0].ucd == "pos.eq.ra"


@pytest.mark.parametrize(
    ("item", "datatype", "arraysize", "xtype"),
    [
        ("1", "int", "", ""),
        ("3000000000", "long", "", ""),
        ("1.5", "double", "", ""),
        ("'a'", "char", "*", ""),
        ("NULL", "char", "*", ""),
        ("n + 1", "int", "", ""),
        ("n + n", "short", "", ""),
        ("big * id", "long", "", ""),
        ("mag + mag", "float", "", ""),
        ("mag + id", "double", "", ""),
        ("COUNT(*)", "long", "", ""),
        ("SUM(n)", "long", "", ""),
        ("AVG(n)", "double", "", ""),
        ("MAX(mag)", "float", "", ""),
        ("MIN(epoch)", "char", "*", "timestamp"),
        ("CAST(id AS REAL)", "float", "", ""),
        ("CAST(id AS VARCHAR(3))", "char", "*", ""),
        ("COALESCE(n, mag)", "double", "", ""),
        ("POINT(1, 2)", "double", "2", "point"),
        ("CIRCLE(1, 2, 3)", "double", "3", "circle"),
        ("POLYGON(1, 2, 3, 4, 5, 2)", "double", "*", "polygon"),
        ("BOX(1, 2, 3, 4)", "double", "*", "polygon"),
        ("footprint", "char", "*", "adql:REGION"),
        ("REGION('Circle 1 2 3')", "char", "*", "adql:REGION"),
        ("MOC('0/1')", "char", "*", "moc"),
        ("CONTAINS(POINT(1, 2), footprint)", "int", "", ""),
        ("ivo_histogram(ra, 0, 1, 5)", "int", "*", ""),
    ],
)
def test_types(schema: Schema, item: str, datatype: str, arraysize: str, xtype: str) -> None:
    (field,) = fields(schema, item)
    assert (field.datatype, field.arraysize, field.xtype) == (datatype, arraysize, xtype)


@pytest.mark.parametrize(
    ("item", "unit"),
    [
        ("ra", "deg"),
        ("-ra", "deg"),
        ("ra + 1", "deg"),
        ("ra * 2", "deg"),
        ("ra * dec", ""),
        ("1 / ra", ""),
        ("MAX(ra)", "deg"),
        ("COUNT(ra)", ""),
        ("ABS(ra)", "deg"),
        ("SQRT(ra)", ""),
        ("IN_UNIT(ra, 'arcsec')", "arcsec"),
        ("DISTANCE(ra, dec, 0, 0)", "deg"),
        ("AREA(footprint)", "deg**2"),
        ("CAST(ra AS VARCHAR)", ""),
        ("CAST(POINT(ra, dec) AS VARCHAR)", ""),
        ("CIRCLE(ra, dec, 1)", "deg"),
        ("CENTROID(footprint)", "deg"),
    ],
)
def test_units(schema: Schema, item: str, unit: str) -> None:
    assert fields(schema, item)[0].unit == unit


def test_made_up_names_are_legal_and_unique(schema: Schema) -> None:
    items = "COUNT(*), COUNT(*), MAX(ra), MAX(ra), 1, 1 + 1, PI(), 'x', MAX(ra) AS max_ra_2"
    names = [f.name for f in fields(schema, items)]
    assert names == ["count_1", "count_2", "max_ra", "max_ra_3", "column_5", "column_6", "pi_7", "column_8", "max_ra_2"]
    assert not {n.upper() for n in names} & RESERVED


def test_repeated_columns_get_numbers(schema: Schema) -> None:
    found = fields(schema, "s.id, s.id, t.id", "AS s JOIN adqltest.stars AS t ON s.id = t.id")
    assert [f.name for f in found] == ["id", "id_2", "id_3"]


def test_a_union_takes_its_metadata_from_the_left(schema: Schema) -> None:
    found = compile_adql("SELECT ra FROM adqltest.stars UNION SELECT flux FROM adqltest.obs", schema).fields
    assert (found[0].name, found[0].unit) == ("ra", "deg")


def test_named_objects_are_looked_up_when_the_query_is_translated(schema: Schema) -> None:
    query = "SELECT id FROM adqltest.stars WHERE 1 = CONTAINS(POINT(ra, dec), CIRCLE(gavo_simbadpoint('M31'), 1))"
    with pytest.raises(AdqlTypeError, match="looks up no names"):
        compile_adql(query, schema)
    known = Schema(schema.tables, locate={"M31": (10.68, 41.27)}.get)
    assert set(compile_adql(query, known).parameters.values()) == {10.68, 41.27, 1.0}
    with pytest.raises(AdqlTypeError, match="knows 'M32'"):
        compile_adql(query.replace("M31", "M32"), known)
