"""Two rounds of one team that overlap: what one opens and closes of its clues is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import permutations
from typing import Any

from sqlalchemy import update

from engine import access, clock, definition, instance, schema
from engine.actor import ENGINE
from engine.connectors import granting
from engine.connectors.work import Work
from engine.query import instance_page
from engine.runtime import Command, Runtime, View
from tests.processes.test_knowing import SAYS, play

ROUNDS = ("XC-2026-01", "XC-2026-02")
HEAD = "t1_leader"
EVENTS = [("open", 0), ("close", 0), ("open", 1), ("close", 1)]


class Undo(Exception):
    """Nothing of it is to stay."""


@contextmanager
def undone(office: Runtime) -> Iterator[Command]:
    try:
        with office.write(ENGINE, follow_up=False) as command:
            yield command
            raise Undo
    except Undo:
        pass


def headers(command: Command, process: str, type_: str, role: str) -> Mapping[str, str]:
    """What the diagram says to the service that gives or takes this role."""
    of = definition.latest(command, process)
    assert of is not None
    found = [each.job.headers for each in of.elements.values() if each.job and each.job.type == type_]
    return next(dict(each) for each in found if role in dict(each)["role"].split())


def shown(command: Command, case: str) -> set[str]:
    actor = access.actor(command.connection, HEAD, command.now)
    page = instance_page.read(View(command.runtime, command.connection, actor), case, "zh")
    return {each.field.label for each in page.values}


def test_every_order_in_which_two_rounds_open_and_close_their_clues_leaves_each_its_own(office: Runtime) -> None:
    path = "xc_handover_clue/scenarios/handed_over.toml"
    other = [(ROUNDS[0], ROUNDS[1]), ("XS-2026-01-001", "XS-2026-02-001")]
    clues = [play(office, path), play(office, path, *other)]
    with office.write(ENGINE) as command:
        a = schema.authority
        # What the cast was given by hand is taken away: here the rounds give.
        command.connection.execute(update(a).where(a.c.role == "TC").values(until_at=clock.micros(command.now)))
        rounds = [instance.start(command, "xc_round", {"roundId": key}) for key in ROUNDS]
        accounts = [instance.start(command, "xc_handover_account", {"roundId": key, "teamId": "T1"}) for key in ROUNDS]
    with undone(office) as command:
        give = headers(command, "xc_round", "grant.give", "TC")
        take = headers(command, "xc_handover_account", "grant.revoke", "TC")

    orders = [
        each for each in permutations(EVENTS) if all(each.index(("open", n)) < each.index(("close", n)) for n in (0, 1))
    ]
    assert len(orders) == 6
    for order in orders:
        with undone(office) as command:
            assert [SAYS in shown(command, case) for case in clues] == [False, False]
            for at, (what, n) in enumerate(order, 1):
                inputs: dict[str, Any] = {"person": HEAD, "remit": "T1"} if what == "open" else {}
                job = f"{what} {n}"
                if what == "open":
                    granting.give(Work(command, rounds[n], "give", give, inputs, job))
                else:
                    granting.revoke(Work(command, accounts[n], "close_clues", take, inputs, job))
                done = order[:at]
                wanted = [("open", n) in done and ("close", n) not in done for n in (0, 1)]
                assert [SAYS in shown(command, case) for case in clues] == wanted, order[:at]
