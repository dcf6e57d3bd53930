"""What waits for an audience is read in the order of its due dates, along an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UNDUE = (1 << 62) - 1
_PLACES = f"""
    UPDATE candidate SET place = COALESCE((SELECT due_at FROM task WHERE task.id = candidate.task_id), {_UNDUE})
"""  # noqa: S608 (a number)


def upgrade() -> None:
    """Write each open task's due date beside those to whom it is offered."""
    op.add_column("candidate", sa.Column("place", sa.BigInteger(), nullable=True))
    op.execute(_PLACES)
    with op.batch_alter_table("candidate") as batch:
        batch.alter_column("place", existing_type=sa.BigInteger(), nullable=False)
    op.create_index(op.f("ix_candidate_audience_place_task_id"), "candidate", ["audience", "place", "task_id"])
    op.drop_index(op.f("ix_task_assignee_state_due_at"), "task")
    op.create_index(op.f("ix_task_assignee_state_due_at_id"), "task", ["assignee", "state", "due_at", "id"])
