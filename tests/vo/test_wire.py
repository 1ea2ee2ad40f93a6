"""Rows that PostgreSQL encodes are the bytes that the writers define, whatever is in them."""

from __future__ import annotations

import psycopg
import pytest

from invenio_obscore.adql.statement import Statement
from invenio_obscore.db.pool import SingleUse
from invenio_obscore.db.query import Result, reading_session
from invenio_obscore.formats import MemorySource, Wire
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


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.name)
@pytest.mark.parametrize("fields", [FIELDS, FIELDS[:7], FIELDS[7:9], FIELDS[8:], FIELDS[8:9]], ids=len)
def test_both_encoders_agree(lender, wire, fields):
    values = flat(result(lender, fields).values())
    assert len(values) == len(rows())
    expected = flat(MemorySource(fields, values).encoded(wire))
    got = flat(result(lender, fields).encoded(wire))
    for number, (one, other) in enumerate(zip(got, expected)):
        assert one == other, f"row {number}"
    assert len(got) == len(expected)


def test_limit_and_overflow(lender):
    some = result(lender, FIELDS[:3], limit=4)
    assert len(flat(some.encoded(Wire.CSV))) == 4
    assert some.overflow
    everything = result(lender, FIELDS[:3], limit=len(rows()))
    assert len(flat(everything.values())) == len(rows())
    assert not everything.overflow


def test_a_result_that_is_closed_early_frees_its_connection(database, lender):
    sql = "SELECT a.n AS c1 FROM public.nasty a" + "".join(f", public.nasty {name}" for name in "bcdef")
    running = Result(lender, Statement(sql, {}, (Field("n", "int"),), None))
    next(running.values())
    running.close()
    with psycopg.connect(database.reader) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-wire'"
        assert connection.execute(count).fetchone() == (0,)
