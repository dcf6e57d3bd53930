"""Released processes: a diagram with the forms and decisions frozen beside it, never changed afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import dmn, feel, interpreter, schema, terms
from engine import form as forms_
from engine.bpmn import diagram
from engine.bpmn.diagram import Element
from engine.errors import Conflict, NotFound
from engine.form import Form

if TYPE_CHECKING:
    from engine.runtime import View

_d, _p = schema.definition.c, schema.part.c


@dataclass(frozen=True, slots=True)
class Definition:
    """A released version, read once per process of the operating system and then shared; nothing in it changes.

    Attributes:
        plain: released without roles: its tasks are open to whoever started the instance.
        columns: names that are projected into table ``fact``.
        sealed: names whose values stand encrypted, apart.
        parts: ``{(kind, name): bytes}`` of what was frozen: ``diagram``, ``form``, ``decision``, ``called``,
            ``locale``.
    """

    id: str
    process_key: str
    version: int
    name: str
    plain: bool
    process: diagram.Process
    spec: interpreter.Spec
    parts: Mapping[tuple[str, str], bytes]
    columns: Mapping[str, str | None]
    decisions: Mapping[str, dmn.Decision]
    forms: Mapping[str, Form]
    sealed: frozenset[str]

    @property
    def elements(self) -> Mapping[str, Element]:
        """Every element of the diagram, by id."""
        return self.spec.elements

    @property
    def ends(self) -> frozenset[str]:
        """End events that end the whole: of the process itself, and of event sub-processes that interrupt it."""
        top = self.process.scope
        scopes = [top, *(e.inner for e in top.elements.values() if e.inner is not None and _interrupts(e.inner))]
        return frozenset(e.id for scope in scopes for e in scope.elements.values() if e.tag == "endEvent")

    @property
    def has_plain_start(self) -> bool:
        """Whether a person or a caller can start it, and not only an event."""
        scope = self.process.scope
        return not self.spec.start_events or any(
            e.tag == "startEvent" and not e.events for e in scope.elements.values()
        )

    @property
    def start_form(self) -> str | None:
        """Name of the form that starts it: of its plain start event or of the process, if one was frozen with it."""
        for element in self.process.scope.elements.values():
            if element.tag == "startEvent" and not element.events:
                names = (element.form_id, element.id, self.process_key)
                return next((name for name in names if name in self.forms), None)
        return None

    @property
    def asked_at_start(self) -> tuple[str, ...]:
        """Keys of the fields of its start form."""
        return () if self.start_form is None else tuple(f.key for f in self.forms[self.start_form].fields)

    def form(self, element: Element) -> Form | None:
        """The form of a task, if it has one: named by the diagram, or of the task's own name."""
        return self.forms.get(element.form_id or element.id)

    def decide(self, evaluator: feel.Evaluator) -> Callable[[str, interpreter.Lookup], feel.Value]:
        """How the interpreter asks a decision: by id, with a way to look up the names it needs."""

        def ask(decision_id: str, lookup: interpreter.Lookup) -> feel.Value:
            if decision_id not in self.decisions:
                raise NotFound("There is no decision {decision}.", decision=decision_id)
            names = dmn.names(decision_id, self.decisions)
            return dmn.evaluate(decision_id, self.decisions, lookup(names), evaluator)

        return ask

    def facts(self, instance_id: str, values: Mapping[str, tuple[str, str]], zone: str) -> list[dict[str, Any]]:
        """Rows of ``fact`` for what lists filter, sort or show; instants as clocks in the zone show them."""
        return [projected(instance_id, name, value, zone) for name, value in values.items() if name in self.columns]

    def handed(
        self, body: str, values: Mapping[str, tuple[str, str]], remits: Mapping[str, feel.Value]
    ) -> dict[str, tuple[str, str]]:
        """What an iteration begins with, and what else of the columns tells it from the others.

        The entries of its element go before what it was given beside it, and this before what its whole case stands
        under. A sealed element is no context, and so keeps its entries to itself.

        Args:
            body: the activity of which it is one.
            values: that stand in it after its first moves.
        """
        loop = self.elements[body].loop
        kind, dumped = values.get(loop.element or "", ("", "")) if loop else ("", "")
        entries = feel.load(kind, dumped) if kind == "context" else {}
        assert isinstance(entries, Mapping)

        def columns(of: Mapping[str, feel.Value]) -> dict[str, tuple[str, str]]:
            return {name: feel.dump(value) for name, value in of.items() if name in self.columns}

        return columns(remits) | dict(values) | columns(entries)

    def callee(self, view: View, process_key: str, binding: str) -> Definition:
        """The definition a call activity starts: the one frozen at release, or the newest."""
        frozen = self.parts.get(("called", process_key))
        if binding != "latest" and frozen is not None:
            return load(view, frozen.decode())
        newest = latest(view, process_key)
        if newest is None:
            raise Conflict("The called process {process} has not been released.", process=process_key)
        return newest


