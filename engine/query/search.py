"""Finding rows of lists by what they show: one way for tasks, cases and notices.

A row is found when every word that is looked for is a part of something it shows to this reader, in any language: the
name of its process or step, its number, its columns as they are said (a person, an organisation or a list's item by
name, pinyin or initials, never by key), who has it, a notice's text. Names are matched where they stand
(``query.called``) and joined by key, so that a new name is found at once.

What a reader is not shown is not compared at all: ``access.shows`` stands beside each comparison. A word that stands in
few columns is first looked up in the index over them (``engine.searching``), and only their cases are gone through; one
that stands in many is met early on a way through the reader's own list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Select, True_, and_, exists, false, literal, or_, select, union_all

from engine import access, schema, searching, terms
from engine.access.granted import policy_of
from engine.actor import ENGINE_KEY
from engine.errors import Invalid
from engine.policy import FieldClass
from engine.prepared import among, many
from engine.query import called, columns
from engine.query.called import Called, has

if TYPE_CHECKING:
    from engine.runtime import View

FEW = 1000
"""A word that stands in at most so many columns is looked up in the index first."""
_LOOKED_UP = 3
_SHARE = "percent"
_TOO_MANY = "Search for at most {most} words at a time."
_t, _i, _n = schema.task.c, schema.instance.c, schema.notice.c
_fact, _open, _beside = schema.fact.alias(), schema.task.alias(), schema.task.alias()
_f = _fact.c
_person = schema.person.alias()
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
        self._parameters: dict[tuple[str, ...], Any] = {}
        if len(self._words) > terms.MOST:
            raise Invalid(_TOO_MANY, most=terms.MOST)

    def tasks(self, *, assigned: bool = False) -> list[Condition]:
        """On ``task`` and ``instance``; ``assigned``: where rows say who has the task."""
        if not self._words:
            return []
        of = [or_(*self._of_task(word, named, assigned=assigned)) for word, named in self._named]
        return [*self._narrowed(), *of]

    def cases(self) -> list[Condition]:
        """On ``instance``, of which lists show where it stands now, and with whom."""
        if not self._words:
            return []
        return [*self._narrowed(), *(or_(*self._of_case(word, named)) for word, named in self._named)]

    def notices(self) -> list[Condition]:
        """On ``notice`` and ``instance``, and ``task`` where the notice is about one."""
        if not self._words:
            return []
        return [or_(*self._of_notice(word, named)) for word, named in self._named]

    @cached_property
    def _named(self) -> list[tuple[str, Called]]:
        return list(zip(self._words, called.by(self._view, self._words), strict=True))

    # -- a word and a row

    def _of_task(self, word: str, named: Called, *, assigned: bool) -> Iterator[Condition]:
        yield self._one_of(_t.definition_id, named.processes)
        yield self._one_of(_t.definition_id + "/" + _t.element, named.elements)
        if assigned:
            yield self._one_told(_t.assignee, named, _t.process_key)
        yield from self._known_by(word, named)

    def _of_case(self, word: str, named: Called) -> Iterator[Condition]:
        yield self._one_of(_i.definition_id, named.processes)
        persons = named.keys[called.PERSON]
        if named.elements or persons:
            o, b = _open.c, _beside.c
            other = exists().where(b.instance_id == o.instance_id, b.element == o.element, b.state == "open")
            # Of several who have a step at the same time, the list names nobody.
            alone = ~other.where(b.id != o.id).correlate_except(_beside)
            step = self._one_of(_i.definition_id + "/" + o.element, named.elements)
            here = or_(step, and_(self._one_told(o.assignee, named, o.process_key), alone))
            yield exists().where(o.instance_id == _i.id, o.state == "open", here).correlate_except(_open)
        yield from self._known_by(word, named)

    def _of_notice(self, word: str, named: Called) -> Iterator[Condition]:
        yield self._one_of(_i.definition_id, named.processes)
        yield self._one_of(_i.definition_id + "/" + _t.element, named.elements)
        yield has(_n.text, word)
        yield and_(_n.by == ENGINE_KEY, self._one_of(_n.text, named.terms))
        yield self._one_told(_n.by, named, _i.process_key)
        yield has(_i.business_key, word)
        # A notice may be all of a case that is open to its reader.
        yield and_(access.sees(self._view.actor, _i.id), self._in_columns(word, named))

    def _known_by(self, word: str, named: Called) -> Iterator[Condition]:
        yield has(_i.business_key, word)
        yield self._in_columns(word, named)

    def _in_columns(self, word: str, named: Called) -> Condition:
        """One of the columns of a case that the reader sees, and is shown."""
        held = [and_(each.shown, or_(false(), *self._held(each.places, word, named))) for each in self._classes]
        return exists().where(_f.instance_id == _i.id, or_(false(), *held)).correlate_except(_fact)

    def _held(self, places: Sources, word: str, named: Called) -> Iterator[Condition]:
        for source, names in places.items():
            here = self._one_of(_i.process_key + "/" + _f.name, names)
            if source is None:
                yield and_(or_(*self._said(word, named)), here)
            elif source == _SHARE:
                yield and_(or_(false(), *self._figured(_share(word), named)), here)
            elif named.keys[source]:
                yield and_(self._one_of(_f.text, named.keys[source]), here)

    def _said(self, word: str, named: Called) -> Iterator[Condition]:
        """A column that is no key: its text, a term's translation, a figure, the label beside a figure or a day."""
        yield _holds(word)
        yield self._one_of(_f.text, named.terms)
        yield from self._figured(_number(word), named)

    def _figured(self, number: tuple[float, float] | None, named: Called) -> Iterator[Condition]:
        if number is not None:
            yield _f.number.between(*number)
        if named.labels:
            labelled = or_(
                _f.number.is_not(None),
                _f.type.in_(("date", "date and time")),
                and_(_f.type == "boolean", _f.text == "true"),
            )
            yield and_(labelled, self._one_of(_i.definition_id + "/" + _f.name, named.labels))

    @cached_property
    def _classes(self) -> list[_Class]:
        """What of the reader's lists can be searched, put together by who is shown it."""
        actor = self._view.actor
        alike: dict[FieldClass, dict[str | None, list[str]]] = defaultdict(dict)
        for process in policy_of(actor).processes.values():
            for name, type_ in process.columns.items():
                places = alike[process.field(name)]
                source = _SHARE if type_ == _SHARE else columns.source(type_)
                places.setdefault(source, []).append(f"{process.key}/{name}")
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

    def _one_told(self, key: ColumnElement[Any], named: Called, process_key: ColumnElement[Any]) -> Condition:
        """The column is the key of a person who is called so, and whom the reader is told by name."""
        here = self._one_of(key, named.keys[called.PERSON])
        if not named.keys[called.PERSON] or not access.is_veiled(self._view.actor):
            return here
        told = access.is_named(self._view.actor, _person, key, process_key)
        return and_(here, exists().where(_person.c.id == key, told).correlate_except(_person))

    def _one_of(self, column: ColumnElement[Any], values: Iterable[str]) -> Condition:
        """The column is one of these, which go along as one parameter, in however many places they stand."""
        wanted = tuple(sorted(set(values)))
        if not wanted:
            return false()
        parameter = self._parameters.setdefault(wanted, many(f"b_some_{len(self._parameters)}", wanted))
        return among(column, parameter)

    # -- the few cases that a word stands in

    def _narrowed(self) -> list[Condition]:
        """The cases to go through, if one of the words stands in few of them; one statement."""
        looked_up = [(at, *each) for at, each in enumerate(self._named) if not each[1].names_steps][:_LOOKED_UP]
        if not looked_up:
            return []
        parts = [part for at, word, named in looked_up for part in self._scouted(at, word, named)]
        found: dict[int, list[str]] = {at: [] for at, _, _ in looked_up}
        for row in self._view.connection.execute(union_all(*parts)):
            found[row.at].append(row.instance_id)
        fewest = sorted(set(sorted(found.values(), key=len)[0]))
        if len(fewest) > FEW:
            return []
        # One by one, so that the database sees how few they are, and begins with them.
        return [_i.id.in_(fewest) if fewest else false()]

    def _scouted(self, at: int, word: str, named: Called) -> Iterator[Select[Any]]:
        """Cases with the word in some column or other, at most one more than ``FEW`` of each way to hold it; whether
        the reader is shown it is asked later, of these few."""
        dialect = self._view.connection.dialect.name
        yield _some(at, searching.holds(dialect, _fact, word), _holds(word))
        names = self._names
        keyed: list[tuple[str | None, list[str]]] = [(None, named.terms), *named.keys.items()]
        for source, keys in keyed:
            if keys and names[source]:
                yield _some(at, _f.name.in_(names[source]), self._one_of(_f.text, keys))
        for kind, figure in ((None, _number(word)), (_SHARE, _share(word))):
            if figure is not None and names[kind]:
                yield _some(at, _f.name.in_(names[kind]), _f.number.between(*figure))

    @cached_property
    def _names(self) -> Mapping[str | None, Sequence[str]]:
        """Names of columns, by what their values are keys of."""
        found: dict[str | None, set[str]] = defaultdict(set)
        for each in self._classes:
            for source, places in each.places.items():
                found[source] |= {place.partition("/")[2] for place in places}
        return defaultdict(tuple, {source: sorted(names) for source, names in found.items()})


def _some(at: int, *conditions: Condition) -> Select[Any]:
    few = select(_f.instance_id).where(*conditions).limit(FEW + 1).subquery()
    told: list[ColumnElement[Any]] = [literal(at).label("at"), few.c.instance_id]
    return select(*told)


def _holds(word: str) -> Condition:
    return _f.terms.contains(terms.part(word), autoescape=True)


def _number(word: str) -> tuple[float, float] | None:
    """Between which figures one lies that is shown so, with four decimals at most."""
    try:
        figure = float(word)
    except ValueError:
        return None
    return (figure - 0.00005, figure + 0.00005) if abs(figure) < 1e15 else None


def _share(word: str) -> tuple[float, float] | None:
    """The same of a share, which is shown as so many in a hundred."""
    number = _number(word.removesuffix("%"))
    # With one decimal.
    return None if number is None else ((number[0] - 0.05) / 100, (number[1] + 0.05) / 100)
