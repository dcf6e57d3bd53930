"""A file for a case that is to be started knows its process; what was attached and never handed in is deleted."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DAY = 86_400_000_000
_attachment = sa.table(
    "attachment", sa.column("id"), sa.column("instance_id"), sa.column("kept", sa.Boolean), sa.column("at")
)
_job = sa.table(
    "job",
    *(sa.column(name) for name in ("id", "kind", "due_at", "content", "state", "attempts", "retries", "fence")),
)


def upgrade() -> None:
    """Add the column and its index, and owe for each file that waits for a start what is owed for new ones."""
    op.add_column("attachment", sa.Column("process_key", sa.String(64)))
    op.create_index(op.f("ix_attachment_person_id_kept"), "attachment", ["person_id", "kept"])
    a, connection = _attachment.c, op.get_bind()
    waiting = connection.execute(sa.select(a.id, a.at).where(a.instance_id == "", a.kept.is_(sa.false())))
    state = {"kind": "drop_unsent", "state": "ready", "attempts": 0, "retries": 3, "fence": 0}
    rows = [
        {"id": f"unsent{row.id}"[:64], "due_at": row.at + _DAY, "content": json.dumps({"file": row.id}), **state}
        for row in waiting
    ]
    if rows:
        connection.execute(sa.insert(_job), rows)
