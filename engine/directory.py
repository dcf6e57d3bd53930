"""Who and what there is to name: persons, organisations and the items of reference lists.

Rows are never deleted: what is no longer there is set inactive, so that old cases keep their names. Looking things up
goes through ``access.visible`` like everything else; only the name of a key that already stands in a row one sees is
given out without asking.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Table, and_, case, func, or_, select

from engine import access, feel, pinyin, schema, sweep
from engine.errors import Invalid, NotFound, Problem
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command, View

PERSON, ORGANISATION = "person", "organisation"
CHOICES = 20
_KEY = 64
_p, _o, _x = schema.person.c, schema.organisation.c, schema.listing.c


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be named in a case; whether they may sign in is another matter.

    Attributes:
        organisation: key of the one they belong to.
        post: what they are there, as text.
    """

    key: str
    name: str
    en: str | None = None
    organisation: str | None = None
    post: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit, department or body.

    Attributes:
        kind: a word of the installation's own.
        parent: key of the organisation it belongs to.
    """

    key: str
    name: str
    en: str | None = None
    kind: str | None = None
    parent: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a reference list.

    Attributes:
        list: key of the list.
        remit: within which it is offered, like ``team:T1``; None: wherever the list is.
        content: what else is known of it, by name.
    """

    list: str
    key: str
    name: str
    en: str | None = None
    remit: str | None = None
    content: Mapping[str, feel.Value] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """What a type-ahead offers.

    Attributes:
        detail: what tells it from others of the same name: a post, an organisation.
    """

    key: str
    name: str
    en: str | None
    detail: str = ""


Thing = Person | Organisation | Item


# ---- putting in


def put(command: Command, thing: Thing) -> None:
    """Put a person, organisation or item in, or change the one of this key; who has left holds no tasks any more.

    Raises:
        Invalid: key or name is missing or too long.
    """
    problems = [
        Problem(name, "{name} needs between 1 and {most} characters.", {"name": name, "most": most})
        for name, value, most in (("key", thing.key, _KEY), ("name", thing.name, pinyin.LIMIT))
        if not 0 < len(value.strip()) <= most
    ]
    if problems:
        raise Invalid("This cannot be put into the directory.", problems)
    table, row = _row(thing)
    sort = (pinyin.person_sort_key if isinstance(thing, Person) else pinyin.sort_key)(thing.name)
    row |= {"id": thing.key, "name": thing.name, "name_en": thing.en, "active": thing.active}
    row |= {"sort": sort, "initials": pinyin.initials(sort)}
    key = tuple(row[column.name] for column in table.primary_key)
    must_stand(command.connection, table, [key])
    command.connection.execute(upsert(command.connection.dialect.name, table), row)
    chain.note(command.connection, table, [key], command.actor)
    if isinstance(thing, Person) and not thing.active:
        sweep.owe(command, [thing.key])


def _row(thing: Thing) -> tuple[Table, dict[str, Any]]:
    match thing:
        case Person():
            return schema.person, {"organisation_id": thing.organisation, "post": thing.post}
        case Organisation():
            return schema.organisation, {"kind": thing.kind, "parent_id": thing.parent}
        case Item():
            content = feel.dump(dict(thing.content))[1]
            return schema.listing, {"list": thing.list, "remit": thing.remit, "content": content}


# ---- looking up


def get(view: View, source: str, key: str) -> Thing:
    """What stands in the directory under a key.

    Args:
        source: ``person``, ``organisation`` or the key of a reference list.

    Raises:
        NotFound: there is nothing, or it is not the actor's to know.
    """
    table, mine = _source(view, source)
    row = view.connection.execute(select(table).where(mine, table.c.id == key)).one_or_none()
    if row is None:
        raise NotFound("There is no {source} {key} that you may look up.", source=source, key=key)
    return _thing(source, row)


def _thing(source: str, row: Row[Any]) -> Thing:
    if source == PERSON:
        return Person(row.id, row.name, row.name_en, row.organisation_id, row.post, row.active)
    if source == ORGANISATION:
        return Organisation(row.id, row.name, row.name_en, row.kind, row.parent_id, row.active)
    content = feel.load("context", row.content) if row.content else {}
    assert isinstance(content, Mapping)
    return Item(row.list, row.id, row.name, row.name_en, row.remit, content, row.active)


def find(view: View, source: str, key: str) -> Thing | None:
    """What stands under a key, whoever asks and whether or not it is active; for those who look after the directory."""
    table = {PERSON: schema.person, ORGANISATION: schema.organisation}.get(source, schema.listing)
    query = select(table).where(table.c.id == key)
    row = view.connection.execute(query.where(_x.list == source) if table is schema.listing else query).one_or_none()
    return None if row is None else _thing(source, row)


