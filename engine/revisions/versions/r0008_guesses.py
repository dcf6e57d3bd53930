"""Wrong passwords are counted by account and address together: a stranger's guesses stop nobody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was counted by account alone is forgotten: it rested for a quarter of an hour at most."""
    op.create_table(
        "guess",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("rests_until", sa.BigInteger(), nullable=True),
        sa.Column("known_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person", "address", name=op.f("pk_guess")),
    )
    op.create_index(op.f("ix_guess_since"), "guess", ["since"])
    with op.batch_alter_table("account") as batch:
        batch.drop_column("failures")
        batch.drop_column("locked_until")
