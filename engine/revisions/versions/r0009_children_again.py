"""Children of a step that is tried again are told from those of the try before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count from the first child: nobody has been wanted again so far."""
    op.add_column("counter", sa.Column("first", sa.Integer(), nullable=True))
    op.execute("UPDATE counter SET first = 0")
    with op.batch_alter_table("counter") as batch:
        batch.alter_column("first", existing_type=sa.Integer(), nullable=False)
