"""What is done with can be found by its age; a job says which message it needs, a channel when it was last used."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OF_A_MESSAGE = ("deliver", "message_start", "expire")
_job = sa.table("job", *map(sa.column, ("id", "kind", "content", "message_id")))


def upgrade() -> None:
    """Note for each job which message it needs. A channel is a lock that nobody holds now: those that stand go."""
    op.add_column("job", sa.Column("message_id", sa.String(64)))
    op.create_index(op.f("ix_job_message_id"), "job", ["message_id"])
    _name_messages(op.get_bind())
    op.execute("DELETE FROM channel")
    op.add_column("channel", sa.Column("used_at", sa.BigInteger()))
    with op.batch_alter_table("channel") as batch:
        batch.alter_column("used_at", existing_type=sa.BigInteger(), nullable=False)
    op.create_index(op.f("ix_channel_used_at"), "channel", ["used_at"])
    op.create_index(op.f("ix_message_state_sent_at"), "message", ["state", "sent_at"])
    op.create_index(op.f("ix_submission_at"), "submission", ["at"])


def _name_messages(connection: sa.Connection) -> None:
    j = _job.c
    owed = connection.execute(sa.select(j.id, j.content).where(j.kind.in_(_OF_A_MESSAGE))).all()
    rows = [{"job": row.id, "message": json.loads(row.content)["message"]} for row in owed]
    if rows:
        naming = sa.update(_job).where(j.id == sa.bindparam("job")).values(message_id=sa.bindparam("message"))
        connection.execute(naming, rows)
