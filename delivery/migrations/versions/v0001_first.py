"""The first schema: a log of events, the present state, and a table about the store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("time_s", sa.Float, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table(
        "present",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table("about", sa.Column("name", sa.String(20), primary_key=True), sa.Column("value", sa.Text))
    op.execute("INSERT INTO about (name, value) VALUES ('schema', '1')")
