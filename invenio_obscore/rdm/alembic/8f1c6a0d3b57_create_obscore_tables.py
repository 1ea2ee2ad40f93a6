"""Create the module's tables.

The published schema (``ivoa``, ``tap_schema``, roles, functions) is no migration's: ``invenio obscore setup`` makes it.
"""

import sqlalchemy as sa
from alembic import op

revision = "8f1c6a0d3b57"
down_revision = None
branch_labels = ("invenio_obscore",)
# The revision of invenio-db that all branches of Invenio start from.
depends_on = "dbdbc1b19cf2"


def upgrade() -> None:
    """Upgrade database."""
    _create_reading()
    _create_extraction()
    _create_verification()
    _create_products()


def _create_reading() -> None:
    op.create_table(
        "obscore_reading",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_pending", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("extractor_version", sa.String(length=64), server_default="", nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'ignored')", name=op.f("ck_obscore_reading_status")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_obscore_reading")),
    )
    op.create_index("ix_obscore_reading_waiting", "obscore_reading", ["status", "lease_until"])
    op.create_index("ix_obscore_reading_finished", "obscore_reading", ["finished_at"])


def _create_extraction() -> None:
    op.create_table(
        "obscore_extraction",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "key", name=op.f("pk_obscore_extraction")),
    )
    op.create_index(op.f("ix_obscore_extraction_created_at"), "obscore_extraction", ["created_at"])


def _create_verification() -> None:
    op.create_table(
        "obscore_verification",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("mapping", sa.Text(), server_default="", nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'published')", name=op.f("ck_obscore_verification_stage")),
        sa.PrimaryKeyConstraint("record_uuid", "stage", name=op.f("pk_obscore_verification")),
    )


def _create_products() -> None:
    op.create_table(
        "obscore_product",
        sa.Column("obs_publisher_did", sa.Text(), nullable=False),
        sa.Column("parent_uuid", sa.Uuid(), nullable=False),
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("recid", sa.String(length=255), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("obs_publisher_did", name=op.f("pk_obscore_product")),
    )
    op.create_index("ix_obscore_product_file", "obscore_product", ["parent_uuid", "file_id"])
    op.create_index("ix_obscore_product_record", "obscore_product", ["record_uuid"])
    op.create_table(
        "obscore_published",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("obs_publisher_did", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("extractor_version", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("record_uuid", "obs_publisher_did", name=op.f("pk_obscore_published")),
    )


def downgrade() -> None:
    """Downgrade database."""
    for table in ("published", "product", "verification", "extraction", "reading"):
        op.drop_table(f"obscore_{table}")
