"""The people of the district at work: whatever is open they do; when nothing is, the clock goes on to what is next."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, select

from bench.round import answers, filling
from bench.round.desk import Later
from bench.round.district import HERE, PASSWORD, ROUND, District
from bench.round.measuring import Meter
from engine import access, attachment, clock, definition, feel, instance, message, schema, task
from engine import upload as uploads
from engine.actor import ENGINE, Actor
from engine.errors import EngineError, Forbidden
from engine.query import inbox, instance_page, story, task_page
from engine.runtime import Runtime, View

START: dict[str, feel.Value] = {
    "roundId": ROUND,
    "roundName": "2026年第一轮常规巡察（虚构）",
    "year": 2026,
    "seq": 1,
    "roundType": "常规巡察",
}
PATIENCE_S = 600
LOOK_EVERY = 50
TURNS = 30
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
_t, _i, _j, _v = schema.task.c, schema.instance.c, schema.job.c, schema.variable.c
# The daily clearing is no step of a round: the clock does not stop for it.
_OWED = (_j.state == "ready", _j.kind != "clear")


class Stuck(EngineError):
    """The round does not go on."""


class Sight:
    """An open task as whoever does it sees it; values are read when they are asked for."""

    def __init__(self, view: View, row: Any, district: District) -> None:
        self._view = view
        self.id, self.element, self.process = str(row.id), str(row.element), str(row.process_key)
        self.instance, self.scope = str(row.instance_id), int(row.scope)
        self.district = district
        self.now = view.now.astimezone(HERE)
        self.opened = clock.instant(row.opened_at).astimezone(HERE)
        self.shown: Mapping[str, Any] = {}

    @cached_property
    def _cases(self) -> list[str]:
        found, case = [], self.instance
        while case:
            found.append(case)
            case = self._view.connection.execute(select(_i.parent_id).where(_i.id == case)).scalar() or ""
        return found

    def look(self, name: str) -> Any:
        """A value around the task: of its scopes, its case, or the cases this one was called from."""
        for case in self._cases:
            query = select(_v.scope, _v.type, _v.value).where(_v.instance_id == case, _v.name == name)
            rows = {row.scope: row for row in self._view.connection.execute(query)}
            row = rows.get(self.scope) or rows.get(0) if case == self.instance else next(iter(rows.values()), None)
            row = row or next(iter(rows.values()), None)
            if row is not None:
                return feel.load(row.type, row.value)
        return None

    def waits(self, process: str, **wanted: Any) -> int:
        """Open cases of a process with these values."""
        query = select(_i.id).where(_i.process_key == process, _i.state == "active", _i.body.is_(None))
        for name, value in wanted.items():
            same = select(_v.instance_id).where(_v.name == name, _v.scope == 0, _v.value == feel.dump(value)[1])
            query = query.where(_i.id.in_(same))
        return len(self._view.connection.execute(query).all())


@dataclass(slots=True)
class Player:
    """Plays the round on a runtime; jobs are somebody else's.

    Attributes:
        rest: what to do while they are at it.
    """

    runtime: Runtime
    district: District
    meter: Meter
    rest: Callable[[], object] = lambda: time.sleep(0.05)
    case: str = ""
    done: int = 0
    refused: list[str] = field(default_factory=list)
    _later: dict[str, datetime] = field(default_factory=dict)
    _visited: set[str] = field(default_factory=set)
    _times: Counter[tuple[str, str]] = field(default_factory=Counter)

    def play(self) -> Iterator[int]:
        """Until the round and all that it started has ended; yields the number of commands so far.

        Raises:
            Stuck: something failed for good, or nothing happens any more.
        """
        self.runtime.confirms = lambda _view, _person, password: password == PASSWORD
        with self._command("oc", "start", "xc_round") as command:
            self.case = instance.start(command, "xc_round", START, business_key=ROUND)
        while True:
            self._must_go_well()
            owed = self._is_owed()  # asked first: what a job opens afterwards is not overlooked
            if self._round_of_tasks():
                yield self.done
            elif owed:
                self._wait()
            elif not self._go_on():
                return

    def _wait(self) -> None:
        """Until whoever does the jobs has done what is due."""
        begin = time.monotonic()
        while self._is_owed():
            if time.monotonic() - begin > PATIENCE_S:
                raise Stuck("Jobs are due and nobody does them: {what}", what=self._waiting())
            self.rest()

    # -- one task

    def _round_of_tasks(self) -> int:
        """Do what is open now and can be done now; how much that was."""
        before = self.done
        for row in self._open():
            self._do(row)
        return self.done - before

    def _open(self) -> list[Any]:
        asked = (_t.id, _t.element, _t.process_key, _t.instance_id, _t.scope, _t.opened_at, _t.assignee)
        query = select(*asked).where(_t.state == "open").order_by(_t.opened_at, _t.id)
        with self.runtime.read() as view:
            rows = view.connection.execute(query).all()
            return [row for row in rows if row.id not in self._later or self._later[row.id] <= view.now]

    def _do(self, row: Any) -> None:
        if row.element == "conduct_inquiry" and row.instance_id not in self._visited:
            self._come(row)
        for person in self._persons(row):
            try:
                with self.runtime.read(self._actor(person)) as view:
                    desk = Sight(view, row, self.district)
                    with self.meter.of("look at a task", row.element):
                        desk.shown = task_page.read(view, row.id, "zh").values
                    body = self._filled(view, desk)
            except Later as later:
                if later.until is not None:
                    self._later[row.id] = later.until
                return
            try:
                body = self._with_files(person, row, body)
                with self._command(person, "complete", row.element) as command:
                    task.complete(command, row.id, body)
            except Forbidden:
                continue  # did an earlier step: somebody else's turn
            except EngineError as error:
                problems = [f"{p.where}: {p.message} {p.params}" for p in getattr(error, "problems", ())]
                raise Stuck(
                    "{task} by {who}: {why}", task=row.element, who=person, why=f"{error} {problems} {body}"
                ) from error
            self._times[row.instance_id, row.element] += 1
            if self._times[row.instance_id, row.element] > TURNS:
                raise Stuck("{task} of {process} comes again and again.", task=row.element, process=row.process_key)
            return
        raise Stuck("Nobody can do {task} of {process}.", task=row.element, process=row.process_key)

    def _persons(self, row: Any) -> list[str]:
        if row.assignee is not None:
            return [row.assignee]
        with self.runtime.read() as view:
            return access.holders(view.connection, row.id, view.now)

    def _actor(self, person: str) -> Actor:
        with self.runtime.read() as view:
            return access.actor(view.connection, person, view.now)

    def _filled(self, view: View, desk: Sight) -> dict[str, Any]:
        particular = answers.said(desk)
        of = definition.load(view, task_page.definition_of(view, desk.id))
        form = of.form(of.elements[desk.element])
        return {} if form is None else filling.filled(form, desk.shown, desk.now, particular, view.evaluator)

    def _with_files(self, person: str, row: Any, body: dict[str, Any]) -> dict[str, Any]:
        """Upload the files that are named, each in a command of its own, as the page does."""
        found = dict(body)
        for name, value in body.items():
            if isinstance(value, list) and filling.FILE in value:
                with self._command(person, "attach", row.element) as command:
                    upload = uploads.examined(filling.FILE, _PDF)
                    found[name] = [attachment.add(command, row.id, upload, field=name).id]
        return found

    @contextmanager
    def _command(self, person: str, kind: str, element: str) -> Iterator[Any]:
        """One command in one transaction, and behind it what it owes, each timed for itself."""
        actor = ENGINE if person == ENGINE.person else self._actor(person)
        with self.meter.of(kind, element), self.runtime.write(actor, follow_up=False) as command:
            yield command
        self.done += 1
        if command.owing and self.runtime.after_commit is not None:
            with self.meter.of("follow up", element):
                self.runtime.after_commit(self.runtime, frozenset(command.owing))
        if self.done % LOOK_EVERY == 0:
            self._look()

    # -- on site: papers, letters and talks begin when the team has come

    def _come(self, row: Any) -> None:
        self._visited.add(row.instance_id)
        with self.runtime.read() as view:
            desk = Sight(view, row, self.district)
            unit, team = desk.look("unitId"), desk.look("teamId")
        member = self.district.team(team)[3]
        where = {"roundId": ROUND, "unitId": unit, "teamId": team}
        begin = ["xc_paper"] * len(self.district.findings(unit)) + ["xc_activity"]
        for process in begin:
            with self._command(member, "start", process) as command:
                instance.start(command, process, where)
        for n in range(self.district.information(unit)):
            content: dict[str, feel.Value] = {
                "infoId": f"XX-2026-01-{unit}-{n + 1:03d}",
                "channel": "来信",
                "receivedAt": desk.now,
            }
            with self._command(ENGINE.person, "message", "msg.info.received") as command:
                message.publish(command, "msg.info.received", f"{ROUND}/{unit}", content)

    # -- the clock

    def _is_owed(self) -> bool:
        """Whether a job is due: somebody is at it, or will be."""
        with self.runtime.read() as view:
            query = select(_j.id).where(*_OWED, _j.due_at <= clock.micros(view.now)).limit(1)
            return view.connection.execute(query).first() is not None

    def _go_on(self) -> bool:
        """Move the clock to whatever comes next; False when all has ended."""
        with self.runtime.read() as view:
            active = select(func.count()).select_from(schema.instance).where(_i.state == "active")
            if view.connection.execute(active).scalar_one() == 0:
                return False
            timer = view.connection.execute(select(func.min(_j.due_at)).where(*_OWED)).scalar()
            now = view.now
        moments = [until for until in self._later.values() if until > now]
        if timer is not None:
            moments.append(clock.instant(timer))
        if not moments:
            raise Stuck("Nothing is to come: {what}", what=self._waiting())
        # Papers are signed by day, so that no two steps of the round share a moment of the clock.
        with self.runtime.write(ENGINE) as command:
            step = max(min(moments) - command.now, timedelta(0)) + timedelta(seconds=1)
            clock.advance(command.connection, step)
        return True

    # -- looking

    def _look(self) -> None:
        """What the head and a liaison see, and the page and the story of the round."""
        for person in ("lgh", "n01_liaison"):
            with self.runtime.read(self._actor(person)) as view, self.meter.of("look at 待办", person):
                inbox.todo(view)
        with self.runtime.read(self._actor("lgh")) as view:
            with self.meter.of("look at a case", "xc_round"):
                instance_page.read(view, self.case, "zh")
            with self.meter.of("look at a story", "xc_round"):
                story.read(view, self.case, "zh")
        for element, read in (("办过", inbox.done), ("我发起的", inbox.started)):
            with self.runtime.read(self._actor("oc")) as view, self.meter.of(f"look at {element}", "oc"):
                read(view)

    def _must_go_well(self) -> None:
        n = schema.incident.c
        with self.runtime.read() as view:
            found = view.connection.execute(select(schema.incident).where(n.closed_at.is_(None))).first()
        if found is not None:
            raise Stuck("{element}: {what} {why}", element=found.element, what=found.message, why=found.params)

    def _waiting(self) -> str:
        with self.runtime.read() as view:
            query = select(_t.process_key, _t.element, func.count()).where(_t.state == "open")
            tasks = view.connection.execute(query.group_by(_t.process_key, _t.element)).all()
            cases = view.connection.execute(
                select(_i.process_key, func.count()).where(_i.state == "active").group_by(_i.process_key)
            ).all()
        return f"tasks {[tuple(r) for r in tasks]}, cases {[tuple(r) for r in cases]}"
