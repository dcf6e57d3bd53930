"""Which values an actor is shown of a row they see: the one way by which values leave the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import literal, select, union_all

from engine import schema
from engine.access.granted import Reach, counting, has_asked, homes, inside, is_at_home, policy_of, role_of
from engine.actor import Actor, person_audience
from engine.errors import ExpressionFailed
from engine.policy import INTERNAL, OPEN, FieldClass, ProcessPolicy

if TYPE_CHECKING:
    from engine.runtime import View

Value = TypeVar("Value")
Decide = Callable[[Sequence[str]], Sequence[bool]]
_OF_THESE = schema.task.alias()


@dataclass(frozen=True, slots=True)
class Sight:
    """Through what an actor sees one instance.

    Attributes:
        plain: its definition was released without roles, so that its values are open to whoever sees it.
        audiences: of the actor's audience strings, those that open it or one of its open tasks.
        remits: that it stands under, like ``team:T1``.
        work: of ``audiences``, those that one of its open tasks is offered to.
        done: the actor has done one of its tasks.
    """

    instance_id: str
    process_key: str
    plain: bool
    audiences: frozenset[str]
    remits: frozenset[str]
    work: frozenset[str] = frozenset()
    done: bool = False


def sight(view: View, instance_id: str) -> Sight | None:
    """Through what the actor sees one instance; None when there is none such."""
    return sights(view, [instance_id]).get(instance_id)


def sights(view: View, instance_ids: Collection[str]) -> dict[str, Sight]:
    """Through what the actor sees each of these instances, for a whole list in one statement.

    It is made for every instance that exists: what ``shown`` gives out for one that nothing opens is nothing.
    """
    i, d, r, m = schema.instance.c, schema.definition.c, schema.reader.c, schema.remit.c
    t, c = schema.task.c, schema.candidate.c
    ids, audiences = sorted(instance_ids), sorted(view.actor.audiences)
    persons = [one for one in audiences if role_of(one) is None]
    roles = [one for one in audiences if role_of(one) is not None]
    myself = person_audience(view.actor.person)
    offered = schema.task.join(schema.candidate, c.task_id == t.id)
    # Said twice, so that the few tasks of these instances are read first, and not all that is offered to the actor.
    of_these = c.task_id.in_(select(_OF_THESE.c.id).where(_OF_THESE.c.instance_id.in_(ids)))
    found = view.connection.execute(
        union_all(
            select(literal("process").label("kind"), i.id, i.process_key.label("value"), d.plain)
            .join_from(schema.instance, schema.definition)
            .where(i.id.in_(ids)),
            _part("remit", m.instance_id, m.remit).where(m.instance_id.in_(ids)),
            _part("seen", r.instance_id, r.audience).where(r.instance_id.in_(ids), r.audience.in_(roles)),
            _part("own", r.instance_id, r.audience).where(r.instance_id.in_(ids), r.audience.in_(persons)),
            _part("work", t.instance_id, c.audience)
            .select_from(offered)
            .where(t.instance_id.in_(ids), of_these, c.audience.in_(audiences)),
            _part("done", t.instance_id, literal(myself)).where(
                t.instance_id.in_(ids), t.closed_by == view.actor.person, literal(myself).in_(persons)
            ),
        )
    ).all()
    of: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in found:
        of[row.kind, row.id].add(row.value)
    made = {}
    for row in found:
        if row.kind == "process":
            remits, work, done = frozenset(of["remit", row.id]), of["work", row.id], of["done", row.id]
            opened = of["seen", row.id] | work
            if row.plain or is_at_home(view.actor, remits):
                opened |= of["own", row.id] | done
            through = frozenset(opened)
            made[row.id] = Sight(row.id, row.value, row.plain, through, remits, frozenset(work), bool(done))
    return made


def _part(kind: str, instance_id, value):  # type: ignore[no-untyped-def]
    return select(literal(kind).label("kind"), instance_id, value, literal(False))


def shown(
    actor: Actor, seen: Sight | None, values: Mapping[str, Value], decide: Decide | None = None
) -> dict[str, Value]:
    """Of these values, those that the actor may see; the others are absent, not blank.

    Args:
        seen: through what the actor sees the instance that the values belong to.
        values: by name; a name counts, not what stands under it.
        decide: answers conditions (FEEL, without ``=``) about the instance, each with exactly true or false. Without
            it, and where it fails, a value with a condition stays hidden from those whom the condition limits.
    """
    if seen is None or not seen.audiences or not seen.remits.isdisjoint(actor.exclusions):
        return {}
    if actor.within is not None and actor.within not in seen.remits:
        return {}
    house = inside(actor, policy_of(actor))
    judged = {name: _judge(actor, seen, house, _class(actor, seen, name)) for name in values}
    conditions = sorted({each for each in judged.values() if isinstance(each, str)})
    answers = answered(conditions, decide)
    return {
        name: value
        for name, value in values.items()
        if (verdict := judged[name]) is True or (isinstance(verdict, str) and answers[verdict])
    }


def _class(actor: Actor, seen: Sight, name: str) -> FieldClass:
    process: ProcessPolicy | None = policy_of(actor).processes.get(seen.process_key)
    if process is not None and not seen.plain:
        return process.field(name)
    return OPEN if seen.plain else INTERNAL


def _judge(actor: Actor, seen: Sight, house: frozenset[str], field: FieldClass) -> bool | str:
    """True, false, or the condition on which it depends.

    Args:
        house: of the actor's audience strings, those that belong to the house.
    """
    if field.cls in ("open", "internal") and not seen.audiences.isdisjoint(house):
        return True
    named = field.cls == "open" or _reach(counting(actor, field, field.roles), seen)
    if not named and not (field.cls == "restricted" and _let_through(actor, seen, house, field)):
        return False
    return True if field.when is None else field.when.removeprefix("=")


def _let_through(actor: Actor, seen: Sight, house: frozenset[str], field: FieldClass) -> bool:
    """Whether a restricted value is shown to the actor though no role of theirs is listed; ``restricting`` says the
    same in SQL.
    """
    if not seen.work.isdisjoint(house):
        return True
    if seen.done and house and _reach(homes(actor, field), seen):
        return True
    return has_asked(actor, seen.instance_id) and _reach(counting(actor, field, field.ask), seen)


def _reach(counted: Collection[Reach], seen: Sight) -> bool:
    return any(each.has(seen.remits) for each in counted)


def answered(conditions: Sequence[str], decide: Decide | None) -> dict[str, bool]:
    """The answer to each condition; without ``decide``, and where one has no answer, it is false."""
    if decide is None or not conditions:
        return dict.fromkeys(conditions, False)
    try:
        return dict(zip(conditions, decide(conditions), strict=True))
    except ExpressionFailed:
        # One condition without an answer must not hide, or open, what the others decide.
        if len(conditions) == 1:
            return dict.fromkeys(conditions, False)
        return {each: answered([each], decide)[each] for each in conditions}
