"""Create the table of pictures of products."""

import sqlalchemy as sa
from alembic import op

revision = "d7b4e9216fa3"
down_revision = "c3a9e57d2b10"
branch_labels = ()
depends_on = None


def upgrade() -> None:
    """Upgrade database."""
    op.create_table(
        "obscore_preview",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.String(16), server_default="", nullable=False),
        sa.Column("kind", sa.String(32), server_default="", nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.Column("large", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'drawing', 'done', 'failed')", name=op.f("ck_obscore_preview_status")),
        sa.PrimaryKeyConstraint("file_id", "digest", name=op.f("pk_obscore_preview")),
    )


def downgrade() -> None:
    """Downgrade database."""
    op.drop_table("obscore_preview")
