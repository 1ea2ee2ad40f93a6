"""Many rows, which PostgreSQL and arrays encode, are the bytes that the writers define, whatever is in them."""

from __future__ import annotations

import csv
import io

import psycopg
import pytest

from invenio_obscore.adql.statement import Statement
from invenio_obscore.db.pool import SingleUse
from invenio_obscore.db.query import Result, reading_session
from invenio_obscore.errors import ObsCoreError
from invenio_obscore.formats import MemorySource, Wire
from invenio_obscore.formats.blocks import block_of
from invenio_obscore.obscore.fields import Field

FIELDS = (
    Field("bool", "boolean"),
    Field("u1", "unsignedByte"),
    Field("i2", "short"),
    Field("i4", "int"),
    Field("i8", "long"),
    Field("f4", "float"),
    Field("f8", "double"),
    Field("ascii", "char", "*"),
    Field("unicode", "unicodeChar", "*"),
    Field("point", "double", "2", xtype="point"),
    Field("polygon", "double", "*", xtype="polygon"),
    Field("ints", "int", "*"),
)
TYPES = "bool int2 int2 int4 int8 float4 float8 text text float8[] float8[] int4[]".split()
TEXTS = [
    "",
    " blanks ",
    'quotes " and "" more',
    "commas, and; semicolons",
    "a\r\nb\nc\rd\te",
    "<TR><TD>&amp;</TD></TR> ]]>",
    "\x01\x0b\x1f control",
    "η Car, 北極星, 🔭",
    "%s %(p1)s %% \\ '' $$",
    "x" * 5000,
]
FLOATS = [0.0, -0.0, 0.1, 1e300, -1e-300, 123456789.123456789, float("inf"), float("-inf"), float("nan"), 5e-324]


def rows() -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [(None,) * len(FIELDS)]
    for number, (text, value) in enumerate(zip(TEXTS, FLOATS)):
        single = value if abs(value) < 3e38 and abs(value) > 1e-30 else 1.5
        sign = -1 if number % 2 else 1
        found.append(
            (
                bool(number % 2),
                number * 25,
                sign * 32767,
                sign * 2147483647,
                sign * 9223372036854775807,
                single,
                value,
                text,
                text,
                [value, -value],
                [1.5] * (number % 4),
                [number] * (number % 3),
            )
        )
    return found


@pytest.fixture(scope="module")
def lender(database):
    with psycopg.connect(database.owner, autocommit=True) as connection:
        columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(TYPES, 1))
        connection.execute(f"CREATE TABLE public.nasty (n serial, {columns})")
        connection.execute(f'GRANT SELECT ON public.nasty TO "{database.role}"')
        names = ", ".join(f"c{n}" for n in range(1, len(TYPES) + 1))
        marks = ", ".join(f"%s::{kind}" for kind in TYPES)
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO public.nasty ({names}) VALUES ({marks})", rows())
    return SingleUse(database.reader, reading_session(20), "test-wire")


def result(lender, fields, limit=None) -> Result:
    numbers = [FIELDS.index(field) + 1 for field in fields]
    columns = ", ".join(f"c{number} AS c{n}" for n, number in enumerate(numbers, 1))
    sql = f"SELECT {columns} FROM public.nasty WHERE n > %(p1)s ORDER BY n"
    return Result(lender, Statement(sql, {"p1": 0}, tuple(fields), limit))


def flat(batches):
    return [row for batch in batches for row in batch]


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.name)
@pytest.mark.parametrize("fields", [FIELDS, FIELDS[:7], FIELDS[7:9], FIELDS[8:], FIELDS[8:9], FIELDS[:1]], ids=len)
def test_both_encoders_agree(lender, wire, fields):
    values = flat(result(lender, fields).values())
    assert len(values) == len(rows())
    expected = b"".join(MemorySource(fields, values).encoded(wire))
    got = b"".join(result(lender, fields).encoded(wire))
    if wire is Wire.CSV:
        # An empty text may stand in quotes.
        assert cells(got) == cells(expected)
        assert got.endswith(b"\r\n")
    else:
        assert got == expected


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.name)
def test_parameters_of_any_kind_reach_copy_as_values(lender, wire):
    text = "x' OR 'a'='a\\' -- %s \u5317 $$"
    sql = "SELECT %(p1)s::text AS c1, %(p2)s::float8 AS c2, %(p3)s::int4 AS c3, %(p4)s::float8[] AS c4, '%%' AS c5"
    fields = (Field("a", "unicodeChar", "*"), Field("b", "double"), Field("c", "int"), Field("d", "double", "*"))
    fields += (Field("e", "char", "*"),)
    parameters = {"p1": text, "p2": -1.5e-300, "p3": -7, "p4": [1.0, -2.5]}
    got = b"".join(Result(lender, Statement(sql, parameters, fields)).encoded(wire))
    expected = b"".join(MemorySource(fields, [(text, -1.5e-300, -7, [1.0, -2.5], "%")]).encoded(wire))
    assert got == expected


