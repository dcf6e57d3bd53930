"""A task knows whether anybody has a draft of it: whoever completes it locks the row and so sees the newest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take it from the drafts that there are."""
    op.add_column("task", sa.Column("has_drafts", sa.Boolean(), nullable=True))
    op.execute("UPDATE task SET has_drafts = EXISTS (SELECT 1 FROM draft WHERE draft.task_id = task.id)")
    with op.batch_alter_table("task") as batch:
        batch.alter_column("has_drafts", existing_type=sa.Boolean(), nullable=False)
