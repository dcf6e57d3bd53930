"""Read by Alembic each time it applies or writes revisions: the caller's connection and transaction, no other."""

from __future__ import annotations

from alembic import context

from engine import schema, searching

# SQLite alters few things in place: a table is made anew, filled from the old one and renamed.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    render_as_batch=True,
    compare_server_default=True,
    include_name=searching.is_compared,
)
context.run_migrations()
