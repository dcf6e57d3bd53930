"""Business numbers: gapless, one counter for each name, locked until the command that takes one commits.

Being last in the order of locks, a counter is taken at the end of a command, so that others wait for it shortly. A
rollback gives the number back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

from engine import feel, schema
from engine.errors import Invalid, Problem
from engine.evidence import chain
from engine.evidence.unchanged import must_stand

if TYPE_CHECKING:
    from engine.runtime import Command

LIMIT = 255
COUNT = "n"
_WIDTH = re.compile(r"0?[1-9]")
_n = schema.number.c


def next(command: Command, pattern: str, values: Mapping[str, object]) -> str:  # noqa: A001 - module.verb: number.next
    """The next number of a pattern: ``XS-{year}-{round}-{n:03}`` gives ``XS-2026-01-003``.

    Numbers count from 1 for each way of filling in the other places. ``{n}`` stands once; ``{n:03}`` writes it with
    three digits.

    Raises:
        Invalid: the pattern is faulty, or a value is missing or is neither text nor a whole number.
    """
    name, width = _name(pattern, values)
    taken = increment(command, name)
    return _written(name, f"{taken:{width}}")


def check(pattern: str) -> frozenset[str]:
    """The names a pattern fills in beside ``n``.

    Raises:
        Invalid: it is faulty; with a problem that says what to do.
    """
    return frozenset(name for _, name, _ in _parts(pattern) if name not in (None, COUNT) and name)


def increment(command: Command, name: str) -> int:
    """Add one to a counter and keep it locked until the transaction ends; the first gives 1."""
    return _bump(command, name, 1)


def locked(command: Command, name: str) -> int:
    """How far a counter has come; it is locked until the transaction ends."""
    return _bump(command, name, 0)


def _bump(command: Command, name: str, by: int) -> int:
    connection = command.connection
    must_stand(connection, schema.number, [name])
    chain.note(connection, schema.number, [name], command.actor)
    into = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(schema.number)
    statement = into.values(name=name, value=by)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": _n.value + by})
    return int(connection.execute(statement.returning(_n.value)).scalar_one())


def _parts(pattern: str) -> list[tuple[str, str | None, str]]:
    """Literal text, name and width of every part."""
    try:
        parts = [(text, name, spec or "") for text, name, spec, _ in Formatter().parse(pattern)]
    except ValueError:
        parts = []
    problems = []
    if [name for _, name, _ in parts].count(COUNT) != 1:
        problems.append(Problem("pattern", "A pattern has {count} once, as in {example}.", _EXAMPLE))
    for _, name, spec in parts:
        if name is not None and not name.isidentifier():
            problems.append(Problem("pattern", "'{name}' is no name of a value.", {"name": name}))
        if spec and (name != COUNT or not _WIDTH.fullmatch(spec)):
            problems.append(Problem("pattern", "Only the count takes a width, as in {example}.", _EXAMPLE))
    if problems:
        raise Invalid("'{pattern}' is no pattern for numbers.", problems, pattern=pattern)
    return parts


_EXAMPLE = {"count": "{n}", "example": "XS-{year}-{n:03}"}


def _name(pattern: str, values: Mapping[str, object]) -> tuple[str, str]:
    """The pattern with everything filled in but the count, which names its counter; and the count's width."""
    made, width, problems = [], "", []
    for text, name, spec in _parts(pattern):
        made.append(_escaped(text))
        if name == COUNT:
            made.append("{n}")
            width = spec if spec.startswith("0") or not spec else f"0{spec}"
        elif name is not None:
            value = values.get(name)
            is_one = isinstance(value, (str, int)) and not isinstance(value, bool) and feel.is_text(str(value))
            if is_one and str(value).strip():
                made.append(_escaped(str(value)))
            else:
                problems.append(Problem(name, "The number needs this value, as text or a whole number."))
    if problems:
        raise Invalid("The number cannot be made.", problems)
    name = "".join(made)
    if len(name) > LIMIT:
        raise Invalid("A number has at most {limit} characters.", limit=LIMIT)
    return name, width


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _written(name: str, count: str) -> str:
    return "".join(text + (count if field is not None else "") for text, field, _, _ in Formatter().parse(name))
