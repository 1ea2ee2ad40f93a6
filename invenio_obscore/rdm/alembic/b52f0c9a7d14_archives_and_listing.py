"""What was read from archives in parts, extracted products a row each, what corrections make of them.

The cache of extractions is emptied: it is computed again when it is asked for.
"""

import sqlalchemy as sa
from alembic import op

revision = "b52f0c9a7d14"
down_revision = "8f1c6a0d3b57"
branch_labels = ()
depends_on = None


def upgrade() -> None:
    """Upgrade database."""
    op.add_column("obscore_reading", sa.Column("cause", sa.String(length=16), server_default="", nullable=False))
    op.add_column("obscore_reading", sa.Column("read_whole", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("obscore_reading", sa.Column("done_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("obscore_reading", sa.Column("total_count", sa.Integer(), nullable=True))
    op.add_column("obscore_reading", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("obscore_published", sa.Column("size", sa.BigInteger(), nullable=True))
    op.create_table(
        "obscore_reading_part",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["obscore_reading.file_id"],
            name=op.f("fk_obscore_reading_part_file_id_obscore_reading"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", "part", name=op.f("pk_obscore_reading_part")),
    )
    _alter_extraction()
    _create_extracted()
    _create_overlay()


def _alter_extraction() -> None:
    op.execute("DELETE FROM obscore_extraction")
    op.drop_column("obscore_extraction", "products")
    op.add_column("obscore_extraction", sa.Column("parts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("obscore_extraction", sa.Column("rows", sa.Integer(), server_default="0", nullable=False))
    op.add_column("obscore_extraction", sa.Column("complete", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("obscore_extraction", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "obscore_extraction",
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )


def _sortable() -> list[sa.Column]:
    return [
        sa.Column("attention", sa.Integer(), nullable=False),
        sa.Column("target_name", sa.Text(), nullable=True),
        sa.Column("s_ra", sa.Double(), nullable=True),
        sa.Column("t_min", sa.Double(), nullable=True),
        sa.Column("em_min", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
    ]


def _create_extracted() -> None:
    op.create_table(
        "obscore_extracted",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("failed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        *_sortable(),
        sa.ForeignKeyConstraint(
            ["file_id", "key"],
            ["obscore_extraction.file_id", "obscore_extraction.key"],
            name=op.f("fk_obscore_extracted_file_id_obscore_extraction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", "key", "number", name=op.f("pk_obscore_extracted")),
    )


def _create_overlay() -> None:
    op.create_table(
        "obscore_overlay",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        *_sortable(),
        sa.ForeignKeyConstraint(
            ["file_id", "key", "number"],
            ["obscore_extracted.file_id", "obscore_extracted.key", "obscore_extracted.number"],
            name=op.f("fk_obscore_overlay_file_id_obscore_extracted"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("record_uuid", "file_id", "key", "number", name=op.f("pk_obscore_overlay")),
    )
    op.create_index("ix_obscore_overlay_product", "obscore_overlay", ["file_id", "key", "number"])


def downgrade() -> None:
    """Downgrade database."""
    for table in ("overlay", "extracted", "reading_part"):
        op.drop_table(f"obscore_{table}")
    op.execute("DELETE FROM obscore_extraction")
    for column in ("parts", "rows", "complete", "reason", "touched_at"):
        op.drop_column("obscore_extraction", column)
    op.add_column("obscore_extraction", sa.Column("products", sa.JSON(), nullable=False))
    op.drop_column("obscore_published", "size")
    for column in ("cause", "read_whole", "done_count", "total_count", "asked_at"):
        op.drop_column("obscore_reading", column)