def projected(instance_id: str, name: str, dumped: tuple[str, str], zone: str) -> dict[str, Any]:
    """A row of ``fact``."""
    value = feel.load(*dumped)
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    text = None if value is None or number is not None else feel.text(value, zone)[:255]
    found_by = None if text is None else terms.of_value(dumped[0], text)
    told = {"instance_id": instance_id, "name": name, "type": dumped[0], "text": text, "number": number}
    return {**told, "terms": found_by}


def _interrupts(scope: diagram.Scope) -> bool:
    starts = (e for e in scope.elements.values() if e.tag == "startEvent")
    return scope.triggered_by_event and any(e.interrupting for e in starts)


def load(view: View, definition_id: str) -> Definition:
    """A released version; read and compiled on first use."""
    found = view.runtime.specs.get(definition_id)
    if found is None:
        found = view.runtime.specs[definition_id] = _read(view, definition_id)
    return found


def _read(view: View, definition_id: str) -> Definition:
    row = view.connection.execute(select(schema.definition).where(_d.id == definition_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such definition.")
    query = (
        select(_p.kind, _p.name, schema.content.c.body)
        .join(schema.content, schema.content.c.digest == _p.digest)
        .where(_p.definition_id == definition_id)
    )
    parts = {(r.kind, r.name): bytes(r.body) for r in view.connection.execute(query)}
    source = next(name for kind, name in parts if kind == "diagram")
    process = diagram.read(parts["diagram", source], source).processes[row.process_key]
    decisions = _decisions(parts)
    forms = {name: forms_.read(body, name) for (kind, name), body in parts.items() if kind == "form"}
    spec = interpreter.compile(process, _named(process, forms, decisions), released=True)
    entry = None if row.plain else view.rules.processes.get(row.process_key)
    return Definition(
        id=row.id,
        process_key=row.process_key,
        version=row.version,
        name=row.name,
        plain=row.plain,
        process=process,
        spec=spec,
        parts=parts,
        columns={} if entry is None else entry.columns,
        decisions=decisions,
        forms=forms,
        sealed=frozenset() if entry is None else entry.sealed,
    )


def _named(
    process: diagram.Process, forms: Mapping[str, Form], decisions: Mapping[str, dmn.Decision]
) -> dict[str, frozenset[str]]:
    """For each element the names that its form and its decisions need beside its own expressions."""
    found: dict[str, frozenset[str]] = {}
    for _, element in process.walk():
        asked = forms.get(element.form_id or element.id)
        names = set() if asked is None else set(asked.names) | {f.key for f in asked.fields}
        for decision in (element.properties.get("check"), element.decision and element.decision.id):
            if decision in decisions:
                names |= set(dmn.names(str(decision), decisions))
        found[element.id] = frozenset(names)
    return found


def _decisions(parts: Mapping[tuple[str, str], bytes]) -> dict[str, dmn.Decision]:
    decisions: dict[str, dmn.Decision] = {}
    for (kind, name), body in parts.items():
        if kind == "decision":
            decisions |= dmn.read(body, name)
    return decisions


def latest(view: View, process_key: str) -> Definition | None:
    """The newest released version of a process."""
    query = select(_d.id).where(_d.process_key == process_key).order_by(_d.version.desc()).limit(1)
    found = view.connection.execute(query).scalar_one_or_none()
    return None if found is None else load(view, found)


def part(view: View, definition_id: str, kind: str, name: str) -> bytes:
    """The bytes of one frozen part.

    Raises:
        NotFound: the definition has no such part.
    """
    try:
        return load(view, definition_id).parts[kind, name]
    except KeyError:
        raise NotFound("The definition has no {kind} {name}.", kind=kind, name=name) from None


def source(of: Definition) -> bytes:
    """The diagram as it was released."""
    return next(body for (kind, _), body in of.parts.items() if kind == "diagram")


def digest(parts: Iterable[tuple[str, str, bytes]]) -> str:
    """What a version is recognised by: the same parts have the same digest."""
    content = hashlib.sha256()
    for kind, name, body in sorted(parts):
        content.update(f"{kind}\0{name}\0{len(body)}\0".encode() + body)
    return content.hexdigest()


__all__ = ["Definition", "digest", "latest", "load", "part", "source"]
