"""Registers 登记簿: append-only entries with columns that the policy declares; a correction is a new entry.

Positions have no gaps: the register's counter is locked from when an entry takes its position until it is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, or_, select, true

from engine import access, clock, feel, number, policy, schema
from engine.actor import WHOLE_OFFICE
from engine.errors import Conflict, Invalid, KeyReused, NotFound, Problem
from engine.evidence import chain
from engine.policy import Column, Register
from engine.typed import fact, problem

if TYPE_CHECKING:
    from engine.runtime import Command, View

Values = Mapping[str, feel.Value]
PAGE = 50
_e, _f = schema.register_entry.c, schema.entry_fact.c
_later = schema.register_entry.alias("later")
_corrected = and_(_later.c.register == _e.register, _later.c.corrects == _e.position)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        position: counts from 1 within the register, without gaps.
        remit: that it stands under, like ``team:T1``; ``*``: the whole office.
        values: by column, those that the reader may see.
        corrects: position of the entry this one puts right.
        corrected_by: position of the entry that puts this one right.
        reason: why it corrects another.
    """

    register: str
    position: int
    number: str | None
    remit: str
    values: Values
    at: datetime
    actor: str
    instance_id: str | None
    corrects: int | None
    corrected_by: int | None
    reason: str | None


# ---- writing


def append(
    command: Command,
    key: str,
    values: Values,
    *,
    job_id: str,
    remit: str = WHOLE_OFFICE,
    instance_id: str | None = None,
) -> int:
    """Write an entry; returns its position.

    Args:
        key: of a register that the policy declares.
        job_id: whatever owes this entry: the same one writes it once, however often it comes.

    Raises:
        NotFound: no such register.
        Invalid: values, with a problem for each column at fault, or a remit that the register does not have.
        KeyReused: the same job came before with something else.
    """
    return _write(command, key, values, job_id, {"remit": remit, "instance_id": instance_id, "corrects": None})


def correct(
    command: Command,
    key: str,
    position: int,
    values: Values,
    reason: str,
    *,
    job_id: str,
    instance_id: str | None = None,
) -> int:
    """Write an entry in place of one that is wrong, which stays as it is; returns the new one's position.

    Args:
        values: of every column, not only of those that were wrong.

    Raises:
        NotFound: there is no such entry, or it is not the actor's to see.
        Conflict: it has been corrected already.
        Invalid: no reason, or as for ``append``.
    """
    if not reason.strip():
        raise Invalid("An entry cannot be corrected without a reason.", [Problem("reason", "Say what was wrong.")])
    query = select(_e.remit, _e.instance_id).where(_e.register == key, _e.position == position)
    if not command.actor.is_engine:
        query = query.where(access.visible(command.actor, "register"))
    wrong = command.connection.execute(query).one_or_none()
    if wrong is None:
        raise NotFound("There is no entry {position} in this register.", position=position)
    place = {"remit": wrong.remit, "instance_id": instance_id or wrong.instance_id}
    return _write(command, key, values, job_id, {**place, "corrects": position, "reason": reason.strip()})


def _write(command: Command, key: str, values: Values, job_id: str, place: Mapping[str, Any]) -> int:
    register = declared(policy.current(command.connection), key)
    given = {name: value for name, value in values.items() if value is not None}
    _check(command, register, given, str(place["remit"]))
    content = feel.dump(given)[1]
    last = number.locked(command, f"register/{key}")
    same = {"register": key, "content": content, "corrects": place["corrects"]}
    if (known := _known(command, job_id, same)) is not None:
        return known
    if place["corrects"] is not None:
        _must_be_latest(command, key, place["corrects"])
    position = number.increment(command, f"register/{key}")
    assert position == last + 1
    row = {**place, **same, "position": position, "number": given.get(register.number or ""), "job_id": job_id}
    row |= {"at": clock.micros(command.now), "actor": command.actor.person}
    command.connection.execute(insert(schema.register_entry), row)
    facts = [
        {"register": key, "position": position, "name": name, **fact(register.columns[name].type, value)}
        for name, value in given.items()
    ]
    if facts:
        command.connection.execute(insert(schema.entry_fact), facts)
    chain.note(command.connection, schema.register_entry, [(key, position)], command.actor)
    return position


def _known(command: Command, job_id: str, same: Mapping[str, Any]) -> int | None:
    """The position that this job has written before; asked with the counter locked, so that nobody is writing it."""
    row = command.connection.execute(select(schema.register_entry).where(_e.job_id == job_id)).one_or_none()
    if row is None:
        return None
    if any(row._mapping[name] != value for name, value in same.items()):
        raise KeyReused("This was entered before with another content.")
    return int(row.position)


def _must_be_latest(command: Command, key: str, position: int) -> None:
    query = select(_e.position).where(_e.register == key, _e.corrects == position)
    later = command.connection.execute(query).scalar()
    if later is not None:
        sentence = "Entry {position} has been corrected by entry {later} already. Correct that one."
        raise Conflict(sentence, position=position, later=later)


def declared(rules: policy.Policy, key: str) -> Register:
    """A register of the policy.

    Raises:
        NotFound: there is none of this key.
    """
    register = rules.registers.get(key)
    if register is None:
        raise NotFound("There is no register {register}. Add it to registers.toml.", register=key)
    return register


