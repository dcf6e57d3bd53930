"""A round played in its order: each kind of step once by hand through the pages, what repeats it by the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine import clock, schema, worker
from engine.interpreter import timer
from engine.runtime import Runtime
from engine.scenario import Player, Scenario
from tests.journeys.going import Step
from tests.journeys.walking import Walker
from web.demo import STEPS

# A process, and one of its steps.
Kind = tuple[str, str]
# What has gone by on the clock while people worked.
_NEARLY = timedelta(minutes=15)


class Round:
    """One district and the browsers it is worked with.

    Args:
        seat: the browser in which the steps of a process are done.
    """

    def __init__(self, district: Runtime, told: Scenario, seat: Callable[[str], Walker]) -> None:
        self.district = district
        self.told = told
        self.walked: set[Kind] = set()
        self.refused: list[str] = []
        self.case = ""
        self._player = Player(district, "demo")
        self._seat = seat
        self._sits: dict[Walker, str] = {}
        self._refusal: tuple[str, Mapping[str, Any]] | None = None
        self._waited = False

    def goes(self) -> Iterator[Step]:
        """From its start to where the scenario ends; yields each step when it is done."""
        told = self.told
        walker = self.at(self._seat(told.process), told.by)
        walker.starts(told.process, told.variables)
        i = schema.instance.c
        with self.district.read() as view:
            found = view.connection.execute(select(i.id).where(i.process_key == told.process, i.parent_id.is_(None)))
            self.case = self._player.case = found.scalar_one()
        for step in told.steps:
            self._take(step)
            worker.run_due(self.district)
            yield step

    def _take(self, step: Step) -> None:
        if "task" in step:
            self._task(step)
        elif not self._waits(step):
            self._player.take(step)

    def _task(self, step: Step) -> None:
        """By hand: what nobody has done by hand yet, what is refused, and what is mended after that."""
        task, *others = self._player.meant(step)
        kind = self._kind(task)
        mends = self._refusal is not None and self._refusal[0] == task
        if kind in self.walked and "refused" not in step and not mends:
            self._by_engine(step)
            return
        walker = self.at(self._seat(kind[0]), step["by"])
        submit, refused = step.get("submit", {}), step.get("refused")
        if mends:
            submit = _changed(submit, self._refusal[1])
        walker.does(kind[1], submit, refused=refused, process=kind[0], task=task)
        self._refusal = (task, step["submit"]) if refused else None
        if refused:
            self.refused.append(refused)
            return
        self.walked.add(kind)
        worker.run_due(self.district)
        if others:
            self._by_engine(step)

    def _waits(self, step: Step) -> bool:
        """The first wait of so many days as the page offers is made there."""
        if "clock" not in step or self._waited:
            return False
        with self.district.read() as view:
            span = timer.instant(step["clock"], self.district.zone) - clock.now(view.connection)
        days = round(span / timedelta(days=1))
        if days not in STEPS or abs(span - timedelta(days=days)) > _NEARLY:
            return False
        next(iter(self._sits)).waits(days)
        self._waited = True
        return True

    # -- who sits where

    def at(self, walker: Walker, person: str) -> Walker:
        """The browser with this person before it."""
        if self._sits.get(walker) != person:
            walker.becomes(person)
            self._sits[walker] = person
        return walker

    def _kind(self, task: str) -> Kind:
        t = schema.task.c
        with self.district.read() as view:
            row = view.connection.execute(select(t.process_key, t.element).where(t.id == task)).one()
        return row.process_key, row.element

    def _by_engine(self, step: Step) -> None:
        with _trusting(self.district):
            self._player.take(step)


@contextmanager
def _trusting(district: Runtime) -> Iterator[None]:
    """Signatures of steps that no page sends."""
    confirms, district.confirms = district.confirms, lambda _view, _person, password: password == "demo"
    try:
        yield
    finally:
        district.confirms = confirms


def _changed(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be filled in once more on a page that has kept the rest; a signature never outlives a change."""
    return {
        name: value
        for name, value in now.items()
        if value != before.get(name) or (isinstance(value, Mapping) and "password" in value)
    }
