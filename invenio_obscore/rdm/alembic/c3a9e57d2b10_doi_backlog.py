"""Create the table of DOIs that DataCite has still to be told of."""

import sqlalchemy as sa
from alembic import op

revision = "c3a9e57d2b10"
down_revision = "b52f0c9a7d14"
branch_labels = ()
depends_on = None


def upgrade() -> None:
    """Upgrade database."""
    op.create_table(
        "obscore_doi_backlog",
        sa.Column("doi", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("doi", name=op.f("pk_obscore_doi_backlog")),
    )
    op.create_index(op.f("ix_obscore_doi_backlog_next_attempt"), "obscore_doi_backlog", ["next_attempt"])


def downgrade() -> None:
    """Downgrade database."""
    op.drop_table("obscore_doi_backlog")
