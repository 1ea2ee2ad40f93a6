"""The statements that make what queries see: schemas, functions, tables, indices, TAP_SCHEMA, the role that reads.

All may run again and again, in one transaction, by an owner of the database with CREATEROLE once pgSphere is there; so
they can be printed for an administrator. Alembic knows nothing of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..obscore.fields import Field
from . import functions, geometry, registry, tap_schema
from .columnsql import TYPES
from .quoting import literal, quoted, relation
from .tables import HEA_TABLE, INTERVALS, OBSCORE_TABLE, RADIO_TABLE, SCHEMAS, PublishedTable

#: Columns of ``ivoa.obscore`` that are not published: what a row belongs to, and the exact size for DataLink.
OWNERS = {"record_uuid": "uuid", "parent_uuid": "uuid", "recid": "text", "file_id": "uuid", "access_bytes": "int8"}

#: Many rows share a value of these: the identifier behind it gives the first of them in the order of pages.
_NAMES = ("obs_collection", "facility_name", "instrument_name")
_INDEXED_OTHERWISE = frozenset({"s_region", "obs_publisher_did", *_NAMES, *(n for i in INTERVALS for n in i)})


@dataclass(frozen=True)
class DdlSettings:
    """What an operator may choose.

    Attributes
    ----------
    reader, reader_password
        The role that reads; without a password it can log in by peer or trust only.
    timeout
        Seconds after which PostgreSQL ends one of its statements.
    connections
        How many connections it may have.
    work_mem
        Memory of one sort or hash of its statements, as PostgreSQL writes it.
    """

    reader: str = "obscore_reader"
    reader_password: str = ""
    timeout: int = 300
    connections: int = 40
    work_mem: str = "32MB"


def sql_type(field: Field) -> str:
    """Native type of a published column; text sorts by code point, wherever the database stands."""
    if field.xtype == "timestamp":
        return "timestamp"
    return 'text COLLATE "C"' if field.is_text else TYPES[field.datatype]


def statements(settings: DdlSettings | None = None) -> list[str]:
    """Everything, in order."""
    settings = settings or DdlSettings()
    tables = [table for schema in SCHEMAS for table in schema.tables]
    return [
        "CREATE EXTENSION IF NOT EXISTS pg_sphere",
        *(f"CREATE SCHEMA IF NOT EXISTS {quoted(s)}" for s in ("adql", *(schema.name for schema in SCHEMAS))),
        *functions.statements(),
        *geometry.statements(),
        *functions.later_statements(),
        *(sql for table in tables for sql in _table(table)),
        *_indices(),
        *tap_schema.content(),
        *_reader(settings),
        *_grants(settings),
        *registry.statements(settings.reader),
    ]


def drop_statements(settings: DdlSettings | None = None) -> list[str]:
    """What takes all of it away; the extension stays, since others may use it."""
    settings = settings or DdlSettings()
    names = [schema.name for schema in SCHEMAS]
    return [
        *(f"DROP TABLE IF EXISTS {relation(t.name)} CASCADE" for s in reversed(SCHEMAS) for t in reversed(s.tables)),
        *registry.drop_statements(),
        "DROP SCHEMA IF EXISTS adql CASCADE",
        *(_drop_schema_if_empty(name) for name in names),
        _DROP_ROLE.format(role=literal(settings.reader)),
    ]


# -------------------------------------------------------------------------------------------------------------- tables
def _table(table: PublishedTable) -> Iterator[str]:
    columns = {name: _definition(table, field) for name, field in table.columns.items()}
    if table is OBSCORE_TABLE:
        columns |= OWNERS | dict([geometry.shape_column("s_region")])
    body = ",\n  ".join(f"{quoted(name)} {definition}" for name, definition in columns.items())
    constraints = "".join(f",\n  {c}" for c in _constraints(table))
    yield f"CREATE TABLE IF NOT EXISTS {relation(table.name)} (\n  {body}{constraints}\n)"
    # A table that an earlier version made lacks the columns that came since.
    additions = ",\n  ".join(f"ADD COLUMN IF NOT EXISTS {quoted(n)} {d}" for n, d in columns.items())
    yield f"ALTER TABLE {relation(table.name)}\n  {additions}"


def _definition(table: PublishedTable, field: Field) -> str:
    return sql_type(field) + (" NOT NULL" if field.name in table.required else "")


def _constraints(table: PublishedTable) -> Iterator[str]:
    yield f"PRIMARY KEY ({', '.join(quoted(n) for n in table.primary_key)})"
    for key in table.keys:
        here = ", ".join(quoted(a) for a, _ in key.columns)
        there = ", ".join(quoted(b) for _, b in key.columns)
        cascade = " ON DELETE CASCADE" if table in (RADIO_TABLE, HEA_TABLE) else ""
        deferred = " DEFERRABLE INITIALLY DEFERRED"
        yield f"FOREIGN KEY ({here}) REFERENCES {relation(key.target)} ({there}){cascade}{deferred}"
    finite = [quoted(n) for n, f in table.columns.items() if f.datatype in ("float", "double")]
    if finite:
        # NaN is greater than everything to PostgreSQL, so this keeps out NaN and both infinities.
        yield f"CHECK ({' AND '.join(f'abs({name}) < {_INFINITY}' for name in finite)})"


_INFINITY = "'Infinity'"


def _indices() -> Iterator[str]:
    """Indices of ``ivoa.obscore``: position, region, intervals, one for each other column that says it is indexed."""
    table = relation(OBSCORE_TABLE.name)
    shape = quoted(geometry.shape_column("s_region")[0])
    expressions = {
        "obscore_position": 'USING gist (adql.point("s_ra", "s_dec"))',
        "obscore_region": f"USING gist ((({shape}).bound))",
        "obscore_region_wide": f'("obs_publisher_did") WHERE (({shape}).wide = 1)',
        "obscore_record": '("record_uuid")',
        "obscore_parent": '("parent_uuid")',
        "obscore_recid": '("recid")',
        # Counted by these three, products are counted in the index alone.
        "obscore_kinds": '("dataproduct_type", "facility_name", "instrument_name")',
        # The products of one record are those whose addresses begin as its files' do.
        "obscore_access_url": '("access_url" text_pattern_ops)',
        "obscore_did_folded": 'USING btree (lower("obs_publisher_did"))',
        **{f"obscore_{name}_did": f'("{name}", "obs_publisher_did")' for name in _NAMES},
        **{f"obscore_{name}": f'("{name}")' for interval in INTERVALS for name in interval},
        **{f"obscore_{a}_{b}": f'USING gist (adql.interval("{a}", "{b}"))' for a, b in INTERVALS},
        **{f"obscore_{n}": f"({quoted(n)})" for n in sorted(OBSCORE_TABLE.indexed - _INDEXED_OTHERWISE)},
    }
    for name, expression in expressions.items():
        yield f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON {table} {expression}"
    yield f"CREATE STATISTICS IF NOT EXISTS ivoa.obscore_region_wide_share ON (({shape}).wide) FROM {table}"


# --------------------------------------------------------------------------------------------------------------- roles
_CREATE_ROLE = """
DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
    EXECUTE format('CREATE ROLE %I LOGIN', {role});
  ELSIF (SELECT rolsuper OR rolbypassrls OR rolreplication FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
    RAISE EXCEPTION 'the role % is to read published tables only, but it is privileged', {role};
  END IF;
END $do$
"""

_DROP_ROLE = """
DO $do$ BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
    EXECUTE format('DROP OWNED BY %I', {role});
    EXECUTE format('DROP ROLE %I', {role});
  END IF;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
  RAISE NOTICE 'the role % is still used by another database and stays', {role};
END $do$
"""


def _drop_schema_if_empty(name: str) -> str:
    return (
        "DO $do$ BEGIN\n"
        f"  DROP SCHEMA IF EXISTS {quoted(name)};\n"
        "EXCEPTION WHEN dependent_objects_still_exist THEN\n"
        f"  RAISE NOTICE 'the schema {name} holds other tables and stays';\n"
        "END $do$"
    )


def _reader(settings: DdlSettings) -> Iterator[str]:
    role = quoted(settings.reader)
    yield _CREATE_ROLE.format(role=literal(settings.reader)).strip()
    password = f" PASSWORD {literal(settings.reader_password)}" if settings.reader_password else ""
    yield f"ALTER ROLE {role} WITH LOGIN NOINHERIT CONNECTION LIMIT {settings.connections:d}{password}"
    milliseconds = f"{settings.timeout * 1000:d}"
    values = {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        "work_mem": literal(settings.work_mem),
        "search_path": "pg_catalog",
        "jit": "off",
        "client_min_messages": "error",
    }
    for name, value in values.items():
        if value is not None:
            yield f"ALTER ROLE {role} SET {name} TO {value}"


def _grants(settings: DdlSettings) -> Iterator[str]:
    """The published tables, and nothing else that is ours.

    Whole tables: with grants of columns PostgreSQL keeps the statistics of indexed expressions from the planner.
    """
    role = quoted(settings.reader)
    for schema in ("adql", *(s.name for s in SCHEMAS)):
        yield f"REVOKE ALL ON SCHEMA {quoted(schema)} FROM PUBLIC"
        yield f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {role}"
    yield f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA adql TO {role}"
    for table in (t for s in SCHEMAS for t in s.tables):
        yield f"REVOKE ALL ON TABLE {relation(table.name)} FROM {role}"
        yield f"GRANT SELECT ON TABLE {relation(table.name)} TO {role}"
