"""Create the table of publications that cite DOIs."""

import sqlalchemy as sa
from alembic import op

revision = "a90c3b7e5d42"
down_revision = "f4c2a8d61e90"
branch_labels = ()
depends_on = None


def upgrade() -> None:
    """Upgrade database."""
    op.create_table(
        "obscore_references",
        sa.Column("doi", sa.Text(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("checked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("next_check", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("doi", name=op.f("pk_obscore_references")),
    )
    op.create_index(op.f("ix_obscore_references_next_check"), "obscore_references", ["next_check"])


def downgrade() -> None:
    """Downgrade database."""
    op.drop_table("obscore_references")
