"""Create the table of drafts that were made of directories."""

import sqlalchemy as sa
from alembic import op

revision = "e81f5d3c6b27"
down_revision = "d7b4e9216fa3"
branch_labels = ()
depends_on = None


def upgrade() -> None:
    """Upgrade database."""
    op.create_table(
        "obscore_intake",
        sa.Column("record_uuid", sa.Uuid(), nullable=False),
        sa.Column("recid", sa.String(255), nullable=False),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("record_uuid", name=op.f("pk_obscore_intake")),
    )
    op.create_index("ix_obscore_intake_user", "obscore_intake", ["user_id"])


def downgrade() -> None:
    """Downgrade database."""
    op.drop_table("obscore_intake")
