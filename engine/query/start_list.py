"""What a person may start, and the form that starts it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from engine import access, definition, schema
from engine.access.granted import policy_of
from engine.errors import NotFound
from engine.query.wording import Wording

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import View

_d = schema.definition.c


@dataclass(frozen=True, slots=True)
class Asked:
    """A variable that narrows who sees a case, and the list or directory (``source``) its value comes from."""

    variable: str
    label: str
    source: str
    required: bool


@dataclass(frozen=True, slots=True)
class Startable:
    """A process that the reader may start.

    Attributes:
        form: schema of its start event's form, in the reader's language; None where it has none.
        asks: what must be given at the start where no form asks for it, because it decides who sees the case.
        basis: on what it rests, as its diagram says.
    """

    process_key: str
    definition_id: str
    name: str
    documentation: str
    basis: str
    form: dict[str, Any] | None = None
    asks: tuple[Asked, ...] = ()


def all_of(view: View, language: str) -> list[Startable]:
    """Every process that the actor may start, by key; the newest definition of each."""
    newest = select(_d.process_key, func.max(_d.version).label("version")).group_by(_d.process_key).subquery()
    query = (
        select(_d.id, _d.process_key, _d.plain)
        .join(newest, and_(newest.c.process_key == _d.process_key, newest.c.version == _d.version))
        .where(access.visible(view.actor, "definition"))
        .order_by(_d.process_key)
    )
    rows = view.connection.execute(query).all()
    return [_brief(view, row.id, language) for row in rows if _may_start(view, row.process_key, row.plain)]


def one(view: View, process_key: str, language: str) -> Startable:
    """One process with the form that starts it.

    Raises:
        NotFound: there is none, or it is not the actor's to start.
    """
    found = next((each for each in all_of(view, language) if each.process_key == process_key), None)
    if found is None:
        raise NotFound("There is no process {process} that you may start.", process=process_key)
    of = definition.load(view, found.definition_id)
    words, name = Wording(of, language), form_name(of)
    form = words.form(name) if name else None
    return replace(found, form=form, asks=() if form or of.plain else _asked(view, of, words, language))


def _asked(view: View, of: Definition, words: Wording, language: str) -> tuple[Asked, ...]:
    rules = policy_of(view.actor)
    process, fields = rules.processes[of.process_key], words.fields()
    asked = []
    for variable, kind in process.remits.items():
        known, named = fields.get(variable), rules.lists.get(kind)
        title = (named.title if language == "zh" else named.en) if named else kind
        asked.append(Asked(variable, known.label if known else title, kind, variable not in process.optional))
    return tuple(asked)


def form_name(of: Definition) -> str | None:
    """Name of the form that starts a process: of its plain start event or of the process, if one was frozen with it."""
    for element in of.process.scope.elements.values():
        if element.tag == "startEvent" and not element.events:
            names = (element.form_id, element.id, of.process_key)
            return next((name for name in names if ("form", name or "") in of.parts), None)
    return None


def _brief(view: View, definition_id: str, language: str) -> Startable:
    of = definition.load(view, definition_id)
    words = Wording(of, language)
    return Startable(of.process_key, of.id, words.process, words.documentation(), words.basis())


def _may_start(view: View, process_key: str, plain: bool) -> bool:
    process = policy_of(view.actor).processes.get(process_key)
    return (plain and view.actor.within is None) if process is None else access.may_start(view.actor, process)
