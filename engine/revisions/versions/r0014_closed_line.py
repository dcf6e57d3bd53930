"""A completed task knows its line of history: what was handed in can be read behind it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_task = sa.table("task", *map(sa.column, ("instance_id", "token", "state", "closed_line")))
_event = sa.table("event", *map(sa.column, ("instance_id", "number", "kind", "data")))


def upgrade() -> None:
    """Find each completed task's line."""
    op.add_column("task", sa.Column("closed_line", sa.Integer()))
    connection = op.get_bind()
    e, t = _event.c, _task.c
    lines = connection.execute(sa.select(e.instance_id, e.number, e.data).where(e.kind == "task.completed"))
    naming = sa.update(_task).where(
        t.instance_id == sa.bindparam("case"), t.token == sa.bindparam("of"), t.state == "completed"
    )
    for some in lines.partitions(10_000):
        found = [{"case": row.instance_id, "of": json.loads(row.data)["token"], "line": row.number} for row in some]
        connection.execute(naming.values(closed_line=sa.bindparam("line")), found)
