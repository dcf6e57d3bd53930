"""Finding rows of lists by what they show: one way for tasks, cases and notices.

A row is found when every word that is looked for is a part of something it shows to this reader, in any language: the
name of its process or step, its number, its columns as they are said (a person, an organisation or a list's item by
name, pinyin or initials, never by key), who has it, a notice's text. Names are matched where they stand, in the
directory and among the words of released versions, and joined by key, so that a new name is found at once.

What a reader is not shown is not compared at all: ``access.shows`` stands beside each comparison. A word that stands in
few cases is first looked up in the index over columns (``engine.searching``), and only those cases are gone through;
one that stands in many is met early on a way through the reader's own list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    True_,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from engine import access, directory, schema, searching, terms, vocabulary
from engine.access.granted import policy_of
from engine.actor import ENGINE_KEY
from engine.errors import Invalid
from engine.policy import FieldClass
from engine.prepared import among, many
from engine.query import columns

if TYPE_CHECKING:
    from engine.runtime import View

FEW = 1000
"""A word that stands in at most so many columns is looked up in the index first."""
_LOOKED_UP = 3
_TOO_MANY = "Search for at most {most} words at a time."
_PERSON, _ORGANISATION, _LISTED = "person", "organisation", "listing"
_VALUE, _NAMED = "value", "named"
_t, _i, _n, _w = schema.task.c, schema.instance.c, schema.notice.c, schema.word.c
_fact, _case, _open, _beside = schema.fact.alias(), schema.instance.alias(), schema.task.alias(), schema.task.alias()
_f = _fact.c
Condition = ColumnElement[bool]
Sources = Mapping[str | None, list[str]]


class _Class(NamedTuple):
    """Columns that are shown under one condition: by what their values are keys of (None: of nothing), their places."""

    shown: Condition
    places: Sources


class Search:
    """What somebody looks for, as conditions on the rows of a statement."""

    def __init__(self, view: View, asked: str) -> None:
        """Raises: Invalid: too many words."""
        self._view = view
        self._words = terms.words(asked)
        if len(self._words) > terms.MOST:
            raise Invalid(_TOO_MANY, most=terms.MOST)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not self._words

    def tasks(self, *, assigned: bool = False) -> list[Condition]:
        """On ``task`` and ``instance``; ``assigned``: where rows say who has the task."""
        if self.is_empty:
            return []
        return [*self._narrowed(), *(or_(*self._of_task(word, assigned=assigned)) for word in self._words)]

    def cases(self) -> list[Condition]:
        """On ``instance``, of which lists show where it stands now, and with whom."""
        if self.is_empty:
            return []
        return [*self._narrowed(), *(or_(*self._of_case(word)) for word in self._words)]

    def notices(self) -> list[Condition]:
        """On ``notice`` and ``instance``, and ``task`` where the notice is about one."""
        return [or_(*self._of_notice(word)) for word in self._words]

    # -- a word and a row

    def _of_task(self, word: str, *, assigned: bool) -> Iterator[Condition]:
        yield _t.definition_id.in_(_said(vocabulary.PROCESS, word, _w.definition_id))
        yield tuple_(_t.definition_id, _t.element).in_(_said(vocabulary.ELEMENT, word))
        if assigned:
            yield _t.assignee.in_(_keys(_PERSON, word))
        yield from self._known_by(word)

    def _of_case(self, word: str) -> Iterator[Condition]:
        yield _i.definition_id.in_(_said(vocabulary.PROCESS, word, _w.definition_id))
        o, b = _open.c, _beside.c
        alone = ~exists().where(
            b.instance_id == o.instance_id, b.element == o.element, b.state == "open", b.id != o.id
        ).correlate_except(_beside)
        step = or_(
            tuple_(_i.definition_id, o.element).in_(_said(vocabulary.ELEMENT, word)),
            and_(o.assignee.in_(_keys(_PERSON, word)), alone),
        )
        yield exists().where(o.instance_id == _i.id, o.state == "open", step).correlate_except(_open)
        yield from self._known_by(word)

    def _of_notice(self, word: str) -> Iterator[Condition]:
        yield _i.definition_id.in_(_said(vocabulary.PROCESS, word, _w.definition_id))
        yield tuple_(_i.definition_id, _t.element).in_(_said(vocabulary.ELEMENT, word))
        yield _has(_n.text, word)
        yield and_(_n.by == ENGINE_KEY, _n.text.in_(_said(vocabulary.VALUE, word, _w.key)))
        yield _n.by.in_(_keys(_PERSON, word))
        yield _has(_i.business_key, word)

    def _known_by(self, word: str) -> Iterator[Condition]:
        """The case's number, or one of the columns that the reader is shown."""
        yield _has(_i.business_key, word)
        columns_ = [and_(each.shown, or_(*self._held(each.places, word))) for each in self._classes]
        yield exists().where(_f.instance_id == _i.id, or_(false(), *columns_)).correlate_except(_fact)

    def _held(self, places: Sources, word: str) -> Iterator[Condition]:
        for source, names in places.items():
            here = among(_i.process_key + "/" + _f.name, self._listed(names))
            yield and_(here, or_(*_says(word)) if source is None else _f.text.in_(_keys(source, word)))

    @cached_property
    def _classes(self) -> list[_Class]:
        """What of the reader's lists can be searched, put together by who is shown it."""
        actor, alike = self._view.actor, defaultdict[FieldClass, dict[str | None, list[str]]](dict)
        for process in policy_of(actor).processes.values():
            for name, type_ in process.columns.items():
                places = alike[process.field(name)]
                places.setdefault(columns.source(type_), []).append(f"{process.key}/{name}")
        always: dict[str | None, list[str]] = {}
        found = []
        for field, places in alike.items():
            shown = access.shows(actor, field, _f.instance_id)
            if not isinstance(shown, True_):
                found.append(_Class(shown, places))
                continue
            for source, names in places.items():
                always.setdefault(source, []).extend(names)
        return [_Class(True_(), always), *found] if always else found

    def _listed(self, names: Iterable[str]) -> Any:
        wanted = tuple(sorted(names))
        return self._parameters.setdefault(wanted, many(f"b_places_{len(self._parameters)}", wanted))

    @cached_property
    def _parameters(self) -> dict[tuple[str, ...], Any]:
        return {}

    # -- the few cases that a word stands in

    def _narrowed(self) -> list[Condition]:
        """The cases to go through, if one of the words stands in few of them; one statement."""
        parts = [part for at, word in enumerate(self._words[:_LOOKED_UP]) for part in self._scouted(at, word)]
        found: dict[int, set[str]] = {at: set() for at in range(min(_LOOKED_UP, len(self._words)))}
        counted: dict[tuple[int, str], int] = defaultdict(int)
        for row in self._view.connection.execute(union_all(*parts)):
            counted[row.word, row.how] += 1
            found[row.word].add(row.instance_id)
        for word in [key[0] for key, often in counted.items() if key[1] == _NAMED or often > FEW]:
            found.pop(word, None)
        if not found:
            return []
        fewest = min((sorted(each) for each in found.values()), key=len)
        return [among(_i.id, many("b_cases", fewest))] if fewest else [false()]

    def _scouted(self, at: int, word: str) -> Iterator[Select[Any]]:
        """Cases with the word in some column or other, at most one more than ``FEW`` of each way to hold it; whether
        the reader is shown it is asked later, of these few."""
        dialect = self._view.connection.dialect.name
        yield self._some(at, "text", searching.holds(dialect, _fact, word), _holds(word))
        for how, condition in self._keyed(word):
            yield self._some(at, how, condition)
        named = [
            select(literal(1)).where(_w.kind != vocabulary.VALUE, _has(_w.text, word)),
            select(literal(1)).select_from(schema.person).where(directory.called(schema.person, word)),
        ]
        for each in named:
            any_ = each.limit(1).subquery()
            yield _scouting(at, _NAMED, literal("")).select_from(any_)

    def _keyed(self, word: str) -> Iterator[tuple[str, Condition]]:
        by_source: dict[str, set[str]] = defaultdict(set)
        for each in self._classes:
            for source, places in each.places.items():
                kind = _VALUE if source is None else source if source in (_PERSON, _ORGANISATION) else _LISTED
                by_source[kind] |= {place.partition("/")[2] for place in places}
        for kind, names in by_source.items():
            keys = _said(vocabulary.VALUE, word, _w.key) if kind == _VALUE else _keys(kind, word)
            yield kind, and_(_f.name.in_(sorted(names)), _f.text.in_(keys))
        if (number := _number(word)) is not None:
            yield "number", and_(_f.name.in_(sorted(by_source[_VALUE])), _f.number.between(*number))

    def _some(self, at: int, how: str, *conditions: Condition) -> Select[Any]:
        few = select(_f.instance_id).where(*conditions).limit(FEW + 1).subquery()
        return _scouting(at, how, few.c.instance_id)


