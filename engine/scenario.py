"""Scenarios: one way through a process, as a file, played on the real engine.

    title = "…"
    [start]
    process = "leave"          # by = "ida", variables = {…}, at = "event" where it can begin in several ways; or
                               # begun = true: its newest case that another has begun
    [[step]]
    task = "approve_leave"     # by = "bo", submit = {…}, refused = "part of the sentence" if it must be refused
    [[step]]
    clock = "P10D"             # or message = { name, key, content }
    [[step]]
    expect = { ended = "approved", waiting = ["…"], values = {…}, registers = {…} }

A task step with ``where = { unitId = "u2" }`` looks for its task in any case, also one that a message began, whose
values (or those of the cases it was called from) are these; with ``every = true`` it does all of them. A step with
``each = [{ unit = "u1" }, …]`` is taken once a row, with ``{unit}`` replaced by the row's value wherever it stands; so
are all the steps in its ``do = [{…}, …]``.

They serve as tests, as a try-out before a release, and to fill a demonstration. Files are named in a submission and
made up; a password is ``true`` there and filled in.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from engine import access, attachment, clock, definition, feel, instance, message, schema, task, variables, worker
from engine.actor import ENGINE, Actor
from engine.errors import EngineError, Invalid
from engine.interpreter import timer
from engine.runtime import Command, Runtime, View

_KEYS = {"task", "by", "where", "every", "submit", "refused", "clock", "message", "expect"}
_NAMED = re.compile(r"\{(\w+)\}")
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


class Deviates(EngineError):
    """The process went another way than the scenario says."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as read; steps are plain tables."""

    title: str
    process: str
    by: str
    variables: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    number: str | None = None
    begun: bool = False
    at: str | None = None


