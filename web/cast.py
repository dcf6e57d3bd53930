"""The people and cases of a demonstration: read from files beside the processes, put into a database made for it.

The file of the people holds ``[organisations.<key>]``, ``[people.<key>]`` with ``grants = ["ROLE@remit"]``,
``[lists.<list>.<key>]`` and ``[[substitutions]]``. Nothing of it is ever read for a real database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from engine import clock, directory, grant, scenario, schema, worker
from engine.actor import ENGINE, WHOLE_OFFICE
from engine.directory import Item, Organisation, Person, Thing
from engine.errors import EngineError, Invalid, NotFound
from engine.evidence import chain
from engine.runtime import Command, Runtime, View
from engine.scenario import Scenario
from web import demo, installing
from web.auth import password as passwords

Data = dict[str, Any]
# Shown on every page of a demonstration: its people sign with it, and real accounts never get it.
PASSWORD = demo.WORD


def enter(runtime: Runtime, path: Path) -> int:
    """Enter everybody that the file names; returns how many persons there are.

    Raises:
        NotFound: the file is not there, or the database is no demonstration.
    """
    if not path.exists():
        raise NotFound("There is no file {name} with the people of the demonstration.", name=str(path))
    data = tomllib.loads(path.read_text("utf-8"))
    people: Data = data.get("people", {})
    door = passwords.hashed(PASSWORD)
    with runtime.write(ENGINE) as command:
        demo.insist(command.connection)
        for thing in _things(data):
            directory.put(command, thing)
        for key, each in people.items():
            command.connection.execute(insert(schema.account).values(person_id=key, password=door))
            chain.note(command.connection, schema.account, [key], ENGINE)
            for given in each.get("grants", []):
                role, _, remit = given.partition("@")
                grant.give(command, key, role, remit or WHOLE_OFFICE)
        for each in data.get("substitutions", []):
            _substitute(command, **each)
    return len(people)


def _things(data: Data) -> Iterator[Thing]:
    for key, each in data.get("organisations", {}).items():
        yield Organisation(key, each["name"], each.get("name_en"), each.get("kind"), each.get("parent"))
    for key, each in data.get("people", {}).items():
        yield Person(key, each["name"], each.get("name_en"), each.get("organisation"), each.get("post"))
    for listing, items in data.get("lists", {}).items():
        for key, each in items.items():
            yield Item(listing, key, each["name"], each.get("name_en"), each.get("remit"), each.get("content", {}))


def _substitute(command: Command, person: str, substitute: str, days: int = 30) -> None:
    grant.substitute(command, person, substitute, command.now, command.now + timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Case:
    """A case to begin with: a scenario, from when on, and before which task it stops; without, it goes to its end."""

    path: Path
    replace: Mapping[str, str]
    at: datetime | None = None
    until: str | None = None

    def scenario(self) -> Scenario:
        """The scenario with its texts replaced, as far as it is played.

        Raises:
            Invalid: it is no scenario, or the task that it should stop at is none of its steps.
            NotFound: there is no such file.
        """
        if not self.path.exists():
            raise NotFound("There is no file {name} for a case of the demonstration.", name=self.path.name)
        text = self.path.read_text("utf-8")
        for old, new in self.replace.items():
            text = text.replace(old, new)
        read = scenario.read(text.encode(), self.path.name)
        if self.until is None:
            return read
        tasks = [step.get("task") for step in read.steps]
        if self.until not in tasks:
            raise Invalid("{source} has no step {task}.", source=self.path.name, task=self.until)
        return replace(read, steps=read.steps[: tasks.index(self.until)])


@dataclass(frozen=True, slots=True)
class Story:
    """What has happened when a demonstration opens: where its clock begins, and its cases in their order."""

    begins: datetime | None
    cases: Sequence[Case]


def story(folder: Path) -> Story:
    """Read ``demo/cases.toml`` within the folder of the processes: ``begins`` and ``[[case]]``.

    A case has ``scenario`` (a path within the folder) and may have ``at`` (the clock goes there first), ``until`` (the
    task that is left waiting) and ``replace`` (texts of the scenario that stand for others: another round, another
    unit). Where there is no file, nothing has happened.
    """
    path = folder / installing.CASES
    data: Data = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    cases = [
        Case(folder / each["scenario"], each.get("replace", {}), each.get("at"), each.get("until"))
        for each in data.get("case", [])
    ]
    return Story(data.get("begins"), cases)


def begin(runtime: Runtime, told: Story) -> None:
    """Set the clock to where the story begins, before anything happens.

    Raises:
        Conflict: something has happened already.
        NotFound: the database is no demonstration.
    """
    with runtime.database.write() as connection:
        demo.insist(connection)
        if told.begins is not None:
            clock.begin(connection, told.begins)


def play(runtime: Runtime, told: Story, tell: Callable[[EngineError], None]) -> Iterator[int]:
    """Carry the cases as far as the story says, so that there is something to look at and to do.

    Args:
        runtime: of the demonstration, its people entered, its processes released.
        told: the story.
        tell: hears why a case stopped earlier; a demonstration with one case less is still one.

    Yields:
        after each step, how many of ``length(told)`` it was: more than one where a case stopped earlier.
    """
    confirms, runtime.confirms = runtime.confirms, _confirms
    try:
        for case in told.cases:
            left = _length(case)
            try:
                for _ in _played(runtime, case):
                    left -= 1
                    yield 1
            except EngineError as error:
                tell(error)
                yield left
    finally:
        runtime.confirms = confirms


def _confirms(_view: View, _person: str, word: str) -> bool:
    """Everybody has the one password: a hash for each of the signatures would take longer than all the rest."""
    return word == PASSWORD


def length(told: Story) -> int:
    """How many steps the story has."""
    return sum(_length(case) for case in told.cases)


def _length(case: Case) -> int:
    try:
        return 1 + len(case.scenario().steps)
    except EngineError:
        return 1  # said when its turn comes


def _played(runtime: Runtime, case: Case) -> Iterator[str]:
    player = scenario.Player(runtime, PASSWORD)
    if case.at is not None:
        player.take({"clock": case.at})
        worker.run_due(runtime)
    yield from player.play(case.scenario())
