"""Who has lately asked for what is shown to those who ask is read with every request, along an index."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the index over what has been written down so far."""
    op.create_index(op.f("ix_access_record_person_id_what_at"), "access_record", ["person_id", "what", "at"])