def read(content: bytes, source: str = "") -> Scenario:
    """A scenario from its file.

    Raises:
        Invalid: it is not TOML, or a step has words that are not known.
    """
    try:
        data = tomllib.loads(content.decode())
        start = data["start"]
        steps = list(_steps(data.get("step", [])))
        unknown = sorted({word for step in steps for word in step} - _KEYS)
        if unknown:
            raise Invalid("{source}: a step does not know {words}.", source=source, words=", ".join(unknown))
        return Scenario(
            data.get("title", source),
            start["process"],
            start["by"],
            start.get("variables", {}),
            steps,
            start.get("number"),
            start.get("begun", False),
            start.get("at"),
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise Invalid("{source} is not a scenario: {reason}.", source=source, reason=str(error)) from error


def _steps(written: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Steps one by one: what stands for several is taken once a row."""
    for step in written:
        for row in step.get("each", [{}]):
            plain = {word: value for word, value in step.items() if word not in ("each", "do")}
            for inner in step.get("do", [plain]):
                filled = _put_in(inner, row)
                yield from _steps([filled]) if "each" in filled else [filled]


def _put_in(value: Any, row: Mapping[str, Any]) -> Any:
    """A step with the names of a row replaced; a text that is one name and no more becomes the row's own value."""
    if isinstance(value, dict):
        return {key: _put_in(each, row) for key, each in value.items()}
    if isinstance(value, list):
        return [_put_in(each, row) for each in value]
    if not isinstance(value, str):
        return value
    whole = _NAMED.fullmatch(value)
    if whole and whole[1] in row:
        return row[whole[1]]
    return _NAMED.sub(lambda found: str(row.get(found[1], found[0])), value)


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
    """Plays scenarios on a runtime; ``played`` is called after every step with the family's first instance."""

    runtime: Runtime
    password: str = ""
    case: str = ""
    _step: int = field(default=0)

    def play(self, scenario: Scenario) -> Iterator[str]:
        """Carry the scenario out step by step; yields the instance after the start and after each step.

        Raises:
            Deviates: with the number of the step and what was there instead.
        """
        with self.runtime.write(self._actor(scenario.by)) as command:
            self.case = _started(command, scenario)
        worker.run_due(self.runtime)
        self._must_go_well()
        yield self.case
        for number, step in enumerate(scenario.steps, 1):
            self._step = number
            self.take(step)
            worker.run_due(self.runtime)
            self._must_go_well()
            yield self.case

    def take(self, step: Mapping[str, Any]) -> None:
        """Carry out one step."""
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
        element, where = str(step["task"]), step.get("where")
        with self.runtime.read() as view:
            rows = [row for row in self._waiting(view, everywhere=where is not None) if row.element == element]
            found = [str(row.id) for row in rows if where is None or _fits(view, row, where)]
            if not found:
                raise self._deviates("{element} does not wait; {there}", element=element, there=self._there(view))
            return found if step.get("every") else found[:1]

    def _actor(self, person: str) -> Actor:
        if person == ENGINE.person:
            return ENGINE
        with self.runtime.read() as view:
            return access.actor(view.connection, person, view.now)

    # -- doing

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
                body[name] = [attachment.add(command, task_id, file, _PDF, field=name).id for file in value]
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
        """Nothing in the family waits for somebody to mend it."""
        i, n = schema.instance.c, schema.incident.c
        family = select(i.id).where(i.root_id == self.case)
        with self.runtime.read() as view:
            open_ = select(n.id).where(n.instance_id.in_(family), n.closed_at.is_(None))
            if view.connection.execute(open_).first() is not None:
                raise self._deviates("{there}", there=self._there(view))

    def _waiting(self, view: View, *, everywhere: bool = False) -> list[Any]:
        t, i = schema.task.c, schema.instance.c
        query = select(schema.task).join(schema.instance, i.id == t.instance_id).where(t.state == "open")
        if not everywhere:
            query = query.where(i.root_id == self.case)
        return list(view.connection.execute(query.order_by(t.opened_at, t.id)))

    def _there(self, view: View) -> str:
        """What stands open in the family, in words: tasks, and incidents with their reasons."""
        i, n = schema.instance.c, schema.incident.c
        family = select(i.id).where(i.root_id == self.case)
        troubles = view.connection.execute(
            select(n.element, n.message, n.params).where(n.instance_id.in_(family), n.closed_at.is_(None))
        )
        tasks = ", ".join(sorted(row.element for row in self._waiting(view))) or "no task"
        told = "".join(f"; {row.element}: {row.message} {row.params}" for row in troubles)
        return f"waiting: {tasks}{told}"

    def _expect(self, expected: Mapping[str, Any]) -> None:
        with self.runtime.read() as view:
            row = view.connection.execute(select(schema.instance).where(schema.instance.c.id == self.case)).one()
            self._same("ended", expected, row.outcome if row.state == "ended" else row.state)
            if "waiting" in expected:
                there = Counter(each.element for each in self._waiting(view))
                if there != Counter(expected["waiting"]):
                    raise self._deviates("{there}", there=self._there(view))
            stored = variables.everything(view.connection, self.case)
            for name, value in expected.get("values", {}).items():
                self._same(name, {name: value}, stored.get(name))
            for name, count in expected.get("registers", {}).items():
                self._same(name, {name: count}, self._entries(view, name))

    def _entries(self, view: View, register: str) -> int:
        e, i = schema.register_entry.c, schema.instance.c
        family = select(i.id).where(i.root_id == self.case)
        query = select(func.count()).where(e.register == register, e.instance_id.in_(family))
        return int(view.connection.execute(query).scalar_one())

    def _same(self, name: str, expected: Mapping[str, Any], there: Any) -> None:
        if name in expected and expected[name] != there:
            wanted, found = feel.text(expected[name]), feel.text(there)
            raise self._deviates("{name} is {found}, not {wanted}", name=name, found=found, wanted=wanted)

    def _deviates(self, what: str, **params: Any) -> Deviates:
        return Deviates("Step {step}: " + what, step=self._step, **params)
