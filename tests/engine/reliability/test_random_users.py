"""T9: people who do anything in any order; a plain model says what must be allowed and what must stand."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import insert, select

from engine import access, assembly, directory, history, ident, instance, policy, release, schema, task, worker
from engine.actor import ENGINE
from engine.database import Database
from engine.directory import Person
from engine.errors import Conflict, EngineError, Forbidden, NotFound
from engine.runtime import Runtime
from tests.engine import leftover
from tests.engine.bpmn.drawing import extended, flow, process
from tests.provision.databases import Databases

PEOPLE = ("ida", "bo", "eve")  # eve holds no role here
NOT_BY = '<z:properties><z:property name="notBy" value="write_report"/></z:properties>'
REPORT = process(
    "\n".join(
        [
            '<laneSet id="lanes"><lane id="l" name="clerk"><flowNodeRef>b</flowNodeRef>',
            "<flowNodeRef>write_report</flowNodeRef><flowNodeRef>is_good</flowNodeRef>",
            "<flowNodeRef>sign_report</flowNodeRef><flowNodeRef>report_signed</flowNodeRef></lane></laneSet>",
            '<startEvent id="b"/><userTask id="write_report"/><exclusiveGateway id="is_good" default="no"/>',
            extended("userTask", 'id="sign_report"', NOT_BY),
            '<endEvent id="report_signed"/>',
            flow("b", "write_report"),
            flow("write_report", "is_good"),
            flow("is_good", "sign_report", "=good"),
            '<sequenceFlow id="no" sourceRef="is_good" targetRef="write_report"/>',
            flow("sign_report", "report_signed"),
        ]
    )
)
_LISTS = ("start", "see", "story", "own")
FORM = b'{"type": "default", "components": [{"type": "checkbox", "key": "good", "label": "good"}]}'
FILES = {
    "roles.toml": b'[CLERK]\ntitle = "clerk"\nen = "clerk"\n',
    "catalog.toml": ("[p]\n" + "".join(f'{each} = ["CLERK"]\n' for each in _LISTS)).encode(),
    "p/p.bpmn": REPORT,
    "p/forms/write_report.json": FORM,
}


@dataclass
class Case:
    """What must be true of one case."""

    id: str
    at: str = "write_report"
    assignee: str | None = None
    state: str = "active"
    wrote: frozenset[str] = frozenset()


class Office(RuleBasedStateMachine):
    """Two clerks and a stranger on one database."""

    url: str
    state: Path

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[Case] = []
        self.runtime: Runtime = assembly.open(self.url, self.state)

    def _actor(self, person: str) -> Any:
        with self.runtime.read() as view:
            return access.actor(view.connection, person, view.now)

    def _open(self, case: Case) -> Any:
        with self.runtime.read() as view:
            t = schema.task.c
            query = select(schema.task).where(t.instance_id == case.id, t.state == "open")
            return view.connection.execute(query).one_or_none()

    def _expect(self, person: str, do: Any, refusal: type[EngineError] | None) -> Any:
        if refusal is None:
            with self.runtime.write(self._actor(person)) as command:
                return do(command)
        with pytest.raises(refusal), self.runtime.write(self._actor(person)) as command:
            do(command)
        return None

    def _pick(self, number: int) -> Case:
        return self.cases[number % len(self.cases)]

    @rule(person=st.sampled_from(PEOPLE))
    def starts(self, person: str) -> None:
        made = self._expect(person, lambda c: instance.start(c, "p", {}), NotFound if person == "eve" else None)
        if made:
            self.cases.append(Case(made))

    @precondition(lambda self: self.cases)
    @rule(person=st.sampled_from(PEOPLE), number=st.integers(0, 9))
    def claims(self, person: str, number: int) -> None:
        case = self._pick(number)
        waiting = self._open(case)
        if waiting is None:
            return
        refusal = self._refusal(person, case)
        self._expect(person, lambda c: task.claim(c, waiting.id), refusal)
        if refusal is None:
            case.assignee = person

    @precondition(lambda self: self.cases)
    @rule(person=st.sampled_from(PEOPLE), number=st.integers(0, 9))
    def puts_back(self, person: str, number: int) -> None:
        case = self._pick(number)
        waiting = self._open(case)
        if waiting is None:
            return
        refusal: type[EngineError] | None = None
        if person == "eve":
            refusal = NotFound
        elif case.state != "active":
            refusal = Conflict
        elif case.assignee != person:
            refusal = Forbidden
        self._expect(person, lambda c: task.unclaim(c, waiting.id), refusal)
        if refusal is None:
            case.assignee = None

    @precondition(lambda self: self.cases)
    @rule(person=st.sampled_from(PEOPLE), number=st.integers(0, 9), good=st.booleans())
    def completes(self, person: str, number: int, good: bool) -> None:
        case = self._pick(number)
        waiting = self._open(case)
        if waiting is None:
            return
        refusal = self._refusal(person, case)
        entered = {"good": good} if case.at == "write_report" else {}
        self._expect(person, lambda c: task.complete(c, waiting.id, entered), refusal)
        if refusal is None:
            case.assignee = None
            if case.at == "sign_report":
                case.state = "ended"
            else:
                case.wrote |= {person}
                case.at = "sign_report" if good else "write_report"

    def _refusal(self, person: str, case: Case) -> type[EngineError] | None:
        if person == "eve":
            return NotFound
        if case.state != "active":
            return Conflict
        if case.assignee not in (None, person):
            return Forbidden
        if case.assignee == person:
            return None
        return Forbidden if case.at == "sign_report" and person in case.wrote else None

    @precondition(lambda self: self.cases)
    @rule(
        person=st.sampled_from(PEOPLE), number=st.integers(0, 9), how=st.sampled_from(["suspend", "resume", "cancel"])
    )
    def steers(self, person: str, number: int, how: str) -> None:
        case = self._pick(number)
        allowed = {"suspend": ("active",), "resume": ("suspended",), "cancel": ("active", "suspended")}[how]
        refusal = NotFound if person == "eve" else None if case.state in allowed else Conflict
        self._expect(person, lambda c: getattr(instance, how)(c, case.id, "why"), refusal)
        worker.run_due(self.runtime)
        if refusal is None:
            case.state = {"suspend": "suspended", "resume": "active", "cancel": "cancelled"}[how]

    @invariant()
    def what_stands_is_what_the_model_says(self) -> None:
        with self.runtime.read() as view:
            leftover.nothing_is_open_of_what_is_over(view.connection)
            for case in self.cases:
                history.verify(view.connection, self.runtime.keys.history, case.id)
                stored = history.stored(view.connection, case.id)
                assert history.fold(history.lines(view.connection, case.id)) == stored
                assert stored.case["state"] == case.state
                tasks = [row for row in stored.tables["task"].values() if row["state"] == "open"]
                open_ = [(row["element"], row["assignee"]) for row in tasks]
                wanted = [(case.at, case.assignee)] if case.state in ("active", "suspended") else []
                assert open_ == wanted

    def teardown(self) -> None:
        self.runtime.close()


def _prepared(url: str) -> Path:
    """An office with two clerks; returns its state folder."""
    state = Path(tempfile.mkdtemp(prefix="office-"))
    database = Database(url)
    database.create()
    database.close()
    runtime = assembly.open(url, state)
    with runtime.write(ENGINE) as command:
        policy.release(command, FILES)
        release.release(command, FILES)
        for person in PEOPLE:
            directory.put(command, Person(person, person, None, None, None))
        for person in ("ida", "bo"):
            row = {"id": ident.new(), "person_id": person, "role": "CLERK", "remit": "*"}
            command.connection.execute(insert(schema.authority).values(**row, from_at=0, given_by="engine"))
    runtime.close()
    return state


def test_whatever_people_do_in_whatever_order(databases: Databases) -> None:
    with databases.empty() as url:
        machine = type("AnOffice", (Office,), {"url": url, "state": _prepared(url)})
        run_state_machine_as_test(machine)