def _scouting(at: int, how: str, instance_id: ColumnElement[str]) -> Select[Any]:
    told: list[ColumnElement[Any]] = [literal(at).label("word"), literal(how).label("how")]
    return select(*told, instance_id.label("instance_id"))


def _holds(word: str) -> Condition:
    return _f.terms.contains(terms.part(word), autoescape=True)


def _says(word: str) -> Iterator[Condition]:
    """A column that is no key: its text, a term's translation, a figure, the label beside a figure or a day."""
    yield _holds(word)
    yield _f.text.in_(_said(vocabulary.VALUE, word, _w.key))
    if (number := _number(word)) is not None:
        yield _f.number.between(*number)
    labelled = or_(
        _f.number.is_not(None),
        _f.type.in_(("date", "date and time")),
        and_(_f.type == "boolean", _f.text == "true"),
    )
    yield and_(labelled, tuple_(_i.definition_id, _f.name).in_(_said(vocabulary.LABEL, word)))


def _said(kind: str, word: str, *wanted: ColumnElement[Any]) -> Select[Any]:
    """Versions with what they call so: ``definition_id, key`` unless told otherwise."""
    return select(*(wanted or (_w.definition_id, _w.key))).where(_w.kind == kind, _has(_w.text, word))


def _keys(source: str, word: str) -> Select[Any]:
    """Keys of what is called so: persons, organisations, items of a list, or of all lists."""
    tables: dict[str, Table] = {_PERSON: schema.person, _ORGANISATION: schema.organisation}
    table = tables.get(source, schema.listing)
    query = select(table.c.id).where(directory.called(table, word))
    return query.where(table.c.list == source) if source not in (*tables, _LISTED) else query


def _has(column: ColumnElement[Any], word: str) -> Condition:
    return func.lower(column).contains(word, autoescape=True)


def _number(word: str) -> tuple[float, float] | None:
    """Between which figures one lies that is shown so, with four decimals at most."""
    try:
        figure = float(word)
    except ValueError:
        return None
    return (figure - 0.00005, figure + 0.00005) if abs(figure) < 1e15 else None