def test_a_text_cannot_pass_for_what_stands_between_texts(lender):
    controls = "".join(map(chr, range(1, 32)))
    fields = (Field("a", "char", "*"), Field("b", "char", "*"), Field("c", "unicodeChar", "*"))
    sql = "SELECT %(p1)s::text AS c1, NULL::text AS c2, chr(30) AS c3 FROM generate_series(1, 3)"
    blocks = list(Result(lender, Statement(sql, {"p1": controls}, fields)).blocks())
    chars, unicodes = blocks[0].texts
    assert chars.data == controls.encode() * 3
    assert unicodes.data == b"\x1e" * 3
    assert blocks[0].nulls.tolist() == [[False] * 3, [True] * 3, [False] * 3]


@pytest.mark.parametrize("fields", [FIELDS, FIELDS[7:9]], ids=len)
def test_blocks_are_those_of_the_values_also_column_by_column(lender, fields):
    expected = block_of(fields, flat(result(lender, fields).values()), by_column=True)
    (block,) = result(lender, fields).blocks(by_column=True)
    assert (block.nulls == expected.nulls).all()
    assert [(texts.columns, texts.data) for texts in block.texts] == [
        (texts.columns, texts.data) for texts in expected.texts
    ]
    assert all((one.ends == other.ends).all() for one, other in zip(block.texts, expected.texts))
    assert repr(list(block.lists.values())) == repr([list(values) for values in expected.lists.values()])


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.name)
def test_no_rows(lender, wire):
    nothing = Result(lender, Statement("SELECT 1 AS c1 WHERE false", {}, (Field("n", "int"),)))
    assert b"".join(nothing.encoded(wire)) == b""


@pytest.mark.parametrize("wire", [Wire.CSV, Wire.BINARY2], ids=lambda wire: wire.name)
def test_an_error_behind_many_rows_is_raised_there(lender, wire):
    sql = "SELECT 1 / (3000 - n) AS c1 FROM generate_series(1, 9000) AS n"
    batches = Result(lender, Statement(sql, {}, (Field("n", "int"),))).encoded(wire)
    assert next(batches)
    with pytest.raises(ObsCoreError):
        list(batches)


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.name)
def test_the_row_too_many_begins_a_batch(lender, wire):
    def encoded(rows, limit):
        sql = f"SELECT n AS c1 FROM generate_series(1, {rows}) AS n"
        return b"".join(Result(lender, Statement(sql, {}, (Field("n", "int"),), limit)).encoded(wire))

    assert encoded(9001, 9000) == encoded(9000, None)


def test_limit_and_overflow(lender):
    some = result(lender, FIELDS[:3], limit=4)
    assert len(cells(b"".join(some.encoded(Wire.CSV)))) == 4
    assert some.overflow
    everything = result(lender, FIELDS[:3], limit=len(rows()))
    assert len(flat(everything.values())) == len(rows())
    assert not everything.overflow


@pytest.mark.parametrize("wire", [Wire.CSV, Wire.BINARY2], ids=lambda wire: wire.name)
def test_a_result_that_is_closed_early_frees_its_connection(database, lender, wire):
    sql = "SELECT a.n AS c1 FROM public.nasty a" + "".join(f", public.nasty {name}" for name in "bcdef")
    running = Result(lender, Statement(sql, {}, (Field("n", "int"),), None))
    next(running.encoded(wire))
    running.close()
    with psycopg.connect(database.reader) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-wire'"
        assert connection.execute(count).fetchone() == (0,)
