"""Statements put together once give what SQLAlchemy's own way gives, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Integer, bindparam, event, select, update
from sqlalchemy.exc import IntegrityError

from engine import schema
from engine.database import Database
from engine.prepared import Prepared, among, inserting, listed, together, upserting
from tests.provision.databases import Databases

_v = schema.variable.c
VALUE = {"instance_id": "i", "scope": 0, "name": "n", "type": "number", "value": "1"}
IN_SCOPES = Prepared(
    lambda _dialect: (
        select(_v.scope, _v.name.label("called"), (_v.scope > 1).label("deep"))
        .where(among(_v.scope, listed("b_scopes", Integer)), among(_v.name, listed("b_names")))
        .order_by(_v.scope)
    )
)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    with databases.ready() as url, closing(Database(url)) as opened:
        with opened.write() as connection:
            inserting(schema.variable).run(connection, [{**VALUE, "scope": scope} for scope in range(5)])
        yield opened


def test_rows_have_the_names_and_types_of_their_columns(database: Database) -> None:
    with database.read() as connection:
        rows = IN_SCOPES.rows(connection, {"b_scopes": [1, 3], "b_names": ["n", "x"]})
    assert [(row.scope, row.called, row.deep is True) for row in rows] == [(1, "n", False), (3, "n", True)]


@pytest.mark.parametrize("scopes", [[], [0], [0, 1, 2, 3, 4, 5]])
def test_one_text_serves_lists_of_any_length(database: Database, scopes: list[int]) -> None:
    with database.read() as connection:
        rows = IN_SCOPES.rows(connection, {"b_scopes": scopes, "b_names": ["n"]})
    assert [row.scope for row in rows] == [scope for scope in scopes if scope < 5]


def test_the_only_row_is_found_or_none(database: Database) -> None:
    with database.read() as connection:
        assert IN_SCOPES.row(connection, {"b_scopes": [2], "b_names": ["n"]}).scope == 2
        assert IN_SCOPES.row(connection, {"b_scopes": [9], "b_names": ["n"]}) is None


def test_a_row_that_stands_already_is_updated_or_left_alone(database: Database) -> None:
    with database.write() as connection:
        upserting(schema.variable).run(connection, [{**VALUE, "value": "2"}])
        upserting(schema.variable, update=False).run(connection, [{**VALUE, "scope": 1, "value": "2"}])
    with database.read() as connection:
        found = connection.execute(select(_v.scope, _v.value).where(_v.scope < 2).order_by(_v.scope)).all()
    assert [tuple(row) for row in found] == [(0, "2"), (1, "1")]


def test_what_the_statement_brings_along_need_not_be_given(database: Database) -> None:
    rename = Prepared(lambda _d: update(schema.variable).where(_v.scope == bindparam("b_scope")).values(name="renamed"))
    with database.write() as connection:
        rename.run(connection, [{"b_scope": 2}])
    with database.read() as connection:
        assert connection.execute(select(_v.scope).where(_v.name == "renamed")).scalars().all() == [2]


def test_a_fault_of_the_database_is_told_as_sqlalchemy_tells_it_and_nothing_stays(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        inserting(schema.variable).run(connection, [{**VALUE, "scope": 7}])
        inserting(schema.variable).run(connection, [VALUE])
    with database.read() as connection:
        assert IN_SCOPES.row(connection, {"b_scopes": [7], "b_names": ["n"]}) is None


def test_a_fault_among_statements_sent_together_is_told_too_and_nothing_stays(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection, together(connection):
        inserting(schema.variable).run(connection, [{**VALUE, "scope": 7}])
        inserting(schema.variable).run(connection, [VALUE])
        inserting(schema.variable).run(connection, [{**VALUE, "scope": 8}])
    with database.read() as connection:
        assert IN_SCOPES.rows(connection, {"b_scopes": [7, 8], "b_names": ["n"]}) == []


def test_what_is_sent_together_can_be_read_in_the_same_block(database: Database) -> None:
    with database.write() as connection, together(connection):
        inserting(schema.variable).run(connection, [{**VALUE, "scope": 7}])
        assert IN_SCOPES.row(connection, {"b_scopes": [7], "b_names": ["n"]}).scope == 7


def test_whoever_listens_hears_of_every_statement(database: Database) -> None:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        heard.append(text)

    event.listen(database.engine, "before_cursor_execute", hear)
    with database.write() as connection:
        inserting(schema.variable).run(connection, [{**VALUE, "scope": 7}])
        IN_SCOPES.rows(connection, {"b_scopes": [7], "b_names": ["n"]})
    assert [text.split()[0] for text in heard if not text.startswith("BEGIN")] == ["INSERT", "SELECT"]
