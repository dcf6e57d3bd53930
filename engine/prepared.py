"""Statements put together once and handed to the driver as text from then on.

SQLAlchemy's execution of a statement costs more than the statement where there are a dozen in a command. What a
command sends every time goes this way; whoever listens to ``before_cursor_execute`` hears of it as of any other.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    SelectBase,
    String,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from engine import canonical
from engine.pipeline import piped

Parameters = Mapping[str, Any]


class _Text(NamedTuple):
    """One statement for one dialect and one set of parameters.

    Attributes:
        given: the parameters as the driver takes them.
        row: makes a row of a SELECT from the driver's.
    """

    sql: str
    given: Callable[[Parameters], Any]
    row: Callable[[Sequence[Any]], Any]


class Prepared:
    """One statement. Parameters are plain values, and every one is given: defaults of columns do not apply.

    Args:
        build: makes the statement for a dialect's name; called once for each dialect and set of parameters.
    """

    def __init__(self, build: Callable[[str], ClauseElement]) -> None:
        self._build = build
        self._texts: dict[tuple[str, tuple[str, ...]], _Text] = {}

    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Run an INSERT, UPDATE or DELETE for each row; all rows have the same keys."""
        text = self._text(connection.dialect, tuple(rows[0]))
        if len(rows) == 1:
            _execute(connection, text.sql, text.given(rows[0]), many=False)
        else:
            _execute(connection, text.sql, list(map(text.given, rows)), many=True)

    def rows(self, connection: Connection, parameters: Parameters) -> list[Any]:
        """The rows of a SELECT, as named tuples."""
        text = self._text(connection.dialect, tuple(parameters))
        cursor = _execute(connection, text.sql, text.given(parameters), many=False)
        return [text.row(each) for each in cursor.fetchall()]

    def row(self, connection: Connection, parameters: Parameters) -> Any | None:
        """The only row of a SELECT, None if there is none."""
        found = self.rows(connection, parameters)
        assert len(found) < 2, "more rows than one"
        return found[0] if found else None

    def _text(self, dialect: Dialect, keys: tuple[str, ...]) -> _Text:
        known = self._texts.get((dialect.name, keys))
        if known is None:
            known = self._texts[dialect.name, keys] = _put_together(self._build(dialect.name), dialect, keys)
        return known


def say(connection: Connection, sql: str) -> None:
    """Send a statement without parameters, such as one that begins a transaction."""
    _execute(connection, sql, (), many=False)


def together(connection: Connection) -> AbstractContextManager[None]:
    """What the block writes goes over the line in one go, where the driver can.

    How many rows a statement met is not known inside; what the block reads is waited for as anywhere else.
    """
    driver: Any = connection.connection.driver_connection
    return _piped(connection, driver) if hasattr(driver, "pipeline") else nullcontext()


@contextmanager
def _piped(connection: Connection, driver: Any) -> Iterator[None]:
    try:
        with piped(driver):
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, driver, None, "", error) from error


def _put_together(statement: ClauseElement, dialect: Dialect, keys: tuple[str, ...]) -> _Text:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    row = _reader(statement, dialect) if isinstance(statement, SelectBase) else tuple
    return _Text(compiled.string, _giver(compiled, keys), row)


def _giver(compiled: Any, keys: Sequence[str]) -> Callable[[Parameters], Any]:
    """What makes the driver's parameters of ours: in its order, unless it takes them by name; lists as JSON text where
    it knows none; with those that the statement brings along."""
    order: list[str] | None = compiled.positiontup
    fixed = {name: value for name, value in compiled.params.items() if name not in keys}
    lists = [name for name, bind in compiled.binds.items() if order is not None and isinstance(bind.type, ARRAY)]
    ordered = dict if order is None else _in_order(order)
    if lists:
        return lambda given: ordered({**fixed, **given, **{name: canonical.text(given[name]) for name in lists}})
    return (lambda given: ordered({**fixed, **given})) if fixed else ordered


def _in_order(names: Sequence[str]) -> Callable[[Parameters], Any]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def _reader(statement: SelectBase, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """What makes a named tuple of the driver's row, with values of the columns' own types."""
    columns: list[Any] = list(statement.selected_columns)
    made: Any = namedtuple("Row", tuple(str(column.key) for column in columns))  # type: ignore[misc] # its fields are the statement's
    processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    converted = [(place, process) for place, process in enumerate(processors) if process is not None]
    if not converted:
        return cast(Callable[[Sequence[Any]], Any], made._make)

    def read(found: Sequence[Any]) -> Any:
        values = list(found)
        for place, process in converted:
            values[place] = process(values[place])
        return made._make(values)

    return read


def _execute(connection: Connection, sql: str, parameters: Any, *, many: bool) -> Any:
    """As ``Connection.exec_driver_sql``, without what it builds around the driver's cursor."""
    driver: Any = connection.connection
    cursor = driver.dbapi_connection.cursor()
    # As SQLAlchemy itself asks: walking through listeners that are not there costs as much as the driver's call.
    if connection._has_events or connection.engine._has_events:
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, sql, parameters, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, driver, cursor, sql, error) from error
    return cursor


def _wrapped(connection: Connection, driver: Any, cursor: Any, sql: str, error: Exception) -> DBAPIError:
    dialect: Any = connection.dialect
    away = bool(dialect.is_disconnect(error, driver, cursor))
    if away:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    wrapped = DBAPIError.instance(sql, None, error, base, connection_invalidated=away, dialect=dialect)
    return cast(DBAPIError, wrapped)


# ---- any number of values in one parameter


def listed(name: str, kind: type[TypeEngine[Any]] = String) -> BindParameter[Any]:
    """A parameter that holds a list: the text is the same, however many values there are."""
    return bindparam(name, type_=ARRAY(kind))


def among(column: ColumnElement[Any], values: BindParameter[Any]) -> ColumnElement[bool]:
    """``column`` is one of the values of a parameter made by ``listed``."""
    return _Among(column, values)


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLAlchemy would compare it with 1 on SQLite, which then looks through the whole table."""
        return self


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 (a column and a placeholder)


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY({values})"


class Many(TypeDecorator[list[str]]):
    """Type of a parameter that holds a list, in statements that are not ``Prepared``."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A list where the driver knows lists."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text))

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        """JSON where it does not."""
        return canonical.text(value) if dialect.name == "sqlite" else value


def many(name: str, values: Iterable[str]) -> BindParameter[Any]:
    """A parameter with its values, which ``among`` compares with; the same object may stand in many places."""
    return bindparam(name, list(values), type_=Many())


# ---- writing whole rows


@cache
def inserting(table: Table) -> Prepared:
    """INSERT into a table."""
    return Prepared(lambda _dialect: insert(table))


@cache
def upserting(table: Table, *, update: bool = True) -> Prepared:
    """INSERT that updates the row (or leaves it alone) where its primary key stands already."""
    return Prepared(lambda dialect: upsert(dialect, table, update=update))


@lru_cache(maxsize=64)
def upsert(dialect: str, table: Table, *, update: bool = True) -> postgresql.Insert | sqlite.Insert:
    """INSERT that updates the row (or leaves it alone) where its primary key stands already; built once per table.

    A table whose rows are numbered says by what else they are known (``known_by``).
    """
    numbered = [column.name for column in table.primary_key]
    keys = list(table.info.get("known_by", numbered))
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    given = [column.name for column in table.columns if column.name not in {*numbered, *keys}]
    others = {name: statement.excluded[name] for name in given}
    if update and others:
        return statement.on_conflict_do_update(index_elements=keys, set_=others)
    return statement.on_conflict_do_nothing(index_elements=keys)
