"""What rows show can be found: an index over the columns of cases, and what versions call their elements and terms."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

from engine import terms, vocabulary

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_AT_ONCE = 2_000
_FACT = sa.table("fact", *map(sa.column, ("id", "instance_id", "name", "type", "text", "number", "terms")))
_INSTANCE = sa.table("instance", sa.column("id"), sa.column("business_key"))
_WORD = sa.table("word", *map(sa.column, ("definition_id", "kind", "key", "language", "text")))
_DEFINITION = sa.table("definition", *map(sa.column, ("id", "process_key", "name")))
_PART = sa.table("part", *map(sa.column, ("definition_id", "kind", "name", "digest")))
_CONTENT = sa.table("content", sa.column("digest"), sa.column("body"))
_NUMBER = "#"

_FORGET = (
    "INSERT INTO fact_terms (fact_terms, rowid, terms) SELECT 'delete', old.id, old.terms WHERE old.terms IS NOT NULL"
)
_LEARN = "INSERT INTO fact_terms (rowid, terms) SELECT new.id, new.terms WHERE new.terms IS NOT NULL"
_CHANGED = "old.terms IS NOT new.terms OR old.id IS NOT new.id"
_TABLE = (
    "CREATE VIRTUAL TABLE fact_terms USING fts5(terms, content='fact', content_rowid='id', detail=none, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
)
_SQLITE = (
    _TABLE,
    f"CREATE TRIGGER fact_terms_insert AFTER INSERT ON fact BEGIN {_LEARN}; END",
    f"CREATE TRIGGER fact_terms_delete AFTER DELETE ON fact BEGIN {_FORGET}; END",
    f"CREATE TRIGGER fact_terms_update AFTER UPDATE ON fact WHEN {_CHANGED} BEGIN {_FORGET}; {_LEARN}; END",
)
_POSTGRESQL = ("CREATE INDEX ix_fact_terms ON fact USING gin (array_to_tsvector(string_to_array(terms, ' ')))",)


def upgrade() -> None:
    """Number the rows of ``fact``, say what each is found by, and write down the words of all versions."""
    op.create_table(
        "word",
        sa.Column("definition_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("definition_id", "kind", "key", "language", "text", name=op.f("pk_word")),
    )
    op.rename_table("fact", "fact_before")
    op.drop_index(op.f("ix_fact_name_number"), "fact_before")
    op.drop_index(op.f("ix_fact_name_text"), "fact_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE fact_before DROP CONSTRAINT pk_fact")
    op.create_table(
        "fact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=255), nullable=True),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
        sa.UniqueConstraint("instance_id", "name", name=op.f("uq_fact_instance_id_name")),
    )
    _fill()
    op.drop_table("fact_before")
    op.create_index(op.f("ix_fact_name_number"), "fact", ["name", "number"])
    op.create_index(op.f("ix_fact_name_text"), "fact", ["name", "text"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if on_sqlite else _POSTGRESQL:
        op.execute(statement)
    if on_sqlite:
        op.execute("INSERT INTO fact_terms (fact_terms) VALUES ('rebuild')")
    _describe()


def _fill() -> None:
    connection = op.get_bind()
    before = sa.table("fact_before", *map(sa.column, ("instance_id", "name", "type", "text", "number")))
    with connection.execute(sa.select(before).order_by(before.c.instance_id, before.c.name)) as rows:
        for some in rows.mappings().partitions(_AT_ONCE):
            kept = [{**row, "terms": terms.of_value(row["type"], row["text"]) if row["text"] else None} for row in some]
            connection.execute(sa.insert(_FACT), kept)
    i = _INSTANCE.c
    with connection.execute(sa.select(_INSTANCE).where(i.business_key.is_not(None)).order_by(i.id)) as rows:
        for part in rows.partitions(_AT_ONCE):
            numbers = [
                {"instance_id": id_, "name": _NUMBER, "type": "null", "terms": terms.of(key)} for id_, key in part
            ]
            connection.execute(sa.insert(_FACT), numbers)


def _describe() -> None:
    connection, d, p = op.get_bind(), _DEFINITION.c, _PART.c
    query = sa.select(p.definition_id, p.kind, p.name, _CONTENT.c.body).join_from(
        _PART, _CONTENT, _CONTENT.c.digest == p.digest
    )
    for row in connection.execute(sa.select(d.id, d.process_key, d.name)).all():
        parts: dict[tuple[str, str], bytes] = defaultdict(bytes)
        for each in connection.execute(query.where(p.definition_id == row.id)):
            parts[each.kind, each.name] = bytes(each.body)
        known = {tuple(word) for word in connection.execute(sa.select(_WORD).where(_WORD.c.definition_id == ""))}
        said = vocabulary.rows(row.id, row.process_key, row.name, parts)
        if fresh := [word for word in said if tuple(word.values()) not in known]:
            connection.execute(sa.insert(_WORD), fresh)
