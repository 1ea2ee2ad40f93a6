"""The tables that we publish: names, descriptions, columns, keys. DDL and TAP_SCHEMA are both made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..obscore.columns import OBSCORE, OBSCORE_HEA, OBSCORE_RADIO, OBSCORE_TABLE_UTYPE
from ..obscore.fields import Field

#: Pairs of columns of ``ivoa.obscore`` that are the limits of an interval; each pair has an index.
INTERVALS = (("t_min", "t_max"), ("em_min", "em_max"))
RADIO_UTYPE = "ivo://ivoa.net/std/obscore#radio-ext-1.0"


@dataclass(frozen=True)
class Key:
    """A foreign key between published tables: (column here, column there) pairs."""

    name: str
    target: str
    columns: tuple[tuple[str, str], ...]
    description: str = ""


@dataclass(frozen=True)
class PublishedTable:
    """A table as TAP_SCHEMA describes it (TAP 1.1, section 4.2); ``indexed`` are the columns with an index.

    Attributes
    ----------
    name
        With its schema, for users and in the database.
    required
        Columns that are never NULL.
    """

    name: str
    description: str
    columns: Mapping[str, Field]
    utype: str = ""
    primary_key: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    secondary: frozenset[str] = frozenset()
    keys: tuple[Key, ...] = ()

    @property
    def schema(self) -> str:
        """Name of its schema."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class PublishedSchema:
    """A schema as TAP_SCHEMA describes it."""

    name: str
    description: str
    tables: tuple[PublishedTable, ...]
    utype: str = ""


_DID_KEY = ("obs_publisher_did", "obs_publisher_did")


def _model_table(name: str, description: str, columns: Mapping[str, Field], utype: str, *keys: Key) -> PublishedTable:
    return PublishedTable(
        name,
        description,
        columns,
        utype,
        primary_key=("obs_publisher_did",),
        required=frozenset(n for n, c in columns.items() if not getattr(c, "nullable", True)),
        indexed=frozenset(n for n, c in columns.items() if getattr(c, "indexed", False)),
        secondary=frozenset(n for n, c in columns.items() if not getattr(c, "principal", True)),
        keys=keys,
    )


OBSCORE_TABLE = _model_table(
    "ivoa.obscore",
    "Data products in the terms of the observation data model (ObsCore 1.1)",
    OBSCORE,
    OBSCORE_TABLE_UTYPE,
)
RADIO_TABLE = _model_table(
    "ivoa.obscore_radio",
    "Radio properties of data products: for a NATURAL JOIN with ivoa.obscore",
    OBSCORE_RADIO,
    RADIO_UTYPE,
    Key("obscore_radio_product", "ivoa.obscore", (_DID_KEY,), "The product that is described"),
)
HEA_TABLE = _model_table(
    "ivoa.obscore_hea",
    "High-energy properties of data products: for a NATURAL JOIN with ivoa.obscore",
    OBSCORE_HEA,
    "",
    Key("obscore_hea_product", "ivoa.obscore", (_DID_KEY,), "The product that is described"),
)


def _text(name: str, description: str) -> Field:
    return Field(name, "char", "*", description=description)


def _number(name: str, description: str) -> Field:
    return Field(name, "int", description=description)


def _meta_table(
    name: str,
    description: str,
    fields: tuple[Field, ...],
    primary_key: tuple[str, ...],
    required: tuple[str, ...] = (),
    keys: tuple[Key, ...] = (),
) -> PublishedTable:
    return PublishedTable(
        f"tap_schema.{name}",
        description,
        {f.name: f for f in fields},
        primary_key=primary_key,
        required=frozenset((*primary_key, *required)),
        indexed=frozenset(primary_key[:1]),
        keys=keys,
    )


_FLAGS = ("indexed", "principal", "std")
_TAP_TABLES = (
    _meta_table(
        "schemas",
        "Schemas of this service",
        (
            _text("schema_name", "Name of the schema"),
            _text("utype", "Data model of the schema"),
            _text("description", "What the schema holds"),
            _number("schema_index", "Place in the recommended order of schemas"),
        ),
        ("schema_name",),
    ),
    _meta_table(
        "tables",
        "Tables of this service",
        (
            _text("schema_name", "Schema that the table belongs to"),
            _text("table_name", "Name of the table as queries write it"),
            _text("table_type", "table or view"),
            _text("utype", "Data model of the table"),
            _text("description", "What the table holds"),
            _number("table_index", "Place in the recommended order of tables"),
        ),
        ("table_name",),
        ("schema_name", "table_type"),
        (Key("tables_schema", "tap_schema.schemas", (("schema_name", "schema_name"),)),),
    ),
    _meta_table(
        "columns",
        "Columns of the tables of this service",
        (
            _text("table_name", "Table that the column belongs to"),
            _text("column_name", "Name of the column"),
            _text("datatype", "Type of the values as VOTable names it"),
            _text("arraysize", "Shape of array values as VOTable writes it"),
            _text("xtype", "Meaning of the type as DALI names it"),
            _number("size", "Length of values that have one (superseded by arraysize)"),
            _text("description", "What the column holds"),
            _text("utype", "Place in a data model"),
            _text("unit", "Unit of the values"),
            _text("ucd", "Kind of quantity"),
            _number("indexed", "1 where an index makes conditions on the column fast"),
            _number("principal", "1 where the column is important"),
            _number("std", "1 where a standard defines the column"),
            _number("column_index", "Place in the recommended order of columns"),
        ),
        ("table_name", "column_name"),
        ("datatype", *_FLAGS),
        (Key("columns_table", "tap_schema.tables", (("table_name", "table_name"),)),),
    ),
    _meta_table(
        "keys",
        "Foreign keys between tables of this service",
        (
            _text("key_id", "Identifier of the key"),
            _text("from_table", "Table that refers"),
            _text("target_table", "Table that is referred to"),
            _text("description", "What the key means"),
            _text("utype", "Place in a data model"),
        ),
        ("key_id",),
        ("from_table", "target_table"),
        (
            Key("keys_from_table", "tap_schema.tables", (("from_table", "table_name"),)),
            Key("keys_target_table", "tap_schema.tables", (("target_table", "table_name"),)),
        ),
    ),
    _meta_table(
        "key_columns",
        "Columns of the foreign keys between tables of this service",
        (
            _text("key_id", "Identifier of the key"),
            _text("from_column", "Column that refers"),
            _text("target_column", "Column that is referred to"),
        ),
        ("key_id", "from_column", "target_column"),
        (),
        (Key("key_columns_key", "tap_schema.keys", (("key_id", "key_id"),)),),
    ),
)

IVOA = PublishedSchema("ivoa", "Tables that IVOA standards define", (OBSCORE_TABLE, RADIO_TABLE, HEA_TABLE))
TAP_SCHEMA = PublishedSchema("tap_schema", "What this service publishes (TAP 1.1, section 4)", _TAP_TABLES)

#: Everything that setting up publishes, in the order of TAP_SCHEMA.
SCHEMAS = (IVOA, TAP_SCHEMA)
