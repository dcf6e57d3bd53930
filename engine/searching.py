"""The index over what columns are found by: of GIN on PostgreSQL, a table of FTS5 with three triggers on SQLite.

Neither needs an extension. Both are filled by the database itself, in the transaction that writes the row. Whoever
makes the table anew on SQLite (``batch_alter_table``) has to make the triggers anew as well.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    ColumnElement,
    FromClause,
    String,
    Table,
    bindparam,
    cast,
    column,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from engine import terms

TABLE = "fact_terms"
_FORGET = f"INSERT INTO {TABLE} ({TABLE}, rowid, terms) SELECT 'delete', old.id, old.terms WHERE old.terms IS NOT NULL"
_LEARN = f"INSERT INTO {TABLE} (rowid, terms) SELECT new.id, new.terms WHERE new.terms IS NOT NULL"
_CHANGED = "old.terms IS NOT new.terms OR old.id IS NOT new.id"
# Only whether a pair stands in a row is asked, never where. All but spaces are characters like others.
_MADE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(terms, content='fact', content_rowid='id', detail=none, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
)
ON_SQLITE = (
    _MADE,
    f"CREATE TRIGGER {TABLE}_insert AFTER INSERT ON fact BEGIN {_LEARN}; END",
    f"CREATE TRIGGER {TABLE}_delete AFTER DELETE ON fact BEGIN {_FORGET}; END",
    f"CREATE TRIGGER {TABLE}_update AFTER UPDATE ON fact WHEN {_CHANGED} BEGIN {_FORGET}; {_LEARN}; END",
)
_VECTOR = "array_to_tsvector(string_to_array(terms, ' '))"
ON_POSTGRESQL = (f"CREATE INDEX ix_fact_terms ON fact USING gin ({_VECTOR})",)
_index = table(TABLE, column("rowid"), column(TABLE))


def is_compared(name: str | None, _kind: str, _within: object) -> bool:
    """Whether Alembic holds this against ``schema``: what is made here it would not know."""
    return name is None or TABLE not in name


def index(fact: Table) -> None:
    """Have the index made with the table, and taken away with it."""
    for dialect, statements in (("sqlite", ON_SQLITE), ("postgresql", ON_POSTGRESQL)):
        for statement in statements:
            made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's own
            event.listen(fact, "after_create", made)
    # On PostgreSQL, and of SQLite the triggers, it goes by itself.
    gone = DDL(f"DROP TABLE IF EXISTS {TABLE}").execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    event.listen(fact, "after_drop", gone)


def holds(dialect: str, fact: FromClause, word: str) -> ColumnElement[bool]:
    """A row of ``fact`` has all pairs of a word; whether they follow one another is for the caller to ask."""
    if dialect == "sqlite":
        asked = _index.c[TABLE].op("MATCH")(bindparam(None, terms.as_match(word), String, unique=True))
        return fact.c.id.in_(select(_index.c.rowid).where(asked))
    vector = func.array_to_tsvector(func.string_to_array(fact.c.terms, text("' '")))
    return vector.op("@@")(cast(bindparam(None, terms.as_tsquery(word), String, unique=True), TSQUERY))
