"""Files are found by their task, and cases by their number, without looking through all of them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index(op.f("ix_attachment_task_id"), "attachment", ["task_id"])
    op.create_index(op.f("ix_instance_process_key_business_key"), "instance", ["process_key", "business_key"])
