"""Corrections a row a product, cells of products as typed columns, edits that can be undone, tasks with progress.

The cache of extractions is emptied: it is computed again when it is asked for.
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "f4c2a8d61e90"
down_revision = "e81f5d3c6b27"
branch_labels = ()
depends_on = None

_TEXTS = (
    "t_intervals obs_mode tracking_mode scan_mode pointing_mode analysis_mode event_type messenger_name "
    "messenger_pdgid tracking_type dataproduct_type obs_collection obs_id target_name s_region o_ucd "
    "pol_states facility_name instrument_name dataproduct_subtype obs_title target_class s_ucd s_unit "
    "s_calib_status t_calib_status em_ucd em_unit em_calib_status o_unit o_calib_status proposal_id "
    "obs_creation_date obs_creator_name obs_creator_did bib_reference"
)
_DOUBLES = (
    "s_ref_energy em_ref_energy s_ref_oaa em_ref_oaa energy_min energy_max s_resolution_min s_resolution_max "
    "s_fov_min s_fov_max f_resolution s_largest_angular_scale s_largest_angular_scale_min "
    "s_largest_angular_scale_max uv_distance_min uv_distance_max uv_distribution_ecc uv_distribution_fill "
    "instr_tel_min_dist instr_tel_max_dist instr_tel_diameter s_ra s_dec s_fov s_resolution t_min t_max "
    "t_exptime t_resolution em_min em_max em_res_power s_pixel_scale s_stat_error t_stat_error "
    "em_res_power_min em_res_power_max em_resolution em_stat_error o_stat_error"
)
_INTEGERS = "ev_xel instr_tel_number instr_feed calib_level s_xel1 s_xel2 t_xel em_xel pol_xel"
#: Those that lists were sorted by already.
_PRESENT = frozenset(("target_name", "s_ra", "t_min", "em_min"))
_BATCH = 1000


def _cells(but: frozenset[str] = frozenset()) -> list[sa.Column]:
    kinds = ((_TEXTS, sa.Text), (_DOUBLES, sa.Double), (_INTEGERS, sa.BigInteger))
    return [
        sa.Column(name, kind(), nullable=True) for names, kind in kinds for name in names.split() if name not in but
    ]


def upgrade() -> None:
    """Upgrade database."""
    op.execute("DELETE FROM obscore_extraction")
    for table in ("obscore_extracted", "obscore_overlay"):
        for column in _cells(_PRESENT):
            op.add_column(table, column)
        op.execute(f"ALTER TABLE {table} ALTER COLUMN document SET STORAGE EXTERNAL")
    for column in _cells():
        op.add_column("obscore_published", column)
    op.create_index(
        "ix_obscore_extracted_product",
        "obscore_extracted",
        ["file_id", "key", sa.func.left(sa.column("product"), 200)],
    )
    _fill_published()
    _create_correction()
    _create_sheet()
    _create_edit()
    _create_work()


def _fill_published() -> None:
    """Some thousand rows at a time: an instance may have published millions."""
    connection = op.get_bind()
    # A whole number may be written as 5.0 in JSON, which only numeric takes.
    kinds = ((_TEXTS, "text"), (_DOUBLES, "double precision"), (_INTEGERS, "numeric"))
    named = ", ".join(f"{name} {kind}" for names, kind in kinds for name in names.split())
    names = [column.name for column in _cells()]
    write = sa.text(
        f"UPDATE obscore_published AS old SET {', '.join(f'{name} = new.{name}' for name in names)} "  # noqa: S608 - constants
        f"FROM json_to_recordset(:rows) AS new(record_uuid uuid, obs_publisher_did text, {named}) "
        "WHERE old.record_uuid = new.record_uuid AND old.obs_publisher_did = new.obs_publisher_did"
    )
    for some in _streamed("SELECT record_uuid, obs_publisher_did, row FROM obscore_published").partitions(_BATCH):
        rows = [
            {name: _storable(row[name]) for name in names if row.get(name) is not None}
            | {"record_uuid": str(record), "obs_publisher_did": did}
            for record, did, row in some
        ]
        connection.execute(write, {"rows": json.dumps(rows)})


def _streamed(statement: str, *, at_once: int = _BATCH) -> sa.CursorResult:
    """Rows that stay with the server until they are needed."""
    return op.get_bind().execute(sa.text(statement), execution_options={"yield_per": at_once})


def _storable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _create_correction() -> None:
    op.create_table(
        "obscore_correction",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'published')", name=op.f("ck_obscore_correction_stage")),
        sa.PrimaryKeyConstraint("record_uuid", "stage", "digest", name=op.f("pk_obscore_correction")),
    )
    connection = op.get_bind()
    table = sa.table(
        "obscore_correction",
        *(sa.column(name) for name in ("record_uuid", "stage", "digest", "file_key", "product")),
        sa.column("cells", sa.JSON()),
    )
    # One at a time: a single deposit may have a hundred thousand.
    read = "SELECT record_uuid, stage, corrections FROM obscore_verification"
    for record, stage, corrections in _streamed(read, at_once=1):
        rows = [
            {
                "record_uuid": record,
                "stage": stage,
                "digest": hashlib.sha256(json.dumps([file_key, product]).encode("ascii")).hexdigest(),
                "file_key": file_key,
                "product": product,
                "cells": cells,
            }
            for file_key, products in corrections.items()
            for product, cells in products.items()
            if cells
        ]
        for start in range(0, len(rows), _BATCH):
            connection.execute(sa.insert(table), rows[start : start + _BATCH])
    op.drop_column("obscore_verification", "corrections")


def _create_sheet() -> None:
    op.create_table(
        "obscore_sheet",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("laid", sa.String(64), server_default="", nullable=False),
        sa.Column("counted", sa.String(64), server_default="", nullable=False),
        sa.Column("products", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attention", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("record_uuid", name=op.f("pk_obscore_sheet")),
    )


def _create_edit() -> None:
    op.create_table(
        "obscore_edit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("unmade", sa.Integer(), nullable=True),
        sa.Column("changes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obscore_edit")),
    )
    op.create_index("ix_obscore_edit_record", "obscore_edit", ["record_uuid", "id"])


def _create_work() -> None:
    op.create_table(
        "obscore_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), server_default="running", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obscore_work")),
    )
    op.create_index("ix_obscore_work_record", "obscore_work", ["record_uuid", "created_at"])


def downgrade() -> None:
    """Downgrade database."""
    op.add_column("obscore_verification", sa.Column("corrections", sa.JSON(), server_default="{}", nullable=False))
    _gather_corrections()
    op.alter_column("obscore_verification", "corrections", server_default=None)
    for table in ("work", "edit", "sheet", "correction"):
        op.drop_table(f"obscore_{table}")
    op.drop_index("ix_obscore_extracted_product", table_name="obscore_extracted")
    for column in _cells():
        op.drop_column("obscore_published", column.name)
    for table in ("obscore_extracted", "obscore_overlay"):
        for column in _cells(_PRESENT):
            op.drop_column(table, column.name)


def _gather_corrections() -> None:
    op.execute(
        """
        UPDATE obscore_verification AS decided SET corrections = found.files
        FROM (
            SELECT record_uuid, stage, json_object_agg(file_key, products) AS files
            FROM (
                SELECT record_uuid, stage, file_key, json_object_agg(product, cells) AS products
                FROM obscore_correction GROUP BY record_uuid, stage, file_key
            ) AS of_file
            GROUP BY record_uuid, stage
        ) AS found
        WHERE decided.record_uuid = found.record_uuid AND decided.stage = found.stage
        """
    )