def _check(command: Command, register: Register, values: Values, remit: str) -> None:
    problems = [
        Problem(name, "This register has no such column. It has: {known}.", {"known": ", ".join(register.columns)})
        for name in values
        if name not in register.columns
    ]
    for column in register.columns.values():
        value = values.get(column.key)
        if value is None and column.required:
            problems.append(Problem(column.key, "This column must not be empty."))
        elif value is not None and (fault := problem(command, column.type, value)) is not None:
            problems.append(Problem(column.key, *fault))
    kind, _, key = remit.partition(":")
    fits = remit == WHOLE_OFFICE if register.remit is None else kind == register.remit and key != ""
    if not fits:
        expected = "the whole office" if register.remit is None else f"one {register.remit}"
        problems.append(Problem("remit", "An entry of this register stands under {expected}.", {"expected": expected}))
    if problems:
        raise Invalid("Nothing was entered into {register}.", problems, register=register.key)


# ---- reading


def entries(
    view: View,
    key: str,
    where: Values | None = None,
    *,
    standing: bool = True,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Entry]:
    """Entries that the actor sees, the newest first.

    Args:
        where: column → the value it must have, or a list of such values; only where the actor is shown the column.
        standing: leave out what has been corrected.
        before: a position: only what is older, for the next page.

    Raises:
        NotFound: no such register, or no entry of it can ever be the actor's.
    """
    register = _readable(view, key)
    where = where or {}
    if any(name not in register.columns for name in where):
        return []
    query = _select(register, where, standing=standing).where(access.visible(view.actor, "register"))
    query = query.where(*(_may_ask(view, register.columns[name]) for name in where))
    if before is not None:
        query = query.where(_e.position < before)
    rows = view.connection.execute(query.order_by(_e.position.desc()).limit(limit))
    return [_entry(view, register, row) for row in rows]


def entry(view: View, key: str, position: int) -> Entry:
    """One entry.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    register = _readable(view, key)
    query = _select(register, {}, standing=False).where(_e.position == position)
    query = query.where(access.visible(view.actor, "register"))
    row = view.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no entry {position} in this register.", position=position)
    return _entry(view, register, row)


def count(command: Command, key: str, where: Values, remits: Collection[str] | None = None) -> int:
    """How many standing entries there are, whoever may see them: for a diagram that declares what it counts.

    Args:
        remits: only entries under one of these; None: all.

    Raises:
        NotFound: no such register.
        Invalid: a column it does not have.
    """
    register = declared(policy.current(command.connection), key)
    problems = [
        Problem(name, "This register has no such column. It has: {known}.", {"known": ", ".join(register.columns)})
        for name in where
        if name not in register.columns
    ]
    if problems:
        raise Invalid("Nothing can be counted in {register}.", problems, register=key)
    query = _select(register, where, standing=True).with_only_columns(func.count())
    if remits is not None:
        query = query.where(_e.remit.in_(sorted(remits)))
    return int(command.connection.execute(query).scalar_one())


def _readable(view: View, key: str) -> Register:
    register = policy.current(view.connection).registers.get(key)
    if register is None or not access.held(view.actor, register.see):
        raise NotFound("There is no register {register} that you may see.", register=key)
    return register


def _may_ask(view: View, column: Column) -> ColumnElement[bool]:
    """Where a column is shown: what is not must not be found out by filtering either."""
    remits = {access.remit_of(one) for one in access.held(view.actor, column.see)}
    return true() if not column.see or WHOLE_OFFICE in remits else _e.remit.in_(sorted(remits))


def _select(register: Register, where: Values, *, standing: bool) -> Select[Any]:
    query = (
        select(schema.register_entry, _later.c.position.label("corrected_by"))
        .outerjoin(_later, _corrected)
        .where(_e.register == register.key)
    )
    if standing:
        query = query.where(_later.c.position.is_(None))
    for name, value in where.items():
        query = query.where(_has(register.columns[name], value))
    return query


def _has(column: Column, value: feel.Value) -> Any:
    """The entry's value is this one, or one of these; null asks for entries without one."""
    fact_row = schema.entry_fact.alias()
    f = fact_row.c
    found = exists().where(f.register == _e.register, f.position == _e.position, f.name == column.key)
    if value is None:
        return ~found.correlate_except(fact_row)
    wanted = [fact(column.type, each) for each in (value if isinstance(value, (list, tuple)) else [value])]
    texts = [each["text"] for each in wanted if each["text"] is not None]
    numbers = [each["number"] for each in wanted if each["number"] is not None]
    return found.where(or_(f.text.in_(texts), f.number.in_(numbers))).correlate_except(fact_row)


def _entry(view: View, register: Register, row: Row[Any]) -> Entry:
    values = feel.load("context", row.content)
    assert isinstance(values, Mapping)
    return Entry(
        row.register,
        row.position,
        row.number,
        row.remit,
        {name: value for name, value in values.items() if _is_shown(view, register, name, row.remit)},
        clock.instant(row.at),
        row.actor,
        row.instance_id,
        row.corrects,
        row.corrected_by,
        row.reason,
    )


def _is_shown(view: View, register: Register, name: str, remit: str) -> bool:
    column = register.columns.get(name)
    return column is not None and access.holds(view.actor, column.see or register.see, (remit,))
