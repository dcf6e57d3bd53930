"""Sealed values of steps that are over are gone, as their values are: earlier versions left the bodies behind.

From this revision on, a clock that was moved is evidence too (``evidence.beginning``).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY = ("instance_id", "scope", "name")
_sealed, _variable = (sa.table(name, *map(sa.column, _KEY)) for name in ("sealed", "variable"))


def upgrade() -> None:
    """Delete what no variable leads to."""
    s, v = _sealed.c, _variable.c
    stands = sa.exists().where(v.instance_id == s.instance_id, v.scope == s.scope, v.name == s.name)
    op.get_bind().execute(sa.delete(_sealed).where(~stands))
