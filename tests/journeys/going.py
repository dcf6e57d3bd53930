"""A case that goes its way: each step of a scenario by whoever it belongs to, through the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from engine import access, instance, scenario, schema, worker
from engine.actor import ENGINE
from engine.runtime import Runtime
from engine.scenario import Player, Scenario
from tests.journeys.walking import Walker
from tests.journeys.words import PROCESSES

Step = Mapping[str, Any]


def told(process: str, story: str) -> Scenario:
    """A scenario of a process."""
    return scenario.read((PROCESSES / process / "scenarios" / f"{story}.toml").read_bytes(), story)


class Going:
    """One case, gone with one browser."""

    def __init__(self, district: Runtime, walker: Walker, case: str = "") -> None:
        self.district = district
        self.walker = walker
        self.case = case
        self.who = ""

    def begin(self, by: str, process: str, variables: Mapping[str, Any]) -> None:
        """Start the case by its form."""
        self._as(by)
        self.walker.starts(process, variables)
        self._owed()
        i = schema.instance.c
        with self.district.read() as view:
            newest = select(i.id).where(i.process_key == process).order_by(i.started_at.desc()).limit(1)
            self.case = view.connection.execute(newest).scalar_one()

    def go(self, steps: Iterable[Step]) -> None:
        """Take every step: tasks and waiting through the pages, expectations on the engine."""
        player = Player(self.district, "demo", self.case)
        self._owed()
        for step in steps:
            match step:
                case {"task": element, "by": by}:
                    self._as(by)
                    self.walker.does(element, step.get("submit", {}), refused=step.get("refused"))
                case {"days": days}:
                    self.walker.waits(days)
                case _:
                    player.take(step)
            self._owed()

    def _as(self, person: str) -> None:
        if person != self.who:
            self.walker.becomes(person)
            self.who = person

    def _owed(self) -> None:
        """What a worker would do by now."""
        worker.run_due(self.district)


def started(district: Runtime, story: Scenario) -> str:
    """A case of the scenario's process, begun by the engine where no page begins it."""
    with district.read() as view:
        by = ENGINE if story.by == ENGINE.person else access.actor(view.connection, story.by, view.now)
    with district.write(by) as command:
        return instance.start(command, story.process, story.variables, business_key=story.number)


def played(district: Runtime, story: Scenario, upto: int | None = None) -> str:
    """The case of a scenario after so many of its steps, taken by the engine."""
    district.confirms = lambda _view, _person, password: password == "demo"  # of its own accord, without a page
    player = Player(district, "demo")
    for taken, _ in enumerate(player.play(story)):
        if taken == upto:
            break
    return player.case
