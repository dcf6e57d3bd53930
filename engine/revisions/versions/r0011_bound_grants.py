"""A role that a case gave is bound to what the case stands under; what was given before is bound likewise."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_authority = sa.table("authority", *(sa.column(name) for name in ("id", "remit", "instance_id", "bound")))
_remit = sa.table("remit", sa.column("instance_id"), sa.column("remit"))


def upgrade() -> None:
    """Add the column; a grant of a case stands under the case's other remits, one given by hand is bound to nothing."""
    op.add_column("authority", sa.Column("bound", sa.Text))
    a, r, connection = _authority.c, _remit.c, op.get_bind()
    given = sa.select(a.id, a.remit, r.remit.label("other")).join_from(
        _authority, _remit, r.instance_id == a.instance_id
    )
    bound: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(given.order_by(a.id, r.remit)):
        if row.other.partition(":")[0] != row.remit.partition(":")[0]:
            bound[row.id].append(row.other)
    for key, remits in bound.items():
        connection.execute(sa.update(_authority).where(a.id == key).values(bound="\n".join(remits)))