def everything(view: View, source: str, *, gone: bool = False) -> list[Thing]:
    """All that stands under a source, by name; for those who look after the directory.

    Args:
        source: ``person``, ``organisation``, or a list's key.
        gone: also what is no longer there.
    """
    table = {PERSON: schema.person, ORGANISATION: schema.organisation}.get(source, schema.listing)
    query = select(table).order_by(table.c.sort, table.c.name, table.c.id)
    query = query.where(_x.list == source) if table is schema.listing else query
    return [_thing(source, row) for row in view.connection.execute(query if gone else query.where(table.c.active))]


def offered(view: View, source: str, keys: Collection[str]) -> frozenset[str]:
    """Of these keys, those that the actor may choose: active, and theirs to look up. For checking what a form sends."""
    table, mine = _source(view, source)
    query = select(table.c.id).where(mine, table.c.active, table.c.id.in_(sorted(keys)))
    return frozenset(view.connection.execute(query).scalars())


def search(view: View, source: str, text: str, *, limit: int = CHOICES) -> list[Choice]:
    """What a type-ahead offers for the letters typed so far, at most 20, by pinyin; the beginnings of names first.

    A part of the name in Chinese or English is found, the beginning of its pinyin (``zhangw``) and of its initials
    (``zw``).
    """
    table, mine = _source(view, source)
    query = select(table).where(mine, table.c.active)
    typed = "".join(text.lower().split())
    if typed:
        query = query.where(_fits(table, typed))
    begins = or_(_part(table.c.name).startswith(typed, autoescape=True), _begins(table, typed))
    query = query.order_by(case((begins, 0), else_=1), table.c.sort, table.c.name, table.c.id)
    found = [_thing(source, row) for row in view.connection.execute(query.limit(min(limit, CHOICES)))]
    houses = {thing.organisation for thing in found if isinstance(thing, Person) and thing.organisation}
    called = _names(view, schema.organisation, houses)
    return [_choice(thing, called) for thing in found]


def _part(column: Any) -> Any:
    return func.replace(func.lower(func.coalesce(column, "")), " ", "")


def _begins(table: Table, typed: str) -> ColumnElement[bool]:
    return or_(_spelled(table, typed), func.lower(table.c.id).startswith(typed, autoescape=True))


def _spelled(table: Table, typed: str) -> ColumnElement[bool]:
    letters = (_part(table.c.sort), _part(table.c.initials))
    return or_(*(column.startswith(typed, autoescape=True) for column in letters))


def _fits(table: Table, typed: str) -> ColumnElement[bool]:
    return or_(called(table, typed), _begins(table, typed))


def called(table: Table, typed: str) -> ColumnElement[bool]:
    """Rows of a table of the directory with this as a part of a name, or as the beginning of its pinyin or initials.

    Args:
        typed: in small letters, without spaces.
    """
    names = (_part(table.c.name), _part(table.c.name_en))
    return or_(*(column.contains(typed, autoescape=True) for column in names), _spelled(table, typed))


def _choice(thing: Thing, called: Mapping[str, str]) -> Choice:
    detail = ""
    if isinstance(thing, Person):
        detail = " ".join(part for part in (called.get(thing.organisation or "", ""), thing.post or "") if part)
    return Choice(thing.key, thing.name, thing.en, detail)


def _source(view: View, source: str) -> tuple[Table, ColumnElement[bool]]:
    if source == PERSON:
        return schema.person, access.visible(view.actor, PERSON)
    if source == ORGANISATION:
        return schema.organisation, access.visible(view.actor, ORGANISATION)
    return schema.listing, and_(_x.list == source, access.visible(view.actor, "listing"))


# ---- names for keys


def names(view: View, keys: Collection[str], source: str = PERSON) -> dict[str, str]:
    """What to call these keys; a key that the directory does not have is called by itself.

    For keys that stand in a row the actor sees: it is not asked whether they may look them up.
    """
    table = {PERSON: schema.person, ORGANISATION: schema.organisation}.get(source, schema.listing)
    where = [_x.list == source] if table is schema.listing else []
    return {key: key for key in keys} | _names(view, table, keys, *where)


def _names(view: View, table: Table, keys: Collection[str], *where: ColumnElement[bool]) -> dict[str, str]:
    if not keys:
        return {}
    query = select(table.c.id, table.c.name).where(table.c.id.in_(sorted(keys)), *where)
    return {row.id: row.name for row in view.connection.execute(query)}


def known(view: View, source: str, keys: Collection[str]) -> frozenset[str]:
    """Of these keys, those that stand in the directory; for the engine's own work, which sees nothing by itself."""
    table = {PERSON: schema.person, ORGANISATION: schema.organisation}.get(source, schema.listing)
    query = select(table.c.id).where(table.c.id.in_(sorted(keys)))
    query = query.where(_x.list == source) if table is schema.listing else query
    return frozenset(view.connection.execute(query).scalars())
