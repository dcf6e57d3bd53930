"""Playing a scenario on the real engine, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from engine import access, attachment, clock, definition, feel, instance, message, schema, task, variables, worker
from engine import upload as uploads
from engine.actor import ENGINE, Actor
from engine.errors import EngineError
from engine.interpreter import timer
from engine.runtime import Command, Runtime, View
from engine.scenario import told
from engine.scenario.told import Scenario

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


class Deviates(EngineError):
    """The process went another way than the scenario says."""


def _started(command: Command, scenario: Scenario) -> str:
    """A case of the process: one that is there, or by its plain start event, or by the one event that starts it."""
    if scenario.begun:
        return _newest(command, scenario.process)
    of = definition.latest(command, scenario.process)
    if of is None or (of.has_plain_start and scenario.at is None):
        return instance.start(command, scenario.process, scenario.variables, business_key=scenario.number)
    (event,) = [scenario.at] if scenario.at else of.spec.start_events
    values = scenario.variables
    return instance.begin(command, of, values, business_key=scenario.number, at=event, payload=values).id


def _newest(command: Command, process: str) -> str:
    i = schema.instance.c
    query = select(i.id).where(i.process_key == process, i.state == "active").order_by(i.started_at.desc(), i.id.desc())
    found = command.connection.execute(query.limit(1)).scalar()
    if found is None:
        raise Deviates("No case of {process} has been begun.", process=process)
    return str(found)


def _fits(view: View, row: Any, where: Mapping[str, Any]) -> bool:
    """Whether values around a task are these: of its scopes, its case, and the cases that this was called from."""
    wanted, case = dict(where), row.instance_id
    while wanted and case is not None:
        v, i = schema.variable.c, schema.instance.c
        scopes = select(v.scope).where(v.instance_id == case, v.name.in_(wanted)).distinct()
        for scope in sorted(view.connection.execute(scopes).scalars(), reverse=True):
            stored = variables.everything(view.connection, case, scope)
            if not all(_is(stored[name], wanted[name]) for name in wanted.keys() & stored.keys()):
                return False
            wanted = {name: value for name, value in wanted.items() if name not in stored}
        case = view.connection.execute(select(i.parent_id).where(i.id == case)).scalar()
    return not wanted


def _is(stored: Any, wanted: Any) -> bool:
    """Whether a value is what is wanted; of a context, only the entries that are named."""
    if isinstance(wanted, Mapping):
        return isinstance(stored, Mapping) and all(_is(stored.get(name), each) for name, each in wanted.items())
    return bool(stored == wanted)


@dataclass(slots=True)
class Player:
    """Plays scenarios on a runtime.

    Attributes:
        case: the first instance of the family that steps look into which name no other.
    """

    runtime: Runtime
    password: str = ""
    case: str = ""
    _step: int = field(default=0)
    _begun: dict[str, str] = field(default_factory=dict)
    _about: str = field(default="")

    def play(self, scenario: Scenario) -> Iterator[str]:
        """Carry the scenario out step by step; yields the instance after the start, and after each step that which the
        step was about.

        Raises:
            Deviates: with the number of the step and what was there instead.
        """
        self.case = self._about = self._begin(scenario)
        worker.run_due(self.runtime)
        self._must_go_well()
        yield self.case
        for number, step in enumerate(scenario.steps, 1):
            self._step = number
            self.take(step)
            worker.run_due(self.runtime)
            self._must_go_well()
            yield self._about

    def take(self, step: Mapping[str, Any]) -> None:
        """Carry out one step."""
        if "start" in step:
            self._begun[step["case"]] = self._begin(told.beginning(step["start"]))
        self._look_into(step)
        match step:
            case {"task": element}:
                for waiting in self.meant(step):
                    self._complete(waiting, str(element), step)
            case {"clock": moment}:
                self._wait(moment)
            case {"message": sent}:
                with self.runtime.write(ENGINE) as command:
                    message.publish(command, sent["name"], sent.get("key"), sent.get("content", {}))
            case {"expect": expected}:
                self._expect(expected)

    def meant(self, step: Mapping[str, Any]) -> list[str]:
        """The tasks of a step: the oldest open one of its element in the family, or anywhere ``where`` fits; or every.

        Raises:
            Deviates: there is none.
        """
        self._look_into(step)
        element, where = str(step["task"]), step.get("where")
        with self.runtime.read() as view:
            rows = [row for row in self._waiting(view, everywhere=where is not None) if row.element == element]
            found = [str(row.id) for row in rows if where is None or _fits(view, row, where)]
            if not found:
                raise self._deviates("{element} does not wait; {there}", element=element, there=self._there(view))
            return found if step.get("every") else found[:1]

    def _look_into(self, step: Mapping[str, Any]) -> None:
        self._about = self._begun[step["case"]] if "case" in step else self.case

    def _actor(self, person: str) -> Actor:
        if person == ENGINE.person:
            return ENGINE
        with self.runtime.read() as view:
            return access.actor(view.connection, person, view.now)

    # -- doing

    def _begin(self, scenario: Scenario) -> str:
        with self.runtime.write(self._actor(scenario.by)) as command:
            return _started(command, scenario)

    def _complete(self, waiting: str, element: str, step: Mapping[str, Any]) -> None:
        wanted = step.get("refused")
        try:
            with self.runtime.write(self._actor(step["by"])) as command:
                body = self._filled(command, waiting, element, step.get("submit", {}))
                task.complete(command, waiting, body)
        except EngineError as error:
            if wanted is None or wanted not in str(error):
                raise self._deviates("{by} was refused: {reason}", by=step["by"], reason=str(error)) from error
            return
        if wanted is not None:
            raise self._deviates("{element} should have been refused: {wanted}", element=element, wanted=wanted)

    def _filled(self, command: Any, task_id: str, element: str, submit: Mapping[str, Any]) -> dict[str, Any]:
        """The submission with files attached where their names stand, and the password where one is asked for."""
        t = schema.task.c
        of = command.connection.execute(select(t.definition_id).where(t.id == task_id)).scalar_one()
        read_ = definition.load(command, of)
        form = read_.form(read_.elements[element])
        files = {f.key for f in form.fields if f.type == "files"} if form else set()
        body = {}
        for name, value in submit.items():
            if name in files:
                body[name] = [
                    attachment.add(command, task_id, uploads.examined(file, _PDF), field=name).id for file in value
                ]
            else:
                body[name] = self._sent(value)
        return body

    def _sent(self, value: Any) -> Any:
        """As a browser would send it."""
        if isinstance(value, dict):
            if value.get("password") is True:
                return {"password": self.password}
            return {k: self._sent(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._sent(each) for each in value]
        return value.isoformat() if isinstance(value, date | datetime) else value

    def _wait(self, moment: Any) -> None:
        with self.runtime.write(ENGINE) as command:
            zone = self.runtime.zone
            if isinstance(moment, str) and moment.startswith("P"):
                until = timer.span(moment).after(command.now, zone)
            else:
                until = timer.instant(moment, zone)
            clock.advance(command.connection, until - command.now)

    # -- looking

    def _must_go_well(self) -> None:
        """Nothing in any family waits for somebody to mend it."""
        i, n = schema.instance.c, schema.incident.c
        family = select(i.id).where(i.root_id.in_((self.case, *self._begun.values())))
        with self.runtime.read() as view:
            open_ = select(n.id).where(n.instance_id.in_(family), n.closed_at.is_(None))
            if view.connection.execute(open_).first() is not None:
                raise self._deviates("{there}", there=self._there(view))

    def _waiting(self, view: View, *, everywhere: bool = False) -> list[Any]:
        t, i = schema.task.c, schema.instance.c
        query = select(schema.task).join(schema.instance, i.id == t.instance_id).where(t.state == "open")
        if not everywhere:
            query = query.where(i.root_id == self._about)
        return list(view.connection.execute(query.order_by(t.opened_at, t.id)))

    def _there(self, view: View) -> str:
        """What stands open in the family, in words: tasks, and incidents with their reasons."""
        i, n = schema.instance.c, schema.incident.c
        family = select(i.id).where(i.root_id == self._about)
        troubles = view.connection.execute(
            select(n.element, n.message, n.params).where(n.instance_id.in_(family), n.closed_at.is_(None))
        )
        tasks = ", ".join(sorted(row.element for row in self._waiting(view))) or "no task"
        told = "".join(f"; {row.element}: {row.message} {row.params}" for row in troubles)
        return f"waiting: {tasks}{told}"

    def _expect(self, expected: Mapping[str, Any]) -> None:
        with self.runtime.read() as view:
            row = view.connection.execute(select(schema.instance).where(schema.instance.c.id == self._about)).one()
            self._same("ended", expected, row.outcome if row.state == "ended" else row.state)
            if "waiting" in expected:
                there = Counter(each.element for each in self._waiting(view))
                if there != Counter(expected["waiting"]):
                    raise self._deviates("{there}", there=self._there(view))
            stored = variables.everything(view.connection, self._about)
            for name, value in expected.get("values", {}).items():
                self._same(name, {name: value}, stored.get(name))
            for name, count in expected.get("registers", {}).items():
                self._same(name, {name: count}, self._entries(view, name))

    def _entries(self, view: View, register: str) -> int:
        e, i = schema.register_entry.c, schema.instance.c
        family = select(i.id).where(i.root_id == self._about)
        query = select(func.count()).where(e.register == register, e.instance_id.in_(family))
        return int(view.connection.execute(query).scalar_one())

    def _same(self, name: str, expected: Mapping[str, Any], there: Any) -> None:
        if name in expected and expected[name] != there:
            wanted, found = feel.text(expected[name]), feel.text(there)
            raise self._deviates("{name} is {found}, not {wanted}", name=name, found=found, wanted=wanted)

    def _deviates(self, what: str, **params: Any) -> Deviates:
        return Deviates("Step {step}: " + what, step=self._step, **params)
