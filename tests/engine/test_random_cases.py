"""Random diagrams on a real database: after every step nothing is open that hangs on what is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from engine import assembly, schema, task
from engine.connector import Declaration
from engine.errors import DiagramInvalid
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter import building as b
from tests.engine.interpreter.growing import HEARD, grow
from tests.provision.databases import Databases

SEEDS = range(24)
STEPS = 12


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose service tasks do nothing."""
    with databases.ready() as url:
        own = {"work": (Declaration("work", "Does nothing."), lambda _: {})}
        runtime = assembly.open(url, tmp_path / "state", connectors=own)
        desk = Desk(runtime)
        yield desk
        desk.must_be_sound()
        runtime.close()


def test_no_step_of_any_case_leaves_anything_open_that_is_over(desk: Desk) -> None:
    ended = sum(_goes_on(desk, seed) for seed in SEEDS if _released(desk, seed))

    assert ended


def _released(desk: Desk, seed: int) -> bool:
    """Release a random diagram; some ask for what lint refuses."""
    grown = grow(seed)
    try:
        desk.release(b.document(b.scope("process", "p", *grown.parts) + "".join(grown.others), {}).encode())
    except DiagramInvalid:
        return False
    return True


def _goes_on(desk: Desk, seed: int) -> bool:
    """Start a case of it and do what can be done, at random; whether it has ended."""
    chance = Random(seed)
    case = desk.start("p", IDA, **grow(seed).variables)
    for _ in range(STEPS):
        if desk.row(case).state != "active":
            return True
        _step(desk, chance)
    return False


def _step(desk: Desk, chance: Random) -> None:
    s, t = schema.subscription.c, schema.task.c
    with desk.runtime.read() as view:
        tasks = view.connection.execute(select(t.id).where(t.state == "open").order_by(t.id)).scalars().all()
        heard = view.connection.execute(select(s.name).where(s.kind == "message").order_by(s.id)).scalars().all()
        signals = view.connection.execute(select(s.name).where(s.kind == "signal").order_by(s.id)).scalars().all()
    assert not any(name.startswith(HEARD) for name in signals)
    if tasks and chance.random() < 0.7:
        with desk.runtime.write(IDA) as command:
            task.complete(command, chance.choice(tasks), {})
        desk.work()
    elif heard and chance.random() < 0.5:
        desk.tell(chance.choice(heard))
    else:
        desk.wait(minutes=chance.choice((10, 45, 90)))
